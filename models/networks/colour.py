"""How much of the stone has which colour, as a layer inside the network.

A gem's colour is half of its name, and pooled ImageNet features forget much of it. The layer
counts the pixels of the stone in a coarse CIELAB grid. Every operation exports to builtin
LiteRT operations, so that classifying counts exactly as training did.
"""

from typing import Any

import keras
import numpy as np
from keras import ops

WORKING_SIDE = 64
"""Colours are counted at about this side, in pixels: more pixels cost time and tell nothing new."""

# sRGB to XYZ (IEC 61966-2-1).
_RGB_TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]],
    dtype=np.float32,
)

_RGB_TO_SHARES_OF_WHITE = _RGB_TO_XYZ / _RGB_TO_XYZ.sum(axis=1, keepdims=True)
"""The same relative to the D65 white point, which is the sum of each row: white is (1, 1, 1)."""

_LIGHTNESS_RANGE = (8.0, 92.0)
_CHROMA_RANGE = (-63.0, 63.0)

_BACKDROP_DISTANCE = 12.0
"""A pixel this far from the border's mean colour, in CIELAB units, is more likely stone than backdrop."""

_BACKDROP_FLOOR = 0.1
"""What a pixel inside the circle counts at least, so that a white pearl on white still has a colour."""


@keras.saving.register_keras_serializable(package="gemhier")
class ColourHistogram(keras.layers.Layer):
    """The square root of a soft CIELAB histogram of the stone.

    Each pixel spreads over the neighbouring bins of each axis in proportion to its nearness, so
    that the histogram is smooth in the colour. A pixel counts by how much it differs from the
    border's mean colour and how near the middle it lies: otherwise the shop's backdrop would
    be learnt in place of the stone.

    Args:
        lightness_bins: bins along L*.
        chroma_bins: bins along each of a* and b*.

    Input: (N, S, S, 3) pixels in 0..255, sRGB. Output: (N, lightness_bins * chroma_bins**2), each row's
    squares sum to 1.
    """

    def __init__(self, lightness_bins: int = 6, chroma_bins: int = 10, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.lightness_bins = lightness_bins
        self.chroma_bins = chroma_bins

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, int]:
        """(N, bins) for (N, S, S, 3)."""
        return input_shape[0], self.lightness_bins * self.chroma_bins**2

    def call(self, pixels: keras.KerasTensor) -> keras.KerasTensor:
        """Count the colours of (N, S, S, 3) pixels."""
        small = _shrink(pixels)
        side = small.shape[1]
        lab = _srgb_to_lab(small / 255.0)
        weights = ops.reshape(_stone_weights(lab), (-1, side * side, 1))
        lightness, a, b = (ops.reshape(lab[..., axis], (-1, side * side)) for axis in range(3))
        in_lightness = _memberships(lightness, _LIGHTNESS_RANGE, self.lightness_bins) * weights
        in_a = _memberships(a, _CHROMA_RANGE, self.chroma_bins)
        in_b = _memberships(b, _CHROMA_RANGE, self.chroma_bins)
        # (N, P, L, 1) x (N, P, 1, A): joint in lightness and a*, then summed over pixels against b*.
        pairs = ops.reshape(
            ops.expand_dims(in_lightness, 3) * ops.expand_dims(in_a, 2),
            (-1, side * side, self.lightness_bins * self.chroma_bins),
        )
        counts = ops.matmul(ops.transpose(pairs, (0, 2, 1)), in_b)
        counts = ops.reshape(counts, (-1, self.lightness_bins * self.chroma_bins**2))
        shares = counts / ops.sum(counts, axis=1, keepdims=True)
        # The square root has an unbounded slope at 0, which nothing upstream needs: pixels are not trained.
        return ops.sqrt(shares)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {**super().get_config(), "lightness_bins": self.lightness_bins, "chroma_bins": self.chroma_bins}


def _shrink(pixels: keras.KerasTensor) -> keras.KerasTensor:
    factor = max(1, round(pixels.shape[1] / WORKING_SIDE))
    return ops.average_pool(pixels, factor, factor, padding="valid") if factor > 1 else pixels


def _srgb_to_lab(rgb: keras.KerasTensor) -> keras.KerasTensor:
    """(N, S, S, 3) sRGB in 0..1 to CIELAB under D65 (CIE 15:2004)."""
    rgb = ops.clip(rgb, 0.0, 1.0)
    linear = ops.where(rgb <= 0.04045, rgb / 12.92, ops.power((rgb + 0.055) / 1.055, 2.4))
    xyz = ops.matmul(linear, ops.convert_to_tensor(_RGB_TO_SHARES_OF_WHITE.T))
    xyz = ops.maximum(xyz, 1e-6)
    f = ops.where(xyz > 0.008856, ops.power(xyz, 1 / 3), 7.787 * xyz + 16 / 116)
    x, y, z = f[..., 0], f[..., 1], f[..., 2]
    return ops.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def _stone_weights(lab: keras.KerasTensor) -> keras.KerasTensor:
    """(N, S, S) how much each pixel counts as stone, in 0..1."""
    side = lab.shape[1]
    edge = np.zeros((1, side, side, 1), np.float32)
    edge[:, [0, -1]] = 1
    edge[:, :, [0, -1]] = 1
    backdrop = ops.sum(lab * edge, axis=(1, 2), keepdims=True) / float(edge.sum())
    distance = ops.sum(ops.square(lab - backdrop), axis=-1)
    differs = 1 - ops.exp(-distance / (2 * _BACKDROP_DISTANCE**2))
    ticks = np.linspace(-1, 1, side, dtype=np.float32)
    radius = np.hypot(ticks[:, None], ticks[None, :])
    # 1 inside, falling to 0 between 90% and 110% of the inscribed circle.
    circle = np.clip((1.1 - radius) / 0.2, 0, 1).astype(np.float32)[None]
    return circle * (_BACKDROP_FLOOR + (1 - _BACKDROP_FLOOR) * differs)


def _memberships(values: keras.KerasTensor, span: tuple[float, float], bins: int) -> keras.KerasTensor:
    """(N, P) values to (N, P, bins): linear interpolation between bin centres; each row sums to 1."""
    centres = np.linspace(span[0], span[1], bins, dtype=np.float32)
    step = float(centres[1] - centres[0])
    inside = ops.clip(values, span[0], span[1])
    return ops.relu(1 - ops.abs(ops.expand_dims(inside, 2) - centres) / step)
