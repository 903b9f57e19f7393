"""Finding and cropping: every picture gets a box, and a painted stone gets the right one."""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gemhier.models import stone
from gemhier.models.stone import MARGIN, WORKING_SIDE, Box, crop_stone, find_stone

Picture = npt.NDArray[np.uint8]

WHITE, BLACK, CREAM = (255, 255, 255), (0, 0, 0), (240, 235, 225)
RUBY = (190, 20, 50)


def constant(height: int, width: int, colour: tuple[int, int, int] = CREAM) -> Picture:
    return np.full((height, width, 3), colour, dtype=np.uint8)


def noise(height: int, width: int) -> Picture:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


@dataclass(frozen=True)
class Painted:
    """A picture of one oval stone, the square that it should give and the size of a working pixel."""

    picture: Picture
    truth: Box
    working_pixel: float


def painted(
    height: int,
    width: int,
    centre: tuple[int, int],
    radii: tuple[int, int],
    ground: tuple[int, int, int] = WHITE,
) -> Painted:
    picture = constant(height, width, ground)
    cv2.ellipse(picture, centre, radii, 0, 0, 360, RUBY, thickness=-1)
    side = (2 * max(radii) + 1) * (1 + 2 * MARGIN)
    truth = Box(round(centre[0] + 0.5 - side / 2), round(centre[1] + 0.5 - side / 2), round(side))
    return Painted(picture, truth, max(1.0, max(height, width) / WORKING_SIDE))


