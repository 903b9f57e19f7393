"""The class graph: what gems there are, and what a probability over them means."""
