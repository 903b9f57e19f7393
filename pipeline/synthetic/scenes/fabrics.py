"""Cloth as a ground: velvet, weaves, denim, towels, felt and leather."""

import cv2
import numpy as np

from gemhier.arrays import Float32
from gemhier.pipeline.synthetic.gems.noise import rise
from gemhier.pipeline.synthetic.scenes.surface import (
    cells,
    clipped,
    folds,
    grain,
    grid,
    hills,
    lit,
    one_of,
    ramp,
    relief,
    rgb,
    soft,
    three,
    turned,
)

DYES = "#0c0c0e #17171b #1c2340 #3a0f18 #5a1020 #20403a #3c2a5a #7a6a58 #b9b2a4 #e6e0d2 #8c8f94 #2a4f7a #c8a890"
"""Colours that display cloth is dyed in; black counts twice."""


def _drape(side: int, generator: np.random.Generator) -> Float32:
    """Return the shading of cloth, flat or with folds, about -1 to 1."""
    depth = float(generator.choice([0.15, 0.5, 1.0], p=[0.5, 0.3, 0.2]))
    height = folds(side, generator, generator.uniform(0.6, 2.5))
    return clipped(relief(height, generator.uniform(0, 2 * np.pi)) * np.float32(0.08 * depth), -1, 1)


def velvet(side: int, generator: np.random.Generator) -> Float32:
    """Paint velvet or suede: a nap that shines where it is brushed back."""
    colour = one_of(generator, DYES)
    drape = _drape(side, generator)
    brushed = rise(hills(side, generator, (2, 3), 3), -0.4, 0.5)
    nap = grain(side, generator, side / 400) * 0.6 + hills(side, generator, (50, 50), 2) * 0.4
    value = 0.38 + 0.3 * np.abs(drape) - 0.15 * drape + 0.12 * brushed + generator.uniform(0.03, 0.1) * nap
    return ramp(value, colour * 0.35, colour, np.minimum(colour * 1.35 + 22, 255), np.minimum(colour * 1.5 + 70, 255))


def woven(side: int, generator: np.random.Generator) -> Float32:
    """Paint linen, canvas or cotton in plain weave, from coarse to fine."""
    threads = generator.uniform(0.25, 1) * min(75, side / 3.6)
    wander = hills(side, generator, (3, 3), 2) * np.float32(generator.uniform(0.2, 1.2))
    across, down = turned(side, float(generator.choice([0.0, generator.uniform(0, np.pi)])))
    warp, weft = (across * threads + wander) * np.pi, (down * threads - wander * 0.7) * np.pi
    over = np.sin(warp) * np.sin(weft)
    # A thread is bright on its back and dark where it dives under the next.
    height = np.abs(over) ** 0.5 + 0.25 * np.sign(over) * generator.uniform(0, 1)
    uneven = generator.normal(0, 1, (2, int(threads) + 2)).astype(np.float32)
    rows = cv2.resize(uneven[:1], (side, 1))
    columns = cv2.resize(uneven[1:].T.copy(), (1, side))
    colour = one_of(generator, DYES + " #d8cfc0 #efe9dd #a89880 #f4f4f2 #6f5f4c")
    value = 0.3 + 0.32 * height + 0.05 * (rows + columns) + 0.04 * grain(side, generator, 0.6)
    value = value + 0.3 * _drape(side, generator)
    return ramp(value, colour * 0.45, colour, np.minimum(colour * 1.25 + 12, 255))


def denim(side: int, generator: np.random.Generator) -> Float32:
    """Paint denim: diagonal twill of white and indigo.

    It has worn places and sometimes a seam.
    """
    across, down = grid(side)
    threads = generator.uniform(0.36, 1) * min(60, side / 4)
    wander = hills(side, generator, (4, 4), 3)
    twill = np.sin((across + down * generator.uniform(0.8, 1.4)) * np.float32(2 * np.pi * threads) + wander * 2)
    flecks = hills(side, generator, (threads * 1.5, threads * 0.6), 2, 0.8)
    worn = rise(hills(side, generator, (2, 2), 3), 0.0, 0.9)
    value = 0.3 + 0.09 * twill + 0.13 * flecks + 0.3 * worn + 0.35 * _drape(side, generator)
    dark, pale = one_of(generator, "#101a30 #1e2c4a #2c4468 #202226"), one_of(generator, "#8aa2c0 #b4c4d6 #98a0a8")
    image = ramp(value, dark * 0.5, dark, (dark + pale) * np.float32(0.5), pale)
    if generator.random() < 0.35:
        _seam(side, generator, image)
    return image


