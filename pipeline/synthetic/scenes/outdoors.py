"""Outdoor grounds: leaves, grass, pebbles, moss, sand and earth."""

import cv2
import numpy as np

from gemhier.arrays import Float32, Float64
from gemhier.pipeline.synthetic.gems.noise import rise
from gemhier.pipeline.synthetic.scenes.surface import (
    cells,
    clipped,
    folds,
    grain,
    hills,
    lit,
    one_of,
    ramp,
    relief,
    soft,
    three,
    tinted,
)

GREENS = "#2c4a1c #3e6a24 #5c8a34 #789c48 #24401e #8aa850 #4c7040"
AUTUMN = "#8a5a24 #b8742c #6a4220 #c89838 #9c3c1c #7a6a40"


def _leaf(centre: Float64, length: float, angle: float, generator: np.random.Generator) -> Float64:
    """Return the outline of a leaf and its middle rib.

    These are (40 + 12, 2) points in pixels.
    """
    along = np.linspace(-1, 1, 20)
    half = generator.uniform(0.25, 0.5) * (1 - along**2) ** 0.8 * (1 - 0.35 * along)
    bend = generator.uniform(-0.25, 0.25) * along**2
    rib = np.linspace(-1.05, 0.95, 12)
    points = np.concatenate(
        [
            np.stack([along, bend + half], axis=1),
            np.stack([along[::-1], (bend - half)[::-1]], axis=1),
            np.stack([rib, bend[0] * rib**2], axis=1),
        ]
    )
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return np.asarray(centre + points @ turn.T * length)


def leaves(side: int, generator: np.random.Generator) -> Float32:
    """Paint overlapping leaves, green or autumnal.

    They have ribs, and shadows between them.
    """
    colours = GREENS if generator.random() < 0.65 else AUTUMN
    canvas = np.zeros((side, side, 3), np.uint8)
    canvas[:] = (one_of(generator, colours) * 0.25).astype(np.uint8)
    size = generator.uniform(0.12, 0.4)
    for _ in range(int(np.clip(2.2 / size**1.5, 8, 45))):
        centre = generator.uniform(-0.1, 1.1, 2) * side
        points = _leaf(centre, size * side * generator.uniform(0.6, 1.3), generator.uniform(0, 2 * np.pi), generator)
        fixed = (points * 16).astype(np.int32)
        colour = one_of(generator, colours)
        shade = [int(16 * side * size * 0.06)] * 2
        cv2.fillPoly(canvas, [fixed[:40] + shade], (colour * 0.22).tolist(), cv2.LINE_AA, 4)
        cv2.fillPoly(canvas, [fixed[:40]], colour.tolist(), cv2.LINE_AA, 4)
        cv2.fillPoly(canvas, [fixed[[*range(20), *range(51, 39, -1)]]], (colour * 0.85).tolist(), cv2.LINE_AA, 4)
        vein = np.minimum(colour * 1.3 + 10, 255).tolist()
        ribs = [fixed[[40 + at, edge]] for at, edge in ((3, 9), (5, 12), (7, 15), (3, 30), (5, 27), (7, 24))]
        cv2.polylines(canvas, [fixed[40:], *ribs], False, vein, 1, cv2.LINE_AA, 4)
    uneven = lit(hills(side, generator, (8, 8), 2), generator.uniform(0, 2 * np.pi), 0.08)
    value = 1 + uneven + 0.15 * hills(side, generator, (2, 2), 2) + 0.03 * grain(side, generator)
    return soft(canvas.astype(np.float32), side / 500) * three(value)


