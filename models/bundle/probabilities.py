"""From a network's logits to calibrated probabilities, decoded in every way."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gemhier.arrays import Booleans, Float64
from gemhier.hierarchy.decoding import Strategy, conditional, softmax, strategies
from gemhier.hierarchy.labels import LabelSpace
from gemhier.models.bundle.info import Temperatures
from gemhier.models.runtime.logits import Logits


@dataclass(frozen=True)
class Probabilities:
    """What the network says of N pictures, as calibrated probabilities.

    Attributes:
        flat: (N, V), P(label) by the flat classifier.
        family: (N, F), P(family) by the general classifier.
        conditional: (N, V), P(label | its family) by the regional networks.
        by_strategy: for each strategy (N, V), P(label).
    """

    flat: Float64
    family: Float64
    conditional: Float64
    by_strategy: Mapping[Strategy, Float64]

    def where(self, chosen: Booleans, others: "Probabilities") -> "Probabilities":
        """Return the rows of this where (N,) `chosen` says so, and those of `others` elsewhere."""
        rows = chosen[:, None]
        return Probabilities(
            flat=np.where(rows, self.flat, others.flat),
            family=np.where(rows, self.family, others.family),
            conditional=np.where(rows, self.conditional, others.conditional),
            by_strategy={
                strategy: np.where(rows, found, others.by_strategy[strategy])
                for strategy, found in self.by_strategy.items()
            },
        )


def decode(logits: Logits, temperatures: Temperatures, fusion_weight: float, space: LabelSpace) -> Probabilities:
    """Decode the logits of N pictures.

    Args:
        logits: of the three heads.
        temperatures: one for each head.
        fusion_weight: the say of the flat classifier in `fused`.
        space: the labels.
    """
    flat = softmax(logits.flat, temperatures.flat)
    family = softmax(logits.family, temperatures.family)
    regional = [temperatures.regional.get(name, 1.0) for name in space.families]
    within = conditional(logits.regional, space.parents, regional)
    return Probabilities(
        flat=flat,
        family=family,
        conditional=within,
        by_strategy=strategies(flat, family, within, space.parents, fusion_weight),
    )
