"""What gems are kept in: boxes with a slit or a recess, trays, and plastic jars with a rim."""

import cv2
import numpy as np

from gemhier.arrays import Float32
from gemhier.pipeline.synthetic.gems.noise import rise
from gemhier.pipeline.synthetic.scenes.fabrics import leather, velvet
from gemhier.pipeline.synthetic.scenes.plain import black, coloured, grey, white
from gemhier.pipeline.synthetic.scenes.surface import (
    clipped,
    grain,
    grid,
    hills,
    mixed,
    one_of,
    ramp,
    relief,
    soft,
    three,
    tinted,
    turned,
)


def _rounded(side: int, generator: np.random.Generator, half: tuple[float, float], roundness: float) -> Float32:
    """Return how far each pixel is outside a rounded rectangle.

    Distances are in sides, and negative inside.

    Args:
        side: of the result, in pixels.
        generator: draws where the middle is and how the rectangle is turned.
        half: half its width and height, in sides.
        roundness: radius of the corners against the smaller half.
    """
    angle = float(generator.choice([0.0, generator.normal(0, 0.2)]))
    across, down = turned(side, angle)
    radius = np.float32(min(half) * roundness)
    x = np.abs(across - np.float32(generator.normal(0, 0.05))) - np.float32(half[0]) + radius
    y = np.abs(down - np.float32(generator.normal(0, 0.05))) - np.float32(half[1]) + radius
    outside = np.asarray(cv2.magnitude(np.maximum(x, 0), np.maximum(y, 0)), np.float32)
    distance: Float32 = outside + np.minimum(np.maximum(x, y), 0) - radius
    return distance


def _foam(side: int, generator: np.random.Generator) -> Float32:
    """Paint foam or flock, black, white or in a jeweller's box colour."""
    if generator.random() < 0.35:
        return velvet(side, generator)
    colour = one_of(generator, "#16161a #f2f0ea #e8d48c #f0e4c8 #d8d8dc #2a3458 #6a1c24 #c8b49a")
    pores = grain(side, generator, side / 350)
    value = 1 + 0.04 * pores + 0.05 * hills(side, generator, (2, 2), 3)
    return clipped(tinted(np.asarray(value, np.float32), colour))


def pads(side: int, generator: np.random.Generator) -> Float32:
    """Paint a ring box: rolls of foam with dark slits between them."""
    image = _foam(side, generator)
    _, down = turned(side, generator.normal(0, 0.15))
    rolls = generator.uniform(1.0, 3.2)
    wander = hills(side, generator, (1, 2), 1) * np.float32(0.015)
    at = (down + generator.uniform(0, 1) + wander) * np.float32(rolls)
    share = (at - np.floor(at)) * 2 - 1
    plump = np.sqrt(np.maximum(1 - np.square(share * share), 0))
    lit = 0.85 + 0.25 * plump - generator.uniform(-0.25, 0.25) * share * np.abs(share) - 0.15
    width = np.float32(generator.uniform(0.02, 0.06) * rolls)
    slit = 1 - np.float32(generator.uniform(0.5, 0.95)) * np.exp(-(((1 - np.abs(share)) / width) ** 2))
    return clipped(image * three(lit * slit))


def recess(side: int, generator: np.random.Generator) -> Float32:
    """Paint a round or square hollow in foam.

    It is dark on the side of the light and lit on the other.
    """
    image = _foam(side, generator)
    half = generator.uniform(0.2, 0.46)
    square = generator.random() < 0.5
    distance = _rounded(side, generator, (half, half * generator.uniform(0.8, 1.2)), 0.25 if square else 1.0)
    distance = distance + 0.004 * hills(side, generator, (6, 6), 2)
    angle = generator.uniform(0, 2 * np.pi)
    wall = generator.uniform(0.01, 0.06)
    height = rise(distance, -wall, 0.0)
    light = relief(height, angle) * wall
    inside = 1 - rise(distance, -0.02, 0.0)
    # The wall's shadow reaches into the hollow on the side of the light.
    reach = side * generator.uniform(0.02, 0.09)
    shift = np.array([[1, 0, -np.cos(angle) * reach], [0, 1, -np.sin(angle) * reach]], np.float32)
    shadow = cv2.warpAffine(height, shift, (side, side), borderMode=cv2.BORDER_REPLICATE)
    dark = soft(np.asarray(shadow, np.float32), side * 0.012) * inside
    depth = np.float32(generator.uniform(0.1, 0.55))
    if generator.random() < 0.35:
        image = mixed(image, _foam(side, generator), inside)
    return clipped(image * three(np.maximum(1 - depth * dark - 0.2 * depth * inside + 0.35 * light, 0.05)))


