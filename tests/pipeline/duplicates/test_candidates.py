"""Descriptions that bear turning and cropping, and the search that goes by them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gemhier.arrays import Float32
from gemhier.pipeline.duplicates import candidates as copy_candidates
from gemhier.pipeline.duplicates.candidates import FARTHEST, find_candidates, oriented, oriented_boxes
from gemhier.pipeline.duplicates.descriptor import COLOUR_SIDE, descriptor

ORIENTATIONS = np.arange(8)


def images(seed: int, count: int) -> Float32:
    """Smooth random pictures in CIELAB, (count, S, S, 3)."""
    coarse = np.random.default_rng(seed).uniform(0, 100, (count, 6, 6, 3)).astype(np.float32)
    return coarse.repeat(COLOUR_SIDE // 6, axis=1).repeat(COLOUR_SIDE // 6, axis=2)


def describe(lab: Float32, box: tuple[float, float, float, float] = (0, 0, 1, 1)) -> Float32:
    edges = np.tile(np.array(box, np.float32), (len(lab), 1))
    down, across = (copy_candidates._cosines(edges[:, start::2]) for start in (1, 0))
    return copy_candidates._describe(lab, down, across, np.zeros((1, 2), np.intp))[:, 0]


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_a_turned_picture_has_a_turned_description(orientation: int) -> None:
    lab = images(orientation, 2)
    turned = oriented(lab, np.full(2, orientation))
    expected = describe(lab)[:, copy_candidates._ORDER[orientation]] * copy_candidates._SIGN[orientation]
    np.testing.assert_allclose(describe(turned), expected, atol=1e-3)
    np.testing.assert_allclose(
        copy_candidates._unoriented(describe(turned)), copy_candidates._unoriented(describe(lab)), atol=1e-3
    )


def test_the_eight_orientations_differ_and_no_picture_changes_its_neighbour() -> None:
    lab = images(0, 1).repeat(8, axis=0)
    turned = oriented(lab, ORIENTATIONS)
    assert len({image.tobytes() for image in turned}) == 8
    np.testing.assert_array_equal(turned[0], lab[0])
    np.testing.assert_array_equal(turned[1], lab[0, :, ::-1])
    np.testing.assert_array_equal(turned[2], lab[0, ::-1])
    np.testing.assert_array_equal(turned[4], lab[0].swapaxes(0, 1))
    np.testing.assert_array_equal(turned[5], lab[0].swapaxes(0, 1)[:, ::-1])


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_boxes_turn_with_their_pictures(orientation: int) -> None:
    lab = np.zeros((1, COLOUR_SIDE, COLOUR_SIDE, 3), np.float32)
    lab[0, 6:12, 24:42] = 1  # from 1/8 to 1/4 of the height, 1/2 to 7/8 of the width
    turned = oriented(lab, np.array([orientation]))[0, ..., 0]
    rows, columns = np.flatnonzero(turned.any(axis=1)), np.flatnonzero(turned.any(axis=0))
    seen = np.array([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1]) / COLOUR_SIDE
    box = oriented_boxes(np.array([[1 / 2, 1 / 8, 7 / 8, 1 / 4]], np.float32), np.array([orientation]))
    np.testing.assert_allclose(box[0], seen, atol=1e-6)


@settings(max_examples=20)
@given(st.integers(0, 2**32 - 1))
def test_keys_give_squared_distances_that_no_orientation_undercuts(seed: int) -> None:
    first, second = describe(images(seed, 2))
    product = float(copy_candidates._queries(first) @ copy_candidates._keys(second))
    same = copy_candidates._unoriented(first) - copy_candidates._unoriented(second)
    assert product == pytest.approx(-float(np.square(same).sum()) / 2, rel=1e-2, abs=1)
    oriented_seconds = second[copy_candidates._ORDER] * copy_candidates._SIGN
    nearest = np.linalg.norm(first - oriented_seconds, axis=1).min()
    assert np.linalg.norm(same) <= nearest * 1.001 + 1e-3


@settings(max_examples=20)
@given(st.integers(0, 2**32 - 1), st.sampled_from([(0.0, 0.0, 0.5, 0.5), (0.25, 0.125, 0.75, 0.875)]))
def test_the_description_of_a_part_is_that_of_the_part_alone(seed: int, box: tuple[float, float, float, float]) -> None:
    lab = images(seed, 1)
    left, top, right, bottom = (round(edge * COLOUR_SIDE) for edge in box)
    alone = lab[:, top:bottom, left:right]
    rows = np.arange(COLOUR_SIDE) * (bottom - top) // COLOUR_SIDE
    columns = np.arange(COLOUR_SIDE) * (right - left) // COLOUR_SIDE
    if COLOUR_SIDE % (bottom - top) == COLOUR_SIDE % (right - left) == 0:
        np.testing.assert_allclose(describe(alone[:, rows][:, :, columns]), describe(lab, box), atol=1e-2)
    assert describe(lab, box)[0, 0] == pytest.approx(alone[..., 0].mean(), rel=1e-3)


def test_a_crop_is_a_candidate_with_its_box() -> None:
    random = np.random.default_rng(0)
    coarse = random.integers(0, 256, (3, 8, 8, 3), np.uint8)
    first, other, third = coarse.repeat(25, axis=1).repeat(25, axis=2)
    cropped = np.ascontiguousarray(np.rot90(first[10:190, 10:190]))
    found = find_candidates([descriptor(pixels) for pixels in (first, other, third, cropped)])
    pairs = set(zip(found.first.tolist(), found.second.tolist(), strict=True))
    assert pairs == {(0, 3)}
    best = found.distance.argmin()
    np.testing.assert_allclose(found.first_box[best], [0.05, 0.05, 0.95, 0.95], atol=1e-6)
    assert found.distance.max() <= FARTHEST


def test_no_pictures_no_candidates() -> None:
    assert len(find_candidates([]).first) == 0
