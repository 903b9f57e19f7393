"""Run an exported network with LiteRT; TensorFlow is not needed.

Of the LiteRT package only its interpreter is used, with its default XNNPACK kernels.
"""

import mmap
import os
import re
import threading
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from textwrap import shorten
from typing import Any

import numpy as np

from gemhier.arrays import Bytes, Float32
from gemhier.errors import BundleError
from gemhier.models.runtime.memory import bounded_memory, most_bytes, tensor_bytes
from gemhier.models.runtime.native_output import without_lines
from gemhier.models.runtime.structure import has_graphs, torn_operations

SIGNATURE = "serving_default"
INPUT = "pictures"
FEATURES = "features"
"""The output that holds what a network's heads stand on, (N, D): which pictures are alike. Older files have none."""

_MOST_CORES = 4
_ANNOUNCEMENT = re.compile(rb"INFO: Created TensorFlow Lite XNNPACK delegate")


class ExportedNetwork:
    """An exported network that takes square pictures, ready to run.

    Several threads may share one: a lock lets them in one after the other, since the network uses
    several cores by itself. Threads that `run_on_one_core` run it at the same time. The first run prepares the kernels,
    which takes about as long again.

    Args:
        source: a LiteRT file, which is mapped and not copied, or its bytes, with the signature
            `serving_default`: an input `pictures` (N, S, S, 3) uint8 RGB.
        num_threads: how many cores to use; None for all of them, at most 4.

    Attributes:
        size: S, the side of the input in pixels.
        outputs: LiteRT's description of each output, by its name.
        tensor_bytes: how much memory its tensors take for one picture, weights included, were all of them kept.

    Raises:
        BundleError: if it is not such a network, or would take too much memory.
    """

    def __init__(self, source: bytes | Path, *, num_threads: int | None = None) -> None:
        if num_threads is not None and num_threads < 1:
            raise ValueError(f"`num_threads` must be at least 1. Received: {num_threads}.")
        self._source = source
        self._lock = threading.Lock()
        self._free_runners: deque[_Runner] = deque()  # those of one core that no thread uses now
        with _usable():
            self._most_bytes = most_bytes(source.stat().st_size if isinstance(source, Path) else len(source))
            interpreter = _interpreter(source, num_threads or usable_cores())
            self.tensor_bytes = _checked_tensor_bytes(interpreter, self._most_bytes)
            self._runner = _Runner(interpreter, self._most_bytes)
            self.size = _input_size(self._runner.signature.get_input_details())
            self.outputs: Mapping[str, Mapping[str, Any]] = self._runner.signature.get_output_details()

    def try_out(self) -> None:
        """Run once, on a black picture, to find faults that show only then.

        Raises:
            BundleError: if it cannot be run.
        """
        self.run(np.zeros((1, self.size, self.size, 3), dtype=np.uint8))

    def run(self, images: Bytes) -> Mapping[str, Float32]:
        """Return the outputs for (N, S, S, 3) pictures, N at least 1, by their names.

        Raises:
            ValueError: if the pictures have another shape or type.
            BundleError: if it cannot be run, or an output has not the shape that the file says, or is not all finite.
        """
        expected = (self.size, self.size, 3)
        if images.ndim != 4 or images.shape[1:] != expected or images.dtype != np.uint8:
            raise ValueError(
                f"`images` must be (N, {self.size}, {self.size}, 3) uint8. Received: {images.shape}, {images.dtype}."
            )
        # The interpreter allocates again only where N differs from the run before.
        with self._borrowed_runner() as runner:
            outputs = runner(np.ascontiguousarray(images))
        for name, rows in outputs.items():
            described = (len(images), *self.outputs[name]["shape_signature"][1:].tolist())
            if rows.shape != described:
                raise BundleError(
                    f"The network gives `{name}` of the shape {rows.shape} for {len(images)} pictures, "
                    f"and describes it as {described}. Package the model again."
                )
            if not np.isfinite(rows).all():
                raise BundleError(
                    f"The network gives `{name}` that is not all finite numbers: its weights are damaged. "
                    "Package the model again."
                )
        return outputs

    @contextmanager
    def _borrowed_runner(self) -> Iterator["_Runner"]:
        """Give the runner that this thread has to itself as long as the block runs."""
        if not getattr(_this_thread, "on_one_core", False):
            with self._lock:
                yield self._runner
            return
        try:
            runner = self._free_runners.popleft()
        except IndexError:
            with _usable():
                runner = _Runner(_interpreter(self._source, 1), self._most_bytes)
        try:
            yield runner
        finally:
            self._free_runners.append(runner)


