"""How deep to answer: the deepest node that is sure enough.

Each picture has one greedy path from its most probable family down. A threshold on P(node)
says how far along it the answer goes, and since P(node) never rises along the path, a higher
threshold never answers deeper. Validation pictures say which threshold keeps which precision.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from gemhier.arrays import Booleans, Float64, Indices
from gemhier.hierarchy.decoding import node_probabilities
from gemhier.hierarchy.labels import LabelSpace

DEFAULT_PRECISIONS = (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 0.97, 0.98, 0.99)
"""The precisions a user can ask for; others are rounded up to the next one."""

CONFIDENCE = 0.8
"""How sure the validation pictures must make us that a threshold keeps its precision (one-sided)."""


@dataclass(frozen=True)
class Paths:
    """The greedy path of each picture: from its most probable family, child by most probable child.

    A path ends at a label without children, or at an inner node whose own "unspecified" label is
    at least as probable as its best child.

    Attributes:
        nodes: (N, D) columns in `LabelSpace.nodes`; -1 after the end of a path.
        probabilities: (N, D) P(node), never rising along a row; -inf after the end.
    """

    nodes: Indices
    probabilities: Float64

    def depths(self, threshold: float | Float64) -> Indices:
        """(N,) how many nodes of each path are at least as probable as its threshold, one or (N,); 0 refuses."""
        return np.asarray(np.sum(self.probabilities >= np.asarray(threshold)[..., None], axis=1), dtype=np.intp)

    def answers(self, threshold: float | Float64) -> Indices:
        """(N,) the column in `LabelSpace.nodes` of each answer by the threshold, one or (N,); -1 for a refusal."""
        depths = self.depths(threshold)
        last = self.nodes[np.arange(len(depths)), np.maximum(depths - 1, 0)]
        return np.where(depths > 0, last, -1).astype(np.intp)


def paths(probabilities: npt.ArrayLike, space: LabelSpace) -> Paths:
    """Walk each picture down the tree, always to the most probable child.

    Args:
        probabilities: (N, V), P(label); each row sums to 1.
        space: the labels. Of equally probable nodes the first in `space.nodes` is taken.

    Raises:
        ValueError: if the shapes do not fit together.
    """
    of_label = np.asarray(probabilities, dtype=np.float64)
    of_node = node_probabilities(of_label, space.membership)
    n_levels = 1 + max(label.count("/") for label in space.labels)
    nodes = np.full((len(of_node), n_levels), -1, dtype=np.intp)
    along = np.full((len(of_node), n_levels), -np.inf)
    nodes[:, 0] = of_node[:, : len(space.families)].argmax(axis=1)
    along[:, 0] = of_node[np.arange(len(of_node)), nodes[:, 0]]
    for level in range(1, n_levels):
        above = nodes[:, level - 1]
        for node in sorted(set(above[above >= 0].tolist())):
            children = space.children[node]
            if not len(children):
                continue
            rows = np.flatnonzero(above == node)
            best = children[of_node[np.ix_(rows, children)].argmax(axis=1)]
            label = space.node_labels[node]
            unspecified = of_label[rows, label] if label >= 0 else np.full(len(rows), -np.inf)
            deeper = of_node[rows, best] > unspecified
            nodes[rows[deeper], level] = best[deeper]
            along[rows[deeper], level] = of_node[rows[deeper], best[deeper]]
    return Paths(nodes, along)


def answer(probabilities: npt.ArrayLike, space: LabelSpace, threshold: float) -> str | None:
    """Return the deepest node on one picture's greedy path that is at least as probable as the threshold.

    Args:
        probabilities: (V,), P(label); sums to 1.
        space: the labels.
        threshold: the least P(node) that is sure enough.

    Returns:
        A node id, or None if not even the family is sure enough.

    Raises:
        ValueError: if the shapes do not fit together.
    """
    column = paths(np.asarray(probabilities)[None], space).answers(threshold)[0]
    return space.nodes[column] if column >= 0 else None


@dataclass(frozen=True, kw_only=True)
class Threshold:
    """What one asked-for precision takes, and what it gave on the validation pictures.

    Attributes:
        precision: the asked-for share of right answers among those given.
        threshold: the least P(node) for an answer.
        reached: whether the validation pictures make us sure of the precision. If not, P(node)
            itself is asked to be that high.
        observed: the share of right answers that was seen; None if no answer was given.
        answered: the share of pictures that got any answer.
        depths: the share of pictures answered at each depth, families first.
    """

    precision: float
    threshold: float
    reached: bool
    observed: float | None
    answered: float
    depths: tuple[float, ...]


@dataclass(frozen=True)
class Thresholds:
    """A table from asked-for precision to threshold, which never falls as the precision rises.

    Raises:
        ValueError: if the precisions do not rise, the thresholds fall, or either leaves 0..1.
    """

    rows: tuple[Threshold, ...]

    def __post_init__(self) -> None:
        for row in self.rows:
            if not (0 < row.precision <= 1 and 0 <= row.threshold <= 1):
                raise ValueError(f"Precisions and thresholds must lie in 0..1. Received: {row}.")
        for lower, higher in pairwise(self.rows):
            if not (lower.precision < higher.precision and lower.threshold <= higher.threshold):
                raise ValueError(
                    f"Precisions must rise and thresholds must not fall. Received: {lower}, then {higher}."
                )

    def row_for(self, precision: float) -> Threshold | None:
        """Return the row of the next precision in the table that is not below the asked one; None above the last."""
        return next((row for row in self.rows if row.precision >= precision), None)

    def threshold_for(self, precision: float) -> float:
        """Return the least P(node) for an answer of this precision.

        Rounded up to the next row. Above the last row P(node) itself is asked to be as high as
        the precision, and at least as high as the last row asks. So a higher precision never
        answers deeper.

        Raises:
            ValueError: if the precision is not above 0 and at most 1.
        """
        if not 0 < precision <= 1:
            raise ValueError(f"`precision` must be above 0 and at most 1. Received: {precision}.")
        row = self.row_for(precision)
        if row is not None:
            return row.threshold
        return max(precision, self.rows[-1].threshold) if self.rows else precision

    def to_dict(self) -> list[dict[str, Any]]:
        """Return the rows as plain values for JSON."""
        return [asdict(row) | {"depths": list(row.depths)} for row in self.rows]

    @classmethod
    def from_dict(cls, rows: Sequence[Mapping[str, Any]]) -> "Thresholds":
        """Return the table that `to_dict` wrote.

        Raises:
            ValueError: if a row lacks a field, has one too many, or contradicts another row.
        """
        try:
            return cls(tuple(Threshold(**{**row, "depths": tuple(row["depths"])}) for row in rows))
        except (KeyError, TypeError) as error:
            raise ValueError(f"Not a table of thresholds: {error}.") from error


def fit_thresholds(
    probabilities: npt.ArrayLike,
    truth: npt.ArrayLike,
    space: LabelSpace,
    *,
    precisions: Sequence[float] = DEFAULT_PRECISIONS,
    confidence: float = CONFIDENCE,
    right: Booleans | None = None,
) -> Thresholds:
    """Find, for each precision, the lowest threshold whose answers keep it on validation pictures.

    An answer is right when it is the true label or above it; one that goes deeper than the label
    is wrong. "Keeps it" means that Wilson's lower bound of the share of right answers reaches the
    precision, so a handful of lucky pictures opens no threshold. The thresholds that keep a
    precision also keep any lower one, so the lowest of them never falls as the precision rises.
    A precision that no threshold keeps takes P(node) at its word: an answer must then be as
    probable as the precision asks.

    Args:
        probabilities: (N, V), P(label) of the validation pictures, calibrated as when classifying.
        truth: (N,), the column of each picture's label.
        space: the labels.
        precisions: the rows of the table, rising, above 0 and at most 1.
        confidence: of the one-sided lower bound, at least 0.5; 0.5 takes the observed share itself.
        right: (V, M), which nodes are right answers to each label; None for `space.membership`,
            the label's route. Pass one to count parents that are not on the route.

    Raises:
        ValueError: if the shapes or numbers do not fit together.
    """
    found = paths(probabilities, space)
    columns = np.asarray(truth, dtype=np.intp)
    if columns.shape != (len(found.nodes),) or np.any((columns < 0) | (columns >= len(space))):
        raise ValueError(
            f"`truth` must be ({len(found.nodes)},), a column of `space.labels` each. Received: {columns}."
        )
    if not 0.5 <= confidence < 1:
        raise ValueError(f"`confidence` must be at least 0.5 and below 1. Received: {confidence}.")
    table = space.membership if right is None else right
    if table.shape != space.membership.shape:
        raise ValueError(f"`right` must be {space.membership.shape}, labels by nodes. Received: {table.shape}.")
    on_path = found.nodes >= 0
    is_right = table[columns[:, None], np.maximum(found.nodes, 0)] & on_path
    candidates, bounds = _lower_bounds(found, is_right, confidence)

    rows: list[Threshold] = []
    for precision in precisions:
        keeping = np.flatnonzero(bounds >= precision)
        reached = len(keeping) > 0
        threshold = float(candidates[keeping[0]]) if reached else max([precision, *(row.threshold for row in rows)])
        depths = found.depths(threshold)
        given = depths > 0
        hits = is_right[np.arange(len(depths)), np.maximum(depths - 1, 0)][given]
        rows.append(
            Threshold(
                precision=float(precision),
                threshold=threshold,
                reached=reached,
                observed=float(hits.mean()) if len(hits) else None,
                answered=float(given.mean()) if len(given) else 0.0,
                depths=tuple(
                    float(np.mean(depths == depth)) if len(depths) else 0.0
                    for depth in range(1, found.nodes.shape[1] + 1)
                ),
            )
        )
    return Thresholds(tuple(rows))


def _lower_bounds(found: Paths, is_right: Booleans, confidence: float) -> tuple[Float64, Float64]:
    """All thresholds that make a difference, rising, and the lower bound of the precision of each.

    A node is the answer for thresholds up to its own probability and above that of the next node
    on its path, so counting both ends of these ranges gives the right answers at every threshold.
    """
    on_path = found.nodes >= 0
    own = found.probabilities
    after = np.concatenate([own[:, 1:], np.full((len(own), 1), -np.inf)], axis=1)
    candidates = np.unique(np.append(own[on_path], 0.0))

    def at_least(values: Float64) -> Indices:
        return len(values) - np.searchsorted(np.sort(values), candidates, side="left")

    given = at_least(own[:, 0])
    n_right = at_least(own[is_right]) - at_least(after[is_right])
    if confidence == 0.5:
        return candidates, n_right / np.maximum(given, 1)
    from gemhier.hierarchy.intervals import wilson  # which loads `statistics`: classifying does without

    # The lower end of a two-sided interval of 1 - 2 · (1 - confidence) is the one-sided bound.
    return candidates, wilson(n_right, given, 2 * confidence - 1)[0]
