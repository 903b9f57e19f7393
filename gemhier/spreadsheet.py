"""CSV tables that people open in a spreadsheet: no cell of theirs is taken for a formula, and reading undoes that.

A cell of text that begins with =, +, -, @, a tab or a carriage return, or with an apostrophe, gets an apostrophe in
front (docs/formats.md). Names of files and folders could otherwise run as formulas where somebody opens the table.
"""

import csv
import numbers
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

_APOSTROPHE = "'"

_GUARDED = ("=", "+", "-", "@", "\t", "\r", _APOSTROPHE)
"""What spreadsheets take for the beginning of a formula, and the apostrophe, so that taking one away undoes it."""


def guarded(cell: Any) -> Any:
    """Return a cell as it is written: text that could be a formula with an apostrophe, all else as it is."""
    return f"{_APOSTROPHE}{cell}" if str(cell).startswith(_GUARDED) and not isinstance(cell, numbers.Number) else cell


def unguarded(cell: str) -> str:
    """Return a cell as it was before it was written; one without an apostrophe as it is."""
    return cell[1:] if cell.startswith(_APOSTROPHE) and cell[1:].startswith(_GUARDED) else cell


def csv_text(rows: Iterable[Iterable[object]]) -> str:
    """Return the text of a table for people; its first row names the columns. Lines end with a line feed."""
    lines: list[str] = []
    # With this line end, and with no other in Python 3.11, carriage returns within a cell are quoted as well.
    writer = csv.writer(SimpleNamespace(write=lines.append), lineterminator="\r\n")
    writer.writerows([guarded(cell) for cell in row] for row in rows)
    return "".join(line.removesuffix("\r\n") + "\n" for line in lines)


class Rows:
    """The rows of such a table, by the names of its columns; missing cells are None.

    Args:
        lines: of the table, opened with newline="".
    """

    def __init__(self, lines: Iterable[str]) -> None:
        self._table = csv.DictReader(lines)

    @property
    def columns(self) -> Sequence[str]:
        """The names of the columns; empty if there is not even a first row. csv.Error if that is not CSV."""
        return [unguarded(name) for name in self._table.fieldnames or ()]

    @property
    def line_number(self) -> int:
        """The number of the line that was read last, from 1."""
        return self._table.line_num

    def __iter__(self) -> Iterator[Mapping[str, Any]]:
        """Yield the rows; csv.Error if one is not CSV."""
        for row in self._table:
            yield {
                unguarded(name) if isinstance(name, str) else name: unguarded(cell) if isinstance(cell, str) else cell
                for name, cell in row.items()
            }
