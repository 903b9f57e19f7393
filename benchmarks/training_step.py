"""What a training step costs, and what of it: the network forward, back, changing the pictures, reading them.

    python benchmarks/training_step.py --data data
    python benchmarks/training_step.py --mixed-precision --xla

The default recipe (lite0, 224 pixels, its first third frozen, 32 pictures a step) on crops of DATA, a folder that
`gemhier prepare` wrote; without one, on noise. The ways take turns, so that a busy machine slows all alike, each of
some steps on end, since batches are prepared while the network learns. The quickest turn counts.
"""

import time
from collections.abc import Callable, Iterator
from itertools import chain, repeat
from pathlib import Path
from typing import Any

import click
import keras
import numpy as np
import tensorflow as tf

from gemhier.models.bundle import load_bundle
from gemhier.models.networks.backbones import backbone
from gemhier.models.networks.gem_network import GemNetwork, build_network
from gemhier.models.networks.heads import losses
from gemhier.models.networks.modes import MODES
from gemhier.pipeline.data.crops import prepared_crops
from gemhier.pipeline.data.manifest import read_manifest
from gemhier.pipeline.training.batches import targets, training_batches
from gemhier.pipeline.training.config import SCHEDULES

SCHEDULE = SCHEDULES["standard"]
MODE = "both"
SPACE = load_bundle().space


def compiled(*, mixed_precision: bool, xla: bool) -> GemNetwork:
    """Return the network of the default recipe, as `gemhier train` compiles it."""
    network = build_network(
        backbone("lite0"), SPACE, mode=MODE, dropout=SCHEDULE.dropout, mixed_precision=mixed_precision
    )
    network.freeze(SCHEDULE.frozen_share)
    optimizer = keras.optimizers.AdamW(1e-5, weight_decay=SCHEDULE.weight_decay)
    network.whole.compile(optimizer, loss=losses(SPACE, MODE, SCHEDULE.smoothing), jit_compile=xla)
    return network


Turn = Callable[[], Callable[[], None]]
"""Prepares what is then timed."""


def steps_on(network: GemNetwork, batches: Callable[[], Iterator[Any]]) -> Turn:
    """Return a turn of steps on batches; the first is there before the clock starts."""

    def prepare() -> Callable[[], None]:
        coming = batches()
        first = next(coming)

        def run() -> None:
            for batch in chain([first], coming):
                network.whole.train_on_batch(*batch)

        return run

    return prepare


def forward_on(model: keras.Model, images: tf.Tensor, count: int, *, xla: bool) -> Turn:
    """Return a turn of that many looks at pictures, as in use."""
    forward = tf.function(lambda pixels: model(pixels, training=False), jit_compile=xla)

    def run() -> None:
        for _ in range(count):
            forward(images)["flat"].numpy()

    return lambda: run


@click.command()
@click.option("--data", type=click.Path(path_type=Path), help="Prepared pictures. [default: noise]")
@click.option("--rounds", type=click.IntRange(min=1), default=6, show_default=True, help="How often each way is timed.")
@click.option("--steps", type=click.IntRange(min=1), default=10, show_default=True, help="Steps a round.")
@click.option("--mixed-precision", is_flag=True, help="Time bfloat16 too.")
@click.option("--xla", is_flag=True, help="Time compiled steps (XLA) too.")
def main(data: Path | None, rounds: int, steps: int, mixed_precision: bool, xla: bool) -> None:
    """Time the parts of a training step."""
    generator = np.random.default_rng(0)
    network = compiled(mixed_precision=False, xla=False)
    if data:
        manifest = read_manifest(data)
        crops = prepared_crops(manifest, manifest.split("train"), network.size)
    else:
        crops = generator.integers(0, 256, (256, network.size, network.size, 4), dtype=np.uint8)
    wanted = targets(generator.integers(0, len(SPACE), len(crops)), SPACE, MODES[MODE])

    def real(shown: np.ndarray) -> Iterator[Any]:
        # As many batches as steps: what a turn prepares, it pays for.
        return iter(
            training_batches(
                shown,
                {head: columns[: len(shown)] for head, columns in wanted.items()},
                batch=SCHEDULE.batch,
                augmentation=SCHEDULE.augmentation,
                seed=0,
                steps=range(steps),
            )
        )

    images, columns = next(real(crops))
    in_memory = np.array(crops[: 4 * SCHEDULE.batch])

    def held() -> Iterator[Any]:
        return repeat((images, columns), steps)

    ways: dict[str, Turn] = {
        "a batch in memory": steps_on(network, held),
        "pictures in memory, changed": steps_on(network, lambda: real(in_memory)),
        "pictures on disk, changed": steps_on(network, lambda: real(crops)),
    }
    kinds = [("float32", False, False)]
    kinds += [("bfloat16", True, False)] * mixed_precision + [("float32, XLA", False, True)] * xla
    kinds += [("bfloat16, XLA", True, True)] * (mixed_precision and xla)
    for name, mixed, jit in kinds[1:]:
        ways[f"a batch in memory, {name}"] = steps_on(compiled(mixed_precision=mixed, xla=jit), held)
    for name, mixed, jit in kinds:
        whole = compiled(mixed_precision=mixed, xla=jit).whole
        ways[f"forward alone, {name}"] = forward_on(whole, images, steps, xla=jit)
    wall: dict[str, list[float]] = {name: [] for name in ways}
    processor: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(rounds + 1):
        for name, prepare in ways.items():
            run = prepare()
            started, used = time.perf_counter(), time.process_time()
            run()
            if number:  # the first builds graphs
                wall[name].append((time.perf_counter() - started) / steps)
                processor[name].append((time.process_time() - used) / steps)
    base, base_used = (min(times["a batch in memory"]) for times in (wall, processor))
    click.echo(f"{'a step of 32 pictures':<40} seconds   ratio  processor   ratio")
    for name in ways:
        seconds, used = min(wall[name]), min(processor[name])
        click.echo(f"{name:<40} {seconds:7.3f} {seconds / base:7.2f} {used:10.3f} {used / base_used:7.2f}")


if __name__ == "__main__":
    main()
