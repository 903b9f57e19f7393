"""Whether a picture is like those that a model was calibrated on: by its features and its size.

Features of a frozen network tell pictures of another kind by their distance from known ones (Sun et al.,
Out-of-Distribution Detection with Deep Nearest Neighbors, ICML 2022). The known ones are kept as the centres of
clusters, so that a bundle does not grow with its training pictures. Features come from a small copy of the picture;
its size in pixels tells besides whether it came from a camera or from a page.
"""

import io
import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gemhier.arrays import Booleans, Float32, Float64
from gemhier.errors import BundleError

FILE = "likeness.npy"
"""What it is called in a bundle."""


@dataclass(frozen=True, eq=False)
class Likeness:
    """What the pictures look like that a model was calibrated on.

    Attributes:
        prototypes: (K, D), each of length 1.
        threshold: a picture that is farther than this from all of them is unlike, from 0 to 2.
        largest: a picture whose shorter side has more pixels than this is unlike.

    Raises:
        ValueError: if the prototypes are not finite or have another length, or a number is out of range.
    """

    prototypes: Float32
    threshold: float
    largest: float = math.inf

    def __post_init__(self) -> None:
        lengths = np.linalg.norm(self.prototypes, axis=-1)
        if self.prototypes.ndim != 2 or not len(lengths) or not np.allclose(lengths, 1, atol=1e-2):
            raise ValueError(f"`prototypes` must be (K, D) of length 1. Received: {self.prototypes.shape}.")
        if not 0 <= self.threshold <= 2:
            raise ValueError(f"`threshold` must lie between 0 and 2. Received: {self.threshold}.")
        if not self.largest > 0:
            raise ValueError(f"`largest` must be above 0. Received: {self.largest}.")

    def distances(self, features: npt.ArrayLike) -> Float64:
        """Return how far (N, D) features of the stone finder are from the nearest prototype: 1 - cosine, (N,)."""
        near = directions(features) @ self.prototypes.astype(np.float64).T
        return np.asarray(1 - near.max(axis=1))

    def like(self, features: npt.ArrayLike, sides: npt.ArrayLike) -> Booleans:
        """Return which of N pictures are like those that the model was calibrated on, (N,).

        Args:
            features: (N, D), by the stone finder.
            sides: (N,) pixels of each picture's shorter side.
        """
        return self.is_near(self.distances(features), sides)

    def is_near(self, distances: npt.ArrayLike, sides: npt.ArrayLike) -> Booleans:
        """Return which of N pictures are like them, (N,), where (N,) distances from prototypes are known."""
        return np.asarray((np.asarray(distances) <= self.threshold) & (np.asarray(sides) <= self.largest))

    def to_bytes(self) -> bytes:
        """Return it as three NumPy arrays, one after the other; `from_bytes` reads it."""
        file = io.BytesIO()
        for part in (self.prototypes.astype(np.float16), np.array(self.threshold), np.array(float(self.largest))):
            np.save(file, part, allow_pickle=False)
        return file.getvalue()

    @classmethod
    def from_bytes(cls, content: bytes) -> "Likeness":
        """Read what `to_bytes` wrote, or two arrays of before sizes counted.

        Raises:
            BundleError: if it is something else.
        """
        try:
            file = io.BytesIO(content)
            prototypes, threshold = (np.load(file, allow_pickle=False) for _ in range(2))
            sizes = [np.load(file, allow_pickle=False)] if file.tell() < len(content) else []
            return cls(prototypes.astype(np.float32), float(threshold), *map(float, sizes))
        except (ValueError, TypeError, EOFError, OSError, MemoryError) as error:
            raise BundleError(f"{FILE} cannot be used ({error}). Package the model again.") from error


def directions(features: npt.ArrayLike) -> Float64:
    """Return (N, D) features brought to length 1; zeros stay as they are."""
    given = np.asarray(features, dtype=np.float64)
    return np.asarray(given / np.maximum(np.linalg.norm(given, axis=1, keepdims=True), 1e-12))
