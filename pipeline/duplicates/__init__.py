"""Finds copies and near-copies among pictures."""
