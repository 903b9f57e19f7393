"""Plain studio grounds: paper, cloth or acrylic in one colour, lit unevenly, and dark rooms behind."""

import cv2
import numpy as np

from gemhier.arrays import Float32
from gemhier.pipeline.synthetic.gems.noise import rise
from gemhier.pipeline.synthetic.scenes.surface import (
    clipped,
    grain,
    grid,
    hills,
    mixed,
    one_of,
    ramp,
    rgb,
    shares,
    soft,
    three,
    tinted,
    turned,
)

BLACK = rgb("#000000")
WHITE = rgb("#ffffff")


def _lit(side: int, generator: np.random.Generator, colour: Float32, contrast: float) -> Float32:
    """Paint a plain colour with a gradient, a bright spot and dark corners."""
    across, down = grid(side)
    along, _ = turned(side, generator.uniform(0, 2 * np.pi))
    x, y = generator.uniform(-0.1, 1.1, 2)
    distance = (across - np.float32(x)) ** 2 + (down - np.float32(y)) ** 2
    light = 1 + contrast * (0.5 * along + 0.35 - 0.7 * np.minimum(distance, 1))
    vignette = 1 - generator.uniform(0, 0.5) * contrast * ((across - 0.5) ** 2 + (down - 0.5) ** 2)
    uneven = 1 + 0.03 * hills(side, generator, (2, 2), 2) + 0.008 * grain(side, generator, 0.5)
    return tinted(np.asarray(light * vignette * uneven, np.float32), colour)


def _table_edge(side: int, generator: np.random.Generator, image: Float32) -> Float32:
    """Make the upper part darker or lighter, like a wall behind a table.

    The border is soft.
    """
    _, down = turned(side, generator.uniform(-0.25, 0.25))
    softness = generator.uniform(0.004, 0.15)
    border = generator.uniform(-0.35, 0.1)
    behind = 1 - rise(down, border - softness, border + softness)
    return image * three(1 + np.float32(generator.uniform(-0.45, 0.2)) * behind)


def _dust(side: int, generator: np.random.Generator, image: Float32) -> Float32:
    """Add specks and fibres, lighter or darker than what they lie on."""
    specks = np.zeros((side, side), np.uint8)
    for _ in range(int(generator.integers(1, 8))):
        start = generator.uniform(0, side, 2)
        path = start + np.cumsum(generator.normal(0, side * 0.006, (3, 2)), axis=0)
        cv2.polylines(
            specks, [(path * 16).astype(np.int32)], False, int(generator.integers(60, 220)), 1, cv2.LINE_AA, 4
        )
    light = WHITE if image[::8, ::8].mean() < 110 else BLACK
    return mixed(image, light, shares(specks) * np.float32(0.42))


def _finished(side: int, generator: np.random.Generator, image: Float32) -> Float32:
    if generator.random() < 0.3:
        image = _table_edge(side, generator, image)
    if generator.random() < 0.3:
        image = _dust(side, generator, image)
    return image


def white(side: int, generator: np.random.Generator) -> Float32:
    """Paint white paper or acrylic, from overexposed to greyish or yellowish."""
    colour = one_of(generator, "#ffffff #f6f4f0 #ece9e2 #e4e6ea #dcdad4", 3)
    return _finished(side, generator, _lit(side, generator, colour, generator.uniform(0.02, 0.4)))


def grey(side: int, generator: np.random.Generator) -> Float32:
    """Paint grey card or shaded paper."""
    colour = one_of(generator, "#b8b8b8 #a0a3a6 #8a8680 #6f7276 #565759 #3e3f42", 6)
    return _finished(side, generator, _lit(side, generator, colour, generator.uniform(0.1, 0.8)))


def black(side: int, generator: np.random.Generator) -> Float32:
    """Paint black card, acrylic or darkness, often with a weak shine."""
    colour = one_of(generator, "#020202 #0c0c0e #16161a #1e1c1c #2a2a2c", 3)
    image = _lit(side, generator, colour, generator.uniform(0.2, 1.3))
    if generator.random() < 0.4:
        shine = np.maximum(hills(side, generator, (1, 1), 2), 0) ** 2
        image += three(shine * np.float32(generator.uniform(5, 45)))
    return _finished(side, generator, image)


def coloured(side: int, generator: np.random.Generator) -> Float32:
    """Paint coloured card or paper, pale or strong."""
    hue, colourfulness = generator.uniform(0, 2 * np.pi), generator.beta(1.2, 1.8) * 120
    light = generator.uniform(30, 225)
    # Green weighs most in how bright a colour looks, so it is moved least.
    shift = np.array([np.cos(hue), 0.6 * np.cos(hue - 2.1), np.cos(hue + 2.1)]) * colourfulness
    colour = np.clip(light + shift, 2, 250).astype(np.float32)
    return _finished(side, generator, _lit(side, generator, colour, generator.uniform(0.1, 0.7)))


def bokeh(side: int, generator: np.random.Generator) -> Float32:
    """Paint a room far out of focus: soft patches and discs of light."""
    first, second, third = (
        one_of(generator, "#1a1a1c #3a2c22 #55606a #7a6a58 #9aa4a0 #c8b8a0 #2c3a2a #e0dcd4") for _ in range(3)
    )
    image = ramp(0.5 + 0.7 * hills(side, generator, (2, 2), 1), first, second)
    image = mixed(image, third, rise(hills(side, generator, (1.5, 1.5), 1), -0.2, 0.7))
    canvas = np.zeros((side, side, 3), np.uint8)
    for _ in range(int(generator.integers(0, 12))):
        centre = generator.uniform(0, side, 2).astype(int)
        colour = one_of(generator, "#ffe6b0 #fff4e0 #cfe4ff #ffc890 #b0ffd8", 20) * generator.uniform(0.2, 0.8)
        cv2.circle(
            canvas, centre.tolist(), int(side * generator.uniform(0.015, 0.08)), colour.tolist(), -1, cv2.LINE_AA
        )
    return clipped(image + soft(canvas.astype(np.float32), side * generator.uniform(0.003, 0.02)))
