"""Measure this machine: how long gemhier takes, beside what decoding and the runtime alone take."""

import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from functools import partial
from importlib.metadata import version
from itertools import islice, pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import cv2
import numpy as np
import PIL

from gemhier import __version__
from gemhier.arrays import Bytes
from gemhier.errors import DataError, ImageError
from gemhier.models.bundle import Bundle, load_bundle
from gemhier.models.bundle.files import NETWORK_FILE
from gemhier.models.images.crop import mask_background
from gemhier.models.images.decode import read_image
from gemhier.models.images.files import list_images
from gemhier.models.images.finder import FILE as FINDER_FILE
from gemhier.models.images.finder import Finder
from gemhier.models.runtime.litert import ExportedNetwork
from gemhier.pipeline.synthetic.gems.image import paint_stone
from gemhier.pipeline.synthetic.gems.looks import LOOKS
from gemhier.progress import progress, show_progress
from gemhier.text import count

FORMAT = "gemhier-benchmark"
FORMAT_VERSION = 1

STARTS = 5
"""Fresh processes of each kind; the median counts."""

_PAINTED_SIDE = 400
_FINDER_PASSES = 2
"""The least for one picture: one look for the stone, one for its outline."""

Prepare = Callable[[Path, Path], object]
"""Prepares the class folders of a source into a data folder."""


@dataclass(frozen=True, kw_only=True)
class Benchmark:
    """The figures of one machine. All times are in milliseconds, of a picture unless they say otherwise.

    Attributes:
        machine: its processor, cores and system.
        versions: of gemhier, Python and the libraries.
        model: the version of the bundle.
        images: how many pictures were measured.
        source: `painted`, or `folder`.
        megapixels: of a picture, the median.
        python_start: a fresh process of Python that does nothing.
        cold_start: a fresh process that names one picture.
        read: decode the file, on one thread.
        find: find the stone.
        outline: cut it out, and tell which pixels are its.
        name: run the network, and decide.
        one: all four.
        decode: bare decoding by OpenCV, on one thread.
        runtime: the networks alone on ready pixels, two passes of the finder and one of the network, on one thread.
        batch: all pictures by `classify`, on all cores.
        bare_batch: decode by OpenCV and run the networks alone, one after the other, the networks on all cores.
        prepare: `prepare` on all cores; None for pictures of one's own.
    """

    machine: dict[str, str | int]
    versions: dict[str, str]
    model: str
    images: int
    source: str
    megapixels: float
    python_start: float
    cold_start: float
    read: float
    find: float
    outline: float
    name: float
    one: float
    decode: float
    runtime: float
    batch: float
    bare_batch: float
    prepare: float | None

    def to_dict(self) -> dict[str, Any]:
        """JSON values; times have two decimals."""
        values = {key: round(value, 2) if isinstance(value, float) else value for key, value in asdict(self).items()}
        return {"format": FORMAT, "format_version": FORMAT_VERSION, **values}


def benchmark(folder: Path | None, *, images: int, prepare: Prepare, model: Path | None = None) -> Benchmark:
    """Measure this machine on pictures of its own or on painted ones; nothing is left behind.

    Args:
        folder: pictures of one's own; None paints some.
        images: how many at most, at least 1.
        prepare: what to time as `prepare`, on painted pictures alone, since it needs a folder for each class.
        model: the folder of a bundle; None for the one in use.

    Raises:
        BundleError: if there is no sound bundle.
        DataError: if the folder has no picture that can be read.
    """
    if images < 1:
        raise ValueError(f"`images` must be at least 1. Received: {images}.")
    one_thread, all_cores = load_bundle(model, num_threads=1), load_bundle(model)
    with TemporaryDirectory(prefix="gemhier-benchmark-") as temporary:
        painted = Path(temporary) / "painted"
        paths = _paint(painted, images) if folder is None else list(islice(list_images([folder]), images))
        pixels = _decoded(paths)
        paths = list(pixels)
        python_start, cold_start = _starts(paths[0], one_thread.folder)
        with _one_opencv_thread():
            steps = _one_by_one(one_thread, paths)
            decode = _each(paths, "Bare decoding", lambda path: cv2.imread(str(path)))
            runtime = _each(paths, "The runtime alone", _networks_of(one_thread, pixels, num_threads=1))
        on_all_cores = _networks_of(all_cores, pixels, num_threads=None)
        bare_batch = _each(paths, "Bare, on all cores", lambda path: (cv2.imread(str(path)), on_all_cores(path)))
        with progress(all_cores.classify(paths), "All cores", length=len(paths)) as results:
            batch = _milliseconds(lambda: list(results)) / len(paths)
        prepared = None
        if folder is None:
            prepared = _milliseconds(lambda: prepare(painted, Path(temporary) / "data")) / len(paths)
    return Benchmark(
        machine=_machine(),
        versions=_versions(),
        model=one_thread.info.model_version,
        images=len(paths),
        source="painted" if folder is None else "folder",
        megapixels=statistics.median(image.shape[0] * image.shape[1] / 1e6 for image in pixels.values()),
        python_start=python_start,
        cold_start=cold_start,
        **steps,
        decode=decode,
        runtime=runtime,
        batch=batch,
        bare_batch=bare_batch,
        prepare=prepared,
    )


def _machine() -> dict[str, str | int]:
    return {"processor": _processor(), "cores": os.cpu_count() or 1, "system": platform.platform()}


