"""What an audit leaves for a person to decide, and the file to do it in."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from gemhier.pipeline.data.decisions import COLUMNS
from gemhier.pipeline.data_quality.findings import Audit
from gemhier.pipeline.duplicates.search import Match
from gemhier.spreadsheet import Rows, csv_text

DECISIONS_FILE = "decisions.csv"

Section = Literal["names", "leak", "copy", "label", "no gem"]


@dataclass(frozen=True)
class Question:
    """One finding to decide on.

    Attributes:
        section: what it is about: one picture under two names, in two splits, another copy, a suspected label,
            a picture without a gem.
        first: index of a picture.
        second: index of the other, if it is about two.
        label: a label that the picture may have instead; "" if none is suggested.
        finding: in words.
    """

    section: Section
    first: int
    second: int | None
    label: str
    finding: str


def questions(result: Audit) -> Iterator[Question]:
    """All that is to be decided: pairs across classes first, then across splits, then the rest."""
    sections: dict[Section, list[Match]] = {"names": [], "leak": [], "copy": []}
    for match in result.matches:
        across: Section = "leak" if result.across_splits(match) else "copy"
        sections["names" if result.across_classes(match) else across].append(match)
    for section, matches in sections.items():
        for match in matches:
            yield Question(section, match.first, match.second, "", f"{match.kind}, distance {match.distance:.4f}")
    for suspect in result.judgement.suspects:
        finding = (
            f"labelled {suspect.given} ({suspect.given_probability:.2f}), "
            f"perhaps {suspect.suggested} ({suspect.suggested_probability:.2f})"
        )
        yield Question("label", suspect.image, None, suspect.suggested, finding)
    for found in result.judgement.no_gems:
        yield Question("no gem", found.image, None, "", f"no gem stands out: score {found.score:.2f}")


def decisions_template(result: Audit) -> str:
    """Return the text of decisions.csv: a row for each finding, whose decision is still to be made."""
    rows: list[list[object]] = [[*COLUMNS, "finding"]]
    for question in questions(result):
        other = "" if question.second is None else result.images[question.second].image
        rows.append(["", result.images[question.first].image, other, question.label, "", question.finding])
    return csv_text(rows)


def holds_decisions(path: Path) -> bool:
    """Whether a file has a decision in it, so that it must not be written over; an unreadable one has."""
    try:
        with path.open(encoding="utf-8", errors="surrogateescape", newline="") as file:
            return any((row.get("decision") or "").strip() for row in Rows(file))
    except FileNotFoundError:
        return False
    except (OSError, csv.Error):
        return True
