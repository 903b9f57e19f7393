"""The square around a stone, cut out of a photograph; training and classifying both come through here."""

from dataclasses import dataclass

import cv2
import numpy as np

from gemhier.arrays import RGB, Bytes

MARGIN = 0.1
"""Room left around a stone, as a share of its longer side."""

BACKGROUND = 127
"""What the backdrop becomes, in every channel: the grey that networks see as nothing."""

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


def whole_image(image: RGB) -> Box:
    """Return the smallest square around all of (H, W, 3) `image`."""
    height, width = image.shape[:2]
    side = max(height, width)
    return Box((width - side) // 2, (height - side) // 2, side)


def mask_background(cut: Bytes) -> Bytes:
    """Put plain grey in the place of the backdrop, so that it says nothing about the stone.

    Args:
        cut: (..., 4) uint8, RGB and how much of each pixel is stone.

    Returns:
        (..., 3) uint8 RGB.
    """
    *colours, share = cv2.split(cut.reshape(-1, 1, 4))
    stone = share.astype(np.uint16)
    backdrop = BACKGROUND * (255 - stone) + 127  # and what rounds
    covered = cv2.merge([((colour * stone + backdrop) // 255).astype(np.uint8) for colour in colours])
    return np.asarray(covered, np.uint8).reshape(*cut.shape[:-1], 3)


def crop_stone(image: RGB, box: Box, size: int) -> RGB:
    """Cut `box` out of `image` and bring it to `size`.

    Where the box reaches over the edge, the picture's outermost pixels are repeated.

    Args:
        image: (H, W, 3) uint8 RGB.
        box: a square, in pixels of `image`.
        size: side of the result, in pixels.

    Returns:
        (size, size, 3) uint8 RGB.

    Raises:
        ValueError: if the box lies outside the picture.
    """
    height, width = image.shape[:2]
    left, top = max(0, box.x), max(0, box.y)
    right, bottom = min(width, box.x + box.side), min(height, box.y + box.side)
    if left >= right or top >= bottom:
        raise ValueError(f"`box` must overlap the picture of {width} x {height} pixels. Received: {box}.")
    if box.side > LARGEST_SIDE:
        scale = LARGEST_SIDE / box.side
        inside = _shrink(image[top:bottom, left:right], scale)
        # Measured from the first pixel inside, so that rounding cannot push the box off the picture.
        return crop_stone(inside, Box(round((box.x - left) * scale), round((box.y - top) * scale), LARGEST_SIDE), size)
    inside = image[top:bottom, left:right]
    edges = (top - box.y, box.y + box.side - bottom, left - box.x, box.x + box.side - right)
    padded = cv2.copyMakeBorder(inside, *edges, cv2.BORDER_REPLICATE) if any(edges) else inside
    shrinks = box.side > size
    resized = cv2.resize(padded, (size, size), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC)
    return np.asarray(resized, dtype=np.uint8)


def _shrink(image: RGB, scale: float) -> RGB:
    height, width = image.shape[:2]
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
