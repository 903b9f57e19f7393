"""How fast many pictures are classified, beside what the machine could do: bare decoding and the bare runtime.

    python benchmarks/classify_many.py --images 2000
    python benchmarks/classify_many.py --images 2000 --memory --keras 50 --prepare

Paints a few dozen pictures, copies them to as many as are asked for, and takes turns, since machines drift:

- decode: `cv2.imdecode` of all files, on all cores;
- runtime: LiteRT alone, as often as gemhier asks the finder and the classifier for each picture, on pixels that are at
  hand; once with one interpreter on all cores, and once with one of a single core for each;
- gemhier: `gemhier classify FOLDER --output FILE` in a fresh process, from its start to its end;
- prepare: `gemhier prepare FOLDER`, likewise;
- Keras: a script that asks `predict` of the same networks as often, picture by picture, of the first few.

Medians of the rounds, and gemhier's rate against the bound 1 / (1 / decode + 1 / runtime), of the quicker runtime;
what prepare takes is divided by what decoding and those runs of the finder that find take.
"""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import click
import cv2
import numpy as np
from ai_edge_litert.interpreter import Interpreter

from gemhier.models.bundle import Bundle, load_bundle
from gemhier.models.bundle.files import NETWORK_FILE
from gemhier.models.images.decode import read_image
from gemhier.models.images.finder import FILE as FINDER_FILE
from gemhier.models.images.finder import Finder
from gemhier.models.images.stones import Cutter
from gemhier.models.runtime.litert import INPUT, SIGNATURE, usable_cores
from gemhier.pipeline.sample import encode_jpeg
from gemhier.pipeline.synthetic.gems.image import paint_stone
from gemhier.pipeline.synthetic.gems.looks import LOOKS

DISTINCT = 24

Pair = tuple[Any, Any]
"""A finder and a classifier, ready to run."""


class Counting:
    """A network that counts how often it is run."""

    def __init__(self, network: Any) -> None:
        self.network = network
        self.runs = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.network, name)

    def run(self, images: Any) -> Any:
        """Run it once more."""
        self.runs += 1
        return self.network.run(images)


def paint(folder: Path, pictures: int, side: int) -> list[Path]:
    """Paint a few pictures and copy them to as many as are wanted; returns the files in order."""
    looks = list(islice(cycle(LOOKS), min(DISTINCT, pictures)))

    def content(number: int) -> bytes:
        return encode_jpeg(paint_stone(looks[number], seed=number, view=1, size=side))

    with ThreadPoolExecutor(usable_cores()) as executor:
        painted = list(executor.map(content, range(len(looks))))
    files = [folder / f"{number:06d}.jpg" for number in range(pictures)]
    for number, file in enumerate(files):
        file.write_bytes(painted[number % len(painted)])
    return files


def finder_runs(bundle: Bundle, files: Sequence[Path]) -> list[int]:
    """How often gemhier runs the finder for each of some pictures, to find the stone and to outline it."""
    finder = Finder(bundle.finder.content or b"", threshold=bundle.finder.threshold)
    counting = Counting(finder._exported)
    finder._exported = counting  # type: ignore[assignment]
    cutter = Cutter(finder, bundle.info.size)
    counts = []
    for file in files:
        before = counting.runs
        cutter.crops(read_image(file), str(file))
        counts.append(counting.runs - before)
    return counts


def interpreters(bundle: Bundle, cores: int) -> Pair:
    """Open both networks of a bundle, and run each once."""
    runners = []
    for name in (FINDER_FILE, NETWORK_FILE):
        interpreter = Interpreter(model_path=str(bundle.folder / name), num_threads=cores)
        runners.append(interpreter.get_signature_runner(SIGNATURE))
        runners[-1](**{INPUT: np.zeros((1, bundle.info.size, bundle.info.size, 3), np.uint8)})
    return runners[0], runners[1]


def decode_all(files: Sequence[Path]) -> None:
    """Decode the files, on all cores."""

    def decode(file: Path) -> None:
        cv2.imdecode(np.frombuffer(file.read_bytes(), np.uint8), cv2.IMREAD_COLOR_RGB)

    with ThreadPoolExecutor(usable_cores()) as executor:
        for _ in executor.map(decode, files):
            pass


def run_all(pairs: Sequence[Pair], counts: Sequence[int], size: int, *, naming: bool = True) -> None:
    """Run the finder as often as the pictures ask for, and the classifier once each, on one thread for each pair."""
    pixels = np.random.default_rng(0).integers(0, 256, (1, size, size, 3), dtype=np.uint8)
    left = iter(counts)

    def work(pair: Pair) -> None:
        finder, classifier = pair
        for count in left:  # whichever thread is free takes the next picture
            for _ in range(count):
                finder(**{INPUT: pixels})
            if naming:
                classifier(**{INPUT: pixels})

    with ThreadPoolExecutor(len(pairs)) as executor:
        for _ in executor.map(work, pairs):
            pass


PEAK = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""
"""Runs a command and says what it took at most; a process of its own, since a child starts with its parent's memory."""


def classify(folder: Path, model: str | None) -> float:
    """Classify a folder in a fresh process; returns the most memory that it took, in MB."""
    with tempfile.TemporaryDirectory() as out:
        command = [sys.executable, "-m", "gemhier", "classify", str(folder), "--output", f"{out}/results.jsonl"]
        command += [] if model is None else ["--model", model]
        done = subprocess.run([sys.executable, "-c", PEAK, *command], check=True, stdout=subprocess.PIPE)
    return int(done.stdout) / (1 << 20 if sys.platform == "darwin" else 1 << 10)


