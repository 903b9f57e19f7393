"""Draws a taxonomy, as a tree or as a circle."""
