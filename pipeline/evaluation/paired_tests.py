"""Two strategies on the same pictures: which is better, and whether the difference is real."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from gemhier.arrays import Booleans
from gemhier.hierarchy.intervals import PairedTest, mcnemar
from gemhier.pipeline.evaluation.estimates import Estimate, mean

SIGNIFICANCE = 0.05
"""A difference that chance makes less often than this is called real."""


@dataclass(frozen=True)
class Comparison:
    """How often the most probable label of two strategies is right.

    Attributes:
        first: a strategy, or another name of a strategy.
        second: another one.
        n: pictures that both were asked.
        first_right: on how many of them the first was right.
        second_right: on how many the second was.
        difference: of their shares, second - first, with its interval.
        test: McNemar's.
    """

    first: str
    second: str
    n: int
    first_right: int
    second_right: int
    difference: Estimate
    test: PairedTest

    @property
    def real(self) -> bool:
        """Whether chance hardly explains the difference.

        Both McNemar's test and the interval must say so: the test takes pictures of one stone for
        independent ones, the interval does not.
        """
        low, high = self.difference.low, self.difference.high
        return self.test.p_value < SIGNIFICANCE and low is not None and high is not None and not low <= 0 <= high

    @property
    def sentence(self) -> str:
        """Which of the two is better, and whether the difference is real."""
        change, low, high = self.difference.value, self.difference.low, self.difference.high
        if change is None or low is None or high is None:
            return f"There are no pictures to compare {self.first} and {self.second} on."
        images = "the one picture" if self.n == 1 else f"{self.n:,} pictures"
        shares = (
            f"{self.second} names {self.second_right / self.n:.1%} of {images} right, "
            f"{self.first} {self.first_right / self.n:.1%}"
        )
        if self.first_right == self.second_right:
            return f"{shares}: neither is better."
        better = self.second if change > 0 else self.first
        verdict = (
            f"{better} is better, and chance hardly explains it"
            if self.real
            else f"{better} is ahead, but chance alone can explain it"
        )
        return (
            f"{shares}: {verdict} (difference {100 * change:+.1f} points, "
            f"95% interval {100 * low:+.1f} to {100 * high:+.1f}; McNemar p = {self.test.p_value:.2g})."
        )

    def to_dict(self) -> dict[str, Any]:
        """JSON values."""
        return {
            "first": self.first,
            "second": self.second,
            "n": self.n,
            **self.difference.to_dict("difference"),
            "first_only": self.test.first_only,
            "second_only": self.test.second_only,
            "p_value": self.test.p_value,
            "real": self.real,
            "sentence": self.sentence,
        }


def compare(
    first: str,
    second: str,
    first_right: Booleans,
    second_right: Booleans,
    groups: npt.ArrayLike,
) -> Comparison:
    """Compare two strategies.

    Args:
        first: the name of one.
        second: the name of the other.
        first_right: (N,) whether the first got each picture right.
        second_right: (N,) the same of the second.
        groups: (N,), the group of each picture, of any type that sorts.

    Raises:
        ValueError: if the shapes differ.
    """
    test = mcnemar(first_right, second_right)
    return Comparison(
        first=first,
        second=second,
        n=len(first_right),
        first_right=int(first_right.sum()),
        second_right=int(second_right.sum()),
        difference=mean(second_right.astype(np.float64) - first_right, groups),
        test=test,
    )
