"""Classifying in a browser: what a page must know of a bundle, and the scripts that compute with it."""
