"""How well a stone finder finds stones, and how well it tells pictures without gems.

    python benchmarks/find_stones.py finder.tflite --stand-ins stand-ins --also reports --also minerals

The stand-ins are those of `stand_ins.py`. Boxes are compared as squares without their margin. The least score
of a gem is chosen on the held-out pictures, of which a given share is kept, and what is taken for a gem is counted
on the everyday pictures; 95% intervals are Wilson's for shares and a bootstrap's for the overlap.
"""

import csv
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import click
import numpy as np

from gemhier.hierarchy.intervals import bootstrap_mean, wilson
from gemhier.models.images.crop import MARGIN
from gemhier.models.images.decode import read_image
from gemhier.models.images.files import list_images
from gemhier.models.images.finder import Finder, Stone
from gemhier.pipeline.data.manifest import read_manifest
from gemhier.progress import map_with_progress

KEPT = 0.95
"""Share of the held-out pictures of stones that are still gems by the least score: hundreds of pictures fix it
better than the few everyday ones that are taken for gems."""


def look(path: Path, finder: Finder) -> tuple[Stone, ...]:
    """Find the stones in the picture of a file."""
    return finder.find(read_image(path))


def overlap(stone: Stone, rectangle: tuple[int, int, int, int]) -> float:
    """Intersection over union of a found and a true square."""
    left, top, width, height = rectangle
    side = max(width, height)
    true = left + width / 2 - side / 2, top + height / 2 - side / 2, side
    inset = stone.box.side * MARGIN / (1 + 2 * MARGIN)
    found = stone.box.x + inset, stone.box.y + inset, stone.box.side - 2 * inset
    shared = 1.0
    for axis in (0, 1):
        start = max(true[axis], found[axis])
        shared *= max(0.0, min(true[axis] + true[2], found[axis] + found[2]) - start)
    return float(shared / (true[2] ** 2 + found[2] ** 2 - shared))


def scores(paths: Sequence[Path], finder: Finder, label: str) -> np.ndarray:
    """Return the best score in each picture, 0 where nothing stands out."""
    found = map_with_progress(partial(look, finder=finder), paths, label)
    return np.array([max((stone.score for stone in stones), default=0.0) for stones in found])


def share_text(hits: np.ndarray) -> str:
    """Write a share with its interval."""
    low, high = wilson(int(hits.sum()), len(hits))
    return f"{hits.mean():.3f} [{low:.3f}, {high:.3f}] of {len(hits)}"


@click.command()
@click.argument("finder_file", metavar="FINDER", type=click.Path(path_type=Path))
@click.option("--stand-ins", "folder", required=True, type=click.Path(path_type=Path))
@click.option("--also", type=click.Path(path_type=Path), multiple=True, help="A folder whose gems are counted, too.")
def main(finder_file: Path, folder: Path, also: tuple[Path, ...]) -> None:
    """Measure FINDER."""
    finder = Finder(finder_file.read_bytes())
    with (folder / "composites" / "composites.csv").open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    paths = [folder / "composites" / line["file"] for line in lines]
    places = [tuple(int(line[name]) for name in ("left", "top", "width", "height")) for line in lines]
    with ThreadPoolExecutor(2) as threads:
        stones = list(threads.map(partial(look, finder=finder), paths))
    best = np.array([overlap(one[0], place) if one else 0.0 for one, place in zip(stones, places, strict=True)])  # type: ignore[arg-type]
    interval = bootstrap_mean(best, np.arange(len(best)))
    click.echo(f"box overlap on composites: {best.mean():.3f} [{interval.low:.3f}, {interval.high:.3f}]")
    click.echo(f"of which above 0.5: {share_text(best > 0.5)}")
    of_stones = np.array([max((stone.score for stone in one), default=0.0) for one in stones])
    held_out = [Path(row.image) for row in read_manifest(folder / "data").split("test")]
    threshold = float(np.quantile(scores(held_out, finder, "held out"), 1 - KEPT, method="lower"))
    click.echo(f"least score of a gem: {threshold:.3f}")
    for third in ("tuning", "test"):
        found = scores(list(list_images([folder / "everyday" / third])), finder, third)
        click.echo(f"everyday pictures, {third} third, taken for gems: {share_text(found >= threshold)}")
    click.echo(f"composites taken for gems: {share_text(of_stones >= threshold)}")
    for where in (folder / "phones", folder / "thumbnails", *also):
        found = scores(list(list_images([where])), finder, where.name)
        click.echo(f"{where.name} taken for gems: {share_text(found >= threshold)}")
    image = read_image(paths[0])
    one_core = Finder(finder.content, num_threads=1)
    started = time.process_time()
    for _ in range(20):
        for stone in one_core.find(image)[:1]:
            one_core.cut(image, stone.box, 224)
    click.echo(f"one picture, found and cut out: {(time.process_time() - started) / 20 * 1e3:.0f} ms of one core")


if __name__ == "__main__":
    main()
