"""A bundle: one folder with everything that classifying needs."""

from gemhier.models.bundle.bundle import Bundle, StoneResult
from gemhier.models.bundle.load import load_bundle, write_bundle

__all__ = ["Bundle", "StoneResult", "load_bundle", "write_bundle"]
