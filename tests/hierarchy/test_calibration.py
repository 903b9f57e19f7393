"""Calibration: it finds what was put in, and few pictures move it little."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gemhier.arrays import Float64, Indices
from gemhier.hierarchy.calibration import fit_conditional_temperatures, fit_fusion_weight, fit_temperature
from gemhier.hierarchy.decoding import fused, softmax
from gemhier.hierarchy.metrics import log_losses

SEEDS = st.integers(0, 2**32 - 1)


def drawn(rng: np.random.Generator, probabilities: Float64) -> Indices:
    """One class per row, drawn with the given probabilities."""
    below = rng.random(len(probabilities))[:, None] > probabilities.cumsum(axis=1)[:, :-1]
    return np.asarray(below.sum(axis=1), dtype=np.intp)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_the_temperature_that_was_put_in_is_found(temperature: float) -> None:
    rng = np.random.default_rng(2)
    logits = rng.normal(0, 4, (4000, 6))
    truth = drawn(rng, softmax(logits, temperature))
    assert fit_temperature(logits, truth) == pytest.approx(temperature, rel=0.06)


@settings(deadline=None, max_examples=40)
@given(SEEDS, st.integers(1, 30), st.integers(2, 5))
def test_calibration_never_makes_validation_less_likely(seed: int, n_images: int, n_classes: int) -> None:
    rng = np.random.default_rng(seed)
    logits, truth = rng.normal(0, 3, (n_images, n_classes)), rng.integers(n_classes, size=n_images)
    temperature = fit_temperature(logits, truth)
    assert 0.05 <= temperature <= 20
    before, after = (log_losses(softmax(logits, each), truth).sum() for each in (1.0, temperature))
    assert after <= before + 1e-9


@settings(deadline=None, max_examples=20)
@given(SEEDS)
def test_order_of_pictures_does_not_matter(seed: int) -> None:
    rng = np.random.default_rng(seed)
    logits, truth, order = rng.normal(0, 3, (20, 4)), rng.integers(4, size=20), rng.permutation(20)
    assert fit_temperature(logits[order], truth[order]) == pytest.approx(fit_temperature(logits, truth), rel=1e-4)


def test_logarithms_of_probabilities_calibrate_like_logits() -> None:
    rng = np.random.default_rng(4)
    logits, truth = rng.normal(0, 3, (50, 4)), rng.integers(4, size=50)
    assert fit_temperature(np.log(softmax(logits)), truth) == pytest.approx(fit_temperature(logits, truth), rel=1e-4)


def test_few_pictures_all_right_do_not_make_it_certain() -> None:
    logits = np.tile([3.0, 0.0], (12, 1))
    temperature = fit_temperature(logits, np.zeros(12, dtype=int))
    assert 0.4 < temperature < 1


def test_without_pictures_nothing_changes() -> None:
    nothing: Indices = np.zeros(0, dtype=np.intp)
    assert fit_temperature(np.zeros((0, 3)), nothing) == pytest.approx(1, abs=1e-5)
    assert fit_temperature(np.zeros((0, 3)), nothing, expected=2.5) == pytest.approx(2.5, abs=1e-5)
    np.testing.assert_allclose(fit_conditional_temperatures(np.zeros((0, 3)), nothing, np.array([0, 1, 1])), 1, 1e-5)
    assert fit_fusion_weight(np.zeros((0, 3)), np.zeros((0, 3)), nothing) == 0.5


def test_each_family_finds_its_own_temperature() -> None:
    rng = np.random.default_rng(8)
    parents = np.array([0, 1, 1, 1, 2, 2])
    logits = rng.normal(0, 4, (6000, 6))
    family = rng.integers(3, size=6000)
    truth = np.zeros(6000, dtype=int)
    truth[family == 1] = 1 + drawn(rng, softmax(logits[family == 1][:, 1:4], 0.5))
    truth[family == 2] = 4 + drawn(rng, softmax(logits[family == 2][:, 4:], 2.0))
    temperatures = fit_conditional_temperatures(logits, truth, parents)
    np.testing.assert_allclose(temperatures, [1, 0.5, 2], rtol=0.1)


def test_a_family_with_few_pictures_borrows_from_the_rest() -> None:
    rng = np.random.default_rng(8)
    parents = np.array([0, 0, 1, 1])
    logits = rng.normal(0, 4, (2002, 4))
    truth = drawn(rng, softmax(logits[:, :2], 3.0))
    truth[-2:] = [2, 3]
    many, few = fit_conditional_temperatures(logits, truth, parents)
    assert many == pytest.approx(3, rel=0.15)
    assert 1.5 < few < 6


def test_another_familys_logits_do_not_matter() -> None:
    rng = np.random.default_rng(3)
    parents, truth = np.array([0, 1, 0, 1]), rng.integers(4, size=60)
    logits = rng.normal(0, 2, (60, 4))
    outside = parents[None, :] != parents[truth][:, None]
    np.testing.assert_allclose(
        fit_conditional_temperatures(np.where(outside, 99.0, logits), truth, parents),
        fit_conditional_temperatures(logits, truth, parents),
    )


def test_fusion_listens_to_the_voice_that_knows() -> None:
    rng = np.random.default_rng(6)
    knows = softmax(rng.normal(0, 3, (500, 5)))
    truth = drawn(rng, knows)
    guesses = softmax(rng.normal(0, 3, (500, 5)))
    assert fit_fusion_weight(knows, guesses, truth) > 0.9
    assert fit_fusion_weight(guesses, knows, truth) < 0.1


def test_fusion_can_silence_a_voice_wholly() -> None:
    truth = np.array([0, 1, 0])
    right, wrong = np.eye(2)[truth] * 0.8 + 0.1, np.eye(2)[1 - truth] * 0.8 + 0.1
    assert fit_fusion_weight(right, wrong, truth) == 1
    assert fit_fusion_weight(wrong, right, truth) == 0


@settings(deadline=None, max_examples=40)
@given(SEEDS, st.integers(1, 20))
def test_fusion_is_at_least_as_likely_as_either_voice(seed: int, n_images: int) -> None:
    rng = np.random.default_rng(seed)
    flat, soft = softmax(rng.normal(0, 3, (n_images, 4))), softmax(rng.normal(0, 3, (n_images, 4)))
    truth = rng.integers(4, size=n_images)
    weight = fit_fusion_weight(flat, soft, truth)
    assert 0 <= weight <= 1
    together = log_losses(fused(flat, soft, weight), truth).sum()
    assert together <= min(log_losses(flat, truth).sum(), log_losses(soft, truth).sum()) + 1e-9


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="one true class"):
        fit_temperature(np.zeros((3, 2)), [0, 1])
    with pytest.raises(ValueError, match="expected"):
        fit_temperature(np.zeros((1, 2)), [0], expected=100.0)
    with pytest.raises(ValueError, match="regional_logits"):
        fit_conditional_temperatures(np.zeros((3, 2)), np.zeros(3, dtype=int), np.array([0, 0, 1]))
