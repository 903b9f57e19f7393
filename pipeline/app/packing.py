"""Bytes as the page holds them: in pieces of Base64, each unpacked while the browser reads the next."""

import base64
import gzip
from collections.abc import Iterator
from dataclasses import dataclass

PIECE = 3 << 16
"""How many bytes a piece holds at most: a multiple of three, which Base64 fills without padding."""

PACKED, PLAIN = "packed", "plain"


@dataclass(frozen=True)
class Piece:
    """A piece of what lies in the page.

    Attributes:
        name: of what it is a piece.
        part: of which half: `PACKED`, by gzip, or `PLAIN`.
        left: how many pieces of that name follow.
        text: its bytes in Base64.
    """

    name: str
    part: str
    left: int
    text: str


def packed(name: str, content: bytes) -> Iterator[Piece]:
    """Yield content packed by gzip."""
    yield from _pieces(name, {PACKED: _gzip(content)})


def packed_halves(name: str, weights: bytes) -> Iterator[Piece]:
    """Yield numbers of two bytes: the higher ones packed by gzip, the lower ones, which are noise, as they are.

    That takes less space than gzip of the whole, and leaves half as much to unpack.
    """
    yield from _pieces(name, {PACKED: _gzip(weights[1::2]), PLAIN: weights[::2]})


def _gzip(content: bytes) -> bytes:
    return gzip.compress(content, 9, mtime=0)


def _pieces(name: str, parts: dict[str, bytes]) -> Iterator[Piece]:
    cut = [
        (part, content[start : start + PIECE])
        for part, content in parts.items()
        for start in range(0, len(content), PIECE)
    ]
    for place, (part, content) in enumerate(cut, start=1):
        yield Piece(name, part, len(cut) - place, base64.b64encode(content).decode())
