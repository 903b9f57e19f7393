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

HIER_COS = "hier-cos"
"""The loss of a flat head whose logits are the lengths of projections: see `gemhier.models.networks.hier_cos`."""

FLAT_LOSSES = ("cross-entropy", "summed-leaves", "soft-labels", HIER_COS)
"""What the flat head learns to make small: `gemhier.models.networks.heads.losses` has them."""

NODES = "nodes"
"""The output that `HIER_COS` is computed from. It is no head: only trainings look at it."""


def trained_outputs(mode: str, loss: str) -> tuple[str, ...]:
    """Return the outputs that a training has losses of.

    Args:
        mode: a key of `MODES`.
        loss: of the flat head, one of `FLAT_LOSSES`.
    """
    return tuple(NODES if head == "flat" and loss == HIER_COS else head for head in MODES[mode])
