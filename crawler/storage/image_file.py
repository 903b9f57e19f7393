"""Check that what a server sends as a picture is one, and complete."""

import functools
import io
import warnings

from PIL import Image

MOST_PIXELS = 100_000_000
"""A picture with more is refused before it is decoded."""

_SUFFIX_OF = {
    "JPEG": ".jpg",
    "MPO": ".jpg",
    "PNG": ".png",
    "WEBP": ".webp",
    "GIF": ".gif",
    "BMP": ".bmp",
    "TIFF": ".tif",
    "AVIF": ".avif",
}


class NotAnImageError(Exception):
    """What was received is not a picture, or only part of one."""


@functools.cache
def _formats() -> tuple[str, ...]:
    """Return the accepted picture formats that this Pillow reads.

    Pillow knows only some of them before `init`.
    """
    Image.init()
    return tuple(kind for kind in _SUFFIX_OF if kind in Image.OPEN)


def image_suffix(body: bytes) -> str:
    """Return the file suffix for a picture, by its content.

    What the picture was called does not matter.

    Raises:
        NotAPictureError: if it is not a picture, is cut short, or is larger than any photograph.
    """
    if not body:
        raise NotAnImageError("the file is empty")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd metadata
            with Image.open(io.BytesIO(body), formats=_formats()) as image:
                if image.width * image.height > MOST_PIXELS:
                    raise NotAnImageError(f"{image.width} x {image.height} pixels are no photograph")
                kind = image.format or ""
                # As small as JPEG can be decoded: it is read to its end all the same.
                image.draft("L", (1, 1))
                image.load()
    except NotAnImageError:
        raise
    except Exception as error:  # Pillow's plug-ins fail in ways of their own on what is no picture
        start = bytes(body[:16]).lstrip().lower()
        what = "it is a page" if start.startswith((b"<!doc", b"<html")) else " ".join(str(error).split()) or "damaged"
        raise NotAnImageError(f"not a picture, or cut short ({what[:120]})") from error
    return _SUFFIX_OF[kind]
