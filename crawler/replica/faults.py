"""What goes wrong at a replica: slow, broken, moved and forbidden things, each with a share of its own."""

import zlib
from dataclasses import dataclass

NONE = "none"
ERRORS_FIRST = "errors first"
HANGS_FIRST = "hangs first"
BUSY_FIRST = "busy first"
MOVED = "moved"
AWAY = "moved to another host"
CUT = "cut short"
SHORT = "shorter than announced first"
PAGE = "a page called a picture"
OTHER_KIND = "a PNG called JPEG"
MISSING = "missing"
FORBIDDEN = "forbidden by robots.txt"

REACHABLE = frozenset({NONE, ERRORS_FIRST, HANGS_FIRST, BUSY_FIRST, MOVED, SHORT, OTHER_KIND})
"""Pictures with these come in the end."""

_OF_IMAGES = (
    (ERRORS_FIRST, 10),
    (HANGS_FIRST, 2),
    (BUSY_FIRST, 3),
    (MOVED, 20),
    (AWAY, 3),
    (CUT, 5),
    (SHORT, 5),
    (PAGE, 5),
    (OTHER_KIND, 10),
    (MISSING, 5),
    (FORBIDDEN, 10),
)
_OF_PAGES = ((ERRORS_FIRST, 10), (HANGS_FIRST, 2), (BUSY_FIRST, 3))


@dataclass(frozen=True)
class Faults:
    """How often things go wrong.

    Attributes:
        share: a scale for all shares: 1 is the usual, some 8% of pictures and 1.5% of pages; 0 is a perfect shop.
        retry_after: seconds that a busy server asks to wait.
        hang: seconds until a server that hangs drops the connection.
    """

    share: float = 0.0
    retry_after: int = 1
    hang: float = 30.0

    def of_image(self, name: str) -> str:
        """Return the fault of a picture, always the same for a name."""
        return self._pick(name, _OF_IMAGES)

    def of_page(self, path: str) -> str:
        """Return the fault of a page, always the same for a path."""
        return self._pick(path, _OF_PAGES)

    def _pick(self, name: str, shares: tuple[tuple[str, int], ...]) -> str:
        place = zlib.crc32(name.encode()) % 100_000 / 100
        for fault, share in shares:
            place -= share * self.share
            if place < 0:
                return fault
        return NONE