def grass(side: int, generator: np.random.Generator) -> Float32:
    """Paint blades of grass, the dark ones behind."""
    canvas = np.zeros((side, side, 3), np.uint8)
    dark = one_of(generator, "#1c2c10 #2a3a18 #3a3420")
    canvas[:] = dark.astype(np.uint8)
    lean, spread = generator.uniform(0, 2 * np.pi), generator.uniform(0.2, 1.2)
    width = max(1, round(side * generator.uniform(0.006, 0.02)))
    bright = one_of(generator, GREENS + " #a8b060 #b8a468")
    for level in np.linspace(0.15, 1, 8):
        count = int(generator.integers(25, 55))
        root = generator.uniform(-0.2, 1.2, (count, 1, 2))
        angle = (lean + generator.normal(0, spread, count))[:, None]
        curl = generator.normal(0, 0.35, count)[:, None]
        length = generator.uniform(0.15, 0.5, count)[:, None]
        share = np.linspace(0, 1, 5)[None]
        heading = angle + curl * share
        blades = root + np.stack([np.cos(heading), np.sin(heading)], axis=2) * (length * share)[..., None]
        colour = np.clip(dark + (bright - dark) * level + generator.normal(0, 10, 3), 0, 255).tolist()
        cv2.polylines(canvas, list((blades * side * 16).astype(np.int32)), False, colour, width, cv2.LINE_AA, 4)
    return canvas.astype(np.float32) * three(1 + np.float32(0.2) * hills(side, generator, (3, 3), 3))


def pebbles(side: int, generator: np.random.Generator) -> Float32:
    """Paint gravel or river pebbles, rounded, with dark gaps."""
    count = int(generator.uniform(12, 260))
    numbers, distance = cells(side, generator, count)
    width = 0.35 / count**0.5
    bumpy = 1 + 0.25 * hills(side, generator, (8, 8), 3)
    share = np.clip(distance / width * bumpy - 0.12, 0, 1)
    height = soft(np.sqrt(share * (2 - share)), side / 300)
    light = relief(height * width, generator.uniform(0, 2 * np.pi))
    stones = "#8a8680 #a8a090 #6c6862 #b8a890 #5a5450 #94785c #c8c0b4 #7c8488"
    colours = np.stack([one_of(generator, stones, 10) for _ in range(16)])
    spotted = 1 + 0.12 * hills(side, generator, (30, 30), 3, 0.7)
    value = (0.12 + 0.75 * height + 0.4 * light * height) * spotted
    return clipped(colours[numbers % 16] * three(value))


def moss(side: int, generator: np.random.Generator) -> Float32:
    """Paint moss or lichen: soft cushions of fine green tips."""
    cushions = hills(side, generator, (3, 3), 3)
    tips = np.abs(hills(side, generator, (45, 45), 2, 0.8))
    light = lit(cushions, generator.uniform(0, 2 * np.pi), 0.1)
    value = 0.15 + 0.5 * tips + 0.2 * cushions + light + 0.04 * grain(side, generator)
    colour = one_of(generator, "#3a4a1c #4c5c24 #5c6430 #6c7438 #34421e #8a8a50 #7c8468")
    return ramp(value, colour * 0.25, colour * 0.8, colour * 1.2, np.minimum(colour * 1.6 + 20, 255))


def sand(side: int, generator: np.random.Generator) -> Float32:
    """Paint sand or earth, flat or in ripples, with a few coarser grains."""
    colour = one_of(generator, "#d8c49c #c8b088 #e8dcc4 #a88c64 #6a4c34 #4a3828 #b0a494")
    ripples = folds(side, generator, generator.uniform(2, 8)) * float(generator.choice([0.0, 0.015]))
    height = 20 * ripples + 0.6 * hills(side, generator, (6, 6), 4, 0.6) + 0.04 * grain(side, generator, side / 350)
    coarse = grain(side, generator, side / 300)
    light = lit(height, generator.uniform(0, 2 * np.pi), generator.uniform(0.04, 0.14))
    value = 0.9 + light + 0.06 * coarse + 0.25 * rise(coarse, 2.2, 3) - 0.5 * rise(-coarse, 2.2, 3)
    return clipped(tinted(value, colour))
