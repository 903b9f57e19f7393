"""Pictures that are turned by quarters are looked at the same way."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gemhier.models.images.crop import Box, crop_stone
from gemhier.models.images.finder import Finder
from gemhier.models.images.turning import turned, turned_box, turns_upright

sizes = st.integers(3, 90)


@given(height=sizes, width=sizes, seed=st.integers(0, 2**32 - 1), turns=st.integers(0, 3))
@settings(max_examples=60)
def test_a_turned_picture_comes_out_the_same(height: int, width: int, seed: int, turns: int) -> None:
    generator = np.random.default_rng(seed)
    image = generator.integers(0, 256, (height, width, 3)).astype(np.uint8)
    image[: height // 3] = 255  # a bright side, so that no rounding decides
    other = turned(image, turns)
    np.testing.assert_array_equal(other, np.rot90(image, turns))
    expected = turned(image, turns_upright(image))
    np.testing.assert_array_equal(turned(other, turns_upright(other)), expected)


@pytest.mark.parametrize(("side", "turns"), [("top", 0), ("right", 1), ("bottom", 2), ("left", 3)])
def test_the_bright_side_comes_up(side: str, turns: int) -> None:
    image = np.full((40, 60, 3), 30, np.uint8)
    places = {"top": np.s_[:12], "right": np.s_[:, 48:], "bottom": np.s_[28:], "left": np.s_[:, :12]}
    image[places[side]] = 200
    assert turns_upright(image) == turns
    assert turns_upright(turned(image, turns)) == 0


@given(height=sizes, width=sizes, x=st.integers(-20, 80), y=st.integers(-20, 80), side=st.integers(1, 60))
@settings(max_examples=60)
def test_a_turned_box_holds_the_same_pixels(height: int, width: int, x: int, y: int, side: int) -> None:
    image = np.arange(height * width * 3, dtype=np.uint32).reshape(height, width, 3).astype(np.uint8)
    box = Box(x, y, side)
    for turns in range(4):
        there = turned_box(box, image.shape, turns)
        assert turned_box(there, turned(image, turns).shape, -turns) == box
        if -side < x < width and -side < y < height:
            crop = crop_stone(turned(image, turns), there, side)
            np.testing.assert_array_equal(crop, turned(crop_stone(image, box, side), turns))


def test_stones_of_a_turned_picture_are_the_same_stones(finder: Finder) -> None:
    image = np.full((120, 200, 3), 90, np.uint8)
    image[:30] += 8  # light from above
    image[60:90, 30:70] = (200, 40, 60)
    image[20:50, 140:170] = (30, 60, 200)
    stones = finder.find(image)
    assert len(stones) == 2
    for turns in (1, 2, 3):
        other = turned(image, turns)
        found = finder.find(other)
        assert [turned_box(stone.box, image.shape, turns) for stone in stones] == [stone.box for stone in found]
        assert [stone.score for stone in stones] == [stone.score for stone in found]
        for one, same in zip(stones, found, strict=True):
            np.testing.assert_array_equal(finder.cut(image, one.box, 64), finder.cut(other, same.box, 64))
