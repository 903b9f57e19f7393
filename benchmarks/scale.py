"""What 20 million pictures cost besides classifying them: measured here, and simulated beyond.

    python benchmarks/scale.py photos

Measured: what Ray takes for a unit that is empty, what is held of a picture that is done, how large parts are and how
fast they are read back, what near-copy search takes for each picture and each pair. Simulated: a cluster, whose driver
hands out one unit after the other, each in the processor time measured, to workers that take the given time for a
picture.
"""

import heapq
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import click

from gemhier.models.bundle import load_bundle
from gemhier.models.images.files import list_images
from gemhier.pipeline.duplicates.candidates import find_candidates
from gemhier.pipeline.duplicates.descriptor import Descriptor
from gemhier.pipeline.duplicates.search import take_descriptors
from gemhier.pipeline.engines.job import CarriedBundle, Naming
from gemhier.pipeline.engines.ray import MOST_IN_UNIT, RayEngine, started
from gemhier.pipeline.reports.parts_folder import Part, PartsFolder, WritingParts
from gemhier.pipeline.reports.prediction_formats import columns_for

PICTURES = 20_000_000
_HELD = """
import os, sys
from pathlib import Path
from gemhier.pipeline.reports.parts_folder import Done, Plan
def held():
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
before, count = held(), int(sys.argv[1])
plan = Plan.of((f"s3://archive/2024/shop-{i % 977}/stone-{i:09}.jpg" for i in range(count)), Done())
print((held() - before) / count)
"""
"""Of a process of its own: how much more it holds with a plan. Linux alone tells."""


@dataclass(frozen=True)
class Nothing:
    """A job that does nothing with a unit."""

    def __call__(self, items: Iterable[int]) -> Iterator[int]:
        """Yield the items."""
        yield from items


def simulated(workers: int, units: int, dispatch: float, seconds: float, spread: float, start: float) -> float:
    """Return after how many seconds all units are done.

    Args:
        workers: how many there are.
        units: how many there are, of `MOST_IN_UNIT` pictures each.
        dispatch: seconds that the driver takes for each, one after the other.
        seconds: that a worker takes for one.
        spread: the standard deviation of these, as a share.
        start: seconds until a worker is ready, drawn up to twice this.
    """
    chance = random.Random(1)
    free = [chance.uniform(0, 2 * start) for _ in range(workers)]
    heapq.heapify(free)
    driver = 0.0
    for _ in range(units):
        driver = max(driver, free[0]) + dispatch
        heapq.heapreplace(free, driver + max(0.0, chance.gauss(seconds, spread * seconds)))
    return max(free)


def near_copies(paths: list[Path]) -> tuple[float, float, float]:
    """Return the seconds of processor time for each picture and for each pair, and the bytes that a picture takes."""
    began = time.process_time()
    prints = [taken for _, taken in take_descriptors(paths) if isinstance(taken, Descriptor)]
    each = (time.process_time() - began) / len(paths)
    took = []
    for count in (len(prints) // 2, len(prints)):
        began = time.process_time()
        find_candidates(prints[:count])
        took.append(time.process_time() - began)
    half, whole = len(prints) // 2, len(prints)
    # a n + b n^2, from two sizes: what is left of the larger when what grows with n is taken away
    pair = 2 * (took[1] - took[0] * whole / half) / (whole**2 - half * whole)
    return each, pair, prints[0].lightness.nbytes + prints[0].colour.nbytes


@click.command()
@click.argument("folder", type=click.Path(exists=True, path_type=Path))
@click.option("--units", type=click.IntRange(min=10), default=2000, show_default=True, help="Empty ones, given to Ray.")
@click.option("--pictures", type=click.IntRange(min=100), default=3600, show_default=True, help="To search for copies.")
@click.option("--seconds", type=float, default=0.06, show_default=True, help="That a worker takes for a picture.")
def main(folder: Path, units: int, pictures: int, seconds: float) -> None:
    """Measure, then simulate."""
    paths = list(islice(list_images([folder]), pictures))
    each, pair, size = near_copies(paths)
    click.echo(f"near-copies: {1e3 * each:.1f} ms and {size / 1024:.1f} KB a picture, {1e9 * pair:.0f} ns a pair")
    held = subprocess.run([sys.executable, "-c", _HELD, "500000"], capture_output=True, text=True, check=True)
    click.echo(f"held of a picture while a run is planned: {float(held.stdout):.0f} bytes")
    bundle = load_bundle()
    with tempfile.TemporaryDirectory() as out:
        parts = PartsFolder(out)
        naming = Naming(CarriedBundle(bundle), 5, bundle.info.default_precision)
        job = WritingParts(naming, parts, columns_for(bundle, 5))
        some = [str(path) for path in paths[:200]]
        list(job([Part(number, tuple(some)) for number in range(2)]))
        stored = sum(path.stat().st_size for path in Path(out).iterdir()) / 400
        began = time.perf_counter()
        for _ in range(20):
            parts.done()
        click.echo(
            f"parts: {stored:.0f} bytes a picture; one is read back in {(time.perf_counter() - began) / 40:.4f} s"
        )
    began = time.perf_counter()
    with started(workers=os.cpu_count()) as engine:
        ready = time.perf_counter() - began
        took = {}
        for count in (units // 4, units):
            began = time.process_time()
            list(RayEngine(engine.workers).each(Nothing(), [[number] for number in range(count)]))
            took[count] = time.process_time() - began
    dispatch = (took[units] - took[units // 4]) / (units - units // 4)
    click.echo(f"Ray: started in {ready:.1f} s, {1e3 * dispatch:.2f} ms of the driver's processor for an empty unit")
    click.echo(f"driver: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")
    click.echo(f"simulated: {PICTURES:,} pictures, {1e3 * seconds:.0f} ms each, in units of {MOST_IN_UNIT}")
    alone = PICTURES * seconds
    for workers in (16, 64, 256, 1024, 4096):
        wall = simulated(workers, PICTURES // MOST_IN_UNIT, dispatch, MOST_IN_UNIT * seconds, 0.2, 10)
        click.echo(f"{workers:5} workers: {wall / 3600:7.2f} h, {alone / workers / wall:.2f} of linear")


if __name__ == "__main__":
    main()
