"""Train the stone finder on composed scenes, resumable after each epoch."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import keras
import numpy as np
import numpy.typing as npt
from keras import ops

from gemhier.models.finder_network import STRIDE, build_finder
from gemhier.pipeline.scenes.composition import Scene, SceneMaker
from gemhier.pipeline.training_bar import TrainingBar

if TYPE_CHECKING:
    import tensorflow as tf

Floats = npt.NDArray[np.float32]

_LEAST_PRESENT = 0.5


@dataclass(frozen=True, kw_only=True)
class FinderConfig:
    """The settings of a finder's training.

    Attributes:
        size: side of what the network sees, in pixels, a multiple of 32.
        epochs: how often the network is measured.
        steps: batches an epoch.
        batch: scenes a batch.
        rate: highest learning rate, which falls along a half cosine.
        frozen_share: share of the backbone's layers, from the picture on, that stay as they were.
        seed: of the first weights and of the scenes.
    """

    size: int = 224
    epochs: int = 12
    steps: int = 80
    batch: int = 24
    rate: float = 1e-3
    frozen_share: float = 0.3
    seed: int = 0


@dataclass(frozen=True)
class FinderEpoch:
    """What one epoch came to.

    Attributes:
        number: from 1.
        loss: of the training scenes.
        validation: measure to value on the validation scenes.
    """

    number: int
    loss: float
    validation: dict[str, float] = field(default_factory=dict)


def fit_finder(
    train: SceneMaker,
    validation: Sequence[Scene],
    config: FinderConfig,
    *,
    work: Path,
    on_epoch: Callable[[FinderEpoch], None] = lambda epoch: None,
) -> keras.Model:
    """Train a finder.

    Args:
        train: composes the scenes to learn from, of the side that `config` says.
        validation: scenes to watch; nothing is learnt from them.
        config: the settings.
        work: folder of the checkpoints. The same call with the same folder goes on after the last complete epoch.
        on_epoch: called after each epoch.
    """
    keras.utils.set_random_seed(config.seed)
    model = build_finder(config.size)
    backbone = next(layer for layer in model.layers if isinstance(layer, keras.Model))
    for layer in backbone.layers[: int(config.frozen_share * len(backbone.layers))]:
        layer.trainable = False
    total = config.epochs * config.steps
    falling = keras.optimizers.schedules.CosineDecay(
        0.05 * config.rate, total, alpha=0.02, warmup_target=config.rate, warmup_steps=max(1, total // 20)
    )
    model.compile(
        keras.optimizers.AdamW(falling, weight_decay=0.02),
        loss={"maps": map_loss, "present": keras.losses.BinaryCrossentropy()},
        loss_weights={"maps": 1.0, "present": 0.5},
        jit_compile=False,
    )

    def measured(epoch: int, logs: dict[str, float]) -> None:
        on_epoch(FinderEpoch(epoch + 1, float(logs["loss"]), measure_finder(model, validation)))

    model.fit(
        scene_batches(train, config),
        epochs=config.epochs,
        steps_per_epoch=config.steps,
        shuffle=False,  # the scenes are drawn by chance
        verbose=0,
        callbacks=[
            keras.callbacks.LambdaCallback(on_epoch_end=measured),
            TrainingBar("Stone finder", config.epochs),
            keras.callbacks.BackupAndRestore(work / "backup", delete_checkpoint=False),
        ],
    )
    return model


def map_loss(wanted: keras.KerasTensor, found: keras.KerasTensor) -> keras.KerasTensor:
    """Cross-entropy of each pixel and Dice loss of each map (Milletari et al., "V-Net", 3DV 2016), their sum.

    Both arguments are (N, M, M, 2); returns (N,).
    """
    entropy = ops.mean(ops.binary_crossentropy(wanted, found), axis=(1, 2, 3))
    both = ops.sum(wanted * found, axis=(1, 2))
    either = ops.sum(ops.square(wanted) + ops.square(found), axis=(1, 2))
    # The constant leaves an empty map without a gradient that shouts.
    dice = 1 - (2 * both + 8.0) / (either + 8.0)
    return 2 * entropy + ops.mean(dice, axis=1)


def targets(scene: Scene) -> tuple[Floats, Floats]:
    """What the network should say of a scene: (M, M, 2) of stone and core, and (1,) whether there is a stone."""
    import cv2

    side = scene.picture.shape[0] // STRIDE
    size = side, side
    maps = [cv2.resize(part, size, interpolation=cv2.INTER_AREA) for part in (scene.mask, scene.cores)]
    present = np.array([1.0 if scene.stones else 0.0], np.float32)
    return np.stack(maps, axis=-1).astype(np.float32), present


def scene_batches(maker: SceneMaker, config: FinderConfig) -> "tf.data.Dataset":
    """Batches of scenes with their targets; scene n of a seed is always the same."""
    import tensorflow as tf

    side, maps = config.size, config.size // STRIDE

    def compose(number: np.int64) -> tuple[npt.NDArray[np.uint8], Floats, Floats]:
        scene = maker.scene(np.random.default_rng([config.seed, int(number)]))
        return scene.picture, *targets(scene)

    def shaped(number: "tf.Tensor") -> tuple["tf.Tensor", dict[str, "tf.Tensor"]]:
        types = tf.uint8, tf.float32, tf.float32
        picture, of_pixels, present = tf.numpy_function(compose, [number], types)
        picture.set_shape((side, side, 3))
        of_pixels.set_shape((maps, maps, 2))
        present.set_shape((1,))
        return picture, {"maps": of_pixels, "present": present}

    numbers = tf.data.Dataset.range(config.epochs * config.steps * config.batch)
    return numbers.map(shaped, num_parallel_calls=2, deterministic=True).batch(config.batch).prefetch(4)


def measure_finder(model: keras.Model, scenes: Sequence[Scene]) -> dict[str, float]:
    """How well a finder does on scenes.

    Returns:
        iou: mean intersection over union of the stone's map, over the scenes with stones; core_iou: of the
        core's; found: share of these in which a stone is said to be; refused: share of the others in which none is.
    """
    pictures = np.stack([scene.picture for scene in scenes])
    wanted = [targets(scene) for scene in scenes]
    outputs = model.predict(pictures, batch_size=32, verbose=0)
    maps, present = (
        np.stack([of_pixels for of_pixels, _ in wanted]) > 0.5,
        np.array([one[0] for _, one in wanted]) > 0.5,
    )
    found = outputs["maps"] > 0.5
    both, either = (maps & found).sum(axis=(1, 2)), (maps | found).sum(axis=(1, 2))
    iou = (both + 1e-9) / (either + 1e-9)
    said = outputs["present"][:, 0] > _LEAST_PRESENT
    return {
        "iou": float(iou[present, 0].mean()),
        "core_iou": float(iou[present, 1].mean()),
        "found": float(said[present].mean()),
        "refused": float((~said[~present]).mean()),
    }
