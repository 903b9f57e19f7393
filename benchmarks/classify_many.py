"""How long classifying takes by how many stones the network sees at once, on painted pictures.

    python benchmarks/batch_sizes.py

For each size: pictures a second, processor time of one picture, when the first result came, and the longest wait
for one. Medians over rounds in which every size has its turn, since machines drift.
"""

import statistics
import tempfile
import time
from collections import defaultdict
from pathlib import Path

import click

from gemhier.models.bundle import Bundle, load_bundle
from gemhier.models.images.files import list_pictures
from gemhier.pipeline.sample import SampleConfig, paint_sample

SIZES = (1, 2, 4, 8, 16, 32)


def measured(bundle: Bundle, paths: list[Path], batch_size: int) -> tuple[float, float, float, float]:
    """Classify all, and return pictures a second, milliseconds of processor a picture, first and longest wait."""
    waits = []
    began = before = time.perf_counter()
    processor = time.process_time()
    for _ in bundle.classify(paths, batch_size=batch_size):
        now = time.perf_counter()
        waits.append(now - before)
        before = now
    processor = time.process_time() - processor
    return len(paths) / (before - began), 1e3 * processor / len(paths), waits[0], max(waits)


@click.command()
@click.option("--model", help="A bundle; without it, the one in use.")
@click.option("--pictures", type=click.IntRange(min=2), default=64, show_default=True)
@click.option("--side", type=int, default=300, show_default=True, help="Of the pictures, in pixels.")
@click.option("--rounds", type=click.IntRange(min=1), default=5, show_default=True)
def main(model: str | None, pictures: int, side: int, rounds: int) -> None:
    """Time every batch size."""
    bundle = load_bundle(model)
    with tempfile.TemporaryDirectory() as folder:
        painted = Path(folder) / "painted"
        paint_sample(painted, SampleConfig(per_class=2 + pictures // 10, size=side, copies=False))
        paths = list(list_pictures([painted]))[:pictures]
        for _ in bundle.classify(paths[:8]):
            pass
        found = defaultdict(list)
        for turn in range(rounds):
            for size in SIZES if turn % 2 else SIZES[::-1]:
                found[size].append(measured(bundle, paths, size))
    click.echo(f"{len(paths)} pictures of {side} pixels, {rounds} rounds")
    click.echo("batch  pictures/s  processor   first result  longest wait")
    for size in SIZES:
        rate, processor, first, longest = (statistics.median(each) for each in zip(*found[size], strict=True))
        click.echo(f"{size:5}  {rate:10.1f}  {processor:6.0f} ms  {first:10.2f} s  {longest:10.2f} s")


if __name__ == "__main__":
    main()
