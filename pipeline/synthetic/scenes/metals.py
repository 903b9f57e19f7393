"""Metals of tools and jewellery, and round wires made of them."""

from collections.abc import Sequence
from typing import Literal

import cv2
import numpy as np

from gemhier.arrays import Float32
from gemhier.pipeline.synthetic.scenes.surface import one_of, rgb, shares, soft

Use = Literal["tool", "jewel"]

METALS = {
    "tool": "#9ca0a4 #a8acb0 #8c9094 #b8bcc0 #2c2c30 #7c8084",
    "jewel": "#d8b050 #e0bc68 #c89840 #c0c4c8 #d4d6d8 #a8acb0 #d8a088 #c88c78 #8c8c8c #4c4a48",
}
"""Steel and black steel; gold, silver, rose gold and blackened silver."""


def draw_metal(generator: np.random.Generator, use: Use) -> tuple[Float32, ...]:
    """Draw the colours of a metal, (3,) each.

    They go from its dark parts to the light that it mirrors.
    """
    colour = one_of(generator, METALS[use], 6)
    bright = np.minimum(colour * 1.15 + 30, 255)
    return colour * 0.12, colour * 0.45, colour * 0.9, bright, np.minimum(bright + 60, 255), rgb("#ffffff")


def wires(side: int, paths: Sequence[Float32], thickness: float, light: Float32) -> tuple[Float32, Float32]:
    """Draw round wires, bright along their backs.

    Args:
        side: of the picture, in pixels.
        paths: (N, 2) each, in pixels across and down.
        thickness: of the wires, in pixels.
        light: (2,), unit vector towards the light.

    Returns:
        (side, side) brightness, 0 to 1; (side, side) how much of the pixel they cover.
    """
    body, shade = np.zeros((side, side), np.uint8), np.full((side, side), 40, np.uint8)
    lines = [(path * 16).astype(np.int32) for path in paths]
    cv2.polylines(body, lines, False, 255, max(1, round(thickness)), cv2.LINE_AA, 4)
    for share, tone, shift in ((1.0, 60, 0.0), (0.75, 125, 0.08), (0.5, 165, 0.14), (0.2, 250, 0.2)):
        moved = (light * np.float32(16 * shift * thickness)).astype(np.int32)
        width = max(1, round(thickness * share))
        cv2.polylines(shade, [line + moved for line in lines], False, tone, width, cv2.LINE_AA, 4)
    return soft(shares(shade), thickness / 9), shares(body)
