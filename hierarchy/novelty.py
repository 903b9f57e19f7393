"""Whether a picture may show none of the gems that a model has names for: where it is torn between many of these.

Novelty detection by the entropy of P(label). Of what costs nothing it told left-out classes best, and lost least where
they were left out of training and not only of calibration (docs/attempts.md).
"""

import numpy as np
import numpy.typing as npt

from gemhier.arrays import Float64
from gemhier.hierarchy.prediction_sets import rank

KNOWN = 0.05
"""So many pictures of gems that have a name may be said to show none of them."""


def entropies(probabilities: npt.ArrayLike) -> Float64:
    """Return the entropy of each of N distributions over V labels, in nats, (N,): from 0 to log V."""
    given = np.asarray(probabilities, dtype=np.float64)
    return np.asarray(-(given * np.log(np.maximum(given, np.finfo(np.float64).tiny))).sum(axis=1) + 0.0)


def highest_of_known(scores: npt.ArrayLike) -> float | None:
    """Return the score above which a picture may show none of the gems that have a name.

    Args:
        scores: (N,) of pictures whose gems have one, which the network has not learned from; high for what is unknown.

    Returns:
        The quantile that one more picture like these is above with a probability of `KNOWN` at most, with the
        correction for a finite number of them; None where so few do not assure it.
    """
    given = np.sort(np.asarray(scores, dtype=np.float64))
    place = rank(len(given), 1 - KNOWN)
    return float(given[place - 1]) if place <= len(given) else None
