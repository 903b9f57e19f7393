from pathlib import Path

import keras
import numpy as np
import pytest

from gemhier.errors import OutputError
from gemhier.models.augment.augmentation import Augmentation
from gemhier.models.images.crop import mask_background
from gemhier.pipeline.training.class_balance import Copies, transformed
from gemhier.pipeline.training.features import load_features


@pytest.fixture(scope="module")
def extractor() -> keras.Model:
    keras.utils.set_random_seed(0)
    images = keras.Input((16, 16, 3), dtype="uint8")
    x = keras.layers.Rescaling(1 / 255, dtype="float32")(images)
    return keras.Model(images, keras.layers.GlobalMaxPooling2D()(keras.layers.Conv2D(4, 5)(x)))


@pytest.fixture
def crops() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (70, 16, 16, 4)).astype(np.uint8)


def load(extractor: keras.Model, crops: np.ndarray, folder: Path, views: int = 2, seed: int = 0) -> np.ndarray:
    return load_features(extractor, crops, views=views, augmentation=Augmentation(), seed=seed, cache_folder=folder)


def test_the_first_view_is_the_stone_as_it_is_on_a_covered_backdrop(
    extractor: keras.Model, crops: np.ndarray, tmp_path: Path
) -> None:
    found = load(extractor, crops, tmp_path)
    assert found.shape == (2, 70, 4)
    assert np.allclose(found[0], extractor.predict(mask_background(crops), verbose=0), atol=1e-5)
    assert not np.allclose(found[1], found[0], atol=1e-3)


def test_views_are_seeded_and_kept(extractor: keras.Model, crops: np.ndarray, tmp_path: Path) -> None:
    first = load(extractor, crops, tmp_path / "a")
    assert np.array_equal(load(extractor, crops, tmp_path / "b"), first)
    assert not np.array_equal(load(extractor, crops, tmp_path / "b", seed=1)[1], first[1])
    files = sorted((tmp_path / "a").iterdir())
    assert len(files) == 2
    for file in files:
        np.save(file, np.load(file) + 1)
    assert np.array_equal(load(extractor, crops, tmp_path / "a"), first + 1)  # read, not computed again


def test_other_pictures_or_weights_have_features_of_their_own(
    extractor: keras.Model, crops: np.ndarray, tmp_path: Path
) -> None:
    first = load(extractor, crops, tmp_path, views=1)
    assert not np.array_equal(load(extractor, 255 - crops, tmp_path, views=1), first)
    outlined = crops.copy()
    outlined[..., 3] = 255
    assert not np.array_equal(load(extractor, outlined, tmp_path, views=1), first)
    other = keras.models.clone_model(extractor)
    assert not np.array_equal(load(other, crops, tmp_path, views=1), first)


def test_a_damaged_cache_is_computed_again(extractor: keras.Model, crops: np.ndarray, tmp_path: Path) -> None:
    first = load(extractor, crops, tmp_path, views=1)
    (file,) = tmp_path.iterdir()
    file.write_bytes(file.read_bytes()[:50])
    assert np.array_equal(load(extractor, crops, tmp_path, views=1), first)


def test_a_cache_that_cannot_be_written_is_one_line(extractor: keras.Model, crops: np.ndarray, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError, match="cannot be written"):
        load(extractor, crops, tmp_path / "file", views=1)


def test_copies_have_features_of_their_own(extractor: keras.Model, crops: np.ndarray, tmp_path: Path) -> None:
    def of(copies: Copies | None) -> np.ndarray:
        return load_features(
            extractor, crops, views=1, augmentation=Augmentation(), seed=0, cache_folder=tmp_path, copies=copies
        )[0]

    copies = Copies(np.arange(70).repeat(2), np.tile([0, 3], 70))
    plain, found = of(None), of(copies)
    assert found.shape == (140, 4)
    assert np.allclose(found[::2], plain, atol=1e-5)
    turned = mask_background(transformed(crops, np.full(70, 3)))
    assert np.allclose(found[1::2], extractor.predict(turned, verbose=0), atol=1e-5)
    assert np.array_equal(of(copies), found)
    assert len(list(tmp_path.iterdir())) == 2
    assert not np.array_equal(of(Copies(copies.rows, np.tile([0, 4], 70))), found)
