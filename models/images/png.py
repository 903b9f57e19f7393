"""PNG files: what of them makes the picture, and the rows of those whose end is damaged.

Pillow reads every chunk of a file, and refuses one whose notes are large, broken or wrongly checked.
Viewers look only at what they need. So does this module, and hands Pillow a file of just that.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from PIL import Image

from gemhier.models.images.pieces import Piece, joined

SIGNATURE = b"\x89PNG\r\n\x1a\n"

MOST_PROFILE = 16 * 1024 * 1024
"""Larger colour profiles, in bytes, are ignored."""

_MOST_MENDED = 200_000_000  # bytes of rows
_BLOCK = 4096  # bytes
_LIKE_ABOVE = b"\2"  # the filter that adds the row above
_NOTES = (b"iCCP", b"eXIf", b"gAMA", b"cHRM", b"sRGB", b"cICP")
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_ADAM7 = ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1))


@dataclass(frozen=True)
class PngParts:
    """What makes the picture of a PNG file.

    Attributes:
        head: the signature and the chunks before the pixels that Pillow needs.
        pixels: where the compressed rows stand, chunk by chunk, with the lengths and checks around them.
        notes: the sound chunks that say how the pixels are meant, by their names.
    """

    head: bytes
    pixels: tuple[Piece, ...]
    notes: dict[bytes, bytes] = field(default_factory=dict)

    def file(self, file: BinaryIO) -> BinaryIO:
        """Return the file that Pillow is to read, which takes the rows from `file`."""
        return joined(file, [self.head, *self.pixels, _chunk(b"IEND", b"")])


def png_parts(file: BinaryIO) -> PngParts | None:
    """Take a PNG file apart; None if it is no PNG, or has no chunk of pixels."""
    file.seek(0)
    if file.read(8) != SIGNATURE:
        return None
    kept: dict[bytes, bytes] = {}
    notes: dict[bytes, bytes] = {}
    animated = first_frame = False
    for name, start, length in _chunks(file, 8):
        if name == b"IDAT":
            pixels = _first_frame(file, start, kept) if animated and not first_frame else None
            head = SIGNATURE + b"".join(kept[part] for part in (b"IHDR", b"PLTE", b"tRNS") if part in kept)
            return PngParts(head, pixels or ((start - 8, _end_of_pixels(file, start) - start + 8),), notes)
        animated |= name == b"acTL"
        first_frame |= name == b"fcTL"
        if name in _NOTES and name not in notes and length <= MOST_PROFILE:
            content = _checked(file, start, length)
            if content is not None:
                notes[name] = content
        elif name in (b"IHDR", b"PLTE") and name not in kept and length <= 1024:
            kept[name] = _raw(file, start, length)
            if name == b"PLTE" and _checked(file, start, length) is not None:
                kept[name] = _chunk(name, _every_colour(kept[name][8:-4]))
        elif name == b"tRNS" and length <= 256:
            content = _checked(file, start, length)
            if content is not None and b"IHDR" in kept:
                content = _transparency(kept, content)
                kept |= {name: _chunk(name, content)} if content else {}
    return None


def profile_in(notes: dict[bytes, bytes]) -> bytes | None:
    """Return the ICC profile among the chunks of a PNG, uncompressed."""
    name, _, compressed = notes.get(b"iCCP", b"").partition(b"\0")
    if not name or not compressed or compressed[0]:
        return None
    try:
        return zlib.decompressobj().decompress(compressed[1:], MOST_PROFILE) or None
    except zlib.error:
        return None


def notes_of(image: Image.Image) -> dict[bytes, bytes]:
    """Return what Pillow kept of the chunks of a PNG that somebody else opened."""
    info, notes = image.info, dict[bytes, bytes]()
    if info.get("icc_profile"):
        notes[b"iCCP"] = b"profile\0\0" + zlib.compress(info["icc_profile"])
    if info.get("exif"):
        notes[b"eXIf"] = info["exif"].removeprefix(b"Exif\0\0")
    if "srgb" in info:
        notes[b"sRGB"] = bytes([info["srgb"]])
    if "gamma" in info:
        notes[b"gAMA"] = struct.pack(">I", round(info["gamma"] * 100_000))
    if "chromaticity" in info:
        notes[b"cHRM"] = struct.pack(">8I", *(round(value * 100_000) for value in info["chromaticity"]))
    return notes


def mended(file: BinaryIO) -> tuple[BinaryIO, float] | None:
    """Bring the rows of a damaged file to where Pillow reads them, the last one again for each that is missing.

    Returns:
        The file, and which share of its rows is missing; None if it cannot be mended.
    """
    parts = png_parts(file)
    expected = 0 if parts is None else _bytes_of_rows(parts.head)
    if parts is None or not 0 < expected <= _MOST_MENDED:
        return None
    rows = b"".join(_decompressed(parts.file(file), expected))
    missing = 1 - len(rows) / expected
    if not parts.head[28]:  # not interlaced
        height = int.from_bytes(parts.head[20:24], "big")
        rows = rows[: len(rows) // (expected // height) * (expected // height)]
        rows += (_LIKE_ABOVE + bytes(expected // height - 1)) * ((expected - len(rows)) // (expected // height))
    content = _chunk(b"IDAT", zlib.compress(rows.ljust(expected, b"\0"), 0))
    return joined(file, [parts.head, content, _chunk(b"IEND", b"")]), missing


def missing_rows(file: BinaryIO) -> float:
    """Return which share of the rows a PNG file lacks."""
    parts = png_parts(file)
    expected = 0 if parts is None else _bytes_of_rows(parts.head)
    if parts is None or not expected:
        return 0.0
    return 1 - sum(len(block) for block in _decompressed(parts.file(file), expected)) / expected


def _bytes_of_rows(head: bytes) -> int:
    """Return how many bytes the rows have that a header announces, filters included; 0 if it is cut short."""
    if len(head) < 33:
        return 0
    width, height, depth, kind, _, _, interlace = struct.unpack(">IIBBBBB", head[16:29])
    sizes = [(width, height)]
    if interlace:
        sizes = [(-(-(width - x) // right), -(-(height - y) // down)) for y, x, down, right in _ADAM7]
    bits = depth * _CHANNELS.get(kind, 4)
    return sum(max(0, tall) * (1 + -(-wide * bits // 8)) for wide, tall in sizes if wide > 0)


def _chunks(file: BinaryIO, place: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield name, start and length of the content of every chunk from `place` on; the last may be cut short."""
    while True:
        file.seek(place)
        head = file.read(8)
        if len(head) < 8:
            return
        length = int.from_bytes(head[:4], "big")
        yield head[4:], place + 8, length
        place += 12 + length


