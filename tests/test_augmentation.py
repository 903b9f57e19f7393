"""Training pictures are turned, zoomed and lit a little, each in its own way; their hue stays."""

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from gemhier.models.augmentation import Augmentation, build_augmenter

Floats = npt.NDArray[np.float32]

STILL = Augmentation(turn=0, zoom=0, brightness=0)


def stone(count: int = 6, side: int = 32) -> Floats:
    """The same lopsided picture several times, far from black and white."""
    picture = np.full((side, side, 3), 120, dtype=np.uint8)
    cv2.ellipse(picture, (side // 2, side // 2), (side // 3, side // 6), 0, 0, 360, (180, 60, 90), thickness=-1)
    cv2.circle(picture, (side * 2 // 3, side // 2), side // 10, (70, 110, 190), thickness=-1)
    return np.repeat(picture[None], count, axis=0).astype(np.float32)


def change(pictures: Floats, augmentation: Augmentation, seed: int = 3) -> Floats:
    found: Floats = build_augmenter(augmentation, seed)(pictures, training=True).numpy()
    return found


def test_shape_type_and_range_stay() -> None:
    pictures = np.random.default_rng(0).choice([0.0, 255.0], (5, 33, 33, 3)).astype(np.float32)
    found = change(pictures, Augmentation(turn=0.5, zoom=0.3, brightness=0.5))
    assert found.shape == pictures.shape
    assert found.dtype == np.float32
    assert found.min() >= 0
    assert found.max() <= 255


@pytest.mark.parametrize("seed", [0, 12])
@pytest.mark.parametrize("augmentation", [Augmentation(), STILL], ids=["all", "flips"])
def test_the_same_seed_gives_the_same_changes(augmentation: Augmentation, seed: int) -> None:
    pictures = stone(12)
    first, second = build_augmenter(augmentation, seed), build_augmenter(augmentation, seed)
    for _ in range(2):
        np.testing.assert_array_equal(second(pictures, training=True), first(pictures, training=True))
    assert np.abs(change(pictures, augmentation, seed + 1) - change(pictures, augmentation, seed)).max() > 1


def test_pictures_of_a_batch_are_changed_each_in_its_own_way_and_anew_each_time() -> None:
    augmenter = build_augmenter(Augmentation(), 0)
    first, second = (augmenter(stone(), training=True).numpy() for _ in range(2))
    every = [*first, *second]
    for index, one in enumerate(every):
        for other in every[:index]:
            assert np.abs(one - other).mean() > 0.5


def test_flips_alone_give_the_four_mirrored_pictures() -> None:
    picture = stone(1)[0]
    picture[:8, :4] = (200, 150, 100)
    found = change(np.repeat(picture[None], 40, axis=0), STILL)
    mirrored = [picture, picture[::-1], picture[:, ::-1], picture[::-1, ::-1]]
    seen = [next(i for i, one in enumerate(mirrored) if np.abs(one - other).max() < 0.1) for other in found]
    assert set(seen) == {0, 1, 2, 3}


def hues(pictures: Floats) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Hue in degrees, and where the saturation is high enough for a hue."""
    converted = np.stack([cv2.cvtColor(picture / 255, cv2.COLOR_RGB2HSV) for picture in pictures])
    return converted[..., 0], converted[..., 1] > 0.3


def test_no_hue_is_shifted() -> None:
    colours = np.array([(180, 60, 90), (60, 170, 80), (60, 80, 190), (190, 170, 60), (70, 160, 170)], np.float32)
    pictures = np.full((20, 24, 24, 3), 120, np.float32)
    pictures[:, 6:18, 6:18] = np.tile(colours, (4, 1))[:, None, None]
    found = change(pictures, Augmentation(brightness=0.2))  # nothing reaches black or white, so nothing is cut off
    assert np.ptp(found[:, 0, 0]) > 40
    hue, coloured = hues(found)
    wanted = hues(pictures)[0][:, 12, 12]
    for picture, where, expected in zip(hue, coloured, wanted, strict=True):
        assert where.sum() > 80
        assert np.abs((picture[where] - expected + 180) % 360 - 180).max() < 2


def test_brightness_stays_within_its_share_of_full_scale() -> None:
    plain = np.full((60, 8, 8, 3), (120, 80, 140), np.float32)
    shifts = (change(plain, Augmentation(turn=0.5, zoom=0.1, brightness=0.1)) - plain).reshape(60, -1)
    np.testing.assert_allclose(shifts, np.repeat(shifts[:, :1], shifts.shape[1], axis=1), atol=0.01)
    assert np.abs(shifts).max() <= 25.5 + 0.01
    assert shifts.min() < -15
    assert shifts.max() > 15


def test_a_turn_or_zoom_fills_the_corners_with_the_edge() -> None:
    pictures = np.full((10, 32, 32, 3), 250, np.float32)
    pictures[:, 8:24, 8:24] = (180, 60, 90)
    found = change(pictures, Augmentation(turn=0.5, zoom=0.1, brightness=0))
    border = np.concatenate([found[:, 0], found[:, -1], found[:, :, 0], found[:, :, -1]])
    np.testing.assert_allclose(border, 250, atol=0.1)


def test_a_zoom_keeps_the_proportions_and_its_bounds() -> None:
    pictures = np.zeros((30, 64, 64, 3), np.float32)
    pictures[:, 16:48, 16:48] = 200
    found = change(pictures, Augmentation(turn=0, zoom=0.2, brightness=0))[..., 0] / 200
    heights, widths = found[:, :, 32].sum(axis=1), found[:, 32].sum(axis=1)
    np.testing.assert_allclose(heights, widths, atol=0.1)
    assert heights.min() > 32 / 1.2 - 1
    assert heights.max() < 32 / 0.8 + 1
    assert np.ptp(heights) > 4
