"""Hands as grounds: fingers beside one another, a palm, the back of a hand; bare or gloved."""

import cv2
import numpy as np

from gemhier.arrays import Float32
from gemhier.pipeline.synthetic.gems.noise import rise
from gemhier.pipeline.synthetic.scenes.finger import MARGIN, Pose, View, paint_finger
from gemhier.pipeline.synthetic.scenes.minerals import concrete, marble, slate, wood
from gemhier.pipeline.synthetic.scenes.outdoors import leaves
from gemhier.pipeline.synthetic.scenes.plain import black, bokeh, coloured, grey, white
from gemhier.pipeline.synthetic.scenes.skin import Skin, draw_glove, draw_skin
from gemhier.pipeline.synthetic.scenes.surface import (
    cells,
    enlarged,
    grid,
    hills,
    lay,
    mixed,
    ramp,
    relief,
    shares,
    soft,
    strip,
    three,
    tinted,
    turned,
)


def _behind(side: int, generator: np.random.Generator) -> Float32:
    """Paint what is seen behind a hand, mostly far out of focus."""
    kinds = (white, grey, black, coloured, bokeh, leaves, slate, wood, marble, concrete)
    weights = (0.22, 0.14, 0.16, 0.1, 0.14, 0.06, 0.06, 0.04, 0.04, 0.04)
    image = kinds[int(generator.choice(len(kinds), p=weights))](side // 2, generator)
    blurred = soft(image, side * generator.uniform(0.002, 0.03))
    return np.asarray(cv2.resize(blurred, (side, side)), np.float32)


def _fingers(side: int, generator: np.random.Generator, skin: Skin, view: View) -> Float32:
    """Paint two to five fingers from the lower edge.

    Sometimes the thumb comes in from another edge.
    """
    image = _behind(side, generator)
    width = side * generator.uniform(0.2, 0.62)
    count = int(np.clip(round(generator.uniform(0.8, 1.3) * side / width) + 1, 1, 5))
    light = generator.uniform(0, 2 * np.pi)
    slant = generator.normal(0, 0.25)
    pitch = width * generator.uniform(0.86, 1.06)
    left = side / 2 + generator.normal(0, 0.1) * side - pitch * (count - 1) / 2
    tips = side * generator.uniform(-0.4, 0.5) + np.array([0.25, 0.02, 0.0, 0.3, 0.7])[:count] * width
    for finger in generator.permutation(count):
        lean = slant + (finger - (count - 1) / 2) * generator.uniform(-0.02, 0.09)
        along = np.array([-np.sin(lean), np.cos(lean)], np.float32)
        tip = np.array([left + pitch * finger, tips[finger] + generator.normal(0, 0.08) * width], np.float32)
        tip -= along * (tip[1] - side / 2) * 0.1
        length = (side - tip[1]) / along[1] + width * abs(along[0])
        pose = Pose(float(length) / width, view, light - lean, generator.uniform(0.1, 0.7))
        patch = paint_finger(width, pose, skin, generator)
        start = tip - along * np.float32(width * (MARGIN - 1) / 2)
        broad = width * MARGIN
        lay(image, patch, strip(start, tip + along * length, broad, broad * generator.uniform(1, 1.15)))
    if generator.random() < 0.25:
        _thumb(side, generator, image, skin, light)
    return image


def _thumb(side: int, generator: np.random.Generator, image: Float32, skin: Skin, light: float) -> None:
    """Paint a thumb from the side, in front of the fingers, in place."""
    width = side * generator.uniform(0.25, 0.6)
    angle = float(generator.choice([0.0, np.pi])) + generator.normal(0, 0.5)
    along = np.array([np.cos(angle), np.sin(angle)], np.float32)
    tip = side * np.array([0.5, 0.75], np.float32) + along * np.float32(side * generator.uniform(-0.05, 0.3))
    length = np.float32(side * 0.9)
    pose = Pose(float(length) / width, "back", light - angle, 0.7)
    patch = paint_finger(width, pose, skin, generator)
    start = tip - along * np.float32(width * (MARGIN - 1) / 2)
    lay(image, patch, strip(start, tip + along * length, width * MARGIN, width * MARGIN * 1.1))


def fingers(side: int, generator: np.random.Generator) -> Float32:
    """Paint the inner sides of a few fingers."""
    return _fingers(side, generator, draw_skin(generator), "pad")


def nails(side: int, generator: np.random.Generator) -> Float32:
    """Paint the backs of a few fingers, with nails."""
    return _fingers(side, generator, draw_skin(generator), "back")


def gloves(side: int, generator: np.random.Generator) -> Float32:
    """Paint fingers in nitrile, latex or cotton gloves."""
    return _fingers(side, generator, draw_glove(generator), "pad")


def _lines(side: int, generator: np.random.Generator, count: int, bend: float, length: float, thick: int) -> Float32:
    """Draw curved lines that begin anywhere, 0 to 1.

    They run in one of two directions.
    """
    canvas = np.zeros((side, side), np.uint8)
    lean = generator.uniform(0, np.pi, 2)
    steps = np.linspace(0, 1, 9)
    for _ in range(count):
        turn = generator.choice([-1, 1]) * generator.uniform(0.3, 1) * bend
        heading = generator.choice(lean) + generator.normal(0, 0.35) + turn * steps
        stride = np.stack([np.cos(heading), np.sin(heading)], axis=1) * (length * generator.uniform(0.4, 1.5) / 9)
        path = generator.uniform(-0.1, 1.0, 2) + np.cumsum(stride, axis=0)
        strength = int(generator.integers(70, 256))
        cv2.polylines(canvas, [(path * side * 16).astype(np.int32)], False, strength, thick, cv2.LINE_AA, 4)
    return shares(canvas)


def palm(side: int, generator: np.random.Generator) -> Float32:
    """Paint a palm close up: mounds, deep lines, a net of fine ones."""
    skin = draw_skin(generator)
    mounds = hills(side, generator, (1.5, 1.5), 2, 0.4)
    deep = soft(_lines(side, generator, int(generator.integers(3, 8)), 1.4, 1.1, max(1, side // 70)), side / 140)
    fine = _lines(side, generator, int(generator.integers(40, 100)), 0.5, 0.5, 1)
    _, distance = cells(side // 2, generator, int(generator.uniform(400, 1500)))
    net = enlarged(np.minimum(distance * 110, 1), side, side)
    angle = generator.uniform(0, 2 * np.pi)
    light = relief(0.13 * mounds - 0.010 * deep - 0.002 * fine + 0.0012 * net, angle)
    value = 0.6 + 0.28 * light + 0.08 * mounds - 0.17 * deep - 0.06 * soft(fine, side / 400) + 0.03 * net
    colour = _flushed(skin.pads, value, 0.45 + 0.5 * hills(side, generator, (2, 2), 2) + 0.4 * deep, skin)
    if generator.random() < 0.4:
        # The edge of the hand.
        across, down = turned(side, generator.uniform(0, 2 * np.pi))
        bulge = generator.uniform(-0.2, 0.9) * (down + generator.normal(0, 0.2)) ** 2
        edge = across + bulge + 0.02 * hills(side, generator, (2, 2), 1) - generator.uniform(0.15, 0.42)
        colour *= three(1 - 0.6 * rise(edge, -0.16, 0.0) ** 2)
        colour = mixed(colour, _behind(side, generator), rise(edge, -0.006, 0.006))
    return colour


def _flushed(stops: tuple[Float32, ...], value: Float32, red: Float32, skin: Skin) -> Float32:
    """Colour skin by its brightness and by how much blood shines through."""
    colour = ramp(value, *stops)
    colour *= tinted(np.clip(red, 0, 1), skin.flush - 1, 1)
    return colour


def knuckles(side: int, generator: np.random.Generator) -> Float32:
    """Paint the back of a hand where the fingers begin, as if showing a ring."""
    skin = draw_skin(generator) if generator.random() < 0.85 else draw_glove(generator)
    across, down = grid(side)
    width = side * generator.uniform(0.26, 0.5)
    web, light = side * generator.uniform(0.45, 0.95), generator.uniform(0, 2 * np.pi)
    bones = np.cos((across - 0.5) * np.float32(2 * np.pi * side / width)) * rise(down, web / side, web / side + 0.3)
    net = hills(side, generator, (45, 45), 2, 0.7)
    surface = 0.05 * hills(side, generator, (1.5, 1.5), 2) + 0.012 * bones + 0.0012 * net
    value = 0.6 + 0.35 * relief(surface, light) + 0.015 * net
    image = _flushed(skin.stops, value, 0.3 + 0.4 * hills(side, generator, (2, 2), 2), skin)
    # Where the fingers part, one sees past them or into their shade.
    parted = 1 - rise(down, web / side - 0.1, web / side + 0.01)
    past = _behind(side, generator) if generator.random() < 0.5 else image * np.float32(0.3)
    image = mixed(image, past, parted)
    count = int(side / width + 0.5) + 1
    middle = (count - 1) / 2 + generator.uniform(-0.5, 0.5)
    fan, tip = generator.uniform(0.0, 0.12), -width * generator.uniform(0.2, 1.6)
    for finger in generator.permutation(count):
        lean = (finger - middle) * fan
        along = np.array([-np.sin(lean), np.cos(lean)], np.float32)
        root = np.array([side / 2 + (finger - middle) * width * 0.98, web + width * 0.6], np.float32)
        length = float(root[1] - tip + generator.normal(0, 0.15) * width)
        pose = Pose(length / width, "back", light - lean, generator.uniform(0.4, 0.9))
        patch = paint_finger(width * generator.uniform(0.96, 1.02), pose, skin, generator)
        fade = len(patch) * min(0.9, 0.6 * width / length)
        patch *= np.clip((len(patch) - np.arange(len(patch), dtype=np.float32)) / fade, 0, 1)[:, None, None]
        start = root - along * np.float32(length + width * (MARGIN - 1) / 2)
        lay(image, patch, strip(start, root, width * MARGIN * 0.95, width * MARGIN))
    return image
