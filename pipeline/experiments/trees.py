"""Other trees of the same shape: which label stands in which place of the gemmological tree.

A tree is (V,) places: label v stands where label places[v] stands in the label space. So families stay as many and as
large as they are, and what a tree knows is told apart from what its shape brings.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from gemhier.arrays import Float32, Float64, Indices
from gemhier.hierarchy.labels import LabelSpace
from gemhier.pipeline.data.split import grouped_folds

_INNER_FOLDS = 3
_REGULARISATION = 0.003


def random_tree(space: LabelSpace, seed: int) -> Indices:
    """Labels in places drawn by chance."""
    return np.random.default_rng(seed).permutation(len(space)).astype(np.intp)


def learned_tree(similarity: npt.ArrayLike, space: LabelSpace) -> Indices:
    """Labels in places where those that are alike share a family.

    The families' sizes are given, so this is clustering with fixed sizes: each family, the largest first, starts with
    the label that is most like the others and takes the label that is most like those it has; then labels
    change places as long as that brings more likeness into families (the exchange heuristic of Kernighan & Lin, Bell
    System Technical Journal, 1970).

    Args:
        similarity: (V, V), how alike two labels are; what one label is to itself does not count.
        space: the labels.

    Raises:
        ValueError: if there is not a row and a column for each label.
    """
    alike = np.asarray(similarity, dtype=np.float64)
    if alike.shape != (len(space),) * 2:
        raise ValueError(f"`similarity` must be ({len(space)}, {len(space)}). Received: {alike.shape}.")
    alike = alike + alike.T
    np.fill_diagonal(alike, 0)
    sizes = np.bincount(space.parents)
    family_of = np.full(len(space), -1)
    for family in np.argsort(-sizes, kind="stable"):
        left = np.flatnonzero(family_of < 0)
        first = left[alike[left][:, left].sum(axis=1).argmax()]
        members = [int(first)]
        family_of[first] = family
        while len(members) < sizes[family]:
            left = np.flatnonzero(family_of < 0)
            best = int(left[alike[left][:, members].sum(axis=1).argmax()])
            members.append(best)
            family_of[best] = family
    _exchange(alike, family_of)
    places = np.empty(len(space), dtype=np.intp)
    for family in range(len(sizes)):
        places[np.flatnonzero(family_of == family)] = np.flatnonzero(space.parents == family)
    return places


def confusion_similarity(features: Float32, truth: Indices, groups: Sequence[str], n_labels: int, seed: int) -> Float64:
    """How much probability a flat classifier gives to each label in pictures of each label.

    A logistic regression on frozen features answers each picture without having learned from its group.

    Args:
        features: (N, D) of the pictures that a network is to learn from, and of no others.
        truth: (N,) the column of each picture's label.
        groups: (N,) the group of each picture.
        n_labels: V.
        seed: of the division into inner folds.

    Returns:
        (V, V), a row per true label: the mean of P(label); 0 where a label has no pictures.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    inner = grouped_folds([str(label) for label in truth], groups, min(_INNER_FOLDS, len(set(groups))), seed)
    probabilities = np.zeros((len(truth), n_labels))
    for fold in range(int(inner.max()) + 1):
        learned, asked = inner != fold, inner == fold
        classifier = make_pipeline(StandardScaler(), LogisticRegression(C=_REGULARISATION, max_iter=200))
        classifier.fit(features[learned], truth[learned])
        probabilities[np.ix_(asked, classifier.classes_)] = classifier.predict_proba(features[asked])
    sums = np.zeros((n_labels, n_labels))
    np.add.at(sums, truth, probabilities)
    return np.asarray(sums / np.maximum(1, np.bincount(truth, minlength=n_labels))[:, None])


def _exchange(alike: Float64, family_of: Indices) -> None:
    """Let the two labels change places whose exchange brings most, until none does."""
    labels = np.arange(len(family_of))
    while True:
        members = np.eye(int(family_of.max()) + 1)[family_of]
        ties = alike @ members  # (V, F), how alike each label is to each family
        own = ties[labels, family_of]
        to_other = ties[:, family_of]  # what label i would find in the family of label j
        gain = to_other + to_other.T - own[:, None] - own[None] - 2 * alike
        gain[family_of[:, None] == family_of[None]] = 0
        first, second = np.unravel_index(int(gain.argmax()), gain.shape)
        if gain[first, second] <= 1e-12:
            return
        family_of[[first, second]] = family_of[[second, first]]
