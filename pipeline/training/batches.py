"""Feed crops to a training: shuffled, in batches, changed a little each time."""

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from gemhier.arrays import Bytes, Indices
from gemhier.hierarchy.labels import LabelSpace
from gemhier.models.augment.augmentation import Augmentation, augmented
from gemhier.pipeline.training.class_balance import Copies, each_once, transformed

if TYPE_CHECKING:
    import tensorflow as tf

Targets = dict[str, npt.NDArray[np.int32]]


def targets(truth: Indices, space: LabelSpace, heads: tuple[str, ...]) -> Targets:
    """Return what each head should say: (N,) class columns by the head's name.

    Args:
        truth: (N,) the column of each picture's label.
        space: the labels.
        heads: the heads that are trained.
    """
    of_label = truth.astype(np.int32)
    every = {"flat": of_label, "family": space.parents[truth].astype(np.int32), "regional": of_label}
    return {head: every[head] for head in heads}


def training_batches(
    crops: Bytes,
    wanted: Targets,
    *,
    batch: int,
    augmentation: Augmentation,
    seed: int,
    copies: Copies | None = None,
) -> "tf.data.Dataset":
    """Batches of changed crops (batch, S, S, 3) uint8 with their targets, in a new order each epoch.

    Only the pictures of a batch are in memory, so `crops` may be mapped from the disk.

    Args:
        crops: (N, S, S, 4) uint8, RGB and how much of each pixel is stone.
        wanted: (N,) columns by head.
        batch: pictures a batch.
        augmentation: how far they are changed.
        seed: of order and changes.
        copies: which of them an epoch shows, and how they are turned beforehand; None for each once as it is.
    """
    import tensorflow as tf

    generator = np.random.default_rng(seed)
    shown = each_once(len(crops)) if copies is None else copies

    def images(
        rows: "tf.Tensor", transforms: "tf.Tensor", columns: dict[str, "tf.Tensor"]
    ) -> tuple["tf.Tensor", dict[str, "tf.Tensor"]]:
        developed = tf.numpy_function(
            lambda wanted_rows, how: augmented(transformed(crops[wanted_rows], how), augmentation, generator),
            [rows, transforms],
            tf.uint8,
        )
        developed.set_shape((None, *crops.shape[1:3], 3))
        return developed, columns

    columns = {head: of_crop[shown.rows] for head, of_crop in wanted.items()}
    rows = tf.data.Dataset.from_tensor_slices((shown.rows, shown.transforms, columns))
    shuffled = rows.shuffle(len(shown), seed=seed, reshuffle_each_iteration=True).batch(batch)
    # One call at a time: the changes are drawn in the order of the batches, so that a seed means the same each
    # time. Preparing a batch takes a tenth of the time of learning from it.
    return shuffled.map(images, num_parallel_calls=1).prefetch(4)
