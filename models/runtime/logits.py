"""What a network says of pictures, head by head."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np

from gemhier.arrays import Float32


@dataclass(frozen=True)
class Logits:
    """What the network says of N pictures, before temperatures and softmax.

    Attributes:
        flat: (N, V) float32, the flat classifier.
        family: (N, F) float32, the general classifier.
        regional: (N, V) float32, the regional networks side by side.
    """

    flat: Float32
    family: Float32
    regional: Float32

    @classmethod
    def of(cls, found: Mapping[str, Any]) -> Self:
        """Take the heads' arrays out of a mapping, which may hold more."""
        return cls(**{head: found[head] for head in HEADS})

    @classmethod
    def joined(cls, parts: "Sequence[Logits]") -> Self:
        """Return the pictures of several, one after another."""
        return cls(**{head: np.concatenate([getattr(part, head) for part in parts]) for head in HEADS})

    def map(self, change: Callable[[Float32], Float32]) -> "Logits":
        """Do the same to each head's array."""
        return Logits.of({head: change(array) for head, array in self.items()})

    def items(self) -> tuple[tuple[str, Float32], ...]:
        """Each head's name and array."""
        return tuple((head, getattr(self, head)) for head in HEADS)


HEADS = tuple(field.name for field in fields(Logits))
"""The heads of every network, in the order in which they are named: flat, family, regional."""