def _end_of_pixels(file: BinaryIO, start: int) -> int:
    """Return where the chunks of pixels end of which the first has its content at `start`."""
    for name, place, _ in _chunks(file, start - 8):
        if name != b"IDAT":
            return place - 8
    return file.seek(0, 2)


def _first_frame(file: BinaryIO, start: int, kept: dict[bytes, bytes]) -> tuple[Piece, ...] | None:
    """Return the pixels of an animation whose first frame is not the picture that old viewers show.

    None where that frame is not as large as the picture.
    """
    pieces: list[Piece] = []
    for name, place, length in _chunks(file, start - 8):
        if name == b"fcTL":
            if pieces or _raw(file, place, length)[12:20] != kept.get(b"IHDR", b"")[8:16]:
                break
        elif name == b"fdAT" and length > 4:
            # The check at its end is wrong under the other name, and is not looked at.
            pieces += [struct.pack(">I", length - 4) + b"IDAT", (place + 4, length)]
    return tuple(pieces) or None


def _raw(file: BinaryIO, start: int, length: int) -> bytes:
    """Read a chunk with its length, name and check."""
    file.seek(start - 8)
    return file.read(length + 12)


def _checked(file: BinaryIO, start: int, length: int) -> bytes | None:
    """Read the content of a chunk; None if its check is wrong."""
    raw = _raw(file, start, length)
    return raw[8:-4] if len(raw) == length + 12 and _chunk(raw[4:8], raw[8:-4]) == raw else None


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def _every_colour(palette: bytes) -> bytes:
    """Fill a palette with its last colour, which pixels beyond its end take."""
    whole = palette[: len(palette) // 3 * 3]
    return whole + whole[-3:] * (256 - len(whole) // 3)


def _transparency(kept: dict[bytes, bytes], content: bytes) -> bytes | None:
    """Return what Pillow must be told is transparent; None if the chunk does not fit the kind of pixels."""
    depth, kind = kept[b"IHDR"][16], kept[b"IHDR"][17]
    if kind == 3:
        return content if b"PLTE" in kept else None
    if kind == 0 and len(content) >= 2:
        level = int.from_bytes(content[:2], "big")  # which Pillow compares with pixels of 8 bits
        return struct.pack(">H", level * 255 // (2**depth - 1) if depth in (2, 4) else level)
    return content[:6] if kind == 2 and len(content) >= 6 else None


def _decompressed(file: BinaryIO, most: int) -> Iterator[bytes]:
    """Yield the rows of a file of pixels, as far as they can be decompressed, whatever its checks say."""
    stream = zlib.decompressobj(-zlib.MAX_WBITS)
    header = 2  # of the zlib stream, before the compressed bytes
    left = most
    for name, start, length in _chunks(file, 8):
        if name != b"IDAT":
            continue
        for place in range(start, start + length, _BLOCK):
            file.seek(place)
            block = file.read(min(_BLOCK, start + length - place))
            block, header = block[header:], max(0, header - len(block))
            before = stream.copy()
            try:
                rows = stream.decompress(block, left)
            except zlib.error:
                yield _before_the_fault(before, block)[:left]
                return
            yield rows
            left -= len(rows)
            if left <= 0 or stream.eof or not block:
                return


def _before_the_fault(stream: "zlib._Decompress", block: bytes) -> bytes:
    rows = bytearray()
    for place in range(len(block)):
        try:
            rows += stream.decompress(block[place : place + 1])
        except zlib.error:
            break
    return bytes(rows)
