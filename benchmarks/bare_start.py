"""Hold the start of `gemhier classify` against bare scripts that run the same networks on the same picture.

    python benchmarks/bare_start.py examples/emerald.jpg

The bare script imports cv2, NumPy and LiteRT, opens the two networks by their files, decodes the picture in full and
runs the finder and the namer as often as gemhier does for this picture; it neither checks files nor names anything. The
Keras script builds the same two networks, with fresh weights, and calls `predict` as often (it needs the extra train).
Fresh processes, taken in turns, since machines drift: medians, and the ratios of the least times. Run it from an
environment into which gemhier was installed with `pip install .`.
"""

import json
import resource
import statistics
import sys
from collections import Counter
from pathlib import Path
from unittest import mock

import click
from start import seconds

from gemhier.models.bundle import load_bundle
from gemhier.models.runtime.litert import ExportedNetwork

BARE = """
import sys
import cv2
import numpy as np
from ai_edge_litert.interpreter import Interpreter

image_file, threads, *networks = sys.argv[1:]
opened = [
    (Interpreter(model_path=file, num_threads=int(threads)).get_signature_runner("serving_default"), int(runs))
    for file, runs in zip(networks[::2], networks[1::2])
]
image = cv2.cvtColor(cv2.imread(image_file), cv2.COLOR_BGR2RGB)
for run, runs in opened:
    side = int(run.get_input_details()["pictures"]["shape_signature"][1])
    seen = cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA)[None]
    for _ in range(runs):
        run(pictures=seen)
"""

KERAS = """
import sys
import cv2
from gemhier.hierarchy.labels import LabelSpace
from gemhier.models.networks.backbones import backbone
from gemhier.models.networks.finder_network import build_finder
from gemhier.models.networks.gem_network import average_networks, build_network

image_file, finder_runs, namer_runs, side, backbones, mode, *labels = sys.argv[1:]
side = int(side)
space = LabelSpace(tuple(labels))
members = [
    build_network(backbone(name, "none"), space, size=side, mode=mode) for name in backbones.split("+")
]
image = cv2.cvtColor(cv2.imread(image_file), cv2.COLOR_BGR2RGB)
seen = cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA)[None]
for network, runs in (
    (build_finder(side, pretrained=False), int(finder_runs)),
    (average_networks(members).whole, int(namer_runs)),
):
    for _ in range(runs):
        network.predict(seen, verbose=0)
"""


def processor_seconds() -> float:
    """Return the processor time of all processes that this one has started and that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def passes(image: str) -> tuple[int, int]:
    """How often gemhier runs the finder and the namer on a picture."""
    bundle = load_bundle()
    runs: Counter[bool] = Counter()
    run = ExportedNetwork.run

    def counted(network: ExportedNetwork, images):  # type: ignore[no-untyped-def]
        runs["flat" in network.outputs] += 1
        return run(network, images)

    with mock.patch.object(ExportedNetwork, "run", counted):
        list(bundle.classify([image]))
    return runs[False], runs[True]


@click.command()
@click.argument("image", type=click.Path(exists=True))
@click.option("--runs", type=click.IntRange(min=3), default=15, show_default=True)
@click.option("--keras/--no-keras", default=True, show_default=True)
@click.option("--threads", default=2, show_default=True, help="Of the bare script's networks.")
def main(image: str, runs: int, keras: bool, threads: int) -> None:
    """Time `gemhier classify IMAGE` against the bare scripts, in fresh processes."""
    bundle = load_bundle()
    finder, namer = passes(image)
    files = [str(bundle.folder / "finder.tflite"), str(finder), str(bundle.folder / "network.tflite"), str(namer)]
    commands = {
        "gemhier classify": [str(Path(sys.executable).with_name("gemhier")), "classify", image],
        "bare": [sys.executable, "-c", BARE, image, str(threads), *files],
    }
    if keras:
        report = json.loads((bundle.folder / "report.json").read_bytes())["config"]
        settings = [str(finder), str(namer), str(bundle.info.size), report["backbone"], report["mode"]]
        commands["Keras predict"] = [sys.executable, "-c", KERAS, image, *settings, *bundle.info.labels]
    for command in commands.values():
        seconds(command)
    times: dict[str, list[float]] = {name: [] for name in commands}
    processor: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(runs):
        for name, command in commands.items():
            before = processor_seconds()
            times[name].append(seconds(command))
            processor[name].append(processor_seconds() - before)
    click.echo(f"{image}: the finder runs {finder} times, the namer {namer} times")
    for name, found in times.items():
        ratios = [min(kind["gemhier classify"]) / min(kind[name]) for kind in (times, processor)]
        click.echo(
            f"{name:<18} {statistics.median(found):6.3f} s (min {min(found):.3f}, max {max(found):.3f}), "
            f"processor {min(processor[name]):.3f} s; gemhier takes {ratios[0]:.3f} of it, processor {ratios[1]:.3f}"
        )


if __name__ == "__main__":
    main()
