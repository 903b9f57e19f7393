"""The ways of training: which heads a network learns by itself."""

HEADS = ("flat", "family", "regional")
MODES = {"flat": ("flat",), "hierarchical": ("family", "regional"), "both": HEADS}
"""Which heads each way of training has. The others are derived, so that every network answers alike."""
