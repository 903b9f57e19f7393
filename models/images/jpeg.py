"""What a JPEG file costs to decode: at which fraction of its size it fits the bounds of memory and time."""

import re
from dataclasses import dataclass
from typing import IO

from PIL.JpegImagePlugin import JpegImageFile

MOST_PIXELS = 120_000_000
"""A picture with more is decoded at a half, a quarter or an eighth of its width and height."""

MOST_BYTES = 1_000_000_000
"""What decoding may take: Pillow's pixels, the array and, for a progressive file, its coefficients."""

MOST_SCANNED = 3_000_000_000
"""How many pixels all the scans of a progressive file may have together."""

_ALONE = frozenset({0x01, *range(0xD0, 0xD9)})  # markers without a length


class TooLargeError(Exception):
    """A JPEG would take too much memory or time; the text says which."""


@dataclass(frozen=True)
class Scans:
    """The compressed pixels of a JPEG file.

    Attributes:
        starts: where each scan starts, in bytes.
        interval: how many blocks lie between restart markers; 0 without them.
        components: how many components the first scan has.
        restarts: how many restart markers there are.
    """

    starts: tuple[int, ...]
    interval: int
    components: int
    restarts: int

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.starts)


def find_scans(file: IO[bytes]) -> Scans:
    """Read where the scans of a JPEG file are; ValueError if there is none."""
    place, interval = 2, 0
    while True:
        file.seek(place)
        head = file.read(6)
        if len(head) < 6:
            raise ValueError("no scan")
        if head[0] != 0xFF or head[1] in (0x00, 0xFF):
            place += 1
        elif head[1] in _ALONE:
            place += 2
        elif head[1] == 0xDA:
            break
        else:
            if head[1] == 0xDD:
                interval = int.from_bytes(head[4:6], "big")
            place += 2 + max(2, int.from_bytes(head[2:4], "big"))
    file.seek(place)
    restarts, starts, rest = 0, list[int](), b""
    while block := file.read(1 << 20):
        block = rest + block
        restarts += len(re.findall(rb"\xff[\xd0-\xd7]", block)) if interval else 0
        starts += [place + found.start() for found in re.finditer(rb"\xff\xda", block)]
        rest = block[-1:] if block[-1] == 0xFF else b""
        place += len(block) - len(rest)
    return Scans(tuple(starts), interval, head[4], restarts)


def reduction(image: JpegImageFile, file: IO[bytes]) -> int:
    """Return by how much width and height are divided while decoding: 1, 2, 4 or 8.

    Args:
        image: opened, not loaded.
        file: its file.

    Raises:
        TooLargeError: if the picture does not fit the bounds even so.
    """
    pixels = image.size[0] * image.size[1]
    coefficients = 0
    if image.info.get("progressive") or pixels > MOST_PIXELS // 4:
        scans = find_scans(file)
        if image.info.get("progressive") or scans.components < image.layers:
            sampled = sum(across * down for _, across, down, _ in image.layer)
            coefficients = 2 * pixels * sampled // max(a * d for _, a, d, _ in image.layer)
            if pixels * scans.count > MOST_SCANNED:
                raise TooLargeError(f"{pixels / 1e6:.0f} megapixels in {scans.count} scans take too long to decode")
    for factor in (1, 2, 4, 8):
        kept = pixels // factor**2
        if kept <= MOST_PIXELS and coefficients + 7 * kept <= MOST_BYTES:
            return factor
    raise TooLargeError(f"{pixels / 1e6:.0f} megapixels in a progressive JPEG take too much memory")


def whole_scans(file: IO[bytes]) -> int:
    """Return where the last scan of a progressive file starts, which is cut short.

    0 if those before it do not show every frequency of the first component, so that the picture is blurred.
    """
    *whole, cut = find_scans(file).starts
    shown = set[int]()
    first = None
    for start in whole:
        file.seek(start)
        head = file.read(16)
        first = head[5] if first is None else first
        end = 5 + 2 * head[4]
        if first in head[5:end:2]:
            shown |= {*range(head[end], head[end + 1] + 1)}
    return cut if shown >= {*range(64)} else 0


def lacks_restarts(image: JpegImageFile, file: IO[bytes]) -> bool:
    """Whether restart markers are missing at the end, and with them more than the last few blocks."""
    scans = find_scans(file)
    if not scans.interval or scans.count > 1:
        return False
    across = 8 * max(layer[1] for layer in image.layer) if image.layers > 1 else 8
    down = 8 * max(layer[2] for layer in image.layer) if image.layers > 1 else 8
    blocks = -(-image.size[0] // across) * -(-image.size[1] // down)
    return scans.restarts < (blocks - 1) // scans.interval
