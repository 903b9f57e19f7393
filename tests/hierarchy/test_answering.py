"""Answering: as deep as is sure, and never deeper when more is asked."""

import json
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemhier.arrays import Float64, Indices
from gemhier.hierarchy.answering import (
    DEFAULT_PRECISIONS,
    Paths,
    Threshold,
    Thresholds,
    answer,
    fit_thresholds,
    paths,
)
from gemhier.hierarchy.decoding import node_probabilities, softmax
from gemhier.hierarchy.labels import LabelSpace, label_space

GEMS = LabelSpace(("amber", "beryl/aquamarine", "beryl/emerald", "beryl/emerald/colombian", "beryl/emerald/zambian"))
EMERALD = np.array([0.125, 0.125, 0.125, 0.5, 0.125])


@dataclass(frozen=True)
class Images:
    """Calibrated probabilities of some pictures in a random label space, and their labels."""

    space: LabelSpace
    probabilities: Float64
    truth: Indices


def images_of(space: LabelSpace, n_images: int, seed: int, scale: float = 3.0) -> Images:
    """Draw logits, and labels from the very probabilities they state."""
    rng = np.random.default_rng(seed)
    probabilities = softmax(rng.normal(0, scale, (n_images, len(space))))
    below = rng.random(n_images)[:, None] > probabilities.cumsum(axis=1)[:, :-1]
    return Images(space, probabilities, np.asarray(below.sum(axis=1), dtype=np.intp))


@st.composite
def random_images(draw: st.DrawFn) -> Images:
    route_parts = st.lists(st.sampled_from(["a", "b", "b-c", "d"]), min_size=1, max_size=4)
    space = label_space(draw(st.lists(route_parts.map("/".join), min_size=1, max_size=12)))
    seed, scale = draw(st.integers(0, 2**32 - 1)), draw(st.sampled_from([0.0, 2.0, 8.0]))
    return images_of(space, draw(st.integers(1, 60)), seed, scale)


def answers(images: Images, threshold: float) -> list[str | None]:
    columns = paths(images.probabilities, images.space).answers(threshold)
    return [images.space.nodes[column] if column >= 0 else None for column in columns]


def precision_of(images: Images, threshold: float) -> float:
    given = [
        f"{images.space.labels[label]}/".startswith(f"{node}/")
        for node, label in zip(answers(images, threshold), images.truth, strict=True)
        if node is not None
    ]
    return float(np.mean(given)) if given else 1.0


@pytest.mark.parametrize(
    ("threshold", "expected"),
    [
        (0.0, "beryl/emerald/colombian"),
        (0.5, "beryl/emerald/colombian"),
        (0.6, "beryl/emerald"),
        (0.75, "beryl/emerald"),
        (0.8, "beryl"),
        (0.875, "beryl"),
        (0.95, None),
    ],
)
def test_the_answer_stops_at_what_is_sure(threshold: float, expected: str | None) -> None:
    assert answer(EMERALD, GEMS, threshold) == expected


def test_the_path_ends_where_unspecified_is_more_probable_than_any_child() -> None:
    assert answer([0.1, 0.1, 0.4, 0.3, 0.1], GEMS, 0.0) == "beryl/emerald"
    assert answer([0.1, 0.1, 0.4, 0.0, 0.4], GEMS, 0.0) == "beryl/emerald"


def test_the_family_is_that_of_the_sum_not_of_the_best_label() -> None:
    assert answer([0.4, 0.3, 0.3, 0.0, 0.0], GEMS, 0.0) == "beryl/aquamarine"


def test_a_family_that_is_a_label_is_an_answer() -> None:
    assert answer([0.9, 0.1, 0.0, 0.0, 0.0], GEMS, 0.9) == "amber"


def test_paths_by_hand() -> None:
    found = paths([EMERALD, np.array([0.9, 0.1, 0.0, 0.0, 0.0])], GEMS)
    assert found.nodes.tolist() == [[1, 3, 4], [0, -1, -1]]
    np.testing.assert_allclose(found.probabilities, [[0.875, 0.75, 0.5], [0.9, -np.inf, -np.inf]])
    assert found.depths(0.6).tolist() == [2, 1]


