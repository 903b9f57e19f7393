"""How long a training of the whole network takes on this machine, by backbone, before it is begun.

    python benchmarks/training_time.py report-cnn vgg16 resnet50 mobilenet --images 22000 --epochs 20

Steps are timed in trainings from random weights on noise, by the report's schedule: the difference between a longer and
a shorter epoch, in which what an epoch takes besides its steps, such as its checkpoint, falls out.
"""

import tempfile
import time
from pathlib import Path

import click
import numpy as np

from gemhier.models.bundle import load_bundle
from gemhier.pipeline.training.config import SCHEDULES, TrainConfig
from gemhier.pipeline.training.history import Epoch
from gemhier.pipeline.training.start_tensorflow import start_tensorflow

SHORT, LONG = 4, 16
"""Steps of the epochs that are timed."""


class TimedEnough(Exception):
    """Ends a training whose steps have been timed."""


def seconds_an_epoch(backbone: str, steps: int, epochs: int, *, image_size: int | None, mixed_precision: bool) -> float:
    """Return the median over some epochs after the first, in which TensorFlow builds its graph."""
    from gemhier.pipeline.training.fit import Images, fit_network

    config = TrainConfig(
        backbone=backbone,
        schedule="report",
        mode="flat",
        weights="none",
        image_size=image_size,
        mixed_precision=mixed_precision,
    )
    space = load_bundle().space
    count = steps * config.phases.batch
    generator = np.random.default_rng(0)
    ended = [time.perf_counter()]

    def crops(size: int) -> np.ndarray:
        return generator.integers(0, 256, (count, size, size, 4), dtype=np.uint8)

    def note(epoch: Epoch) -> None:
        ended.append(time.perf_counter())
        if epoch.number > epochs:
            raise TimedEnough

    with tempfile.TemporaryDirectory() as folder:
        try:
            images = Images(crops, generator.integers(0, len(space), count))
            fit_network(space, images, None, config, work=Path(folder), cache=Path(folder), on_epoch=note)
        except TimedEnough:
            pass
    return float(np.median(np.diff(ended)[1:]))


@click.command()
@click.argument("backbones", nargs=-1, required=True)
@click.option("--images", type=click.IntRange(min=1), required=True, help="How many a pass shows.")
@click.option("--epochs", type=click.IntRange(min=1), default=20, show_default=True, help="Passes of the training.")
@click.option("--timed", type=click.IntRange(min=1), default=1, show_default=True, help="Epochs to time.")
@click.option("--image-size", type=int, help="Side of the pictures in pixels. [default: the backbone's]")
@click.option("--mixed-precision", is_flag=True, help="In bfloat16.")
def main(
    backbones: tuple[str, ...], images: int, epochs: int, timed: int, image_size: int | None, mixed_precision: bool
) -> None:
    """Time steps of a training of each of BACKBONES."""
    start_tensorflow()
    batch = SCHEDULES["report"].batch
    for backbone in backbones:
        short, long = (
            seconds_an_epoch(backbone, steps, timed, image_size=image_size, mixed_precision=mixed_precision)
            for steps in (SHORT, LONG)
        )
        step = (long - short) / (LONG - SHORT)
        hours = step * epochs * -(-images // batch) / 3600
        click.echo(f"{backbone:<24} {step:7.3f} s a step of {batch}, {hours:6.1f} h for {epochs} x {images:,} pictures")


if __name__ == "__main__":
    main()
