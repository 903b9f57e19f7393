"""What is known of several gems, as arrays with a row for each."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from gemhier.arrays import Booleans, Float64
from gemhier.hierarchy.gem import Gem


@dataclass(frozen=True, eq=False)
class GemTable:
    """The properties of G gems.

    Attributes:
        gems: (G,) in the order of the rows.
    """

    gems: Sequence[Gem]

    def __len__(self) -> int:
        """How many gems there are."""
        return len(self.gems)

    @cached_property
    def refractive_index(self) -> Float64:
        """(G, 2) lowest and highest; nan where it is not known."""
        return self._ranges("refractive_index")

    @cached_property
    def birefringence(self) -> Float64:
        """(G, 2) lowest and highest; 0 for what is singly refractive, nan where it is not known."""
        return self._ranges("birefringence")

    @cached_property
    def specific_gravity(self) -> Float64:
        """(G, 2) lowest and highest; nan where it is not known."""
        return self._ranges("specific_gravity")

    @cached_property
    def hardness(self) -> Float64:
        """(G, 2) lowest and highest on the Mohs scale; nan where it is not known."""
        return self._ranges("hardness")

    @cached_property
    def spot_only(self) -> Booleans:
        """(G,) whether a refractometer gives one blurred reading."""
        return np.array([gem.spot_only for gem in self.gems], dtype=np.bool_)

    @cached_property
    def mean_index(self) -> Float64:
        """(G, 2) lowest and highest mean of the two readings of one stone.

        The lower index of a stone reaches up to the highest index less the birefringence, so the
        mean keeps half of the birefringence away from both ends.
        """
        half = np.nan_to_num(self.birefringence.mean(axis=1)) / 2
        low, high = self.refractive_index.T
        half = np.minimum(half, (high - low) / 2)
        return np.stack([low + half, high - half], axis=1)

    def _ranges(self, attribute: str) -> Float64:
        found = [getattr(gem, attribute) for gem in self.gems]
        return np.array([(np.nan, np.nan) if known is None else (known.low, known.high) for known in found])
