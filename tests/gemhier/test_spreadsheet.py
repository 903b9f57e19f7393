"""Tables that are safe in a spreadsheet, and are read as they were."""

import csv
import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemhier.spreadsheet import Rows, csv_text, guarded, unguarded

CELLS = st.text(st.sampled_from("=+-@\t\r\n'\",a1 é"), max_size=6)


@given(st.lists(st.lists(CELLS, min_size=3, max_size=3), max_size=5))
def test_what_is_read_is_what_was_written(rows: list[list[str]]) -> None:
    table = Rows(io.StringIO(csv_text([["a", "=b", "'c"], *rows]), newline=""))
    assert table.columns == ["a", "=b", "'c"]
    assert [list(row.values()) for row in table] == rows


@given(CELLS)
def test_no_cell_begins_a_formula(cell: str) -> None:
    assert not str(guarded(cell)).startswith(("=", "+", "-", "@", "\t", "\r"))
    assert unguarded(guarded(cell)) == cell


@pytest.mark.parametrize("number", [-1, -0.5, np.float64(-1.5), np.float32(-2), np.int64(-3), True, 0])
def test_numbers_are_written_as_they_are(number: float) -> None:
    assert guarded(number) is number


def test_paths_are_text_and_nothing_is_nothing() -> None:
    assert csv_text([[Path("-x.jpg"), None, "", "plain"]]) == "'-x.jpg,,,plain\n"


def test_what_others_wrote_is_read_as_it_is() -> None:
    (row,) = Rows(io.StringIO("image,label\n-x.jpg,'tis\n"))
    assert row == {"image": "-x.jpg", "label": "'tis"}


def test_rows_that_are_too_short_or_too_long_are_as_csv_has_them() -> None:
    text = "a,b\n1\n1,2,=3\n"
    assert list(Rows(io.StringIO(text))) == list(csv.DictReader(io.StringIO(text)))
    assert Rows(io.StringIO("")).columns == []
    assert list(Rows(io.StringIO(""))) == []
