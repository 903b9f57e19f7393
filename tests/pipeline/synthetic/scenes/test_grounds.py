import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gemhier.pipeline.synthetic.scenes.grounds import GROUNDS, paint_ground
from gemhier.pipeline.synthetic.scenes.surface import cells, grain, hills, lay, mixed, ramp, relief, soft, strip, tinted

seeds = st.integers(0, 2**32 - 1)


@pytest.mark.parametrize("name", GROUNDS)
@pytest.mark.parametrize("side", [48, 97])
def test_every_ground_is_a_square_of_bytes(name: str, side: int) -> None:
    for seed in range(3):
        image = GROUNDS[name](side, np.random.default_rng(seed))
        assert image.shape == (side, side, 3)
        assert image.dtype == np.uint8


@pytest.mark.parametrize("name", GROUNDS)
def test_the_seed_decides_what_a_ground_looks_like(name: str) -> None:
    first, again, other = (GROUNDS[name](64, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert (first == again).all()
    assert (first != other).any()


@pytest.mark.parametrize("name", ["fingers", "palm", "slate", "woven", "jar", "print", "leaves"])
def test_a_ground_is_no_plain_area(name: str) -> None:
    deviations = [GROUNDS[name](96, np.random.default_rng(seed)).std() for seed in range(4)]
    assert min(deviations) > 3


def test_studio_grounds_are_as_bright_as_they_are_called() -> None:
    means = {
        name: np.mean([GROUNDS[name](64, np.random.default_rng(seed)).mean() for seed in range(12)])
        for name in ("white", "grey", "black")
    }
    assert means["white"] > 180 > means["grey"] > 60 > means["black"]


def test_palms_have_every_tone_of_skin_and_are_never_blue() -> None:
    means = np.array([GROUNDS["palm"](48, np.random.default_rng(seed)).mean(axis=(0, 1)) for seed in range(40)])
    assert (means[:, 0] > means[:, 2]).mean() > 0.9
    assert means.max() > 200
    assert means[:, 0].min() < 110


def test_white_is_as_bright_at_every_resolution() -> None:
    small, large = (GROUNDS["white"](side, np.random.default_rng(5)) for side in (96, 512))
    assert large.shape == (512, 512, 3)
    assert abs(small.mean() - large.mean()) < 12


@settings(max_examples=25, deadline=None)
@given(seeds, st.integers(32, 128))
def test_any_ground_can_be_painted_at_any_side(seed: int, side: int) -> None:
    first, again = (paint_ground(side, np.random.default_rng(seed)) for _ in range(2))
    assert first.shape == (side, side, 3)
    assert first.dtype == np.uint8
    assert first.flags.c_contiguous
    assert (first == again).all()


def test_weights_are_positive_and_hands_come_often() -> None:
    weights = {name: ground.weight for name, ground in GROUNDS.items()}
    assert min(weights.values()) > 0
    hands = sum(weights[name] for name in ("fingers", "nails", "palm", "knuckles", "gloves"))
    assert 0.15 < hands / sum(weights.values()) < 0.5


def test_grain_keeps_its_deviation_when_blurred() -> None:
    generator = np.random.default_rng(0)
    for blur in (0.0, 1.0, 2.0):
        assert grain(128, generator, blur).std() == pytest.approx(1, abs=0.15)


def test_hills_are_smooth_and_keep_within_their_octaves() -> None:
    field = hills(100, np.random.default_rng(0), (3, 5), octaves=3)
    assert field.shape == (100, 100)
    assert field.dtype == np.float32
    assert np.abs(field).max() < 2.5
    assert np.abs(np.diff(field, axis=1)).max() < 0.5


def test_relief_is_bright_where_the_height_falls_towards_the_light() -> None:
    rising = np.tile(np.linspace(0, 1, 50, dtype=np.float32), (50, 1))
    away, towards = (relief(rising, angle)[5:-5, 5:-5] for angle in (0.0, np.pi))
    assert away.max() < 0 < towards.min()


def test_cells_number_every_pixel_and_know_their_borders() -> None:
    numbers, distance = cells(80, np.random.default_rng(0), 30)
    assert numbers.min() == 0
    assert len(np.unique(numbers)) == numbers.max() + 1
    border = numbers[:, 1:] != numbers[:, :-1]
    assert (distance[:, 1:][border] == 0).all()


def test_a_ramp_goes_through_its_stops() -> None:
    stops = [np.array(stop, np.float32) for stop in ([0, 0, 0], [200, 100, 50], [255, 255, 255])]
    colours = ramp(np.array([[-1, 0, 0.5, 1, 2]], np.float32), *stops)
    assert colours[0, [0, 1]] == pytest.approx(0)
    assert colours[0, 2] == pytest.approx(stops[1], abs=2)
    assert colours[0, [3, 4]] == pytest.approx(255)


def test_mixing_agrees_with_its_definition() -> None:
    generator = np.random.default_rng(0)
    below, above = generator.random((2, 9, 7, 3), np.float32) * 255
    share = generator.random((9, 7), np.float32)
    assert mixed(below, above, share) == pytest.approx(below + (above - below) * share[..., None], abs=0.05)
    colour = above[0, 0]
    assert mixed(below, colour, share) == pytest.approx(below + (colour - below) * share[..., None], abs=0.05)
    assert tinted(share, colour, 2.0) == pytest.approx(share[..., None] * colour + 2, abs=0.01)


@pytest.mark.parametrize("radius", [2.0, 12.0])
def test_blurring_keeps_the_mean(radius: float) -> None:
    field = np.zeros((120, 120), np.float32)
    field[50:70, 40:80] = 1
    blurred = soft(field, radius)
    assert blurred.mean() == pytest.approx(field.mean(), rel=0.03)
    assert blurred.max() < 1.01


def test_a_patch_is_laid_between_its_corners_and_nowhere_else() -> None:
    image = np.zeros((40, 40, 3), np.float32)
    patch = np.ones((10, 10, 4), np.float32)
    patch[..., :3] = 100
    start, end = np.array([20, 10], np.float32), np.array([20, 30], np.float32)
    covered = lay(image, patch, strip(start, end, 8, 8))
    assert image[20, 20] == pytest.approx(100)
    assert covered[12:28, 18:22] == pytest.approx(1)
    outside = np.ones((40, 40), bool)
    outside[8:32, 14:26] = False
    assert not image[outside].any()
    assert not covered[outside].any()


def test_a_patch_outside_the_picture_changes_nothing() -> None:
    image = np.full((20, 20, 3), 7, np.float32)
    corners = strip(np.array([50, 50], np.float32), np.array([60, 60], np.float32), 5, 5)
    assert not lay(image, np.ones((4, 4, 4), np.float32), corners).any()
    assert (image == 7).all()
