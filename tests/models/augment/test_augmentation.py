"""Cut-out stones are turned, zoomed and photographed anew, each in its own way, on a grey backdrop."""

import cv2
import numpy as np
import pytest

from gemhier.arrays import RGB, Float32
from gemhier.models.augment.augmentation import Augmentation, augmented, develop, pose
from gemhier.models.augment.camera import Camera, photograph
from gemhier.models.images.crop import BACKGROUND, mask_background

STILL = Augmentation(turn=0, zoom=0, shift=0)
UNTOUCHED = Camera(untouched=1)


# Turning, mirroring and zooming


def stone(count: int = 6, side: int = 32) -> RGB:
    """The same lopsided picture several times, far from black and white."""
    image = np.full((side, side, 3), 120, dtype=np.uint8)
    cv2.ellipse(image, (side // 2, side // 2), (side // 3, side // 6), 0, 0, 360, (180, 60, 90), thickness=-1)
    cv2.circle(image, (side * 2 // 3, side // 2), side // 10, (70, 110, 190), thickness=-1)
    return np.repeat(image[None], count, axis=0)


def change(images: RGB, augmentation: Augmentation, seed: int = 3) -> RGB:
    return pose(images, augmentation, np.random.default_rng(seed))


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_shape_and_type_stay(channels: int) -> None:
    images = np.random.default_rng(0).integers(0, 256, (5, 33, 33, channels), dtype=np.uint8)
    found = change(images, Augmentation(turn=0.5, zoom=0.3))
    assert found.shape == images.shape
    assert found.dtype == np.uint8


@pytest.mark.parametrize("augmentation", [Augmentation(), STILL], ids=["all", "flips"])
def test_the_same_seed_gives_the_same_changes(augmentation: Augmentation) -> None:
    images = stone(12)
    first, second = np.random.default_rng(7), np.random.default_rng(7)
    for _ in range(2):
        np.testing.assert_array_equal(pose(images, augmentation, second), pose(images, augmentation, first))
    assert not np.array_equal(change(images, augmentation, 8), change(images, augmentation, 7))


def test_pictures_of_a_batch_are_changed_each_in_its_own_way_and_anew_each_time() -> None:
    generator = np.random.default_rng(0)
    first, second = (pose(stone(), Augmentation(), generator).astype(float) for _ in range(2))
    every = [*first, *second]
    for index, one in enumerate(every):
        for other in every[:index]:
            assert np.abs(one - other).mean() > 0.1


def test_flips_alone_give_the_four_mirrored_pictures() -> None:
    image = stone(1)[0]
    image[:8, :4] = (200, 150, 100)
    found = change(np.repeat(image[None], 40, axis=0), STILL)
    mirrored = [image, image[::-1], image[:, ::-1], image[::-1, ::-1]]
    seen = [next(i for i, one in enumerate(mirrored) if np.array_equal(one, other)) for other in found]
    assert set(seen) == {0, 1, 2, 3}


def test_shifts_go_as_far_as_they_are_told_to() -> None:
    spot = np.zeros((60, 41, 41, 1), np.uint8)
    spot[:, 20, 20] = 255
    found = change(spot, Augmentation(turn=0, zoom=0, shift=0.1))
    places = np.array([np.argwhere(one[..., 0] > 60).mean(axis=0) - 20 for one in found])
    assert np.abs(places).max() <= 4.6
    assert places.std(axis=0).min() > 1.5


def test_the_outline_moves_with_the_stone() -> None:
    outline = np.where(stone(8)[..., :1] != 120, 255, 0).astype(np.uint8)
    images = np.concatenate([outline, outline, outline, outline], axis=-1)
    found = change(images, Augmentation(turn=0.5, zoom=0.2))
    np.testing.assert_array_equal(found[..., 3], found[..., 0])
    assert np.abs(found[..., 3].astype(int) - images[..., 3]).max() > 200


def test_colours_stay_what_they_are() -> None:
    plain = np.full((20, 8, 8, 3), (120, 80, 140), np.uint8)
    np.testing.assert_array_equal(change(plain, Augmentation()), plain)


def test_a_turn_or_zoom_fills_the_corners_with_the_edge() -> None:
    images = np.full((10, 32, 32, 3), 250, np.uint8)
    images[:, 8:24, 8:24] = (180, 60, 90)
    found = change(images, Augmentation(turn=0.5, zoom=0.1))
    border = np.concatenate([found[:, 0], found[:, -1], found[:, :, 0], found[:, :, -1]])
    np.testing.assert_array_equal(border, 250)


def test_a_turn_keeps_what_is_in_the_middle_and_goes_all_around() -> None:
    images = np.zeros((40, 41, 41, 1), np.uint8)
    images[:, 19:22, 19:22] = 255
    images[:, 19:22, 35:38] = 255
    found = change(images, Augmentation(turn=0.5, zoom=0, shift=0))[..., 0]
    assert found[:, 20, 20].min() > 240
    rows, columns = np.mgrid[:41, :41] - 20
    far = np.hypot(rows, columns) > 8
    angles = [np.arctan2((one * rows)[far].sum(), (one * columns)[far].sum()) for one in found.astype(float)]
    assert np.histogram(angles, bins=4, range=(-np.pi, np.pi))[0].min() >= 3


def test_a_zoom_keeps_the_proportions_and_its_bounds() -> None:
    images = np.zeros((30, 64, 64, 3), np.uint8)
    images[:, 16:48, 16:48] = 200
    found = change(images, Augmentation(turn=0, zoom=0.2))[..., 0] / 200
    heights, widths = found[:, :, 32].sum(axis=1), found[:, 32].sum(axis=1)
    np.testing.assert_allclose(heights, widths, atol=0.3)  # warpAffine places pixels to 1/32
    assert heights.min() > 32 / 1.2 - 1
    assert heights.max() < 32 / 0.8 + 1
    assert np.ptp(heights) > 4


def test_stones_are_laid_another_way_and_then_photographed() -> None:
    generator = np.random.default_rng(2)
    expected = develop(pose(cuts(), Augmentation(), generator), Augmentation(), generator)
    np.testing.assert_array_equal(augmented(cuts(), Augmentation(), np.random.default_rng(2)), expected)


# Photographing anew


def cuts(count: int = 6, side: int = 64) -> RGB:
    """A round stone of grains, the same several times, with its outline."""
    grains = np.random.default_rng(1).integers(40, 200, (side, side, 3), dtype=np.uint8)
    outline = np.zeros((side, side, 1), np.uint8)
    cv2.circle(outline, (side // 2, side // 2), side // 3, 255, thickness=-1)
    return np.repeat(np.concatenate([grains, outline], axis=-1)[None], count, axis=0)


def distance(side: int = 64) -> Float32:
    """(side, side), how far each pixel lies from the middle."""
    rows, columns = np.mgrid[:side, :side] - side // 2
    return np.asarray(np.hypot(rows, columns), np.float32)


def test_the_same_generator_gives_the_same_pictures_and_another_others() -> None:
    first = develop(cuts(), Augmentation(), np.random.default_rng(4))
    assert first.shape == (6, 64, 64, 3)
    assert first.dtype == np.uint8
    np.testing.assert_array_equal(develop(cuts(), Augmentation(), np.random.default_rng(4)), first)
    assert not np.array_equal(develop(cuts(), Augmentation(), np.random.default_rng(5)), first)


def test_each_picture_is_developed_in_its_own_way() -> None:
    found = develop(cuts(8), Augmentation(camera=Camera(untouched=0)), np.random.default_rng(0))
    assert len({image.tobytes() for image in found}) == 8


def test_without_changes_the_backdrop_is_covered_and_the_stone_is_kept() -> None:
    plain = Augmentation(camera=UNTOUCHED, outline=0, bare=0)
    np.testing.assert_array_equal(develop(cuts(), plain, np.random.default_rng(0)), mask_background(cuts()))


def test_away_from_the_outline_the_backdrop_is_grey_and_the_stone_untouched() -> None:
    augmentation = Augmentation(camera=UNTOUCHED, outline=0.02, bare=0)
    found = develop(cuts(60), augmentation, np.random.default_rng(0))
    away = 64 * 0.02 * 3 + 2
    outside, inside = distance() > 64 // 3 + away, distance() < 64 // 3 - away
    assert min(outside.sum(), inside.sum()) > 100
    assert np.all(found[:, outside] == BACKGROUND)
    np.testing.assert_array_equal(found[:, inside], cuts(60)[:, inside, :3])


def test_outlines_move_out_and_in() -> None:
    augmentation = Augmentation(camera=UNTOUCHED, outline=0.03, bare=0)
    white = cuts(60)
    white[..., :3] = 255
    covered = (develop(white, augmentation, np.random.default_rng(0))[..., 0].astype(float) - BACKGROUND) / 128
    areas, area = covered.sum(axis=(1, 2)), (cuts(1)[0, ..., 3] > 0).sum()
    assert areas.min() < 0.97 * area
    assert areas.max() > 1.03 * area
    assert ((areas - area) == 0).sum() > 10  # about half stay as they are
    assert abs(areas.mean() / area - 1) < 0.03


def test_a_share_of_the_pictures_keeps_its_backdrop() -> None:
    def bare(share: float) -> int:
        augmentation = Augmentation(camera=UNTOUCHED, outline=0, bare=share)
        found = develop(cuts(200, 16), augmentation, np.random.default_rng(0))
        return int((found[:, 0, 0] != BACKGROUND).any(axis=1).sum())

    assert bare(0) == 0
    assert 40 < bare(0.3) < 80
    assert bare(1) == 200


def test_the_camera_changes_the_stone_and_not_the_covered_backdrop() -> None:
    augmentation = Augmentation(camera=Camera(untouched=0), outline=0, bare=0)
    found = develop(cuts(20), augmentation, np.random.default_rng(0))
    assert np.all(found[:, distance() > 64 // 3 + 2] == BACKGROUND)
    changes = np.abs(found.astype(int) - mask_background(cuts(20)))[:, distance() < 18].mean(axis=(1, 2))
    assert changes.min() > 1


def test_developing_leaves_the_cuts_as_they_were() -> None:
    given = cuts()
    develop(given, Augmentation(camera=Camera(untouched=0), bare=0.5), np.random.default_rng(0))
    np.testing.assert_array_equal(given, cuts())


def test_noise_is_as_strong_as_drawn_and_leaves_the_mean_alone() -> None:
    grey = np.full((64, 64, 3), 120, np.uint8)
    noisy = Camera(
        exposure=0, white_balance=0, contrast=0, saturation=0, blur=0, noise=8, coarsest=64, compression=0, untouched=0
    )
    generator = np.random.default_rng(2)
    grain = np.stack([photograph(grey, noisy, generator) for _ in range(60)]).astype(float) - grey
    spreads = grain.reshape(60, -1).std(axis=1)
    assert np.abs(grain.mean(axis=(1, 2, 3))).max() < 0.35
    assert 6.5 < spreads.max() < 8.2  # the strongest of sixty; deviations are drawn up to 8
    loudest = grain[spreads.argmax()] / spreads.max()
    assert (np.abs(loudest) < 1).mean() == pytest.approx(0.68, abs=0.05)  # normal; whole levels blur the edge
    assert not np.array_equal(grain[0], grain[1])
