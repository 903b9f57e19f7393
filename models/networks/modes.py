"""The ways of training: which heads a network learns by itself, and so what it decides by; losses of the flat head."""

from collections.abc import Mapping

from gemhier.hierarchy.decoding import Strategy
from gemhier.models.runtime.logits import HEADS

MODES = {"flat": ("flat",), "hierarchical": ("family", "regional"), "both": HEADS}
"""Which heads each way of training has. The others are derived, so that every network answers alike."""

TRAINED_STRATEGIES: Mapping[str, tuple[Strategy, ...]] = {
    "flat": ("flat",),
    "hierarchical": ("hard", "soft"),
    "both": ("flat", "hard", "soft", "fused"),
}
"""The strategies that each way of training has heads of its own for. A bundle decides by the last."""

FLAT_LOSSES = ("cross-entropy", "summed-leaves", "soft-labels")
"""What the flat head learns to make small: `gemhier.models.networks.heads.losses` has them."""
