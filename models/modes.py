"""The ways of training: which heads a network learns by itself, and the losses of the flat one."""

HEADS = ("flat", "family", "regional")
MODES = {"flat": ("flat",), "hierarchical": ("family", "regional"), "both": HEADS}
"""Which heads each way of training has. The others are derived, so that every network answers alike."""

FLAT_LOSSES = ("cross-entropy", "summed-leaves", "soft-labels")
"""What the flat head learns to make small: `gemhier.models.heads.losses` has them."""
