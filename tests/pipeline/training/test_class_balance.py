"""Rare classes are shown several times, frequent ones less, and the same seed means the same."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemhier.pipeline.training.class_balance import (
    MANY,
    MOST_COPIES,
    TRANSFORMS,
    Copies,
    balance,
    each_once,
    transformed,
)


def shown(copies: Copies, truth: np.ndarray) -> dict[int, int]:
    columns, counts = np.unique(truth[copies.rows], return_counts=True)
    return dict(zip(columns.tolist(), counts.tolist(), strict=True))


@given(st.lists(st.integers(1, 60), min_size=1, max_size=5), st.integers(1, 50), st.integers(0, 2**32 - 1))
def test_every_class_is_shown_about_as_often_as_wanted(counts: list[int], wanted: int, seed: int) -> None:
    truth = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(counts)), counts))
    copies = balance(truth, wanted, seed)
    for column, count in enumerate(counts):
        expected = wanted if count > MANY * wanted else max(count, min(MOST_COPIES * count, wanted))
        assert shown(copies, truth)[column] == expected
    ways = list(zip(copies.rows.tolist(), copies.transforms.tolist(), strict=True))
    assert len(set(ways)) == len(ways)  # no copy twice in the same way
    times = np.bincount(copies.rows, minlength=len(truth))
    assert times.max() <= MOST_COPIES
    # Each picture that is shown is shown as it is, and only a thinned class has one that is not shown.
    assert copies.rows[copies.transforms == 0].tolist() == np.flatnonzero(times).tolist()
    assert {counts[column] > MANY * wanted for column in truth[times == 0]} <= {True}
    assert 0 <= copies.transforms.min() <= copies.transforms.max() < TRANSFORMS
    again = balance(truth, wanted, seed)
    assert np.array_equal(again.rows, copies.rows)
    assert np.array_equal(again.transforms, copies.transforms)


def test_pictures_of_a_class_are_copied_evenly() -> None:
    times = np.bincount(balance(np.zeros(4, np.intp), 10, 0).rows)
    assert sorted(times.tolist()) == [2, 2, 3, 3]


def test_another_seed_chooses_and_turns_others() -> None:
    truth = np.repeat([0, 1], [5, 100])
    one, other = balance(truth, 20, 0), balance(truth, 20, 1)
    assert set(one.rows[one.rows >= 5]) != set(other.rows[other.rows >= 5])
    assert one.transforms.tolist() != other.transforms.tolist()


def test_other_classes_have_no_say_in_which_pictures_are_chosen() -> None:
    alone = balance(np.repeat([0], [50]), 10, 0)
    beside = balance(np.repeat([0, 1], [50, 7]), 10, 0)
    assert np.array_equal(beside.rows[beside.rows < 50], alone.rows)


def test_none_at_all_are_not_wanted() -> None:
    with pytest.raises(ValueError, match=r"`wanted` must be 1 or more\. Received: 0\."):
        balance(np.zeros(3, np.intp), 0, 0)


def test_each_once_is_each_picture_as_it_is() -> None:
    copies = each_once(3)
    assert len(copies) == 3
    crops = np.random.default_rng(0).integers(0, 256, (3, 8, 8, 4), dtype=np.uint8)
    assert np.array_equal(transformed(crops[copies.rows], copies.transforms), crops)


def test_quarter_turns_and_mirroring_move_pixels_and_change_none() -> None:
    crop = np.random.default_rng(0).integers(0, 256, (8, 8, 4), dtype=np.uint8)
    numbers = np.array([0, 2, 4, 6, 8, 10, 12, 14])
    found = transformed(np.repeat(crop[None], len(numbers), axis=0), numbers)
    expected = [np.rot90(side, turns) for side in (crop, crop[:, ::-1]) for turns in range(4)]
    assert np.array_equal(found, np.stack(expected))


def test_turns_by_45_degrees_follow_each_other() -> None:
    """A white spot at the right of the middle walks round it, against the clock."""
    crop = np.zeros((65, 65, 4), np.uint8)
    crop[31:34, 55:58] = 255
    found = transformed(np.repeat(crop[None], TRANSFORMS, axis=0), np.arange(TRANSFORMS)).astype(float)
    for number, image in enumerate(found):
        rows, columns = np.indices(image.shape[:2])
        weights = image[..., 3] / image[..., 3].sum()
        angle = np.degrees(np.arctan2(32 - (rows * weights).sum(), (columns * weights).sum() - 32))
        start = 0 if number < 8 else 180
        assert (angle - start - 45 * number + 180) % 360 - 180 == pytest.approx(0, abs=1)


def test_what_comes_in_at_the_corners_repeats_the_border() -> None:
    found = transformed(np.full((1, 16, 16, 4), 200, np.uint8), np.array([1]))
    assert np.all(found == 200)
    assert found.dtype == np.uint8
