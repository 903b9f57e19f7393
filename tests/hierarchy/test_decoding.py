"""Decoding: probabilities that sum to 1, in four ways, and up the tree."""

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemhier.arrays import Float32, Float64
from gemhier.hierarchy.decoding import (
    STRATEGIES,
    Strategy,
    conditional,
    fused,
    hard,
    node_probabilities,
    soft,
    softmax,
    strategies,
)
from gemhier.hierarchy.labels import LabelSpace, label_space


@dataclass(frozen=True)
class Logits:
    """What a network might say about some pictures, in a random label space."""

    space: LabelSpace
    flat: Float32
    family: Float32
    regional: Float32


@st.composite
def random_logits(draw: st.DrawFn) -> Logits:
    paths = st.lists(st.sampled_from(["a", "b", "b-c", "d"]), min_size=1, max_size=3).map("/".join)
    space = label_space(draw(st.lists(paths, min_size=1, max_size=15)))
    n_images = draw(st.integers(1, 4))
    scale = draw(st.sampled_from([0.0, 1.0, 10.0, 1000.0]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    shapes = (len(space), len(space.families), len(space))
    flat, family, regional = (
        rng.normal(0, scale, (n_images, columns)).astype(np.float32)
        if scale
        else np.zeros((n_images, columns), np.float32)
        for columns in shapes
    )
    return Logits(space, flat, family, regional)


def decoded(logits: Logits, weight: float = 0.5) -> dict[Strategy, Float64]:
    parents = logits.space.parents
    return strategies(
        softmax(logits.flat), softmax(logits.family), conditional(logits.regional, parents), parents, weight
    )


@given(random_logits(), st.floats(0, 1))
def test_every_strategy_sums_to_one(logits: Logits, weight: float) -> None:
    ways = decoded(logits, weight)
    assert tuple(ways) == STRATEGIES
    for probabilities in ways.values():
        assert probabilities.shape == logits.flat.shape
        assert probabilities.dtype == np.float64
        assert np.all(probabilities >= 0)
        np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-12)


@given(random_logits())
def test_conditional_sums_to_one_within_each_family(logits: Logits) -> None:
    within = conditional(logits.regional, logits.space.parents)
    for family in range(len(logits.space.families)):
        np.testing.assert_allclose(within[:, logits.space.parents == family].sum(axis=1), 1, rtol=1e-12)


@given(random_logits())
def test_fused_is_flat_at_weight_one_and_soft_at_weight_zero(logits: Logits) -> None:
    np.testing.assert_allclose(decoded(logits, 1)["fused"], decoded(logits)["flat"], atol=1e-14)
    np.testing.assert_allclose(decoded(logits, 0)["fused"], decoded(logits)["soft"], atol=1e-14)


@given(random_logits())
def test_soft_keeps_the_family_probabilities(logits: Logits) -> None:
    families = softmax(logits.family)
    nodes = node_probabilities(decoded(logits)["soft"], logits.space.membership)
    np.testing.assert_allclose(nodes[:, : families.shape[1]], families, atol=1e-12)


@given(random_logits())
def test_hard_leaves_nothing_outside_the_most_probable_family(logits: Logits) -> None:
    best = logits.family.argmax(axis=1)
    outside = logits.space.parents[None, :] != best[:, None]
    assert np.all(decoded(logits)["hard"][outside] == 0)


@given(random_logits())
def test_no_child_is_more_probable_than_its_parent(logits: Logits) -> None:
    for probabilities in decoded(logits).values():
        nodes = node_probabilities(probabilities, logits.space.membership)
        assert np.all((nodes >= 0) & (nodes <= 1))
        for parent, children in enumerate(logits.space.children):
            assert np.all(nodes[:, children] <= nodes[:, [parent]])


@given(random_logits(), st.integers(0, 2**32 - 1))
def test_order_of_pictures_and_of_families_does_not_matter(logits: Logits, seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = rng.permutation(len(logits.flat))
    shuffled = Logits(logits.space, logits.flat[rows], logits.family[rows], logits.regional[rows])
    for name, probabilities in decoded(logits).items():
        np.testing.assert_array_equal(decoded(shuffled)[name], probabilities[rows])

    columns = rng.permutation(len(logits.space))
    parents = logits.space.parents[columns]
    np.testing.assert_allclose(
        conditional(logits.regional[:, columns], parents),
        conditional(logits.regional, logits.space.parents)[:, columns],
        atol=1e-12,
    )


def test_temperature_flattens() -> None:
    assert softmax([[2.0, 0.0]], 1000.0)[0, 0] == pytest.approx(0.5, abs=1e-3)
    assert softmax([[2.0, 0.0]], 0.01)[0, 0] == pytest.approx(1.0)
    np.testing.assert_allclose(softmax([[2.0, 0.0]], 2.0), softmax([[1.0, 0.0]]))


def test_each_family_has_its_own_temperature() -> None:
    parents = np.array([0, 0, 1, 1])
    within = conditional([[2.0, 0.0, 2.0, 0.0]], parents, [1.0, 2.0])
    np.testing.assert_allclose(within[0, :2], softmax([2.0, 0.0]))
    np.testing.assert_allclose(within[0, 2:], softmax([1.0, 0.0]))


def test_an_only_label_is_certain_within_its_family() -> None:
    assert conditional([[-40.0, 3.0, 5.0]], np.array([0, 1, 1]))[0, 0] == 1


def test_a_small_case_by_hand() -> None:
    parents = np.array([0, 1, 1])
    families, within = np.array([[0.4, 0.6]]), np.array([[1.0, 0.25, 0.75]])
    np.testing.assert_allclose(soft(families, within, parents), [[0.4, 0.15, 0.45]])
    np.testing.assert_allclose(hard(families, within, parents), [[0.0, 0.25, 0.75]])
    np.testing.assert_allclose(fused([[0.8, 0.2]], [[0.2, 0.8]], 0.5), [[0.5, 0.5]])


def test_fused_survives_two_certain_voices_that_contradict_each_other() -> None:
    np.testing.assert_allclose(fused([[1.0, 0.0]], [[0.0, 1.0]], 0.5), [[0.5, 0.5]])


def test_no_pictures_give_no_rows() -> None:
    parents = np.array([0, 1, 1])
    none, none_of_families = np.zeros((0, 3)), np.zeros((0, 2))
    for probabilities in strategies(none, none_of_families, conditional(none, parents), parents, 0.5).values():
        assert probabilities.shape == (0, 3)


@pytest.mark.parametrize("temperature", [0.0, -1.0, float("nan")])
def test_temperature_must_be_above_zero(temperature: float) -> None:
    with pytest.raises(ValueError, match="above 0"):
        softmax([[1.0]], temperature)
    with pytest.raises(ValueError, match="above 0"):
        conditional([[1.0]], np.array([0]), [temperature])


def test_shapes_that_do_not_fit_are_refused() -> None:
    parents = np.array([0, 1, 1])
    with pytest.raises(ValueError, match="column per label"):
        conditional(np.zeros((2, 4)), parents)
    with pytest.raises(ValueError, match="one per family"):
        conditional(np.zeros((2, 3)), parents, [1.0])
    with pytest.raises(ValueError, match="column per family"):
        soft(np.zeros((2, 3)), np.zeros((2, 3)), parents)
    with pytest.raises(ValueError, match="one row per picture"):
        soft(np.zeros((2, 2)), np.zeros((1, 3)), parents)
    with pytest.raises(ValueError, match="column per family"):
        hard(np.zeros((2, 0)), np.zeros((2, 3)), parents)
    with pytest.raises(ValueError, match="both be"):
        fused(np.zeros((2, 3)), np.zeros((3, 2)), 0.5)
    with pytest.raises(ValueError, match="between 0 and 1"):
        fused(np.zeros((2, 3)), np.zeros((2, 3)), 1.5)
    with pytest.raises(ValueError, match="every family"):
        conditional(np.zeros((2, 2)), np.array([0, 2]))
    with pytest.raises(ValueError, match="column per label"):
        node_probabilities(np.zeros((2, 4)), np.ones((3, 5), dtype=bool))
