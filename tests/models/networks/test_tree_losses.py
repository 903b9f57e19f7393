"""Losses that know the tree, against the formulas written out in numpy."""

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemhier.hierarchy.decoding import node_probabilities, softmax
from gemhier.hierarchy.labels import LabelSpace, route
from gemhier.hierarchy.metrics import severity_matrix
from gemhier.models.networks.heads import CrossEntropy, losses
from gemhier.models.networks.tree_losses import SoftLabels, SummedLeaves

SPACE = LabelSpace(
    ("beryl/aquamarine", "beryl/emerald", "beryl/emerald/colombian", "corundum/ruby", "corundum/sapphire", "quartz")
)
V = len(SPACE)
SEEDS = st.integers(0, 2**32 - 1)
SCALES = st.sampled_from([0.0, 1.0, 5.0])


def some(seed: int, scale: float, n: int = 4) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    return generator.integers(0, V, n), generator.normal(0, scale, (n, V)).astype(np.float32)


@given(SEEDS, SCALES, st.sampled_from([0.0, 0.1]))
def test_summed_leaves_are_the_likelihood_of_every_level(seed: int, scale: float, smoothing: float) -> None:
    truth, logits = some(seed, scale)
    found = SummedLeaves(SPACE, smoothing).call(truth, logits).numpy()
    of_label = softmax(logits)
    of_node = node_probabilities(of_label, SPACE.membership)
    for image, column in enumerate(truth):
        label = SPACE.labels[column]
        levels = [of_node[image, SPACE.node_index(node)] for node in route(label)]
        if label == "beryl/emerald":
            levels.append(of_label[image, column])  # it stands above another label, and for itself
        expected = -(1 - smoothing) * np.mean(np.log(levels)) - smoothing * np.log(of_label[image]).mean()
        assert found[image] == pytest.approx(expected, rel=1e-4, abs=1e-5)


@pytest.mark.parametrize("scale", [100.0, 1000.0])
def test_summed_leaves_stay_finite(scale: float) -> None:
    truth, logits = some(0, scale)
    assert np.isfinite(SummedLeaves(SPACE, 0.1).call(truth, logits).numpy()).all()


@given(SEEDS, SCALES)
def test_without_a_tree_summed_leaves_are_cross_entropy(seed: int, scale: float) -> None:
    alone = LabelSpace(tuple("abcdef"))
    truth, logits = some(seed, scale)
    found = SummedLeaves(alone, 0.1).call(truth, logits).numpy()
    np.testing.assert_allclose(found, CrossEntropy(0.1).call(truth, logits).numpy(), rtol=1e-4, atol=1e-5)


def test_a_mistake_within_the_family_costs_less() -> None:
    emerald, aquamarine, ruby = (SPACE.index(label) for label in ("beryl/emerald", "beryl/aquamarine", "corundum/ruby"))
    sure_of = 4 * np.eye(V, dtype=np.float32)
    for loss in (SummedLeaves(SPACE, 0.1), SoftLabels(SPACE)):
        of_aquamarine, of_ruby = loss.call(np.array([emerald, emerald]), sure_of[[aquamarine, ruby]]).numpy()
        assert of_aquamarine < of_ruby


@given(SEEDS, SCALES, st.sampled_from([1.0, 10.0]))
def test_soft_labels_fall_with_the_height_of_the_common_ancestor(seed: int, scale: float, sharpness: float) -> None:
    truth, logits = some(seed, scale)
    found = SoftLabels(SPACE, sharpness).call(truth, logits).numpy()
    heights = severity_matrix(SPACE)
    for image, column in enumerate(truth):
        target = np.exp(-sharpness * heights[column] / heights.max())
        expected = -(target / target.sum()) @ np.log(softmax(logits[image]))
        assert found[image] == pytest.approx(expected, rel=1e-4, abs=1e-5)


def test_the_named_loss_is_that_of_the_flat_head() -> None:
    kinds = {"cross-entropy": CrossEntropy, "summed-leaves": SummedLeaves, "soft-labels": SoftLabels}
    for name, kind in kinds.items():
        chosen = losses(SPACE, "both", 0.1, flat=name)
        assert type(chosen["flat"]) is kind
        assert type(chosen["family"]) is type(chosen["regional"]) is CrossEntropy
    assert isinstance(chosen["flat"], keras.losses.Loss)
    with pytest.raises(ValueError, match="summed-leaves"):
        losses(SPACE, "flat", 0.1, flat="hinge")
