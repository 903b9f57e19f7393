"""The stones of a data set that a network takes for most alike to others."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from gemhier.arrays import Bytes, Float64
from gemhier.errors import DataError
from gemhier.models.bundle import Bundle
from gemhier.models.images.crop import mask_background
from gemhier.pipeline.data.crops import prepared_crops
from gemhier.pipeline.data.manifest import Row, read_manifest
from gemhier.progress import progress

SPLIT = "train"
"""Neighbours are looked for among the pictures that a network learned from: what it knows, it knows from them."""

_BATCH = 32
_FLOOR = np.finfo(np.float64).tiny


@dataclass(frozen=True, eq=False)
class Neighbour:
    """A stone that is near to another.

    Attributes:
        image: its picture.
        label: the id of its label.
        likeness: how alike the network takes the two for, at most 1.
        crop: (S, S, 3) uint8 RGB, the stone as the network sees it.
    """

    image: str
    label: str
    likeness: float
    crop: Bytes


@dataclass(frozen=True, eq=False)
class TrainingStones:
    """The stones that neighbours are looked for among.

    Attributes:
        rows: (K,) their pictures.
        crops: (K, S, S, 4) uint8, mapped from the disk.
        views: (K, V) unit vectors, see `views`.
    """

    rows: tuple[Row, ...]
    crops: Bytes
    views: Float64

    def nearest(self, probabilities: npt.ArrayLike, count: int = 3) -> list[tuple[Neighbour, ...]]:
        """Return the nearest to each of N stones, the nearest first.

        Args:
            probabilities: (N, V), P(label) by the flat classifier.
            count: how many for each, at most.
        """
        likeness = views(probabilities) @ self.views.T
        best = np.argsort(-likeness, axis=1, kind="stable")[:, :count]
        return [
            tuple(
                Neighbour(
                    self.rows[row].image,
                    self.rows[row].label,
                    float(likeness[number, row]),
                    mask_background(self.crops[row]),
                )
                for row in nearest
            )
            for number, nearest in enumerate(best)
        ]


def views(probabilities: npt.ArrayLike) -> Float64:
    """How a network sees stones: the logits of its flat classifier, centred and brought to length 1.

    These logits are a linear map of the network's features, to what tells labels apart; older bundles give no features.
    Their centred logarithms of probabilities are the same as the centred logits, whatever the temperature.

    Args:
        probabilities: (N, V), P(label) by the flat classifier.

    Returns:
        (N, V); the product of two rows is their cosine.
    """
    logits = np.log(np.maximum(np.asarray(probabilities, dtype=np.float64), _FLOOR))
    centred = logits - logits.mean(axis=1, keepdims=True)
    lengths = np.linalg.norm(centred, axis=1, keepdims=True)
    return np.asarray(centred / np.maximum(lengths, _FLOOR))


def known_stones(folder: Path, bundle: Bundle) -> TrainingStones:
    """Show a network the training pictures of a data folder.

    Raises:
        DataError: if it is no data folder, or holds no training pictures.
        OutputError: if the cache of crops cannot be written.
    """
    manifest = read_manifest(folder)
    rows = manifest.split(SPLIT)
    if not rows:
        raise DataError(f"{folder}: holds no training pictures to look for neighbours in. Give another --neighbours.")
    crops = prepared_crops(manifest, rows, bundle.info.size)
    return TrainingStones(rows, crops, views(_flat(bundle, crops)))


def _flat(bundle: Bundle, crops: Sequence[Bytes] | Bytes) -> Float64:
    parts = []
    with progress(range(0, len(crops), _BATCH), "Neighbours") as starts:
        for start in starts:
            parts.append(bundle.probabilities(mask_background(np.asarray(crops[start : start + _BATCH]))).flat)
    return np.concatenate(parts)
