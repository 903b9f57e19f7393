"""From the network's logits to probabilities over labels.

Shapes: N pictures, F families, V labels, M nodes. All of it is computed in float64.
"""

from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from gemhier.arrays import Booleans, Float64, Indices

Strategy = Literal["flat", "hard", "soft", "fused"]
"""How the outputs of the network become one distribution over labels.

flat: the flat classifier alone. hard: the most probable family, then its regional network.
soft: every family's regional network, weighed by the family. fused: flat and soft together.
"""

FLOOR = float(np.finfo(np.float64).tiny)
"""Keeps two certain voices that contradict each other from leaving no probability at all to be fused."""

STRATEGIES: tuple[Strategy, ...] = get_args(Strategy)


def softmax(logits: npt.ArrayLike, temperature: float = 1.0) -> Float64:
    """Turn logits into probabilities along the last axis.

    Args:
        logits: (..., C), finite.
        temperature: divides the logits; above 1 it makes the distribution flatter.

    Returns:
        (..., C), each row sums to 1.

    Raises:
        ValueError: if the temperature is not above 0.
    """
    if not temperature > 0:
        raise ValueError(f"`temperature` must be above 0. Received: {temperature}.")
    scaled = np.asarray(logits, dtype=np.float64) / temperature
    powers = np.exp(scaled - scaled.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))


def conditional(regional_logits: npt.ArrayLike, parents: Indices, temperatures: npt.ArrayLike | None = None) -> Float64:
    """Turn the regional logits into P(label | its family): one softmax within each family.

    Args:
        regional_logits: (N, V), finite.
        parents: (V,), the column of each label's family. Every family has a label.
        temperatures: (F,), one for each family, all above 0; None for 1 everywhere.

    Returns:
        (N, V), sums to 1 within each family; exactly 1 for a family's only label.

    Raises:
        ValueError: if the shapes do not fit together or a temperature is not above 0.
    """
    logits = np.asarray(regional_logits, dtype=np.float64)
    n_families = _family_count(parents)
    scale = np.ones(n_families) if temperatures is None else np.asarray(temperatures, dtype=np.float64)
    if logits.ndim != 2 or logits.shape[1] != len(parents):
        raise ValueError(
            f"`regional_logits` must be (N, {len(parents)}), a column per label. Received: {logits.shape}."
        )
    if scale.shape != (n_families,) or not np.all(scale > 0):
        raise ValueError(f"`temperatures` must be {n_families} numbers above 0, one per family. Received: {scale}.")
    scaled = logits / scale[parents]
    order = np.argsort(parents, kind="stable")
    starts = np.searchsorted(parents[order], np.arange(n_families))
    highest = np.maximum.reduceat(scaled[:, order], starts, axis=1)
    powers = np.exp(scaled - highest[:, parents])
    totals = np.add.reduceat(powers[:, order], starts, axis=1)
    return np.asarray(powers / totals[:, parents])


def soft(families: npt.ArrayLike, conditional: npt.ArrayLike, parents: Indices) -> Float64:
    """Weigh every regional network by its family: P(label) = P(family) · P(label | family).

    Args:
        families: (N, F), P(family); each row sums to 1.
        conditional: (N, V), P(label | its family); sums to 1 within each family.
        parents: (V,), the column in `families` of each label's family.

    Returns:
        (N, V), P(label); each row sums to 1.

    Raises:
        ValueError: if the shapes do not fit together.
    """
    of_family = np.asarray(families, dtype=np.float64)
    within = np.asarray(conditional, dtype=np.float64)
    n_families = _family_count(parents)
    if of_family.ndim != 2 or of_family.shape[1] != n_families:
        raise ValueError(f"`families` must be (N, {n_families}), a column per family. Received: {of_family.shape}.")
    if within.shape != (len(of_family), len(parents)):
        raise ValueError(
            "`conditional` must have one row per picture and one column per label, "
            f"({len(of_family)}, {len(parents)}). Received: {within.shape}."
        )
    return np.asarray(of_family[:, parents] * within)


