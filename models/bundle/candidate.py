"""One entry of a ranking of gems."""

from dataclasses import dataclass
from typing import Any

DECIMALS = 6
"""Probabilities are written with this many decimals: more would be noise of the arithmetic."""


@dataclass(frozen=True)
class Candidate:
    """One entry of a ranking.

    Attributes:
        id: the id of a family, a label or another gem.
        name: its name.
        probability: from 0 to 1.
    """

    id: str
    name: str
    probability: float

    def to_dict(self) -> dict[str, Any]:
        """JSON values."""
        return {"id": self.id, "name": self.name, "probability": round(self.probability, DECIMALS)}
