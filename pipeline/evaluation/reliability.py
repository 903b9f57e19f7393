"""Stated probabilities beside how often they came true."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gemhier.arrays import Booleans, Float64
from gemhier.hierarchy.metrics import equal_mass_bins
from gemhier.pipeline.evaluation.estimates import Estimate, share

BINS = 15
"""As many as the expected calibration error has."""


@dataclass(frozen=True)
class ReliabilityBin:
    """Pictures of about the same stated probability.

    Attributes:
        images: how many.
        lowest: the lowest probability that was stated for one of them.
        highest: the highest.
        stated: the mean.
        right: how often the label of that probability was right.
    """

    images: int
    lowest: float
    highest: float
    stated: float
    right: Estimate


def reliability(
    confidences: Float64,
    hits: Booleans,
    groups: npt.NDArray[np.str_],
    bins: int = BINS,
) -> tuple[ReliabilityBin, ...]:
    """Sort pictures by what was stated, into bins of equal mass, the lowest first; empty ones are left out.

    Args:
        confidences: (N,), the probability stated for each prediction, in 0..1.
        hits: (N,), whether it was right.
        groups: (N,), the same for pictures of one stone.
        bins: how many, at most.
    """
    numbers = equal_mass_bins(confidences, bins)
    found = []
    for number in np.unique(numbers):
        inside = numbers == number
        stated = confidences[inside]
        found.append(
            ReliabilityBin(
                int(inside.sum()),
                float(stated.min()),
                float(stated.max()),
                float(stated.mean()),
                share(hits[inside], groups[inside]),
            )
        )
    return tuple(found)
