"""How long a picture takes on one core, from its file to its name.

    python benchmarks/speed.py FOLDER --model bundle

Processor time of each step, medians over the pictures, so that a busy machine changes little.
"""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click
import numpy as np

os.environ["OMP_NUM_THREADS"] = "1"

from gemhier.models.bundle import load_bundle
from gemhier.models.images.crop import mask_background
from gemhier.models.images.decode import read_image
from gemhier.models.images.files import list_images

Found = TypeVar("Found")


def timed(step: Callable[[], Found], times: list[float]) -> Found:
    """Do a step, and note how many milliseconds of processor time it took."""
    started = time.process_time()
    found = step()
    times.append(1e3 * (time.process_time() - started))
    return found


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--model", help="A bundle; without it, the one in use.")
@click.option("--images", "most", type=int, default=200, show_default=True, help="How many at most.")
def main(folder: Path, model: str | None, most: int) -> None:
    """Time the steps on the pictures in FOLDER."""
    import cv2

    cv2.setNumThreads(1)
    bundle = load_bundle(model, num_threads=1)
    paths = sorted(list_images([folder]))
    names = ("read", "find", "cut out", "name")
    times: dict[str, list[float]] = {name: [] for name in names}
    for path in paths[:: -(-len(paths) // most)]:
        image = timed(lambda path=path: read_image(path), times["read"])
        stone = timed(lambda image=image: bundle.finder.find_best(image), times["find"])
        cut = timed(
            lambda image=image, stone=stone: bundle.finder.cut(image, stone.box, bundle.info.size),
            times["cut out"],
        )
        timed(lambda cut=cut: bundle.probabilities(mask_background(cut)[None]), times["name"])
    whole = np.sum([times[name] for name in names], axis=0)
    for name, each in (*times.items(), ("all", whole)):
        low, middle, high = np.quantile(each, [0.05, 0.5, 0.95])
        click.echo(f"{name:<8}{middle:6.1f} ms  ({low:.1f} to {high:.1f} for 9 of 10 pictures)")


if __name__ == "__main__":
    main()
