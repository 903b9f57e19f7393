"""Grounds on a desk: print, squared paper, rulers, crumpled paper, plastic film and things out of focus."""

import string

import cv2
import numpy as np

from gemhier.arrays import Float32
from gemhier.pipeline.synthetic.scenes.minerals import metal, wood
from gemhier.pipeline.synthetic.scenes.plain import coloured, grey, white
from gemhier.pipeline.synthetic.scenes.surface import (
    cells,
    folds,
    grain,
    grid,
    hills,
    lay,
    lit,
    mixed,
    one_of,
    ramp,
    relief,
    shares,
    soft,
    strip,
    three,
    turned,
)

FONTS = (cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_COMPLEX, cv2.FONT_HERSHEY_TRIPLEX)
LETTERS = np.array(list("eeeetttaaaooiinnsshhrrddlluucmfygpbvk" + string.digits[:3]))


def _skewed(side: int, generator: np.random.Generator, drawing: Float32, turn: float = np.pi) -> Float32:
    """Show a drawing from a random side and aslant.

    Its edge is repeated outside it.
    """
    angle, tilt = generator.uniform(-turn, turn), generator.uniform(0.9, 1.3)
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * generator.uniform(0.72, 0.95) * tilt
    corners = corners * (1 + generator.uniform(-0.12, 0.12, (4, 1)))
    cosine, sine = np.cos(angle), np.sin(angle)
    placed = (corners @ np.array([[cosine, sine], [-sine, cosine]]) + 1) * side / 2
    edge = len(drawing)
    source = np.array([[0, 0], [edge, 0], [edge, edge], [0, edge]], np.float32)
    transform = cv2.getPerspectiveTransform(source, placed.astype(np.float32))
    seen = cv2.warpPerspective(drawing, transform, (side, side), borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(seen, np.float32)


def _paper(side: int, generator: np.random.Generator) -> Float32:
    return white(side, generator) * three(1 + np.float32(0.012) * grain(side, generator, 0.7))


def print_(side: int, generator: np.random.Generator) -> Float32:
    """Paint paper with lines of print: a certificate, a newspaper, a label."""
    ink = np.zeros((side, side), np.uint8)
    line = side * generator.uniform(0.045, 0.14)
    font, left = FONTS[int(generator.integers(len(FONTS)))], side * generator.uniform(-0.1, 0.12)
    y = line * generator.uniform(0, 1.5)
    while y < side + line:
        length = int(generator.integers(4, 1 + int(2.2 * side / line)))
        words = "".join(generator.choice(LETTERS, length))
        cuts = np.cumsum(generator.integers(2, 10, 30))
        text = " ".join(words[start:end] for start, end in zip([0, *cuts], cuts, strict=False) if start < length)
        scale = line / 38 * (1.5 if generator.random() < 0.08 else 1)
        thick = 1 + int(line > 22 and generator.random() < 0.5)
        cv2.putText(ink, text, (int(left), int(y)), font, scale, int(generator.integers(170, 256)), thick, cv2.LINE_AA)
        y += line * (1.0 if generator.random() < 0.88 else 1.9)
    page = _paper(side, generator)
    colour = one_of(generator, "#101014 #202024 #1c2a5a #5a1a1a", 5)
    return mixed(page, colour, _skewed(side, generator, shares(ink), 0.4))


def squared(side: int, generator: np.random.Generator) -> Float32:
    """Paint graph paper, a cutting mat or tiles.

    Lines cross at right angles, every fifth or tenth of them stronger.
    """
    across, down = turned(side, generator.uniform(0, np.pi))
    wander = hills(side, generator, (1, 1), 2) * np.float32(0.015)
    count, major = generator.uniform(0.14, 1) * min(38, side / 7), int(generator.choice([1, 5, 10]))
    thick = np.float32(max(0.7 / side, generator.uniform(0.002, 0.006)))
    lines = np.zeros((side, side), np.float32)
    for along in (across + wander, down - wander):
        for spacing, strength in ((1 / count, 0.45), (major / count, 0.8)):
            distance = np.abs(along / spacing - np.round(along / spacing)) * spacing
            lines = np.maximum(lines, np.float32(strength) * np.exp(-((distance / thick) ** 2)))
    if generator.random() < 0.25:
        page, colour = coloured(side, generator), one_of(generator, "#e8e8d8 #f0f0f0 #d8d060")
    else:
        page, colour = _paper(side, generator), one_of(generator, "#6a9ad0 #90a8b8 #d08a8a #5aa07a #707478")
    return mixed(page, colour, lines)


def ruler(side: int, generator: np.random.Generator) -> Float32:
    """Paint a ruler with ticks and numbers on another ground."""
    ground = (white, grey, coloured, wood, metal)[int(generator.integers(5))]
    image = ground(side, generator)
    width = int(side * generator.uniform(0.18, 0.4))
    length = 2 * side
    body = one_of(generator, "#f0e8d0 #e8e8e8 #d8b060 #c8ccd0 #f4e060 #2a2a2c")
    mark = one_of(generator, "#101010 #202830", 4) if body.mean() > 90 else one_of(generator, "#f0f0f0", 4)
    face = np.empty((length, width, 3), np.uint8)
    face[:] = body.astype(np.uint8)
    step = side * generator.uniform(0.018, 0.05)
    thick = max(1, int(step * 0.2))
    for tick in range(int(length / step)):
        y = int(tick * step)
        reach = 0.42 if tick % 10 == 0 else 0.3 if tick % 5 == 0 else 0.18
        cv2.line(face, (0, y), (int(width * reach), y), mark.tolist(), thick)
        if tick % 10 == 0:
            place = (int(width * 0.5), y + int(step * 2))
            cv2.putText(face, str(tick // 10), place, FONTS[0], width / 110, mark.tolist(), 1, cv2.LINE_AA)
    patch = np.dstack([face.astype(np.float32), np.ones((length, width), np.float32)])
    angle, aside = generator.uniform(0, 2 * np.pi), generator.uniform(-0.45, 0.45) * side
    along = np.array([np.cos(angle), np.sin(angle)], np.float32)
    middle = side / 2 + np.array([-along[1], along[0]], np.float32) * aside
    quad = strip(middle - along * side, middle + along * side, width * generator.uniform(0.8, 1.1), width)
    shadow = np.zeros(patch.shape, np.float32)
    shadow[..., 3] = 0.35
    lay(image, shadow, quad + side * 0.012)
    lay(image, patch, quad)
    return image


def crumpled(side: int, generator: np.random.Generator) -> Float32:
    """Paint crumpled paper or foil: flat facets, each tilted differently."""
    count = int(generator.uniform(12, 120))
    numbers, _ = cells(side, generator, count)
    tilt = generator.normal(0, 1, 2 * count + 64).astype(np.float32)[numbers]
    facets = soft(tilt, side * 0.006) + 0.4 * soft(relief(soft(tilt, side * 0.01), 1.0), 1) * np.float32(0.03)
    bent = relief(hills(side, generator, (3, 3), 3), generator.uniform(0, 2 * np.pi)) * 0.05
    value = 0.6 + generator.uniform(0.08, 0.2) * facets + 0.12 * bent
    colour = one_of(generator, "#f4f4f2 #e8e4da #c8a878 #b8bcc0 #dcd0e0 #2a2a2c")
    return ramp(value, colour * 0.35, colour * 0.85, np.minimum(colour * 1.1 + 10, 255))


def film(side: int, generator: np.random.Generator) -> Float32:
    """Paint a clear plastic bag on another ground.

    It has sharp bright streaks along its wrinkles.
    """
    below = (white, grey, coloured, wood)[int(generator.integers(4))](side, generator)
    wrinkles = folds(side, generator, generator.uniform(2, 6)) + 0.6 * hills(side, generator, (5, 5), 3)
    light = lit(wrinkles, generator.uniform(0, 2 * np.pi), 1.0)
    streaks = np.maximum(np.abs(light) - generator.uniform(1.6, 2.2), 0) * generator.uniform(0.5, 1.5)
    hazy = 0.1 * generator.random() + 0.03 * light
    return mixed(below, np.full(3, 255, np.float32), np.clip(streaks + hazy, 0, 0.95).astype(np.float32))


def cluttered(side: int, generator: np.random.Generator) -> Float32:
    """Paint a cluttered desk, out of focus: boxes, papers, lids, pens."""
    image = (wood, grey, white, coloured, metal)[int(generator.integers(5))](side, generator)
    canvas = np.ascontiguousarray(np.clip(image, 0, 255).astype(np.uint8))
    things = "#f0f0ee #202022 #c03a34 #2c5a9c #e0b040 #3a7a4c #8a6a4c #b8bcc4 #d890a8 #603c80 #e8dcc4"
    for _ in range(int(generator.integers(3, 10))):
        centre, angle = generator.uniform(-0.05, 1.05, 2) * side, generator.uniform(0, 180)
        extent = generator.uniform(0.06, 0.5, 2) * side
        colour = one_of(generator, things, 12)
        offset = side * generator.uniform(0.01, 0.04)
        round_ = generator.random() < 0.35
        for shift, share in ((offset, 0.35), (0.0, 1.0), (-offset * 0.2, 1.15)):
            tone = np.clip(colour * share, 0, 255).tolist()
            size = extent * (1 if share <= 1 else 0.82)
            middle = ((centre + shift) * 16).astype(int)
            if round_:
                axes = (size[[0, 0]] * 8).astype(int)
                cv2.ellipse(canvas, middle.tolist(), axes.tolist(), angle, 0, 360, tone, -1, cv2.LINE_AA, 4)
            else:
                box = cv2.boxPoints(((centre + shift).tolist(), size.tolist(), angle))
                cv2.fillPoly(canvas, [(box * 16).astype(np.int32)], tone, cv2.LINE_AA, 4)
    blurred = cv2.GaussianBlur(canvas, (0, 0), side * generator.uniform(0.006, 0.03))
    across, _ = grid(side)
    return np.asarray(blurred, np.float32) * three(1 + np.float32(generator.uniform(-0.3, 0.3)) * (across - 0.5))
