"""Copies of painted stones: each kind is found, and stones that only look alike are not."""

import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from gemhier.arrays import RGB
from gemhier.errors import ImageError
from gemhier.pipeline.duplicates.alignment import align
from gemhier.pipeline.duplicates.candidates import Candidates
from gemhier.pipeline.duplicates.descriptor import Descriptor, descriptor
from gemhier.pipeline.duplicates.search import (
    KINDS,
    find_matches,
    find_near_copies,
    groups,
    take_descriptors,
)

COLOURS = [(200, 30, 50), (40, 150, 80), (40, 60, 180), (220, 190, 60), (130, 60, 170), (120, 190, 220)]


def stone(
    seed: int,
    *,
    side: int = 200,
    colour: tuple[int, int, int] = (40, 60, 180),
    shape: tuple[float, float] = (0.38, 0.3),
) -> RGB:
    """Paint a cut stone on white: an oval of facets, each of a brightness drawn from the seed."""
    random = np.random.default_rng(seed)
    pixels = np.full((side, side, 3), 250, np.uint8)
    middle = np.array([side / 2, side / 2])
    rings = np.array([1, 0.72, 0.45, 0])
    for outer, inner in pairwise(rings):
        for wedge in range(12):
            angles = np.array([wedge, wedge + 1]) * np.pi / 6
            edge = np.stack([np.cos(angles), np.sin(angles)], axis=1) * shape * side
            corners = np.concatenate([middle + outer * edge, middle + inner * edge[::-1]])
            shade = np.clip(np.array(colour) * random.uniform(0.4, 1.5), 0, 255)
            cv2.fillPoly(pixels, [np.round(corners).astype(np.int32)], [int(value) for value in shade])
    return np.asarray(cv2.GaussianBlur(pixels, (0, 0), 0.8), dtype=np.uint8)


