"""Paint pictures that are odd in every way that files from strangers are."""

from collections.abc import Iterator
from pathlib import Path

from odd_images.gif_bmp import bmps, gifs
from odd_images.jpeg import jpegs
from odd_images.png import pngs
from odd_images.webp_avif import avifs, webps

FILES = Path(__file__).parent / "files"
"""The same picture, painted once and written by encoders that Pillow does not have."""


def odd_images() -> Iterator[tuple[str, bytes]]:
    """Yield the name of each, whose ending is that of its format, and its content."""
    yield from jpegs()
    yield from pngs()
    yield from gifs()
    yield from bmps()
    yield from webps()
    yield from avifs()
    for path in sorted(FILES.iterdir()):
        yield path.name, path.read_bytes()
