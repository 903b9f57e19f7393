"""Small things that are not gems: coins, buttons, beads, marbles, pebbles, berries, bottle caps, nuts, dice, beans.

Each is painted on a square patch whose half side is REACH times the thing's radius; the rest is for its shadow.
"""

from collections.abc import Callable

import cv2
import numpy as np

from gemhier.arrays import Float32
from gemhier.pipeline.synthetic.gems.noise import rise
from gemhier.pipeline.synthetic.scenes.metals import draw_metal
from gemhier.pipeline.synthetic.scenes.surface import (
    cells,
    clipped,
    hills,
    lit,
    mixed,
    one_of,
    ramp,
    shares,
    soft,
    three,
    tinted,
)

REACH = 1.3
PLASTICS = "#e8e4dc #1c1c20 #c03030 #3058a0 #e0b040 #3c8050 #d890a8 #7a5030 #8a8c90 #f0f0f0 #504878 #e07830"

Thing = tuple[Float32, Float32]
"""(n, n, 3) colours, and (n, n) how much of each pixel the thing covers."""


def disc(n: int) -> tuple[Float32, Float32, Float32]:
    """Return maps of how far each pixel is from the middle.

    They are the distances across, down and in all, in radii of the thing.
    """
    along = (((np.arange(n) + 0.5) / n * 2 - 1) * REACH).astype(np.float32)
    x, y = (np.asarray(axis, np.float32) for axis in np.meshgrid(along, along))
    return x, y, np.asarray(cv2.magnitude(x, y), np.float32)


def _inside(distance: Float32, radius: Float32 | float = 1.0) -> Float32:
    """Return 1 where `distance` is below the radius, else 0.

    The border between is one pixel wide.
    """
    return clipped((radius - distance) * np.float32(len(distance) / (2 * REACH)) + 0.5, 0, 1)


def _matt(value: Float32, colour: Float32) -> Float32:
    return ramp(value, colour * 0.25, colour, np.minimum(colour * 1.2 + 25, 255), np.minimum(colour + 110, 255))


def _ball(x: Float32, y: Float32, distance: Float32, angle: float) -> tuple[Float32, Float32]:
    """Return how a ball is lit, and its mirror image of the lamp.

    The first is about -0.5 to 1, the second 0 to 1.
    """
    up = np.sqrt(np.maximum(1 - np.square(distance), 0))
    facing = 0.55 * (x * float(np.cos(angle)) + y * float(np.sin(angle))) + 0.75 * up
    return facing, rise(facing, 0.88, 0.925)


