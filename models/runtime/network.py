"""The classifier as it was exported: pictures of stones to logits."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from gemhier.arrays import Bytes, Float32
from gemhier.errors import BundleError
from gemhier.models.runtime.litert import FEATURES, ExportedNetwork
from gemhier.models.runtime.logits import HEADS, Logits
from gemhier.models.runtime.memory import images_at_once

MOST_AT_ONCE = 32
"""Larger batches are cut into pieces of this many pictures, or fewer if the network is large, to bound the memory."""


class Network:
    """An exported network, ready to run.

    Several threads may share one.

    Args:
        source: a LiteRT file, which is mapped and not copied, or its bytes, with the signature
            `serving_default`: an input `pictures` (N, S, S, 3) uint8 RGB, outputs `flat`, `family` and `regional`,
            and `features` where it gives them.
        num_threads: how many cores to use; None for all of them, at most 4.

    Attributes:
        size: S, the side of the input in pixels.
        labels: V, the columns of `flat` and `regional`.
        families: F, the columns of `family`.
        features: D, the columns of `features`; 0 where the file is older and gives none.

    Raises:
        BundleError: if it is not such a network.
    """

    def __init__(self, source: bytes | Path, *, num_threads: int | None = None) -> None:
        self._exported = ExportedNetwork(source, num_threads=num_threads)
        self._at_once = images_at_once(self._exported.tensor_bytes, MOST_AT_ONCE)
        self.size = self._exported.size
        columns = _output_columns(self._exported.outputs)
        self.labels, self.families, self.features = columns["flat"], columns["family"], columns.get(FEATURES, 0)

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
        return self.seen(images)[0]

    def seen(self, images: Bytes) -> tuple[Logits, Float32]:
        """Run the network on any number of pictures, for its logits and what they stand on.

        Args:
            images: (N, S, S, 3) uint8 RGB; N may be 0.

        Returns:
            The logits, and (N, D) features.

        Raises:
            ValueError: if the pictures have another shape or type.
        """
        starts = range(0, len(images), self._at_once)
        parts = [self._exported.run(images[start : start + self._at_once]) for start in starts]
        widths = {"flat": self.labels, "family": self.families, "regional": self.labels, FEATURES: self.features}
        joined = {
            name: np.concatenate([np.empty((0, width), np.float32), *(part[name] for part in parts if name in part)])
            for name, width in widths.items()
        }
        return Logits.of(joined), joined[FEATURES] if self.features else np.empty((len(images), 0), np.float32)


def _output_columns(outputs: Mapping[str, Mapping[str, Any]]) -> dict[str, int]:
    """How many columns each output has: V `flat` and `regional`, F `family`, D `features` where there are any."""
    columns = {
        name: int(details["shape_signature"][-1])
        for name, details in outputs.items()
        if len(details["shape_signature"]) == 2 and details["dtype"] is np.float32
    }
    known = {*columns} - {FEATURES} == {*HEADS} and {*columns} == {*outputs}
    if not known or columns["flat"] != columns["regional"] or min(columns.values()) < 1:
        found = ", ".join(f"{name} {list(details['shape_signature'])}" for name, details in outputs.items())
        raise BundleError(
            f"The network must give float32 `flat` and `regional` of one width and `family`, but gives {found}. "
            "Export it again."
        )
    return columns
