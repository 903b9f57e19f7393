"""Finding stones with a network whose weights are known: red is stone, and the middle of red is its core."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gemhier.arrays import Bytes, Float32
from gemhier.errors import BundleError
from gemhier.models.images.crop import MARGIN, Box, whole_image
from gemhier.models.images.finder import (
    OUTPUTS,
    STONE_THRESHOLD,
    Finder,
    load_finder,
    threshold_file,
    threshold_json,
)

pytest.importorskip("tensorflow", reason="the network under test is built with Keras")

GREY = (120, 120, 120)
RED = (200, 20, 20)
NO_FEATURES = np.zeros(0, np.float32)


@pytest.fixture(scope="module")
def red_network() -> bytes:
    import keras
    from keras import ops

    from gemhier.models.networks.export import export_network

    images = keras.Input((128, 128, 3), dtype="uint8", name="pictures")
    pixels = keras.layers.Rescaling(1 / 255, dtype="float32")(images)
    redness = keras.layers.Lambda(lambda x: ops.mean(x[..., :1] - x[..., 2:], axis=-1, keepdims=True))(pixels)
    shares = keras.layers.AveragePooling2D(4)(redness)
    stone = keras.layers.Lambda(lambda x: ops.sigmoid(20 * (x - 0.35)))(shares)
    beside = keras.layers.Lambda(lambda x: 1 - x)(stone)
    core = keras.layers.Lambda(lambda x: 1 - x)(keras.layers.MaxPooling2D(7, strides=1, padding="same")(beside))
    maps = keras.layers.Concatenate(name="maps")([stone, core])
    present = keras.layers.Lambda(lambda x: ops.reshape(ops.max(x, axis=(1, 2)), (-1, 1)), name="present")(stone)
    return export_network(keras.Model(images, {"maps": maps, "present": present}), OUTPUTS)


@pytest.fixture(scope="module")
def finder(red_network: bytes) -> Finder:
    return Finder(red_network)


def disc(height: int, width: int, *discs: tuple[int, int, int]) -> Bytes:
    """A grey picture with red discs, each (x, y, radius)."""
    image = np.full((height, width, 3), GREY, np.uint8)
    for x, y, radius in discs:
        cv2.circle(image, (x, y), radius, RED, cv2.FILLED)
    return image


def overlap(box: Box, x: int, y: int, radius: int) -> float:
    """Intersection over union of a box without its margin and a disc's square."""
    inset = box.side * MARGIN / (1 + 2 * MARGIN)
    mine = (box.x + inset, box.y + inset, box.x + box.side - inset, box.y + box.side - inset)
    true = (x - radius, y - radius, x + radius, y + radius)
    across = max(0.0, min(mine[2], true[2]) - max(mine[0], true[0]))
    down = max(0.0, min(mine[3], true[3]) - max(mine[1], true[1]))
    areas = (mine[2] - mine[0]) * (mine[3] - mine[1]) + (true[2] - true[0]) * (true[3] - true[1])
    return across * down / (areas - across * down)


@pytest.mark.parametrize(
    ("height", "width", "x", "y", "radius"),
    [(300, 300, 150, 150, 110), (300, 400, 120, 180, 60), (900, 700, 560, 200, 40), (1200, 1200, 300, 900, 45)],
)
def test_the_box_fits_a_stone_however_small(
    finder: Finder, height: int, width: int, x: int, y: int, radius: int
) -> None:
    (stone,) = finder.find(disc(height, width, (x, y, radius)))
    assert overlap(stone.box, x, y, radius) > 0.9
    assert stone.score > 0.8


def test_a_stone_too_small_for_the_whole_view_is_found_in_a_smaller_one(finder: Finder) -> None:
    image = disc(1200, 1200, (320, 900, 27))
    whole = whole_image(image)
    assert finder._stones(image, whole) == []
    (stone,) = finder.find(image)
    assert overlap(stone.box, 320, 900, 27) > 0.7


def test_every_stone_is_found_and_the_largest_comes_first(finder: Finder) -> None:
    discs = (100, 120, 40), (300, 100, 60), (220, 300, 45)
    stones = finder.find(disc(400, 400, *discs))
    assert len(stones) == 3
    assert [max(range(3), key=lambda i: overlap(stone.box, *discs[i])) for stone in stones] == [1, 2, 0]
    assert min(max(overlap(stone.box, *one) for one in discs) for stone in stones) > 0.85


