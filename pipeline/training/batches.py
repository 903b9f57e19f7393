"""Feed crops to a training: shuffled, in batches, changed a little each time."""

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from gemhier.arrays import Bytes, Indices
from gemhier.hierarchy.labels import LabelSpace
from gemhier.models.augment.augmentation import Augmentation, augmented
from gemhier.pipeline.training.class_balance import Copies, each_once, transformed
from gemhier.pipeline.training.machines import Share

if TYPE_CHECKING:
    import tensorflow as tf

Targets = dict[str, npt.NDArray[np.int32]]


def targets(truth: Indices, space: LabelSpace, outputs: tuple[str, ...]) -> Targets:
    """Return what each output should say: (N,) class columns by the output's name.

    Args:
        truth: (N,) the column of each picture's label.
        space: the labels.
        outputs: those that are trained, as `gemhier.models.networks.modes.trained_outputs` names them.
    """
    of_label = truth.astype(np.int32)
    of_family = space.parents[truth].astype(np.int32)
    return {output: of_family if output == "family" else of_label for output in outputs}


def training_batches(
    crops: Bytes,
    wanted: Targets,
    *,
    batch: int,
    augmentation: Augmentation,
    seed: int,
    steps: range,
    copies: Copies | None = None,
    share: Share | None = None,
) -> "tf.data.Dataset":
    """Batches of changed crops (batch, S, S, 3) uint8 with their targets, in a new order each epoch.

    Every picture comes once an epoch. What a step shows is told by the seed and the step alone: a training that is
    taken up again sees what it would have seen. Several batches are prepared at once, ahead of their step.

    Only the pictures of a few batches are in memory, so `crops` may be mapped from the disk.

    Args:
        crops: (N, S, S, 4) uint8, RGB and how much of each pixel is stone.
        wanted: (N,) columns by head.
        batch: pictures a batch.
        augmentation: how far they are changed.
        seed: of order and changes.
        steps: those to give, counted from the training's first; an epoch has `steps_per_epoch` of them.
        copies: which of them an epoch shows, and how they are turned beforehand; None for each once as it is.
        share: which parts of each batch to give, one after the other; None for all of it.
    """
    import tensorflow as tf

    shown = each_once(len(crops)) if copies is None else copies
    own = share or Share(range(1), 1)
    an_epoch = steps_per_epoch(len(shown), batch)

    @lru_cache(maxsize=4)
    def batches(epoch: int) -> list[Indices]:
        return np.array_split(np.random.default_rng((seed, epoch)).permutation(len(shown)), an_epoch)

    def compose(step: np.int64, part: np.int64) -> list[npt.NDArray[Any]]:
        epoch, number = divmod(int(step), an_epoch)
        places = np.array_split(batches(epoch)[number], own.of)[int(part)]
        rows = shown.rows[places]
        cuts = transformed(crops[rows], shown.transforms[places])
        # Each from a seed of its own, whichever thread it falls to.
        changed = [
            augmented(cut[None], augmentation, np.random.default_rng((seed, epoch, int(place))))
            for cut, place in zip(cuts, places, strict=True)
        ]
        return [np.concatenate(changed), *(of_crop[rows] for of_crop in wanted.values())]

    def composed(step: "tf.Tensor", part: "tf.Tensor") -> tuple["tf.Tensor", dict[str, "tf.Tensor"]]:
        images, *columns = tf.numpy_function(compose, [step, part], [tf.uint8, *(tf.int32 for _ in wanted)])
        images.set_shape((None, *crops.shape[1:3], 3))
        for column in columns:
            column.set_shape((None,))
        return images, dict(zip(wanted, columns, strict=True))

    parts = np.array([(step, part) for step in steps for part in own.parts], np.int64).reshape(-1, 2)
    numbers = tf.data.Dataset.from_tensor_slices((parts[:, 0], parts[:, 1]))
    return numbers.map(composed, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True).prefetch(4)


def steps_per_epoch(count: int, batch: int) -> int:
    """Count the steps of an epoch, which has its `count` pictures spread evenly over them, at most `batch` in each."""
    return -(-count // batch)
