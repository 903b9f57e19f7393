"""Change cut-out stones in ways that leave their names alone: turns, mirroring, zoom, shifts, camera, outline."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt

from gemhier.models.camera import Camera, photograph
from gemhier.models.stone import cover_backdrop

if TYPE_CHECKING:
    import keras

Pictures = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Augmentation:
    """How far training pictures are changed.

    Attributes:
        turn: largest turn either way, as a share of a full circle.
        zoom: largest change of size either way, as a share.
        shift: largest shift along each side, as a share of it: the finder is not always right.
        camera: what a camera does to them.
        outline: how far an outline moves in or out, as a share of the side, for the same reason.
        bare: share of the pictures whose backdrop is left to be seen.
    """

    turn: float = 0.5
    zoom: float = 0.12
    shift: float = 0.04
    camera: Camera = field(default_factory=Camera)
    outline: float = 0.02
    bare: float = 0.05


def build_augmenter(augmentation: Augmentation, seed: int) -> "keras.Sequential":
    """Return layers that turn, mirror, zoom and shift each picture of a batch in its own way.

    Input and output: (N, S, S, C) in 0..255, float32. Most of them change pictures whenever they are
    called, in training or not.

    Args:
        augmentation: how far.
        seed: 0 or more. The same seed gives the same changes, call after call.
    """
    import keras
    import keras_cv

    layers = [
        # keras-cv takes a seed of 0 for none at all.
        keras_cv.layers.RandomFlip("horizontal_and_vertical", seed=seed + 1),
        keras_cv.layers.RandomRotation(augmentation.turn, fill_mode="nearest", seed=seed + 2),
        keras_cv.layers.RandomZoom((-augmentation.zoom, augmentation.zoom), fill_mode="nearest", seed=seed + 3),
        keras_cv.layers.RandomTranslation(augmentation.shift, augmentation.shift, fill_mode="nearest", seed=seed + 4),
    ]
    return keras.Sequential(layers, name="augmentation")


def develop(cuts: Pictures, augmentation: Augmentation, generator: np.random.Generator) -> Pictures:
    """Photograph cut-out stones anew, each in its own way, and cover their backdrops.

    Args:
        cuts: (N, S, S, 4) uint8, RGB and how much of each pixel is stone.
        augmentation: how far they are changed.
        generator: draws the changes.

    Returns:
        (N, S, S, 3) uint8 RGB.
    """
    return np.stack([_develop(cut, augmentation, generator) for cut in cuts])


def _develop(cut: Pictures, augmentation: Augmentation, generator: np.random.Generator) -> Pictures:
    pixels = photograph(np.ascontiguousarray(cut[..., :3]), augmentation.camera, generator)
    if generator.random() < augmentation.bare:
        return pixels
    outline = _moved(cut[..., 3], augmentation.outline * cut.shape[0], generator)
    return cover_backdrop(np.concatenate([pixels, outline[..., None]], axis=-1))


def _moved(outline: Pictures, reach: float, generator: np.random.Generator) -> Pictures:
    """An outline moved in or out by up to `reach` pixels, here more and there less."""
    if reach <= 0 or generator.random() < 0.5:
        return outline
    side = outline.shape[0]
    blurred = cv2.GaussianBlur(outline, (0, 0), max(0.5, reach))
    # On an edge blurred by `reach`, levels one standard deviation out and in are 0.16 and 0.84.
    coarse = generator.uniform(0.2, 0.8) + generator.uniform(-0.15, 0.15, (4, 4))
    level = cv2.resize(coarse.astype(np.float32), (side, side), interpolation=cv2.INTER_CUBIC)
    # Further out or in, the ramp below would reach what is all backdrop or all stone.
    level = np.clip(level, 0.16, 0.84)
    return np.asarray(255 * np.clip((blurred / np.float32(255) - level) / 0.2 + 0.5, 0, 1), np.uint8)
