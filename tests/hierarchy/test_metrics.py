"""Metrics: perfect is perfect, the order does not matter, and others count the same."""

from collections.abc import Iterable
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemhier.hierarchy.decoding import node_probabilities, softmax
from gemhier.hierarchy.labels import LabelSpace, label_space, route
from gemhier.hierarchy.metrics import (
    Ancestry,
    ancestry,
    brier_scores,
    class_scores,
    confusion,
    expected_calibration_error,
    family_hits,
    hierarchical_counts,
    log_losses,
    mistake_severities,
    ranks,
    severity_matrix,
    tolerant_hits,
    top_k_hits,
)

SEEDS = st.integers(0, 2**32 - 1)
PATHS = st.lists(st.sampled_from(["a", "b", "b-c", "d"]), min_size=1, max_size=4).map("/".join)
SPACES = st.lists(PATHS, min_size=1, max_size=12).map(label_space)

GEMS = LabelSpace(("amber", "beryl/aquamarine", "beryl/emerald", "beryl/emerald/colombian", "beryl/emerald/zambian"))


def above(node: str) -> Iterable[str]:
    return route(node)[:-1]


def test_rank_counts_ties_before_the_truth() -> None:
    probabilities = [[0.5, 0.3, 0.2, 0.0], [0.4, 0.4, 0.2, 0.0], [0.4, 0.4, 0.2, 0.0]]
    assert ranks(probabilities, [2, 0, 3]).tolist() == [3, 2, 5]


@given(SEEDS, st.integers(1, 8), st.integers(1, 6))
def test_a_truth_without_probability_is_never_a_hit(seed: int, n_images: int, n_classes: int) -> None:
    rng = np.random.default_rng(seed)
    truth = rng.integers(n_classes, size=n_images)
    probabilities = rng.random((n_images, n_classes))
    probabilities[np.arange(n_images), truth] = 0
    assert not top_k_hits(probabilities, truth, n_classes).any()


@given(SEEDS, st.integers(1, 8), st.integers(1, 6))
def test_more_guesses_never_hit_less(seed: int, n_images: int, n_classes: int) -> None:
    rng = np.random.default_rng(seed)
    probabilities, truth = softmax(rng.normal(size=(n_images, n_classes))), rng.integers(n_classes, size=n_images)
    hits = [top_k_hits(probabilities, truth, k) for k in range(1, n_classes + 1)]
    assert all(np.all(fewer <= more) for fewer, more in pairwise(hits))
    assert hits[-1].all()
    np.testing.assert_array_equal(hits[0], probabilities.argmax(axis=1) == truth)


@given(SPACES, SEEDS, st.integers(1, 6))
def test_family_hits_follow_the_summed_families(space: LabelSpace, seed: int, n_images: int) -> None:
    rng = np.random.default_rng(seed)
    probabilities = softmax(rng.normal(size=(n_images, len(space))))
    families = node_probabilities(probabilities, space.membership)[:, : len(space.families)]
    truth = rng.integers(len(space.families), size=n_images)
    np.testing.assert_array_equal(family_hits(probabilities, truth, space.parents), families.argmax(axis=1) == truth)


def test_family_can_differ_from_that_of_the_best_label() -> None:
    probabilities = [[0.4, 0.3, 0.3, 0.0, 0.0]]
    assert top_k_hits(probabilities, [0], 1).tolist() == [1]
    assert family_hits(probabilities, [1], GEMS.parents).tolist() == [1]


def test_class_scores_by_hand() -> None:
    truth, predicted = [0, 0, 0, 1, 1, 3], [0, 0, 1, 1, -1, 0]
    assert confusion(truth, predicted, 4).tolist() == [[2, 1, 0, 0], [0, 1, 0, 0], [0, 0, 0, 0], [1, 0, 0, 0]]
    scores = class_scores(truth, predicted, 4)
    np.testing.assert_allclose(scores.precision, [2 / 3, 1 / 2, np.nan, np.nan])
    np.testing.assert_allclose(scores.recall, [2 / 3, 1 / 2, np.nan, 0])
    assert scores.support.tolist() == [3, 2, 0, 1]
    assert scores.predicted.tolist() == [3, 2, 0, 0]


