"""Find the one thing in a photograph without a network: all of the picture, or the rectangle around its edges.

For pictures of other things than gems, which the trained stone finder refuses. Every picture counts as showing one.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from gemhier.arrays import RGB, Bytes, Float32
from gemhier.models.images.crop import Box, crop_stone, whole_image
from gemhier.models.images.finder import Finder, Stone

_CANNY_SIDE = 512
"""Larger pictures are looked at in a copy of this longer side: in a large one, every grain has an edge."""

_CANNY_THRESHOLDS = 100, 200
"""Of the gradient: edges begin above the second and go on above the first."""


@dataclass(frozen=True)
class UntrainedFinder:
    """A way to place the square that needs no training, in the place of a `Finder`. Threads may share it.

    Attributes:
        name: what it is called in `data.json` and `bundle.json`.
        place: the square in (H, W, 3) uint8 RGB; it overlaps the picture.
        threshold: from which score on something is there: every picture reaches it.
        content: None, since nothing of it is kept in a file.
        gives_features: False, since it does not know what pictures look like.
    """

    name: str
    place: Callable[[RGB], Box]
    threshold: float = 0.0
    content: None = None
    gives_features: bool = False

    @property
    def digest(self) -> str:
        """What tells its crops from those of others, as the SHA-256 of a trained finder does."""
        return hashlib.sha256(f"untrained finder {self.name}".encode()).hexdigest()

    def find(self, image: RGB) -> tuple[Stone, ...]:
        """Return the one thing in (H, W, 3) `image`, of which it is quite sure."""
        return (self.find_best(image),)

    def seen(self, image: RGB) -> tuple[tuple[Stone, ...], Float32]:
        """Return what `find` does, and no features."""
        return self.find(image), self.features(image)

    def features(self, image: RGB) -> Float32:
        """Return nothing, (0,): it does not know what pictures look like."""
        return np.empty(0, np.float32)

    def find_best(self, image: RGB) -> Stone:
        """Return the one thing in (H, W, 3) `image`, of which it is quite sure."""
        return Stone(self.place(image), 1.0)

    def cut(self, image: RGB, box: Box, size: int) -> Bytes:
        """Cut a square out, with all that the picture shows in it.

        Args:
            image: (H, W, 3) uint8 RGB.
            box: the square.
            size: side of the result, in pixels.

        Returns:
            (size, size, 4) uint8: RGB, and 255 where the picture is, 0 where the square reaches over its edge.

        Raises:
            ValueError: if the box lies outside the picture.
        """
        crop = crop_stone(image, box, size)
        height, width = image.shape[:2]
        inside = np.zeros((size, size), np.uint8)
        rows, columns = _covered(box.y, box.side, height, size), _covered(box.x, box.side, width, size)
        inside[rows, columns] = 255
        return np.asarray(cv2.merge([crop, inside]), np.uint8)


def around_edges(image: RGB) -> Box:
    """Return the smallest square around all edges in (H, W, 3) `image`, in its middle; around all of it if none."""
    height, width = image.shape[:2]
    scale = min(1.0, _CANNY_SIDE / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA) if scale < 1 else image
    edges = cv2.Canny(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), *_CANNY_THRESHOLDS)
    left, top, across, down = cv2.boundingRect(edges)
    if not across:
        return whole_image(image)
    # In the picture's own pixels. All four sides first, then the square: neither side moves while the other is set.
    x_scale, y_scale = width / size[0], height / size[1]
    x1, x2 = left * x_scale, (left + across) * x_scale
    y1, y2 = top * y_scale, (top + down) * y_scale
    side = max(1, round(max(x2 - x1, y2 - y1)))
    return Box(round((x1 + x2 - side) / 2), round((y1 + y2 - side) / 2), side)


def _covered(start: int, side: int, length: int, size: int) -> slice:
    """Which of `size` pixels lie in the picture, where `side` pixels from `start` on are brought to that many."""
    scale = size / side
    first = min(round(max(0, -start) * scale), size - 1)
    last = round((min(length, start + side) - start) * scale)
    return slice(first, max(last, first + 1))


AnyFinder = Finder | UntrainedFinder
"""What finds the stones of a data set and of a bundle."""

UNTRAINED = {
    "none": UntrainedFinder("none", whole_image),
    "canny": UntrainedFinder("canny", around_edges),
}
"""The finders that need no training, by name: all of the picture, and the 2024 report's way, with its error mended."""

FINDERS = (Finder.name, *UNTRAINED)
"""What `data.json` and `bundle.json` may name."""