@st.composite
def stones_on_plain_ground(draw: st.DrawFn) -> Painted:
    width = draw(st.integers(128, 600))
    height = draw(st.integers(max(128, width // 2), width * 2))
    shorter = min(width, height)
    across = draw(st.integers(shorter * 15 // 100, shorter * 42 // 100))
    down = draw(st.integers(across * 6 // 10, across))
    # Nearer to the picture's edge a stone counts as touching it.
    gap = 5 * max(width, height) // WORKING_SIDE + 7
    spare_x, spare_y = max(0, width // 2 - across - gap), max(0, height // 2 - down - gap)
    x = width // 2 + draw(st.integers(-spare_x, spare_x))
    y = height // 2 + draw(st.integers(-spare_y, spare_y))
    return painted(height, width, (x, y), (across, down), draw(st.sampled_from([WHITE, BLACK, CREAM])))


def overlap(one: Box, other: Box) -> float:
    """The shared area as a share of the area that either covers."""
    across = min(one.x + one.side, other.x + other.side) - max(one.x, other.x)
    down = min(one.y + one.side, other.y + other.side) - max(one.y, other.y)
    shared = max(0, across) * max(0, down)
    return shared / (one.side**2 + other.side**2 - shared)


def moved(one: Box, other: Box) -> int:
    """The largest change of a side or corner, in pixels."""
    return max(abs(one.x - other.x), abs(one.y - other.y), abs(one.side - other.side))


@given(stones_on_plain_ground())
def test_the_box_covers_a_painted_stone_with_the_promised_margin(case: Painted) -> None:
    found = find_stone(case.picture)
    assert overlap(found, case.truth) >= 0.85
    # Half a working pixel for each of the blur, the edge's own width and rounding.
    assert moved(found, case.truth) <= 2.5 * case.working_pixel


@given(stones_on_plain_ground())
def test_a_mirrored_picture_has_the_mirrored_box(case: Painted) -> None:
    found = find_stone(case.picture)
    mirrored = find_stone(case.picture[:, ::-1])
    back = Box(case.picture.shape[1] - mirrored.x - mirrored.side, mirrored.y, mirrored.side)
    assert moved(found, back) <= 2 * case.working_pixel


@given(stones_on_plain_ground())
def test_a_picture_with_its_axes_exchanged_has_its_box_exchanged(case: Painted) -> None:
    found = find_stone(case.picture)
    exchanged = find_stone(case.picture.transpose(1, 0, 2))
    assert moved(found, Box(exchanged.y, exchanged.x, exchanged.side)) <= 2 * case.working_pixel


@given(stones_on_plain_ground(), st.integers(2, 3))
@settings(max_examples=40)
def test_an_enlarged_picture_has_the_enlarged_box(case: Painted, times: int) -> None:
    found = find_stone(case.picture)
    enlarged = find_stone(case.picture.repeat(times, axis=0).repeat(times, axis=1))
    assert overlap(enlarged, Box(found.x * times, found.y * times, found.side * times)) >= 0.9


@pytest.mark.parametrize("paint", [constant, noise])
@pytest.mark.parametrize(("height", "width"), [(1, 1), (16, 16), (16, 300), (400, 17), (20, 5000), (180, 240)])
def test_every_picture_gets_a_box_and_a_crop(paint: Callable[[int, int], Picture], height: int, width: int) -> None:
    picture = paint(height, width)
    box = find_stone(picture)
    assert all(type(value) is int for value in (box.x, box.y, box.side))
    assert 1 <= box.side <= max(height, width) * (1 + 2 * MARGIN) + 1
    assert 0 <= box.x + box.side // 2 <= width
    assert 0 <= box.y + box.side // 2 <= height
    crop = crop_stone(picture, box, 24)
    assert crop.shape == (24, 24, 3)
    assert crop.dtype == np.uint8


@given(st.integers(1, 120), st.integers(1, 120), st.integers(0, 2**32 - 1))
def test_no_picture_is_lost(height: int, width: int, seed: int) -> None:
    chance = np.random.default_rng(seed)
    picture = chance.integers(0, 256, (height, width, 3), dtype=np.uint8)
    picture[chance.random((height, width)) < chance.random()] = 0
    assert crop_stone(picture, find_stone(picture), 8).shape == (8, 8, 3)


@pytest.mark.parametrize(("height", "width"), [(60, 60), (60, 100), (101, 60)])
def test_without_edges_the_whole_picture_is_taken(height: int, width: int) -> None:
    side = max(height, width)
    assert find_stone(constant(height, width)) == Box(round((width - side) / 2), round((height - side) / 2), side)


def test_a_speck_alone_is_no_stone() -> None:
    picture = constant(200, 200)
    picture[150:160, 150:160] = RUBY
    assert find_stone(picture) == Box(0, 0, 200)


def test_dust_beside_a_stone_does_not_widen_the_box() -> None:
    case = painted(240, 240, (100, 120), (60, 50))
    dusty = case.picture.copy()
    dusty[15:20, 220:225] = BLACK
    assert find_stone(dusty) == find_stone(case.picture)


def test_two_stones_are_both_in_the_box() -> None:
    picture = painted(200, 250, (60, 70), (30, 30)).picture
    cv2.circle(picture, (190, 130), 32, (20, 60, 160), thickness=-1)
    box = find_stone(picture)
    assert box.x <= 30
    assert box.x + box.side >= 223
    assert box.y <= 40
    assert box.y + box.side >= 163


def test_a_broken_outline_is_one_stone() -> None:
    picture = constant(220, 220)
    cv2.ellipse(picture, (110, 110), (70, 70), 0, 180, 360, BLACK, thickness=3)
    for start in range(7, 180, 13):  # dashes that would each pass for dust
        cv2.ellipse(picture, (110, 110), (70, 70), 0, start, start + 6, BLACK, thickness=3)
    assert overlap(find_stone(picture), painted(220, 220, (110, 110), (71, 71)).truth) >= 0.9


@pytest.mark.parametrize("centre", [(0, 100), (199, 100), (100, 0), (100, 199), (15, 15), (190, 185)])
def test_a_stone_that_touches_the_edge_is_not_lost(centre: tuple[int, int]) -> None:
    picture = painted(200, 200, centre, (60, 60)).picture
    box = find_stone(picture)
    rows, columns = np.nonzero(np.any(picture != 255, axis=2))
    assert box.x <= columns.min()
    assert box.y <= rows.min()
    assert box.x + box.side > columns.max()
    assert box.y + box.side > rows.max()
    # Centred on what can be seen of it, and no larger than that needs.
    longer = max(np.ptp(columns), np.ptp(rows)) + 1
    assert box.side <= longer * (1 + 2 * MARGIN) + 6
    assert abs(box.x + box.side / 2 - (columns.min() + columns.max() + 1) / 2) <= 3
    assert abs(box.y + box.side / 2 - (rows.min() + rows.max() + 1) / 2) <= 3


def test_a_stone_that_fills_the_picture_reaches_over_its_edge() -> None:
    case = painted(200, 200, (100, 100), (99, 99))
    box = find_stone(case.picture)
    assert box.x < 0
    assert box.x + box.side > 200
    assert overlap(box, case.truth) >= 0.95


def test_a_crop_of_its_own_size_repeats_the_outermost_pixels() -> None:
    picture = noise(20, 30)
    padded = np.pad(picture, ((7, 8), (2, 3), (0, 0)), mode="edge")
    np.testing.assert_array_equal(crop_stone(picture, Box(-2, -7, 35), 35), padded)
    np.testing.assert_array_equal(crop_stone(picture, Box(5, 3, 12), 12), picture[3:15, 5:17])
    np.testing.assert_array_equal(crop_stone(picture, Box(25, -4, 10), 10), padded[3:13, 27:37][:, [*range(8), 7, 7]])


def test_a_crop_is_shrunk_by_averaging() -> None:
    picture = noise(32, 32)
    averages = picture.reshape(8, 4, 8, 4, 3).mean(axis=(1, 3))
    np.testing.assert_allclose(crop_stone(picture, Box(0, 0, 32), 8), averages, atol=0.51)


def test_a_crop_is_enlarged_without_new_colours_on_plain_ground() -> None:
    np.testing.assert_array_equal(crop_stone(constant(10, 10), Box(-3, 2, 9), 50), constant(50, 50))


def test_the_crop_of_a_painted_stone_shows_it_in_the_middle() -> None:
    case = painted(300, 400, (260, 120), (70, 70))
    crop = crop_stone(case.picture, find_stone(case.picture), 100)
    rows, columns = np.nonzero(np.all(crop == RUBY, axis=2))
    share = 100 / (1 + 2 * MARGIN)
    for found in (rows, columns):
        assert found.mean() == pytest.approx(49.5, abs=1)
        assert np.ptp(found) == pytest.approx(share, abs=6)


def test_the_picture_stays_as_it_was() -> None:
    picture = painted(100, 120, (60, 50), (30, 25)).picture
    before = picture.copy()
    crop = crop_stone(picture, find_stone(picture), 40)
    crop[:] = 0
    whole = crop_stone(picture, Box(0, 0, 100), 100)
    whole[:] = 0
    np.testing.assert_array_equal(picture, before)


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
    box = find_stone(strip)
    assert box.side == 60_000
    sides = []
    pad = cv2.copyMakeBorder

    def watched(*arguments: object) -> Picture:
        padded = pad(*arguments)  # type: ignore[call-overload]
        sides.append(max(padded.shape))
        return np.asarray(padded, dtype=np.uint8)

    monkeypatch.setattr("gemhier.models.stone.cv2.copyMakeBorder", watched)
    crop = crop_stone(strip, box, 10)
    assert sides == [stone.LARGEST_SIDE]
    along = crop[0] if not turned else crop[:, 0]
    np.testing.assert_array_equal(along[:5], np.broadcast_to((200, 0, 0), (5, 3)))
    np.testing.assert_array_equal(along[5:], np.broadcast_to((0, 0, 200), (5, 3)))


def test_a_large_box_gives_the_same_crop_from_a_smaller_copy(monkeypatch: pytest.MonkeyPatch) -> None:
    picture = cv2.GaussianBlur(painted(300, 400, (330, 120), (90, 70)).picture, (0, 0), 4).astype(np.uint8)
    box = Box(170, -40, 320)
    direct = crop_stone(picture, box, 40)
    monkeypatch.setattr(stone, "LARGEST_SIDE", 160)
    np.testing.assert_allclose(crop_stone(picture, box, 40), direct, atol=2)
    edge = Box(399, 299, 320)  # a single pixel inside, which rounding must not lose
    np.testing.assert_array_equal(crop_stone(picture, edge, 40), constant(40, 40, WHITE))
