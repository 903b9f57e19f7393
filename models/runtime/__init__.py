"""Exported networks, run by LiteRT: crops to logits."""
