"""Which way up a picture is looked at.

A stone has no up, but networks see a picture that is turned as another one. So each is first turned by quarters until
its bright side is up, as light mostly comes: turned by whoever took it, it is looked at the same way.
"""

import cv2
import numpy as np

from gemhier.arrays import RGB, Indices
from gemhier.models.images.crop import Box

SAMPLES = 64
"""Of a picture's pixels so many are weighed along each side."""

_ROTATIONS = {1: cv2.ROTATE_90_COUNTERCLOCKWISE, 2: cv2.ROTATE_180, 3: cv2.ROTATE_90_CLOCKWISE}


def turns_upright(image: RGB) -> int:
    """Return how many quarter turns, anticlockwise, bring the bright side of (H, W, 3) uint8 RGB up: 0 to 3."""
    rows, columns = (_spread(length) for length in image.shape[:2])
    light = image[np.ix_(rows, columns)].sum(axis=2, dtype=np.int64)
    # Where the light's centre lies beside the middle, in whole numbers: opposite sides weigh exactly alike.
    arms = 2 * np.arange(SAMPLES) - (SAMPLES - 1)
    right, down = int(light.sum(axis=0) @ arms), int(light.sum(axis=1) @ arms)
    if abs(right) > abs(down):
        return 1 if right > 0 else 3
    return 2 if down > 0 else 0


def _spread(length: int) -> Indices:
    """Return `SAMPLES` places spread evenly over a side, the same from either end."""
    first = (2 * np.arange(SAMPLES // 2) + 1) * length // (2 * SAMPLES)
    return np.concatenate([first, length - 1 - first[::-1]])


def turned(image: RGB, turns: int) -> RGB:
    """Turn (H, W, C) uint8 anticlockwise by quarters."""
    rotation = _ROTATIONS.get(turns % 4)
    return image if rotation is None else np.asarray(cv2.rotate(image, rotation), np.uint8)


def turned_box(box: Box, shape: tuple[int, ...], turns: int) -> Box:
    """Return where a box lies after a picture of (H, W, ...) `shape` was turned anticlockwise by quarters."""
    height, width = shape[:2]
    right, bottom = width - box.x - box.side, height - box.y - box.side
    places = ((box.x, box.y), (box.y, right), (right, bottom), (bottom, box.x))
    return Box(*places[turns % 4], box.side)
