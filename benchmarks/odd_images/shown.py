"""A picture as one program shows it, and what Chromium showed when it was last asked."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gemhier.errors import ImageError
from gemhier.models.images.decode import read_image

RECORD = Path(__file__).parent / "shown.csv"
"""What Chromium shows of each painted picture, and where gemhier means to differ."""

CLOSE = 2
"""How far apart two mean colours may be, of 255."""

REFUSED = "refused"


@dataclass(frozen=True)
class Shown:
    """A picture as one program shows it.

    Attributes:
        width: in pixels.
        height: in pixels.
        quarters: (4, 3), the mean colours of the quarters, row by row.
    """

    width: int
    height: int
    quarters: np.ndarray

    @classmethod
    def of(cls, pixels: np.ndarray) -> "Shown":
        """Measure (H, W, 3) pixels."""
        height, width = pixels.shape[:2]
        down, right = height // 2, width // 2
        parts = [pixels[y : y + down, x : x + right] for y in (0, down) for x in (0, right)]
        return cls(width, height, np.array([part.mean((0, 1)) for part in parts]))

    @classmethod
    def parse(cls, text: str) -> "Shown | None":
        """Read what `str` wrote; None for a picture that is refused."""
        if text == REFUSED:
            return None
        width, height, *colours = text.split()
        return cls(int(width), int(height), np.array([[float(v) for v in colour.split("/")] for colour in colours]))

    def __str__(self) -> str:
        """Width, height and the four colours, with blanks between."""
        colours = ("/".join(f"{value:.1f}" for value in quarter) for quarter in self.quarters)
        return f"{self.width} {self.height} " + " ".join(colours)

    def differs(self, other: "Shown") -> bool:
        """Whether size or colours differ."""
        return (self.width, self.height) != (other.width, other.height) or bool(
            np.abs(self.quarters - other.quarters).max() > CLOSE
        )


def read(path: Path) -> Shown | ImageError:
    """Read a picture with gemhier."""
    try:
        return Shown.of(read_image(path))
    except ImageError as error:
        return error


def alike(ours: Shown | ImageError, theirs: Shown | None) -> bool:
    """Whether two programs show the same, or both refuse."""
    return theirs is None if isinstance(ours, ImageError) else theirs is not None and not ours.differs(theirs)


def recorded() -> dict[str, tuple[Shown | None, Shown | None]]:
    """Return what Chromium shows of each painted picture, and what gemhier is to read, by its name."""
    with RECORD.open(newline="") as file:
        rows = list(csv.DictReader(file))
    return {row["name"]: (Shown.parse(row["chromium"]), Shown.parse(row["gemhier"] or row["chromium"])) for row in rows}


def record(found: Iterable[tuple[str, Shown | ImageError, Shown | None]]) -> None:
    """Write what was found of each painted picture: its name, gemhier's reading and Chromium's."""
    with RECORD.open("w", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(("name", "chromium", "gemhier"))
        for name, ours, theirs in found:
            read_as = REFUSED if isinstance(ours, ImageError) else str(ours)
            rows.writerow((name, theirs or REFUSED, "" if alike(ours, theirs) else read_as))
