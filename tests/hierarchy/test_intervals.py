"""Intervals: inside their range, wider for fewer pictures, and wide enough."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemhier.arrays import Indices
from gemhier.hierarchy.intervals import Interval, bootstrap, bootstrap_mean, holm, mcnemar, sign_flip_test, wilson
from gemhier.hierarchy.metrics import expected_calibration_error

SEEDS = st.integers(0, 2**32 - 1)


@given(st.integers(0, 500), st.integers(0, 500), st.floats(0.01, 0.999))
def test_wilson_holds_the_share_and_stays_within_zero_and_one(right: int, wrong: int, confidence: float) -> None:
    low, high = wilson(right, right + wrong, confidence)
    share = right / (right + wrong) if right + wrong else 0.5
    assert 0 <= low <= share <= high <= 1


@given(st.integers(0, 60), st.integers(1, 60))
def test_wilson_of_wrongs_mirrors_that_of_rights(right: int, wrong: int) -> None:
    low, high = wilson(right, right + wrong)
    mirrored_low, mirrored_high = wilson(wrong, right + wrong)
    np.testing.assert_allclose([low, high], [1 - mirrored_high, 1 - mirrored_low], atol=1e-12)


def test_wilson_against_published_values() -> None:
    # Newcombe, Statistics in Medicine 1998, table I: 81 of 263, 15 of 148, 0 of 20 and 1 of 29.
    low, high = wilson([81, 15, 0, 1], [263, 148, 20, 29])
    np.testing.assert_allclose(low, [0.2553, 0.0624, 0.0, 0.0061], atol=5e-5)
    np.testing.assert_allclose(high, [0.3662, 0.1605, 0.1611, 0.1718], atol=5e-5)


def test_wilson_of_nothing_is_everything() -> None:
    low, high = wilson(0, 0)
    assert (float(low), float(high)) == (0, 1)


def test_wilson_refuses_impossible_counts() -> None:
    with pytest.raises(ValueError, match="between 0 and `total`"):
        wilson(3, 2)
    with pytest.raises(ValueError, match="between 0 and `total`"):
        wilson(-1, 2)
    with pytest.raises(ValueError, match="confidence"):
        wilson(1, 2, confidence=95)


@given(SEEDS, st.integers(1, 30), st.integers(1, 8))
def test_bootstrap_stays_within_the_values(seed: int, n_images: int, n_groups: int) -> None:
    rng = np.random.default_rng(seed)
    values, groups = rng.random(n_images), rng.integers(n_groups, size=n_images)
    interval = bootstrap_mean(values, groups, repeats=50, seed=seed)
    assert values.min() - 1e-12 <= interval.low <= interval.high <= values.max() + 1e-12


@given(SEEDS)
def test_bootstrap_of_any_statistic_agrees_with_that_of_the_mean(seed: int) -> None:
    rng = np.random.default_rng(seed)
    values, groups = rng.random(25), rng.integers(6, size=25)
    quick = bootstrap_mean(values, groups, repeats=40, seed=seed)
    slow = bootstrap(lambda rows: float(values[rows].mean()), groups, repeats=40, seed=seed)
    # One is centred and the other is not, so they differ by one and the same amount.
    assert quick.high - quick.low == pytest.approx(slow.high - slow.low)
    assert slow.low <= values.mean() <= slow.high
    assert quick.low == pytest.approx(slow.low, abs=0.1)


def test_the_same_seed_gives_the_same_interval() -> None:
    values, groups = np.random.default_rng(1).random(40), np.arange(40) // 2
    assert bootstrap_mean(values, groups, seed=3) == bootstrap_mean(values, groups, seed=3)
    assert bootstrap_mean(values, groups, seed=3) != bootstrap_mean(values, groups, seed=4)


def test_the_draws_held_in_memory_do_not_change_the_interval(monkeypatch: pytest.MonkeyPatch) -> None:
    values, groups = np.random.default_rng(1).random(40), np.arange(40)
    at_once = bootstrap_mean(values, groups)
    monkeypatch.setattr("gemhier.hierarchy.intervals.DRAWS_AT_ONCE", 100)
    assert bootstrap_mean(values, groups) == at_once


def test_group_names_and_their_order_do_not_matter() -> None:
    values = np.array([1.0, 0.0, 1.0, 1.0])
    by_name = bootstrap_mean(values, ["a", "b", "a", "c"])
    assert by_name == bootstrap_mean(values, [0, 1, 0, 2])
    assert by_name == bootstrap_mean(values[[2, 1, 0, 3]], ["a", "b", "a", "c"])


def test_pictures_that_stand_and_fall_together_widen_the_interval() -> None:
    hits = np.repeat(np.random.default_rng(5).integers(2, size=40), 10)
    alone = bootstrap_mean(hits, np.arange(400))
    together = bootstrap_mean(hits, np.repeat(np.arange(40), 10))
    assert together.high - together.low > 2 * (alone.high - alone.low)


def test_bootstrap_covers_the_true_mean_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(11)
    covered = []
    for trial in range(200):
        of_group = rng.random(60)
        hits = rng.random((60, 5)) < of_group[:, None]
        interval = bootstrap_mean(hits.ravel(), np.repeat(np.arange(60), 5), repeats=300, seed=trial)
        covered.append(interval.low <= 0.5 <= interval.high)
    assert 0.88 <= np.mean(covered) <= 0.99


def test_draws_without_a_number_are_left_out() -> None:
    values = np.array([0.0, 1.0])
    interval = bootstrap(lambda rows: float(values[rows].mean()) if len(set(rows)) > 1 else math.nan, [0, 1])
    assert interval == Interval(0.5, 0.5)
    with pytest.raises(ValueError, match="Received: nan"):
        bootstrap(lambda rows: math.nan, [0, 1])


def test_the_interval_of_a_calibration_error_holds_it() -> None:
    rng = np.random.default_rng(9)
    stated, groups = rng.random(300), np.arange(300) // 2
    hits = rng.random(300) < stated

    def error(rows: Indices) -> float:
        return expected_calibration_error(stated[rows], hits[rows])

    interval = bootstrap(error, groups, within=(0, 1), repeats=200)
    assert 0 <= interval.low < error(np.arange(300)) < interval.high <= 1


def test_an_interval_stays_within_what_is_possible() -> None:
    # The share of distinct pictures is 1 for all of them, but lower in a draw: moved up, it would pass 1.
    interval = bootstrap(lambda rows: len(set(rows)) / len(rows), np.arange(30), within=(0, 1), repeats=50)
    assert interval.low < 1
    assert interval.high == 1


def test_bootstrap_refuses_what_does_not_fit() -> None:
    with pytest.raises(ValueError, match="at least one picture"):
        bootstrap_mean([], [])
    with pytest.raises(ValueError, match="the same"):
        bootstrap_mean([1.0, 2.0], [0])
    with pytest.raises(ValueError, match="repeats"):
        bootstrap_mean([1.0], [0], repeats=0)
    with pytest.raises(ValueError, match="confidence"):
        bootstrap_mean([1.0], [0], confidence=1.0)


def paired(first_only: int, second_only: int, both: int = 7) -> tuple[list[bool], list[bool]]:
    first = [True] * first_only + [False] * second_only + [True] * both
    second = [False] * first_only + [True] * second_only + [True] * both
    return first, second


def test_mcnemar_by_hand() -> None:
    test = mcnemar(*paired(1, 5))
    assert (test.first_only, test.second_only) == (1, 5)
    assert test.p_value == pytest.approx(2 * (1 + 6) / 64)


@given(st.integers(0, 40), st.integers(0, 40))
def test_mcnemar_is_the_sum_of_a_binomial_tail(first_only: int, second_only: int) -> None:
    test = mcnemar(*paired(first_only, second_only))
    n = first_only + second_only
    tail = sum(math.comb(n, k) for k in range(min(first_only, second_only) + 1))
    assert test.p_value == pytest.approx(min(1, 2 * tail / 2**n))
    assert test.p_value == mcnemar(*paired(second_only, first_only, both=0)).p_value
    assert 0 < test.p_value <= 1


def test_mcnemar_of_many_pictures_does_not_overflow() -> None:
    assert mcnemar(*paired(3000, 3000)).p_value == 1
    assert 0 < mcnemar(*paired(2900, 3100)).p_value < 0.02


def test_mcnemar_refuses_unequal_lengths() -> None:
    with pytest.raises(ValueError, match="both be"):
        mcnemar([True], [True, False])


@given(st.lists(st.integers(-3, 3), min_size=1, max_size=7))
def test_a_sign_flip_test_is_near_the_count_of_all_signs(differences: list[int]) -> None:
    flips = [sum(s * d for s, d in zip(signs, differences, strict=True)) for signs in signs_of(len(differences))]
    exact = np.mean([abs(flip) >= abs(sum(differences)) for flip in flips])
    found = sign_flip_test(differences, range(len(differences)), repeats=4000)
    assert found == pytest.approx(exact, abs=0.04)  # five standard errors
    assert 0 < found <= 1
    assert found == sign_flip_test([-difference for difference in differences], range(len(differences)), repeats=4000)


def signs_of(n: int) -> list[tuple[int, ...]]:
    return list(itertools.product((-1, 1), repeat=n))


def test_a_sign_flip_turns_whole_groups() -> None:
    # Twenty pictures of one stone are one coin: two draws in two are as extreme.
    assert sign_flip_test(np.ones(20), np.zeros(20)) == 1
    assert sign_flip_test(np.ones(20), np.arange(20), repeats=1000) == pytest.approx(1 / 1001)


def test_a_sign_flip_test_refuses_what_does_not_fit() -> None:
    for differences, groups, repeats in (([1.0], [0, 1], 10), ([], [], 10), ([1.0], [0], 0)):
        with pytest.raises(ValueError, match="Received"):
            sign_flip_test(differences, groups, repeats=repeats)


def test_holm_by_hand() -> None:
    # The smallest of four counts fourfold, the next threefold, and none less than one before it.
    np.testing.assert_allclose(holm([0.04, 0.01, 0.015, 0.5]), [0.08, 0.04, 0.045, 0.5])
    assert holm([]).tolist() == []
    assert holm([0.03]).tolist() == [0.03]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
def test_holm_keeps_the_order_and_never_makes_surer(p_values: list[float]) -> None:
    adjusted = holm(p_values)
    assert np.all((adjusted >= p_values) & (adjusted <= 1))
    assert np.all(adjusted <= np.maximum(p_values, np.minimum(1, len(p_values) * np.asarray(p_values))))
    assert np.all(np.diff(adjusted[np.argsort(p_values, kind="stable")]) >= 0)


@pytest.mark.parametrize("p_values", [[-0.1], [1.2], [math.nan], [[0.5]]])
def test_holm_refuses_what_is_no_p_value(p_values: list[float]) -> None:
    with pytest.raises(ValueError, match="`p_values`"):
        holm(p_values)
