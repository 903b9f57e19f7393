"""Light on rounded stones: where rays meet a dome, and what its surface sends to the camera."""

from dataclasses import dataclass

import cv2
import numpy as np

from gemhier.arrays import Booleans, Float32
from gemhier.pipeline.synthetic.gems.cuts import Dome
from gemhier.pipeline.synthetic.gems.materials import REACH, SHEET, Surface
from gemhier.pipeline.synthetic.gems.studio import Studio
from gemhier.pipeline.synthetic.gems.tracing import fresnel

_STEPS = 7
_INDEX = 1.55


@dataclass(frozen=True, eq=False)
class Met:
    """Where N rays meet a dome.

    Attributes:
        hit: (N,), whether they do. The rest has a row for each of the H rays that do.
        points: (H, 3).
        normals: (H, 3) unit vectors, outwards.
    """

    hit: Booleans
    points: Float32
    normals: Float32


def meet(dome: Dome, camera: Float32, directions: Float32) -> Met:
    """Find where rays from a camera meet a dome.

    This takes Newton's method, which from outside never passes the surface of a convex body.

    Args:
        dome: the stone, in its own frame, which is that of the rays.
        camera: (3,), outside the stone.
        directions: (N, 3) unit vectors.
    """
    # Start on the sphere around the dome.
    middle = -directions @ camera
    closest = camera @ camera - middle**2
    radius = 1.1 * max(dome.length, dome.width, dome.crown)
    near = np.flatnonzero(closest < radius**2)
    rays = directions[near]
    way = middle[near] - np.sqrt(radius**2 - closest[near])
    points = camera + way[:, None] * rays
    for _ in range(_STEPS):
        value, slope = _implicit(dome, points)
        along = np.einsum("ij,ij->i", slope, rays)
        step = np.where(along < -1e-3, -value / np.minimum(along, -1e-3), 0)
        points = points + np.clip(step, -0.2, 0.8)[:, None] * rays
    value, slope = _implicit(dome, points)
    good = np.abs(value) < 0.003
    hit = np.zeros(len(directions), np.bool_)
    hit[near[good]] = True
    slope = slope[good]
    return Met(hit, points[good], slope / np.sqrt(np.einsum("ij,ij->i", slope, slope))[:, None])


