"""What is kept of a picture to compare it with others."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from gemhier.errors import ImageError
from gemhier.pipeline.duplicates.descriptor import (
    COLOUR_SIDE,
    LIGHTNESS_SIDE,
    WHOLE,
    descriptor,
    lightness,
    small_lab,
    thumbprint_of_file,
)


def disc(shadow: bool = False) -> "np.typing.NDArray[np.uint8]":
    """A red disc on white, from 1/4 to 3/4 of the width and 1/5 to 3/5 of the height."""
    pixels = np.full((200, 160, 3), 255, np.uint8)
    if shadow:
        cv2.ellipse(pixels, (80, 140), (40, 15), 0, 0, 360, (215, 215, 215), -1)
    cv2.ellipse(pixels, (80, 80), (40, 40), 0, 0, 360, (200, 20, 30), -1)
    return pixels


def test_shapes_sizes_and_colours() -> None:
    taken = descriptor(disc())
    assert (taken.width, taken.height) == (160, 200)
    assert taken.lightness.shape == (LIGHTNESS_SIDE, LIGHTNESS_SIDE)
    assert taken.colour.shape == (COLOUR_SIDE, COLOUR_SIDE, 2)
    assert taken.lightness.nbytes + taken.colour.nbytes < 16_000
    white, red = small_lab([taken])[0][[1, 19], [1, 24]]
    np.testing.assert_allclose(white, [100, 0, 0], atol=1.5)
    np.testing.assert_allclose(red, [42.5, 64.9, 45.4], atol=2)  # CIE L*a*b* of sRGB (200, 20, 30), D65
    assert lightness([taken, taken]).shape == (2, LIGHTNESS_SIDE, LIGHTNESS_SIDE)


def test_content_is_what_stands_out_and_the_core_leaves_shadows_out() -> None:
    plain, shaded = descriptor(disc()), descriptor(disc(shadow=True))
    np.testing.assert_allclose(plain.content, [0.25, 0.2, 0.75, 0.6], atol=0.02)
    np.testing.assert_allclose(plain.core, [0.25, 0.2, 0.75, 0.6], atol=0.02)
    np.testing.assert_allclose(shaded.content, [0.25, 0.2, 0.75, 0.775], atol=0.02)
    np.testing.assert_allclose(shaded.core, [0.25, 0.2, 0.75, 0.6], atol=0.02)


def test_a_digest_is_of_every_pixel_or_of_what_is_kept() -> None:
    pixels = disc()
    changed = pixels.copy()
    changed[0, 0] = 254  # which no mean of several pixels shows
    assert descriptor(changed).digest != descriptor(pixels).digest
    assert descriptor(changed, exact=False).digest == descriptor(pixels, exact=False).digest
    assert descriptor(pixels[:150], exact=False).digest != descriptor(pixels, exact=False).digest
    white = np.full_like(pixels, 255)
    assert descriptor(white, exact=False).digest != descriptor(pixels, exact=False).digest


def test_a_large_picture_is_halved_first_and_hardly_another() -> None:
    large = np.random.default_rng(2).integers(0, 256, (50, 40, 3), np.uint8)
    large = np.asarray(cv2.resize(large, (1600, 2000), interpolation=cv2.INTER_CUBIC), np.uint8)
    small = cv2.resize(large, (LIGHTNESS_SIDE, LIGHTNESS_SIDE), interpolation=cv2.INTER_AREA)
    at_once = cv2.cvtColor(small, cv2.COLOR_RGB2LAB)[..., 0].astype(int)
    assert np.abs(descriptor(large).lightness - at_once).max() <= 6


def test_specks_are_no_content() -> None:
    pixels = disc()
    pixels[2:6, 2:6] = 0
    np.testing.assert_allclose(descriptor(pixels).content, [0.25, 0.2, 0.75, 0.6], atol=0.02)


@pytest.mark.parametrize("size", [(16, 16), (40, 300), (500, 20)])
def test_an_even_picture_of_any_size_is_all_content(size: tuple[int, int]) -> None:
    taken = descriptor(np.full((*size, 3), 90, np.uint8))
    assert taken.content == taken.core == WHOLE


def test_the_digest_is_that_of_the_pixels(tmp_path: Path) -> None:
    Image.fromarray(disc()).save(tmp_path / "a.png")
    Image.fromarray(disc()).save(tmp_path / "b.bmp")
    assert thumbprint_of_file(tmp_path / "a.png").digest == thumbprint_of_file(tmp_path / "b.bmp").digest
    even = np.full((20, 30, 3), 9, np.uint8)
    assert descriptor(even).digest != descriptor(even.reshape(30, 20, 3)).digest


def test_what_cannot_be_read_has_none(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="no such file"):
        thumbprint_of_file(tmp_path / "missing.jpg")
