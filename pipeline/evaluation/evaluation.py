"""How well each strategy does on pictures whose labels are known: figures from arrays, nothing else.

Shapes: N pictures, V labels. A row of probabilities that is all 0 is a picture without a
prediction, such as one that cannot be read: it is wrong in everything. A picture whose label is
not in the space, so that no prediction can be right, counts for the family alone.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from gemhier.arrays import Booleans, Float64, Indices
from gemhier.hierarchy.decoding import Strategy
from gemhier.hierarchy.labels import LabelSpace
from gemhier.hierarchy.metrics import (
    Ancestry,
    ancestry,
    brier_scores,
    class_scores,
    confusion,
    expected_calibration_error,
    family_hits,
    hierarchical_counts,
    mistake_severities,
    ranks,
    tolerant_hits,
)
from gemhier.hierarchy.taxonomy import Taxonomy
from gemhier.pipeline.evaluation.estimates import Estimate, fraction, mean, share
from gemhier.pipeline.evaluation.paired_tests import Comparison, compare

FIGURES = (
    "top1",
    "top3",
    "top5",
    "family_top1",
    "tolerant_top1",
    "hierarchical_f1",
    "mistake_severity",
    "ece",
    "brier",
)
"""The figures of a strategy, as reports and tracked runs name them."""


@dataclass(frozen=True)
class ClassFigures:
    """How well one label is told from the others.

    Attributes:
        label: its id.
        precision: how often a prediction of the label is right; None if it was never predicted.
        recall: how many pictures of the label are found; None if there are none.
        support: pictures of the label.
        predicted: predictions of the label.
        taken_for: the labels that its pictures are most and second most mistaken for, with how often.
    """

    label: str
    precision: float | None
    recall: float | None
    support: int
    predicted: int
    taken_for: tuple[tuple[str, int], ...]

    @property
    def right(self) -> int:
        """How many of its pictures are found."""
        return round((self.recall or 0) * self.support)

    @property
    def f1(self) -> float | None:
        """The harmonic mean of precision and recall, 2 TP / (pictures + predictions); None without any of both."""
        both = self.support + self.predicted
        return 2 * self.right / both if both else None


@dataclass(frozen=True)
class ConfusionCell:
    """How many pictures of one label were predicted as another, or itself; "" stands for no prediction."""

    truth: str
    predicted: str
    count: int


@dataclass(frozen=True, eq=False)
class StrategyFigures:
    """How well one strategy does.

    Attributes:
        top1: share of the pictures whose label is the most probable.
        top3: share whose label is among the three most probable.
        top5: share whose label is among the five most probable.
        family_top1: share whose family is the most probable; over all pictures, those of labels
            outside the space included.
        tolerant_top1: share whose most probable label is their own, or lies above or below it.
        hierarchical_f1: F1 over the nodes of true and predicted routes, by all parents.
        mistake_severity: mean height of the lowest node above both the true and the predicted label, over the mistakes.
        ece: expected calibration error of the probability of the most probable label. Pictures
            without a prediction state none and are left out.
        brier: mean Brier score over all labels, from 0 to 2; the lower, the better. The same are left out.
        per_class: of every label, in the order of the space.
        confusion: every cell that is not 0, by true and predicted label.
        places: (N,) the true label's place in the ranking, from 1, one beyond the labels if it has no probability
            (see `ranks`); 0 where the label is outside the space.
        right: (N,) whether the most probable label is the true one; a tie with another is not.
        family_right: (N,) the same of the family.
    """

    top1: Estimate
    top3: Estimate
    top5: Estimate
    family_top1: Estimate
    tolerant_top1: Estimate
    hierarchical_f1: Estimate
    mistake_severity: Estimate
    ece: Estimate
    brier: Estimate
    per_class: tuple[ClassFigures, ...]
    confusion: tuple[ConfusionCell, ...]
    places: Indices
    right: Booleans
    family_right: Booleans

    def to_dict(self) -> dict[str, float | None]:
        """Return the figures as JSON values: `top1`, `top1_low`, `top1_high` and so on."""
        found: dict[str, float | None] = {}
        for name in FIGURES:
            figure: Estimate = getattr(self, name)
            found |= figure.to_dict(name)
        return found


@dataclass(frozen=True, eq=False)
class Evaluation:
    """How well each strategy does on the same pictures.

    Attributes:
        n: all pictures.
        n_unknown: those of them whose label is not in the space.
        failures: those of them without a prediction.
        grouped: whether several pictures share a group.
        strategies: the figures, in the order that the strategies were given in.
        comparisons: of `flat` with every other strategy; none without `flat`.
    """

    n: int
    n_unknown: int
    failures: int
    grouped: bool
    strategies: Mapping[Strategy, StrategyFigures]
    comparisons: tuple[Comparison, ...]

    @property
    def intervals(self) -> str:
        """How the intervals were made."""
        if self.grouped:
            return "95%, bootstrap over groups of pictures of one stone; Wilson's over groups for shares of 0 and 1"
        return "95%, Wilson's for shares; bootstrap over pictures for the other figures"

    def comparison(self, decided_by: Strategy) -> Comparison | None:
        """`flat` against the strategy that decides, or against `fused` if `flat` itself decides; None without it."""
        second = "fused" if decided_by == "flat" else decided_by
        return next((found for found in self.comparisons if found.second == second), None)

    def to_dict(self) -> dict[str, Any]:
        """JSON values: counts, the figures of each strategy and the comparisons."""
        return {
            "n": self.n,
            "n_unknown": self.n_unknown,
            "failures": self.failures,
            "intervals": self.intervals,
            "strategies": {strategy: figures.to_dict() for strategy, figures in self.strategies.items()},
            "comparisons": [comparison.to_dict() for comparison in self.comparisons],
        }


def evaluate_probabilities(
    by_strategy: Mapping[Strategy, npt.ArrayLike],
    truth: Sequence[str | None],
    groups: Sequence[str],
    *,
    space: LabelSpace,
    taxonomy: Taxonomy,
) -> Evaluation:
    """Measure each strategy on the same pictures.

    Args:
        by_strategy: for each strategy (N, V), P(label); a row of zeros for no prediction.
        truth: (N,) node ids; None where not even the family is known.
        groups: (N,), the same for pictures of one stone.
        space: the labels.
        taxonomy: knows all of them.

    Raises:
        ValueError: if the shapes do not fit together.
    """
    probabilities = {strategy: np.asarray(found, dtype=np.float64) for strategy, found in by_strategy.items()}
    for found in probabilities.values():
        if found.shape != (len(truth), len(space)) or not np.all(found >= 0):
            raise ValueError(
                f"Every strategy must have ({len(truth)}, {len(space)}) probabilities. Received: {found.shape}, "
                f"the lowest {found.min(initial=1)}."
            )
    if len(groups) != len(truth) or not probabilities:
        raise ValueError(
            f"There must be a strategy, and `groups` must name all {len(truth)} pictures' groups. "
            f"Received: {len(probabilities)} strategies, {len(groups)} groups."
        )
    images = _known(truth, groups, space, taxonomy)
    strategies = {strategy: _strategy_figures(found, images) for strategy, found in probabilities.items()}
    known = images.labels >= 0
    right = {strategy: figures.right[known] for strategy, figures in strategies.items()}
    return Evaluation(
        n=len(truth),
        n_unknown=int(np.sum(~known)),
        failures=int(np.sum(~next(iter(probabilities.values())).any(axis=1))),
        grouped=len(np.unique(images.groups)) < len(truth),
        strategies=strategies,
        comparisons=tuple(
            compare("flat", second, right["flat"], right[second], images.groups[known])
            for second in strategies
            if "flat" in strategies and second != "flat"
        ),
    )


def measure_ranking(
    ranking: npt.ArrayLike, truth: Sequence[str], groups: Sequence[str], *, space: LabelSpace, taxonomy: Taxonomy
) -> StrategyFigures:
    """Measure one strategy.

    Args:
        ranking: (N, V), P(label), or any numbers that are the higher the better an answer is: then those of its
            figures that ask for probabilities, `family_top1`, `ece` and `brier`, mean nothing.
        truth, groups, space, taxonomy: as for `evaluate_probabilities`.
    """
    return _strategy_figures(np.asarray(ranking, dtype=np.float64), _known(truth, groups, space, taxonomy))


@dataclass(frozen=True, eq=False)
class _Images:
    """What is known of N pictures: columns of their labels and families, -1 outside the space."""

    labels: Indices
    families: Indices
    groups: Indices
    space: LabelSpace
    ancestors: Ancestry


def _known(truth: Sequence[str | None], groups: Sequence[str], space: LabelSpace, taxonomy: Taxonomy) -> _Images:
    return _Images(
        labels=_columns(truth, space.labels),
        families=_columns([label and label.partition("/")[0] for label in truth], space.families),
        groups=np.unique(np.asarray(groups, dtype=np.str_), return_inverse=True)[1].astype(np.intp),
        space=space,
        ancestors=ancestry(taxonomy.nodes, taxonomy.ancestors),
    )


def _columns(ids: Iterable[str | None], known: Sequence[str]) -> Indices:
    columns = {node: column for column, node in enumerate(known)}
    return np.array([-1 if node is None else columns.get(node, -1) for node in ids], dtype=np.intp)


def _strategy_figures(probabilities: Float64, images: _Images) -> StrategyFigures:
    known = np.flatnonzero(images.labels >= 0)
    found, truth, groups = probabilities[known], images.labels[known], images.groups[known]
    given = found.any(axis=1)
    predicted = np.where(given, found.argmax(axis=1), -1).astype(np.intp)
    places = np.zeros(len(probabilities), dtype=np.intp)
    places[known] = ranks(found, truth)
    hits = (places[known] == 1).astype(np.float64)
    family_right = np.zeros(len(probabilities), dtype=np.bool_)
    in_space = np.flatnonzero(images.families >= 0)
    family_right[in_space] = family_hits(probabilities[in_space], images.families[in_space], images.space.parents) > 0
    true_nodes, guessed_nodes = _nodes(truth, images), _nodes(predicted, images)
    return StrategyFigures(
        top1=share(hits, groups),
        top3=share(places[known] <= 3, groups),
        top5=share(places[known] <= 5, groups),
        family_top1=share(family_right, images.groups),
        tolerant_top1=share(tolerant_hits(true_nodes, guessed_nodes, images.ancestors), groups),
        hierarchical_f1=_hierarchical_f1(true_nodes, guessed_nodes, groups, images.ancestors),
        mistake_severity=_mistake_severity(truth, predicted, groups, images.space),
        ece=_calibration_error(found[given].max(axis=1, initial=0), hits[given], groups[given]),
        brier=mean(brier_scores(found[given], truth[given]), groups[given]),
        per_class=_per_class(truth, predicted, images.space),
        confusion=_cells(truth, predicted, images.space),
        places=places,
        right=places == 1,
        family_right=family_right,
    )


def _nodes(columns: Indices, images: _Images) -> Indices:
    """Return the index in the ancestry of each label's column; -1 stays."""
    of_label = images.ancestors.indices(images.space.labels)
    return np.where(columns >= 0, of_label[columns], -1)


