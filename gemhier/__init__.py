"""Name gemstones in photographs: family first, then variety and region.

    import gemhier

    bundle = gemhier.load_bundle()
    for result in bundle.classify(["ruby.jpg"]):
        print(result)

The names below are loaded on first use, since most of them need numpy and `gemhier
--help` does not.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gemhier.hierarchy.evidence import Evidence
    from gemhier.hierarchy.taxonomy import Taxonomy
    from gemhier.hierarchy.taxonomy_file import load_taxonomy
    from gemhier.models.bundle import Bundle, load_bundle
    from gemhier.models.bundle.predictions import Prediction
    from gemhier.models.images.stones import Failure

__version__ = "0.1.0"

__all__ = ["Bundle", "Evidence", "Failure", "Prediction", "Taxonomy", "__version__", "load_bundle", "load_taxonomy"]

_MODULE_OF = {
    "Bundle": "gemhier.models.bundle",
    "Evidence": "gemhier.hierarchy.evidence",
    "Failure": "gemhier.models.images.stones",
    "Prediction": "gemhier.models.bundle.predictions",
    "Taxonomy": "gemhier.hierarchy.taxonomy",
    "load_bundle": "gemhier.models.bundle",
    "load_taxonomy": "gemhier.hierarchy.taxonomy_file",
}


def __getattr__(name: str) -> object:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(_MODULE_OF[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
