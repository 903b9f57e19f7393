"""Small pictures for a page, within a budget."""

import base64
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import cv2
import numpy as np

from gemhier.arrays import Bytes
from gemhier.errors import ImageError
from gemhier.models.images.decode import read_image
from gemhier.progress import map_with_progress

SIDE = 144
"""The longer side, in pixels."""

CROP_SIDE = 96
"""The side of the stone that a network saw, in pixels."""

BUDGET = 16 * 2**20
"""Bytes of text that all thumbnails of a page may take."""

_QUALITY = 62


def thumbnails(images: Mapping[int, Path], *, budget: int = BUDGET) -> dict[int, str]:
    """Small pictures as data addresses, by the same numbers, in their order.

    Those that cannot be read are left out, and those that would exceed the budget, from the first on that does.

    Args:
        images: number to path.
        budget: bytes of text.
    """
    made: dict[int, str] = {}
    with closing(map_with_progress(thumbnail, list(images.values()), "Thumbnails")) as found:
        for number, text in zip(images, found, strict=False):
            if text is not None:
                budget -= len(text)
                if budget < 0:
                    break
                made[number] = text
    return made


def crop_thumbnail(crop: Bytes) -> str:
    """Return a stone as the network saw it, (S, S, 3) uint8 RGB, as a data address."""
    side = min(CROP_SIDE, len(crop))
    return data_address(np.asarray(cv2.resize(crop, (side, side), interpolation=cv2.INTER_AREA), np.uint8))


def data_address(pixels: Bytes) -> str:
    """Return the address of a picture, (H, W, 3) uint8 RGB, that holds the picture itself."""
    _, encoded = cv2.imencode(".webp", np.asarray(pixels[..., ::-1]), [cv2.IMWRITE_WEBP_QUALITY, _QUALITY])
    return "data:image/webp;base64," + base64.b64encode(encoded.tobytes()).decode("ascii")


def thumbnail(path: Path, side: int = SIDE) -> str | None:
    """Return a picture with a longer side of so many pixels at most as a data address; None if it cannot be read."""
    try:
        return data_address(read_image(path, longest=side))
    except ImageError:
        return None
