"""Several photographs of one stone: what they say together."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gemhier.arrays import Float64
from gemhier.models.images.stones import Failure

LEAST = 1e-12
"""A photograph that gives a label no probability at all must not rule it out against all others."""


@dataclass(frozen=True, eq=False)
class View:
    """What one photograph says of a stone.

    Attributes:
        image: what to call the photograph.
        score: how sure the stone finder is that it sees a gem, from 0 to 1.
        probabilities: (V,), P(label).
    """

    image: str
    score: float
    probabilities: Float64


def by_gem(views: Sequence[View], stone_threshold: float) -> tuple[Sequence[View], Sequence[View]]:
    """Return the views in which a gem stands out and the others; all and none if it does in no view."""
    with_gem = [view for view in views if view.score >= stone_threshold]
    return (with_gem, [view for view in views if view.score < stone_threshold]) if with_gem else (views, [])


def pool(probabilities: Float64) -> Float64:
    """Multiply what N photographs say of a stone, each to the power 1/N: their logarithmic opinion pool.

    So many photographs that say the same say it no louder than one: they are not independent, for
    the network errs on a stone in the same way from every side. Genest and Zidek, Combining
    probability distributions, Statistical Science 1 (1986), 114-135.

    Args:
        probabilities: (N, V), P(label); each row sums to 1, N is at least 1.

    Returns:
        (V,), P(label), which sums to 1; 0 for a label that has 0 in every photograph.
    """
    logarithms = np.log(np.maximum(probabilities, LEAST)).mean(axis=0)
    products = np.where(probabilities.max(axis=0) > 0, np.exp(logarithms - logarithms.max()), 0.0)
    return np.asarray(products / products.sum())


def all_failed(failures: Sequence[Failure]) -> Failure:
    """Return what comes out if no photograph of a stone can be read: the first, with the reasons of all."""
    first, *others = failures
    return Failure(first.image, " ".join([first.reason, *map(str, others)]))