def sample_sheet(sheet: Float32, points: Float32) -> Float32:
    """Read a pattern at points of a stone.

    Args:
        sheet: (SHEET, SHEET) or (SHEET, SHEET, 3).
        points: (N, 3) in the stone's frame.

    Returns:
        (N,) or (N, 3).
    """
    # Leaning the projection keeps patterns from being drawn out on steep sides.
    scale = SHEET / (2 * REACH)
    columns = (points[:, 0] + 0.3 * points[:, 2] + REACH) * scale
    rows = (points[:, 1] + 0.2 * points[:, 2] + REACH) * scale
    width = 256  # OpenCV cannot remap onto very long rows
    room = -len(points) % width
    at = [np.pad(place, (0, room)).reshape(-1, width).astype(np.float32) for place in (columns, rows)]
    read = cv2.remap(sheet, at[0], at[1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    values: Float32 = np.asarray(read, np.float32).reshape(-1, *sheet.shape[2:])[: len(points)]
    return values


def shade(met: Met, surface: Surface, turning: Float32, studio: Studio) -> Float32:
    """Return the light from a dome, (H, 3) linear.

    Args:
        met: where the camera's rays meet it, in the stone's frame.
        surface: what it is made of.
        turning: (3, 3), from the stone's frame to the camera's.
        studio: the light around.
    """
    normals = met.normals @ turning.T
    facing = np.clip(normals[:, 2], 0, 1)
    colour = sample_sheet(surface.colour, met.points)
    light = _diffuse(normals, studio, wrap=0.25 + 0.5 * surface.translucency)
    if surface.fibres is not None:
        light = light * _sheen(met, surface.fibres, turning, studio)
    lit = colour * light[:, None]
    if surface.translucency > 0:
        glow = _glow(normals, studio)
        within = 0.4 * light + 1.25 * glow + 0.12 * studio.ground.colour.mean()
        # The longer way through the dark side deepens the colour.
        deep = colour ** (1.5 - 0.5 * glow)[:, None] * within[:, None]
        lit = lit * (1 - surface.translucency) + deep * surface.translucency
    if surface.fire is not None:
        lit += sample_sheet(surface.fire, met.points) * (0.35 + 0.55 * light * facing)[:, None]
    if surface.orient:
        return _lustre(lit, normals, studio)
    mirror = 2 * facing[:, None] * normals - np.array([0, 0, 1], np.float32)
    shine = studio.walls * np.clip(mirror[:, 2] + 0.6, 0, 1) * 0.5
    for lamp, strength in zip(studio.lamps, (5.0, 0.7, 0.3), strict=False):
        shine += strength * surface.polish * lamp.seen(mirror)
    return np.asarray(lit + (fresnel(facing, _INDEX) * shine)[:, None], np.float32)


def _implicit(dome: Dome, points: Float32) -> tuple[Float32, Float32]:
    """Return the dome's function, below 0 inside, and its gradient."""
    x, y, z = points.T
    width = dome.width * np.clip(1 - dome.taper * x / dome.length, 0.15, 2)
    height = np.where(z > 0, dome.crown, dome.base)
    across, along, up = np.abs(x) / dome.length, np.abs(y) / width, z / height
    power = dome.power
    value = across**power + along**power + up**2 - 1
    bend = power * along**power * dome.taper * dome.width / dome.length / width
    slope = np.stack(
        [
            power * across ** (power - 1) * np.sign(x) / dome.length + bend,
            power * along ** (power - 1) * np.sign(y) / width,
            2 * up / height,
        ],
        axis=1,
    )
    return value, slope


def _diffuse(normals: Float32, studio: Studio, wrap: float) -> Float32:
    """Return the light that falls on the surface.

    It is about 1 where the surface faces the brightest lamp.
    """
    light = (0.15 + studio.walls) * (0.6 + 0.2 * normals[:, 2] - 0.1 * normals[:, 1])
    total = sum(lamp.strength for lamp in studio.lamps)
    for lamp in studio.lamps:
        share = lamp.strength / total
        light = light + 0.75 * share * np.clip((normals @ lamp.towards + wrap) / (1 + wrap), 0, 1)
    return np.asarray(light, np.float32)


def _glow(normals: Float32, studio: Studio) -> Float32:
    """Return the light gathered on the side of a clear stone away from the lamps."""
    glow = np.zeros(len(normals), np.float32)
    for lamp in studio.lamps:
        aside = np.array([-lamp.towards[0], -lamp.towards[1], 0.35], np.float32)
        share = lamp.strength / sum(other.strength for other in studio.lamps)
        glow += share * np.clip(normals @ aside / np.linalg.norm(aside), 0, 1) ** 2.5
    return glow


def _sheen(met: Met, fibres: Float32, turning: Float32, studio: Studio) -> Float32:
    """Return the moving band of light in a cat's eye.

    Fibres shine where they lie across light and sight (Kajiya and Kay).
    """
    bend = sample_sheet(fibres, met.points)
    # Fibres run along y, so that the band lies along the stone.
    along = np.stack([np.sin(bend), np.cos(bend), np.zeros_like(bend)], axis=1)
    along -= (along * met.normals).sum(axis=1, keepdims=True) * met.normals
    along /= np.linalg.norm(along, axis=1, keepdims=True) + 1e-6
    towards = studio.lamps[0].towards * 0.5 + np.array([0, 0, 1], np.float32)
    towards = towards / np.linalg.norm(towards) @ turning
    across = 1 - (along @ towards) ** 2
    sheen: Float32 = (0.35 + 0.35 * across**6 + 1.5 * across**60).astype(np.float32)
    return sheen


def _lustre(lit: Float32, normals: Float32, studio: Studio) -> Float32:
    """Light a surface with the lustre of a pearl.

    It has soft lights, a dark belt above the ground's reflection, and a tinge of rose and green.
    """
    facing = np.clip(normals[:, 2], 0, 1)
    belt = np.exp(-(((facing - 0.35) / 0.25) ** 2)) * (0.75 + 0.45 * normals[:, 1])
    lit = lit * (0.6 + 0.16 * facing - 0.3 * belt - 0.12 * normals[:, 1])[:, None]
    rose = np.array([1.05, 0.97, 1.0], np.float32) - 1
    lit *= 1 + rose * np.cos(9 * facing)[:, None]
    for lamp in studio.lamps:
        half = lamp.towards + np.array([0, 0, 1], np.float32)
        towards = np.clip(normals @ (half / np.linalg.norm(half)), 0, 1)
        lit = lit + (0.24 * lamp.strength * (0.14 * towards**10 + 0.3 * towards**60 + 0.7 * towards**500))[:, None]
    rim = (1 - facing) ** 4 * np.clip(0.3 + 0.7 * normals[:, 1], 0, 1) * 0.6
    return np.asarray(lit + rim[:, None] * studio.ground.colour, np.float32)
