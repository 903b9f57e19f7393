"""Compose photographs of stones in everyday places, to train a stone finder on."""
