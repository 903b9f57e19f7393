"""Painted gems, and scenes composed with gems."""
