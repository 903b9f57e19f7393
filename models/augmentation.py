"""Change training pictures in ways that leave the stone's name alone: turns, mirroring, a little zoom and light.

Nothing shifts hue: a gem's colour is half of its name.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class Augmentation:
    """How far training pictures are changed.

    Attributes:
        turn: largest turn either way, as a share of a full circle.
        zoom: largest change of size either way, as a share.
        brightness: largest change of lightness either way, as a share of full scale.
    """

    turn: float = 0.5
    zoom: float = 0.1
    brightness: float = 0.1


def build_augmenter(augmentation: Augmentation, seed: int) -> "keras.Sequential":
    """Return layers that change each picture of a batch in its own way.

    Input and output: (N, S, S, 3) pixels in 0..255, float32. Most of them change pictures whenever they are
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
        # Keras's own: the one of keras-cv leaves its seed unused.
        keras.layers.RandomBrightness(augmentation.brightness, value_range=(0, 255), seed=seed + 4),
    ]
    return keras.Sequential(layers, name="augmentation")
