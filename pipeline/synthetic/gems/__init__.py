"""Paints cut stones: cuts, materials, light, backdrops; for examples, samples and tests."""
