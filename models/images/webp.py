"""WebP files: what their container says."""

from typing import BinaryIO

from gemhier.models.images.pieces import joined

_ANIMATED, _TRANSPARENT = 0x02, 0x10  # bits of the flags, the 21st byte


def is_cut(file: BinaryIO) -> bool:
    """Whether a WebP file is shorter than it says; False for another kind of file."""
    head = _head(file)
    return bool(head) and int.from_bytes(head[4:8], "little") + 8 > file.seek(0, 2)


def with_its_ground(file: BinaryIO) -> BinaryIO:
    """Return a WebP file in which what the frames of an animation leave free is transparent, as viewers show it.

    Another file is returned as it is.
    """
    head = _head(file)
    if head[12:16] != b"VP8X" or len(head) < 21 or not head[20] & _ANIMATED or head[20] & _TRANSPARENT:
        return file
    return joined(file, [head[:20] + bytes([head[20] | _TRANSPARENT]), (21, file.seek(0, 2) - 21)])


def _head(file: BinaryIO) -> bytes:
    file.seek(0)
    head = file.read(21)
    return head if head[:4] == b"RIFF" and head[8:12] == b"WEBP" else b""
