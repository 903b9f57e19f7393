"""Files that end too early, with the missing end made up, and how much of the picture it is."""

from collections.abc import Callable
from typing import BinaryIO

import numpy as np
from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile

from gemhier.arrays import Bytes
from gemhier.models.images.jpeg import lacks_restarts, whole_scans
from gemhier.models.images.pieces import joined

_END_OF_JPEG = b"\xff\xd9"


def with_an_end(file: BinaryIO, image: Image.Image, decode: Callable[[BinaryIO], Bytes]) -> tuple[Bytes, float] | None:
    """Decode a file that ends too early.

    With two different endings: the pixels are alike wherever they are in the file, and differ where they are made up.

    Args:
        file: the file.
        image: the picture in it, opened, not loaded.
        decode: decodes a file.

    Returns:
        The pixels, and which share of them is made up; None where no ending can be.
    """
    size = file.seek(0, 2)
    fill = 4096 + image.size[0] * image.size[1] // 16
    if isinstance(image, JpegImageFile):
        if image.info.get("progressive"):
            place = whole_scans(file)
            return (decode(joined(file, [(0, place), _END_OF_JPEG])), 0.0) if place else None
        if lacks_restarts(image, file):
            return None
        endings = (bytes(fill) + _END_OF_JPEG, b"\xff\0" * (fill // 2) + _END_OF_JPEG)
    elif image.format == "GIF":
        endings = (b"\1" * fill, b"\2" * fill)
    elif image.format in ("BMP", "PPM"):
        endings = (bytes(fill), b"\xff" * fill)
    else:
        return None
    first, second = (decode(joined(file, [(0, size), ending])) for ending in endings)
    differ = (first != second).any(axis=2)
    if not differ.any():
        return first, 0.0
    rows, columns = np.flatnonzero(differ.any(axis=1)), np.flatnonzero(differ.any(axis=0))
    made_up = (rows[-1] - rows[0] + 1) * (columns[-1] - columns[0] + 1)
    return first, float(made_up / differ.size)
