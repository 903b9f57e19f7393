"""Time a fresh process: `gemhier --help`, and naming one picture, against starting Python alone.

    python benchmarks/start.py examples/emerald.jpg

Medians of several runs of each command, taken in turns, since machines drift. Run it from an
environment into which gemhier was installed with `pip install .`, as users have it.
"""

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import click


def seconds(command: list[str]) -> float:
    """How long one run of a command takes, from start to exit."""
    # Users' Python writes compiled files; a setting that forbids it would time the compiler.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment)
    return time.perf_counter() - started


@click.command()
@click.argument("image", type=click.Path(exists=True))
@click.option("--runs", type=click.IntRange(min=3), default=15, show_default=True)
def main(image: str, runs: int) -> None:
    """Time `gemhier --help` and `gemhier classify PICTURE` in fresh processes."""
    program = str(Path(sys.executable).with_name("gemhier"))
    commands = {
        "python -c pass": [sys.executable, "-c", "pass"],
        "gemhier --help": [program, "--help"],
        "gemhier classify": [program, "classify", image],
    }
    for command in commands.values():
        seconds(command)
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(runs):
        for name, command in commands.items():
            times[name].append(seconds(command))
    base = statistics.median(times["python -c pass"])
    for name, found in times.items():
        middle = statistics.median(found)
        click.echo(
            f"{name:<18} {middle:6.3f} s (min {min(found):.3f}, max {max(found):.3f}), {middle / base:5.1f} x python"
        )


if __name__ == "__main__":
    main()
