import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemhier.pipeline.synthetic.gems.cuts import CUTS, FACETED, ROUNDED, Dome, Solid

FARTHEST = 1.25  # so that a stone never reaches the edge of its picture


@given(st.sampled_from(sorted(FACETED)), st.integers(0, 2**32 - 1))
def test_a_faceted_stone_is_a_closed_body_around_its_middle(cut: str, seed: int) -> None:
    solid = CUTS[cut](np.random.default_rng(seed))
    assert isinstance(solid, Solid)
    np.testing.assert_allclose(np.linalg.norm(solid.normals, axis=1), 1, atol=1e-6)
    assert (solid.offsets > 0).all()
    outwards = np.random.default_rng(seed).standard_normal((200, 3))
    outwards /= np.linalg.norm(outwards, axis=1, keepdims=True)
    reach = 1 / (outwards @ (solid.normals / solid.offsets[:, None]).T).max(axis=1)
    assert reach.min() > 0
    assert reach.max() < FARTHEST


@given(st.sampled_from(sorted(FACETED)), st.integers(0, 2**32 - 1))
def test_the_girdle_comes_last_and_stands_upright(cut: str, seed: int) -> None:
    solid = CUTS[cut](np.random.default_rng(seed))
    assert isinstance(solid, Solid)
    upright = np.abs(solid.normals[:, 2]) < 1e-6
    assert upright[-solid.girdle :].all()
    assert not upright[: -solid.girdle].any()


@pytest.mark.parametrize("cut", ["round", "oval", "cushion", "pear"])
def test_a_brilliant_has_57_facets(cut: str) -> None:
    solid = CUTS[cut](np.random.default_rng(0))
    assert isinstance(solid, Solid)
    assert len(solid.normals) - solid.girdle == 57


def test_a_round_brilliant_has_the_usual_angles() -> None:
    solid = CUTS["round"](np.random.default_rng(0))
    assert isinstance(solid, Solid)
    angles = np.degrees(np.arccos(np.abs(solid.normals[:, 2])))
    assert 30 < np.median(angles[1:9]) < 38  # crown mains
    assert 39 < np.median(angles[33:41]) < 45  # pavilion mains


@given(st.sampled_from(sorted(ROUNDED)), st.integers(0, 2**32 - 1))
def test_a_dome_fits_into_its_picture(cut: str, seed: int) -> None:
    dome = CUTS[cut](np.random.default_rng(seed))
    assert isinstance(dome, Dome)
    assert 0 < max(dome.length, dome.width, dome.crown, dome.base) < FARTHEST
    assert 0 <= dome.taper <= 0.6
