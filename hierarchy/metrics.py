"""How good predictions are: flat, by family, by class, along the hierarchy, and in their probabilities.

Shapes: N pictures, V labels, F families, K nodes of a taxonomy. Where it can, a metric
is given as one number per picture, so that a mean and its interval (`intervals.py`) come
from the same numbers. A class of -1 is no prediction: a refusal, or a picture that failed.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from gemhier.arrays import Booleans, Float64, Indices
from gemhier.hierarchy.labels import LabelSpace


def ranks(probabilities: npt.ArrayLike, truth: npt.ArrayLike) -> Indices:
    """Return the place of the true class in each picture's ranking, from 1.

    Ties are pessimistic: every other class of the same probability is placed before it. A
    true class of probability 0 is placed after all, at C + 1, so that it is never a hit.

    Args:
        probabilities: (N, C).
        truth: (N,), the column of the true class.

    Raises:
        ValueError: if the shapes do not fit together.
    """
    scores, columns = _scored(probabilities, truth)
    own = scores[np.arange(len(columns)), columns]
    places = np.sum(scores >= own[:, None], axis=1)
    return np.asarray(np.where(own > 0, places, scores.shape[1] + 1), dtype=np.intp)


def top_k_hits(probabilities: npt.ArrayLike, truth: npt.ArrayLike, k: int) -> Float64:
    """(N,) 1 where the true class is among the k most probable, else 0; the mean is top-k accuracy.

    Args and errors: as `ranks`; also a ValueError if k is below 1.
    """
    if k < 1:
        raise ValueError(f"`k` must be at least 1. Received: {k}.")
    return (ranks(probabilities, truth) <= k).astype(np.float64)


def family_hits(probabilities: npt.ArrayLike, truth: npt.ArrayLike, parents: Indices) -> Float64:
    """(N,) 1 where the family with the most probability is the true one, else 0.

    P(family) is the sum over its labels, so the family may differ from that of the single
    most probable label.

    Args:
        probabilities: (N, V), P(label).
        truth: (N,), the column of the true *family*; it is known even for a label outside the space.
        parents: (V,), the column of each label's family.

    Raises:
        ValueError: if the shapes do not fit together.
    """
    of_label = np.asarray(probabilities, dtype=np.float64)
    if of_label.ndim != 2 or of_label.shape[1] != len(parents):
        raise ValueError(
            f"`probabilities` must be (N, {len(parents)}), a column per label. Received: {of_label.shape}."
        )
    families = np.zeros((len(of_label), int(parents.max()) + 1))
    for label, family in enumerate(parents):
        families[:, family] += of_label[:, label]
    return top_k_hits(families, truth, 1)


@dataclass(frozen=True)
class ClassScores:
    """Precision, recall and support of every class.

    Attributes:
        precision: (C,), TP / (TP + FP): how often a prediction of the class is right; nan if it was never predicted.
        recall: (C,), TP / (TP + FN): how many pictures of the class are found; nan if it has none.
        support: (C,), TP + FN: pictures of the class.
        predicted: (C,), TP + FP: predictions of the class.
    """

    precision: Float64
    recall: Float64
    support: Indices
    predicted: Indices


def confusion(truth: npt.ArrayLike, predicted: npt.ArrayLike, n_classes: int) -> Indices:
    """Count how often each true class is predicted as each class.

    Args:
        truth: (N,), columns from 0 to C - 1.
        predicted: (N,), columns from 0 to C - 1, or -1 for none, which stands in no column.
        n_classes: C.

    Returns:
        (C, C), a row per true class and a column per predicted one.

    Raises:
        ValueError: if the shapes differ or a class is out of range.
    """
    true, guess = _paired(truth, predicted, n_classes)
    given = guess >= 0
    cells = true[given] * n_classes + guess[given]
    return np.bincount(cells, minlength=n_classes**2).reshape(n_classes, n_classes).astype(np.intp)


def class_scores(truth: npt.ArrayLike, predicted: npt.ArrayLike, n_classes: int) -> ClassScores:
    """Precision, recall and support of every class.

    Args and errors: as `confusion`. A picture without a prediction counts against recall.
    """
    counts = confusion(truth, predicted, n_classes)
    right, given = np.diag(counts), counts.sum(axis=0)
    support = np.bincount(np.asarray(truth, dtype=np.intp), minlength=n_classes).astype(np.intp)
    undefined = np.full(n_classes, np.nan)
    return ClassScores(
        precision=np.divide(right, given, out=undefined.copy(), where=given > 0),
        recall=np.divide(right, support, out=undefined.copy(), where=support > 0),
        support=support,
        predicted=np.asarray(given, dtype=np.intp),
    )


@dataclass(frozen=True)
class Ancestry:
    """Which node of a taxonomy lies above which, over all parents.

    Attributes:
        nodes: (K,) ids.
        above: (K, K), whether node j is node i itself or one of its ancestors. The root, which
            is above everything and says nothing, is not a node.
    """

    nodes: tuple[str, ...]
    above: Booleans

    @cached_property
    def _columns(self) -> dict[str, int]:
        return {node: column for column, node in enumerate(self.nodes)}

    def indices(self, ids: Iterable[str | None]) -> Indices:
        """(N,) the index in `nodes` of each id, -1 for None.

        Raises:
            KeyError: if an id is not a node.
        """
        return np.array([-1 if node is None else self._columns[node] for node in ids], dtype=np.intp)


def ancestry(nodes: Iterable[str], ancestors: Callable[[str], Iterable[str]]) -> Ancestry:
    """Tabulate the ancestors of all nodes: `ancestry(taxonomy.nodes, taxonomy.ancestors)`.

    Raises:
        ValueError: if an ancestor is not among the nodes.
    """
    ids = tuple(nodes)
    columns = {node: column for column, node in enumerate(ids)}
    above = np.eye(len(ids), dtype=np.bool_)
    for node in ids:
        for ancestor in ancestors(node):
            if ancestor not in columns:
                raise ValueError(f"`nodes` must hold every ancestor. Received: {node!r} without {ancestor!r}.")
            above[columns[node], columns[ancestor]] = True
    return Ancestry(ids, above)


@dataclass(frozen=True)
class HierarchicalCounts:
    """For each picture, how many nodes the predicted and the true ancestor sets have and share.

    Every set holds the node itself and all of its ancestors except the root. The three scores
    are ratios of sums over pictures: hP = Σ|P∩T| / Σ|P|, hR = Σ|P∩T| / Σ|T| and
    hF = 2·hP·hR / (hP + hR) = 2·Σ|P∩T| / (Σ|P| + Σ|T|) (Kiritchenko, Matwin & Famili, 2005;
    recommended by Silla & Freitas, Data Mining and Knowledge Discovery, 2011).

    Attributes:
        shared: (N,), |P ∩ T|.
        predicted: (N,), |P|; 0 for no prediction.
        true: (N,), |T|.
    """

    shared: Indices
    predicted: Indices
    true: Indices

    @property
    def precision(self) -> float:
        """The share of predicted nodes that are true; nan if nothing was predicted."""
        return _ratio(self.shared.sum(), self.predicted.sum())

    @property
    def recall(self) -> float:
        """The share of true nodes that were predicted; nan without pictures."""
        return _ratio(self.shared.sum(), self.true.sum())

    @property
    def f1(self) -> float:
        """The harmonic mean of both; nan without pictures."""
        return _ratio(2 * self.shared.sum(), self.predicted.sum() + self.true.sum())

    def take(self, rows: Indices) -> "HierarchicalCounts":
        """Return the counts of some pictures, with repeats, as a bootstrap draws them."""
        return HierarchicalCounts(self.shared[rows], self.predicted[rows], self.true[rows])


def hierarchical_counts(truth: npt.ArrayLike, predicted: npt.ArrayLike, ancestors: Ancestry) -> HierarchicalCounts:
    """Compare the ancestor sets of predicted and true nodes.

    Args:
        truth: (N,), indices in `ancestors.nodes`.
        predicted: (N,), the same, or -1 for no prediction.
        ancestors: the taxonomy's.

    Raises:
        ValueError: if the shapes differ or an index is out of range.
    """
    true, guess = _paired(truth, predicted, len(ancestors.nodes))
    of_truth = ancestors.above[true]
    of_guess = ancestors.above[guess] & (guess >= 0)[:, None]
    return HierarchicalCounts(
        shared=np.sum(of_truth & of_guess, axis=1), predicted=np.sum(of_guess, axis=1), true=np.sum(of_truth, axis=1)
    )


def tolerant_hits(truth: npt.ArrayLike, predicted: npt.ArrayLike, ancestors: Ancestry) -> Float64:
    """(N,) 1 where the predicted node is the true one, above it or below it, else 0.

    Args and errors: as `hierarchical_counts`.
    """
    true, guess = _paired(truth, predicted, len(ancestors.nodes))
    related = ancestors.above[true, guess] | ancestors.above[guess, true]
    return (related & (guess >= 0)).astype(np.float64)


def severity_matrix(space: LabelSpace) -> Indices:
    """How bad each mistake is: the height of the lowest common ancestor of two labels.

    Bertinetto et al., Making Better Mistakes, CVPR 2020. Labels are the leaves, of height 0 (an
    inner node that is also a label hangs below itself); a node is one higher than its highest
    child, and above all families stands the root.

    Returns:
        (V, V), symmetric, 0 on the diagonal only.
    """
    heights = np.zeros(len(space.nodes), dtype=np.intp)
    for node in reversed(range(len(space.nodes))):  # children before their parents
        if len(space.children[node]):
            heights[node] = 1 + heights[space.children[node]].max()
    severity = np.full((len(space), len(space)), _root_height(space), dtype=np.intp)
    for node in range(len(space.nodes)):  # parents first, so that the lowest common node is written last
        inside = np.flatnonzero(space.membership[:, node])
        severity[np.ix_(inside, inside)] = heights[node]
    np.fill_diagonal(severity, 0)
    return severity


def mistake_severities(truth: npt.ArrayLike, predicted: npt.ArrayLike, space: LabelSpace) -> Float64:
    """(N,) the height of the lowest common ancestor of the true and the predicted label.

    0 where the prediction is right, and as high as the root where there is none. Mistake
    severity is the mean over the mistakes alone, those above 0.

    Args:
        truth: (N,), columns in `space.labels`.
        predicted: (N,), the same, or -1 for no prediction.
        space: the labels.

    Raises:
        ValueError: if the shapes differ or a column is out of range.
    """
    true, guess = _paired(truth, predicted, len(space))
    severity = severity_matrix(space)
    return np.where(guess >= 0, severity[true, guess], _root_height(space)).astype(np.float64)


def expected_calibration_error(
    confidences: npt.ArrayLike, hits: npt.ArrayLike, bins: int = 15, *, weights: npt.ArrayLike | None = None
) -> float:
    """How far stated probabilities are from how often they come true, on average.

    Σ over bins of |bin| / N · |mean confidence - mean hit| (Naeini et al., AAAI 2015), with bins
    of equal mass (Nguyen & O'Connor, EMNLP 2015), since equal widths leave most bins empty.
    Equal confidences share a bin.

    Args:
        confidences: (N,), the probability stated for each prediction, in 0..1.
        hits: (N,), 1 where it was right, else 0.
        bins: how many, at least 1. The fewer pictures in a bin, the more the error is overestimated.
        weights: (N,), how much each counts in its bin, above 0; None for all alike.

    Returns:
        From 0 to 1; nan without pictures.

    Raises:
        ValueError: if the shapes differ or `bins` is below 1.
    """
    stated, right = np.asarray(confidences, dtype=np.float64), np.asarray(hits, dtype=np.float64)
    if stated.ndim != 1 or stated.shape != right.shape or bins < 1:
        raise ValueError(
            "`confidences` and `hits` must both be (N,) and `bins` at least 1. "
            f"Received: {stated.shape}, {right.shape} and {bins}."
        )
    counts = np.ones(stated.shape) if weights is None else np.asarray(weights, dtype=np.float64)
    if counts.shape != stated.shape:
        raise ValueError(f"`weights` must be (N,), as `confidences`. Received: {counts.shape} and {stated.shape}.")
    if not len(stated):
        return float("nan")
    gaps = np.bincount(equal_mass_bins(stated, bins), weights=counts * (stated - right), minlength=bins)
    return float(np.abs(gaps).sum() / counts.sum())


def equal_mass_bins(confidences: Float64, bins: int) -> Indices:
    """(N,) the bin of each confidence, from 0 for the lowest; as many in each as can be, equal ones in one."""
    below = np.searchsorted(np.sort(confidences), confidences, side="left")
    return np.asarray(below * bins // max(len(confidences), 1), dtype=np.intp)


def brier_scores(probabilities: npt.ArrayLike, truth: npt.ArrayLike) -> Float64:
    """(N,) the squared distance of each distribution from the truth, from 0 (certain and right) to 2.

    Σ over classes of (P(class) - [class is true])² (Brier, Monthly Weather Review, 1950).

    Args and errors: as `ranks`.
    """
    scores, columns = _scored(probabilities, truth)
    wanted = np.zeros_like(scores)
    wanted[np.arange(len(columns)), columns] = 1.0
    return np.asarray(np.sum((scores - wanted) ** 2, axis=1))


def log_losses(probabilities: npt.ArrayLike, truth: npt.ArrayLike) -> Float64:
    """(N,) -log P(true class), in nats. A probability of 0 costs some 708 nats rather than infinity.

    Args and errors: as `ranks`.
    """
    scores, columns = _scored(probabilities, truth)
    own = scores[np.arange(len(columns)), columns]
    return np.asarray(-np.log(np.maximum(own, np.finfo(np.float64).tiny)))


def _root_height(space: LabelSpace) -> int:
    return 1 + max(label.count("/") for label in space.labels)


def _scored(probabilities: npt.ArrayLike, truth: npt.ArrayLike) -> tuple[Float64, Indices]:
    scores, columns = np.asarray(probabilities, dtype=np.float64), np.asarray(truth, dtype=np.intp)
    if scores.ndim != 2 or columns.shape != scores.shape[:1]:
        raise ValueError(
            "`probabilities` must be (N, C) and `truth` (N,), one true class per picture. "
            f"Received: {scores.shape} and {columns.shape}."
        )
    if np.any((columns < 0) | (columns >= scores.shape[1])):
        raise ValueError(f"`truth` must hold columns from 0 to {scores.shape[1] - 1}. Received: {columns}.")
    return scores, columns


def _paired(truth: npt.ArrayLike, predicted: npt.ArrayLike, n_classes: int) -> tuple[Indices, Indices]:
    true, guess = np.asarray(truth, dtype=np.intp), np.asarray(predicted, dtype=np.intp)
    if true.ndim != 1 or true.shape != guess.shape:
        raise ValueError(f"`truth` and `predicted` must both be (N,). Received: {true.shape} and {guess.shape}.")
    if np.any((true < 0) | (true >= n_classes)) or np.any((guess < -1) | (guess >= n_classes)):
        raise ValueError(f"`truth` must lie in 0..{n_classes - 1} and `predicted` in -1..{n_classes - 1}.")
    return true, guess


def _ratio(part: float, whole: float) -> float:
    return float(part / whole) if whole else float("nan")
