"""Figures with their intervals: how often a model is right, how sure it is, and which of two is better."""
