"""How long classifying many painted pictures takes, by stones at once and by threads.

    python benchmarks/classify_many.py

For each: milliseconds a picture, processor time of one, when the first result came, and the longest wait for one.
Medians over rounds in which each has its turn, since machines drift.
"""

import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import click

from gemhier.models.bundle import Bundle, load_bundle
from gemhier.models.images.decode import read_image
from gemhier.models.images.files import list_images
from gemhier.models.images.stones import Cutter
from gemhier.pipeline.sample import SampleConfig, paint_sample

BATCH_SIZES = (1, 2, 4, 8, 16, 32)
WORKERS = (1, 2, 3, 4)


def one_after_the_other(bundle: Bundle, paths: list[Path]) -> Iterator[object]:
    """Read, cut out and name one picture after the other, without other threads."""
    cutter = Cutter(bundle.finder, bundle.info.size)
    for path in paths:
        (crop,) = cutter.crops(read_image(path), str(path))
        probabilities = bundle.probabilities(crop.pixels[None]).by_strategy[bundle.info.strategy]
        yield from bundle.decide([crop.image], probabilities, [crop.score])


def measured(results: Iterator[object], images: int) -> tuple[float, float, float, float]:
    """Take all results; return milliseconds and processor time of each, and the first and the longest wait in s."""
    waits = []
    began = before = time.perf_counter()
    processor = time.process_time()
    for _ in results:
        now = time.perf_counter()
        waits.append(now - before)
        before = now
    processor = time.process_time() - processor
    return 1e3 * (before - began) / images, 1e3 * processor / images, waits[0], max(waits)


@click.command()
@click.option("--model", help="A bundle; without it, the one in use.")
@click.option("--images", type=click.IntRange(min=2), default=64, show_default=True)
@click.option("--side", type=int, default=300, show_default=True, help="Of the pictures, in pixels.")
@click.option("--rounds", type=click.IntRange(min=1), default=5, show_default=True)
def main(model: str | None, images: int, side: int, rounds: int) -> None:
    """Time each way to classify the same pictures."""
    bundle = load_bundle(model)
    ways: dict[str, Callable[[list[Path]], Iterator[object]]] = {
        "one after the other": partial(one_after_the_other, bundle),
        **{f"{count} threads": partial(bundle.classify, workers=count) for count in WORKERS},
        **{f"{size} stones at once": partial(bundle.classify, batch_size=size) for size in BATCH_SIZES},
    }
    with tempfile.TemporaryDirectory() as folder:
        painted = Path(folder) / "painted"
        paint_sample(painted, SampleConfig(per_class=2 + images // 10, size=side, copies=False))
        paths = list(list_images([painted]))[:images]
        list(bundle.classify(paths[:8]))
        found = defaultdict(list)
        for turn in range(rounds):
            for name in list(ways)[:: 1 if turn % 2 else -1]:
                found[name].append(measured(ways[name](paths), len(paths)))
    click.echo(f"{len(paths)} pictures of {side} pixels, {rounds} rounds")
    click.echo(f"{'':20}  a picture  processor  first result  longest wait")
    for name in ways:
        each, processor, first, longest = (statistics.median(values) for values in zip(*found[name], strict=True))
        click.echo(f"{name:20}  {each:6.0f} ms  {processor:6.0f} ms  {first:10.2f} s  {longest:10.2f} s")


if __name__ == "__main__":
    main()
