"""How a stored picture is to be turned to stand upright, as viewers do it."""

import struct

from PIL import Image

_TAG, _SHORT = 0x0112, 3  # EXIF 2.32, 4.6.4 A

TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What turns a picture of each orientation upright; 1 stands upright."""

SIDEWAYS = frozenset({5, 6, 7, 8})
"""Orientations of pictures whose rows become columns."""

FROM_THE_END = frozenset({3, 4, 6, 7})
"""Orientations of pictures whose first row becomes the last row or column."""


def orientation(image: Image.Image, notes: dict[bytes, bytes] | None) -> int:
    """Return the orientation of an opened picture, 1 to 8, as Chromium takes it.

    The camera data of JPEG and PNG count, not their XMP; those of WebP, GIF and BMP do not. Damaged
    camera data are none.

    Args:
        image: the picture.
        notes: what the chunks of its file say, if it is a PNG.
    """
    if notes is not None:
        return _in_camera_data(notes.get(b"eXIf", b""))
    if image.format in ("JPEG", "MPO"):
        content = image.info.get("exif") or next(
            (found for name, found in getattr(image, "applist", []) if name == "APP1" and found[:5] == b"Exif\0"), b""
        )
        return _in_camera_data(content[6:])
    if image.format in ("WEBP", "GIF", "BMP"):
        return 1
    try:
        found = int(image.getexif().get(_TAG, 1))
    except Exception:  # camera data can be damaged in any way, and the pixels still be good
        return 1
    return found if found in TURNS else 1


def _in_camera_data(tiff: bytes) -> int:
    """Read the orientation in the first directory of a TIFF structure."""
    order = {b"MM\0*": ">", b"II*\0": "<"}.get(tiff[:4])
    if order is None or len(tiff) < 8:
        return 1
    (start,) = struct.unpack(order + "I", tiff[4:8])
    count = struct.unpack(order + "H", tiff[start : start + 2])[0] if start + 2 <= len(tiff) else 0
    for place in range(start + 2, min(start + 2 + 12 * count, len(tiff) - 11), 12):
        tag, kind, number, value = struct.unpack(order + "HHIH", tiff[place : place + 10])
        if (tag, kind, number) == (_TAG, _SHORT, 1):
            return value if value in TURNS else 1
    return 1