def box(side: int, generator: np.random.Generator) -> Float32:
    """Paint an open box or tray.

    It has a lining inside hard walls, and something else around.
    """
    lining = _foam(side, generator)
    around = (white, grey, black, coloured, leather)[int(generator.integers(5))](side, generator)
    half = generator.uniform(0.3, 0.55), generator.uniform(0.3, 0.55)
    distance = _rounded(side, generator, half, generator.uniform(0.05, 0.3))
    wall = generator.uniform(0.02, 0.09)
    light = relief(soft(np.minimum(np.abs(distance + wall / 2), 0.1), side * 0.004), generator.uniform(0, 2 * np.pi))
    colour = one_of(generator, "#141416 #f0eeea #5a1a20 #1c2c50 #8a6844 #c8ccd0 #2c5a4a")
    rim = ramp(0.45 + 0.3 * light, colour * 0.3, colour, np.minimum(colour * 1.2 + 50, 255))
    shade = 1 - 0.55 * rise(distance, -wall - 0.16, -wall)
    image = mixed(lining * three(shade), rim, rise(distance, -wall - 0.006, -wall + 0.002))
    fallen = around * three(0.55 + 0.45 * rise(distance, 0, 0.09))
    return mixed(image, fallen, rise(distance, -0.003, 0.004))


def jar(side: int, generator: np.random.Generator) -> Float32:
    """Paint a gem jar.

    It is a round or square clear plastic box with a shining rim, and foam inside.
    """
    around = (white, grey, black, coloured)[int(generator.integers(4))](side, generator)
    half = generator.uniform(0.26, 0.52)
    distance = _rounded(side, generator, (half, half), 1.0 if generator.random() < 0.75 else 0.3)
    across, down = grid(side)
    angle = np.asarray(cv2.phase(across - 0.5, down - 0.5), np.float32)
    wall = np.float32(generator.uniform(0.025, 0.07))
    depth = distance / wall
    gleam = 0.5 + 0.5 * np.sin(angle * int(generator.integers(1, 4)) + np.float32(generator.uniform(0, 2 * np.pi)))
    bright = np.exp(-(((depth + 0.15) / 0.1) ** 2)) + 0.8 * np.exp(-(((depth + 0.9) / 0.09) ** 2))
    bright = bright * gleam**2 + 0.35 * np.exp(-(((depth + 0.5) / 0.2) ** 2)) * (1 - gleam) ** 2
    dark = np.exp(-(((depth + 1.05) / 0.1) ** 2)) + 0.7 * np.exp(-(((depth + 0.35) / 0.08) ** 2))
    dark = dark + 0.6 * np.exp(-((depth / 0.08) ** 2))
    inside = _foam(side, generator) * three(1 - np.float32(0.4) * rise(depth, -3, -1))
    plastic = (inside + around) * 0.45 + 20
    image = mixed(mixed(inside, plastic, rise(depth, -1.05, -0.95)), around, rise(depth, -0.03, 0.03))
    outer = 1 - np.float32(0.35) * (1 - rise(depth, 0, 2.5)) * rise(depth, -0.05, 0.05)
    image = image * three(outer * (1 - np.float32(0.5) * np.minimum(dark, 1) * (depth < 0.05).astype(np.float32)))
    return mixed(image, np.full(3, 255, np.float32), np.clip(bright * (depth < 0.02).astype(np.float32) * 0.9, 0, 1))