@given(SEEDS, st.integers(0, 30), st.integers(1, 6))
def test_recalls_weighed_by_support_give_accuracy(seed: int, n_images: int, n_classes: int) -> None:
    rng = np.random.default_rng(seed)
    truth, predicted = rng.integers(n_classes, size=n_images), rng.integers(-1, n_classes, size=n_images)
    scores = class_scores(truth, predicted, n_classes)
    right = np.sum(truth == predicted)
    assert np.nansum(scores.recall * scores.support) == pytest.approx(right)
    assert np.nansum(scores.precision * scores.predicted) == pytest.approx(right)
    assert scores.support.sum() == n_images


@given(SPACES, SEEDS, st.integers(1, 10))
def test_perfect_predictions_are_perfect(space: LabelSpace, seed: int, n_images: int) -> None:
    truth = np.random.default_rng(seed).integers(len(space), size=n_images)
    certain = np.eye(len(space))[truth]
    table = ancestry(space.nodes, above)
    nodes = table.indices(space.labels[label] for label in truth)
    counts = hierarchical_counts(nodes, nodes, table)
    assert top_k_hits(certain, truth, 1).all()
    assert family_hits(certain, space.parents[truth], space.parents).all()
    assert (counts.precision, counts.recall, counts.f1) == (1, 1, 1)
    assert tolerant_hits(nodes, nodes, table).all()
    assert not mistake_severities(truth, truth, space).any()
    assert not brier_scores(certain, truth).any()
    assert not log_losses(certain, truth).any()
    assert expected_calibration_error(certain.max(axis=1), np.ones(n_images)) == 0


def levels(nodes: list[str], depth: int) -> npt.NDArray[np.str_]:
    """Routes as hiclass takes them: one column per level, empty below the node."""
    return np.array([[*route(node), *[""] * (depth - len(route(node)))] for node in nodes])


@given(SPACES, SEEDS, st.integers(1, 12))
def test_hierarchical_scores_agree_with_hiclass(space: LabelSpace, seed: int, n_images: int) -> None:
    metrics = pytest.importorskip("hiclass.metrics", reason="it comes with the extra dev")
    rng = np.random.default_rng(seed)
    truth, predicted = ([space.nodes[i] for i in rng.integers(len(space.nodes), size=n_images)] for _ in range(2))
    table = ancestry(space.nodes, above)
    counts = hierarchical_counts(table.indices(truth), table.indices(predicted), table)
    depth = 1 + max(node.count("/") for node in space.nodes)
    theirs = levels(truth, depth), levels(predicted, depth)
    assert counts.precision == pytest.approx(metrics.precision(*theirs))
    assert counts.recall == pytest.approx(metrics.recall(*theirs))
    if counts.shared.sum():  # hiclass divides 0 by 0 where nothing is shared
        assert counts.f1 == pytest.approx(metrics.f1(*theirs))
    else:
        assert counts.f1 == 0


def test_further_parents_count_as_ancestors() -> None:
    parents = {"opal": (), "trade": (), "trade/fire": ("trade",), "opal/fire": ("opal", "trade/fire", "trade")}
    table = ancestry(parents, parents.__getitem__)
    truth, predicted = table.indices(["opal/fire", "opal/fire"]), table.indices(["trade/fire", None])
    counts = hierarchical_counts(truth, predicted, table)
    assert counts.shared.tolist() == [2, 0]
    assert counts.predicted.tolist() == [2, 0]
    assert counts.true.tolist() == [4, 4]
    assert counts.precision == 1
    assert counts.recall == pytest.approx(2 / 8)
    assert counts.f1 == pytest.approx(2 * (2 / 8) / (1 + 2 / 8))
    assert counts.take(np.array([0, 0])).recall == pytest.approx(1 / 2)
    assert tolerant_hits(truth, predicted, table).tolist() == [1, 0]


def test_nothing_predicted_has_no_precision() -> None:
    table = Ancestry(("a",), np.ones((1, 1), dtype=bool))
    counts = hierarchical_counts([0], [-1], table)
    assert np.isnan(counts.precision)
    assert (counts.recall, counts.f1) == (0, 0)


@given(SPACES)
def test_tolerance_takes_ancestors_and_descendants_but_no_others(space: LabelSpace) -> None:
    table = ancestry(space.nodes, above)
    for truth in space.nodes:
        for predicted in space.nodes:
            hit = tolerant_hits(table.indices([truth]), table.indices([predicted]), table)[0]
            assert hit == (f"{truth}/".startswith(f"{predicted}/") or f"{predicted}/".startswith(f"{truth}/"))


