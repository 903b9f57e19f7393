"""Grounds to lay a stone on: painted pictures of everyday places, without any stone.

Seen at 256 pixels, blurred and compressed, they look like what phones photograph around gems.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import cv2
import numpy as np

from gemhier.arrays import Bytes, Float32
from gemhier.pipeline.synthetic.gems.noise import rise
from gemhier.pipeline.synthetic.scenes import containers, desks, fabrics, hands, minerals, outdoors, plain
from gemhier.pipeline.synthetic.scenes.surface import hills, tinted, turned


@dataclass(frozen=True)
class Ground:
    """A kind of ground.

    Attributes:
        weight: how often it is chosen, relative to the others.
        painter: paints (side, side, 3) sRGB, 0 to 255, of a side in pixels.
    """

    weight: float
    painter: Callable[[int, np.random.Generator], Float32]

    def __call__(self, side: int, generator: np.random.Generator) -> Bytes:
        """Paint the ground: (side, side, 3) uint8 RGB."""
        return _rounded(self.painter(side, generator))


GROUNDS: Mapping[str, Ground] = {
    "fingers": Ground(10, hands.fingers),
    "nails": Ground(3, hands.nails),
    "palm": Ground(6, hands.palm),
    "knuckles": Ground(4, hands.knuckles),
    "gloves": Ground(3, hands.gloves),
    "white": Ground(6, plain.white),
    "grey": Ground(3, plain.grey),
    "black": Ground(5, plain.black),
    "coloured": Ground(3, plain.coloured),
    "bokeh": Ground(2, plain.bokeh),
    "velvet": Ground(4, fabrics.velvet),
    "woven": Ground(4, fabrics.woven),
    "denim": Ground(2, fabrics.denim),
    "towel": Ground(2, fabrics.towel),
    "knit": Ground(1, fabrics.knit),
    "leather": Ground(2, fabrics.leather),
    "satin": Ground(2, fabrics.satin),
    "slate": Ground(3, minerals.slate),
    "granite": Ground(1.5, minerals.granite),
    "terrazzo": Ground(0.5, minerals.terrazzo),
    "concrete": Ground(3, minerals.concrete),
    "marble": Ground(2, minerals.marble),
    "wood": Ground(3, minerals.wood),
    "metal": Ground(1.5, minerals.metal),
    "pads": Ground(1.5, containers.pads),
    "recess": Ground(2, containers.recess),
    "box": Ground(1.5, containers.box),
    "jar": Ground(2, containers.jar),
    "print": Ground(2, desks.print_),
    "squared": Ground(1.5, desks.squared),
    "ruler": Ground(1.5, desks.ruler),
    "crumpled": Ground(1, desks.crumpled),
    "film": Ground(1.5, desks.film),
    "cluttered": Ground(3, desks.cluttered),
    "leaves": Ground(2, outdoors.leaves),
    "grass": Ground(1.5, outdoors.grass),
    "pebbles": Ground(2, outdoors.pebbles),
    "moss": Ground(1, outdoors.moss),
    "sand": Ground(2, outdoors.sand),
}
"""What a stone can lie on, by name."""

_NAMES = tuple(GROUNDS)
_SHARES = np.array([ground.weight for ground in GROUNDS.values()]) / sum(ground.weight for ground in GROUNDS.values())


def paint_ground(side: int, generator: np.random.Generator) -> Bytes:
    """Paint one of the grounds, turned, lit and focused at random.

    Args:
        side: of the picture, in pixels.
        generator: draws everything: the same state gives the same picture.

    Returns:
        (side, side, 3) uint8 RGB.
    """
    image = GROUNDS[_NAMES[int(generator.choice(len(_NAMES), p=_SHARES))]](side, generator)
    image = np.rot90(image, int(generator.integers(4)))
    if generator.random() < 0.5:
        image = image[:, ::-1]
    seen = np.ascontiguousarray(image)
    if generator.random() < 0.6:
        seen = _rounded(seen * _light(side, generator))
    if generator.random() < 0.25:
        blur = side * generator.uniform(0.002, 0.02)
        seen = np.asarray(cv2.GaussianBlur(seen, (0, 0), max(0.4, blur)), np.uint8)
    return seen


def _rounded(image: Float32) -> Bytes:
    return np.asarray(np.clip(image, 0, 255) + 0.5).astype(np.uint8)


def _light(side: int, generator: np.random.Generator) -> Float32:
    """Return the light to multiply a picture by: (side, side, 3).

    It is a slope with a warm or cold tint, sometimes with the edge of a shadow.
    """
    across, _ = turned(side, generator.uniform(0, 2 * np.pi))
    light = generator.uniform(0.75, 1.15) + generator.uniform(0, 0.7) * across
    warm = generator.normal(0, 0.06)
    tint = np.array([1 + warm, 1 + generator.normal(0, 0.015), 1 - warm], np.float32)
    lit = tinted(np.asarray(light, np.float32), tint)
    if generator.random() < 0.35:
        # A hard shadow of something outside the picture: sky light, which is blue, still falls into it.
        softness = float(generator.choice([0.006, 0.03, 0.1]))
        wave = hills(side, generator, (2, 2), 2) * np.float32(generator.choice([0.0, 0.05, 0.3]))
        border = generator.uniform(-0.4, 0.4)
        shaded = rise(across + wave, border - softness, border + softness)
        depth = np.float32(generator.uniform(0.25, 0.7)) * np.array([1.0, 0.96, 0.9], np.float32)
        lit *= tinted(1 - shaded, -depth, 1)
    return lit
