"""A single straight finger, bare or gloved."""

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

from gemhier.arrays import Float32
from gemhier.pipeline.synthetic.gems.noise import rise
from gemhier.pipeline.synthetic.scenes.skin import Skin
from gemhier.pipeline.synthetic.scenes.surface import enlarged, mixed, ramp, shares, soft, three, tinted

View = Literal["pad", "back"]
"""From where a finger is seen: its inner side, or the side with the nail."""


@dataclass(frozen=True)
class Pose:
    """One finger of a hand.

    Attributes:
        length: of its visible part, in widths of the finger.
        view: its inner side or its back.
        light: where the light comes from, radians; 0 is the finger's right, pi/2 its root.
        shadow: how dark the ground beside it is, 0 to 1.
    """

    length: float
    view: View = "pad"
    light: float = 0.0
    shadow: float = 0.5


MARGIN = 1.4
"""Width of a finger's patch against the finger's: the rest is for its shadow."""

FINEST = 64
"""Widest finger that is painted pixel by pixel; wider ones are enlarged, as soft as a lens draws them."""


def paint_finger(width: float, pose: Pose, skin: Skin, generator: np.random.Generator) -> Float32:
    """Paint a straight finger that points up.

    Args:
        width: of the finger where it will be laid, in pixels.
        pose: its length, side and light.
        skin: of the hand.
        generator: draws its shape, its lines and its unevenness.

    Returns:
        (h, w, 4) patch for `lay`, MARGIN times as wide as the finger, whose tip is (MARGIN - 1) / 2 of the
        finger's width below the upper edge.
    """
    width = min(width, FINEST)
    columns, rows = max(8, round(width * MARGIN)), max(8, round(width * (pose.length + (MARGIN - 1) / 2)))
    # Half a finger's width is the unit of both maps.
    x = ((np.arange(columns) + 0.5) / columns * 2 - 1)[None].astype(np.float32) * np.float32(MARGIN)
    y = ((np.arange(rows) + 0.5) / width * 2)[:, None].astype(np.float32) - np.float32(MARGIN - 1)
    half = _outline(y, generator)
    # Across the border of a finger's tip the distance from its side grows faster than the one from the border.
    steep = np.sqrt(1 + np.square(np.gradient(half, np.float32(2 / width), axis=0)))
    body = np.clip((half - np.abs(x)) * (np.float32(width / 2) / steep) + 0.5, 0, 1)
    body *= np.clip(y * np.float32(width / 2) + 0.5, 0, 1)

    t = np.clip(x / half, -1, 1)
    bulge = np.sqrt(1 - t * t)
    tip = np.maximum(1 - y / 1.2, 0) * 0.8
    lean_x, lean_y = float(0.8 * np.cos(pose.light)), float(0.8 * np.sin(pose.light))
    facing = t * lean_x + bulge * 0.7 - tip * lean_y
    small = max(4, rows // 8), max(4, columns // 8)
    mottled = enlarged(generator.random(small, np.float32) - 0.5, columns, rows)
    value = 0.22 + 0.45 * facing + 0.10 * bulge + (0.05 if skin.bare else 0.02) * mottled
    if skin.bare:
        pores = np.frombuffer(generator.bytes(rows * columns), np.uint8).reshape(rows, columns)
        value += pores.astype(np.float32) * 0.00023
    value -= _creases(rows, columns, width, pose, skin, generator)
    if skin.bare and pose.view == "pad":
        _add_prints(value, x, y, width, generator)
    # Skin glistens on its ridge; gloves do so sharply.
    ridge = np.clip(facing * 1.15 + mottled * 0.3 - 0.3, 0, 1)
    sharp = ridge * ridge
    value += (0.3 * skin.shine) * (sharp * ridge if skin.bare else sharp * sharp * sharp * sharp)

    colour = ramp(value, *(skin.pads if pose.view == "pad" else skin.stops))
    if skin.bare:
        red = 0.8 * np.exp(-((y / generator.uniform(1.5, 3.5)) ** 2)) + 0.5 * (1 - bulge) + 0.3 * mottled
        colour *= tinted(np.clip(red, 0, 1), skin.flush - 1, 1)
        if pose.view == "back":
            _add_nail(colour, x, y, skin, generator)
    # The shadow is the finger again, drawn out by a fifth of its half width above the tip.
    ahead = int(0.1 * width)
    away = np.abs(x + lean_x * 0.3) - np.concatenate([half[ahead:], np.repeat(half[-1:], ahead, axis=0)])
    shade = np.clip(1 - np.maximum(away, -0.2) / (MARGIN - 1.06), 0, 1) ** 2
    shade *= pose.shadow * np.clip(y / 0.2 + 1, 0, 1)
    patch = np.asarray(cv2.cvtColor(colour * three(body), cv2.COLOR_RGB2RGBA), np.float32)
    patch[..., 3] = body + (1 - body) * np.minimum(shade, 1)
    return patch


def _outline(y: Float32, generator: np.random.Generator) -> Float32:
    """Return half the finger's width at each height, in half widths.

    It is never quite 0.
    """
    blunt, tip = generator.uniform(1.9, 2.5), generator.uniform(0.95, 1.4)
    rounding = np.maximum(1 - np.clip(1 - y / tip, 0, 1) ** blunt, 0) ** (1 / blunt)
    first, second = generator.uniform(2.4, 3.2), generator.uniform(5.2, 6.4)
    joints = np.exp(-(((y - first) / 0.7) ** 2)) + 1.4 * np.exp(-(((y - second) / 0.9) ** 2))
    swelling = 0.88 + 0.07 * joints + 0.014 * np.clip(y, 0, 6) + 0.04 * np.exp(-(((y - 1.3) / 0.8) ** 2))
    half: Float32 = np.maximum(rounding * np.minimum(swelling, 1.02), 1e-3).astype(np.float32)
    return half


def _creases(rows: int, columns: int, width: float, pose: Pose, skin: Skin, generator: np.random.Generator) -> Float32:
    """Return how much darker each pixel is for the creases.

    These are lines across the joints, or the wrinkles of a glove.
    """
    reach = pose.length * 2
    if skin.bare:
        few = (2, 4) if pose.view == "pad" else (4, 8)
        joints = np.repeat([2.8, 5.8], generator.integers(*few, 2))
        deep = generator.uniform(60, 225, len(joints)) * (1.0 if pose.view == "pad" else 0.6)
        fine = generator.uniform(0.8, reach, int(reach * 1.5))
        at = np.concatenate([joints + generator.normal(0, 0.1, len(joints)) * joints, fine])
        deep = np.concatenate([deep, generator.uniform(10, 50, len(fine))])
    else:
        at = generator.uniform(1.5, reach + 1, int(reach))
        deep = generator.uniform(20, 150, len(at))
    curve, slope, wave = generator.normal(0, 1, (3, len(at), 1)) * [[[0.15]], [[0.12]], [[3.0]]]
    across = np.linspace(-1, 1, 9)
    path = at[:, None] + curve * across**2 + slope * across + 0.05 * np.sin(across * 4 + wave)
    points = np.stack([np.broadcast_to(across / MARGIN + 1, path.shape) * columns, (path + MARGIN - 1) * width], axis=2)
    fixed = (points * 8).astype(np.int32)
    canvas = np.zeros((rows, columns), np.uint8)
    thick, ends = max(1, round(width * 0.03)), generator.integers((0, 7), (2, 10), (len(at), 2))
    for line, strength, (first, last) in zip(fixed, deep.astype(int).tolist(), ends.tolist(), strict=True):
        cv2.polylines(canvas, [line[first:last]], False, strength, thick, cv2.LINE_AA, 4)
    return soft(shares(canvas) * np.float32(0.32), width / 50)


def _add_prints(value: Float32, x: Float32, y: Float32, width: float, generator: np.random.Generator) -> None:
    """Draw a fingertip's ridges into its shading, in place.

    This needs a picture that is fine enough to show them.
    """
    ridges, middle = generator.uniform(9, 15), generator.uniform(1.1, 1.6)
    if width / (2 * ridges) < 2.1:
        return
    near = slice(0, int(np.searchsorted(y[:, 0], 4.5)))
    below = y[near] - np.float32(middle)
    around = np.sqrt(x * x * 1.4 + below**2) * (1 + 0.2 * (below > 0).astype(np.float32))
    pattern = np.sin(around * np.float32(2 * np.pi * ridges / 1.1) + x * np.float32(generator.uniform(-2, 2)))
    value[near] += pattern * (generator.uniform(0.01, 0.035) * np.exp(-((below / 2.5) ** 2)))


def _add_nail(colour: Float32, x: Float32, y: Float32, skin: Skin, generator: np.random.Generator) -> None:
    """Draw the nail on a finger, in place.

    It has a gloss along it, a pale tip and a shaded rim.
    """
    long, wide = generator.uniform(0.62, 0.95), generator.uniform(0.5, 0.64)
    middle = long + generator.uniform(0.02, 0.3)
    near = slice(0, int(np.searchsorted(y[:, 0], middle + long * 1.3)))
    down = y[near] - np.float32(middle)
    shape = (np.abs(x / wide) ** 2.8 + np.abs(down / long) ** 3.2) ** np.float32(0.4)
    gloss = np.exp(-(((x - generator.uniform(-0.3, 0.3)) / 0.16) ** 2)) * (0.1 + 0.4 * generator.random())
    value = 0.6 - 0.35 * x * x + 0.12 * down
    face = ramp(value, skin.nail * 0.5, skin.nail, np.minimum(skin.nail * 1.1 + 15, 255))
    edge = 0.5 * rise(-down, long * 0.6, long * 0.75) + np.zeros_like(x)
    face = mixed(face, np.minimum(skin.nail * 0.5 + 120, 255), edge)
    face = mixed(face, np.full(3, 255, np.float32), gloss + np.zeros_like(down))
    region = mixed(colour[near], face, 1 - rise(shape, 0.93, 1.02))
    colour[near] = region * three(1 - generator.uniform(0.1, 0.3) * np.exp(-(((shape - 1) / 0.07) ** 2)))
