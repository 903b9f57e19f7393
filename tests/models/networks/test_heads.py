"""Heads and losses against numpy, at ordinary logits and at extreme ones."""

import itertools

import keras
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gemhier.arrays import Float32, Float64, Indices
from gemhier.hierarchy.decoding import conditional, soft, softmax
from gemhier.hierarchy.labels import LabelSpace
from gemhier.models.networks.heads import (
    CrossEntropy,
    FamilyFromFlat,
    FlatFromHierarchy,
    Standardise,
    family_members,
    losses,
)
from gemhier.models.networks.modes import MODES
from gemhier.models.runtime.logits import HEADS

SPACE = LabelSpace(
    ("beryl/aquamarine", "beryl/emerald", "beryl/emerald/colombian", "corundum/ruby", "corundum/sapphire", "quartz")
)
V, F = len(SPACE), len(SPACE.families)
QUARTZ = SPACE.index("quartz")
SCALES = st.sampled_from([0.0, 1.0, 30.0, 1000.0])


def logits(seed: int, scale: float, columns: int = V, n_images: int = 4) -> Float32:
    return np.random.default_rng(seed).normal(0, scale, (n_images, columns)).astype(np.float32)


def log_sum_exp(values: npt.NDArray[np.floating]) -> Float64:
    largest = values.max(axis=1, keepdims=True).astype(np.float64)
    return np.asarray(np.log(np.exp(values - largest).sum(axis=1)) + largest[:, 0])


def test_members_stand_in_the_column_of_their_family() -> None:
    expected = [[1, 0, 0]] * 3 + [[0, 1, 0]] * 2 + [[0, 0, 1]]
    assert family_members(SPACE).tolist() == expected


def test_every_mode_trains_heads_that_exist() -> None:
    assert set(itertools.chain(*MODES.values())) == set(HEADS)
    assert MODES["both"] == HEADS


@given(st.integers(0, 2**32 - 1), SCALES)
def test_families_of_a_flat_classifier_are_summed_labels(seed: int, scale: float) -> None:
    flat = logits(seed, scale)
    found = FamilyFromFlat(SPACE)(flat).numpy()
    expected = np.stack([log_sum_exp(flat[:, SPACE.parents == family]) for family in range(F)], axis=1)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)
    members = family_members(SPACE)
    np.testing.assert_allclose(softmax(found), softmax(flat) @ members, atol=1e-4)


@given(st.integers(0, 2**32 - 1), SCALES, SCALES)
def test_the_flat_view_of_a_hierarchy_is_soft_routing(seed: int, scale: float, regional_scale: float) -> None:
    family, regional = logits(seed, scale, F), logits(seed + 1, regional_scale)
    found = FlatFromHierarchy(SPACE)(family, regional).numpy()
    assert np.all(np.isfinite(found))
    within = conditional(regional, SPACE.parents)
    expected = soft(softmax(family), within, SPACE.parents)
    np.testing.assert_allclose(np.exp(found.astype(np.float64)), expected, atol=1e-3)
    np.testing.assert_allclose(softmax(found), expected, atol=1e-3)


@given(st.integers(0, 2**32 - 1), st.lists(st.floats(-500, 500, width=32), min_size=F, max_size=F))
def test_the_level_of_a_regional_network_does_not_matter(seed: int, levels: list[float]) -> None:
    family, regional = logits(seed, 1, F), logits(seed + 1, 1)
    layer = FlatFromHierarchy(SPACE)
    shifted = regional + np.array(levels, dtype=np.float32)[SPACE.parents]
    np.testing.assert_allclose(layer(family, shifted), layer(family, regional), atol=1e-3)


@given(st.integers(0, 2**32 - 1), SCALES, st.sampled_from([0.0, 0.1, 0.5, 1.0]))
def test_the_flat_loss_is_smoothed_cross_entropy(seed: int, scale: float, smoothing: float) -> None:
    flat = logits(seed, scale)
    truth = np.random.default_rng(seed).integers(0, V, len(flat))
    found = CrossEntropy(smoothing).call(truth, flat)
    log_probabilities = flat - log_sum_exp(flat)[:, None]
    target = (1 - smoothing) * np.eye(V)[truth] + smoothing / V
    np.testing.assert_allclose(found, -np.sum(target * log_probabilities, axis=1), rtol=1e-4, atol=1e-4)


@given(st.integers(0, 2**32 - 1), SCALES, st.sampled_from([0.0, 0.1, 0.5]))
def test_the_regional_loss_is_that_of_the_true_family_alone(seed: int, scale: float, smoothing: float) -> None:
    regional = logits(seed, scale)
    truth = np.random.default_rng(seed).integers(0, V, len(regional))
    found = losses(SPACE, "both", smoothing)["regional"].call(truth, regional)
    for loss, row, label in zip(found.numpy(), regional, truth, strict=True):
        siblings = np.flatnonzero(SPACE.parents == SPACE.parents[label])
        log_probabilities = row[siblings] - log_sum_exp(row[None, siblings])
        target = (1 - smoothing) * (siblings == label) + smoothing / len(siblings)
        np.testing.assert_allclose(loss, -np.sum(target * log_probabilities), rtol=1e-4, atol=1e-4)


