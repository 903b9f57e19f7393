"""Predictions as text, JSON lines and CSV."""

import csv
import io
import json
from dataclasses import replace

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemhier.models.bundle.candidate import Candidate
from gemhier.models.bundle.predictions import Answer, Contradiction, MultiView, Prediction
from gemhier.models.bundle.shortlist import Entry, Shortlist
from gemhier.models.images.stones import Failure, Place
from gemhier.pipeline.reports.prediction_formats import (
    BAR_WIDTH,
    CsvRows,
    JsonLines,
    TextBlocks,
    bar,
    can_draw,
    shortened,
)
from gemhier.spreadsheet import Rows

FAMILIES = (Candidate("beryl", "Beryl", 0.91), Candidate("quartz", "Quartz", 0.0512345678))
SUBCLASSES = (
    Candidate("beryl/emerald", "Emerald", 0.85),
    Candidate("beryl/emerald/colombian", "Colombian Emerald", 0.06),
    Candidate("quartz", "Quartz", 0.001),
)
ANSWERED = Prediction(
    image="ring.jpg",
    answer=Answer("beryl/emerald", "Emerald", "variety", 0.91, "Beryl"),
    refused=None,
    families=FAMILIES,
    subclasses=SUBCLASSES,
    decided_by="fused",
    model_version="1",
)
REFUSED = Prediction(
    image="dark, blurred.jpg",
    answer=None,
    refused="no family reached 0.95",
    families=FAMILIES[:1],
    subclasses=SUBCLASSES[:1],
    decided_by="fused",
    model_version="1",
)
FAILED = Failure('notes "old".jpg', "not a picture.")
SECOND = replace(ANSWERED, place=Place(stone=2, x=-3, y=40, side=96))
TOGETHER = replace(
    ANSWERED,
    multi_view=MultiView(
        ("ring.jpg", "b, c.jpg"), without_gem=("dark.jpg",), failures=(Failure("x\ny.jpg", "cut short."),)
    ),
)
SURE = replace(
    ANSWERED,
    shortlist=Shortlist(
        0.95,
        (
            Entry("corundum/sapphire", "Sapphire", 0.6, ("corundum/sapphire", "corundum/sapphire/blue")),
            Entry("iolite", "Iolite", 0.2, ("iolite",)),
            Entry("others/glass", "Glass", 0.1),
        ),
    ),
)


def test_a_shortlist_is_a_line_of_text_and_columns_of_its_own() -> None:
    lines = TextBlocks(name_width=17).entry(SURE).splitlines()
    assert lines[1:3] == ["  95% sure to be one of: sapphire (all), iolite, glass", "  families"]
    rows = CsvRows(n_families=1, n_subclasses=1, with_shortlist=True)
    one, refused = csv.DictReader(io.StringIO(rows.header + rows.entry(SURE) + rows.entry(REFUSED)))
    assert one["shortlist"] == "sapphire (all); iolite; glass"
    assert json.loads(one["shortlist_nodes"]) == ["corundum/sapphire", "iolite", "others/glass"]
    assert json.loads(one["shortlist_labels"]) == ["corundum/sapphire", "corundum/sapphire/blue", "iolite"]
    assert refused["shortlist"] == refused["shortlist_nodes"] == ""
    assert not any("shortlist" in column for column in CsvRows(n_families=1, n_subclasses=1).columns)


def test_what_is_promised_of_an_unlike_picture_is_a_line_of_text_and_a_column() -> None:
    away = replace(SURE, like=False, caution="This picture is unlike those: not promised.")
    assert TextBlocks(name_width=17).entry(away).splitlines()[2] == "  This picture is unlike those: not promised."
    rows = CsvRows(n_families=1, n_subclasses=1, with_caution=True)
    one, other = csv.DictReader(io.StringIO(rows.header + rows.entry(away) + rows.entry(replace(SURE, like=True))))
    assert (one["caution"], other["caution"]) == (away.caution, "")
    assert "caution" not in CsvRows(n_families=1, n_subclasses=1).columns


