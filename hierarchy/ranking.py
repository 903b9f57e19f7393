"""One order for all rankings, which the rounding of the arithmetic does not change."""

import numpy as np
import numpy.typing as npt

from gemhier.arrays import Indices

DECIMALS = 12
"""Values that are equal to so many decimals are equal: they keep their order on every machine."""


def ranked(values: npt.ArrayLike) -> Indices:
    """Return the places of the values, the highest first; equal ones stay in order.

    Args:
        values: (N,) finite.

    Returns:
        (N,).
    """
    return np.argsort(-np.round(np.asarray(values, dtype=np.float64), DECIMALS), kind="stable")