def test_stones_that_touch_are_told_apart(finder: Finder) -> None:
    discs = (105, 200, 95), (294, 200, 95)
    stones = finder.find(disc(400, 400, *discs))
    assert len(stones) == 2
    assert all(max(overlap(stone.box, *one) for stone in stones) > 0.85 for one in discs)


def test_nothing_is_found_where_nothing_is(finder: Finder) -> None:
    assert finder.find(disc(200, 300)) == ()


@pytest.mark.parametrize("shape", [(1, 1), (1, 500), (500, 3), (40, 2000)])
def test_any_shape_of_picture_is_looked_at(finder: Finder, shape: tuple[int, int]) -> None:
    assert finder.find(disc(*shape)) == ()
    assert len(finder.find(np.full((*shape, 3), RED, np.uint8))) >= 1


def test_a_stone_at_the_edge_keeps_its_place(finder: Finder) -> None:
    (stone,) = finder.find(disc(300, 300, (0, 150, 90)))
    assert stone.box.x < 10
    assert abs(stone.box.y + stone.box.side / 2 - 150) < 10


def test_the_outline_is_the_stone_in_the_middle(finder: Finder) -> None:
    crop = disc(160, 160, (80, 80, 55), (155, 155, 30))
    outline = finder.outline(crop)
    rows, columns = np.mgrid[:160, :160]
    distance = np.hypot(rows - 80, columns - 80)
    assert outline.shape == (160, 160)
    assert outline[distance < 48].min() > 250
    assert outline[distance > 62].max() < 5


def test_a_crop_without_an_outline_is_kept_whole(finder: Finder) -> None:
    assert finder.outline(disc(100, 100)).min() == 255


def test_alone_or_again_the_answer_is_the_same(finder: Finder, red_network: bytes) -> None:
    image = disc(640, 480, (300, 200, 50), (120, 500, 35))
    assert finder.find(image) == Finder(red_network, num_threads=1).find(image) == finder.find(image)


def test_another_network_is_refused(tiny_network: bytes) -> None:
    with pytest.raises(BundleError, match="must give float32 `maps`, .*, but gives family .*, flat .*, regional"):
        Finder(tiny_network)


