"""The square around a stone, cut out, and its backdrop covered; finding it is another test's."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemhier.arrays import RGB
from gemhier.models.images import crop as stone
from gemhier.models.images.crop import BACKGROUND, MARGIN, Box, crop_stone, mask_background, whole_image

WHITE, CREAM = (255, 255, 255), (240, 235, 225)
RUBY = (190, 20, 50)


def constant(height: int, width: int, colour: tuple[int, int, int] = CREAM) -> RGB:
    return np.full((height, width, 3), colour, dtype=np.uint8)


def noise(height: int, width: int, channels: int = 3, seed: int = 0) -> RGB:
    return np.random.default_rng(seed).integers(0, 256, (height, width, channels), dtype=np.uint8)


def painted(height: int, width: int, centre: tuple[int, int], radii: tuple[int, int]) -> RGB:
    """One oval ruby on white."""
    image = constant(height, width, WHITE)
    cv2.ellipse(image, centre, radii, 0, 0, 360, RUBY, thickness=-1)
    return image


# The whole picture


@given(st.integers(1, 5000), st.integers(1, 5000))
def test_the_whole_picture_is_the_smallest_square_around_it_and_in_its_middle(height: int, width: int) -> None:
    box = whole_image(np.empty((height, width, 3), np.uint8))
    assert box.side == max(height, width)
    for start, length in ((box.x, width), (box.y, height)):
        before, after = -start, start + box.side - length
        assert min(before, after) >= 0
        assert abs(before - after) <= 1


# Cutting out


def test_a_crop_of_its_own_size_repeats_the_outermost_pixels() -> None:
    image = noise(20, 30)
    padded = np.pad(image, ((7, 8), (2, 3), (0, 0)), mode="edge")
    np.testing.assert_array_equal(crop_stone(image, Box(-2, -7, 35), 35), padded)
    np.testing.assert_array_equal(crop_stone(image, Box(5, 3, 12), 12), image[3:15, 5:17])
    np.testing.assert_array_equal(crop_stone(image, Box(25, -4, 10), 10), padded[3:13, 27:37][:, [*range(8), 7, 7]])


def test_a_crop_is_shrunk_by_averaging() -> None:
    image = noise(32, 32)
    averages = image.reshape(8, 4, 8, 4, 3).mean(axis=(1, 3))
    np.testing.assert_allclose(crop_stone(image, Box(0, 0, 32), 8), averages, atol=0.51)


def test_a_crop_is_enlarged_without_new_colours_on_plain_ground() -> None:
    np.testing.assert_array_equal(crop_stone(constant(10, 10), Box(-3, 2, 9), 50), constant(50, 50))


def test_the_crop_of_a_stone_shows_it_in_the_middle_with_the_margin_around() -> None:
    side = round(141 * (1 + 2 * MARGIN))
    crop = crop_stone(painted(300, 400, (260, 120), (70, 70)), Box(260 - side // 2, 120 - side // 2, side), 100)
    rows, columns = np.nonzero(np.all(crop == RUBY, axis=2))
    for found in (rows, columns):
        assert found.mean() == pytest.approx(49.5, abs=1)
        assert np.ptp(found) == pytest.approx(100 / (1 + 2 * MARGIN), abs=4)


def test_the_picture_stays_as_it_was() -> None:
    image = painted(100, 120, (60, 50), (30, 25))
    before = image.copy()
    for box in (Box(20, 10, 80), Box(0, 0, 100)):
        crop = crop_stone(image, box, 40)
        crop[:] = 0
    np.testing.assert_array_equal(image, before)


@pytest.mark.parametrize(
    "box",
    [
        Box(-20, 0, 20),
        Box(40, 0, 20),
        Box(0, -20, 20),
        Box(0, 30, 20),
        Box(10, 10, 0),
    ],
)
def test_a_box_outside_the_picture_is_refused(box: Box) -> None:
    with pytest.raises(ValueError, match=r"overlap the picture of 40 x 30 pixels\. Received: Box\("):
        crop_stone(constant(30, 40), box, 16)


@pytest.mark.parametrize("turned", [False, True])
def test_the_square_around_a_thin_strip_does_not_outgrow_the_memory(
    turned: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    strip = constant(2, 60_000, (200, 0, 0))
    strip[:, 30_000:] = (0, 0, 200)
    if turned:
        strip = np.ascontiguousarray(strip.transpose(1, 0, 2))
    box = whole_image(strip)
    sides = []
    pad = cv2.copyMakeBorder

    def watched(*arguments: object) -> RGB:
        padded = pad(*arguments)  # type: ignore[call-overload]
        sides.append(max(padded.shape))
        return np.asarray(padded, dtype=np.uint8)

    monkeypatch.setattr("gemhier.models.images.crop.cv2.copyMakeBorder", watched)
    crop = crop_stone(strip, box, 10)
    assert sides == [stone.LARGEST_SIDE]
    along = crop[0] if not turned else crop[:, 0]
    np.testing.assert_array_equal(along[:5], np.broadcast_to((200, 0, 0), (5, 3)))
    np.testing.assert_array_equal(along[5:], np.broadcast_to((0, 0, 200), (5, 3)))


def test_a_large_box_gives_the_same_crop_from_a_smaller_copy(monkeypatch: pytest.MonkeyPatch) -> None:
    image = cv2.GaussianBlur(painted(300, 400, (330, 120), (90, 70)), (0, 0), 4).astype(np.uint8)
    box = Box(170, -40, 320)
    direct = crop_stone(image, box, 40)
    monkeypatch.setattr(stone, "LARGEST_SIDE", 160)
    np.testing.assert_allclose(crop_stone(image, box, 40), direct, atol=2)
    edge = Box(399, 299, 320)  # a single pixel inside, which rounding must not lose
    np.testing.assert_array_equal(crop_stone(image, edge, 40), constant(40, 40, WHITE))


# Covering the backdrop


def with_share(pixels: RGB, share: int) -> RGB:
    return np.concatenate([pixels, np.full((*pixels.shape[:-1], 1), share, np.uint8)], axis=-1)


@given(st.integers(0, 2**32 - 1))
def test_stone_keeps_its_pixels_and_backdrop_becomes_grey(seed: int) -> None:
    cut = noise(9, 7, 4, seed)
    cut[..., 3] = np.where(cut[..., 3] > 127, 255, 0)
    covered = mask_background(cut)
    assert covered.dtype == np.uint8
    np.testing.assert_array_equal(covered[cut[..., 3] == 255], cut[cut[..., 3] == 255, :3])
    assert np.all(covered[cut[..., 3] == 0] == BACKGROUND)


@given(st.integers(0, 2**32 - 1), st.integers(0, 255))
def test_an_edge_lies_between_the_stone_and_the_grey_as_far_as_it_is_stone(seed: int, share: int) -> None:
    pixels = noise(5, 6, 3, seed)
    covered = mask_background(with_share(pixels, share))
    expected = BACKGROUND + (pixels.astype(float) - BACKGROUND) * share / 255
    np.testing.assert_allclose(covered, expected, atol=0.501)


def test_covering_what_is_covered_changes_nothing_where_an_outline_is_sharp() -> None:
    cut = with_share(noise(8, 8), 255)
    cut[:, :3, 3] = 0
    once = mask_background(cut)
    np.testing.assert_array_equal(mask_background(np.concatenate([once, cut[..., 3:]], axis=-1)), once)


def test_many_are_covered_as_each_alone() -> None:
    cuts = np.stack([noise(6, 6, 4, seed) for seed in range(3)])
    before = cuts.copy()
    np.testing.assert_array_equal(mask_background(cuts), np.stack([mask_background(cut) for cut in cuts]))
    np.testing.assert_array_equal(cuts, before)
