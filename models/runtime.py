"""Run an exported network with LiteRT; TensorFlow is not needed.

Of the LiteRT package only its interpreter is used, with its default XNNPACK kernels.
"""

import os
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from gemhier.errors import BundleError
from gemhier.models.native_output import without_lines

SIGNATURE = "serving_default"
INPUT = "pictures"
OUTPUTS = ("family", "flat", "regional")
MOST_AT_ONCE = 32
"""Larger batches are cut into pieces of this many pictures, to bound the memory."""

_MOST_CORES = 4
_ANNOUNCEMENT = re.compile(rb"INFO: Created TensorFlow Lite XNNPACK delegate")


@dataclass(frozen=True)
class Logits:
    """What the network says of N pictures, before temperatures and softmax.

    Attributes:
        flat: (N, V) float32, the flat classifier.
        family: (N, F) float32, the general classifier.
        regional: (N, V) float32, the regional networks side by side.
    """

    flat: npt.NDArray[np.float32]
    family: npt.NDArray[np.float32]
    regional: npt.NDArray[np.float32]


class Network:
    """An exported network, ready to run.

    Several threads may share one: a lock lets them in one after the other, since the
    network uses several cores by itself.

    Args:
        content: the bytes of a LiteRT file with the signature `serving_default`: an input
            `pictures` (N, S, S, 3) uint8 RGB, outputs `flat`, `family` and `regional`.
        num_threads: how many cores to use; None for all of them, at most 4.

    Attributes:
        size: S, the side of the input in pixels.
        labels: V, the columns of `flat` and `regional`.
        families: F, the columns of `family`.

    Raises:
        BundleError: if the bytes are not such a network.
    """

    def __init__(self, content: bytes, *, num_threads: int | None = None) -> None:
        if num_threads is not None and num_threads < 1:
            raise ValueError(f"`num_threads` must be at least 1. Received: {num_threads}.")
        self._lock = threading.Lock()
        self._runner = _signature_runner(content, num_threads or usable_cores())
        self.size = _input_size(self._runner.get_input_details())
        self.labels, self.families = _output_columns(self._runner.get_output_details())
        with without_lines(_ANNOUNCEMENT):  # the first run prepares the kernels, and tells of it
            self._run(np.zeros((1, self.size, self.size, 3), dtype=np.uint8))

    def logits(self, pictures: npt.NDArray[np.uint8]) -> Logits:
        """Run the network on any number of pictures.

        Args:
            pictures: (N, S, S, 3) uint8 RGB; N may be 0.

        Raises:
            ValueError: if the pictures have another shape or type.
        """
        expected = (self.size, self.size, 3)
        if pictures.ndim != 4 or pictures.shape[1:] != expected or pictures.dtype != np.uint8:
            raise ValueError(
                f"`pictures` must be (N, {self.size}, {self.size}, 3) uint8. "
                f"Received: {pictures.shape}, {pictures.dtype}."
            )
        parts = [self._run(pictures[start : start + MOST_AT_ONCE]) for start in range(0, len(pictures), MOST_AT_ONCE)]
        if not parts:
            return Logits(
                flat=np.empty((0, self.labels), np.float32),
                family=np.empty((0, self.families), np.float32),
                regional=np.empty((0, self.labels), np.float32),
            )
        return Logits(**{name: np.concatenate([part[name] for part in parts]) for name in OUTPUTS})

    def _run(self, pictures: npt.NDArray[np.uint8]) -> Mapping[str, npt.NDArray[np.float32]]:
        # The interpreter allocates again only where N differs from the run before.
        with self._lock:
            outputs: Mapping[str, npt.NDArray[np.float32]] = self._runner(pictures=np.ascontiguousarray(pictures))
        return outputs


def usable_cores() -> int:
    """How many cores this process may use, at most 4: more gain nothing on one picture."""
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS and Windows
        cores = os.cpu_count() or 1
    return min(_MOST_CORES, cores)


def _signature_runner(content: bytes, num_threads: int) -> Any:
    from ai_edge_litert.interpreter import Interpreter

    try:
        interpreter = Interpreter(model_content=content, num_threads=num_threads)
        return interpreter.get_signature_runner(SIGNATURE)
    except (ValueError, RuntimeError) as error:
        reason = str(error).strip().rstrip(".")
        raise BundleError(f"The network cannot be loaded ({reason}). Package the model again.") from error


def _input_size(inputs: Mapping[str, Mapping[str, Any]]) -> int:
    if list(inputs) == [INPUT] and inputs[INPUT]["dtype"] is np.uint8:
        shape = [int(length) for length in inputs[INPUT]["shape_signature"]]
        if len(shape) == 4 and shape[0] == -1 and shape[1] == shape[2] > 0 and shape[3] == 3:
            return shape[1]
    found = ", ".join(f"{name} {list(details['shape_signature'])}" for name, details in inputs.items())
    raise BundleError(
        f"The network must take `{INPUT}`, any number of square uint8 pictures, but takes {found}. Export it again."
    )


def _output_columns(outputs: Mapping[str, Mapping[str, Any]]) -> tuple[int, int]:
    """V, the columns of `flat` and `regional`, and F, those of `family`."""
    columns = {
        name: int(details["shape_signature"][-1])
        for name, details in outputs.items()
        if len(details["shape_signature"]) == 2 and details["dtype"] is np.float32
    }
    if sorted(columns) != sorted(OUTPUTS) or columns["flat"] != columns["regional"] or min(columns.values()) < 1:
        found = ", ".join(f"{name} {list(details['shape_signature'])}" for name, details in outputs.items())
        raise BundleError(
            f"The network must give float32 `flat` and `regional` of one width and `family`, but gives {found}. "
            "Export it again."
        )
    return columns["flat"], columns["family"]
