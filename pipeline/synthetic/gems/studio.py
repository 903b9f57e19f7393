"""A small photographer's studio: the lamps above the stone, its shadow on the ground, and the camera."""

from dataclasses import dataclass

import cv2
import numpy as np

from gemhier.arrays import Bytes, Float32
from gemhier.pipeline.synthetic.gems.backdrops import Ground
from gemhier.pipeline.synthetic.gems.noise import rise, soften


@dataclass(frozen=True, eq=False)
class Lamp:
    """A soft box far away, with rounded corners, seen from the stone.

    Directions are the camera's: x to the right, y downwards, z towards the camera.

    Attributes:
        towards: (3,), unit vector to its middle.
        sides: (2, 3), along its two sides, each divided by half that side's length: the tangent of
            the angle under which it is seen.
        strength: its brightness; a white sheet has 1.
    """

    towards: Float32
    sides: Float32
    strength: float

    def seen(self, directions: Float32) -> Float32:
        """Return how bright the lamp is in each of (N, 3) directions.

        It is 0 beside the lamp.
        """
        ahead = np.maximum(directions @ self.towards, 1e-3)
        along, down = ((directions @ side / ahead) ** 2 for side in self.sides)
        bright: Float32 = self.strength * rise(1.35 - along * along - down * down, 0, 0.8)
        return bright

    def halo(self, directions: Float32) -> Float32:
        """Return how bright the wall around the lamp is.

        There is a value for each of (N, 3) directions.
        """
        near = np.maximum(directions @ self.towards, 0) ** 2
        lit: Float32 = self.strength * np.float32(0.22) * near * near
        return lit


@dataclass(frozen=True, eq=False)
class Studio:
    """Everything that a stone reflects.

    Attributes:
        lamps: the soft boxes.
        walls: brightness of the room around.
        ground: what lies below.
    """

    lamps: tuple[Lamp, ...]
    walls: float
    ground: Ground

    def radiance(self, directions: Float32) -> Float32:
        """Return the light that comes from each direction.

        Args:
            directions: (N, 3) unit vectors, from the stone outwards.

        Returns:
            (N, 3) linear light.
        """
        up = directions[:, 2]
        # The camera, and whoever stands behind it, keep the light off from straight above.
        open_sky = 0.08 + 0.92 * rise(1 - up, 0.008, 0.12)
        sky = self.walls * open_sky * (1 - 0.5 * directions[:, 1])
        for lamp in self.lamps:
            sky += lamp.seen(directions) + lamp.halo(directions) * open_sky
        above = rise(up, -0.12, 0.08)
        lit: Float32 = (sky * above)[:, None] + (1 - above)[:, None] * self.ground.colour * np.float32(0.8)
        return lit


@dataclass(frozen=True, eq=False)
class Layer:
    """A stone alone, as the camera sees it.

    Attributes:
        light: (size, size, 3) linear light, multiplied by `cover`.
        cover: (size, size), how much of each pixel the stone takes, 0 to 1.
        glow: (3,), colour of the light that comes through the stone to the ground.
    """

    light: Float32
    cover: Float32
    glow: Float32


def set_up(ground: Ground, random: np.random.Generator) -> Studio:
    """Hang two or three lamps above a ground."""
    first = random.uniform(-0.9, -0.1) * np.pi  # the strongest lamp stands behind the stone
    lamps = []
    for index in range(random.integers(2, 4)):
        around = first + index * 2.2 + random.uniform(-0.4, 0.4)
        lean = random.uniform(0.45, 0.95) if index else random.uniform(0.3, 0.6)
        strength = random.uniform(3.0, 5.0) if index == 0 else random.uniform(1.6, 3.0)
        lamps.append(_lamp(around, lean, random.uniform(0.14, 0.3), random.uniform(1.0, 2.0), strength))
    return Studio(tuple(lamps), random.uniform(0.2, 0.4), ground)


