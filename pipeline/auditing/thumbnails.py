"""Small pictures for a page, within a budget."""

import base64
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import cv2
import numpy as np

from gemhier.errors import ImageError
from gemhier.models.image import read_image
from gemhier.pipeline.progress import map_with_progress

SIDE = 144
"""The longer side, in pixels."""

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
    with closing(map_with_progress(_of_file, list(images.values()), "Thumbnails")) as found:
        for number, text in zip(images, found, strict=False):
            if text is not None:
                budget -= len(text)
                if budget < 0:
                    break
                made[number] = text
    return made


def _of_file(path: Path) -> str | None:
    try:
        small = read_image(path, longest=SIDE)
    except ImageError:
        return None
    _, encoded = cv2.imencode(".webp", np.asarray(small[..., ::-1]), [cv2.IMWRITE_WEBP_QUALITY, _QUALITY])
    return "data:image/webp;base64," + base64.b64encode(encoded.tobytes()).decode("ascii")
