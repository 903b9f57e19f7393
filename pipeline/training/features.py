"""Features of a frozen backbone, computed once and kept: a cache that can be thrown away."""

import hashlib
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gemhier.arrays import RGB, Bytes, Float32
from gemhier.atomic import whole_file
from gemhier.models.augment.augmentation import Augmentation, augmented
from gemhier.models.images.crop import mask_background
from gemhier.pipeline.training.class_balance import Copies, each_once, transformed
from gemhier.progress import progress

if TYPE_CHECKING:
    import keras
    import tensorflow as tf


BATCH = 64


def load_features(
    extractor: "keras.Model",
    crops: Bytes,
    *,
    views: int,
    augmentation: Augmentation,
    seed: int,
    cache_folder: Path,
    copies: Copies | None = None,
) -> Float32:
    """Features of several seeded views of each crop; the first view is the crop as it is.

    Args:
        extractor: (N, S, S, 3) uint8 to (N, D) features; its weights are part of the cache's key.
        crops: (N, S, S, 4) uint8, RGB and how much of each pixel is stone.
        views: how many views of each, at least 1.
        augmentation: how the further views are changed.
        seed: of these changes.
        cache_folder: where the cache lies, or is to be made.
        copies: which crops, and how they are turned beforehand; None for each once as it is.

    Returns:
        (views, M, D) float32, M as many as `copies`, else N.

    Raises:
        OutputError: if the cache cannot be written.
    """
    pieces = []
    of_network = _digest_weights(extractor)
    of_crops = hashlib.sha256(np.ascontiguousarray(crops).data).hexdigest()
    if copies is not None:
        of_crops += f" {hashlib.sha256(copies.rows.tobytes() + copies.transforms.tobytes()).hexdigest()}"
    shown = each_once(len(crops)) if copies is None else copies
    forward = _forward(extractor)
    for view in range(views):
        key = f"{of_network} {of_crops} {(augmentation, seed, view) if view else 'unchanged'}"
        path = cache_folder / f"features-{hashlib.sha256(key.encode()).hexdigest()[:32]}.npy"
        found = _read(path, len(shown))
        if found is None:
            generator = np.random.default_rng(seed + 10 * view)
            change = partial(augmented, augmentation=augmentation, generator=generator) if view else mask_background
            found = _extract(forward, crops, shown, change, f"Frozen features, view {view + 1} of {views}")
            _write(path, found)
        pieces.append(found)
    return np.stack(pieces)


def _digest_weights(extractor: "keras.Model") -> str:
    digest = hashlib.sha256(repr(extractor.input_shape).encode())
    for weight in extractor.get_weights():
        digest.update(np.ascontiguousarray(weight).data)
    return digest.hexdigest()


def _forward(extractor: "keras.Model") -> Callable[["tf.Tensor"], "tf.Tensor"]:
    import tensorflow as tf

    def forward(images: "tf.Tensor") -> "tf.Tensor":
        return extractor(images, training=False)

    compiled: Callable[[tf.Tensor], tf.Tensor] = tf.function(forward, reduce_retracing=True)
    return compiled


def _extract(
    forward: Callable[["tf.Tensor"], "tf.Tensor"],
    crops: Bytes,
    shown: Copies,
    change: Callable[[RGB], RGB],
    label: str,
) -> Float32:
    import tensorflow as tf

    pieces = []
    with progress(range(0, len(shown), BATCH), label) as starts:
        for start in starts:
            part = slice(start, start + BATCH)
            turned = transformed(crops[shown.rows[part]], shown.transforms[part])
            pieces.append(forward(tf.convert_to_tensor(change(turned))).numpy())
    return np.concatenate(pieces)


def _read(path: Path, count: int) -> Float32 | None:
    with suppress(OSError, ValueError, EOFError):
        found: Float32 = np.load(path, allow_pickle=False)
        if len(found) == count:
            return found
    return None


def _write(path: Path, features: Float32) -> None:
    with whole_file(path) as file:
        np.save(file, features)
