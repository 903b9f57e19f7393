"""The classifier as it was exported: pictures of stones to logits."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from gemhier.arrays import Bytes
from gemhier.errors import BundleError
from gemhier.models.runtime.litert import ExportedNetwork
from gemhier.models.runtime.logits import HEADS, Logits
from gemhier.models.runtime.memory import images_at_once

MOST_AT_ONCE = 32
"""Larger batches are cut into pieces of this many pictures, or fewer if the network is large, to bound the memory."""


class Network:
    """An exported network, ready to run.

    Several threads may share one.

    Args:
        source: a LiteRT file, which is mapped and not copied, or its bytes, with the signature
            `serving_default`: an input `pictures` (N, S, S, 3) uint8 RGB, outputs `flat`, `family` and `regional`.
        num_threads: how many cores to use; None for all of them, at most 4.

    Attributes:
        size: S, the side of the input in pixels.
        labels: V, the columns of `flat` and `regional`.
        families: F, the columns of `family`.

    Raises:
        BundleError: if it is not such a network.
    """

    def __init__(self, source: bytes | Path, *, num_threads: int | None = None) -> None:
        self._exported = ExportedNetwork(source, num_threads=num_threads)
        self._at_once = images_at_once(self._exported.tensor_bytes, MOST_AT_ONCE)
        self.size = self._exported.size
        self.labels, self.families = _output_columns(self._exported.outputs)

    def try_out(self) -> None:
        """Run once, to find faults that show only then; BundleError if it cannot be run."""
        self._exported.try_out()

    def logits(self, images: Bytes) -> Logits:
        """Run the network on any number of pictures.

        Args:
            images: (N, S, S, 3) uint8 RGB; N may be 0.

        Raises:
            ValueError: if the pictures have another shape or type.
        """
        starts = range(0, len(images), self._at_once)
        parts = [self._exported.run(images[start : start + self._at_once]) for start in starts]
        if not parts:
            return Logits(
                flat=np.empty((0, self.labels), np.float32),
                family=np.empty((0, self.families), np.float32),
                regional=np.empty((0, self.labels), np.float32),
            )
        return Logits.of({head: np.concatenate([part[head] for part in parts]) for head in HEADS})


def _output_columns(outputs: Mapping[str, Mapping[str, Any]]) -> tuple[int, int]:
    """V, the columns of `flat` and `regional`, and F, those of `family`."""
    columns = {
        name: int(details["shape_signature"][-1])
        for name, details in outputs.items()
        if len(details["shape_signature"]) == 2 and details["dtype"] is np.float32
    }
    if sorted(columns) != sorted(HEADS) or columns["flat"] != columns["regional"] or min(columns.values()) < 1:
        found = ", ".join(f"{name} {list(details['shape_signature'])}" for name, details in outputs.items())
        raise BundleError(
            f"The network must give float32 `flat` and `regional` of one width and `family`, but gives {found}. "
            "Export it again."
        )
    return columns["flat"], columns["family"]
