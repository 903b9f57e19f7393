"""How the precision of answers rises as fewer pictures are answered, and what each chosen threshold comes to."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gemhier.arrays import Booleans, Float64
from gemhier.hierarchy.answering import Paths, Thresholds, paths
from gemhier.hierarchy.labels import LabelSpace
from gemhier.hierarchy.taxonomy import Taxonomy
from gemhier.pipeline.evaluation.estimates import Estimate, share

POINTS = 200
"""How many thresholds a curve is drawn through, at most."""


@dataclass(frozen=True)
class ChosenThreshold:
    """A precision that can be asked for, and what that comes to on these pictures.

    Attributes:
        asked: the precision.
        threshold: the least probability of an answer that it takes.
        reached: whether the validation pictures made sure of it.
        answered: the share of the pictures that are answered.
        precision: how often these answers are right.
    """

    asked: float
    threshold: float
    reached: bool
    answered: Estimate
    precision: Estimate


@dataclass(frozen=True, eq=False)
class Coverage:
    """Precision against coverage.

    Attributes:
        thresholds: (T,) rising.
        answered: (T,) the share of pictures that each answers.
        precision: (T,) how often these answers are right; nan where there are none.
        chosen: what can be asked for, by rising precision.
    """

    thresholds: Float64
    answered: Float64
    precision: Float64
    chosen: tuple[ChosenThreshold, ...]


def coverage(
    probabilities: Float64,
    truth: Sequence[str],
    groups: Sequence[str],
    answerable: Booleans,
    *,
    thresholds: Thresholds,
    space: LabelSpace,
    taxonomy: Taxonomy,
) -> Coverage:
    """Answer pictures with many thresholds. An answer is right if it is the picture's label or above it.

    Args:
        probabilities: (N, V), P(label) by the strategy that decides.
        truth: (N,) labels of the space.
        groups: (N,), the same for pictures of one stone.
        answerable: (N,) whether a picture can be answered: not if it failed or no gem stands out in it.
        thresholds: what each precision that can be asked for takes.
        space: the labels.
        taxonomy: knows all of them.
    """
    found, group_of = paths(probabilities, space), np.asarray(groups, dtype=np.str_)
    right_for = {
        label: np.array([node == label or node in taxonomy.ancestors(label) for node in space.nodes])
        for label in set(truth)
    }
    right = np.array([right_for[label] for label in truth], dtype=np.bool_).reshape(len(truth), len(space.nodes))
    stated = found.probabilities[answerable]
    steps = np.unique(np.quantile(stated[np.isfinite(stated)], np.linspace(0, 1, POINTS))) if stated.size else stated
    answered, precision = np.zeros(len(steps)), np.full(len(steps), np.nan)
    for number, threshold in enumerate(steps):
        given, hits = _answers(found, right, answerable, float(threshold))
        answered[number] = given.mean() if len(given) else 0.0
        precision[number] = hits[given].mean() if given.any() else np.nan
    chosen = []
    for row in thresholds.rows:
        given, hits = _answers(found, right, answerable, row.threshold)
        chosen.append(
            ChosenThreshold(
                row.precision, row.threshold, row.reached, share(given, group_of), share(hits[given], group_of[given])
            )
        )
    return Coverage(np.asarray(steps, dtype=np.float64).reshape(-1), answered, precision, tuple(chosen))


def _answers(found: Paths, right: Booleans, answerable: Booleans, threshold: float) -> tuple[Booleans, Booleans]:
    """(N,) which pictures are answered, and (N,) which of these answers are right."""
    nodes = found.answers(threshold)
    given = (nodes >= 0) & answerable
    return given, given & right[np.arange(len(nodes)), np.maximum(nodes, 0)]
