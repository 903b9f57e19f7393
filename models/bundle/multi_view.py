"""Several photographs of one stone: what they say together."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from gemhier.arrays import Float64
from gemhier.hierarchy.evidence import Evidence
from gemhier.hierarchy.labels import LabelSpace
from gemhier.hierarchy.ranking import ranked
from gemhier.hierarchy.taxonomy import Taxonomy
from gemhier.models.bundle.candidate import Candidate
from gemhier.models.bundle.judge import Asked, Judge
from gemhier.models.bundle.predictions import Contradiction, MultiView, Prediction
from gemhier.models.images.stones import Failure

LEAST_AGREEMENT = 0.02
"""Photographs that agree on the family with less probability contradict each other: see docs/accuracy.md."""

LEAST = 1e-12
"""A photograph that gives a label no probability at all must not rule it out against all others."""


@dataclass(frozen=True, eq=False)
class View:
    """What one photograph says of a stone.

    Attributes:
        image: what to call the photograph.
        score: how sure the stone finder is that it sees a gem, from 0 to 1.
        probabilities: (V,), P(label).
        like: whether it is like the photographs that the model was calibrated on; None if the model does not know.
    """

    image: str
    score: float
    probabilities: Float64
    like: bool | None = None


def by_gem(views: Sequence[View], stone_threshold: float) -> tuple[Sequence[View], Sequence[View]]:
    """Return the views in which a gem stands out and the others; all and none if it does in no view."""
    with_gem = [view for view in views if view.score >= stone_threshold]
    return (with_gem, [view for view in views if view.score < stone_threshold]) if with_gem else (views, [])


def all_like(views: Sequence[View]) -> bool | None:
    """Whether several photographs of a stone are like: only if each is; None if that is not known of one."""
    like = [view.like for view in views]
    return None if None in like else all(like)


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


def contradictions(families: Float64) -> list[tuple[int, int]]:
    """Return which photographs of a stone contradict each other, the worst pair first.

    Two agree with the probability that both would draw the same family, each by what it says: the sum of the products.
    Two that are sure of nothing do not contradict each other.

    Args:
        families: (N, F), P(family) by each photograph; each row sums to 1.

    Returns:
        Pairs of rows, the lower first.
    """
    agreement = families @ families.T
    pairs = np.argwhere(np.triu(agreement < LEAST_AGREEMENT, k=1))
    worst = ranked(-agreement[pairs[:, 0], pairs[:, 1]])
    return [(int(first), int(second)) for first, second in pairs[worst]]


def named_contradictions(
    images: Sequence[str], probabilities: Float64, space: LabelSpace, taxonomy: Taxonomy
) -> tuple[Contradiction, ...]:
    """Return the contradictions between photographs, with what each of a pair shows.

    Args:
        images: (N,) what to call the photographs.
        probabilities: (N, V), P(label) by each.
        space: the labels.
        taxonomy: names the families.
    """
    families = probabilities @ space.membership[:, : len(space.families)]
    likeliest = [
        Candidate(space.families[column], taxonomy[space.families[column]].name, float(row[column]))
        for row in families
        for column in [int(row.argmax())]
    ]
    return tuple(
        Contradiction((images[first], images[second]), (likeliest[first], likeliest[second]))
        for first, second in contradictions(families)
    )


def together(
    views: Sequence[View], failures: Sequence[Failure], judge: Judge, asked: Asked, evidence: Evidence | None
) -> Prediction:
    """Name one stone from photographs of it.

    Args:
        views: what each says that can be read, one at least.
        failures: those that cannot be read.
        judge: decides.
        asked: what is asked for.
        evidence: what else is known of the stone.

    Raises:
        EvidenceError: if a name in the evidence is not known, or it leaves nothing that the stone can be.
    """
    counted, others = by_gem(views, judge.stone_threshold)
    names = [view.image for view in counted]
    of_view = np.stack([view.probabilities for view in counted])
    (prediction,) = judge.decide(
        names[:1],
        pool(of_view)[None],
        [max(view.score for view in counted)],
        asked,
        evidence=[evidence],
        like=[all_like(counted)],
    )
    multi_view = MultiView(
        images=tuple(names),
        without_gem=tuple(view.image for view in others),
        failures=tuple(failures),
        contradictions=named_contradictions(names, of_view, judge.space, judge.taxonomy),
    )
    return replace(prediction, multi_view=multi_view)


def all_failed(failures: Sequence[Failure]) -> Failure:
    """Return what comes out if no photograph of a stone can be read: the first, with the reasons of all."""
    first, *others = failures
    return Failure(first.image, " ".join([first.reason, *map(str, others)]))
