"""Trees of the same shape, drawn by chance or learned from what is confused."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemhier.arrays import Indices
from gemhier.hierarchy.labels import LabelSpace
from gemhier.pipeline.experiments.trees import confusion_similarity, learned_tree, random_tree

SPACE = LabelSpace(("beryl/a", "beryl/b", "beryl/c", "corundum/a", "corundum/b", "opal/a", "opal/b", "quartz"))
V = len(SPACE)


def families(places: Indices) -> list[set[int]]:
    return [set(np.flatnonzero(SPACE.parents[places] == family).tolist()) for family in range(len(SPACE.families))]


@given(st.integers(0, 1000))
def test_every_label_has_a_place_of_its_own(seed: int) -> None:
    alike = np.random.default_rng(seed).random((V, V))
    for places in (random_tree(SPACE, seed), learned_tree(alike, SPACE)):
        assert sorted(places.tolist()) == list(range(V))
        assert [len(family) for family in families(places)] == np.bincount(SPACE.parents).tolist()


def test_chance_draws_another_tree_for_another_seed() -> None:
    assert random_tree(SPACE, 1).tolist() == random_tree(SPACE, 1).tolist() != random_tree(SPACE, 2).tolist()


@given(st.permutations(range(V)))
def test_families_that_confuse_themselves_alone_are_found(order: list[int]) -> None:
    hidden = [set(order[:3]), set(order[3:5]), set(order[5:7]), set(order[7:])]
    alike = np.zeros((V, V))
    for family in hidden:
        for first, second in itertools.permutations(family, 2):
            alike[first, second] = 1
    found = families(learned_tree(alike, SPACE))
    assert found[0] == hidden[0]
    assert {frozenset(family) for family in found} == {frozenset(family) for family in hidden}


@given(st.integers(0, 1000))
def test_no_exchange_of_two_labels_brings_more_likeness_into_families(seed: int) -> None:
    alike = np.random.default_rng(seed).random((V, V))
    alike += alike.T

    def likeness(family_of: Indices) -> float:
        same = family_of[:, None] == family_of[None]
        return float(alike[same & ~np.eye(V, dtype=np.bool_)].sum())

    family_of = SPACE.parents[learned_tree(alike, SPACE)]
    for first, second in itertools.combinations(range(V), 2):
        exchanged = family_of.copy()
        exchanged[[first, second]] = exchanged[[second, first]]
        assert likeness(exchanged) <= likeness(family_of) + 1e-9


def test_what_looks_alike_is_confused() -> None:
    generator = np.random.default_rng(0)
    truth = np.repeat(np.arange(4), 12)
    centres = np.array([[0.0, 0], [0.4, 0], [9, 9], [9, 9.4]])
    features = (centres[truth] + generator.normal(0, 1, (48, 2))).astype(np.float32)
    found = confusion_similarity(features, truth, [str(image) for image in range(48)], 5, 0)
    np.testing.assert_allclose(found[:4].sum(axis=1), 1)
    assert not found[4].any()
    assert found[0, 1] > found[0, 2:].max()
    assert found[3, 2] > found[3, :2].max()


def test_likeness_must_be_of_all_pairs() -> None:
    with pytest.raises(ValueError, match=r"\(8, 8\)"):
        learned_tree(np.zeros((3, 3)), SPACE)
