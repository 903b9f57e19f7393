"""Train the stone finder on composed scenes, resumable after each epoch."""

from collections.abc import Callable, Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import keras
import numpy as np
from keras import ops

from gemhier.arrays import Bytes, Float32
from gemhier.models.networks.finder_network import STRIDE, build_finder
from gemhier.pipeline.synthetic.scenes.composition import Scene, SceneMaker
from gemhier.pipeline.training.checkpoint import Checkpoint, restore
from gemhier.pipeline.training.finder_config import FinderConfig, FinderEpoch
from gemhier.pipeline.training.progress_bar import TrainingBar

if TYPE_CHECKING:
    import tensorflow as tf


_LEAST_PRESENT = 0.5

PROMINENT = 0.35
"""Share of a scene's side from which on a stone fills much of it."""

UNSAID = -1.0
"""What nothing is learnt from."""


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
        0.05 * config.learning_rate,
        total,
        alpha=0.02,
        warmup_target=config.learning_rate,
        warmup_steps=max(1, total // 20),
    )
    model.compile(
        keras.optimizers.AdamW(falling, weight_decay=0.02),
        loss={"maps": map_loss, "present": present_loss},
        loss_weights={"maps": 1.0, "present": 0.5},
        jit_compile=False,
    )

    images = np.stack([scene.image for scene in validation])
    wanted = [targets(scene) for scene in validation]

    def measured(epoch: int, logs: dict[str, float]) -> None:
        on_epoch(FinderEpoch(epoch + 1, float(logs["loss"]), measure_finder(model, images, wanted)))

    states = work / "states"
    done = restore(model, states)
    model.fit(
        scene_batches(train, config, done * config.steps),
        initial_epoch=done,
        epochs=config.epochs,
        steps_per_epoch=config.steps,
        shuffle=False,  # the scenes are drawn by chance
        verbose=0,
        callbacks=[
            keras.callbacks.LambdaCallback(on_epoch_end=measured),
            TrainingBar("Stone finder", config.epochs),
            Checkpoint(states),
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


def present_loss(wanted: keras.KerasTensor, found: keras.KerasTensor) -> keras.KerasTensor:
    """Cross-entropy where `wanted` is 0 or 1, and 0 where it is `UNSAID`. Both arguments are (N, 1); returns (N,)."""
    known = ops.cast(wanted >= 0, found.dtype)
    return ops.sum(known * ops.binary_crossentropy(ops.maximum(wanted, 0.0), found), axis=1)


def targets(scene: Scene) -> tuple[Float32, Float32]:
    """Return what the network should say of a scene.

    Returns:
        (M, M, 2) of stone and core; (1,) 1 for a stone that fills much of the scene, 0 for no stone, and `UNSAID`
        for smaller ones, which a finder looks at again from nearby.
    """
    import cv2

    side = scene.image.shape[0] // STRIDE
    size = side, side
    maps = [cv2.resize(part, size, interpolation=cv2.INTER_AREA) for part in (scene.mask, scene.cores)]
    largest = max((max(cv2.boundingRect((stone > 0.5).astype(np.uint8))[2:]) for stone in scene.stones), default=0)
    large = largest >= PROMINENT * scene.image.shape[0]
    present = np.array([1.0 if large else UNSAID if scene.stones else 0.0], np.float32)
    return np.stack(maps, axis=-1).astype(np.float32), present


def scene_batches(maker: SceneMaker, config: FinderConfig, done: int) -> "tf.data.Dataset":
    """Batches of scenes with their targets, without end; scene n of a seed is always the same.

    Args:
        maker: composes the scenes.
        config: the settings.
        done: how many batches were learnt from before.
    """
    import tensorflow as tf

    side, maps = config.size, config.size // STRIDE

    def compose(number: np.int64) -> tuple[Bytes, Float32, Float32]:
        scene = maker.scene(np.random.default_rng([config.seed, int(number)]))
        return scene.image, *targets(scene)

    def shaped(number: "tf.Tensor") -> tuple["tf.Tensor", dict[str, "tf.Tensor"]]:
        types = tf.uint8, tf.float32, tf.float32
        image, of_pixels, present = tf.numpy_function(compose, [number], types)
        image.set_shape((side, side, 3))
        of_pixels.set_shape((maps, maps, 2))
        present.set_shape((1,))
        return image, {"maps": of_pixels, "present": present}

    def numbers() -> Iterator[int]:
        yield from count(done * config.batch)

    scenes = tf.data.Dataset.from_generator(numbers, output_signature=tf.TensorSpec((), tf.int64))
    return scenes.map(shaped, num_parallel_calls=2, deterministic=True).batch(config.batch).prefetch(4)


def measure_finder(model: keras.Model, images: Bytes, wanted: Sequence[tuple[Float32, Float32]]) -> dict[str, float]:
    """How well a finder does on scenes.

    Args:
        model: the finder.
        images: (N, S, S, 3) uint8 RGB of the scenes.
        wanted: (N,) their targets.

    Returns:
        iou: mean intersection over union of the stone's map, over the scenes with stones; core_iou: of the
        core's; found: share of the scenes with a large stone in which one is said to be; refused: share of those
        without a stone in which none is.
    """
    outputs = model.predict(images, batch_size=32, verbose=0)
    maps = np.stack([of_pixels for of_pixels, _ in wanted]) > 0.5
    present = np.array([one[0] for _, one in wanted])
    found = outputs["maps"] > 0.5
    both, either = (maps & found).sum(axis=(1, 2)), (maps | found).sum(axis=(1, 2))
    iou = (both + 1e-9) / (either + 1e-9)
    detected = outputs["present"][:, 0] > _LEAST_PRESENT
    return {
        "iou": float(iou[present != 0, 0].mean()),
        "core_iou": float(iou[present != 0, 1].mean()),
        "found": float(detected[present == 1].mean()),
        "refused": float((~detected[present == 0]).mean()),
    }