def prepare(folder: Path) -> None:
    """Prepare a folder of class folders in a fresh process."""
    with tempfile.TemporaryDirectory() as out:
        command = [sys.executable, "-m", "gemhier", "prepare", str(folder), "--out", f"{out}/data"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def keras_script(bundle: Bundle) -> Callable[[Sequence[Path], Sequence[int]], None]:
    """Return what asks `predict` of networks as the shipped ones are, with random weights, picture by picture."""
    from gemhier.models.networks.backbones import backbone
    from gemhier.models.networks.finder_network import build_finder
    from gemhier.models.networks.gem_network import average_networks, build_network

    side = bundle.info.size
    finder = build_finder(side, pretrained=False)
    members = [build_network(backbone(name, "none"), bundle.space, size=side) for name in ("lite0", "lite1")]
    classifier = average_networks(members).whole

    def predict(files: Sequence[Path], counts: Sequence[int]) -> None:
        for file, count in zip(files, counts, strict=True):
            image = cv2.cvtColor(cv2.imread(str(file)), cv2.COLOR_BGR2RGB)
            pixels = cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA)[None]
            for _ in range(count):
                finder.predict(pixels, verbose=0)
            classifier.predict(pixels, verbose=0)

    return predict


def timed(way: Callable[[], object]) -> float:
    """How many seconds it takes."""
    began = time.perf_counter()
    way()
    return time.perf_counter() - began


@click.command()
@click.option("--model", help="A bundle; without it, the one in use.")
@click.option("--images", type=click.IntRange(min=2), default=240, show_default=True)
@click.option("--side", type=int, default=800, show_default=True, help="Of the pictures, in pixels.")
@click.option("--rounds", type=click.IntRange(min=1), default=3, show_default=True)
@click.option("--memory", is_flag=True, help="Also say what ten times as many pictures take at most.")
@click.option("--prepare", "preparing", is_flag=True, help="Also time `gemhier prepare`.")
@click.option("--keras", "of_keras", type=int, default=0, help="How many pictures to ask Keras about in each round.")
def main(model: str | None, images: int, side: int, rounds: int, memory: bool, preparing: bool, of_keras: int) -> None:
    """Time decoding, the runtime, gemhier and Keras on the same painted pictures."""
    bundle = load_bundle(model)
    cores = usable_cores()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "painted"
        (folder / "Ruby").mkdir(parents=True)
        files = paint(folder / "Ruby", images, side)
        counts = list(islice(cycle(finder_runs(bundle, files[:DISTINCT])), len(files)))
        every_core = [interpreters(bundle, cores)]
        one_core = [interpreters(bundle, 1) for _ in range(cores)]
        peaks: list[float] = []
        ways: dict[str, Callable[[], object]] = {
            "decode": lambda: decode_all(files),
            "runtime, all cores": lambda: run_all(every_core, counts, bundle.info.size),
            "runtime, a core each": lambda: run_all(one_core, counts, bundle.info.size),
            "gemhier": lambda: peaks.append(classify(folder, model)),
        }
        if preparing:
            finding = [count - 1 for count in counts]  # without the one that outlines
            ways["finder alone"] = lambda: run_all(one_core, finding, bundle.info.size, naming=False)
            ways["prepare"] = lambda: prepare(folder)
        if of_keras:
            script = keras_script(bundle)
            script(files[:1], counts[:1])
            ways["Keras"] = lambda: script(files[:of_keras], counts[:of_keras])
        found: dict[str, list[float]] = {name: [] for name in ways}
        opencv_threads = cv2.getNumThreads()
        for turn in range(rounds):
            for name in list(ways)[:: 1 if turn % 2 else -1]:
                cv2.setNumThreads(1 if name == "decode" else opencv_threads)
                found[name].append(timed(ways[name]))
        click.echo(
            f"{len(files)} pictures of {side} pixels, {cores} cores, {rounds} rounds, "
            f"{statistics.mean(counts):.2f} runs of the finder a picture"
        )
        each = {
            name: statistics.median(times) / (of_keras if name == "Keras" else len(files))
            for name, times in found.items()
        }
        for name, seconds in each.items():
            click.echo(f"{name:22} {1e3 * seconds:7.2f} ms a picture, {1 / seconds:7.1f} a second")
        runtime = min(each["runtime, all cores"], each["runtime, a core each"])
        click.echo(f"of the bound           {(each['decode'] + runtime) / each['gemhier']:7.2f}")
        if preparing:
            click.echo(f"prepare / (decode + find) {each['prepare'] / (each['decode'] + each['finder alone']):4.2f}")
        if of_keras:
            click.echo(f"times Keras            {each['Keras'] / each['gemhier']:7.2f}")
        click.echo(f"peak memory            {max(peaks):7.0f} MB")
        if memory:
            for copy in range(1, 10):
                shutil.copytree(
                    folder, folder / f"copy {copy}", copy_function=os.link, ignore=shutil.ignore_patterns("copy *")
                )
            click.echo(f"of ten times as many   {classify(folder, model):7.0f} MB")


if __name__ == "__main__":
    main()