class _Runner:
    """An interpreter that prepares its kernels in its first run.

    Args:
        interpreter: LiteRT's.
        most_bytes: how much memory it may take for one picture then.

    Attributes:
        signature: LiteRT's runner of the signature.
    """

    def __init__(self, interpreter: Any, most_bytes: int) -> None:
        self.signature = interpreter.get_signature_runner(SIGNATURE)
        self._most_bytes = most_bytes
        self._is_prepared = False

    def __call__(self, images: Bytes) -> Mapping[str, Float32]:
        if not self._is_prepared:
            return self._prepared(images)
        outputs: Mapping[str, Float32] = self.signature(**{INPUT: images})
        return outputs

    def _prepared(self, images: Bytes) -> Mapping[str, Float32]:
        # LiteRT tells of preparing them.
        with _usable(), bounded_memory(self._most_bytes * len(images)), without_lines(_ANNOUNCEMENT):
            outputs: Mapping[str, Float32] = self.signature(**{INPUT: images})
        self._is_prepared = True
        return outputs


_this_thread = threading.local()


def run_on_one_core() -> None:
    """Let this thread run networks on one core each, beside others that do so.

    Several threads with a core each do more together than one after the other with all cores. The first run of each
    takes longer, and each needs memory of its own: 25 MB for the shipped finder, 42 MB for the classifier.
    """
    _this_thread.on_one_core = True


def all_cores() -> int:
    """How many cores this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS and Windows
        return os.cpu_count() or 1


def usable_cores() -> int:
    """How many cores this process may use, at most 4: more gain nothing on one picture."""
    return min(_MOST_CORES, all_cores())


def _interpreter(source: bytes | Path, num_threads: int) -> Any:
    from ai_edge_litert.interpreter import Interpreter

    if not _has_graphs(source):
        raise ValueError("it has no graph")
    if isinstance(source, Path):
        # As bytes, since a name need not be text, and LiteRT would read text in another encoding on Windows.
        interpreter = Interpreter(model_path=os.fsencode(source), num_threads=num_threads)
    else:
        interpreter = Interpreter(model_content=source, num_threads=num_threads)
    if torn := torn_operations(interpreter):
        raise ValueError(f"its operation {torn[0]} takes or gives nothing")
    return interpreter


def _has_graphs(source: bytes | Path) -> bool:
    if isinstance(source, bytes):
        return has_graphs(source)
    with source.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return has_graphs(content)


def _checked_tensor_bytes(interpreter: Any, most: int) -> int:
    found = tensor_bytes(interpreter)
    if found > most:
        raise BundleError(
            f"The network would take {found // 10**6:,} MB for one picture, "
            f"and {most // 10**6:,} MB are the most for a file of its size. Package the model again."
        )
    return found


@contextmanager
def _usable() -> Iterator[None]:
    """Turn what LiteRT raises about a network into a BundleError of one line."""
    try:
        yield
    except (OSError, RuntimeError, ValueError, TypeError, MemoryError) as error:
        reason = shorten(str(error), 160, placeholder=" ...").rstrip(".")
        raise BundleError(
            f"The network cannot be loaded ({reason or 'LiteRT gives no reason, memory may be short'}). "
            "Package the model again."
        ) from error


def _input_size(inputs: Mapping[str, Mapping[str, Any]]) -> int:
    if list(inputs) == [INPUT] and inputs[INPUT]["dtype"] is np.uint8:
        shape = [int(length) for length in inputs[INPUT]["shape_signature"]]
        if len(shape) == 4 and shape[0] == -1 and shape[1] == shape[2] > 0 and shape[3] == 3:
            return shape[1]
    found = ", ".join(f"{name} {list(details['shape_signature'])}" for name, details in inputs.items())
    raise BundleError(
        f"The network must take `{INPUT}`, any number of square uint8 pictures, but takes {found}. Export it again."
    )