def _coin(n: int, angle: float, generator: np.random.Generator) -> Thing:
    _, _, distance = disc(n)
    struck = (hills(n, generator, (5, 5), 2) > 0.1).astype(np.float32) * (distance < 0.72).astype(np.float32)
    if generator.random() < 0.6:
        stamp = np.zeros((n, n), np.uint8)
        size = n / 70
        place = int(n * 0.36), int(n * 0.62)
        cv2.putText(stamp, str(generator.choice([1, 2, 5, 10, 20])), place, 0, size, 255, max(1, n // 24), cv2.LINE_AA)
        struck = shares(stamp)
    height = 0.6 * struck + rise(np.abs(distance - 0.93), 0.08, 0.04)
    value = 0.5 + lit(soft(height, max(0.5, n / 90)), angle, 0.14)
    value = value + 0.08 * hills(n, generator, (2, 2), 2)
    colour = one_of(generator, "#a86840 #b87850 #c8a050 #b8b4ac #a0a09c #8a5a38", 6)
    face = ramp(value, colour * 0.25, colour * 0.8, colour * 1.1, np.full(3, 245, np.float32))
    return face, _inside(distance)


def _button(n: int, angle: float, generator: np.random.Generator) -> Thing:
    x, y, distance = disc(n)
    colour = one_of(generator, PLASTICS)
    hollow = rise(distance, 0.55, 0.75)
    value = 0.4 + lit(hollow * (1 - rise(distance, 0.85, 1.0)), angle, 0.12) + 0.08 * hollow
    holes = np.zeros((n, n), np.float32)
    count, first = int(generator.choice([2, 4])), generator.uniform(0, np.pi)
    for hole in range(count):
        at = first + 2 * np.pi * hole / count
        away = cv2.magnitude(x - float(0.24 * np.cos(at)), y - float(0.24 * np.sin(at)))
        holes = np.maximum(holes, _inside(np.asarray(away, np.float32), 0.11))
    return mixed(_matt(value, colour), colour * 0.12, holes), _inside(distance)


def _bead(n: int, angle: float, generator: np.random.Generator) -> Thing:
    x, y, distance = disc(n)
    facing, glint = _ball(x, y, distance, angle)
    colour = one_of(generator, PLASTICS + " #b08050 #c8a070")
    face = _matt(0.08 + 0.45 * facing + generator.uniform(0, 0.6) * glint, colour)
    at = generator.uniform(0, 0.45) * np.array([np.cos(angle + 2), np.sin(angle + 2)])
    hole = _inside(
        np.asarray(cv2.magnitude(x - float(at[0]), y - float(at[1])), np.float32), generator.uniform(0.14, 0.3)
    )
    return mixed(face, colour * 0.1, hole), _inside(distance)


def _marble(n: int, angle: float, generator: np.random.Generator) -> Thing:
    x, y, distance = disc(n)
    facing, glint = _ball(x, y, distance, angle)
    glass = one_of(generator, "#8ab0a0 #a0b8c8 #b0c8b0 #d0d8d8 #406858")
    swirl = np.sin(x * 4 + 5 * hills(n, generator, (2, 2), 1) + generator.uniform(0, 6))
    face = mixed(tinted(np.ones_like(x), glass), one_of(generator, PLASTICS), rise(swirl, 0.3, 0.6) * (distance < 0.85))
    # Light gathers on the side away from the lamp.
    gathered = np.clip(-facing + 1.0, 0, 1.4) * (1 - rise(distance, 0.75, 1.0))
    return mixed(face * three(0.35 + 0.6 * gathered), np.full(3, 255, np.float32), glint), _inside(distance)


def _lumpy(n: int, generator: np.random.Generator, roughness: float) -> tuple[Float32, Float32, Float32]:
    """Return the maps of `disc` for an elongated, uneven thing."""
    x, y, _ = disc(n)
    turn, long = generator.uniform(0, np.pi), generator.uniform(1.0, 1.6)
    cosine, sine = float(np.cos(turn)), float(np.sin(turn))
    along, aside = x * cosine + y * sine, (y * cosine - x * sine) * long
    return x, y, np.asarray(cv2.magnitude(along, aside), np.float32) + roughness * hills(n, generator, (2, 2), 2)


def _pebble(n: int, angle: float, generator: np.random.Generator) -> Thing:
    x, y, distance = _lumpy(n, generator, 0.1)
    distance = distance + 0.1
    facing, _ = _ball(x, y, distance, angle)
    colour = one_of(generator, "#8a8680 #a8a090 #6c6862 #b8a890 #5a5450 #94785c #4c4a48")
    value = 0.12 + 0.4 * facing + 0.08 * hills(n, generator, (14, 14), 3, 0.7) + 0.05 * hills(n, generator, (3, 3), 2)
    return _matt(value, colour), _inside(distance)


def _berry(n: int, angle: float, generator: np.random.Generator) -> Thing:
    x, y, distance = disc(n)
    facing, glint = _ball(x, y, distance, angle)
    if generator.random() < 0.4:
        # Drupelets of a raspberry or blackberry.
        _, away = cells(n, generator, int(generator.uniform(20, 50)))
        plump = np.asarray(np.sqrt(np.minimum(away * 12, 1)), np.float32)
        colour = one_of(generator, "#b02038 #301828 #c83048 #701830")
        value = 0.05 + 0.3 * facing + 0.3 * plump + lit(plump, angle, 0.12)
        return _matt(value, colour), _inside(distance + 0.05 * (1 - plump))
    colour = one_of(generator, "#303a60 #b01820 #801018 #485880 #e08030 #283048 #6a8a30")
    value = 0.1 + 0.35 * facing + 0.06 * hills(n, generator, (6, 6), 2) + 0.5 * glint * generator.random()
    at = np.array([np.cos(angle + 2.5), np.sin(angle + 2.5)]) * 0.35
    left, top = x - float(at[0]), y - float(at[1])
    crown = np.asarray(cv2.magnitude(left, top), np.float32)
    star = np.float32(0.2) + np.float32(0.07) * np.sin(np.asarray(cv2.phase(left, top), np.float32) * 5)
    return mixed(_matt(value, colour), colour * 0.25, _inside(crown, star)), _inside(distance)


def _cap(n: int, angle: float, generator: np.random.Generator) -> Thing:
    x, y, distance = disc(n)
    crimped = distance * (1 + np.float32(0.04) * np.cos(np.asarray(cv2.phase(x, y), np.float32) * 21))
    colour = one_of(generator, PLASTICS + " #c8a850 #b0b4b8")
    height = rise(crimped, 1.0, 0.75) + 0.1 * rise(np.abs(distance - 0.7), 0.03, 0.0)
    face = _matt(0.4 + lit(height, angle, 0.16) + 0.1 * hills(n, generator, (1, 2), 2), colour)
    sign = rise(np.abs(hills(n, generator, (3, 3), 1)), 0.28, 0.2) * _inside(distance, 0.62)
    return mixed(face, one_of(generator, PLASTICS), sign), _inside(crimped)


def _nut(n: int, angle: float, generator: np.random.Generator) -> Thing:
    x, y, distance = disc(n)
    turn = generator.uniform(0, np.pi)
    sides = [x * float(np.cos(turn + at)) + y * float(np.sin(turn + at)) for at in np.arange(3) * np.pi / 3]
    hexagon = np.maximum(np.maximum(np.abs(sides[0]), np.abs(sides[1])), np.abs(sides[2])) / np.float32(0.87)
    shape = np.asarray(hexagon, np.float32) if generator.random() < 0.6 else distance
    hole = generator.uniform(0.4, 0.6)
    height = rise(shape, 1.0, 0.85) * rise(distance, hole - 0.02, hole + 0.1)
    value = 0.5 + lit(height, angle, 0.16) + 0.12 * hills(n, generator, (1, 3), 3)
    return ramp(value, *draw_metal(generator, "tool")), _inside(shape) * (1 - _inside(distance, hole))


def _die(n: int, angle: float, generator: np.random.Generator) -> Thing:
    x, y, _ = disc(n)
    corner = np.maximum(np.abs(x), np.abs(y)) - np.float32(0.55)
    rounded = np.asarray(cv2.magnitude(np.maximum(np.abs(x) - 0.55, 0), np.maximum(np.abs(y) - 0.55, 0)), np.float32)
    shape = np.where(corner > 0, rounded, corner) + np.float32(0.8)
    colour = one_of(generator, "#f0ece4 #b02028 #202024 #f4f4f4 #2c5088")
    face = _matt(0.45 + lit(rise(shape, 1.0, 0.8), angle, 0.1) + 0.05 * (x + y), colour)
    spots = {1: [(0, 0)], 2: [(-1, -1), (1, 1)], 3: [(-1, -1), (0, 0), (1, 1)], 4: [(-1, -1), (1, 1), (-1, 1), (1, -1)]}
    dots = np.zeros_like(x)
    for across, down in spots[int(generator.integers(1, 5))]:
        away = cv2.magnitude(x - np.float32(0.36 * across), y - np.float32(0.36 * down))
        dots = np.maximum(dots, _inside(np.asarray(away, np.float32), 0.14))
    return mixed(face, (colour + 128) % 256, dots), _inside(shape)


def _bean(n: int, angle: float, generator: np.random.Generator) -> Thing:
    x, y, distance = _lumpy(n, generator, 0.03)
    distance = distance + 0.05
    facing, _ = _ball(x, y, distance, angle)
    colour = one_of(generator, "#4a2c1c #6a4428 #d8c8a0 #8a5a34 #e8e0d0 #a8743c #30201a")
    turn = generator.uniform(0, np.pi)
    seam = np.abs(x * float(np.cos(turn)) + y * float(np.sin(turn)) + 0.1 * np.sin(4 * y))
    value = 0.1 + 0.42 * facing - 0.35 * np.exp(-np.square(seam / 0.07)) * generator.choice([0, 1])
    return _matt(np.asarray(value, np.float32), colour), _inside(distance)


THINGS: dict[str, Callable[[int, float, np.random.Generator], Thing]] = {
    "coin": _coin,
    "button": _button,
    "bead": _bead,
    "marble": _marble,
    "pebble": _pebble,
    "berry": _berry,
    "cap": _cap,
    "nut": _nut,
    "die": _die,
    "bean": _bean,
}
"""Painters of a patch n pixels wide, lit from an angle (radians), by name."""
