"""Paint photographs of gemstones that do not exist: ray-traced facets, patterned domes, a studio around them.

One seed is one stone; a view is one photograph of it, with another rotation, light and backdrop.
The same arguments give the same picture; between machines, single pixels may differ by rounding.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

import cv2
import numpy as np

from gemhier.arrays import Booleans, Bytes, Float32, Indices
from gemhier.pipeline.synthetic.gems.backdrops import BACKDROPS
from gemhier.pipeline.synthetic.gems.cuts import CUTS, Shape, Solid
from gemhier.pipeline.synthetic.gems.looks import LOOKS, GemLook
from gemhier.pipeline.synthetic.gems.materials import SURFACES, inclusions
from gemhier.pipeline.synthetic.gems.noise import linear, soften
from gemhier.pipeline.synthetic.gems.shading import meet, sample_sheet, shade
from gemhier.pipeline.synthetic.gems.studio import Layer, Studio, develop, place, set_up
from gemhier.pipeline.synthetic.gems.tracing import enter, trace

Value = TypeVar("Value")

SMALLEST = 16
"""Smallest side of a picture, in pixels."""

_BACKDROP_SHARES = {"white": 0.48, "grey": 0.3, "black": 0.12, "wood": 0.05, "skin": 0.05}
_CAMERA = 7.0  # distance of the camera, in half-lengths of the stone
_USUAL_PATH = 2.6  # way through a stone after which light has the stone's colour, in half-lengths
_FILTER = np.float32(0.6)  # of the light from the surface, what passes the photographer's polarising filter
_COARSER = 6  # of so many rays' side, one is sent ahead to find the stone


@dataclass(frozen=True, eq=False)
class Pose:
    """How a stone lies in the picture.

    Attributes:
        turning: (3, 3), from the stone's frame to the camera's (x to the right, y down, z to the camera).
        scale: half-length of the stone, as a share of half the picture.
        middle: (2,), where it lies, as a share of half the picture.
    """

    turning: Float32
    scale: float
    middle: Float32


def paint_stone(
    look: GemLook | str,
    *,
    seed: int,
    view: int = 0,
    size: int = 300,
    backdrop: str | None = None,
    cut: str | None = None,
    rays: float = 1.2,
) -> Bytes:
    """Paint one photograph of one stone.

    Args:
        look: what the stone looks like, or a name in `LOOKS`.
        seed: which stone, 0 or more.
        view: which photograph of it, 0 or more.
        size: side of the picture, in pixels.
        backdrop: a name in `BACKDROPS`; None draws one.
        cut: a name in `CUTS`; None draws one of the look's.
        rays: rays of light per pixel in each direction, 1 to 2; 2 has the smoothest edges and takes twice as long.

    Returns:
        (size, size, 3) uint8 RGB.

    Raises:
        ValueError: if a name is unknown or a number too small.
    """
    if seed < 0 or view < 0 or size < SMALLEST:
        raise ValueError(
            f"`seed` and `view` must be at least 0 and `size` at least {SMALLEST}. Received: {seed}, {view}, {size}."
        )
    if not 1 <= rays <= 2:
        raise ValueError(f"`rays` must be 1 to 2. Received: {rays}.")
    if isinstance(look, str):
        look = _known("look", look, LOOKS)
    stone, shot = np.random.default_rng([seed, 0]), np.random.default_rng([seed, 1, view])
    drawn_cut = str(stone.choice(look.cuts))  # drawn even if not needed, so that all else stays the same
    drawn_backdrop = str(shot.choice([*_BACKDROP_SHARES], p=[*_BACKDROP_SHARES.values()]))
    shape = _known("cut", drawn_cut if cut is None else cut, CUTS)(stone)
    body = _body_colour(look, stone)
    ground = _known("backdrop", drawn_backdrop if backdrop is None else backdrop, BACKDROPS)(size, shot)
    studio = set_up(ground, shot)
    layer = _stone_layer(shape, look, body, _pose(shot), studio, stone, size, rays)
    drop = (shot.uniform(-0.03, 0.03) * size, shot.uniform(0.015, 0.05) * size)
    return develop(place(ground, layer, drop), shot)


def _known(kind: str, name: str, known: Mapping[str, Value]) -> Value:
    if name not in known:
        raise ValueError(f"Unknown {kind} {name!r}. Known: {', '.join(sorted(known))}.")
    return known[name]


def _body_colour(look: GemLook, random: np.random.Generator) -> Float32:
    """Draw a colour between those of the look, (3,) linear light."""
    place = random.uniform(0, len(look.colours) - 1)
    at = min(int(place), len(look.colours) - 2)
    first, second = linear(look.colours[at]), linear(look.colours[at + 1])
    mixed = first + (second - first) * np.float32(place - at)
    return np.asarray(mixed * random.uniform(0.92, 1.08, 3).astype(np.float32), np.float32)


def _pose(random: np.random.Generator) -> Pose:
    spin = random.choice([0, np.pi / 2]) + random.normal(0, 0.12) if random.random() < 0.6 else random.uniform(0, 6.3)
    tilt, towards = random.uniform(0.03, 0.42), random.normal(-np.pi / 2, 0.7)
    around = np.array([[np.cos(spin), -np.sin(spin), 0], [np.sin(spin), np.cos(spin), 0], [0, 0, 1]])
    # Rodrigues' formula: the stone's top leans in the picture's plane by `tilt`, usually upwards.
    axis = np.array([-np.sin(towards), np.cos(towards), 0])
    lean, _ = cv2.Rodrigues(axis * tilt)
    middle = random.uniform(-0.06, 0.06, 2)
    return Pose((lean @ around).astype(np.float32), random.uniform(0.47, 0.78), middle.astype(np.float32))


def _stone_layer(
    shape: Shape,
    look: GemLook,
    body: Float32,
    pose: Pose,
    studio: Studio,
    random: np.random.Generator,
    size: int,
    rays: float,
) -> Layer:
    """Render the stone alone."""
    fine = round(size * rays)
    where, directions = _rays(shape, pose, fine)
    camera = np.array([0, 0, _CAMERA], np.float32)
    if isinstance(shape, Solid):
        turned = replace(shape, normals=shape.normals @ pose.turning.T)
        depth = np.float32(random.uniform(1.0, 1.7) / _USUAL_PATH)
        absorption = (-np.log(np.clip(body, 0.004, 0.98)) * depth).astype(np.float32)
        seen = trace(turned, camera, directions, index=look.index, absorption=absorption, studio=studio)
        haze = np.float32(random.uniform(*look.haze))
        flaws = sample_sheet(inclusions(look.flaws, random), seen.inside @ pose.turning)
        scattered = np.clip(haze * flaws, 0, 0.8)[:, None]
        light = _FILTER * seen.mirrored + seen.through * (1 - scattered) + scattered * (body * 0.7 + 0.02)
        light = light * _exposure(light)
        hit, glow = seen.hit, body
    else:
        # In the stone's frame, where its formula holds.
        inwards = directions @ pose.turning
        met = meet(shape, camera @ pose.turning, inwards)
        surface = SURFACES[look.surface](body, random, pose.turning[2, :2].astype(np.float64))
        light, hit = shade(met, surface, pose.turning, studio), met.hit
        glow = body * np.float32(surface.translucency)
    layer = np.zeros((fine * fine, 4), np.float32)
    layer[where[hit], :3] = light
    layer[where[hit], 3] = 1
    # A little more blur than the smaller grid brings: so few rays leave steps at the edges.
    softened = soften(layer.reshape(fine, fine, 4), 0.7)
    small = cv2.resize(softened, (size, size), interpolation=cv2.INTER_LINEAR)
    return Layer(np.ascontiguousarray(small[..., :3]), np.ascontiguousarray(small[..., 3]), glow)


def _rays(shape: Shape, pose: Pose, size: int) -> tuple[Indices, Float32]:
    """Find the pixels that may show the stone, and the rays through them.

    Pixels are indices into the flattened picture; the rays are (N, 3).
    """
    coarse = -(-size // _COARSER)
    places, scouts = _through(np.ones((coarse, coarse), np.bool_), pose)
    camera = np.array([0, 0, _CAMERA], np.float32) @ pose.turning
    found = np.zeros(coarse * coarse, np.uint8)
    found[places] = _meets(shape, camera, scouts @ pose.turning)
    near = cv2.dilate(found.reshape(coarse, coarse), np.ones((3, 3), np.uint8))
    near = cv2.resize(near, (size, size), interpolation=cv2.INTER_NEAREST)
    return _through(near > 0, pose)


def _meets(shape: Shape, camera: Float32, directions: Float32) -> Booleans:
    return enter(shape, camera, directions)[0] if isinstance(shape, Solid) else meet(shape, camera, directions).hit


def _through(pixels: Booleans, pose: Pose) -> tuple[Indices, Float32]:
    """Return the wanted pixels, and the rays through them.

    Pixels are indices into the flattened picture; the rays are (N, 3).
    """
    size = len(pixels)
    across = (np.arange(size, dtype=np.float32) + np.float32(0.5)) / size * 2 - 1
    x, y = ((across - middle) / np.float32(pose.scale) for middle in pose.middle)
    rows, columns = np.nonzero(pixels)
    rays = np.stack([x[columns], y[rows], np.full(len(rows), -_CAMERA, np.float32)], axis=1)
    return np.flatnonzero(pixels), rays / np.sqrt(np.einsum("ij,ij->i", rays, rays))[:, None]


def _exposure(light: Float32) -> float:
    """Choose an exposure as a photographer would.

    The stone is neither black nor washed out.
    """
    bright = float(np.percentile(light.max(axis=1), 80))
    return float(np.clip(0.62 / max(bright, 1e-3), 0.5, 3) ** 0.75)
