"""Hard grounds: slate, granite, terrazzo, concrete, marble, wood and metal."""

import cv2
import numpy as np

from gemhier.arrays import Float32
from gemhier.pipeline.synthetic.gems.noise import rise
from gemhier.pipeline.synthetic.scenes.surface import (
    cells,
    clipped,
    enlarged,
    grain,
    grid,
    hills,
    lit,
    mixed,
    one_of,
    ramp,
    rgb,
    soft,
    three,
    tinted,
    turned,
)


def slate(side: int, generator: np.random.Generator) -> Float32:
    """Paint slate or rough dark stone.

    It is split in thin layers, and glistens where it faces the light.
    """
    broad = hills(side, generator, (3, 3), 3)
    fine = hills(side, generator, (generator.uniform(12, 30), generator.uniform(12, 30)), 3, 0.6)
    layers = np.float32(generator.uniform(1, 4)) * (broad + 0.15 * fine)
    steps = np.floor(layers) + rise(layers - np.floor(layers), 0.75, 1.0)
    height = generator.uniform(0, 0.5) * steps + fine + generator.uniform(0, 0.1) * grain(side, generator, 0.8)
    light = lit(soft(height, side / 300), generator.uniform(0, 2 * np.pi), generator.uniform(0.04, 0.14))
    gleam = np.maximum(light - 0.12, 0) * generator.uniform(0.2, 2)
    value = generator.uniform(0.25, 0.45) + light + 0.08 * broad + gleam
    colour = one_of(generator, "#4a4c50 #3c4450 #55534e #64666a #3a3836 #4c5a5e #5c6470", 5)
    return ramp(value, colour * 0.15, colour * 0.8, colour * 1.3, np.minimum(colour * 1.5 + 90, 255))


def granite(side: int, generator: np.random.Generator) -> Float32:
    """Paint polished or rough granite: grains of three or four minerals."""
    count = generator.uniform(18, 70)
    mineral = hills(side, generator, (count, count), 2, 0.7) + 0.3 * hills(side, generator, (6, 6), 2)
    stops = [
        one_of(generator, "#1a1a1c #2c2a2a #0e0e10"),
        one_of(generator, "#6a6a6c #8c8a86 #5c5650"),
        one_of(generator, "#b8b4ae #c8a898 #a8b0b0 #8a6a58"),
        one_of(generator, "#e4e0da #d0ccc8 #b0b4b8"),
    ]
    # Each mineral fills a step of the ramp, with short ways between.
    steps = [stop for stop in stops for _ in range(3)]
    image = ramp(np.float32(0.5) + np.float32(0.5) * mineral, *steps)
    return image * three(1 + np.float32(0.06) * grain(side, generator, 0.5))


def terrazzo(side: int, generator: np.random.Generator) -> Float32:
    """Paint terrazzo: chips of many stones in cement."""
    count = int(generator.uniform(60, 500))
    numbers, distance = cells(side, generator, count)
    chips = np.stack([one_of(generator, "#e8e4dc #b8a898 #7a7470 #3a3836 #c89878 #9aa8a0") for _ in range(8)])
    sizes = generator.uniform(-0.01, 0.02, len(chips))
    kind = generator.integers(0, len(chips), 2 * count + 64)[numbers]
    chip = rise(distance - (0.25 * sizes.astype(np.float32) + np.float32(0.12 / count**0.5))[kind], 0, 1.5 / side)
    cement = one_of(generator, "#d8d4cc #efece6 #9c9894 #4c4a4a")
    image = mixed(tinted(np.ones((side, side), np.float32), cement), chips[kind], chip)
    return image * three(1 + np.float32(0.03) * (grain(side, generator, 0.6) + hills(side, generator, (3, 3))))


def concrete(side: int, generator: np.random.Generator) -> Float32:
    """Paint concrete, plaster or limestone.

    It is pale and mottled, with pores and dark crumbs.
    """
    colour = one_of(generator, "#d6d2ca #c4c0b8 #b8b8b8 #a8a49c #dcd0bc #8e8e8c", 4)
    mottled = hills(side, generator, (3, 3), 4, 0.6)
    sandy = grain(side, generator, 0.7)
    count = generator.uniform(18, 40)
    spots = hills(side, generator, (count, count), 2, 0.9)
    wide = hills(side, generator, (4, 4), 2)
    rare = generator.uniform(0.8, 1.15)
    pores = rise(spots + 0.3 * wide, rare, rare + 0.3)
    crumbs = rise(-spots + 0.3 * wide, rare + 0.1, rare + 0.35)
    light = lit(mottled - 0.2 * pores + 0.06 * sandy, generator.uniform(0, 2 * np.pi), generator.uniform(0.01, 0.05))
    value = 1 + 0.05 * mottled + 0.025 * sandy + light - 0.3 * pores - 0.5 * crumbs
    return clipped(tinted(value, colour))


