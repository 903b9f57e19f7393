"""How long `gemhier audit` takes for many pictures, how much memory, and as a multiple of reading them.

    python benchmarks/audit_time.py photos

As many pictures as asked for are made of those in the folder: a random half of the width and of the height of one of
them, turned by quarters and scaled. Parts of one photograph that overlap look alike, so that the audit has more pairs
to look at than among as many photographs of shops.
"""

import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat
from pathlib import Path

import click
import numpy as np
from PIL import Image

from gemhier.models.images.decode import read_image
from gemhier.models.images.files import list_images

QUALITY = 90
AT_ONCE = 500


def cut(photographs: list[Path], folder: Path, size: int, numbers: range) -> None:
    """Make the pictures of these numbers."""
    for number in numbers:
        random = np.random.default_rng(number)
        whole = read_image(photographs[random.integers(len(photographs))])
        height, width = whole.shape[0] // 2, whole.shape[1] // 2
        top, left = random.integers(height + 1), random.integers(width + 1)
        part = np.rot90(whole[top : top + height, left : left + width], random.integers(4))
        image = Image.fromarray(part).resize((size, size), Image.Resampling.LANCZOS)
        image.save(folder / f"{number:06}.jpg", quality=QUALITY)


def read_all(folder: Path) -> float:
    """Read every picture once, one after the other; return the seconds."""
    started = time.perf_counter()
    for path in list_images([folder]):
        read_image(path)
    return time.perf_counter() - started


def run(*arguments: str) -> tuple[float, float]:
    """Run gemhier; return the seconds, and its most memory in MB."""
    started = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-m", "gemhier", *arguments], stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise click.ClickException(f"gemhier {' '.join(arguments)} failed.")
    return time.perf_counter() - started, used.ru_maxrss / 1024


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--images", type=click.IntRange(min=2), default=20_000, show_default=True)
@click.option("--size", type=click.IntRange(min=32), default=300, show_default=True, help="Their side in pixels.")
def main(folder: Path, images: int, size: int) -> None:
    """Cut many pictures out of those in FOLDER, and audit them."""
    photographs = list(list_images([folder]))
    with tempfile.TemporaryDirectory() as temporary:
        cuts = Path(temporary) / "cuts"
        cuts.mkdir()
        parts = [range(first, min(images, first + AT_ONCE)) for first in range(0, images, AT_ONCE)]
        with ProcessPoolExecutor() as pool:
            list(pool.map(cut, repeat(photographs), repeat(cuts), repeat(size), parts))
        reading = read_all(cuts)
        seconds, megabytes = run("audit", str(cuts), "--out", str(Path(temporary) / "audit"))
    click.echo(f"{images:,} pictures of {size} px, cut out of {len(photographs):,}")
    click.echo(f"reading them: {reading:.0f} s on one core")
    click.echo(f"gemhier audit: {seconds:.0f} s, {seconds / reading:.1f} times reading; {megabytes:,.0f} MB at most")


if __name__ == "__main__":
    main()
