"""How predictions are written: text for people, JSON lines, CSV and Parquet for programs (docs/formats.md)."""

import json
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

import click

from gemhier.models.bundle import Bundle
from gemhier.models.bundle.candidate import Candidate
from gemhier.models.bundle.predictions import MultiView, Prediction
from gemhier.models.images.stones import Failure
from gemhier.spreadsheet import csv_text
from gemhier.text import visible

if TYPE_CHECKING:  # what readings need, and a picture alone does not
    from gemhier.models.bundle.explanation import Explanation

Layout = Literal["text", "json", "csv", "parquet"]

_OF_SUFFIX: dict[str, Layout] = {".csv": "csv", ".json": "json", ".jsonl": "json", ".parquet": "parquet"}

BAR_WIDTH = 20

_WORTH_SAYING = 0.01
"""Another gem that is less probable is not shown to people."""

_MOST_LOOK_ALIKES = 2
_MOST_CONTRADICTIONS = 2
LONGEST_NAME = 28

_EIGHTHS = " ▏▎▍▌▋▊▉█"
_BEYOND_ASCII = _EIGHTHS + "›…"


def layout_of(output: Path | None) -> Layout:
    """Return the layout that a file's ending asks for; text for any other ending, and where there is no file."""
    return _OF_SUFFIX.get(output.suffix.lower(), "text") if output else "text"


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
        with_evidence: whether there are columns for what the readings did.
        with_shortlist: whether there are columns for what the stone can be, with a guarantee.
        with_caution: whether there is a column for what is promised of some pictures, or without one.
    """

    def __init__(
        self,
        *,
        n_families: int,
        n_subclasses: int,
        all_stones: bool = False,
        same_stone: bool = False,
        with_evidence: bool = False,
        with_shortlist: bool = False,
        with_caution: bool = False,
    ) -> None:
        parts = ("id", "name", "probability")
        families = [f"family_{place}_{part}" for place in range(1, n_families + 1) for part in parts]
        subclasses = [f"subclass_{place}_{part}" for place in range(1, n_subclasses + 1) for part in parts]
        answer = ["answer_id", "answer_name", "answer_rank", "answer_probability", "refused"]
        place = ["stone", "box_x", "box_y", "box_side"] if all_stones else []
        together = ["images", "without_gem", "contradictions"] if same_stone else []
        what = ["image", *place, *together]
        known = ["other_id", "other_name", "other_probability", "evidence", "next_test"] if with_evidence else []
        sure = ["shortlist", "shortlist_nodes", "shortlist_labels"] if with_shortlist else []
        rest = [*(["caution"] if with_caution else []), "decided_by", "model_version", "failure"]
        self.columns = [*what, *answer, *families, *subclasses, *sure, *known, *rest]

    @property
    def header(self) -> str:
        """The row of column names."""
        return csv_text([self.columns])

    def entry(self, result: Prediction | Failure) -> str:
        """One row, and one for each other photograph of the stone that failed; what does not apply is empty."""
        return csv_text([[cells.get(column, "") for column in self.columns] for cells in self.cells(result)])

    def cells(self, result: Prediction | Failure) -> list[dict[str, Any]]:
        """Return the cells of these rows by their columns, without those that do not apply."""
        values = result.to_dict()
        cells = {key: values[key] for key in values.keys() & self.columns}
        cells |= {key: json.dumps(cells[key]) for key in cells.keys() & {"images", "without_gem", "contradictions"}}
        for group, entries in (
            ("box", [values.get("box")]),
            ("answer", [values.get("answer")]),
            ("family", values.get("families", [])),
            ("subclass", values.get("subclasses", [])),
        ):
            for place, entry in enumerate(entries, start=1):
                prefix = group if group in ("answer", "box") else f"{group}_{place}"
                cells |= {f"{prefix}_{part}": value for part, value in (entry or {}).items()}
        found = result.shortlist if isinstance(result, Prediction) else None
        if found is not None:
            cells["shortlist"] = "; ".join(str(entry) for entry in found.entries)
            cells["shortlist_nodes"] = json.dumps([entry.id for entry in found.entries])
            cells["shortlist_labels"] = json.dumps(list(found.labels))
        explanation = result.explanation if isinstance(result, Prediction) else None
        if explanation is not None:
            cells |= {f"other_{part}": value for gem in explanation.others[:1] for part, value in gem.to_dict().items()}
            cells["evidence"] = "; ".join(str(effect) for effect in explanation.effects)
            cells["next_test"] = str(explanation.next_tests[0]) if explanation.next_tests else ""
        together = result.multi_view if isinstance(result, Prediction) else None
        return [cells, *(row for failure in (together.failures if together else ()) for row in self.cells(failure))]


@dataclass(frozen=True)
class TableLines:
    """What is to become a table in Parquet, line by line in JSON: the names of the columns, then the cells of each row.

    A Parquet file cannot be read before it is complete, and nothing can go on from it.

    Attributes:
        rows: the columns, and which cells a result has.
    """

    rows: CsvRows

    @property
    def header(self) -> str:
        """The line of column names."""
        return json.dumps(self.rows.columns) + "\n"

    def entry(self, result: Prediction | Failure) -> str:
        """One line, and one for each other photograph of the stone that failed."""
        return "".join(json.dumps(cells) + "\n" for cells in self.rows.cells(result))


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
            answer = self._style(result.refusal, fg="yellow")
        else:
            answer = f"{self._style(str(result.answer), fg='green', bold=True)} {result.answer.probability:.2f}"
        lines = [
            f"{self._style(visible(result.title), bold=True)}: {answer}",
            *self._beside(result.multi_view),
            *([] if result.shortlist is None else [f"  {result.shortlist.sentence}"]),
            *([self._style(f"  {result.caution}", fg="yellow")] if result.caution else []),
            *self._ranking("families", result.families),
            *self._ranking("subclasses", result.subclasses),
            *([] if result.explanation is None else self._explained(result.explanation)),
        ]
        return "\n".join(lines) + "\n\n"

    def _beside(self, together: MultiView | None) -> list[str]:
        """Return a line for each photograph of the stone that the answer does not rest on."""
        if together is None:
            return []
        return [
            *(f"  {visible(image)}: no gem stands out, so it does not count" for image in together.without_gem),
            *(f"  {visible(failed.image)}: {self._style(failed.reason, fg='red')}" for failed in together.failures),
            *self._contradicting(together),
        ]

    def _contradicting(self, together: MultiView) -> list[str]:
        """Return the worst contradictions between photographs, and what may be behind them."""
        pairs = together.contradictions
        if not pairs:
            return []
        more = f" {len(pairs) - _MOST_CONTRADICTIONS} more." if len(pairs) > _MOST_CONTRADICTIONS else ""
        worst = "; ".join(visible(str(pair)) for pair in pairs[:_MOST_CONTRADICTIONS])
        said = f"  The photographs contradict each other: {worst}.{more} Do they show one stone?"
        return [self._style(said, fg="yellow")]

    def _explained(self, explanation: "Explanation") -> list[str]:
        """Return what the readings did, and what to measure next."""
        others = [gem for gem in explanation.others if gem.probability >= _WORTH_SAYING]
        contradiction = explanation.contradiction
        look_alikes = explanation.look_alikes[:_MOST_LOOK_ALIKES]
        return [
            *(self._ranking("other gems", others) if others else ()),
            *self._lines("evidence", [f"{str(effect)[0].upper()}{str(effect)[1:]}." for effect in explanation.effects]),
            *([self._style(f"    {contradiction}", fg="yellow")] if contradiction else ()),
            *self._lines("next test", [str(test) for test in explanation.next_tests]),
            *self._lines("look-alikes", [f"{gem.name}: {gem.difference}" for gem in look_alikes]),
        ]

    def _lines(self, title: str, lines: Sequence[str]) -> list[str]:
        return [self._style(f"  {title}", dim=True), *(f"    {line}" for line in lines)] if lines else []

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


def format_for(
    layout: Layout,
    bundle: Bundle,
    top: int,
    output: Path | None = None,
    *,
    all_stones: bool = False,
    same_stone: bool = False,
    with_evidence: bool = False,
    with_shortlist: bool = False,
    without_image: bool = False,
) -> Format:
    """Return how the predictions of a bundle are written.

    Args:
        layout: text for people, json for one object a line, csv for one row a picture, parquet for what becomes one.
        bundle: what predicts.
        top: how many families and labels are ranked at most.
        output: the file that it is written to; None for the standard output, which may not have colours and all
            characters.
        all_stones: whether each stone of a picture has a result.
        same_stone: whether several pictures share one.
        with_evidence: whether there are readings, a prior or a restriction.
        with_shortlist: whether there are shortlists.
        without_image: whether there are readings alone.
    """
    if layout == "json":
        return JsonLines()
    if layout in ("csv", "parquet"):
        rows = columns_for(
            bundle,
            top,
            all_stones=all_stones,
            same_stone=same_stone,
            with_evidence=with_evidence,
            with_shortlist=with_shortlist,
            without_image=without_image,
        )
        return rows if layout == "csv" else TableLines(rows)
    space = bundle.space
    longest = max(len(bundle.taxonomy[node].name) for node in {*space.families, *space.labels})
    if output is not None:
        return TextBlocks(name_width=min(longest, LONGEST_NAME))
    return TextBlocks(
        name_width=min(longest, LONGEST_NAME),
        ascii=not can_draw(sys.stdout.encoding),
        colour=sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb",
    )


def columns_for(
    bundle: Bundle,
    top: int,
    *,
    all_stones: bool = False,
    same_stone: bool = False,
    with_evidence: bool = False,
    with_shortlist: bool = False,
    without_image: bool = False,
) -> CsvRows:
    """Return the columns of a table of the predictions of a bundle; the arguments are those of `format_for`."""
    return CsvRows(
        n_families=min(top, len(bundle.space.families)),
        n_subclasses=min(top, len(bundle.space)),
        all_stones=all_stones,
        same_stone=same_stone,
        with_evidence=with_evidence,
        with_shortlist=with_shortlist,
        with_caution=without_image or bundle.likeness is not None or bundle.info.novel_entropy is not None,
    )


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