def marble(side: int, generator: np.random.Generator) -> Float32:
    """Paint marble: clouds and thin branching veins on white or black.

    Black is rarer.
    """
    stretch = generator.uniform(0.5, 2)
    bends = hills(side, generator, (2 * stretch, 2), 5, 0.55)
    fine = hills(side, generator, (3, 3 * stretch), 5, 0.6)
    fading = rise(hills(side, generator, (2, 2), 2), -0.5, 0.6)
    thick = np.float32(generator.uniform(0.015, 0.05))
    veins = np.exp(-np.abs(bends) / thick) * fading * 0.8 + np.exp(-np.abs(fine) / (thick * 0.6)) * 0.25 * fading
    clouds = np.exp(-np.abs(bends) / 0.3) * 0.35 * generator.random() + 0.06 * fine
    if generator.random() < 0.75:
        ground, vein = (
            one_of(generator, "#f4f4f4 #eae8e4 #e4e6ea #f0e8dc", 3),
            one_of(generator, "#8a8c92 #a89c88 #6c6c70"),
        )
    else:
        ground, vein = one_of(generator, "#141416 #1c2a24 #2a1c1a", 3), one_of(generator, "#d8d4cc #b0b0b0 #c8a868")
    return mixed(tinted(np.ones((side, side), np.float32), ground), vein, np.clip(clouds + veins, 0, 1))


def wood(side: int, generator: np.random.Generator) -> Float32:
    """Paint planed wood, varnished or bare, in one piece or in boards."""
    _, down = grid(side)
    bend = hills(side, generator, (2, 1), 2) * np.float32(generator.uniform(0.05, 0.35))
    boards = int(generator.choice([1, 1, 2, 3, 5]))
    board = np.minimum((down * boards).astype(np.intp), boards - 1)
    shift = generator.uniform(0, 5, boards).astype(np.float32)[board]
    rings = (down + bend + shift) * np.float32(generator.uniform(5, 16))
    year = rings - np.floor(rings)
    # Each year's wood darkens slowly, then begins again.
    early = 1 - year * year * year * rise(1 - year, 0, 0.15)
    fibres = enlarged(hills(side, generator, (110, 3), 2, 0.8)[:, : max(4, side // 3)].copy(), side, side)
    value = 0.2 + 0.45 * early * generator.uniform(0.5, 1) + 0.14 * fibres + 0.02 * grain(side, generator)
    value = value + generator.normal(0, 0.05, boards).astype(np.float32)[board]
    dark, light = (rgb(colour) for colour in str(generator.choice(WOODS)).split())
    image = ramp(value, dark * 0.7, dark, light, np.minimum(light * 1.08, 255))
    if boards > 1:
        joint = np.abs(down * boards - np.round(down * boards)) / boards
        inner = ((down > 0.5 / boards) & (down < 1 - 0.5 / boards)).astype(np.float32)
        image *= three(1 - np.float32(0.7) * inner * np.exp(-((joint / 0.006) ** 2)))
    return image


WOODS = (
    "#8a5a30 #c8945c",
    "#5a3420 #8a5a38",
    "#a87c4c #e0bc8c",
    "#2c1c14 #4a3022",
    "#9c9488 #d4ccc0",
    "#6a2c18 #a05030",
    "#c8a878 #f0dcb8",
    "#c8c4bc #ece8e2",
)
"""Dark and light colours of kinds of wood, and of painted wood."""


def metal(side: int, generator: np.random.Generator) -> Float32:
    """Paint brushed or scratched steel, aluminium or brass."""
    brushed = enlarged(hills(side, generator, (side / 2, 3), 1), side, side)
    across, down = turned(side, generator.uniform(-0.3, 0.3))
    shine = np.exp(-(((across + 0.2 * hills(side, generator, (1, 2), 1)) / generator.uniform(0.15, 0.6)) ** 2))
    value = 0.35 + 0.3 * shine + generator.uniform(0.03, 0.1) * brushed + 0.1 * down
    scratches = np.zeros((side, side), np.uint8)
    for _ in range(int(generator.integers(0, 25))):
        start = generator.uniform(0, side, 2)
        end = start + generator.normal(0, side * 0.2, 2)
        points = (start * 16).astype(int).tolist(), (end * 16).astype(int).tolist()
        cv2.line(scratches, *points, int(generator.integers(30, 140)), 1, cv2.LINE_AA, 4)
    value = value + scratches.astype(np.float32) / 500
    colour = one_of(generator, "#a8acb0 #8c9094 #c0c4c8 #b89c60 #5c6064", 5)
    return ramp(value, colour * 0.3, colour * 0.75, colour, np.minimum(colour * 1.2 + 40, 255))
