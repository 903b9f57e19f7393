import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from gemhier.errors import DataError, OutputError
from gemhier.models.images.crop import Box, crop_stone
from gemhier.models.images.decode import read_image
from gemhier.models.images.finder import OUTPUTS, Finder
from gemhier.pipeline.data.crops import load_crops
from gemhier.pipeline.data.manifest import Row


def painted_row(path: Path, colour: str) -> Row:
    """A stone on white, with its row."""
    image = Image.new("RGB", (60, 40), "white")
    ImageDraw.Draw(image).ellipse((15, 5, 45, 35), fill=colour)
    image.save(path)
    return Row(
        image=str(path),
        x=13,
        y=-2,
        side=44,
        score=0.9,
        label_given="Ruby",
        label="ruby",
        stone="",
        group=path.stem,
        split="train",
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        width=60,
        height=40,
        source="shop",
    )


@pytest.fixture
def rows(tmp_path: Path) -> list[Row]:
    return [painted_row(tmp_path / f"{colour}.png", colour) for colour in ("red", "green", "blue")]


@pytest.fixture(scope="module")
def blind_finder() -> Finder:
    """A finder to which nothing stands out."""
    import keras

    from gemhier.models.networks.export import export_network

    images = keras.Input((32, 32, 3), dtype="uint8", name="pictures")
    nothing = keras.layers.Rescaling(0.0, dtype="float32")(images)
    maps = keras.layers.AveragePooling2D(2, name="maps")(nothing[..., :2])
    present = keras.layers.GlobalMaxPooling2D(name="present")(nothing[..., :1])
    return Finder(export_network(keras.Model(images, {"maps": maps, "present": present}), OUTPUTS))


def test_crops_are_those_of_classifying_in_the_order_of_the_rows(
    rows: list[Row], finder: Finder, tmp_path: Path
) -> None:
    found = load_crops(rows, 32, finder, tmp_path / "cache")
    assert found.shape == (3, 32, 32, 4)
    assert found.dtype == np.uint8
    assert not found.flags.writeable
    for crop, row in zip(found, rows, strict=True):
        image = read_image(Path(row.image))
        assert np.array_equal(crop, finder.cut(image, Box(13, -2, 44), 32))
        assert np.array_equal(crop[..., :3], crop_stone(image, Box(13, -2, 44), 32))
        stone, backdrop = crop[16, 16, 3], crop[[0, 0, -1, -1], [0, -1, 0, -1], 3]
        assert (stone, *backdrop) == (255, 0, 0, 0, 0)


def test_the_cache_is_used_even_when_the_pictures_are_gone(rows: list[Row], finder: Finder, tmp_path: Path) -> None:
    first = np.array(load_crops(rows, 32, finder, tmp_path / "cache"))
    for row in rows:
        Path(row.image).unlink()
    again = load_crops(
        [replace(row, image=f"{row.image} moved", split="test") for row in rows], 32, finder, tmp_path / "cache"
    )
    assert np.array_equal(again, first)
    with pytest.raises(DataError, match="3 of 3 pictures are missing"):
        load_crops(rows, 16, finder, tmp_path / "cache")


def test_another_order_box_size_or_finder_is_another_entry(
    rows: list[Row], finder: Finder, tmp_path: Path, blind_finder: Finder
) -> None:
    cache = tmp_path / "cache"
    load_crops(rows, 32, finder, cache)
    load_crops(rows[::-1], 32, finder, cache)
    load_crops([replace(row, x=0) for row in rows], 32, finder, cache)
    load_crops(rows, 16, finder, cache)
    assert len(list(cache.iterdir())) == 4
    assert load_crops(rows, 32, blind_finder, cache)[..., 3].min() == 255
    assert len(list(cache.iterdir())) == 5
    load_crops(rows, 32, Finder(finder.content), cache)
    assert len(list(cache.iterdir())) == 5


def test_a_damaged_entry_is_made_anew(rows: list[Row], finder: Finder, tmp_path: Path) -> None:
    whole = np.array(load_crops(rows, 32, finder, tmp_path / "cache"))
    (path,) = (tmp_path / "cache").iterdir()
    content = path.read_bytes()
    for damaged in (b"", content[:50], content[:-1]):
        path.write_bytes(damaged)
        assert np.array_equal(load_crops(rows, 32, finder, tmp_path / "cache"), whole)


def test_pictures_that_changed_since(rows: list[Row], finder: Finder, tmp_path: Path) -> None:
    painted_row(Path(rows[1].image), "yellow")
    with pytest.raises(DataError, match=r"green.png: changed since it was prepared"):
        load_crops(rows, 32, finder, tmp_path / "cache")
    damaged = tmp_path / "blue.png"
    damaged.write_bytes(b"no picture")
    row = replace(rows[2], sha256=hashlib.sha256(b"no picture").hexdigest())
    with pytest.raises(DataError, match=r"blue.png: not a picture.*run `gemhier prepare` again"):
        load_crops([row], 32, finder, tmp_path / "cache")
    assert not any((tmp_path / "cache").iterdir())


def test_a_cache_that_cannot_be_written(rows: list[Row], finder: Finder, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="cannot be written"):
        load_crops(rows, 32, finder, tmp_path / "file" / "cache")


def test_wrong_arguments(rows: list[Row], finder: Finder, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="Received: 0 rows"):
        load_crops([], 32, finder, tmp_path)
    with pytest.raises(ValueError, match="size 0"):
        load_crops(rows, 0, finder, tmp_path)
