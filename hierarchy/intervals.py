"""How sure a measured number is: intervals, and a test for two systems on the same pictures."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from gemhier.arrays import Float64, Indices

DRAWS_AT_ONCE = 1_000_000
"""How many group draws are held in memory together; a bound, it changes no result."""


@dataclass(frozen=True)
class Interval:
    """A confidence interval, both ends included."""

    low: float
    high: float


@dataclass(frozen=True)
class PairedTest:
    """McNemar's exact test of two systems on the same pictures.

    Attributes:
        first_only: how many pictures only the first got right.
        second_only: how many only the second got right.
        p_value: two-sided; how likely a difference at least this large is if neither is better.
    """

    first_only: int
    second_only: int
    p_value: float


def wilson(successes: npt.ArrayLike, total: npt.ArrayLike, confidence: float = 0.95) -> tuple[Float64, Float64]:
    """Wilson's score interval of proportions, for independent pictures.

    Stays inside 0..1 and is not empty at 0 or at all successes, unlike the normal interval
    (E. B. Wilson, JASA 1927).

    Args:
        successes: counts, any shape; at most `total`.
        total: counts of the same shape. Where it is 0 the interval is 0..1.
        confidence: two-sided, between 0 and 1.

    Returns:
        The lower and the upper ends, in the shape of `successes`.

    Raises:
        ValueError: if a count or the confidence is out of range.
    """
    hits, n = np.asarray(successes, dtype=np.float64), np.asarray(total, dtype=np.float64)
    _check_confidence(confidence)
    if np.any(hits < 0) or np.any(hits > n):
        raise ValueError(f"`successes` must lie between 0 and `total`. Received: {hits} of {n}.")
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    some = np.maximum(n, 1)
    share = hits / some
    middle = (share + z**2 / (2 * some)) / (1 + z**2 / some)
    half = z / (1 + z**2 / some) * np.sqrt(share * (1 - share) / some + z**2 / (4 * some**2))
    # At no success the lower end is 0, at no failure the upper end is 1; rounding would miss both.
    low = np.where(hits == 0, 0.0, np.clip(middle - half, 0.0, 1.0))
    high = np.where(hits == n, 1.0, np.clip(middle + half, 0.0, 1.0))
    return low, high


def bootstrap_mean(
    values: npt.ArrayLike, groups: npt.ArrayLike, *, confidence: float = 0.95, repeats: int = 2000, seed: int = 0
) -> Interval:
    """Percentile bootstrap interval of a mean over pictures, drawing whole groups.

    Pictures of one stone are alike, so they are drawn together; drawing single pictures
    would make the interval too narrow (Davison & Hinkley, Bootstrap Methods, 1997, ch. 3.8).
    Groups that never vary, or a single group, give an interval of no width: that is a sign
    of too few groups, not of certainty.

    Args:
        values: (N,), one number per picture, such as 1 for right and 0 for wrong. A
            difference of two systems on the same pictures works as well.
        groups: (N,), the group of each picture, of any type that sorts.
        confidence: two-sided, between 0 and 1.
        repeats: how often the groups are drawn.
        seed: the same seed gives the same interval.

    Raises:
        ValueError: if there is no picture, or the shapes or numbers do not fit.
    """
    numbers = np.asarray(values, dtype=np.float64)
    group_of, n_groups = _numbered(groups)
    if numbers.shape != group_of.shape:
        raise ValueError(
            f"`values` must be (N,) and `groups` the same. Received: {numbers.shape} and {group_of.shape}."
        )
    sums = np.bincount(group_of, weights=numbers, minlength=n_groups)
    sizes = np.bincount(group_of, minlength=n_groups).astype(np.float64)
    means = [sums[drawn].sum(axis=1) / sizes[drawn].sum(axis=1) for drawn in _draws(n_groups, repeats, seed)]
    return _percentiles(np.concatenate(means), confidence)


def bootstrap(
    statistic: Callable[[Indices], float],
    groups: npt.ArrayLike,
    *,
    within: tuple[float, float] = (-math.inf, math.inf),
    confidence: float = 0.95,
    repeats: int = 1000,
    seed: int = 0,
) -> Interval:
    """Centred percentile bootstrap interval of any statistic of pictures, drawing whole groups.

    For what is not a mean over pictures: a calibration error, a ratio of sums. For a mean,
    `bootstrap_mean` does the same much faster. A calibration error rises when pictures are drawn
    twice, until the plain percentiles miss it; so the draws are moved until their mean is the
    statistic of the pictures themselves (the bias of Efron & Tibshirani, An Introduction to the
    Bootstrap, 1993, ch. 10).

    Args:
        statistic: takes the rows of the drawn pictures, with repeats; gives a number, or nan
            where a draw leaves it undefined (such a draw is left out).
        within: the lowest and the highest value the statistic can have.
        groups, confidence, repeats, seed: as in `bootstrap_mean`.

    Raises:
        ValueError: if there is no picture, if the numbers do not fit, or if the statistic is nan
            for all pictures together.
    """
    group_of, n_groups = _numbered(groups)
    order = np.argsort(group_of, kind="stable")
    members = np.split(order, np.cumsum(np.bincount(group_of, minlength=n_groups))[:-1])
    centre = statistic(np.arange(len(group_of), dtype=np.intp))
    found = np.array(
        [
            statistic(np.concatenate([members[group] for group in draw]))
            for drawn in _draws(n_groups, repeats, seed)
            for draw in drawn
        ],
        dtype=np.float64,
    )
    found = found[~np.isnan(found)]
    if math.isnan(centre) or not len(found):
        raise ValueError("`statistic` must give a number for all pictures together. Received: nan.")
    return _percentiles(np.clip(found - found.mean() + centre, *within), confidence)


def mcnemar(first: npt.ArrayLike, second: npt.ArrayLike) -> PairedTest:
    """McNemar's exact test: do two systems differ on the same pictures?

    Only pictures that one of them got right and the other wrong say anything; if neither is
    better, each such picture is a fair coin: p = 2 · P(X <= min), X ~ Binomial(their number, 1/2),
    at most 1 (McNemar, Psychometrika 1947; the exact form in Agresti, Categorical Data Analysis).

    Args:
        first: (N,), whether the first system got each picture right.
        second: (N,), the same for the second system.

    Raises:
        ValueError: if the shapes differ.
    """
    one, other = np.asarray(first, dtype=np.bool_), np.asarray(second, dtype=np.bool_)
    if one.ndim != 1 or one.shape != other.shape:
        raise ValueError(f"`first` and `second` must both be (N,). Received: {one.shape} and {other.shape}.")
    first_only, second_only = int(np.sum(one & ~other)), int(np.sum(other & ~one))
    discordant = first_only + second_only
    tail, term = 0, 1
    for successes in range(min(first_only, second_only) + 1):
        tail += term
        term = term * (discordant - successes) // (successes + 1)
    return PairedTest(first_only, second_only, min(1.0, 2 * tail / 2**discordant))


def sign_flip_test(differences: npt.ArrayLike, groups: npt.ArrayLike, *, repeats: int = 10_000, seed: int = 0) -> float:
    """How likely a mean difference at least this large is if neither of two systems is better.

    Then every group's sum of differences could as well have the other sign: a randomisation test of paired
    numbers (Fisher, The Design of Experiments, 1935), with whole groups, since pictures of one stone are alike,
    and with p = (1 + draws as extreme) / (1 + draws), which is never 0 (Phipson & Smyth, 2010).

    Args:
        differences: (N,), second - first, one number per picture.
        groups: (N,), the group of each picture, of any type that sorts.
        repeats: how many draws of signs.
        seed: the same seed gives the same p.

    Returns:
        The two-sided p-value.

    Raises:
        ValueError: if there is no picture, or the shapes or numbers do not fit.
    """
    numbers = np.asarray(differences, dtype=np.float64)
    group_of, n_groups = _numbered(groups)
    if numbers.shape != group_of.shape or repeats < 1:
        raise ValueError(
            "`differences` must be (N,), `groups` the same, and `repeats` at least 1. "
            f"Received: {numbers.shape}, {group_of.shape} and {repeats}."
        )
    sums = np.bincount(group_of, weights=numbers, minlength=n_groups)
    sums = sums[sums != 0]
    observed = abs(float(sums.sum()))
    rng = np.random.default_rng(seed)
    extreme, left = 0, repeats
    while left:
        drawn = min(left, max(1, DRAWS_AT_ONCE // max(1, len(sums))))
        signs = 1 - 2 * rng.integers(2, size=(drawn, len(sums)), dtype=np.int8)
        # Equal sums in another order may differ in the last bit.
        extreme += int(np.sum(np.abs(signs @ sums) >= observed - 1e-9))
        left -= drawn
    return (1 + extreme) / (1 + repeats)


def holm(p_values: npt.ArrayLike) -> Float64:
    """p-values of several tests, each adjusted so that all of them may be read together.

    Whoever calls real what is below 0.05 afterwards is wrong about any of them at most once in twenty times, however
    the tests depend on each other (Holm, Scandinavian Journal of Statistics, 1979).

    Args:
        p_values: (K,), of K tests, from 0 to 1.

    Returns:
        (K,), none below its own p-value and none above 1.

    Raises:
        ValueError: if they are not (K,), or not from 0 to 1.
    """
    given = np.asarray(p_values, dtype=np.float64)
    if given.ndim != 1 or not np.all((given >= 0) & (given <= 1)):
        raise ValueError(f"`p_values` must be (K,), from 0 to 1. Received: {given}.")
    order = np.argsort(given, kind="stable")
    adjusted = np.empty(len(given))
    adjusted[order] = np.maximum.accumulate(given[order] * np.arange(len(given), 0, -1))
    return np.minimum(adjusted, 1.0)


def _draws(n_groups: int, repeats: int, seed: int) -> Iterator[Indices]:
    """Draw `n_groups` groups with replacement, `repeats` times, some at a time."""
    if repeats < 1:
        raise ValueError(f"`repeats` must be at least 1. Received: {repeats}.")
    rng = np.random.default_rng(seed)
    at_once = max(1, DRAWS_AT_ONCE // n_groups)
    for start in range(0, repeats, at_once):
        yield rng.integers(n_groups, size=(min(at_once, repeats - start), n_groups), dtype=np.intp)


def _numbered(groups: npt.ArrayLike) -> tuple[Indices, int]:
    names = np.asarray(groups)
    if names.ndim != 1 or not len(names):
        raise ValueError(f"`groups` must be (N,), one per picture, for at least one picture. Received: {names.shape}.")
    known, numbers = np.unique(names, return_inverse=True)
    return numbers.astype(np.intp), len(known)


def _percentiles(found: Float64, confidence: float) -> Interval:
    _check_confidence(confidence)
    low, high = np.quantile(found, [(1 - confidence) / 2, (1 + confidence) / 2])
    return Interval(float(low), float(high))


def _check_confidence(confidence: float) -> None:
    if not 0 < confidence < 1 or math.isnan(confidence):
        raise ValueError(f"`confidence` must lie between 0 and 1, such as 0.95. Received: {confidence}.")