@given(random_images())
def test_probability_never_rises_along_a_path(images: Images) -> None:
    found = paths(images.probabilities, images.space)
    of_node = node_probabilities(images.probabilities, images.space.membership)
    for nodes, along in zip(found.nodes, found.probabilities, strict=True):
        route = [images.space.nodes[node] for node in nodes if node >= 0]
        assert all(child.rpartition("/")[0] == parent for parent, child in pairwise(route))
        assert np.all(along[:-1] >= along[1:])
    for row, probabilities in zip(found.nodes, of_node, strict=True):
        assert probabilities[row[0]] == probabilities[: len(images.space.families)].max()


@given(random_images(), st.floats(0, 1), st.floats(0, 1))
def test_a_higher_threshold_never_answers_deeper(images: Images, one: float, other: float) -> None:
    loose, strict = answers(images, min(one, other)), answers(images, max(one, other))
    for deep, shallow in zip(loose, strict, strict=True):
        assert shallow is None or f"{deep}/".startswith(f"{shallow}/")


@given(random_images(), st.floats(0.01, 1), st.floats(0.01, 1))
def test_asking_for_more_precision_never_answers_deeper(images: Images, one: float, other: float) -> None:
    table = fit_thresholds(images.probabilities, images.truth, images.space)
    low, high = (table.threshold_for(precision) for precision in sorted((one, other)))
    assert low <= high
    for deep, shallow in zip(answers(images, low), answers(images, high), strict=True):
        assert shallow is None or f"{deep}/".startswith(f"{shallow}/")


@given(random_images(), st.sampled_from([0.5, 0.8, 0.95]))
def test_the_threshold_is_the_lowest_that_keeps_the_precision(images: Images, confidence: float) -> None:
    table = fit_thresholds(images.probabilities, images.truth, images.space, confidence=confidence)
    along = paths(images.probabilities, images.space).probabilities
    tried = np.unique(np.append(along[np.isfinite(along)], 0.0))
    kept = np.array([precision_of(images, threshold) for threshold in tried])
    for row in table.rows:
        if row.reached:
            assert row.observed is not None
            assert row.observed >= row.precision
            assert precision_of(images, row.threshold) == pytest.approx(row.observed)
        else:
            assert row.threshold >= row.precision
        if confidence == 0.5:
            lowest = tried[kept >= row.precision]
            assert row.reached == (len(lowest) > 0)
            if row.reached:
                assert row.threshold == lowest[0]
        assert sum(row.depths) == pytest.approx(row.answered)
        assert row.answered == pytest.approx(np.mean([node is not None for node in answers(images, row.threshold)]))


@given(random_images(), st.integers(0, 2**32 - 1))
def test_order_of_pictures_does_not_matter(images: Images, seed: int) -> None:
    order = np.random.default_rng(seed).permutation(len(images.truth))
    shuffled = fit_thresholds(images.probabilities[order], images.truth[order], images.space)
    table = fit_thresholds(images.probabilities, images.truth, images.space)
    assert [row.threshold for row in shuffled.rows] == [row.threshold for row in table.rows]


def test_precision_is_kept_on_pictures_never_seen() -> None:
    kept = []
    for seed in range(20):
        seen, unseen = images_of(GEMS, 400, seed), images_of(GEMS, 4000, 1000 + seed)
        table = fit_thresholds(seen.probabilities, seen.truth, GEMS)
        kept.append([precision_of(unseen, table.threshold_for(asked)) >= asked - 0.005 for asked in (0.7, 0.8, 0.9)])
    assert np.mean(kept) >= 0.8


def test_a_handful_of_lucky_pictures_opens_no_threshold() -> None:
    table = fit_thresholds([EMERALD] * 5, [3] * 5, GEMS)
    assert not table.rows[-1].reached
    assert table.threshold_for(0.99) == 0.99


