"""What is kept of a picture to compare it with thousands of others: a few kilobytes.

Colours are CIELAB. Widths and heights are both brought to the same side, whatever the picture's
shape: a place in a picture is a fraction of its width and of its height.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from gemhier.arrays import Booleans, Bytes, Float32
from gemhier.models.images.decode import read_image

LIGHTNESS_SIDE = 96
"""Side, in pixels, at which lightness is compared."""

COLOUR_SIDE = 48
"""Side, in pixels, at which colour is compared, and at which pictures are first aligned."""

BACKDROP_DISTANCE = 10.0
"""What is farther than this from the border's colour, in CIELAB units, is no backdrop."""

_LONGEST = 512  # more pixels than this tell nothing new at LIGHTNESS_SIDE
_STONE_PERCENTILE = 98  # of the pixels' distances, what the stone itself reaches
_SMALLEST_CONTENT = 1 / 8
_SMALLEST_PART = 0.1
# OpenCV's 8-bit CIELAB: what a step is worth, and what 0 means, in L*, a* and b*.
_UNITS, _ZEROS = np.array([100 / 255, 1, 1], np.float32), np.array([0, 128, 128], np.float32)

Box = tuple[float, float, float, float]
"""Left, top, right, bottom, as fractions of a picture's width and height."""

WHOLE: Box = (0.0, 0.0, 1.0, 1.0)


@dataclass(frozen=True, kw_only=True)
class Descriptor:
    """A picture in small.

    Attributes:
        digest: SHA-256 of the decoded pixels and their shape, or of what is kept of them and that shape.
        width: in pixels.
        height: in pixels.
        lightness: (96, 96) uint8, L* in steps of 100 / 255.
        colour: (48, 48, 2) uint8, a* and b* plus 128.
        content: the box around what stands out from the backdrop, shadows too; `WHOLE` where nothing does.
        core: the box around what stands out most, mostly the stone alone; `WHOLE` where nothing does.
    """

    digest: str
    width: int
    height: int
    lightness: Bytes
    colour: Bytes
    content: Box
    core: Box


def thumbprint_of_file(path: Path) -> Descriptor:
    """Read a picture file and take its descriptor.

    Raises:
        ImageError: if it cannot be read.
    """
    return descriptor(read_image(path, longest=_LONGEST))


def descriptor(pixels: Bytes, *, exact: bool = True) -> Descriptor:
    """Take the descriptor of a picture.

    Args:
        pixels: (H, W, 3) uint8 RGB.
        exact: whether the digest is of all pixels, and not of `lightness` and `colour` alone, which takes no time. Two
            pictures of one size with these in common are the same to all that compares descriptors.
    """
    height, width = pixels.shape[:2]
    lab = np.asarray(cv2.cvtColor(_resized(pixels, LIGHTNESS_SIDE), cv2.COLOR_RGB2LAB), dtype=np.uint8)
    lightness = np.ascontiguousarray(lab[..., 0])
    colour = np.ascontiguousarray(_resized(lab, COLOUR_SIDE)[..., 1:])
    content, core = _boxes(lab)
    digest = hashlib.sha256(f"{width} x {height}".encode())
    for part in [np.ascontiguousarray(pixels)] if exact else [lightness, colour]:
        digest.update(part.data)
    return Descriptor(
        digest=digest.hexdigest(),
        width=width,
        height=height,
        lightness=lightness,
        colour=colour,
        content=content,
        core=core,
    )


def border_colour(lab: Float32) -> Float32:
    """Return the backdrop's colour, (..., 3): the median of the outermost pixels of (..., S, S, 3)."""
    edges = [lab[..., 0, :, :], lab[..., -1, :, :], lab[..., :, 0, :], lab[..., :, -1, :]]
    median: Float32 = np.median(np.concatenate(edges, axis=-2), axis=-2)
    return median


def distance_from(backdrop: Float32, lab: Float32) -> Float32:
    """Return how far each pixel of (..., S, S, 3) CIELAB is from its backdrop's colour, (..., 3)."""
    difference = np.square(lab - backdrop[..., None, None, :]).sum(axis=-1)
    return np.asarray(np.sqrt(difference), dtype=np.float32)


def lightness(prints: Sequence[Descriptor]) -> Float32:
    """Return the pictures' lightness at `LIGHTNESS_SIDE`, (N, S, S) L*."""
    return np.asarray(np.stack([taken.lightness for taken in prints]) * _UNITS[0], dtype=np.float32)


def small_lightness(prints: Sequence[Descriptor]) -> Float32:
    """Return the pictures' lightness at `COLOUR_SIDE`, (N, S, S) L*."""
    merged = LIGHTNESS_SIDE // COLOUR_SIDE
    blocks = lightness(prints).reshape(len(prints), COLOUR_SIDE, merged, COLOUR_SIDE, merged)
    return np.asarray(blocks.mean(axis=(2, 4)))


def small_lab(prints: Sequence[Descriptor]) -> Float32:
    """Return the pictures at `COLOUR_SIDE`, (N, S, S, 3) CIELAB."""
    colour = np.stack([taken.colour for taken in prints]).astype(np.float32) - _ZEROS[1:]
    return np.concatenate([small_lightness(prints)[..., None], colour], axis=-1)


def _resized(pixels: Bytes, side: int) -> Bytes:
    height, width = pixels.shape[:2]
    method = cv2.INTER_AREA if min(height, width) >= side else cv2.INTER_LINEAR
    # Means of 2 x 2 pixels take a tenth of the time of those of any other number, and leave a quarter of the pixels.
    while height % 2 == width % 2 == 0 and min(height, width) >= 8 * side:
        height, width = height // 2, width // 2
        pixels = np.asarray(cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA), dtype=np.uint8)
    return np.asarray(cv2.resize(pixels, (side, side), interpolation=method), dtype=np.uint8)


def _boxes(values: Bytes) -> tuple[Box, Box]:
    lab = values.astype(np.float32) * _UNITS - _ZEROS
    distance = distance_from(border_colour(lab), lab)
    farther = max(BACKDROP_DISTANCE, float(np.percentile(distance, _STONE_PERCENTILE)) / 2)
    return _box_around(distance > BACKDROP_DISTANCE), _box_around(distance > farther)


def _box_around(pixels: Booleans) -> Box:
    mask = np.asarray(cv2.morphologyEx(pixels.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)))
    _, _, parts, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    parts = parts[1:]  # the first is the backdrop
    if len(parts) == 0:
        return WHOLE
    parts = parts[parts[:, cv2.CC_STAT_AREA] >= _SMALLEST_PART * parts[:, cv2.CC_STAT_AREA].max()]
    left, top = parts[:, cv2.CC_STAT_LEFT], parts[:, cv2.CC_STAT_TOP]
    right, bottom = left + parts[:, cv2.CC_STAT_WIDTH], top + parts[:, cv2.CC_STAT_HEIGHT]
    edges = np.array([left.min(), top.min(), right.max(), bottom.max()]) / LIGHTNESS_SIDE
    if min(edges[2] - edges[0], edges[3] - edges[1]) < _SMALLEST_CONTENT:
        return WHOLE
    return (float(edges[0]), float(edges[1]), float(edges[2]), float(edges[3]))
