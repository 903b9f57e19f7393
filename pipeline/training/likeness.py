"""Learn what the pictures of a training look like, so that others are recognised: each stone counts once."""

from collections.abc import Sequence

import cv2
import numpy as np

from gemhier.arrays import Booleans, Float32, Float64, Indices
from gemhier.models.bundle.likeness import Likeness, directions

PROTOTYPES = 64
"""So many clusters stand for all pictures: four times as many tell others apart no better (docs/attempts.md)."""

UNLIKE = 0.05
"""The share of the training's own stones that may be called unlike."""

TOO_LARGE = 0.01
"""The share of them that may be so for the size of their pictures alone."""

_ROUNDS = 10


def one_of_each(names: Sequence[str], among: Booleans | None = None) -> Booleans:
    """Return which pictures come first of their stone or group, (N,): one picture stands for each.

    Photographs of one stone are not independent, and a promise that is fitted to one of each holds for one more stone
    (Dunn, Wasserman & Ramdas, Distribution-Free Prediction Sets for Two-Layer Hierarchical Models, JASA 2023).

    Args:
        names: (N,), the same for pictures of one stone or group.
        among: (N,), the pictures that count; None for all.
    """
    of = np.asarray(names, dtype=np.str_)
    rows = np.arange(len(of)) if among is None else np.flatnonzero(among)
    chosen = np.zeros(len(of), dtype=np.bool_)
    chosen[rows[np.unique(of[rows], return_index=True)[1]]] = True
    return chosen


def fit_likeness(features: Float32, groups: Sequence[str], distances: Float64, sides: Indices) -> Likeness:
    """Find prototypes of pictures, the distance that most keep to those of the other folds, and how large most are.

    Args:
        features: (N, D), of whole pictures, as the stone finder gives them.
        groups: (N,), the same for pictures that belong together; each group counts once, however many it has.
        distances: (N,), how far each picture is from others' prototypes, by `cross_fitted_distances`.
        sides: (N,), pixels of each picture's shorter side; empty if they are not known.

    Returns:
        It calls at most `UNLIKE` of the groups unlike, each measured with prototypes of the other folds.
    """
    once = one_of_each(groups)
    threshold = float(np.quantile(distances[once], 1 - UNLIKE + (TOO_LARGE if len(sides) else 0)))
    sizes = [float(np.quantile(sides[once], 1 - TOO_LARGE, method="higher"))] if len(sides) else []
    return Likeness(_prototypes(features[once]), threshold, *sizes)


def cross_fitted_likeness(
    features: Float32, groups: Sequence[str], folds: Indices, sides: Indices
) -> tuple[Likeness, Booleans]:
    """Return what pictures look like, and which are like those of the other folds, (N,).

    The arguments are those of `fit_likeness` and `cross_fitted_distances`.
    """
    distances = cross_fitted_distances(features, groups, folds)
    likeness = fit_likeness(features, groups, distances, sides)
    return likeness, likeness.is_near(distances, sides if len(sides) else 0)


def cross_fitted_distances(features: Float32, groups: Sequence[str], folds: Indices) -> Float64:
    """Return how far each picture is from the prototypes of the other folds, (N,).

    Args:
        features: (N, D), as for `fit_likeness`.
        groups: (N,), as for `fit_likeness`.
        folds: (N,), the fold of each picture, from 0, two at least.
    """
    found = np.zeros(len(features))
    once = one_of_each(groups)
    for fold in np.unique(folds):
        inside = folds == fold
        found[inside] = Likeness(_prototypes(features[once & ~inside]), 2).distances(features[inside])
    return found


def of_makers(groups: Sequence[str], stones: Sequence[str]) -> Booleans:
    """Return which of N pictures are in a group of several stones, as one maker's photographs are, (N,).

    Args:
        groups: (N,), the same for pictures that belong together.
        stones: (N,), the same for pictures of one stone.
    """
    of: dict[str, set[str]] = {}
    for group, stone in zip(groups, stones, strict=True):
        of.setdefault(group, set()).add(stone)
    return np.array([len(of[group]) > 1 for group in groups], dtype=np.bool_)


def _prototypes(features: Float32) -> Float32:
    """Return the centres of clusters of (N, D) features, brought to length 1: (K, D), K at most N."""
    points = directions(features).astype(np.float32)
    count = min(PROTOTYPES, len(points))
    cv2.setRNGSeed(0)
    rounds = (cv2.TERM_CRITERIA_COUNT, _ROUNDS, 0.0)
    _, _, centres = cv2.kmeans(points, count, np.empty(0, np.int32), rounds, 1, cv2.KMEANS_PP_CENTERS)
    return directions(centres).astype(np.float32)
