"""Finders that need no training: the square around all of a picture, and that around its edges."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemhier.arrays import RGB
from gemhier.models.images.crop import Box, mask_background
from gemhier.models.images.stones import Cutter
from gemhier.models.images.untrained_finders import UNTRAINED, UntrainedFinder, around_edges


def coin(height: int, width: int, box: tuple[int, int, int, int]) -> RGB:
    """A dark rectangle on white, left, top, right and bottom in pixels, the latter two outside."""
    image = np.full((height, width, 3), 255, np.uint8)
    left, top, right, bottom = box
    image[top:bottom, left:right] = (90, 60, 30)
    return image


@pytest.fixture(params=sorted(UNTRAINED))
def untrained(request: pytest.FixtureRequest) -> UntrainedFinder:
    return UNTRAINED[request.param]


def test_none_takes_all_of_the_picture() -> None:
    assert UNTRAINED["none"].find_best(coin(60, 100, (40, 20, 60, 30))).box == Box(0, -20, 100)
    assert UNTRAINED["none"].find_best(coin(100, 61, (40, 20, 60, 30))).box == Box(-20, 0, 100)


@pytest.mark.parametrize(
    "box",
    [(30, 40, 130, 70), (30, 40, 60, 140), (200, 10, 290, 20), (5, 100, 15, 190)],
    ids=["wide", "tall", "wide at the right", "tall at the left"],
)
def test_canny_puts_what_has_edges_in_the_middle_of_a_square(box: tuple[int, int, int, int]) -> None:
    left, top, right, bottom = box
    found = around_edges(coin(200, 300, box))
    side = max(right - left, bottom - top)
    # An edge is a pixel wide, on this or that side of where the colour changes.
    assert found.side == pytest.approx(side, abs=3)
    assert found.x + found.side / 2 == pytest.approx((left + right) / 2, abs=2)
    assert found.y + found.side / 2 == pytest.approx((top + bottom) / 2, abs=2)


@pytest.mark.parametrize("factor", [1, 3, 8])
def test_canny_finds_the_same_in_a_larger_picture(factor: int) -> None:
    image = cv2.resize(coin(200, 300, (30, 40, 130, 70)), None, fx=factor, fy=factor, interpolation=cv2.INTER_NEAREST)
    found = around_edges(np.asarray(image, np.uint8))
    assert (found.x / factor, found.y / factor, found.side / factor) == pytest.approx((30, 5, 100), abs=4)


def test_canny_takes_all_of_a_picture_without_edges() -> None:
    assert around_edges(np.full((50, 80, 3), 200, np.uint8)) == Box(0, -15, 80)


@given(
    height=st.integers(1, 700),
    width=st.integers(1, 700),
    name=st.sampled_from(sorted(UNTRAINED)),
    seed=st.integers(0, 2**16),
)
def test_every_picture_has_a_square_that_can_be_cut_out(height: int, width: int, name: str, seed: int) -> None:
    noise = np.random.default_rng(seed).integers(0, 256, (-(-height // 40), -(-width // 40), 3), dtype=np.uint8)
    image = np.asarray(np.repeat(np.repeat(noise, 40, axis=0), 40, axis=1)[:height, :width], np.uint8)
    stone = UNTRAINED[name].find_best(image)
    assert stone.score == 1
    cut = UNTRAINED[name].cut(image, stone.box, 24)
    assert cut.shape == (24, 24, 4)
    assert set(np.unique(cut[..., 3])) <= {0, 255}
    assert cut[..., 3].any()


def test_what_the_picture_shows_stays_and_what_is_beside_it_is_grey(untrained: UntrainedFinder) -> None:
    image = coin(40, 80, (0, 0, 80, 20))
    cut = mask_background(untrained.cut(image, Box(0, -20, 80), 40))
    assert (cut[:10] == 127).all()
    assert (cut[30:] == 127).all()
    assert (cut[11:19] == (90, 60, 30)).all()
    assert (cut[21:29] == 255).all()


def test_one_thing_in_every_picture_and_none_is_refused(untrained: UntrainedFinder) -> None:
    image = coin(60, 100, (40, 20, 60, 30))
    assert untrained.find(image) == (untrained.find_best(image),)
    (crop,) = Cutter(untrained, 32, all_stones=True).crops(image, "coin.png")
    assert crop.score >= untrained.threshold
    assert crop.place is not None


def test_each_has_crops_of_its_own() -> None:
    assert len({finder.digest for finder in UNTRAINED.values()}) == len(UNTRAINED)
