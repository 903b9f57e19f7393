"""Weights of a backbone from a file of the user's."""

import hashlib
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from gemhier.errors import DataError

if TYPE_CHECKING:
    import keras


def load_weights(model: "keras.Model", path: Path) -> None:
    """Load all weights of a backbone.

    Args:
        model: the backbone.
        path: what Keras saved of it: `.weights.h5`, or the older `.h5` such as the `_notop.h5` that
            `keras.applications` publishes.

    Raises:
        DataError: if the file is not there, or is not of this backbone.
    """
    weights_digest(path)
    try:
        with warnings.catch_warnings():
            # Keras only warns of layers that the file lacks, and leaves them random.
            warnings.simplefilter("error", UserWarning)
            model.load_weights(path)
        if path.name.endswith(".weights.h5"):
            _check_nothing_is_left_over(model, path)
    except Exception as error:  # a file of another kind fails wherever the reader happens to notice
        reason = " ".join(str(error).partition("\n")[0].split()).rstrip(".")
        raise DataError(
            f"{path}: not weights of {model.name} ({reason}). "
            "Give a .weights.h5 or _notop.h5 file of this backbone without its classifier."
        ) from error


def _check_nothing_is_left_over(model: "keras.Model", path: Path) -> None:
    """Keras passes over what a deeper network or a classifier has beyond the backbone; only the older format tells."""
    import h5py

    arrays = []

    def visit(name: str, item: object) -> None:
        if isinstance(item, h5py.Dataset) and not name.startswith("optimizer/"):
            arrays.append(name)

    with h5py.File(path, "r") as file:
        file.visititems(visit)
    if len(arrays) != len(model.weights):
        raise ValueError(f"it has {len(arrays)} arrays, the backbone {len(model.weights)}")


def weights_digest(path: Path) -> str:
    """Return the SHA-256 of a file of weights, in hex.

    Raises:
        DataError: if it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise DataError(
            f"{path}: the weights cannot be read ({error.strerror}). --weights takes imagenet, none or a file."
        ) from error
