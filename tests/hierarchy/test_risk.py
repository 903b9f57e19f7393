"""Deciding by expected cost, against the sums written out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemhier.hierarchy.labels import LabelSpace
from gemhier.hierarchy.metrics import mistake_severities, severity_matrix
from gemhier.hierarchy.risk import by_least_cost, expected_costs

SPACE = LabelSpace(("beryl/aquamarine", "beryl/emerald", "beryl/emerald/colombian", "corundum/ruby", "quartz"))
SEEDS = st.integers(0, 2**32 - 1)


def some_probabilities(seed: int, n_images: int = 5) -> np.ndarray:
    return np.random.default_rng(seed).dirichlet(np.full(len(SPACE), 0.5), n_images)


@given(SEEDS)
def test_the_expected_cost_is_the_sum_over_what_may_be_true(seed: int) -> None:
    probabilities, costs = some_probabilities(seed), severity_matrix(SPACE)
    found = expected_costs(probabilities, costs)
    for image, of_label in enumerate(probabilities):
        for answer in range(len(SPACE)):
            expected = sum(p * costs[label, answer] for label, p in enumerate(of_label))
            assert found[image, answer] == pytest.approx(expected)


@given(SEEDS)
def test_no_other_answer_is_milder_on_average(seed: int) -> None:
    (of_label,), costs = some_probabilities(seed, 1), severity_matrix(SPACE)
    chosen = by_least_cost(of_label[None], costs).argmax()
    everything = np.arange(len(SPACE))
    means = [of_label @ mistake_severities(everything, np.full(len(SPACE), answer), SPACE) for answer in everything]
    assert means[chosen] == pytest.approx(min(means))


@given(SEEDS)
def test_where_all_mistakes_are_alike_the_most_probable_label_wins(seed: int) -> None:
    probabilities = some_probabilities(seed)
    found = by_least_cost(probabilities, 1 - np.eye(len(SPACE)))
    np.testing.assert_allclose(found, probabilities, atol=1e-12)


def test_two_halves_of_one_family_beat_a_larger_stranger() -> None:
    probabilities = [[0.31, 0.31, 0, 0, 0.38]]
    assert np.argmax(probabilities) == 4
    assert by_least_cost(probabilities, severity_matrix(SPACE)).argmax() in (0, 1)


def test_certainty_costs_nothing_and_a_free_world_ranks_nothing() -> None:
    costs = severity_matrix(SPACE)
    assert by_least_cost(np.eye(5), costs).diagonal().tolist() == [1] * 5
    assert by_least_cost(np.eye(5), np.zeros((5, 5))).tolist() == np.ones((5, 5)).tolist()


@pytest.mark.parametrize("costs", [np.zeros((4, 4)), np.zeros((5, 4)), -np.ones((5, 5))])
def test_costs_must_fit(costs: np.ndarray) -> None:
    with pytest.raises(ValueError, match="costs"):
        expected_costs(np.eye(5), costs)
