"""A bundle: one folder with everything that classifying needs."""

from gemhier.models.bundle.bundle import Bundle
from gemhier.models.bundle.load import load_bundle, write_bundle
from gemhier.models.bundle.predictions import StoneResult

__all__ = ["Bundle", "StoneResult", "load_bundle", "write_bundle"]