def _processor() -> str:
    """Return the processor's name, as far as the system tells."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:  # not on macOS and Windows
        lines = []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, "") or platform.processor() or platform.machine()


def _versions() -> dict[str, str]:
    return {
        "gemhier": __version__,
        "python": platform.python_version(),
        "litert": version("ai-edge-litert"),
        "numpy": np.__version__,
        "opencv": cv2.__version__,
        "pillow": PIL.__version__,
    }


def _paint(folder: Path, images: int) -> list[Path]:
    """Paint pictures into a folder for each of several gems, a stone each."""
    looks = list(LOOKS)
    paths = []
    for number in show_progress("Painting")(range(images)):
        look = looks[number % len(looks)]
        path = folder / look / f"{number}-1.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = paint_stone(look, seed=number, size=_PAINTED_SIDE)
        cv2.imwrite(str(path), cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR))
        paths.append(path)
    return paths


def _decoded(paths: Sequence[Path]) -> dict[Path, Bytes]:
    """Return the pixels of the pictures that both gemhier and OpenCV can read; DataError if there is none."""
    pixels: dict[Path, Bytes] = {}
    for path in paths:
        with suppress(ImageError):
            if cv2.haveImageReader(str(path)):
                pixels[path] = read_image(path)
    if not pixels:
        raise DataError(
            "There is no picture to measure with. Name a folder of JPEG or PNG files, or none to paint some."
        )
    return pixels


def _starts(image: Path, bundle: Path) -> tuple[float, float]:
    """How long a fresh Python takes, and a fresh gemhier that names a picture."""
    # Users' Python writes compiled files; a setting that forbids it would time the compiler.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    commands = [
        [sys.executable, "-c", "pass"],
        [sys.executable, "-m", "gemhier", "classify", str(image), "--model", str(bundle)],
    ]

    def start(command: list[str]) -> float:
        run = partial(subprocess.run, command, check=True, stdout=subprocess.DEVNULL, env=environment)
        return _milliseconds(run)

    found = [[start(command) for command in commands] for _ in show_progress("Fresh processes")(range(1 + STARTS))]
    python, gemhier = zip(*found[1:], strict=True)  # the first may compile
    return statistics.median(python), statistics.median(gemhier)


@contextmanager
def _one_opencv_thread() -> Iterator[None]:
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(before)


def _one_by_one(bundle: Bundle, paths: Sequence[Path]) -> dict[str, float]:
    """Time the steps of one picture: medians over the pictures."""
    bundle.try_out()  # which prepares the kernels
    times: dict[str, list[float]] = {"read": [], "find": [], "outline": [], "name": [], "one": []}
    for path in show_progress("One picture after the other")(paths):
        moments = [time.perf_counter()]
        image = read_image(path)
        moments.append(time.perf_counter())
        stone = bundle.finder.find_best(image)
        moments.append(time.perf_counter())
        crop = mask_background(bundle.finder.cut(image, stone.box, bundle.info.size))
        moments.append(time.perf_counter())
        by_strategy = bundle.probabilities(crop[None]).by_strategy
        bundle.decide([str(path)], by_strategy[bundle.info.strategy], [stone.score])
        moments.append(time.perf_counter())
        steps = [*(1e3 * (after - before) for before, after in pairwise(moments)), 1e3 * (moments[-1] - moments[0])]
        for step, taken in zip(times, steps, strict=True):
            times[step].append(taken)
    return {step: statistics.median(taken) for step, taken in times.items()}


def _networks_of(bundle: Bundle, pixels: Mapping[Path, Bytes], *, num_threads: int | None) -> Callable[[Path], None]:
    """Return what runs a bundle's networks on the pixels of a picture, as often as one stone needs them at least."""
    passes = [(NETWORK_FILE, 1)]
    if isinstance(bundle.finder, Finder):
        passes.append((FINDER_FILE, _FINDER_PASSES))
    networks = [(ExportedNetwork(bundle.folder / file, num_threads=num_threads), runs) for file, runs in passes]
    ready = {
        (path, network.size): cv2.resize(image, (network.size, network.size), interpolation=cv2.INTER_AREA)[None]
        for path, image in pixels.items()
        for network, _ in networks
    }
    for network, _ in networks:
        network.try_out()  # which prepares the kernels

    def run(path: Path) -> None:
        for network, runs in networks:
            for _ in range(runs):
                network.run(np.asarray(ready[path, network.size], np.uint8))

    return run


def _each(paths: Sequence[Path], label: str, work: Callable[[Path], object]) -> float:
    """How long the same work takes for each picture: the median."""
    return statistics.median(_milliseconds(partial(work, path)) for path in show_progress(label)(paths))


def _milliseconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return 1e3 * (time.perf_counter() - started)


def lines(found: Benchmark) -> Iterator[str]:
    """Give the figures as a table for people, line by line."""
    machine, versions = found.machine, found.versions
    yield f"{machine['processor']}, {count(int(machine['cores']), 'core')}, {machine['system']}"
    yield ", ".join(f"{name} {number}" for name, number in versions.items())
    yield f"model {found.model}; {count(found.images, 'picture')} of {found.megapixels:.2f} megapixels, {found.source}"
    yield ""
    yield f"{'':32}{'gemhier':>12}{'bare':>12}"
    rows: tuple[tuple[str, float | None, float | None], ...] = (
        ("a fresh process, one picture", found.cold_start, None),
        ("a fresh Python", None, found.python_start),
        ("one picture, one thread", found.one, found.decode + found.runtime),
        ("  read", found.read, found.decode),
        ("  find", found.find, None),
        ("  outline", found.outline, None),
        ("  name", found.name, None),
        ("  the networks alone", None, found.runtime),
        ("a picture of many, all cores", found.batch, found.bare_batch),
        ("a picture, prepared", found.prepare, None),
    )
    for title, *times in rows:
        cells = ("" if taken is None else f"{taken:.1f} ms" for taken in times)
        yield f"{title:32}{''.join(f'{cell:>12}' for cell in cells)}".rstrip()
