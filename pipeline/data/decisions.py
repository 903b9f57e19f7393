"""What a person decided after an audit: read from decisions.csv, and applied when a data set is prepared.

Nothing is done to the pictures: without the file everything is as before.
"""

import csv
import io
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal, get_args

from gemhier.errors import DataError, TaxonomyError
from gemhier.hierarchy.node import Node
from gemhier.hierarchy.taxonomy import Taxonomy
from gemhier.spreadsheet import Rows
from gemhier.text import printable

Verdict = Literal["same stone", "wrong label", "drop", "keep"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)

COLUMNS = ("decision", "image", "other", "label", "reason")
"""Of decisions.csv. Further columns, such as what the audit found, are for people."""


@dataclass(frozen=True)
class Decision:
    """What was decided about a picture, or about two.

    Attributes:
        verdict: "same stone" puts both pictures into one group; "wrong label" gives the picture another one, or
            leaves it out; "drop" leaves it out; "keep" says that it was looked at and is as it should be.
        image: absolute path of the picture.
        other: absolute path of the other picture of two; None if it is about one.
        node: what the picture shows, with "wrong label"; None if that is not known.
        reason: in words; may be empty.
    """

    verdict: Verdict
    image: Path
    other: Path | None = None
    node: Node | None = None
    reason: str = ""


@dataclass(frozen=True)
class Decided:
    """A decision as a data set keeps it: what was decided, and what the sources say.

    Attributes:
        decision: one of `VERDICTS`.
        image: absolute path of the picture.
        other: absolute path of the other picture; "" if there is none.
        label_given: the name that the source gives the picture.
        label: the id of the node that it was given instead; "" if none.
        reason: in words; may be empty.
    """

    decision: str
    image: str
    other: str
    label_given: str
    label: str
    reason: str


@dataclass(frozen=True)
class Decisions:
    """All that was decided, by picture.

    Attributes:
        all: in the order of the file.
    """

    all: tuple[Decision, ...] = ()

    @cached_property
    def dropped(self) -> dict[Path, Decision]:
        """What leaves a picture out, by its path; "drop" has the last word."""
        without_label = [entry for entry in self.all if entry.verdict == "wrong label" and entry.node is None]
        return {entry.image: entry for entry in (*without_label, *self._with("drop"))}

    @cached_property
    def labels(self) -> dict[Path, Node]:
        """What a picture shows instead, by its path."""
        return {entry.image: entry.node for entry in self._with("wrong label") if entry.node is not None}

    @property
    def same_stone(self) -> tuple[tuple[Path, Path], ...]:
        """Pictures that show one stone, two by two."""
        return tuple((entry.image, entry.other) for entry in self._with("same stone") if entry.other is not None)

    def reason(self, path: Path) -> str:
        """Why a picture is left out, in words."""
        entry = self.dropped[path]
        return f"decided: {entry.verdict}" + (f", {entry.reason}" if entry.reason else "")

    def record(self, label_given: Mapping[Path, str]) -> tuple[Decided, ...]:
        """Return the decisions as a data set keeps them; `label_given` has the source's name for each picture."""
        return tuple(
            Decided(
                decision=entry.verdict,
                image=str(entry.image),
                other=str(entry.other or ""),
                label_given=label_given[entry.image],
                label=entry.node.id if entry.node else "",
                reason=entry.reason,
            )
            for entry in self.all
        )

    def _with(self, verdict: Verdict) -> list[Decision]:
        return [entry for entry in self.all if entry.verdict == verdict]