def place(ground: Ground, stone: Layer, drop: tuple[float, float]) -> Float32:
    """Lay a stone on the ground with its shadow and reflection.

    Args:
        ground: what it lies on, of the layer's size.
        stone: the stone.
        drop: where the shadow falls, in pixels to the right and downwards.

    Returns:
        (size, size, 3) linear light.
    """
    cover, size = stone.cover, len(stone.cover)
    image = ground.image
    if ground.gloss > 0:
        image = _mirror(image, stone, ground.gloss)
    far = _blurred(_moved(cover, *drop), size * 0.045)
    near = _blurred(_moved(cover, drop[0] * 0.3, drop[1] * 0.3), size * 0.014)
    shade = ground.shadow * (0.55 * far + 0.4 * near)[..., None]
    lit = image * (1 - shade + 0.35 * shade * stone.glow)
    return np.asarray(lit * (1 - cover[..., None]) + stone.light, np.float32)


def develop(light: Float32, random: np.random.Generator) -> Bytes:
    """Take the photograph: a lens's vignette and softness, a sensor's noise, sRGB.

    Args:
        light: (size, size, 3) linear light; 1 is white.
        random: draws the camera's faults.

    Returns:
        (size, size, 3) uint8 RGB.
    """
    size = len(light)
    across = np.linspace(-1, 1, size, dtype=np.float32)
    vignette = 1 - random.uniform(0.0, 0.09) * (across[:, None] ** 2 + across[None, :] ** 2)
    balance = 1 + random.uniform(-0.02, 0.02, 3).astype(np.float32)
    exposed = soften(light * vignette[..., None] * balance, size / 300 * random.uniform(0.3, 0.6))
    # A shoulder instead of a cut: highlights keep some colour.
    exposed = np.where(exposed > 0.8, 0.8 + 0.2 * np.tanh((exposed - 0.8) / 0.2), np.maximum(exposed, 0))
    coded = np.asarray(cv2.pow(exposed, 1 / 2.2), np.float32)
    coded = 255 * (coded + 0.5 * coded * (1 - coded) * (coded - 0.45))  # a little contrast, as cameras add it
    grain = random.standard_normal((size, size, 1), dtype=np.float32) * np.float32(random.uniform(0.6, 1.6))
    return np.clip(coded + grain + 0.5, 0, 255).astype(np.uint8)


def _lamp(around: float, lean: float, height: float, aspect: float, strength: float) -> Lamp:
    towards = np.array([np.cos(around) * np.sin(lean), np.sin(around) * np.sin(lean), np.cos(lean)])
    upright = np.cross(towards, [1.0, 0.15, 0.0])
    upright /= np.linalg.norm(upright)
    sides = np.stack([np.cross(upright, towards) / (height * aspect), upright / height])
    return Lamp(towards.astype(np.float32), sides.astype(np.float32), strength)


def _moved(cover: Float32, right: float, down: float) -> Float32:
    size = len(cover)
    shift = np.array([[1, 0, right], [0, 1, down]], np.float32)
    return np.asarray(cv2.warpAffine(cover, shift, (size, size)), np.float32)


def _blurred(cover: Float32, radius: float) -> Float32:
    """Blur widely, working at a quarter of the size."""
    size = len(cover)
    small = cv2.resize(cover, (max(1, size // 4), max(1, size // 4)), interpolation=cv2.INTER_AREA)
    blurred = soften(np.asarray(small, np.float32), radius / 4)
    return np.asarray(cv2.resize(blurred, (size, size), interpolation=cv2.INTER_LINEAR), np.float32)


def _mirror(image: Float32, stone: Layer, gloss: float) -> Float32:
    """Add the stone's reflection below it, upside down and fading."""
    rows = np.flatnonzero(stone.cover.max(axis=1) > 0.5)
    size, bottom = len(stone.cover), int(rows[-1])
    mirrored = np.zeros((size, size, 4), np.float32)
    overlap = round(0.06 * (bottom - rows[0]))
    below = min(size - (bottom - overlap), bottom)
    source = np.concatenate([stone.light, stone.cover[..., None]], axis=2)
    mirrored[bottom - overlap : bottom - overlap + below] = source[bottom - below : bottom][::-1]
    mirrored = soften(mirrored, size * 0.006)
    fade = np.clip(1 - (np.arange(size) - bottom) / (0.22 * size), 0, 1).astype(np.float32)[:, None, None]
    amount = gloss * fade
    reflected: Float32 = image * (1 - amount * mirrored[..., 3:]) + amount * mirrored[..., :3]
    return reflected
