"""A bundle: one folder with everything that classifying needs."""

from gemhier.models.bundle.bundle import Bundle, load_bundle, write_bundle

__all__ = ["Bundle", "load_bundle", "write_bundle"]
