"""Deciding by expected cost: the answer whose mistakes would be the mildest on average."""

import numpy as np
import numpy.typing as npt

from gemhier.arrays import Float64


def expected_costs(probabilities: npt.ArrayLike, costs: npt.ArrayLike) -> Float64:
    """Return what each answer would cost on average: Σ over labels of P(label) · cost(label, answer).

    With the height of the lowest common ancestor as cost (`metrics.severity_matrix`), the answer of least
    expected cost is the conditional risk minimisation of Karthik et al., No Cost Likelihood Manipulation at
    Test Time for Making Better Mistakes in Deep Networks, ICLR 2021.

    Args:
        probabilities: (N, V), P(label); each row sums to 1.
        costs: (V, V), 0 or more, a row per true label and a column per answer.

    Returns:
        (N, V), a column per answer.

    Raises:
        ValueError: if the shapes do not fit together or a cost is below 0.
    """
    of_label, prices = np.asarray(probabilities, dtype=np.float64), np.asarray(costs, dtype=np.float64)
    if of_label.ndim != 2 or prices.shape != (of_label.shape[1],) * 2:
        raise ValueError(
            f"`probabilities` must be (N, V) and `costs` (V, V). Received: {of_label.shape} and {prices.shape}."
        )
    if np.any(prices < 0):
        raise ValueError(f"`costs` must be 0 or more. Received: {prices.min()}.")
    return np.asarray(of_label @ prices)


def by_least_cost(probabilities: npt.ArrayLike, costs: npt.ArrayLike) -> Float64:
    """Rank answers by their expected cost.

    Args and errors: as `expected_costs`.

    Returns:
        (N, V) from 0 to 1, the higher the cheaper: 1 where the answer cannot cost anything, 0 where it
        costs the highest price for certain. These are no probabilities and do not sum to 1.
    """
    expected = expected_costs(probabilities, costs)
    highest = float(np.asarray(costs, dtype=np.float64).max(initial=0))
    return np.asarray(np.clip(1 - expected / highest, 0, 1)) if highest else np.ones_like(expected)