def _hierarchical_f1(truth: Indices, predicted: Indices, groups: Indices, ancestors: Ancestry) -> Estimate:
    counts = hierarchical_counts(truth, predicted, ancestors)
    return fraction(lambda rows: counts.take(rows).f1, groups)


def _mistake_severity(truth: Indices, predicted: Indices, groups: Indices, space: LabelSpace) -> Estimate:
    severities = mistake_severities(truth, predicted, space)
    mistakes = np.flatnonzero(severities)
    return mean(severities[mistakes], groups[mistakes])


def _calibration_error(stated: Float64, hits: Float64, groups: Indices) -> Estimate:
    return fraction(lambda rows: expected_calibration_error(stated[rows], hits[rows]), groups)


def _per_class(truth: Indices, predicted: Indices, space: LabelSpace) -> tuple[ClassFigures, ...]:
    scores = class_scores(truth, predicted, len(space))
    mistakes = confusion(truth, predicted, len(space))
    np.fill_diagonal(mistakes, 0)
    rows = []
    for column, label in enumerate(space.labels):
        first_two = np.argsort(-mistakes[column], kind="stable")[:2]
        rows.append(
            ClassFigures(
                label=label,
                precision=_defined(scores.precision[column]),
                recall=_defined(scores.recall[column]),
                support=int(scores.support[column]),
                predicted=int(scores.predicted[column]),
                taken_for=tuple(
                    (space.labels[other], int(mistakes[column, other]))
                    for other in first_two
                    if mistakes[column, other]
                ),
            )
        )
    return tuple(rows)


def _defined(number: float) -> float | None:
    return None if np.isnan(number) else float(number)


def _cells(truth: Indices, predicted: Indices, space: LabelSpace) -> tuple[ConfusionCell, ...]:
    counts = confusion(truth, predicted, len(space))
    missing = np.bincount(truth[predicted < 0], minlength=len(space))
    cells = []
    for row, label in enumerate(space.labels):
        cells += [
            ConfusionCell(label, space.labels[column], int(counts[row, column]))
            for column in np.flatnonzero(counts[row])
        ]
        if missing[row]:
            cells.append(ConfusionCell(label, "", int(missing[row])))
    return tuple(cells)