def _seam(side: int, generator: np.random.Generator, image: Float32) -> None:
    """Sew a double seam across the cloth, in place."""
    at = generator.uniform(0.1, 0.9) * side
    _, down = grid(side)
    distance = down * side - at
    image *= three(1 - np.float32(0.45) * np.exp(-((distance / (0.012 * side)) ** 2)))
    thread = one_of(generator, "#c8843c #d8b070 #e8e0d0").tolist()
    stitch, gap = side * 0.03, side * generator.uniform(0.03, 0.06)
    for row in (at + gap, at + 2 * gap):
        for start in np.arange(generator.uniform(-stitch, 0), side, stitch * 1.4):
            ends = np.array([[start, row], [start + stitch, row]]) * 16
            first, last = ends.astype(int).tolist()
            cv2.line(image, first, last, thread, max(1, side // 110), cv2.LINE_AA, 4)


def towel(side: int, generator: np.random.Generator) -> Float32:
    """Paint terry, felt or fleece: loops or fibres without order."""
    colour = one_of(generator, DYES + " #f0eee8 #c4d4dc #e0b8b0")
    count = generator.uniform(25, 60)
    height = hills(side, generator, (count, count * generator.uniform(0.6, 1.6)), 2, 0.7)
    light = lit(height, generator.uniform(0, 2 * np.pi), generator.uniform(0.04, 0.1))
    value = 0.45 + light + 0.16 * height + 0.3 * _drape(side, generator) + 0.04 * grain(side, generator)
    return ramp(value, colour * 0.4, colour, np.minimum(colour * 1.3 + 20, 255))


def knit(side: int, generator: np.random.Generator) -> Float32:
    """Paint wool in stocking stitch: columns of small v's."""
    across, down = turned(side, generator.uniform(-0.5, 0.5))
    wander = hills(side, generator, (3, 3), 2)
    columns = (across * generator.uniform(7, 18) + wander * 0.15) * np.float32(2 * np.pi)
    rows = down * generator.uniform(10, 26) * np.float32(2 * np.pi) + 1.6 * np.abs(np.sin(columns / 2)) + wander
    height = np.abs(np.sin(columns / 2)) * (0.75 + 0.25 * np.sin(rows)) + 0.12 * hills(side, generator, (60, 60), 2)
    colour = one_of(generator, DYES)
    value = 0.12 + 0.55 * height + 0.25 * _drape(side, generator) + 0.03 * grain(side, generator)
    return ramp(value, colour * 0.25, colour * 0.8, np.minimum(colour * 1.25 + 15, 255))


def leather(side: int, generator: np.random.Generator) -> Float32:
    """Paint leather or imitation leather: fine creases with a dull shine."""
    _, distance = cells(side, generator, int(generator.uniform(400, 2200)))
    plump = soft(np.sqrt(np.minimum(distance * 60, 1)), side / 300)
    angle = generator.uniform(0, 2 * np.pi)
    light = relief(plump, angle) * 0.012 + 0.25 * (plump - 0.5)
    shine = np.maximum(hills(side, generator, (1, 2), 2), 0)
    value = 0.36 + 0.35 * light + 0.3 * shine * (0.4 + light) + 0.25 * _drape(side, generator)
    colour = one_of(generator, "#141414 #1c1a1a #3a2418 #5a3420 #8a5834 #7a1a1e #e4ddd0 #22304a #c8b49a")
    return ramp(value, colour * 0.3, colour, np.minimum(colour * 1.3 + 30, 255), np.minimum(colour + 120, 255))


def satin(side: int, generator: np.random.Generator) -> Float32:
    """Paint satin or silk: soft folds with bright ridges."""
    height = folds(side, generator, generator.uniform(1, 3)) + 0.5 * folds(side, generator, generator.uniform(2, 5))
    light = relief(height, generator.uniform(0, 2 * np.pi)) * 0.045
    value = 0.4 + 0.3 * light + 0.3 * np.abs(light) ** 3
    colour = one_of(generator, DYES + " #c8102e #f2ede2 #d8b0c0 #b09050")
    image = ramp(value, colour * 0.25, colour, np.minimum(colour * 1.2 + 40, 255), rgb("#ffffff"))
    return image * three(1 + np.float32(0.02) * grain(side, generator))
