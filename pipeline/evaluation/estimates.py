"""Measured numbers with their 95% intervals."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gemhier.arrays import Indices
from gemhier.hierarchy.intervals import bootstrap, bootstrap_mean, wilson

_MOST_DRAWS, _FEWEST_DRAWS = 1000, 200
_IMAGES_DRAWN = 1_000_000


@dataclass(frozen=True)
class Estimate:
    """A measured number with its 95% interval; all None where there is nothing to measure it on."""

    value: float | None
    low: float | None
    high: float | None

    def to_dict(self, name: str) -> dict[str, float | None]:
        """JSON values under `name`, `name`_low and `name`_high."""
        return {name: self.value, f"{name}_low": self.low, f"{name}_high": self.high}


NO_ESTIMATE = Estimate(None, None, None)


def share(hits: npt.ArrayLike, groups: npt.ArrayLike) -> Estimate:
    """Return the share of pictures that are hits.

    With Wilson's interval, or the bootstrap over groups where pictures share a group. Shares of 0 and
    1, from which no draw would differ, have Wilson's with the groups in place of the pictures.

    Args:
        hits: (N,), 1 or 0.
        groups: (N,), the group of each picture, of any type that sorts.
    """
    values, group_of = np.asarray(hits, dtype=np.float64), np.asarray(groups)
    n = len(values)
    if not n:
        return NO_ESTIMATE
    n_groups = len(np.unique(group_of))
    if n_groups < n and values.min() < values.max():
        return mean(values, group_of)
    low, high = wilson(values.sum() * n_groups / n, n_groups)
    return Estimate(float(values.mean()), float(low), float(high))


def mean(values: npt.ArrayLike, groups: npt.ArrayLike) -> Estimate:
    """Return the mean of a number per picture, with the bootstrap over groups.

    Args:
        values: (N,).
        groups: (N,), the group of each picture, of any type that sorts.
    """
    numbers = np.asarray(values, dtype=np.float64)
    if not len(numbers):
        return NO_ESTIMATE
    interval = bootstrap_mean(numbers, groups)
    return Estimate(float(numbers.mean()), interval.low, interval.high)


def fraction(statistic: Callable[[Indices], float], groups: npt.ArrayLike) -> Estimate:
    """Any statistic of pictures between 0 and 1, with the bootstrap over groups.

    The more pictures there are, the fewer draws are made: each takes longer, and they differ less.

    Args:
        statistic: takes the rows of pictures, with repeats.
        groups: (N,), the group of each picture, of any type that sorts.
    """
    group_of = np.asarray(groups)
    n = len(group_of)
    if not n:
        return NO_ESTIMATE
    draws = min(_MOST_DRAWS, max(_FEWEST_DRAWS, _IMAGES_DRAWN // n))
    interval = bootstrap(statistic, group_of, within=(0, 1), repeats=draws)
    return Estimate(statistic(np.arange(n, dtype=np.intp)), interval.low, interval.high)