def hard(families: npt.ArrayLike, conditional: npt.ArrayLike, parents: Indices) -> Float64:
    """Trust the most probable family wholly: its regional network gets all of the probability.

    Labels of other families get exactly 0, which no ranking may count as an answer.

    Args, returns and errors: as `soft`. Of equally probable families the first wins.
    """
    of_family = np.asarray(families, dtype=np.float64)
    if of_family.ndim != 2 or not of_family.shape[1]:
        raise ValueError(f"`families` must be (N, F), a column per family. Received: {of_family.shape}.")
    chosen = np.zeros_like(of_family)
    chosen[np.arange(len(of_family)), of_family.argmax(axis=1)] = 1.0
    return soft(chosen, conditional, parents)


def fused(flat: npt.ArrayLike, soft: npt.ArrayLike, weight: float) -> Float64:
    """Let the flat classifier and the two stages vote: flat**weight · soft**(1 - weight), normalised.

    A weighted geometric mean (a logarithmic opinion pool; Genest & Zidek, Statistical
    Science 1986). Weight 1 is `flat`, weight 0 is `soft`.

    Args:
        flat: (N, V), P(label) by the flat classifier.
        soft: (N, V), P(label) by both stages.
        weight: the say of the flat classifier, from 0 to 1.

    Returns:
        (N, V), each row sums to 1.

    Raises:
        ValueError: if the shapes differ or the weight is outside 0..1.
    """
    one, other = np.asarray(flat, dtype=np.float64), np.asarray(soft, dtype=np.float64)
    if one.ndim != 2 or one.shape != other.shape:
        raise ValueError(f"`flat` and `soft` must both be (N, V). Received: {one.shape} and {other.shape}.")
    if not 0 <= weight <= 1:
        raise ValueError(f"`weight` must lie between 0 and 1. Received: {weight}.")
    return softmax(weight * np.log(np.maximum(one, FLOOR)) + (1 - weight) * np.log(np.maximum(other, FLOOR)))


def strategies(
    flat: npt.ArrayLike,
    families: npt.ArrayLike,
    conditional: npt.ArrayLike,
    parents: Indices,
    weight: float,
) -> dict[Strategy, Float64]:
    """Decode the same pictures in all four ways, to compare them.

    Args:
        flat: (N, V), P(label) by the flat classifier.
        families: (N, F), P(family).
        conditional: (N, V), P(label | its family).
        parents: (V,), the column in `families` of each label's family.
        weight: the say of the flat classifier in `fused`, from 0 to 1.

    Returns:
        For each strategy (N, V), each row sums to 1.

    Raises:
        ValueError: if the shapes do not fit together or the weight is outside 0..1.
    """
    both_stages = soft(families, conditional, parents)
    return {
        "flat": np.asarray(flat, dtype=np.float64),
        "hard": hard(families, conditional, parents),
        "soft": both_stages,
        "fused": fused(flat, both_stages, weight),
    }


def node_probabilities(labels: npt.ArrayLike, membership: Booleans) -> Float64:
    """Sum the labels up the tree: P(node) is the sum of P(label) over the labels at or below it.

    Args:
        labels: (N, V), P(label); each row sums to 1.
        membership: (V, M), whether label v is node m or below it (`LabelSpace.membership`).

    Returns:
        (N, M), between 0 and 1. No child is more probable than its parent, to the last bit.

    Raises:
        ValueError: if the shapes do not fit together.
    """
    of_label = np.asarray(labels, dtype=np.float64)
    if of_label.ndim != 2 or of_label.shape[1] != len(membership):
        raise ValueError(f"`labels` must be (N, {len(membership)}), a column per label. Received: {of_label.shape}.")
    totals = np.zeros((len(of_label), membership.shape[1]))
    # Label by label, in one order for all nodes: then rounding cannot lift a child above its
    # parent, as the blocked sums of a matrix product can.
    label, node = np.nonzero(membership)
    np.add.at(totals.T, node, of_label[:, label].T)
    return np.asarray(np.minimum(totals, 1.0))


def _family_count(parents: Indices) -> int:
    n_families = int(parents.max()) + 1 if len(parents) else 0
    if not len(parents) or len(set(parents.tolist())) != n_families or parents.min() != 0:
        raise ValueError(f"`parents` must name every family from 0 up at least once. Received: {parents}.")
    return n_families