def test_without_pictures_probabilities_are_taken_at_their_word() -> None:
    table = fit_thresholds(np.zeros((0, 5)), [], GEMS)
    for row in table.rows:
        assert (row.threshold, row.reached, row.observed, row.answered) == (row.precision, False, None, 0)
        assert row.depths == (0, 0, 0)


def test_a_deeper_answer_than_the_label_is_wrong() -> None:
    table = fit_thresholds([EMERALD] * 50, [2] * 50, GEMS, precisions=(0.9,))
    assert answer(EMERALD, GEMS, table.threshold_for(0.9)) == "beryl/emerald"


def test_parents_off_the_route_can_be_declared_right() -> None:
    right = GEMS.membership.copy()
    right[0, GEMS.node_index("beryl")] = True
    by_route = fit_thresholds([EMERALD] * 50, [0] * 50, GEMS, precisions=(0.9,))
    declared = fit_thresholds([EMERALD] * 50, [0] * 50, GEMS, precisions=(0.9,), right=right)
    assert not by_route.rows[0].reached
    assert answer(EMERALD, GEMS, declared.threshold_for(0.9)) == "beryl"


def row(precision: float, threshold: float) -> Threshold:
    return Threshold(
        precision=precision, threshold=threshold, reached=True, observed=1.0, answered=1.0, depths=(0.5, 0.5)
    )


def test_asked_precisions_are_rounded_up() -> None:
    table = Thresholds((row(0.5, 0.1), row(0.9, 0.7)))
    assert [table.threshold_for(asked) for asked in (0.2, 0.5, 0.51, 0.9)] == [0.1, 0.1, 0.7, 0.7]
    assert table.row_for(0.6) == table.rows[1]
    assert table.row_for(0.95) is None


def test_above_the_table_the_probability_must_be_as_high_as_asked() -> None:
    assert Thresholds((row(0.9, 0.7),)).threshold_for(0.95) == 0.95
    assert Thresholds((row(0.9, 0.98),)).threshold_for(0.95) == 0.98
    assert Thresholds(()).threshold_for(0.8) == 0.8


@given(random_images())
def test_a_table_survives_json(images: Images) -> None:
    table = fit_thresholds(images.probabilities, images.truth, images.space)
    assert [row.precision for row in table.rows] == list(DEFAULT_PRECISIONS)
    assert Thresholds.from_dict(json.loads(json.dumps(table.to_dict()))) == table


def test_tables_that_contradict_themselves_are_refused() -> None:
    with pytest.raises(ValueError, match="must not fall"):
        Thresholds((row(0.5, 0.7), row(0.9, 0.6)))
    with pytest.raises(ValueError, match="must rise"):
        Thresholds((row(0.5, 0.7), row(0.5, 0.7)))
    with pytest.raises(ValueError, match=r"0\.\.1"):
        Thresholds((row(0.5, 1.7),))
    with pytest.raises(ValueError, match="table of thresholds"):
        Thresholds.from_dict([{"precision": 0.5}])


@pytest.mark.parametrize("asked", [0.0, -1.0, 1.5, float("nan")])
def test_impossible_precisions_are_refused(asked: float) -> None:
    with pytest.raises(ValueError, match="above 0"):
        Thresholds((row(0.5, 0.1),)).threshold_for(asked)


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="column per label"):
        answer([0.5, 0.5], GEMS, 0.5)
    with pytest.raises(ValueError, match="truth"):
        fit_thresholds([EMERALD], [0, 1], GEMS)
    with pytest.raises(ValueError, match="truth"):
        fit_thresholds([EMERALD], [5], GEMS)
    with pytest.raises(ValueError, match="confidence"):
        fit_thresholds([EMERALD], [0], GEMS, confidence=0.2)
    with pytest.raises(ValueError, match="labels by nodes"):
        fit_thresholds([EMERALD], [0], GEMS, right=np.ones((2, 2), dtype=bool))


def test_no_pictures_have_no_paths() -> None:
    found = paths(np.zeros((0, 5)), GEMS)
    assert isinstance(found, Paths)
    assert found.answers(0.5).shape == (0,)
