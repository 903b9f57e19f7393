"""What weights in 8 bits change: how large the networks are, how long they take, how many pictures they name right.

    python benchmarks/eight_bits.py BUNDLE FOLDER [FOLDER ...]

For each folder of class folders, or prepared folder (its split `test`): the share of right labels that stand first and
among the first three by the bundle as it is, and how many points more with its classifier in 8 bits, with its finder,
and with both, on the same pictures, with intervals of 95% by stone. Times are of processor, on one core.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import click
import numpy as np

from gemhier.arrays import Bytes, Float64
from gemhier.hierarchy.intervals import bootstrap_mean
from gemhier.models.bundle import Bundle, load_bundle
from gemhier.models.bundle.files import NETWORK_FILE
from gemhier.models.images.decode import read_image
from gemhier.models.images.finder import Finder
from gemhier.models.images.stones import Cutter
from gemhier.models.networks.eight_bits import in_eight_bits
from gemhier.models.runtime.network import Network
from gemhier.pipeline.data.labelled_images import LabelledImage, find_labelled
from gemhier.progress import progress


@dataclass(frozen=True)
class Named:
    """What a bundle says of N pictures.

    Attributes:
        hits: (N, 2), whether the right label stands first, and among the first three.
        milliseconds: the median that its network took for one.
    """

    hits: Float64
    milliseconds: float


def crops(images: Sequence[LabelledImage], finder: Finder, size: int) -> Bytes:
    """Cut out the most prominent stone of each: (N, size, size, 3)."""
    cutter = Cutter(finder, size)
    with progress(list(images), "Cutting out") as shown:
        return np.array([cutter.crops(read_image(Path(one.image)), one.image)[0].pixels for one in shown])


def name(bundle: Bundle, network: Network, cut: Bytes, truth: Sequence[int]) -> Named:
    """Let a network in the place of the bundle's name crops, one after the other."""
    hits, times = [], []
    for crop, label in zip(cut, truth, strict=True):
        started = time.process_time()
        found = replace(bundle, network=network).probabilities(crop[None])
        times.append(time.process_time() - started)
        rank = int(np.flatnonzero(np.argsort(-found.by_strategy[bundle.info.strategy][0], kind="stable") == label)[0])
        hits.append((rank < 1, rank < 3))
    return Named(np.array(hits, np.float64), 1e3 * float(np.median(times)))


@click.command()
@click.argument("bundle_folder", metavar="BUNDLE", type=click.Path(path_type=Path))
@click.argument("folders", nargs=-1, required=True, type=click.Path(path_type=Path))
def main(bundle_folder: Path, folders: tuple[Path, ...]) -> None:
    """Measure BUNDLE, as it is and in 8 bits."""
    bundle = load_bundle(bundle_folder)
    if not isinstance(bundle.finder, Finder):
        raise click.UsageError(f"{bundle_folder} has no stone finder to be kept in 8 bits.")
    files = {"classifier": (bundle.folder / NETWORK_FILE).read_bytes(), "finder": bundle.finder.content}
    rounded = {part: in_eight_bits(content) for part, content in files.items()}
    for part, content in files.items():
        click.echo(f"{part}: {len(content) / 1e6:.1f} MB, in 8 bits {len(rounded[part]) / 1e6:.1f} MB")
    classifiers = [Network(kept["classifier"], num_threads=1) for kept in (files, rounded)]
    finders = [Finder(kept["finder"], num_threads=1) for kept in (files, rounded)]
    for folder in folders:
        images = [
            one for one in find_labelled([folder], "test", bundle.taxonomy).images if one.label in bundle.space.labels
        ]
        truth = [bundle.space.index(str(one.label)) for one in images]
        groups = [one.group for one in images]
        cut = [crops(images, finder, bundle.info.size) for finder in finders]
        base = name(bundle, classifiers[0], cut[0], truth)
        first, third = base.hits.mean(axis=0)
        click.echo(f"{folder}, {len(images)} pictures: {first:.3f}, {third:.3f} ({base.milliseconds:.1f} ms)")
        for title, classifier, by in (("classifier", 1, 0), ("finder", 0, 1), ("both", 1, 1)):
            other = name(bundle, classifiers[classifier], cut[by], truth)
            gains = [(100 * gain.mean(), bootstrap_mean(100 * gain, groups)) for gain in (other.hits - base.hits).T]
            text = ", ".join(f"{mean:+.1f} ({interval.low:+.1f} to {interval.high:+.1f})" for mean, interval in gains)
            click.echo(f"  {title} in 8 bits: {text} ({other.milliseconds:.1f} ms)")


if __name__ == "__main__":
    main()
