"""Time a fresh `gemhier classify FOLDER` until its first result is there, in a folder of very many files.

    python benchmarks/first_result.py examples/emerald.jpg --files 100000

The folder holds links to one picture. Each run is stopped after its first line.
"""

import statistics
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import click


@click.command()
@click.argument("image", type=click.Path(exists=True, path_type=Path))
@click.option("--files", type=click.IntRange(min=1), default=100_000, show_default=True)
@click.option("--runs", type=click.IntRange(min=1), default=5, show_default=True)
def main(image: Path, files: int, runs: int) -> None:
    """Say after how many seconds the first of many links to IMAGE is named."""
    times = []
    with TemporaryDirectory() as folder:
        for number in range(files):
            Path(folder, f"{number:07}{image.suffix}").symlink_to(image.resolve())
        command = [sys.executable, "-m", "gemhier", "classify", folder, "--format", "json"]
        for _ in range(runs):
            started = time.perf_counter()
            with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
                line = process.stdout.readline() if process.stdout else ""
                times.append(time.perf_counter() - started)
                process.kill()
            if "subclasses" not in line:
                raise click.ClickException(f"The first line is no result: {line!r}.")
    click.echo(f"first of {files:,}: {statistics.median(times):.2f} s ({min(times):.2f} to {max(times):.2f})")


if __name__ == "__main__":
    main()
