"""Figures of shortlists, worked out by hand."""

import pytest

from gemhier.models.bundle.shortlist import Entry, Shortlist
from gemhier.pipeline.evaluation.shortlists import shortlist_figures


def listing(*entries: tuple[str, ...]) -> Shortlist:
    return Shortlist(0.9, tuple(Entry(labels[0], labels[0], 0.5, labels) for labels in entries))


def test_figures_are_of_the_pictures_that_got_one() -> None:
    four = tuple("abcd")
    lists = [listing(("ruby",)), listing(four, ("ruby",)), listing(("opal",)), None]
    found = shortlist_figures(lists, ["ruby", "ruby", "ruby", "opal"], list("1234"), 0.9)
    assert (found.n, found.given.value) == (4, 0.75)
    assert found.coverage.value == pytest.approx(2 / 3)
    assert found.size.value == pytest.approx(7 / 3)
    assert found.nodes.value == pytest.approx(4 / 3)
    assert found.at_most_3.value == pytest.approx(2 / 3)
    assert found.sentence == (
        "Asked to hold the right label for 90%, the shortlists hold it for 66.7%, with 2.3 labels on average "
        "(as 1.3 entries), and three at most for 67%."
    )
    values = found.to_dict()
    assert values["shortlist_coverage"] == found.coverage.value
    assert values["shortlist_size_low"] == found.size.low
    assert (values["shortlist_guarantee"], values["shortlist_n"]) == (0.9, 4)


def test_without_any_there_is_nothing_to_measure() -> None:
    found = shortlist_figures([None], ["ruby"], ["1"], 0.9)
    assert (found.given.value, found.coverage.value, found.size.value, found.sentence) == (0, None, None, "")
    assert shortlist_figures([], [], [], 0.9).given.value is None
