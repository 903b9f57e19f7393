"""Features of a frozen backbone, computed once and kept: a cache that can be thrown away."""

import hashlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from gemhier.models.augmentation import Augmentation, build_augmenter, develop
from gemhier.models.stone import cover_backdrop
from gemhier.pipeline.progress import progress
from gemhier.pipeline.whole_file import whole_file

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

Features = npt.NDArray[np.float32]
Pictures = npt.NDArray[np.uint8]

BATCH = 64


def load_features(
    extractor: "keras.Model",
    crops: npt.NDArray[np.uint8],
    *,
    views: int,
    augmentation: Augmentation,
    seed: int,
    cache_folder: Path,
) -> Features:
    """Features of several seeded views of each crop; the first view is the crop as it is.

    Args:
        extractor: (N, S, S, 3) uint8 to (N, D) features; its weights are part of the cache's key.
        crops: (N, S, S, 4) uint8, RGB and how much of each pixel is stone.
        views: how many views of each, at least 1.
        augmentation: how the further views are changed.
        seed: of these changes.
        cache_folder: where the cache lies, or is to be made.

    Returns:
        (views, N, D) float32.

    Raises:
        OutputError: if the cache cannot be written.
    """
    pieces = []
    of_network = _digest_weights(extractor)
    of_crops = hashlib.sha256(np.ascontiguousarray(crops).data).hexdigest()
    forward = _forward(extractor)
    for view in range(views):
        key = f"{of_network} {of_crops} {(augmentation, seed, view) if view else 'unchanged'}"
        path = cache_folder / f"features-{hashlib.sha256(key.encode()).hexdigest()[:32]}.npy"
        found = _read(path, len(crops))
        if found is None:
            change = _changes(augmentation, seed + 10 * view) if view else cover_backdrop
            found = _extract(forward, crops, change, f"Frozen features, view {view + 1} of {views}")
            _write(path, found)
        pieces.append(found)
    return np.stack(pieces)


def _changes(augmentation: Augmentation, seed: int) -> Callable[[Pictures], Pictures]:
    import tensorflow as tf

    # keras-cv draws from TensorFlow's global generator too, wherever that stands.
    tf.random.set_seed(seed)
    augmenter, generator = build_augmenter(augmentation, seed), np.random.default_rng(seed)

    def change(cuts: Pictures) -> Pictures:
        turned = augmenter(tf.cast(tf.convert_to_tensor(cuts), tf.float32), training=True).numpy()
        return develop(np.clip(np.rint(turned), 0, 255).astype(np.uint8), augmentation, generator)

    return change


def _digest_weights(extractor: "keras.Model") -> str:
    digest = hashlib.sha256(repr(extractor.input_shape).encode())
    for weight in extractor.get_weights():
        digest.update(np.ascontiguousarray(weight).data)
    return digest.hexdigest()


def _forward(extractor: "keras.Model") -> Callable[["tf.Tensor"], "tf.Tensor"]:
    import tensorflow as tf

    def forward(pictures: "tf.Tensor") -> "tf.Tensor":
        return extractor(pictures, training=False)

    compiled: Callable[[tf.Tensor], tf.Tensor] = tf.function(forward, reduce_retracing=True)
    return compiled


def _extract(
    forward: Callable[["tf.Tensor"], "tf.Tensor"],
    crops: npt.NDArray[np.uint8],
    change: Callable[[Pictures], Pictures],
    label: str,
) -> Features:
    import tensorflow as tf

    pieces = []
    with progress(range(0, len(crops), BATCH), label) as starts:
        for start in starts:
            pieces.append(forward(tf.convert_to_tensor(change(crops[start : start + BATCH]))).numpy())
    return np.concatenate(pieces)


def _read(path: Path, count: int) -> Features | None:
    with suppress(OSError, ValueError, EOFError):
        found: Features = np.load(path, allow_pickle=False)
        if len(found) == count:
            return found
    return None


def _write(path: Path, features: Features) -> None:
    with whole_file(path) as file:
        np.save(file, features)
