"""Paint cut stones: cuts, materials, light and backdrops; for examples, samples and tests."""
