"""The colour histogram against a plain count with OpenCV's CIELAB, and what it must not depend on."""

import cv2
import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gemhier.arrays import Float32
from gemhier.models.networks.colour import ColourHistogram, _srgb_to_lab

RUBY, EMERALD, SAPPHIRE = (190, 20, 50), (40, 165, 90), (30, 50, 170)
WHITE, BLACK, GREY, SKIN = (255, 255, 255), (0, 0, 0), (128, 128, 128), (225, 170, 140)


def painted(stone: tuple[int, int, int], backdrop: tuple[int, int, int], side: int = 64) -> Float32:
    """A round stone with a lit spot that fills 84% of a crop, (side, side, 3)."""
    image = np.full((side, side, 3), backdrop, dtype=np.uint8)
    middle = side // 2
    cv2.circle(image, (middle, middle), side * 42 // 100, stone, thickness=-1)
    lit = tuple((channel + 255) // 2 for channel in stone)
    cv2.circle(image, (side * 2 // 5, side * 2 // 5), side // 10, lit, thickness=-1)
    return image.astype(np.float32)


def noise(side: int, seed: int = 0) -> Float32:
    return np.random.default_rng(seed).integers(0, 256, (side, side, 3)).astype(np.float32)


def histogram(*images: Float32, layer: ColourHistogram | None = None) -> Float32:
    found: Float32 = (layer or ColourHistogram())(np.stack(images)).numpy()
    return found


def difference(one: Float32, other: Float32) -> float:
    """1 minus the Bhattacharyya coefficient: 0 for equal histograms, 1 for those without a common bin."""
    return float(1 - one @ other)


def counted_by_hand(image: Float32) -> Float32:
    """The same from the description: OpenCV's CIELAB, every pixel in a loop over its eight bins."""
    factor = max(1, round(len(image) / 64))
    side = len(image) // factor
    small = cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA)
    lab = cv2.cvtColor(small / 255, cv2.COLOR_RGB2LAB).astype(np.float64)
    border = np.concatenate([lab[0], lab[-1], lab[1:-1, 0], lab[1:-1, -1]]).mean(axis=0)
    counts = np.zeros((6, 10, 10))
    middle = (side - 1) / 2
    for row in range(side):
        for column in range(side):
            radius = np.hypot(row - middle, column - middle) / middle
            differs = 1 - np.exp(-np.sum((lab[row, column] - border) ** 2) / (2 * 12**2))
            weight = np.clip((1.1 - radius) / 0.2, 0, 1) * (0.1 + 0.9 * differs)
            spreads = []
            for value, low, high, bins in zip(lab[row, column], (8, -63, -63), (92, 63, 63), (6, 10, 10), strict=True):
                place = (np.clip(value, low, high) - low) / (high - low) * (bins - 1)
                below = min(int(place), bins - 2)
                spreads.append([(below, below + 1 - place), (below + 1, place - below)])
            for lightness, share in spreads[0]:
                for a, share_a in spreads[1]:
                    for b, share_b in spreads[2]:
                        counts[lightness, a, b] += weight * share * share_a * share_b
    return np.asarray(np.sqrt(counts.ravel() / counts.sum()), dtype=np.float32)


@pytest.mark.parametrize(
    ("rgb", "lab"),
    [
        (WHITE, (100, 0, 0)),
        (BLACK, (0, 0, 0)),
        ((255, 0, 0), (53.2408, 80.0925, 67.2032)),
        ((0, 255, 0), (87.7347, -86.1827, 83.1793)),
        ((0, 0, 255), (32.2970, 79.1875, -107.8602)),
    ],
)
def test_colours_have_their_published_cielab(rgb: tuple[int, int, int], lab: tuple[float, float, float]) -> None:
    # Lindbloom, "CIE Color Calculator": sRGB under D65.
    found = _srgb_to_lab(np.array([[[rgb]]], dtype=np.float32) / 255)
    np.testing.assert_allclose(np.ravel(found), lab, atol=2e-3)


@pytest.mark.parametrize(
    "image",
    [
        painted(RUBY, WHITE, 32),
        painted(EMERALD, BLACK, 32),
        painted(SAPPHIRE, SKIN, 33),
        noise(16),
        cv2.GaussianBlur(noise(128), (0, 0), 3),
    ],
    ids=["red on white", "green on black", "blue on skin", "noise", "two pixels to one"],
)
def test_it_counts_what_a_plain_loop_counts(image: Float32) -> None:
    # OpenCV looks CIELAB up in a table, which is up to half a unit off: 1/28 of a bin.
    np.testing.assert_allclose(histogram(image)[0] ** 2, counted_by_hand(image) ** 2, atol=0.01)
    assert difference(histogram(image)[0], counted_by_hand(image)) < 1e-3


@given(st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=3))
@settings(max_examples=15)
def test_the_squares_of_each_row_sum_to_one(seeds: list[int]) -> None:
    found = histogram(*(noise(24, seed) for seed in seeds))
    assert found.shape == (len(seeds), 600)
    assert np.all(found >= 0)
    np.testing.assert_allclose(np.sum(found**2, axis=1), 1, rtol=1e-5)


@pytest.mark.parametrize("colour", [BLACK, WHITE, GREY, (255, 0, 0), (0, 255, 0), (0, 0, 255), (1, 0, 1)])
def test_a_plain_picture_has_a_finite_histogram(colour: tuple[int, int, int]) -> None:
    (found,) = histogram(np.full((32, 32, 3), colour, dtype=np.float32))
    assert np.all(np.isfinite(found))
    assert np.sum(found**2) == pytest.approx(1, abs=1e-5)
    assert np.count_nonzero(found > 1e-3) <= 8  # one colour lies between two bins on each axis


@pytest.mark.parametrize("side", [32, 57, 224, 260])
def test_mirroring_and_quarter_turns_change_nothing(side: int) -> None:
    image = noise(side) // 3 + painted(RUBY, WHITE, side) // 2
    image[: side // 3, : side // 4] = SAPPHIRE
    turned = [image[:, ::-1], image[::-1], np.rot90(image), np.rot90(image, 2), np.rot90(image, 3)]
    found = histogram(image, *turned)
    np.testing.assert_allclose(found[1:], np.broadcast_to(found[0], (5, 600)), atol=1e-3)


def test_one_picture_does_not_depend_on_the_others_in_its_batch() -> None:
    images = painted(RUBY, WHITE), painted(EMERALD, GREY), noise(64)
    together = histogram(*images)
    alone = np.concatenate([histogram(image) for image in images])
    np.testing.assert_allclose(together, alone, atol=1e-5)


@pytest.mark.parametrize("stone", [RUBY, EMERALD, SAPPHIRE])
def test_another_backdrop_changes_it_much_less_than_another_stone(stone: tuple[int, int, int]) -> None:
    found = histogram(*(painted(stone, backdrop) for backdrop in (WHITE, BLACK, GREY, SKIN)))
    others = histogram(*(painted(other, WHITE) for other in (RUBY, EMERALD, SAPPHIRE) if other != stone))
    of_backdrop = max(difference(found[0], other) for other in found[1:])
    of_stone = min(difference(found[0], other) for other in others)
    assert of_backdrop < 0.2
    assert of_stone > 0.6


def test_a_stone_of_the_backdrops_colour_still_has_a_colour() -> None:
    pearl, ruby = histogram(painted((250, 248, 240), WHITE), painted(RUBY, RUBY))
    assert difference(pearl, ruby) > 0.9


def test_a_little_more_red_changes_it_a_little() -> None:
    first, near, far = histogram(*(painted((red, 20, 50), WHITE) for red in (170, 173, 220)))
    assert 0 < difference(first, near) < 0.02
    assert difference(first, far) > 5 * difference(first, near)


def test_other_numbers_of_bins_are_kept_in_the_configuration() -> None:
    layer = ColourHistogram(lightness_bins=3, chroma_bins=4, name="few")
    (found,) = histogram(painted(RUBY, WHITE), layer=layer)
    assert found.shape == (48,)
    assert layer.compute_output_shape((None, 64, 64, 3)) == (None, 48)
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer))
    assert isinstance(again, ColourHistogram)
    assert again.name == "few"
    np.testing.assert_array_equal(histogram(painted(RUBY, WHITE), layer=again)[0], found)


def test_it_has_nothing_to_learn() -> None:
    layer = ColourHistogram()
    histogram(noise(16), layer=layer)
    assert layer.weights == []
