"""Sets of labels that hold the right one with a stated probability: split conformal prediction.

A set holds every label that is at least as probable as a threshold. The threshold is a quantile of what pictures with
known labels gave their own label, corrected for how few they are (Vovk, Gammerman & Shafer, Algorithmic Learning in a
Random World, 2005; Sadinle, Lei & Wasserman, Least Ambiguous Set-Valued Classifiers, JASA 2019). So the share of sets
that hold the right label is at least what was asked for, on average over pictures like these, however wrong the
probabilities are. Where a family has pictures enough it has a threshold of its own, and the promise holds for its
stones by themselves (Mondrian conformal prediction, ibid.). The other families share one.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from gemhier.arrays import Booleans, Float64, Indices
from gemhier.hierarchy.labels import LabelSpace
from gemhier.hierarchy.ranking import DECIMALS

COVERAGES = (0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.97, 0.98, 0.99)
"""The coverages that a user can ask for; others are rounded up to the next one."""

LEAST_OF_A_FAMILY = 100
"""Pictures that a family needs for a threshold of its own: with fewer, 0.99 would take every label."""


@dataclass(frozen=True, kw_only=True)
class SetThreshold:
    """How probable a label must be to stand in a set of one coverage.

    Attributes:
        coverage: the share of sets that shall hold the right label.
        families: by the id of a family with enough pictures, the least P(label) of its labels.
        others: the least P(label) of the labels of all other families.
    """

    coverage: float
    families: Mapping[str, float]
    others: float


@dataclass(frozen=True)
class SetThresholds:
    """A table from coverage to thresholds, which never rise as the coverage does.

    Raises:
        ValueError: if the coverages do not rise, a threshold rises, or one leaves 0..1.
    """

    rows: tuple[SetThreshold, ...]

    def __post_init__(self) -> None:
        for row in self.rows:
            if not (0 < row.coverage < 1 and all(0 <= least <= 1 for least in (row.others, *row.families.values()))):
                raise ValueError(f"Coverages and thresholds must lie in 0..1. Received: {row}.")
        for lower, higher in pairwise(self.rows):
            rises = lower.others < higher.others or any(
                lower.families.get(family, 0.0) < least for family, least in higher.families.items()
            )
            if lower.coverage >= higher.coverage or lower.families.keys() != higher.families.keys() or rises:
                raise ValueError(f"Coverages must rise and thresholds must not. Received: {lower}, then {higher}.")

    def row_for(self, coverage: float) -> SetThreshold | None:
        """Return the row of the next coverage in the table that is not below the asked one; None above the last."""
        return next((row for row in self.rows if row.coverage >= coverage), None)

    def to_dict(self) -> list[dict[str, Any]]:
        """Return the rows as plain values for JSON."""
        return [asdict(row) for row in self.rows]

    @classmethod
    def from_dict(cls, rows: Sequence[Mapping[str, Any]]) -> "SetThresholds":
        """Return the table that `to_dict` wrote.

        Raises:
            ValueError: if a row lacks a field, has one too many, or contradicts another row.
        """
        try:
            return cls(tuple(SetThreshold(**row) for row in rows))
        except (AttributeError, KeyError, TypeError) as error:
            raise ValueError(f"Not a table of thresholds of sets: {error}.") from error


def fit_set_thresholds(
    probabilities: npt.ArrayLike,
    truth: npt.ArrayLike,
    space: LabelSpace,
    *,
    coverages: Sequence[float] = COVERAGES,
    least: int = LEAST_OF_A_FAMILY,
) -> SetThresholds:
    """Find the thresholds on pictures that the network has not learned from.

    Args:
        probabilities: (N, V), P(label), as when classifying.
        truth: (N,), the column of each picture's label.
        space: the labels.
        coverages: the rows of the table, rising, between 0 and 1.
        least: how many pictures a family needs for a threshold of its own.

    Raises:
        ValueError: if the shapes do not fit together.
    """
    of_label = np.asarray(probabilities, dtype=np.float64)
    columns = np.asarray(truth, dtype=np.intp)
    if of_label.shape != (len(columns), len(space)):
        raise ValueError(
            f"`probabilities` must be ({len(columns)}, {len(space)}), pictures by labels. Received: {of_label.shape}."
        )
    own = of_label[np.arange(len(columns)), columns]
    families = space.parents[columns]
    large = _large(np.bincount(families, minlength=len(space.families)), least)
    rest = own[~np.isin(families, large)]
    return SetThresholds(
        tuple(
            SetThreshold(
                coverage=float(coverage),
                families={space.families[column]: _least(own[families == column], coverage) for column in large},
                others=_least(rest, coverage),
            )
            for coverage in coverages
        )
    )


def _large(counts: Indices, least: int) -> Indices:
    """Return the families with a threshold of their own, so that the pictures of the others are enough for one too.

    Args:
        counts: (F,) the pictures of each family.
        least: how many pictures a threshold needs.
    """
    by_size = np.argsort(-counts, kind="stable")
    n_large = int(np.sum(counts >= least))
    while 0 < n_large < len(counts) and counts[by_size[n_large:]].sum() < least:
        n_large -= 1  # the smallest of the large ones joins the others
    return np.sort(by_size[:n_large])


def _least(own: Float64, coverage: float) -> float:
    """Return the threshold that keeps a coverage on one more picture like N, where (N,) gave their own label `own`."""
    place = rank(len(own), coverage)
    return float(np.sort(own)[len(own) - place]) if place <= len(own) else 0.0


def rank(count: int, coverage: float) -> int:
    """Return which of N values from the top is the threshold of a coverage; above N if so few do not assure it."""
    # The finite-sample correction: of N + 1, not of N. Rounded, since 10 * 0.7 is more than 7.
    return math.ceil(round((count + 1) * coverage, 9))


def prediction_sets(probabilities: npt.ArrayLike, thresholds: SetThreshold, space: LabelSpace) -> Booleans:
    """Return which labels stand in the set of each picture.

    The most probable label always does, which only adds to the coverage.

    Args:
        probabilities: (N, V), P(label).
        thresholds: of the coverage that is asked for.
        space: the labels.

    Returns:
        (N, V).
    """
    of_label = np.asarray(probabilities, dtype=np.float64)
    of_family = np.array([thresholds.families.get(family, thresholds.others) for family in space.families])
    chosen = of_label >= of_family[space.parents]
    chosen[np.arange(len(of_label)), of_label.argmax(axis=1)] = True
    return np.asarray(chosen, dtype=np.bool_)


def credible_set(probabilities: npt.ArrayLike, share: float) -> Booleans:
    """Return the most probable candidates that together have a share: the highest posterior density set.

    Box & Tiao, Bayesian Inference in Statistical Analysis, 1973. It holds the right one as often as the share says if
    the probabilities are right, and promises nothing where they are wrong.

    Args:
        probabilities: (G,), which sum to 1.
        share: between 0 and 1.

    Returns:
        (G,). What is as probable as the last one that it takes, but for rounding, is in it too; what has no
        probability is not.
    """
    given = np.asarray(probabilities, dtype=np.float64)
    falling = np.sort(given)[::-1]
    # Rounded, since sums of the same shares in another order differ in the last digits.
    last = int(np.searchsorted(np.cumsum(falling).round(DECIMALS), share))
    least = falling[min(last, len(falling) - 1)].round(DECIMALS)
    return np.asarray((given.round(DECIMALS) >= least) & (given > 0))


def fewest_nodes(chosen: npt.ArrayLike, space: LabelSpace) -> tuple[tuple[str, Indices], ...]:
    """Return the fewest nodes of the tree that stand for a set: a node only where all its labels are in it.

    An inner node that is also a label stands for itself alone where some of what lies below it is not in the set.

    Args:
        chosen: (V,), whether each label is in the set.
        space: the labels.

    Returns:
        The ids of the nodes, as they stand in `space.nodes`, each with the columns of the labels that it stands for:
        together those of the set, each once.
    """
    left = np.array(chosen, dtype=np.bool_)
    found = []
    for column, own in enumerate(space.node_labels):  # parents come before their children
        labels: Indices = np.flatnonzero(space.membership[:, column])
        if not left[labels].all():
            labels = labels[(labels == own) & left[labels]]
        if len(labels):
            found.append((space.nodes[column], labels))
            left[labels] = False
    return tuple(found)