def gradient(loss: CrossEntropy, truth: Indices, values: Float32) -> Float32:
    import tensorflow as tf

    with tf.GradientTape() as tape:
        variable = tf.Variable(values)
        total = tf.reduce_sum(loss.call(truth, variable))
    found: Float32 = tape.gradient(total, variable).numpy()
    return found


@given(st.integers(0, 2**32 - 1), SCALES, st.sampled_from([0.0, 0.1]))
@settings(max_examples=50)
def test_the_gradient_is_probability_less_target(seed: int, scale: float, smoothing: float) -> None:
    values = logits(seed, scale)
    truth = np.random.default_rng(seed).integers(0, V, len(values))
    pulls = gradient(losses(SPACE, "both", smoothing)["regional"], truth, values)
    siblings = SPACE.parents[truth][:, None] == SPACE.parents[None]
    within = conditional(values, SPACE.parents)
    target = (1 - smoothing) * np.eye(V)[truth] + smoothing * siblings / siblings.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(pulls, np.where(siblings, within - target, 0), atol=1e-4)
    assert np.all(pulls[~siblings] == 0)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_a_familys_only_label_teaches_its_regional_network_nothing(smoothing: float) -> None:
    loss, values = losses(SPACE, "both", smoothing)["regional"], logits(3, 10)
    truth = np.full(len(values), QUARTZ)
    np.testing.assert_array_equal(loss.call(truth, values), 0)
    np.testing.assert_array_equal(gradient(loss, truth, values), 0)


@pytest.mark.parametrize("extreme", [1e4, -1e4, 1e8, -1e8])
def test_extreme_logits_stay_finite(extreme: float) -> None:
    values = np.zeros((V, V), np.float32)
    np.fill_diagonal(values, extreme)
    truth = np.roll(np.arange(V), 1)
    for head, loss in losses(SPACE, "both", 0.1).items():
        columns = F if head == "family" else V
        found = values[:, :columns]
        wanted = SPACE.parents[truth] if head == "family" else truth
        assert np.all(np.isfinite(loss.call(wanted, found)))
        assert np.all(np.isfinite(gradient(loss, wanted, found)))
    assert np.all(np.isfinite(FamilyFromFlat(SPACE)(values)))
    assert np.all(np.isfinite(FlatFromHierarchy(SPACE)(values[:, :F], values)))


@pytest.mark.parametrize("mode", MODES)
def test_only_trained_heads_have_a_loss(mode: str) -> None:
    assert tuple(losses(SPACE, mode, 0.1)) == MODES[mode]


@pytest.mark.parametrize("shape", [(3,), (3, 1)])
def test_a_loss_is_the_mean_over_pictures(shape: tuple[int, ...]) -> None:
    loss, values, truth = CrossEntropy(0.1), logits(0, 2, n_images=3), np.array([5, 0, 2], np.int32)
    assert float(loss(truth.reshape(shape), values)) == pytest.approx(float(np.mean(loss.call(truth, values))))


def test_standardised_features_have_mean_0_and_variance_1() -> None:
    chance = np.random.default_rng(0)
    features = (chance.normal(0, 1, (500, 4)) * [0.5, 1, 2, 1] + [3, 0, -7, 100]).astype(np.float32)
    layer = Standardise()
    np.testing.assert_array_equal(layer(features), features)  # the identity until then
    layer.adapt(features)
    scaled = layer(features).numpy()
    np.testing.assert_allclose(scaled.mean(axis=0), 0, atol=1e-4)
    np.testing.assert_allclose(scaled.std(axis=0), 1, atol=1e-4)
    assert layer.trainable_weights == []


def test_a_feature_that_hardly_varies_does_not_shout() -> None:
    features = np.random.default_rng(0).normal(0, 1, (1000, 3)).astype(np.float32)
    features[:, 1] = 0
    features[:, 2] *= 1e-3
    layer = Standardise()
    layer(features)
    layer.adapt(features)
    scaled = layer(np.ones((1, 3), np.float32)).numpy()
    assert np.all(np.isfinite(scaled))
    # Two thirds of the mean variance come from nowhere: a hundredth of 1/3 is the least that counts.
    np.testing.assert_allclose(scaled[0, 1:], 1 / np.sqrt(0.01 / 3), rtol=0.1)


def test_features_that_never_vary_are_finite() -> None:
    layer = Standardise()
    layer(np.zeros((2, 3), np.float32))
    layer.adapt(np.full((10, 3), 2, np.float32))
    np.testing.assert_array_equal(layer(np.full((1, 3), 2, np.float32)), np.zeros((1, 3)))


def test_the_scaling_is_saved_with_the_weights() -> None:
    features = np.random.default_rng(0).normal(5, 3, (50, 4)).astype(np.float32)

    def build() -> keras.Model:
        inputs = keras.Input((4,))
        return keras.Model(inputs, Standardise(name="standardise")(inputs))

    one, other = build(), build()
    one.get_layer("standardise").adapt(features)
    other.set_weights(one.get_weights())
    np.testing.assert_array_equal(other(features), one(features))
    assert abs(float(np.mean(other(features)))) < 1e-4