def read_decisions(file: Path, images: Sequence[Path], roots: Sequence[Path], taxonomy: Taxonomy) -> Decisions:
    """Read decisions.csv, for the pictures of some sources; rows without a decision are left aside.

    Args:
        file: CSV with the columns `COLUMNS`, of which `decision` and `image` are needed.
        images: absolute paths of all pictures of the sources.
        roots: the source folders: a path may be relative to the current folder or to one of them.
        taxonomy: tells what the names of labels mean.

    Raises:
        DataError: if the file cannot be read, a row does not fit, names no picture of the sources or a label that
            the taxonomy does not know, or contradicts another row.
    """
    known = _Known(images, roots)
    decided = [_decision(row, where, known, taxonomy) for row, where in decision_rows(file) if row["decision"].strip()]
    labels: dict[Path, Decision] = {}
    for entry in decided:
        if entry.verdict == "wrong label":
            earlier = labels.setdefault(entry.image, entry)
            if earlier.node != entry.node:
                shown = " and ".join(node.id if node else "none" for node in (earlier.node, entry.node))
                raise DataError(f"{file}: {entry.image} is given two labels, {shown}. Keep one of the rows.")
    return Decisions(tuple(decided))


class _Known:
    """The pictures of the sources, by every way to write their paths."""

    def __init__(self, images: Iterable[Path], roots: Iterable[Path]) -> None:
        # A page or a spreadsheet shows bytes of a name that are not UTF-8 as escapes.
        self._by_name = {name: path for path in images for name in (_escaped(path), _absolute(path))}
        self._roots = (Path.cwd(), *roots)

    def find(self, written: str) -> Path | None:
        """Return the picture that a path means; None if there is none."""
        for root in self._roots:
            found = self._by_name.get(_absolute(root / written))
            if found is not None:
                return found
        return None


def _escaped(path: Path) -> str:
    return printable(_absolute(path))


def _absolute(path: Path) -> str:
    return os.path.abspath(path)  # noqa: PTH100  # links are not followed: a picture is where it is listed


def _decision(row: dict[str, str], where: str, known: _Known, taxonomy: Taxonomy) -> Decision:
    verdict = next((known for known in VERDICTS if known == row["decision"].strip().lower()), None)
    if verdict is None:
        raise DataError(f"{where}: {row['decision']!r} is no decision. Use {', '.join(VERDICTS)}, or leave it empty.")
    image = _image(row["image"], where, known)
    other = _image(row["other"], where, known) if row["other"] else None
    if verdict == "same stone" and (other is None or other == image):
        raise DataError(f"{where}: `same stone` needs two pictures. Name the second under `other`.")
    node = _node(row["label"].strip(), where, taxonomy) if verdict == "wrong label" else None
    return Decision(
        verdict=verdict,
        image=image,
        other=other,
        node=node,
        reason=" ".join(row["reason"].split()),
    )


def _image(written: str, where: str, known: _Known) -> Path:
    found = known.find(written)
    if found is None:
        raise DataError(
            f"{where}: {written or 'an empty path'} is no picture of the sources. Correct the path, or remove the row."
        )
    return found


def _node(label: str, where: str, taxonomy: Taxonomy) -> Node | None:
    try:
        return taxonomy.resolve(label) if label else None
    except TaxonomyError as error:
        raise DataError(f"{where}: {error}") from error


def decision_rows(file: Path) -> Iterable[tuple[dict[str, str], str]]:
    """Yield each row of decisions.csv with all columns, missing ones empty, and the place it stands in.

    Raises:
        DataError: if the file cannot be read, or is no such table.
    """
    try:
        text = file.read_bytes().decode("utf-8-sig", "surrogateescape")
    except OSError as error:
        raise DataError(f"{file}: cannot be read ({error.strerror}). Check the path and its permissions.") from error
    table = Rows(io.StringIO(text, newline=""))
    try:
        if not {"decision", "image"} <= set(table.columns):
            raise DataError(f"{file}: line 1 must name the columns {', '.join(COLUMNS)}. Download it from audit.html.")
        for row in table:
            yield {column: row.get(column) or "" for column in COLUMNS}, f"{file}: line {table.line_number}"
    except csv.Error as error:
        raise DataError(f"{file}: line {table.line_number} is not CSV ({error}). Correct it.") from error
