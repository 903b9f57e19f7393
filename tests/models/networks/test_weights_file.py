"""A file of weights is loaded in full, or refused in one line."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import pytest

from gemhier.errors import DataError
from gemhier.models.networks.backbones import Backbone
from gemhier.models.networks.weights_file import load_weights, weights_digest


def build(size: int = 16, filters: int = 4, layers: int = 2) -> keras.Model:
    pixels = keras.Input((size, size, 3))
    x = keras.layers.Rescaling(1 / 255)(pixels)
    for _ in range(layers):
        x = keras.layers.Conv2D(filters, 3)(x)
    return keras.Model(pixels, keras.layers.GlobalAveragePooling2D()(x), name="small")


BACKBONE = Backbone(name="small", description="for tests", size=16, pretrained=False, colour=False, build=build)


@pytest.fixture
def saved(tmp_path: Path) -> tuple[keras.Model, Path]:
    keras.utils.set_random_seed(1)
    model, path = build(), tmp_path / "mine.weights.h5"
    model.save_weights(path)
    return model, path


def same(one: keras.Model, other: keras.Model) -> bool:
    pairs = zip(one.get_weights(), other.get_weights(), strict=True)
    return all(np.array_equal(first, second) for first, second in pairs)


def test_a_backbone_starts_from_the_weights_of_the_file(saved: tuple[keras.Model, Path]) -> None:
    model, path = saved
    chosen = BACKBONE.with_weights(str(path))
    assert chosen.pretrained
    assert same(chosen.build(16), model)
    assert same(chosen.build(24), model)
    assert not same(BACKBONE.build(16), model)


def test_weights_are_told_apart_by_what_they_are(saved: tuple[keras.Model, Path], tmp_path: Path) -> None:
    _, path = saved
    copied = tmp_path / "elsewhere.weights.h5"
    copied.write_bytes(path.read_bytes())
    identity = BACKBONE.with_weights(str(path)).weights_id()
    assert identity == f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"
    assert BACKBONE.with_weights(str(copied)).weights_id() == identity
    copied.write_bytes(path.read_bytes() + b"!")
    assert BACKBONE.with_weights(str(copied)).weights_id() != identity


@pytest.mark.parametrize(
    "other", [lambda: build(filters=5), lambda: build(layers=1), lambda: build(layers=3)], ids=["width", "less", "more"]
)
def test_weights_of_another_network_are_refused_in_one_line(other: Callable[[], keras.Model], tmp_path: Path) -> None:
    path = tmp_path / "other.weights.h5"
    other().save_weights(path)
    with pytest.raises(DataError, match=r"other\.weights\.h5: not weights of small \(.*\)\. Give a ") as refused:
        load_weights(build(), path)
    assert len(str(refused.value).splitlines()) == 1


@pytest.mark.parametrize("name", ["text.weights.h5", "text.h5", "text.pth"])
def test_a_file_of_another_kind_is_refused_in_one_line(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("no weights\n")
    with pytest.raises(DataError, match="not weights of small") as refused:
        load_weights(build(), tmp_path / name)
    assert len(str(refused.value).splitlines()) == 1


def test_a_file_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    for read in (weights_digest, lambda path: load_weights(build(), path)):
        with pytest.raises(DataError, match=r"the weights cannot be read \(No such file or directory\)"):
            read(tmp_path / "nowhere.weights.h5")
