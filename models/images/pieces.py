"""A file put together from parts of another one and from bytes, without copying the parts."""

import io
from collections.abc import Sequence
from typing import BinaryIO, cast

Piece = bytes | tuple[int, int]
"""Bytes, or where a part of the file starts and how many bytes long it is."""


class _Pieces(io.RawIOBase):
    def __init__(self, file: BinaryIO, pieces: Sequence[Piece]) -> None:
        self._file = file
        self._starts: list[int] = []
        self._pieces = pieces
        end = 0
        for piece in pieces:
            self._starts.append(end)
            end += len(piece) if isinstance(piece, bytes) else piece[1]
        self._end = end
        self._place = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._place = offset + (0, self._place, self._end)[whence]
        return self._place

    def tell(self) -> int:
        return self._place

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        for start, piece in zip(self._starts, self._pieces, strict=True):
            within = self._place - start
            if isinstance(piece, bytes):
                found = piece[within : within + len(buffer)] if within >= 0 else b""
            elif 0 <= within < piece[1]:
                self._file.seek(piece[0] + within)
                found = self._file.read(min(len(buffer), piece[1] - within))
            else:
                continue
            if found:
                buffer[: len(found)] = found
                self._place += len(found)
                return len(found)
        return 0


def joined(file: BinaryIO, pieces: Sequence[Piece]) -> BinaryIO:
    """Return a file to read that holds the pieces one after the other."""
    return cast("BinaryIO", io.BufferedReader(_Pieces(file, pieces), 65536))
