"""What each package of this environment weighs on the disk, in MB, the largest first.

    .venv/bin/python benchmarks/install_size.py

After `python3 install.py` that is what classifying needs, and pip and setuptools, with which it was installed. Of each
package stand the whole, what pip compiled (`__pycache__`), and its tests, which some wheels bring along.
"""

from importlib.metadata import Distribution, distributions
from pathlib import Path

import click

MB = 1_000_000


def sizes(package: Distribution) -> tuple[int, int, int]:
    """Return the bytes of a package's files, and of those how many are compiled Python, and tests."""
    whole = compiled = tests = 0
    for file in package.files or ():
        path = Path(str(file.locate()))
        if not path.is_file():
            continue
        size = path.stat().st_size
        whole += size
        compiled += size if path.suffix == ".pyc" else 0
        tests += size if {"tests", "test"} & set(file.parts) else 0
    return whole, compiled, tests


@click.command()
def main() -> None:
    """List the packages of this environment by their size."""
    found = {f"{package.name} {package.version}": sizes(package) for package in distributions()}
    click.echo(f"{'package':36}{'MB':>8}{'compiled':>10}{'tests':>8}")
    totals = tuple(sum(column) for column in zip(*found.values(), strict=True))
    for name, row in [*sorted(found.items(), key=lambda entry: -entry[1][0]), ("all", totals)]:
        whole, compiled, tests = (size / MB for size in row)
        click.echo(f"{name:36}{whole:8.1f}{compiled:10.1f}{tests:8.1f}")


if __name__ == "__main__":
    main()
