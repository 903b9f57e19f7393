"""How many pictures a second one and two workers of Ray classify, against this process on the same cores.

    python benchmarks/ray_scaling.py photos

The same pictures each time, in rounds in which each way has its turn. What starting Ray and its workers takes is told
apart: the rates are those between the first unit that is done and the last.
"""

import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import click

from gemhier.models.bundle import load_bundle
from gemhier.models.images.files import list_images
from gemhier.pipeline.engines.job import CarriedBundle, Naming
from gemhier.pipeline.engines.ray import RayEngine, started
from gemhier.pipeline.reports.parts_folder import Done, Part, PartsFolder, Plan, WritingParts
from gemhier.pipeline.reports.prediction_formats import columns_for

AT_ONCE = 20
"""Pictures in a unit, few, so that both workers are busy to the end."""


@dataclass(frozen=True)
class Timed:
    """A job that gives what the processor took for each part, in seconds."""

    job: WritingParts

    def __call__(self, items: Iterable[Part]) -> Iterator[float]:
        """Write each part."""
        for part in items:
            began = time.process_time()
            list(self.job([part]))
            yield time.process_time() - began


@dataclass(frozen=True)
class Figures:
    """What one way took: pictures a second after the first unit, seconds before its end, processor time of each."""

    rate: float
    wait: float
    processor: float


def measured(done: Iterator[float]) -> Figures:
    """Take what comes out for each unit, the processor time that it took, and time it."""
    began = time.perf_counter()
    first, last = 0.0, 0.0
    times = []
    for processor in done:
        last = time.perf_counter()
        first = first or last
        times.append(processor)
    units = times[1:]
    return Figures(AT_ONCE * len(units) / (last - first), first - began, sum(units) / (AT_ONCE * len(units)))


@click.command()
@click.argument("folder", type=click.Path(exists=True, path_type=Path))
@click.option("--model", type=click.Path(path_type=Path), help="A bundle; without it, the one in use.")
@click.option("--images", type=click.IntRange(min=2), default=600, show_default=True)
@click.option("--rounds", type=click.IntRange(min=1), default=3, show_default=True)
def main(folder: Path, model: Path | None, images: int, rounds: int) -> None:
    """Time both engines."""
    paths = [str(path) for path in islice(list_images([folder]), images)]
    paths = paths[: len(paths) // AT_ONCE * AT_ONCE]
    bundle = load_bundle(model)
    naming = Naming(CarriedBundle(bundle), 5, bundle.info.default_precision)
    parts = Plan.of(paths, Done()).parts(AT_ONCE)

    def here() -> Iterator[float]:
        before = time.process_time()
        for number, _ in enumerate(naming(paths), start=1):
            if number % AT_ONCE == 0:
                now = time.process_time()
                yield now - before
                before = now

    def on_ray(workers: int) -> Iterator[float]:
        with tempfile.TemporaryDirectory() as out:
            job = Timed(WritingParts(naming, PartsFolder(out), columns_for(bundle, 5)))
            for _, (processor,) in RayEngine(workers).each(job, [[part] for part in parts]):
                yield processor

    ways: dict[str, Callable[[], Iterator[float]]] = {
        "this process": here,
        "1 worker of Ray": lambda: on_ray(1),
        "2 workers of Ray": lambda: on_ray(2),
    }
    before = time.perf_counter()
    found = defaultdict(list)
    with started(workers=2):
        click.echo(f"Ray started in {time.perf_counter() - before:.1f} s")
        for turn in range(rounds):
            for name in list(ways)[:: 1 if turn % 2 else -1]:
                found[name].append(measured(ways[name]()))
    best = {name: max(runs, key=lambda run: run.rate) for name, runs in found.items()}
    for name, run in best.items():
        least = min(run.processor for run in found[name])
        click.echo(
            f"{name:18} {run.rate:6.1f} pictures a second, {1e3 * least:.0f} ms of processor time for each; the first "
            f"{AT_ONCE} after {run.wait:.1f} s"
        )
    one, two, local = (best[name].rate for name in ("1 worker of Ray", "2 workers of Ray", "this process"))
    click.echo(f"two against one {two / one:.2f}; two against this process {two / local:.2f}")


if __name__ == "__main__":
    main()
