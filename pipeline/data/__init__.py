"""A data set: its sources, labels, splits, manifest and crops."""