def test_contradictions_between_photographs_are_named_in_text_and_csv() -> None:
    pair = Contradiction(("a.jpg", "b.jpg"), (Candidate("beryl", "Beryl", 0.93), Candidate("quartz", "Quartz", 0.88)))
    doubtful = replace(ANSWERED, multi_view=MultiView(("a.jpg", "b.jpg", "c.jpg"), contradictions=(pair,) * 3))
    said = "a.jpg looks like beryl (0.93), b.jpg like quartz (0.88)"
    assert TextBlocks(name_width=17).entry(doubtful).splitlines()[1] == (
        f"  The photographs contradict each other: {said}; {said}. 1 more. Do they show one stone?"
    )
    rows = CsvRows(n_families=1, n_subclasses=1, same_stone=True)
    (row,) = csv.DictReader(io.StringIO(rows.header + rows.entry(doubtful)))
    assert json.loads(row["contradictions"])[0] == pair.to_dict()


def test_text_is_a_headline_and_two_aligned_rankings() -> None:
    assert TextBlocks(name_width=17).entry(ANSWERED) == (
        "ring.jpg: Emerald (variety of beryl) 0.91\n"
        "  families\n"
        "    Beryl              0.91  ██████████████████▎\n"
        "    Quartz             0.05  █\n"
        "  subclasses\n"
        "    Emerald            0.85  █████████████████     beryl\n"
        "    Colombian Emerald  0.06  █▎                    beryl › emerald\n"
        "    Quartz             0.00\n"
        "\n"
    )


def test_text_of_a_refusal_and_of_a_failure() -> None:
    blocks = TextBlocks(name_width=10)
    assert blocks.entry(REFUSED).splitlines()[0] == "dark, blurred.jpg: Not sure. Perhaps Beryl (0.91: emerald 0.85)."
    assert blocks.entry(FAILED) == 'notes "old".jpg: not a picture.\n\n'


def test_text_in_ascii_has_nothing_else() -> None:
    text = TextBlocks(name_width=12, ascii=True).entry(ANSWERED)
    assert text.isascii()
    assert "    Colombian...  0.06  #                     beryl > emerald\n" in text


def test_colours_change_nothing_but_the_looks() -> None:
    for result in (ANSWERED, REFUSED, FAILED, SECOND, TOGETHER):
        coloured = TextBlocks(name_width=12, colour=True).entry(result)
        assert "\x1b[" in coloured
        assert click.unstyle(coloured) == TextBlocks(name_width=12).entry(result)


@pytest.mark.parametrize(
    ("probability", "drawn", "in_ascii"),
    [(0.0, "", ""), (1.0, "█" * 20, "#" * 20), (0.5, "█" * 10, "#" * 10), (0.026, "▌", "#"), (0.001, "", "")],
)
def test_a_bar_is_as_long_as_the_probability(probability: float, drawn: str, in_ascii: str) -> None:
    assert bar(probability) == drawn
    assert bar(probability, ascii=True) == in_ascii


@given(probability=st.floats(0, 1), other=st.floats(0, 1))
def test_a_longer_bar_is_never_less_probable(probability: float, other: float) -> None:
    lower, higher = sorted((probability, other))
    assert len(bar(lower)) <= len(bar(higher)) <= BAR_WIDTH
    assert len(bar(lower, ascii=True)) <= len(bar(higher, ascii=True)) <= BAR_WIDTH


def test_long_names_are_cut() -> None:
    assert shortened("Colombian Emerald", 17, "…") == "Colombian Emerald"
    assert shortened("Colombian Emerald", 10, "…") == "Colombian…"


@pytest.mark.parametrize(
    ("encoding", "drawable"), [("utf-8", True), ("ascii", False), ("cp437", False), (None, False), ("unknown", False)]
)
def test_which_encodings_can_draw(encoding: str | None, drawable: bool) -> None:
    assert can_draw(encoding) is drawable


def test_json_is_one_ascii_object_a_line() -> None:
    form = JsonLines()
    assert form.header == ""
    results = (ANSWERED, REFUSED, FAILED, SECOND, TOGETHER)
    lines = [form.entry(result) for result in results]
    assert [json.loads(line) for line in lines] == [result.to_dict() for result in results]
    assert all(line.isascii() and line.count("\n") == 1 and line.endswith("\n") for line in lines)