def saved(pixels: RGB, quality: int) -> RGB:
    """Save as JPEG and read again."""
    _, content = cv2.imencode(".jpg", pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    read = cv2.imdecode(content, cv2.IMREAD_COLOR)
    assert read is not None
    return np.ascontiguousarray(read[..., ::-1], dtype=np.uint8)


def part(pixels: RGB, left: float, top: float, right: float, bottom: float) -> RGB:
    """Cut off these shares of the width and height."""
    height, width = pixels.shape[:2]
    return pixels[
        round(top * height) : height - round(bottom * height), round(left * width) : width - round(right * width)
    ]


def halved(pixels: RGB) -> RGB:
    return np.asarray(cv2.resize(pixels, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), dtype=np.uint8)


CHANGES: dict[str, tuple[Callable[[RGB], RGB], str]] = {
    "same pixels": (lambda pixels: pixels, "copy"),
    "JPEG 40": (lambda pixels: saved(pixels, 40), "near-copy"),
    "half size": (lambda pixels: saved(halved(pixels), 90), "near-copy"),
    "mirrored": (lambda pixels: saved(pixels[:, ::-1], 90), "mirrored"),
    "upside down": (lambda pixels: saved(pixels[::-1], 90), "mirrored"),
    "one quarter": (lambda pixels: saved(np.rot90(pixels), 90), "turned"),
    "two quarters": (lambda pixels: saved(np.rot90(pixels, 2), 90), "turned"),
    "three quarters": (lambda pixels: saved(np.rot90(pixels, 3), 90), "turned"),
    "5% off each side": (lambda pixels: saved(part(pixels, 0.05, 0.05, 0.05, 0.05), 90), "cropped"),
    "10% off one side": (lambda pixels: saved(part(pixels, 0.1, 0, 0, 0), 90), "cropped"),
    "10% off a corner": (lambda pixels: saved(part(pixels, 0, 0, 0.1, 0.1), 90), "cropped"),
    "all at once": (lambda pixels: saved(halved(part(np.rot90(pixels)[:, ::-1], 0.03, 0, 0.06, 0.05)), 60), "mirrored"),
}


@pytest.fixture(scope="module")
def stones() -> list[RGB]:
    """Thirty stones: five of each colour, that differ in nothing but their reflections."""
    return [stone(seed, colour=COLOURS[seed % len(COLOURS)]) for seed in range(30)]


def test_every_kind_of_copy_is_found_and_nothing_else(stones: list[RGB]) -> None:
    changed = [(change, original) for original, change in enumerate(list(CHANGES) * 2)]
    planted = [CHANGES[change][0](stones[original]) for change, original in changed]
    matches = find_matches([descriptor(pixels) for pixels in [*stones, *planted]])
    expected = {
        (original, len(stones) + number): CHANGES[change][1] for number, (change, original) in enumerate(changed)
    }
    assert {(match.first, match.second): match.kind for match in matches} == expected
    for match in matches:
        assert 0 <= match.distance <= 0.03
        assert (match.distance == 0) or match.kind != "copy"


def test_stones_of_one_cut_and_colour_are_not_copies() -> None:
    alike = [descriptor(stone(seed)) for seed in range(100, 130)]
    assert find_matches(alike) == []


def test_another_colour_is_another_stone() -> None:
    assert find_matches([descriptor(stone(1, colour=colour)) for colour in COLOURS]) == []


def test_a_stretched_stone_is_another_stone() -> None:
    wide = cv2.resize(stone(1), (220, 200), interpolation=cv2.INTER_AREA)
    assert find_matches([descriptor(stone(1)), descriptor(np.asarray(wide, dtype=np.uint8))]) == []


def test_sides_rounded_to_pixels_are_no_stretch() -> None:
    odd = stone(1, side=151)[:150]
    small = np.asarray(cv2.resize(odd, (75, 75), interpolation=cv2.INTER_AREA), dtype=np.uint8)
    (match,) = find_matches([descriptor(odd), descriptor(small)])
    assert match.kind == "near-copy"


def test_even_pictures_have_nothing_to_compare() -> None:
    prints = [descriptor(np.full((50, 50, 3), value, np.uint8)) for value in (0, 1, 2, 254, 255)]
    assert find_matches(prints) == []
    assert [match.kind for match in find_matches([prints[0], prints[0]])] == ["copy"]


@pytest.mark.parametrize("count", [0, 1])
def test_few_pictures_have_no_copies(count: int) -> None:
    assert find_matches([descriptor(stone(0))] * count) == []


def test_copies_of_copies_are_paired_with_every_original() -> None:
    pixels = stone(3)
    prints = [descriptor(each) for each in (pixels, pixels, saved(pixels, 60), pixels[:, ::-1])]
    matches = {(match.first, match.second): match.kind for match in find_matches(prints)}
    assert matches == {
        (0, 1): "copy",
        (0, 2): "near-copy",
        (1, 2): "near-copy",
        (0, 3): "mirrored",
        (1, 3): "mirrored",
        (2, 3): "mirrored",
    }


def test_a_thousand_times_the_same_picture_is_not_half_a_million_pairs() -> None:
    prints = [descriptor(stone(0))] * 1000
    matches = find_matches(prints)
    assert len(matches) < 2000
    assert len(set(groups([(match.first, match.second) for match in matches], len(prints)))) == 1


def test_order_changes_nothing_but_the_indices() -> None:
    images = [stone(0), stone(1), saved(stone(0), 50), part(stone(1), 0.1, 0, 0, 0), stone(2)]
    prints = [descriptor(pixels) for pixels in images]
    forth = {frozenset((match.first, match.second)) for match in find_matches(prints)}
    back = {frozenset((4 - match.first, 4 - match.second)) for match in find_matches(prints[::-1])}
    assert forth == back == {frozenset((0, 2)), frozenset((1, 3))}


def test_files_are_compared_and_unreadable_ones_left_out(tmp_path: Path) -> None:
    for name, pixels in {"a.png": stone(0), "b.jpg": stone(0), "c.png": stone(1)}.items():
        Image.fromarray(pixels).save(tmp_path / name)
    (tmp_path / "d.jpg").write_text("no picture")
    paths = [tmp_path / name for name in ("a.png", "b.jpg", "c.png", "d.jpg", "missing.jpg")]
    taken = dict(take_descriptors(paths))
    (pair,) = find_near_copies({path: one for path, one in taken.items() if isinstance(one, Descriptor)})
    assert (pair.first, pair.second, pair.kind) == (paths[0], paths[1], "near-copy")
    assert [isinstance(taken[path], ImageError) for path in paths] == [False, False, False, True, True]


def test_without_a_way_to_limit_threads_the_result_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    prints = [descriptor(stone(0)), descriptor(stone(1)), descriptor(saved(stone(0), 50))]
    with_limit = find_matches(prints)
    monkeypatch.setitem(sys.modules, "threadpoolctl", None)
    assert find_matches(prints) == with_limit


def test_groups_are_chained() -> None:
    assert groups([(0, 3), (3, 5), (1, 2)], 7) == [0, 1, 1, 0, 2, 0, 3]
    assert groups([], 0) == []


@settings(max_examples=30)
@given(st.integers(1, 30), st.lists(st.tuples(st.integers(0, 29), st.integers(0, 29)), max_size=30))
def test_groups_hold_what_is_linked_and_number_from_zero(count: int, pairs: list[tuple[int, int]]) -> None:
    linked = [(first % count, second % count) for first, second in pairs]
    numbers = groups(linked, count)
    assert all(numbers[first] == numbers[second] for first, second in linked)
    assert sorted(set(numbers)) == list(range(len(set(numbers))))
    assert list(dict.fromkeys(numbers)) == sorted(set(numbers))
    assert len(set(numbers)) >= count - len(linked)


def test_every_kind_is_explained() -> None:
    assert set(KINDS) == {kind for _, kind in CHANGES.values()}


def prints_of(first: RGB, second: RGB) -> list[Descriptor]:
    return [descriptor(first), descriptor(second)]


def one_candidate(orientation: int) -> Candidates:
    whole = np.array([[0, 0, 1, 1]], np.float32)
    zero, one = np.zeros(1, np.intp), np.ones(1, np.intp)
    return Candidates(zero, one, np.array([orientation]), whole, whole, np.zeros(1, np.float32))


@pytest.mark.parametrize("cut", [(0.0, 0.0, 0.0, 0.0), (0.03, 0.03, 0.03, 0.03), (0.05, 0.0, 0.0, 0.04)])
def test_alignment_finds_which_part_is_shown(cut: tuple[float, float, float, float]) -> None:
    left, top, right, bottom = cut
    rows, alignment = align(prints_of(stone(5), part(stone(5), *cut)), one_candidate(0))
    assert list(rows) == [0]
    across, down = 1 / (1 - left - right), 1 / (1 - top - bottom)
    np.testing.assert_allclose(alignment.map[0], [across, down, -left * across, -top * down], atol=0.003)
    assert alignment.detail[0] > 0.995
    assert abs(alignment.stretch[0]) < 0.003


def test_stones_of_one_cut_share_little_detail() -> None:
    _, alignment = align(prints_of(stone(5), stone(6)), one_candidate(0))
    assert (alignment.detail < 0.6).all()


def test_what_does_not_fit_roughly_is_not_measured() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (200, 200, 3), np.uint8)
    rows, alignment = align(prints_of(stone(5), noise), one_candidate(0))
    assert len(rows) == len(alignment.detail) == len(alignment.map) == 0


def test_alignment_ignores_brightness_but_reports_it() -> None:
    darker = np.asarray(stone(5) * 0.8, dtype=np.uint8)
    _, alignment = align(prints_of(stone(5), darker), one_candidate(0))
    assert alignment.detail[0] > 0.99
    assert alignment.lightness_difference[0] > 3
    np.testing.assert_allclose(alignment.map[0], [1, 1, 0, 0], atol=0.005)
