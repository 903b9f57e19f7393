"""The network that finds stones: EfficientNet-Lite features, and a decoder from coarse to fine.

A feature pyramid as in Lin et al., "Feature Pyramid Networks for Object Detection" (CVPR 2017), of
separable convolutions, and a linear head on the pooled features that says whether what is seen is a stone.
"""

import keras

from gemhier.models.networks import efficientnet_lite
from gemhier.models.runtime.litert import FEATURES

STRIDE = 4
"""How many pixels of the picture one pixel of the maps stands for, along each side."""

_WIDTHS = (192, 128, 80, 40)
"""Channels of the decoder, at strides 32, 16, 8 and 4."""

_DROPOUT = 0.3
"""Share of the pooled features that training drops."""


def build_finder(size: int, *, variant: str = "lite0", pretrained: bool = True) -> keras.Model:
    """Build a finder with a fresh decoder.

    Args:
        size: side of the square input, in pixels, a multiple of 32.
        variant: a key of `efficientnet_lite.VARIANTS`.
        pretrained: start from ImageNet weights; random ones otherwise.

    Returns:
        (N, size, size, 3) uint8 RGB `pictures` to probabilities: `maps` (N, size / 4, size / 4, 2), of stone
        and of a stone's core; `present` (N, 1), of a stone that fills much of the view.

    Raises:
        MissingExtraError: if the package with the weights is not installed.
        ValueError: if the size is no multiple of 32.
    """
    if size < 32 or size % 32:
        raise ValueError(f"`size` must be a multiple of 32. Received: {size}.")
    images = keras.Input((size, size, 3), dtype="uint8", name="pictures")
    pixels = keras.layers.Rescaling(1.0, dtype="float32", name="pixels")(images)
    pyramid = efficientnet_lite.build_pyramid(variant, size, pretrained=pretrained)
    *finer, coarsest, pooled = pyramid(pixels)
    x = _separable(coarsest, _WIDTHS[0], "decode_32")
    for features, width, stride in zip(reversed(finer), _WIDTHS[1:], (16, 8, 4), strict=True):
        x = keras.layers.UpSampling2D(2, interpolation="bilinear", name=f"enlarge_{stride}")(x)
        x = keras.layers.Conv2D(width, 1, name=f"narrow_{stride}")(x)
        across = keras.layers.Conv2D(width, 1, name=f"across_{stride}")(features)
        x = _separable(keras.layers.Add(name=f"join_{stride}")([x, across]), width, f"decode_{stride}")
    maps = keras.layers.Conv2D(2, 1, activation="sigmoid", name="maps")(x)
    standardised = keras.layers.BatchNormalization(center=False, scale=False, name="standardise")(pooled)
    kept = keras.layers.Dropout(_DROPOUT, name="drop")(standardised)
    present = keras.layers.Dense(1, activation="sigmoid", name="present")(kept)
    return keras.Model(images, {"maps": maps, "present": present}, name="finder")


def with_features(finder: keras.Model) -> keras.Model:
    """Return a finder that also gives, as `features`, what it tells from whether it sees a stone: (N, D)."""
    pooled = finder.get_layer("standardise").input
    return keras.Model(finder.input, {**finder.output, FEATURES: pooled}, name="finder")


def _separable(x: keras.KerasTensor, width: int, name: str) -> keras.KerasTensor:
    """Two separable convolutions."""
    for layer in (f"{name}_a", f"{name}_b"):
        x = keras.layers.SeparableConv2D(width, 3, padding="same", use_bias=False, name=layer)(x)
        x = keras.layers.BatchNormalization(name=f"{layer}_bn")(x)
        x = keras.layers.ReLU(6.0, name=f"{layer}_relu")(x)
    return x