def test_csv_has_one_row_a_picture_with_the_documented_columns() -> None:
    form = CsvRows(n_families=2, n_subclasses=3)
    text = form.header + "".join(form.entry(result) for result in (ANSWERED, REFUSED, FAILED))
    answered, refused, failed = csv.DictReader(io.StringIO(text))
    assert answered == {
        "image": "ring.jpg",
        "answer_id": "beryl/emerald",
        "answer_name": "Emerald",
        "answer_rank": "variety",
        "answer_probability": "0.91",
        "refused": "",
        "family_1_id": "beryl",
        "family_1_name": "Beryl",
        "family_1_probability": "0.91",
        "family_2_id": "quartz",
        "family_2_name": "Quartz",
        "family_2_probability": "0.051235",
        "subclass_1_id": "beryl/emerald",
        "subclass_1_name": "Emerald",
        "subclass_1_probability": "0.85",
        "subclass_2_id": "beryl/emerald/colombian",
        "subclass_2_name": "Colombian Emerald",
        "subclass_2_probability": "0.06",
        "subclass_3_id": "quartz",
        "subclass_3_name": "Quartz",
        "subclass_3_probability": "0.001",
        "decided_by": "fused",
        "model_version": "1",
        "failure": "",
    }
    filled = {key: value for key, value in refused.items() if value}
    assert filled == {
        "image": "dark, blurred.jpg",
        "refused": "no family reached 0.95",
        "family_1_id": "beryl",
        "family_1_name": "Beryl",
        "family_1_probability": "0.91",
        "subclass_1_id": "beryl/emerald",
        "subclass_1_name": "Emerald",
        "subclass_1_probability": "0.85",
        "decided_by": "fused",
        "model_version": "1",
    }
    assert {key: value for key, value in failed.items() if value} == {
        "image": 'notes "old".jpg',
        "failure": "not a picture.",
    }


def test_text_says_which_stone_it_is() -> None:
    headline = TextBlocks(name_width=10).entry(SECOND).splitlines()[0]
    assert headline == "ring.jpg, stone 2 (96 x 96 pixels at -3, 40): Emerald (variety of beryl) 0.91"


def test_text_of_one_stone_names_the_pictures_that_do_not_count() -> None:
    assert TextBlocks(name_width=10).entry(TOGETHER).splitlines()[:4] == [
        "ring.jpg and 1 more: Emerald (variety of beryl) 0.91",
        "  dark.jpg: no gem stands out, so it does not count",
        "  x\\ny.jpg: cut short.",
        "  families",
    ]


def test_csv_of_all_stones_has_columns_for_their_places() -> None:
    form = CsvRows(n_families=1, n_subclasses=1, all_stones=True)
    assert form.columns[:6] == ["image", "stone", "box_x", "box_y", "box_side", "answer_id"]
    second, failed = csv.DictReader(io.StringIO(form.header + form.entry(SECOND) + form.entry(FAILED)))
    assert [second[name] for name in form.columns[:6]] == ["ring.jpg", "2", "-3", "40", "96", "beryl/emerald"]
    assert [failed[name] for name in form.columns[:6]] == ['notes "old".jpg', "", "", "", "", ""]


def test_csv_of_one_stone_lists_its_pictures_and_has_a_row_for_each_that_failed() -> None:
    form = CsvRows(n_families=1, n_subclasses=1, same_stone=True)
    assert form.columns[:5] == ["image", "images", "without_gem", "contradictions", "answer_id"]
    stone, failed = csv.DictReader(io.StringIO(form.header + form.entry(TOGETHER), newline=""))
    assert (json.loads(stone["images"]), json.loads(stone["without_gem"])) == (["ring.jpg", "b, c.jpg"], ["dark.jpg"])
    assert (stone["image"], stone["answer_id"], stone["failure"]) == ("ring.jpg", "beryl/emerald", "")
    assert {key: value for key, value in failed.items() if value} == {"image": "x\ny.jpg", "failure": "cut short."}


names = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1)


@given(image=names, reason=names)
def test_any_text_survives_csv_and_json(image: str, reason: str) -> None:
    failure = Failure(image, reason)
    form = CsvRows(n_families=1, n_subclasses=1)
    (row,) = Rows(io.StringIO(form.header + form.entry(failure), newline=""))
    assert (row["image"], row["failure"]) == (image, reason)
    assert json.loads(JsonLines().entry(failure)) == failure.to_dict()


@pytest.mark.parametrize("result", [ANSWERED, REFUSED, Failure("a", "an empty file.")])
def test_text_keeps_a_file_name_in_its_line(result: Prediction | Failure) -> None:
    entry = TextBlocks(name_width=20).entry(replace(result, image="two\nlines \x1b[31m\u2028ä.jpg"))
    assert entry.startswith("two\\nlines \\x1b[31m\\u2028ä.jpg: ")
