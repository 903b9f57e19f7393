"""Follow light through a faceted stone: refraction, total reflection and absorption along its path."""

from dataclasses import dataclass

import numpy as np

from gemhier.arrays import Booleans, Float32, Indices
from gemhier.pipeline.synthetic.gems.cuts import Solid
from gemhier.pipeline.synthetic.gems.studio import Studio

_BOUNCES = 4
_SKIN = np.float32(1e-4)  # rays turn round a little below the surface, so as to be inside for certain
_FAINT = 0.03  # a ray that carries less light than this is given up
_BLOCK = 4096  # rays that are traced together: their distances to all facets fit into the cache


@dataclass(frozen=True, eq=False)
class Traced:
    """What a camera sees of a stone along each of N rays.

    Attributes:
        hit: (N,), whether the ray meets the stone. The rest has a row for each of the H rays that do.
        mirrored: (H, 3), linear light from the surface.
        through: (H, 3), linear light that comes back from within.
        inside: (H, 3), a point somewhat below the surface, where flaws lie.
    """

    hit: Booleans
    mirrored: Float32
    through: Float32
    inside: Float32


def trace(
    solid: Solid, camera: Float32, directions: Float32, *, index: float, absorption: Float32, studio: Studio
) -> Traced:
    """Trace rays through a faceted stone.

    Args:
        solid: the stone, in the frame of the rays.
        camera: (3,), where all rays begin, outside the stone.
        directions: (N, 3) unit vectors.
        index: refractive index of the stone.
        absorption: (3,), of light per unit of length (Beer and Lambert).
        studio: the light around.
    """
    blocks = [
        _trace_block(solid, camera, directions[at : at + _BLOCK], index, absorption, studio)
        for at in range(0, len(directions), _BLOCK)
    ]
    return Traced(
        np.concatenate([block.hit for block in blocks]),
        np.concatenate([block.mirrored for block in blocks]),
        np.concatenate([block.through for block in blocks]),
        np.concatenate([block.inside for block in blocks]),
    )


def fresnel(cosine: Float32, index: float) -> Float32:
    """Return the share of light that a surface reflects.

    This is Schlick's approximation.

    Args:
        cosine: (N,), of the angle in air between ray and normal.
        index: refractive index.
    """
    straight = ((index - 1) / (index + 1)) ** 2
    share: Float32 = straight + (1 - straight) * np.clip(1 - cosine, 0, 1) ** 5
    return share


def _trace_block(
    solid: Solid, camera: Float32, directions: Float32, index: float, absorption: Float32, studio: Studio
) -> Traced:
    hit, points, facets = enter(solid, camera, directions)
    points, rays = points[hit], directions[hit]
    normals = solid.normals.take(facets[hit], axis=0)
    against = -np.einsum("ij,ij->i", rays, normals)
    reflected = fresnel(against, index)
    mirrored = reflected[:, None] * studio.radiance(rays + 2 * against[:, None] * normals)
    # Snell's law, in vectors.
    inner = np.sqrt(1 - (1 - against**2) / index**2)
    rays = rays / index + (against / index - inner)[:, None] * normals
    through = _follow(solid, points, rays, 1 - reflected, index, absorption, studio)
    return Traced(hit, mirrored, through, points + 0.35 * rays)


def enter(solid: Solid, camera: Float32, directions: Float32) -> tuple[Booleans, Float32, Indices]:
    """Find where N rays from a camera outside meet the stone.

    Returns:
        (N,) whether they do, (N, 3) points, and (N,) facets; the latter two mean nothing for rays that miss.
    """
    ahead = solid.offsets - solid.normals @ camera  # below 0 for facets that the camera looks upon
    inverse = directions @ (solid.normals / ahead[:, None]).T  # one over the distance to each facet's plane
    front = np.flatnonzero(ahead < 0)
    before = inverse[:, front]
    last = before.argmin(axis=1)
    entry = before[np.arange(len(before)), last]
    leave = inverse[:, ahead >= 0].max(axis=1)
    hit = entry > np.maximum(leave, 0)
    points = camera + directions / np.where(hit, entry, np.float32(1))[:, None]
    return hit, points.astype(np.float32), front[last]


def _follow(
    solid: Solid, points: Float32, rays: Float32, carried: Float32, index: float, absorption: Float32, studio: Studio
) -> Float32:
    """Return the light that comes back along rays inside the stone, (N, 3)."""
    # Crown and pavilion meet just outside the girdle: within the stone it is too thin to matter.
    facets = np.ascontiguousarray(solid.normals[: -solid.girdle])
    offsets = solid.offsets[: -solid.girdle] + _SKIN
    seen = np.zeros_like(points)
    travelled = np.zeros(len(points), np.float32)
    active = np.arange(len(points))
    for _ in range(_BOUNCES):
        towards = rays @ facets.T
        room = offsets - points @ facets.T
        # The nearest facet ahead is the one with the largest inverse distance; those behind have negative ones.
        with np.errstate(divide="ignore"):  # of a facet in whose plane a point lies: infinite, so it is met at once
            inverse = np.divide(towards, room, out=room)
        met = inverse.argmax(axis=1)
        rows = np.arange(len(met))
        way = 1 / np.maximum(inverse[rows, met], 1e-2) - 2 * _SKIN
        cosine = towards[rows, met]
        normals = facets.take(met, axis=0)
        points = points + way[:, None] * rays
        travelled = travelled + way
        beyond = 1 - index**2 * (1 - cosine**2)  # squared cosine outside; below 0 in total reflection
        outer = np.sqrt(np.maximum(beyond, 0))
        kept = np.where(beyond > 0, fresnel(outer, index), np.float32(1))
        leaving = np.flatnonzero(beyond > 0)
        bent = (outer - index * cosine).take(leaving)[:, None] * normals.take(leaving, axis=0)
        light = studio.radiance(index * rays.take(leaving, axis=0) + bent)
        light *= np.exp(-travelled.take(leaving)[:, None] * absorption)
        seen[active.take(leaving)] += (carried * (1 - kept)).take(leaving)[:, None] * light
        carried = carried * kept
        rays = rays - 2 * cosine[:, None] * normals
        going = np.flatnonzero(carried > _FAINT)
        if len(going) < len(active):
            points, rays = points.take(going, axis=0), rays.take(going, axis=0)
            carried, travelled, active = carried.take(going), travelled.take(going), active.take(going)
        if not len(active):
            return seen
    # What is still on its way comes from somewhere in the room.
    seen[active] += carried[:, None] * (0.5 * studio.walls) * np.exp(-travelled[:, None] * absorption)
    return seen
