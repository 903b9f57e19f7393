"""Find the stone in a photograph and cut it out as a square.

The box is the bounding rectangle of the Canny edges, as the 2024 report "Gemstone Classifier"
meant it: centred, padded and square, and no picture is ever lost. Training and classifying both
come through here, since a network answers best for crops like those it was trained on.
"""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]

VERSION = 1
"""Counts up when the same picture would give another box or crop."""

WORKING_SIDE = 256
"""Edges are looked for at this longer side, in pixels, so that the scale of a photograph does not matter."""

MARGIN = 0.06
"""Room left around the edges, as a share of the box's side."""

SMALLEST_PART = 0.08
"""Connected edges that cover less than this share of the largest part's box are dust, not stone."""

SMALLEST_STONE = 0.02
"""Edges whose box covers less than this share of the picture are no stone: the whole picture is taken."""

LARGEST_SIDE = 8192
"""Larger boxes are cut from a smaller copy: the square around a thin strip could outgrow the memory."""


@dataclass(frozen=True)
class Box:
    """A square in a picture, in pixels; it may reach over the picture's edge.

    Attributes:
        x: left side.
        y: upper side.
        side: width and height, at least 1.
    """

    x: int
    y: int
    side: int


def find_stone(picture: Picture) -> Box:
    """Return the square around the stone, or around the whole picture where no edges stand out.

    Args:
        picture: (H, W, 3) uint8 RGB.
    """
    height, width = picture.shape[:2]
    scale = min(1.0, WORKING_SIDE / max(height, width))
    small = _shrink(picture, scale)
    found = _edge_rectangle(small)
    if found is None:
        left, top, right, bottom = 0.0, 0.0, float(width), float(height)
    else:
        # One scale for each axis: rounding the small picture's sides makes them differ slightly.
        across, down = width / small.shape[1], height / small.shape[0]
        left, top, right, bottom = found[0] * across, found[1] * down, found[2] * across, found[3] * down
    side = max(right - left, bottom - top)
    if found is not None:
        side *= 1 + 2 * MARGIN
    whole = max(1, round(side))
    return Box(round((left + right) / 2 - whole / 2), round((top + bottom) / 2 - whole / 2), whole)


def crop_stone(picture: Picture, box: Box, size: int) -> Picture:
    """Cut `box` out of `picture` and bring it to `size`.

    Where the box reaches over the edge, the picture's outermost pixels are repeated.

    Args:
        picture: (H, W, 3) uint8 RGB.
        box: a square, in pixels of `picture`.
        size: side of the result, in pixels.

    Returns:
        (size, size, 3) uint8 RGB.

    Raises:
        ValueError: if the box lies outside the picture.
    """
    height, width = picture.shape[:2]
    left, top = max(0, box.x), max(0, box.y)
    right, bottom = min(width, box.x + box.side), min(height, box.y + box.side)
    if left >= right or top >= bottom:
        raise ValueError(f"`box` must overlap the picture of {width} x {height} pixels. Received: {box}.")
    if box.side > LARGEST_SIDE:
        scale = LARGEST_SIDE / box.side
        inside = _shrink(picture[top:bottom, left:right], scale)
        # Measured from the first pixel inside, so that rounding cannot push the box off the picture.
        return crop_stone(inside, Box(round((box.x - left) * scale), round((box.y - top) * scale), LARGEST_SIDE), size)
    inside = picture[top:bottom, left:right]
    padded = cv2.copyMakeBorder(
        inside,
        top - box.y,
        box.y + box.side - bottom,
        left - box.x,
        box.x + box.side - right,
        cv2.BORDER_REPLICATE,
    )
    shrinks = box.side > size
    resized = cv2.resize(padded, (size, size), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC)
    return np.asarray(resized, dtype=np.uint8)


def _shrink(picture: Picture, scale: float) -> Picture:
    height, width = picture.shape[:2]
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _edge_rectangle(picture: Picture) -> tuple[int, int, int, int] | None:
    """(left, top, right, bottom) of the edges of the stone or stones; None if nothing stands out."""
    height, width = picture.shape[:2]
    grey = cv2.GaussianBlur(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), (5, 5), 0)
    edges = cv2.Canny(grey, 40, 120)
    # Facets break the outline into pieces; closing them makes a stone one part. Within four pixels
    # of the picture's edge, closing also joins a stone to that edge: it counts as touching it.
    joined = cv2.morphologyEx(edges, cv2.MORPH_CLOSE, np.ones((9, 9), np.uint8))
    count, _, statistics, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    if count < 2:
        return None
    boxes = statistics[1:, :4].astype(int)
    areas = boxes[:, 2] * boxes[:, 3]
    kept = boxes[areas >= SMALLEST_PART * areas.max()]
    left, top = kept[:, 0].min(), kept[:, 1].min()
    right, bottom = (kept[:, 0] + kept[:, 2]).max(), (kept[:, 1] + kept[:, 3]).max()
    if (right - left) * (bottom - top) < SMALLEST_STONE * width * height:
        return None
    return int(left), int(top), int(right), int(bottom)
