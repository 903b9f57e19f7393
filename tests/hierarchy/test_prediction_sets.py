"""Sets hold the right label as often as asked, by hand, by simulation and beside another's implementation."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemhier.arrays import Float64, Indices
from gemhier.hierarchy.labels import LabelSpace
from gemhier.hierarchy.prediction_sets import (
    COVERAGES,
    SetThreshold,
    SetThresholds,
    credible_set,
    fewest_nodes,
    fit_set_thresholds,
    prediction_sets,
)

SPACE = LabelSpace(("beryl", "beryl/aquamarine", "beryl/emerald", "corundum/ruby", "corundum/sapphire", "spinel"))
REGIONS = LabelSpace(("beryl/emerald/colombian", "beryl/emerald/zambian", "beryl/morganite", "spinel"))


def painted(count: int, seed: int, space: LabelSpace = SPACE) -> tuple[Float64, Indices]:
    """Probabilities that are too sure of themselves, and truths."""
    generator = np.random.default_rng(seed)
    truth = generator.integers(len(space), size=count)
    logits = generator.normal(0, 2, (count, len(space)))
    logits[np.arange(count), truth] += 2
    powers = np.exp(3 * logits)
    return powers / powers.sum(axis=1, keepdims=True), truth


def test_the_threshold_is_the_quantile_of_one_more_picture() -> None:
    own = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9])  # nine: ranks out of ten
    space = LabelSpace(("quartz", "spinel"))
    table = fit_set_thresholds(
        np.stack([own, 1 - own], axis=1), np.zeros(9, int), space, coverages=(0.5, 0.7, 0.9, 0.95)
    )
    # 5 of 10, 7 of 10, 9 of 10, and the tenth of nine, which only every label is sure to hold.
    assert [row.others for row in table.rows] == [0.5, 0.3, 0.1, 0.0]


@pytest.mark.parametrize(
    ("share", "chosen"),
    [
        (0.4, [False, True, False, False]),
        (0.5, [False, True, False, False]),
        (0.51, [True, True, True, False]),  # of two that are as probable none is left out
        (0.9, [True, True, True, False]),
        (0.91, [True, True, True, True]),
        (0.999999, [True, True, True, True]),
    ],
)
def test_a_credible_set_takes_the_most_probable_until_they_have_the_share(share: float, chosen: list[bool]) -> None:
    assert credible_set([0.2, 0.5, 0.2, 0.1], share).tolist() == chosen


def test_a_credible_set_takes_what_is_as_probable_but_for_rounding_and_nothing_that_is_impossible() -> None:
    assert credible_set([0.1 + 0.2, 0.3, 0.4 - 2**-54, 0.0], 0.6).tolist() == [True, True, True, False]
    assert credible_set([1 - 1e-13, 1e-13, 0.0], 1 - 1e-12).tolist() == [True, False, False]
    assert credible_set([1 - 2e-12, 1e-12, 1e-12, 0.0], 1 - 1e-13).tolist() == [True, True, True, False]


@pytest.mark.parametrize("coverage", [0.8, 0.9, 0.95])
def test_the_promise_holds_for_all_and_for_each_large_family(coverage: float) -> None:
    table = fit_set_thresholds(*painted(4000, 0), SPACE)
    row = table.row_for(coverage)
    assert row is not None
    assert set(row.families) == {"beryl", "corundum", "spinel"}
    probabilities, truth = painted(20_000, 1)
    hits = prediction_sets(probabilities, row, SPACE)[np.arange(20_000), truth]
    assert hits.mean() == pytest.approx(coverage, abs=0.02)
    for family in range(len(SPACE.families)):
        assert hits[SPACE.parents[truth] == family].mean() == pytest.approx(coverage, abs=0.03)


def test_small_families_share_a_threshold() -> None:
    space = LabelSpace(("beryl/aquamarine", "beryl/emerald", "corundum/ruby", "corundum/sapphire", "quartz", "spinel"))
    probabilities, truth = painted(300, 2, space)
    table = fit_set_thresholds(probabilities, truth, space, coverages=(0.9,), least=80)
    (row,) = table.rows
    assert set(row.families) == {"beryl", "corundum"}
    small = np.isin(truth, [4, 5])
    alone = fit_set_thresholds(probabilities[small], truth[small], space, coverages=(0.9,), least=10_000)
    assert row.others == alone.rows[0].others


def test_a_family_that_would_leave_too_few_others_joins_them() -> None:
    """Of a few pictures no threshold can be found, and every label of the small families would stand in every set."""
    counts = {"beryl": 300, "corundum": 150, "spinel": 20}
    truth = np.repeat([1, 3, 5], list(counts.values()))
    probabilities, _ = painted(470, 2)
    (row,) = fit_set_thresholds(probabilities, truth, SPACE, coverages=(0.95,)).rows
    assert set(row.families) == {"beryl"}
    own = probabilities[np.arange(470), truth][300:]
    assert row.others == np.sort(own)[170 - 163]  # 163 of 171 are 95%
    (row,) = fit_set_thresholds(probabilities[:90], truth[:90], SPACE, coverages=(0.95,)).rows
    assert not row.families
    assert row.others > 0


def test_another_implementation_takes_the_same_sets() -> None:
    crepes = pytest.importorskip("crepes", reason="another implementation to compare with comes with the extra dev")
    (probabilities, truth), (others, _) = painted(250, 3), painted(500, 4)  # no rank of 251 is whole: ties differ
    alphas = 1 - probabilities[np.arange(250), truth]
    theirs = crepes.ConformalClassifier().fit(alphas)
    table = fit_set_thresholds(probabilities, truth, SPACE, least=10_000)
    for coverage in COVERAGES:
        row = table.row_for(coverage)
        assert row is not None
        expected = theirs.predict_set(1 - others, confidence=coverage, smoothing=False).astype(bool)
        expected[np.arange(500), others.argmax(axis=1)] = True
        np.testing.assert_array_equal(prediction_sets(others, row, SPACE), expected)


def test_more_coverage_never_takes_a_label_away() -> None:
    table = fit_set_thresholds(*painted(500, 5), SPACE)
    others, _ = painted(300, 6)
    sets = [prediction_sets(others, row, SPACE) for row in table.rows]
    assert all(not (fewer & ~more).any() for fewer, more in pairwise(sets))
    assert all(found.any(axis=1).all() for found in sets)


def test_a_coverage_is_rounded_up_to_the_next_row() -> None:
    table = fit_set_thresholds(*painted(300, 7), SPACE)
    assert [row.coverage for row in (table.row_for(0.3), table.row_for(0.91)) if row] == [0.5, 0.95]
    assert table.row_for(0.995) is None


def test_a_table_is_read_as_it_was_written() -> None:
    table = fit_set_thresholds(*painted(300, 8), SPACE)
    assert SetThresholds.from_dict(table.to_dict()) == table
    assert SetThresholds.from_dict([]) == SetThresholds(())


ROW = SetThreshold(coverage=0.9, families={"beryl": 0.2}, others=0.1)


@pytest.mark.parametrize(
    "rows",
    [
        [replace(ROW, coverage=1.0)],
        [replace(ROW, others=1.5)],
        [replace(ROW, families={"beryl": -0.1})],
        [ROW, ROW],
        [ROW, replace(ROW, coverage=0.95, others=0.2)],
        [ROW, replace(ROW, coverage=0.95, families={"beryl": 0.3})],
        [ROW, replace(ROW, coverage=0.95, families={})],
    ],
)
def test_a_table_that_contradicts_itself_is_refused(rows: list[SetThreshold]) -> None:
    with pytest.raises(ValueError, match="must"):
        SetThresholds(tuple(rows))


@pytest.mark.parametrize("rows", [[{}], [{"coverage": 0.9}], [{"coverage": 0.9, "families": 1, "others": 0.1}]])
def test_what_is_no_table_is_refused(rows: list[dict[str, object]]) -> None:
    with pytest.raises(ValueError, match="Not a table of thresholds of sets"):
        SetThresholds.from_dict(rows)


def test_pictures_and_labels_must_fit() -> None:
    probabilities, truth = painted(10, 9)
    with pytest.raises(ValueError, match=r"must be \(9, 6\), pictures by labels. Received: \(10, 6\)"):
        fit_set_thresholds(probabilities, truth[:9], SPACE)


@pytest.mark.parametrize(
    ("chosen", "nodes"),
    [
        ((1, 1, 1, 0, 0, 0), {"beryl": [0, 1, 2]}),
        # Unspecified beryl is not in the set, so beryl does not stand for its varieties.
        ((0, 1, 1, 0, 0, 1), {"spinel": [5], "beryl/aquamarine": [1], "beryl/emerald": [2]}),
        ((1, 1, 0, 0, 0, 0), {"beryl": [0], "beryl/aquamarine": [1]}),
        ((0, 0, 0, 1, 1, 1), {"corundum": [3, 4], "spinel": [5]}),
        ((1, 1, 1, 1, 1, 1), {"beryl": [0, 1, 2], "corundum": [3, 4], "spinel": [5]}),
        ((0, 0, 0, 0, 0, 0), {}),
    ],
)
def test_a_node_stands_in_only_where_all_its_labels_do(chosen: tuple[int, ...], nodes: dict[str, list[int]]) -> None:
    assert {node: labels.tolist() for node, labels in fewest_nodes(chosen, SPACE)} == nodes


@pytest.mark.parametrize("space", [SPACE, REGIONS], ids=["unspecified", "regions"])
@given(bits=st.integers(min_value=0, max_value=63))
def test_nodes_stand_for_exactly_the_labels_of_the_set(space: LabelSpace, bits: int) -> None:
    chosen = [bool(bits >> column & 1) for column in range(len(space))]
    stood_for = sorted(column for _, labels in fewest_nodes(chosen, space) for column in labels)
    assert stood_for == np.flatnonzero(chosen).tolist()
