import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemhier.arrays import Float32
from gemhier.pipeline.synthetic.gems.backdrops import Ground
from gemhier.pipeline.synthetic.gems.cuts import FACETED, Solid
from gemhier.pipeline.synthetic.gems.studio import Studio
from gemhier.pipeline.synthetic.gems.tracing import enter, fresnel, trace

CAMERA = np.array([0, 0, 7], np.float32)
CLEAR = np.zeros(3, np.float32)


class Furnace(Studio):
    """A room that is equally bright on all sides."""

    def radiance(self, directions: Float32) -> Float32:
        return np.ones_like(directions)


FURNACE = Furnace((), 1.0, Ground(np.ones((1, 1, 3), np.float32), np.ones(3, np.float32), 0.0, 0.0))


def rays(half: float, count: int = 40) -> Float32:
    """Rays from the camera through a square grid at the height of the girdle."""
    across = np.linspace(-half, half, count, dtype=np.float32)
    x, y = np.meshgrid(across, across)
    towards = np.stack([x.ravel(), y.ravel(), np.full(x.size, -CAMERA[2])], axis=1)
    return np.asarray(towards / np.linalg.norm(towards, axis=1, keepdims=True), np.float32)


def stone(cut: str, seed: int) -> Solid:
    shape = FACETED[cut](np.random.default_rng(seed))
    assert isinstance(shape, Solid)
    return shape


@given(st.sampled_from(sorted(FACETED)), st.integers(0, 2**32 - 1))
def test_entry_points_lie_on_the_stone(cut: str, seed: int) -> None:
    solid = stone(cut, seed)
    hit, points, facets = enter(solid, CAMERA, rays(1.0))
    outside = points[hit] @ solid.normals.T - solid.offsets
    assert hit.any()
    assert outside.max() < 1e-4
    assert np.abs(outside[np.arange(hit.sum()), facets[hit]]).max() < 1e-4


@given(st.sampled_from(sorted(FACETED)), st.integers(0, 2**32 - 1), st.sampled_from([1.55, 1.77, 2.4]))
def test_a_clear_stone_in_an_even_light_returns_that_light(cut: str, seed: int, index: float) -> None:
    seen = trace(stone(cut, seed), CAMERA, rays(1.0), index=index, absorption=CLEAR, studio=FURNACE)
    light = seen.mirrored + seen.through
    assert light.max() < 1 + 1e-3
    assert light.mean() > 0.7  # some is given up after many reflections


@given(st.sampled_from(sorted(FACETED)), st.integers(0, 2**32 - 1))
def test_absorption_takes_light_away_and_only_in_its_colour(cut: str, seed: int) -> None:
    solid, absorption = stone(cut, seed), np.array([0, 0.5, 1], np.float32)
    clear = trace(solid, CAMERA, rays(1.0), index=1.6, absorption=CLEAR, studio=FURNACE)
    tinted = trace(solid, CAMERA, rays(1.0), index=1.6, absorption=absorption, studio=FURNACE)
    np.testing.assert_allclose(tinted.through[:, 0], clear.through[:, 0], atol=1e-5)
    assert (tinted.through[:, 1] <= clear.through[:, 1] + 1e-5).all()
    assert (tinted.through[:, 2] <= tinted.through[:, 1] + 1e-5).all()


def test_rays_beside_the_stone_miss() -> None:
    seen = trace(stone("round", 0), CAMERA, rays(2.0), index=1.6, absorption=CLEAR, studio=FURNACE)
    assert 0.1 < seen.hit.mean() < 0.3
    assert len(seen.mirrored) == len(seen.through) == len(seen.inside) == seen.hit.sum()


@pytest.mark.parametrize(("index", "share"), [(1.5, 0.04), (1.77, 0.0773), (2.417, 0.172)])
def test_a_surface_seen_straight_on_reflects_as_fresnel_says(index: float, share: float) -> None:
    assert fresnel(np.ones(1, np.float32), index)[0] == pytest.approx(share, abs=1e-3)
