"""White balance by white paper in the picture."""

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from gemhier.arrays import Bytes
from gemhier.cli import main
from gemhier.errors import ImageError
from gemhier.models.images.white_balance import Point, encoded, gains_at, linear, multiplied, white_balanced

LAMP = np.array([1.0, 0.62, 0.25])
"""About a light bulb, in linear light."""


def scene(size: int = 60) -> Bytes:
    """Colours of all kinds, none near its end, and light grey paper in the upper left corner."""
    image = np.random.default_rng(1).integers(30, 200, (size, size, 3), dtype=np.uint8)
    image[:10, :10] = 200
    return image


def under(light: np.ndarray, image: Bytes) -> Bytes:
    return np.asarray(np.rint(255 * encoded(linear(image / 255) * light)), np.uint8)


def test_a_picture_under_a_lamp_is_as_in_white_light() -> None:
    image = scene()
    cast = under(LAMP, image)
    found = white_balanced(cast, Point(4, 5), "a.jpg")
    assert found.dtype == np.uint8
    # White paper becomes grey, of its own luminance; that of the scene is lower under the weaker light.
    red, green, blue = (int(value) for value in found[5, 5])
    assert max(red, green, blue) - min(red, green, blue) <= 1
    weights = np.array([0.2126, 0.7152, 0.0722])
    assert linear(found[5, 5] / 255) @ weights == pytest.approx(linear(cast[5, 5] / 255) @ weights, rel=0.02)
    # Dark values have few steps under the lamp, blue above all.
    expected = under(np.full(3, float(LAMP @ weights)), image)
    assert np.abs(found.astype(int) - expected).max() <= 6
    assert np.abs(cast.astype(int) - expected).max() > 40


def test_grey_paper_changes_nothing() -> None:
    image = scene()
    assert gains_at(image, Point(4, 4), "a.jpg") == pytest.approx([1, 1, 1], abs=1e-12)
    assert np.array_equal(white_balanced(image, Point(4, 4), "a.jpg"), image)


def test_what_becomes_brighter_than_white_is_clipped() -> None:
    image = np.full((9, 9, 3), (200, 100, 50), np.uint8)
    found = multiplied(image, np.array([9.0, 1.0, 0.0]))
    assert found[0, 0].tolist() == [255, 100, 0]


@pytest.mark.parametrize(
    ("colour", "point", "complaint"),
    [
        ((120, 120, 120), Point(60, 5), "lies outside the picture, which is read as 60 x 60 pixels"),
        ((120, 120, 120), Point(5, 60), "lies outside"),
        ((255, 250, 240), Point(5, 5), "is overexposed"),
        ((20, 20, 20), Point(5, 5), "is too dark"),
        ((250, 90, 60), Point(5, 5), "is too colourful"),
    ],
)
def test_a_patch_that_tells_nothing_is_refused(colour: tuple[int, int, int], point: Point, complaint: str) -> None:
    image = scene()
    image[:20, :20] = colour
    with pytest.raises(ImageError, match=complaint):
        white_balanced(image, point, "a.jpg")


def test_the_patch_is_read_up_to_the_edge() -> None:
    image = scene()
    image[:3, :3] = (180, 160, 140)
    image[0, 3] = image[3, 0] = 255  # beside the patch of 3 x 3 that is left of 5 x 5
    gains = gains_at(image, Point(0, 0), "a.jpg")
    assert gains * linear(np.array([180, 160, 140]) / 255) == pytest.approx(np.full(3, gains[0] * linear(180 / 255)))


def test_classify_takes_the_colour_of_the_light_out(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    image = rng.integers(90, 110, (120, 160, 3)).astype(np.uint8)
    image[:20, :20] = 200
    image[40:90, 50:110] = (190, 30, 60)
    Image.fromarray(image).save(tmp_path / "plain.png")
    Image.fromarray(under(LAMP, image)).save(tmp_path / "cast.png")

    def said(*arguments: str) -> str:
        done = CliRunner().invoke(main, ["classify", "--format", "json", *arguments])
        assert done.exit_code in (0, 1), done.output
        return done.output.replace("cast.png", "").replace("plain.png", "")

    cast = str(tmp_path / "cast.png")
    plain = said(cast)
    balanced = said(cast, "--white-point", "5,6")
    assert plain != balanced
    assert balanced == said(cast, "--white-point", " 5, 6 ")
    assert said(cast, "--same-stone", "--white-point", "5,6") != said(cast, "--same-stone")
    assert said(cast, "--white-point", "500,6") == said(cast, "--white-point", "500,6", "--same-stone")
    assert "the white point 500,6 lies outside the picture, which is read as 160 x 120" in said(
        cast, "--white-point", "500,6"
    )


@pytest.mark.parametrize("given", ["5", "5,", "a,b", "-1,5", "5;6", "1.5,2"])
def test_a_white_point_is_two_numbers(given: str) -> None:
    done = CliRunner().invoke(main, ["classify", "ruby.jpg", f"--white-point={given}"])
    assert done.exit_code == 2
    assert "is not a pixel. Write it like 120,80." in done.output