@given(st.integers(1, 90), st.integers(1, 90), st.integers(1, 12), st.integers(0, 2**32 - 1))
@settings(max_examples=60)
def test_every_picture_gets_boxes_that_can_be_cut_out(
    finder: Finder, height: int, width: int, grain: int, seed: int
) -> None:
    generator = np.random.default_rng(seed)
    red = generator.random((-(-height // grain), -(-width // grain))) < generator.random()
    patches = np.where(red[..., None], RED, GREY).astype(np.uint8).repeat(grain, axis=0).repeat(grain, axis=1)
    image = np.ascontiguousarray(patches[:height, :width])
    best = finder.find_best(image)
    for stone in (best, *finder.find(image)):
        assert 0 <= stone.score <= 1
        assert finder.cut(image, stone.box, 16).shape == (16, 16, 4)


class Raving(Finder):
    """A finder whose network sees stones anywhere, also beside the picture, where its edge is repeated."""

    def __init__(self, content: bytes, seed: int) -> None:
        super().__init__(content)
        self.generator = np.random.default_rng(seed)

    def _look(self, image: Bytes, view: Box) -> tuple[Float32, float, Float32]:
        coarse = self.generator.random((int(self.generator.integers(3, 9)),) * 2 + (2,)).astype(np.float32)
        return np.asarray(cv2.resize(coarse, (32, 32), interpolation=cv2.INTER_CUBIC).clip(0, 1)), 1.0, NO_FEATURES


class Seeing(Finder):
    """A finder whose network sees one square in the middle of all that it is shown, as large and as sure as told."""

    def __init__(self, content: bytes, side: int, probability: float) -> None:
        super().__init__(content)
        self.views: list[Box] = []
        self.maps = np.zeros((self._map_side, self._map_side, 2), np.float32)
        first = (self._map_side - side) // 2
        self.maps[first : first + side, first : first + side] = probability

    def _look(self, image: Bytes, view: Box) -> tuple[Float32, float, Float32]:
        self.views.append(view)
        return self.maps, 1.0, NO_FEATURES


@pytest.mark.parametrize(
    ("share", "probability", "looks"), [(0.5, 0.8, 1), (0.3, 0.8, 3), (0.3, 0.95, 1), (0.2, 0.95, 3)]
)
def test_a_small_stone_is_looked_at_again_sooner_where_it_is_not_sure(
    red_network: bytes, share: float, probability: float, looks: int
) -> None:
    seeing = Seeing(red_network, 0, 0.0)
    seeing = Seeing(red_network, round(share * seeing._map_side), probability)
    (stone,) = seeing.find(disc(90, 90))
    assert len(seeing.views) == looks
    assert stone.score == pytest.approx(probability)


@given(st.integers(1, 60), st.integers(1, 60), st.integers(0, 2**32 - 1))
@settings(max_examples=100)
def test_whatever_the_network_sees_a_stone_lies_in_the_picture(
    red_network: bytes, height: int, width: int, seed: int
) -> None:
    image = disc(height, width)
    raving = Raving(red_network, seed)
    for stone in (*raving.find(image), raving.find_best(image)):
        assert raving.cut(image, stone.box, 8).shape == (8, 8, 4)


@given(st.integers(1, 2**32 - 1))
@settings(max_examples=30)
def test_no_stone_is_found_twice(red_network: bytes, seed: int) -> None:
    def pixels(box: Box) -> set[tuple[int, int]]:
        return {(x, y) for x in range(box.x, box.x + box.side) for y in range(box.y, box.y + box.side)}

    found = [pixels(stone.box) for stone in Raving(red_network, seed).find(disc(60, 50))]
    for number, mine in enumerate(found):
        assert all(len(mine & earlier) < 0.65 * len(mine) for earlier in found[:number])


def test_the_best_stone_is_the_first_or_the_whole_picture_with_a_score_of_0(finder: Finder) -> None:
    image = disc(300, 300, (90, 100, 40), (210, 200, 60))
    assert finder.find_best(image) == finder.find(image)[0]
    plain = disc(50, 80)
    best = finder.find_best(plain)
    assert (best.box, best.score) == (whole_image(plain), 0)


def test_a_cut_has_the_outline_of_the_stone_in_its_fourth_channel(finder: Finder) -> None:
    image = disc(200, 200, (100, 100, 60))
    cut = finder.cut(image, Box(28, 28, 144), 96)
    assert cut.shape == (96, 96, 4)
    assert cut.dtype == np.uint8
    np.testing.assert_array_equal(cut[..., 3], finder.outline(np.ascontiguousarray(cut[..., :3])))
    assert (cut[48, 48, 3], cut[2, 2, 3]) == (255, 0)


def test_a_finder_is_loaded_from_its_file_or_the_folder_that_holds_it(red_network: bytes, tmp_path: Path) -> None:
    (tmp_path / "finder.tflite").write_bytes(red_network)
    assert load_finder(tmp_path).content == load_finder(tmp_path / "finder.tflite").content == red_network


def test_a_finder_brings_the_score_from_which_a_stone_is_a_gem(red_network: bytes, tmp_path: Path) -> None:
    file = tmp_path / "red.tflite"
    file.write_bytes(red_network)
    assert load_finder(file).threshold == STONE_THRESHOLD
    threshold_file(file).write_bytes(threshold_json(red_network, 0.8))
    assert threshold_file(file).name == "red.json"
    assert load_finder(file).threshold == 0.8
    assert load_finder(file, threshold=0.3).threshold == 0.3


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"{", "red.json beside it cannot be read (Expecting property name"),
        (b"[]", "red.json beside it must have a `stone_threshold` between 0 and 1. Received: None."),
        (threshold_json(b"", 1.5), "red.json beside it must have a `stone_threshold` between 0 and 1. Received: 1.5."),
        (threshold_json(b"other", 0.8), "red.json beside it is about another finder. Delete it"),
    ],
    ids=["no JSON", "no object", "out of range", "another finder's"],
)
def test_a_threshold_that_does_not_fit_is_told(
    red_network: bytes, tmp_path: Path, content: bytes, message: str
) -> None:
    file = tmp_path / "red.tflite"
    file.write_bytes(red_network)
    threshold_file(file).write_bytes(content)
    with pytest.raises(BundleError) as caught:
        load_finder(file)
    assert str(caught.value).startswith(f"{file}: {message}")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("finder.tflite", None, "finder.tflite: the stone finder cannot be read (No such file or directory)"),
        ("finder.tflite", b"", "finder.tflite: The stone finder cannot be used. The network cannot be loaded ("),
        ("finder.tflite", b"text", "finder.tflite: The stone finder cannot be used. The network cannot be loaded ("),
    ],
)
def test_a_file_that_is_no_finder_is_named(tmp_path: Path, name: str, content: bytes | None, message: str) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(BundleError) as caught:
        load_finder(tmp_path)
    assert str(caught.value).startswith(f"{tmp_path}/{message}")
    assert "\n" not in str(caught.value)
