"""How predictions are written: text for people, JSON lines and CSV for programs (docs/formats.md)."""

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import click

from gemhier.models.bundle.predictions import Candidate, MultiView, Prediction
from gemhier.models.images.stones import Failure
from gemhier.text import visible

Layout = Literal["text", "json", "csv"]

BAR_WIDTH = 20
LONGEST_NAME = 28

_EIGHTHS = " ▏▎▍▌▋▊▉█"
_BEYOND_ASCII = _EIGHTHS + "›…"


class Format(Protocol):
    """Writes results one after the other."""

    @property
    def header(self) -> str:
        """What comes before the first result."""

    def entry(self, result: Prediction | Failure) -> str:
        """One result, with its line end."""


class JsonLines:
    """One JSON object a line, in ASCII."""

    header = ""

    def entry(self, result: Prediction | Failure) -> str:
        """One result, with its line end."""
        return json.dumps(result.to_dict()) + "\n"


class CsvRows:
    """A row of column names, then one row a picture.

    Args:
        n_families: how many families have columns.
        n_subclasses: how many labels have columns.
        all_stones: whether there are columns for which stone of the picture it is.
        same_stone: whether there are columns for the other photographs of the same stone.
    """

    def __init__(
        self, *, n_families: int, n_subclasses: int, all_stones: bool = False, same_stone: bool = False
    ) -> None:
        parts = ("id", "name", "probability")
        families = [f"family_{place}_{part}" for place in range(1, n_families + 1) for part in parts]
        subclasses = [f"subclass_{place}_{part}" for place in range(1, n_subclasses + 1) for part in parts]
        answer = ["answer_id", "answer_name", "answer_rank", "answer_probability", "refused"]
        place = ["stone", "box_x", "box_y", "box_side"] if all_stones else []
        together = ["images", "without_gem"] if same_stone else []
        what = ["image", *place, *together]
        self.columns = [*what, *answer, *families, *subclasses, "decided_by", "model_version", "failure"]

    @property
    def header(self) -> str:
        """The row of column names."""
        return _csv_row(self.columns)

    def entry(self, result: Prediction | Failure) -> str:
        """One row, and one for each other photograph of the stone that failed; what does not apply is empty."""
        values = result.to_dict()
        cells = {key: values[key] for key in values.keys() & self.columns}
        cells |= {key: json.dumps(cells[key]) for key in cells.keys() & {"images", "without_gem"}}
        for group, entries in (
            ("box", [values.get("box")]),
            ("answer", [values.get("answer")]),
            ("family", values.get("families", [])),
            ("subclass", values.get("subclasses", [])),
        ):
            for place, entry in enumerate(entries, start=1):
                prefix = group if group in ("answer", "box") else f"{group}_{place}"
                cells |= {f"{prefix}_{part}": value for part, value in (entry or {}).items()}
        together = result.multi_view if isinstance(result, Prediction) else None
        row = _csv_row([cells.get(column, "") for column in self.columns])
        return row + "".join(self.entry(failure) for failure in (together.failures if together else ()))


@dataclass(frozen=True)
class TextBlocks:
    """A few lines for each picture, with bars; the columns are the same for all pictures.

    Attributes:
        name_width: of the column of names, in characters.
        ascii: whether to do without the characters of bars and arrows.
        colour: whether to colour it for a terminal.
    """

    name_width: int
    ascii: bool = False
    colour: bool = False
    header = ""

    def entry(self, result: Prediction | Failure) -> str:
        """Return a headline, the families and the labels, and an empty line."""
        if isinstance(result, Failure):
            return f"{self._style(visible(result.image), bold=True)}: {self._style(result.reason, fg='red')}\n\n"
        if result.answer is None:
            said = self._style(result.refusal, fg="yellow")
        else:
            said = f"{self._style(str(result.answer), fg='green', bold=True)} {result.answer.probability:.2f}"
        lines = [
            f"{self._style(visible(result.title), bold=True)}: {said}",
            *self._beside(result.multi_view),
            *self._ranking("families", result.families),
            *self._ranking("subclasses", result.subclasses),
        ]
        return "\n".join(lines) + "\n\n"

    def _beside(self, together: MultiView | None) -> list[str]:
        """Return a line for each photograph of the stone that the answer does not rest on."""
        if together is None:
            return []
        return [
            *(f"  {visible(image)}: no gem stands out, so it does not count" for image in together.without_gem),
            *(f"  {visible(failed.image)}: {self._style(failed.reason, fg='red')}" for failed in together.failures),
        ]

    def _ranking(self, title: str, candidates: Sequence[Candidate]) -> list[str]:
        return [self._style(f"  {title}", dim=True), *(self._row(candidate) for candidate in candidates)]

    def _row(self, candidate: Candidate) -> str:
        name = shortened(candidate.name, self.name_width, "..." if self.ascii else "…")
        drawn = bar(candidate.probability, ascii=self.ascii)
        above = candidate.id.rpartition("/")[0].replace("-", " ").replace("/", " > " if self.ascii else " › ")
        row = f"    {name:<{self.name_width}}  {candidate.probability:.2f}  {self._style(drawn, fg='cyan')}"
        return f"{row}{' ' * (BAR_WIDTH - len(drawn))}  {self._style(above, dim=True)}".rstrip()

    def _style(self, text: str, *, fg: str | None = None, bold: bool | None = None, dim: bool | None = None) -> str:
        return click.style(text, fg=fg, bold=bold, dim=dim) if self.colour and text else text


def bar(probability: float, *, ascii: bool = False) -> str:
    """Return a bar of `BAR_WIDTH` characters for a probability of 1, in eighths of a character."""
    if ascii:
        return "#" * round(probability * BAR_WIDTH)
    whole, eighths = divmod(round(probability * BAR_WIDTH * 8), 8)
    return (_EIGHTHS[8] * whole + _EIGHTHS[eighths]).rstrip()


def shortened(name: str, width: int, mark: str) -> str:
    """Return the name, cut to a width with a mark at its end if it is longer."""
    return name if len(name) <= width else name[: width - len(mark)] + mark


def can_draw(encoding: str | None) -> bool:
    """Whether an encoding has the characters of bars and arrows."""
    try:
        _BEYOND_ASCII.encode(encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _csv_row(cells: Sequence[object]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(cells)
    return line.getvalue()
