"""Precision against coverage, the bins of a reliability diagram, and the reasons of answers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemhier.hierarchy.answering import Threshold, Thresholds
from gemhier.hierarchy.labels import LabelSpace
from gemhier.hierarchy.metrics import expected_calibration_error
from gemhier.hierarchy.taxonomy import Taxonomy
from gemhier.pipeline.evaluation.coverage import Coverage, coverage
from gemhier.pipeline.evaluation.reliability import reliability

SPACE = LabelSpace(("beryl/aquamarine", "beryl/emerald", "beryl/emerald/colombian", "corundum/ruby", "quartz"))


def asked(*pairs: tuple[float, float]) -> Thresholds:
    return Thresholds(
        tuple(
            Threshold(precision=precision, threshold=threshold, reached=True, observed=None, answered=1.0, depths=())
            for precision, threshold in pairs
        )
    )


def measured(
    probabilities: list[list[float]], truth: list[str], taxonomy: Taxonomy, answerable: list[bool]
) -> Coverage:
    groups = [str(number) for number in range(len(truth))]
    return coverage(
        np.array(probabilities, dtype=np.float64).reshape(-1, len(SPACE)),
        truth,
        groups,
        np.array(answerable, dtype=np.bool_),
        thresholds=asked((0.5, 0.4), (0.9, 0.8)),
        space=SPACE,
        taxonomy=taxonomy,
    )


def test_a_higher_threshold_answers_fewer_and_shallower(tiny_taxonomy: Taxonomy) -> None:
    found = measured(
        [
            [0.0, 0.9, 0.0, 0.1, 0.0],  # an emerald, named
            [0.5, 0.4, 0.0, 0.1, 0.0],  # an emerald: at 0.4 an aquamarine, at 0.8 a beryl
            [0.0, 0.0, 0.0, 0.6, 0.4],  # a ruby, at 0.8 not answered
            [0.0, 0.0, 0.0, 0.1, 0.9],  # a ruby taken for quartz
            [0.0, 0.0, 0.0, 1.0, 0.0],  # a ruby in which no gem stands out
        ],
        ["beryl/emerald", "beryl/emerald", "corundum/ruby", "corundum/ruby", "corundum/ruby"],
        tiny_taxonomy,
        [True, True, True, True, False],
    )
    low, high = found.chosen
    assert (low.answered.value, low.precision.value) == (pytest.approx(4 / 5), pytest.approx(2 / 4))
    assert (high.answered.value, high.precision.value) == (pytest.approx(3 / 5), pytest.approx(2 / 3))
    assert np.all(np.diff(found.thresholds) > 0)
    assert np.all(np.diff(found.answered) <= 0)


@pytest.mark.parametrize("answerable", [[], [False]])
def test_where_nothing_can_be_answered_there_is_no_precision(tiny_taxonomy: Taxonomy, answerable: list[bool]) -> None:
    found = measured([[0.0] * 5] * len(answerable), ["quartz"] * len(answerable), tiny_taxonomy, answerable)
    assert [row.precision.value for row in found.chosen] == [None, None]
    assert len(found.thresholds) == len(found.answered) == len(found.precision)


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=60), st.integers(1, 15))
def test_the_gaps_of_the_bins_make_up_the_calibration_error(images: list[tuple[float, bool]], bins: int) -> None:
    stated = np.array([share for share, _ in images])
    hits = np.array([hit for _, hit in images], dtype=np.bool_)
    found = reliability(stated, hits, np.arange(len(stated)).astype(np.str_), bins)
    assert sum(each.images for each in found) == len(images)
    assert all(each.lowest <= each.stated + 1e-12 and each.stated <= each.highest + 1e-12 for each in found)
    gaps = sum(each.images * abs(each.stated - (each.right.value or 0)) for each in found) / len(images)
    assert gaps == pytest.approx(expected_calibration_error(stated, hits, bins), abs=1e-9)
