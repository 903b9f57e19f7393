"""Make stated probabilities honest: temperatures for the logits, and the weight of the fusion.

Everything here is fitted on validation pictures, never on those that trained the network.
"""

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from gemhier.arrays import Float64, Indices
from gemhier.hierarchy.decoding import fused, softmax
from gemhier.hierarchy.metrics import log_losses

LOWEST_TEMPERATURE = 0.05
HIGHEST_TEMPERATURE = 20.0

PRIOR_DEVIATION = 0.5
"""How far log(temperature) is expected to stray before having seen a picture (one standard deviation).

Few pictures, all of them right, would otherwise ask for endless confidence. Against a
hundred pictures or more this hardly weighs.
"""

GOLDEN = (math.sqrt(5) - 1) / 2


def fit_temperature(logits: npt.ArrayLike, truth: npt.ArrayLike, *, expected: float = 1.0) -> float:
    """Return the temperature that makes softmax(logits / temperature) most honest.

    Minimises the negative log-likelihood (Guo et al., On Calibration of Modern Neural Networks,
    ICML 2017) plus a log-normal prior around `expected`. Logarithms of probabilities are logits
    too, so a fused distribution can be calibrated in the same way.

    Args:
        logits: (N, C), finite.
        truth: (N,), the column of the true class.
        expected: the answer when there are no pictures.

    Returns:
        From 0.05 to 20. Above 1 the network was too sure of itself.

    Raises:
        ValueError: if the shapes do not fit together or `expected` is out of range.
    """
    scores, columns = np.asarray(logits, dtype=np.float64), np.asarray(truth, dtype=np.intp)
    return _temperature(lambda temperature: _loss(scores, columns, temperature), expected)


def fit_conditional_temperatures(
    regional_logits: npt.ArrayLike, truth: npt.ArrayLike, parents: Indices, *, each_family: bool = True
) -> Float64:
    """One temperature for each family's regional network, each from that family's pictures alone.

    First one temperature for all families together; then each family strays from it as far as
    its own pictures warrant, so a family with few pictures borrows from the rest.

    Args:
        regional_logits: (N, V), finite.
        truth: (N,), the column of the true label.
        parents: (V,), the column of each label's family.
        each_family: whether families stray; if not, all have the one that they have together.

    Returns:
        (F,), each from 0.05 to 20; 1 for a family with a single label, where it changes nothing.

    Raises:
        ValueError: if the shapes do not fit together.
    """
    logits, columns = np.asarray(regional_logits, dtype=np.float64), np.asarray(truth, dtype=np.intp)
    if logits.ndim != 2 or logits.shape[1] != len(parents) or columns.shape != logits.shape[:1]:
        raise ValueError(
            f"`regional_logits` must be (N, {len(parents)}) and `truth` (N,). "
            f"Received: {logits.shape} and {columns.shape}."
        )
    temperatures = np.ones(int(parents.max()) + 1)
    own_images: dict[int, tuple[Float64, Indices]] = {}
    for family in range(len(temperatures)):
        labels = np.flatnonzero(parents == family)
        if len(labels) > 1:
            rows = np.flatnonzero(np.isin(columns, labels))
            own_images[family] = logits[np.ix_(rows, labels)], np.searchsorted(labels, columns[rows])
    shared = _temperature(
        lambda temperature: sum(_loss(scores, true, temperature) for scores, true in own_images.values()), 1.0
    )
    for family, (scores, true) in own_images.items():
        temperatures[family] = fit_temperature(scores, true, expected=shared) if each_family else shared
    return temperatures


def fit_fusion_weight(flat: npt.ArrayLike, soft: npt.ArrayLike, truth: npt.ArrayLike) -> float:
    """Return the say of the flat classifier in the fusion that makes the true labels most likely.

    By log-likelihood rather than by top-1 accuracy: it is convex in the weight, so it has one
    best place, while accuracy moves in steps of one picture and follows chance.

    Args:
        flat: (N, V), P(label) by the flat classifier, calibrated.
        soft: (N, V), P(label) by both stages, calibrated.
        truth: (N,), the column of the true label.

    Returns:
        From 0 (soft alone) to 1 (flat alone); 0.5 without pictures.

    Raises:
        ValueError: if the shapes do not fit together.
    """

    def loss(weight: float) -> float:
        return float(log_losses(fused(flat, soft, weight), truth).sum())

    if not len(np.asarray(truth)):
        return 0.5
    inside = _lowest(loss, 0.0, 1.0)
    # The search never tries the very ends, where one voice is silent.
    return min((0.0, 1.0, inside), key=loss)


def _temperature(loss: Callable[[float], float], expected: float) -> float:
    """Return the most probable temperature, searched along its logarithm."""
    if not LOWEST_TEMPERATURE <= expected <= HIGHEST_TEMPERATURE:
        raise ValueError(f"`expected` must lie in {LOWEST_TEMPERATURE}..{HIGHEST_TEMPERATURE}. Received: {expected}.")
    middle = math.log(expected)

    def penalised(log_temperature: float) -> float:
        prior = ((log_temperature - middle) / PRIOR_DEVIATION) ** 2 / 2
        return loss(math.exp(log_temperature)) + prior

    found = _lowest(penalised, math.log(LOWEST_TEMPERATURE), math.log(HIGHEST_TEMPERATURE))
    return float(np.clip(math.exp(found), LOWEST_TEMPERATURE, HIGHEST_TEMPERATURE))


def _loss(logits: Float64, truth: Indices, temperature: float) -> float:
    return float(log_losses(softmax(logits, temperature), truth).sum())


def _lowest(function: Callable[[float], float], low: float, high: float) -> float:
    """Where a function of one number is lowest: a coarse grid, then golden-section search beside its best point."""
    grid = np.linspace(low, high, 33)
    best = int(np.argmin([function(float(point)) for point in grid]))
    left, right = float(grid[max(best - 1, 0)]), float(grid[min(best + 1, len(grid) - 1)])
    inner, outer = right - GOLDEN * (right - left), left + GOLDEN * (right - left)
    at_inner, at_outer = function(inner), function(outer)
    while right - left > 1e-6:
        if at_inner <= at_outer:
            right, outer, at_outer = outer, inner, at_inner
            inner = right - GOLDEN * (right - left)
            at_inner = function(inner)
        else:
            left, inner, at_inner = inner, outer, at_outer
            outer = left + GOLDEN * (right - left)
            at_outer = function(outer)
    return (left + right) / 2
