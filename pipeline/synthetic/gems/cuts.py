"""The shapes that gem cutters give to stones: faceted solids and rounded domes.

Shapes stand in the stone's own frame: the girdle lies in the plane z = 0, the table or the top
of the dome looks towards +z, and the farthest point of the girdle is about 1 from the middle.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from gemhier.arrays import Float32, Float64


@dataclass(frozen=True, eq=False)
class Solid:
    """A faceted stone: the points p with normals @ p <= offsets.

    Attributes:
        normals: (facets, 3), of unit length, pointing outwards.
        offsets: (facets,), distance of each facet's plane from the middle.
        girdle: how many of them, at the end, are upright and form the thin edge between crown and pavilion.
    """

    normals: Float32
    offsets: Float32
    girdle: int


@dataclass(frozen=True)
class Dome:
    """A rounded stone: |x / length|^power + |y / (width · taper)|^power + (z / height)² <= 1.

    Attributes:
        length: half the extent in x.
        width: half the extent in y.
        crown: height above the girdle.
        base: depth below the girdle.
        power: 2 for an oval; more for a cushion's squarer outline.
        taper: 0 for an oval; up to 0.6 for a pear, whose narrow end is at +x.
    """

    length: float = 1.0
    width: float = 1.0
    crown: float = 0.5
    base: float = 0.2
    power: float = 2.0
    taper: float = 0.0


Shape = Solid | Dome
Cutter = Callable[[np.random.Generator], Shape]


def round_brilliant(random: np.random.Generator) -> Solid:
    """Make the classic round cut."""
    return _brilliant(_superellipse(1.0, 2.0), 1.0, random)


def oval(random: np.random.Generator) -> Solid:
    """Make a brilliant stretched to 1.2 to 1.5 times its width."""
    return _brilliant(_superellipse(1.0, 2.0), 1 / random.uniform(1.2, 1.5), random)


def cushion(random: np.random.Generator) -> Solid:
    """Make a brilliant on a rounded rectangle."""
    return _brilliant(_superellipse(0.93, random.uniform(2.6, 3.2)), 1 / random.uniform(1.0, 1.25), random)


def pear(random: np.random.Generator) -> Solid:
    """Make a brilliant with one pointed end."""
    outline = _superellipse(1.0, 2.0)
    towards_point = np.maximum(outline[:, 0], 0)
    outline[:, 1] *= 1 - 0.6 * towards_point**1.6
    outline[:, 0] += 0.35 * towards_point
    return _brilliant(outline / 1.18, 1 / random.uniform(1.15, 1.35), random)


def step(random: np.random.Generator) -> Solid:
    """Make the emerald cut: a rectangle with cut corners and stepped facets."""
    width = 1 / random.uniform(1.15, 1.5)
    corner = random.uniform(0.2, 0.3)
    angles = _directions(8)
    diagonal = (1 + width - corner) / np.sqrt(2)
    reach = np.array([1.0, diagonal, width, diagonal] * 2)
    size = 0.92
    normals, offsets = [np.array([[0.0, 0.0, 1.0]])], [np.array([0.0])]
    height, inset = 0.025, 0.0
    for slope, run in ((1.1, 0.09), (0.75, 0.11), (0.5, 0.13)):
        _add_ring(normals, offsets, angles, reach - inset, slope, height)
        height, inset = height + slope * run, inset + run
    offsets[0][0] = height
    # Below the girdle each step goes down by a share of the stone's half-width.
    height, inset = -0.025, 0.0
    for slope, run in ((1.25, 0.22), (0.95, 0.25), (0.78, 0.6)):
        _add_ring(normals, offsets, angles, reach - inset, -slope, height)
        height, inset = height - slope * run, inset + run
    _add_ring(normals, offsets, angles, reach, np.inf, 0.0)
    return _solid(np.concatenate(normals), np.concatenate(offsets) * size, len(angles))


def cabochon(random: np.random.Generator) -> Dome:
    """Make an oval dome."""
    return Dome(1.0, 1 / random.uniform(1.15, 1.5), random.uniform(0.42, 0.6), random.uniform(0.12, 0.25))


def round_cabochon(random: np.random.Generator) -> Dome:
    """Make a round dome."""
    return Dome(0.92, 0.92, random.uniform(0.45, 0.65), random.uniform(0.12, 0.25))


def pear_cabochon(random: np.random.Generator) -> Dome:
    """Make a dome with one narrow end."""
    return Dome(1.05, 1 / random.uniform(1.2, 1.4), random.uniform(0.4, 0.55), 0.15, taper=random.uniform(0.4, 0.55))


def cushion_cabochon(random: np.random.Generator) -> Dome:
    """Make a dome on a rounded rectangle."""
    return Dome(0.95, 0.95 / random.uniform(1.0, 1.45), random.uniform(0.36, 0.5), 0.15, power=random.uniform(2.4, 3.2))


def bead(random: np.random.Generator) -> Dome:
    """Make a sphere, or nearly one."""
    return Dome(0.85, 0.85 * random.uniform(0.95, 1.0), 0.83, 0.83)


FACETED: dict[str, Cutter] = {
    "round": round_brilliant,
    "oval": oval,
    "cushion": cushion,
    "pear": pear,
    "step": step,
}
ROUNDED: dict[str, Cutter] = {
    "cabochon": cabochon,
    "round cabochon": round_cabochon,
    "pear cabochon": pear_cabochon,
    "cushion cabochon": cushion_cabochon,
    "bead": bead,
}
CUTS: dict[str, Cutter] = FACETED | ROUNDED
"""Every cut by its name: makes a stone of that cut, its proportions drawn at random."""


def _directions(count: int) -> Float64:
    """Return `count` angles, evenly spaced all around, from 0 on."""
    return np.asarray(np.arange(count) * (2 * np.pi / count), np.float64)


def _superellipse(size: float, power: float) -> Float64:
    """Return points (160, 2) on |x|^power + |y|^power = size^power."""
    around = np.linspace(-np.pi, np.pi, 160, endpoint=False)
    points = np.stack([np.cos(around), np.sin(around)], axis=1)
    radius: Float64 = size / (np.abs(points) ** power).sum(axis=1) ** (1 / power)
    return points * radius[:, None]


def _brilliant(outline: Float64, width: float, random: np.random.Generator) -> Solid:
    """Build the 57 facets of a brilliant and a girdle around a convex outline.

    The stone is then squeezed in y to `width`.

    Mains and halves touch the outline and point at an apex above or below its middle, so that on
    a round outline they have the angles of the round brilliant (34° and 41°).
    """
    table = random.uniform(0.52, 0.62)
    crown = 0.67 * random.uniform(0.9, 1.1)
    depth = 0.87 * random.uniform(0.98, 1.1)
    half_girdle = 0.022

    def reach(angles: Float64) -> Float64:
        far: Float64 = (outline @ np.stack([np.cos(angles), np.sin(angles)])).max(axis=0)
        return far

    mains, stars, around = _directions(8), _directions(16)[1::2], _directions(32)
    halves = around[1::2]
    table_height = half_girdle + crown * (1 - table)
    normals, offsets = [np.array([[0.0, 0.0, 1.0]])], [np.array([table_height])]
    _add_ring(normals, offsets, mains, reach(mains), crown / reach(mains), half_girdle)
    _add_ring(normals, offsets, halves, reach(halves), 1.34 * crown / reach(halves), half_girdle)
    _add_ring(normals, offsets, stars, table * reach(stars) * 1.02, 0.62 * crown / reach(stars), table_height)
    _add_ring(normals, offsets, mains, reach(mains), -depth / reach(mains), -half_girdle)
    _add_ring(normals, offsets, halves, reach(halves), -1.07 * depth / reach(halves), -half_girdle)
    _add_ring(normals, offsets, around, reach(around), np.inf, 0.0)
    planes = np.concatenate(normals)
    planes[:, 1] /= width
    return _solid(planes, np.concatenate(offsets), len(around))


def _add_ring(
    normals: list[Float64],
    offsets: list[Float64],
    angles: Float64,
    reach: Float64,
    slope: Float64 | float,
    height: float,
) -> None:
    """Add planes that look towards `angles` and pass `reach` from the axis at `height`.

    Args:
        slope: rise per unit towards the axis: above 0 for the crown, below 0 for the pavilion,
            infinite for the girdle.
    """
    outwards = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    steepness = np.broadcast_to(np.asarray(slope, float), angles.shape)
    upright = np.isinf(steepness)
    across = np.where(upright, 1.0, np.abs(steepness))
    up = np.where(upright, 0.0, np.sign(steepness))
    normals.append(np.concatenate([outwards * across[:, None], up[:, None]], axis=1))
    offsets.append(across * reach + up * height)


def _solid(normals: Float64, offsets: Float64, girdle: int) -> Solid:
    length = np.linalg.norm(normals, axis=1)
    return Solid((normals / length[:, None]).astype(np.float32), (offsets / length).astype(np.float32), girdle)