def test_severity_by_hand() -> None:
    assert severity_matrix(GEMS).tolist() == [
        [0, 3, 3, 3, 3],
        [3, 0, 2, 2, 2],
        [3, 2, 0, 1, 1],
        [3, 2, 1, 0, 1],
        [3, 2, 1, 1, 0],
    ]
    assert mistake_severities([3, 3, 3, 3], [3, 4, 0, -1], GEMS).tolist() == [0, 1, 3, 3]


@given(SPACES)
def test_severity_is_a_distance_on_a_tree(space: LabelSpace) -> None:
    severity = severity_matrix(space)
    assert np.array_equal(severity, severity.T)
    assert np.array_equal(severity == 0, np.eye(len(space), dtype=bool))
    # Of three labels, the two largest heights are equal: the heights are ultrametric.
    assert np.all(severity[:, None, :] <= np.maximum(severity[:, :, None], severity[None, :, :]))


def test_calibration_error_by_hand() -> None:
    assert expected_calibration_error([0.9, 0.9, 0.6, 0.6], [1, 1, 1, 0], bins=2) == pytest.approx(0.1)
    assert expected_calibration_error([0.9, 0.9, 0.6, 0.6], [1, 1, 1, 0], bins=1) == pytest.approx(0)
    assert np.isnan(expected_calibration_error([], []))
    # Of four stated 0.9 the wrong one counts thrice: half of the weight is wrong, and 0.4 too much is stated.
    assert expected_calibration_error([0.9] * 4, [1, 1, 1, 0], weights=[1, 1, 1, 3]) == pytest.approx(0.4)
    assert expected_calibration_error([0.9, 0.6], [1, 0], bins=2, weights=[3, 1]) == pytest.approx((0.3 + 0.6) / 4)


def test_calibration_error_of_honest_probabilities_is_small() -> None:
    rng = np.random.default_rng(3)
    stated = rng.random(20000)
    assert expected_calibration_error(stated, rng.random(20000) < stated) < 0.015
    assert expected_calibration_error(stated, rng.random(20000) < stated**2) > 0.1


@given(SEEDS, st.integers(1, 40), st.integers(1, 20))
def test_calibration_error_lies_in_zero_to_one_in_any_order(seed: int, n_images: int, bins: int) -> None:
    rng = np.random.default_rng(seed)
    stated, hits = rng.integers(11, size=n_images) / 10, rng.integers(2, size=n_images)
    error = expected_calibration_error(stated, hits, bins)
    order = rng.permutation(n_images)
    assert 0 <= error <= 1
    assert expected_calibration_error(stated[order], hits[order], bins) == pytest.approx(error)
    assert error >= abs(stated.mean() - hits.mean()) - 1e-12


@given(SEEDS, st.integers(1, 10), st.integers(1, 6))
def test_brier_lies_in_zero_to_two_and_loss_is_not_negative(seed: int, n_images: int, n_classes: int) -> None:
    rng = np.random.default_rng(seed)
    probabilities = softmax(rng.normal(0, 20, size=(n_images, n_classes)))
    truth = rng.integers(n_classes, size=n_images)
    scores = brier_scores(probabilities, truth)
    assert np.all((scores >= 0) & (scores <= 2 + 1e-12))
    assert np.all(log_losses(probabilities, truth) >= 0)


def test_brier_and_loss_by_hand() -> None:
    np.testing.assert_allclose(brier_scores([[0.7, 0.2, 0.1], [0.0, 1.0, 0.0]], [0, 0]), [0.14, 2])
    np.testing.assert_allclose(log_losses([[0.5, 0.5], [1.0, 0.0]], [0, 1]), [np.log(2), 708.4], atol=0.1)


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="one true class per picture"):
        ranks(np.zeros((2, 3)), [0])
    with pytest.raises(ValueError, match="columns from 0 to 2"):
        ranks(np.zeros((2, 3)), [0, -1])
    with pytest.raises(ValueError, match="at least 1"):
        top_k_hits(np.zeros((1, 3)), [0], 0)
    with pytest.raises(ValueError, match="column per label"):
        family_hits(np.zeros((1, 3)), [0], np.array([0, 1]))
    with pytest.raises(ValueError, match="both be"):
        confusion([0, 1], [0], 2)
    with pytest.raises(ValueError, match=r"must lie in 0\.\.1"):
        confusion([0, 2], [0, 1], 2)
    with pytest.raises(ValueError, match="every ancestor"):
        ancestry(["beryl/emerald"], above)
    with pytest.raises(ValueError, match="both be"):
        expected_calibration_error([0.5], [1, 0])
    with pytest.raises(ValueError, match="`weights` must be"):
        expected_calibration_error([0.5], [1], weights=[1, 2])
