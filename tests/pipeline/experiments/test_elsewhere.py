"""Pictures from elsewhere: which are asked about, as what, and of which networks."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("keras", reason="training comes with an extra")

from gemhier.arrays import Bytes
from gemhier.errors import DataError
from gemhier.pipeline.data.manifest import read_manifest
from gemhier.pipeline.experiments.elsewhere import FurtherImages, read_elsewhere


def read(data: Path, *folders: Path) -> tuple[FurtherImages, ...]:
    manifest = read_manifest(data)
    return read_elsewhere(folders, manifest.label_space, manifest.taxonomy)


@pytest.fixture
def shop(tmp_path: Path, paint_stone: Callable[[str], Bytes]) -> Path:
    """Two views of a ruby, another ruby, a quartz, and two of a gem that the data has none of."""
    shown = {"corundum/ruby": ("gp1-1", "gp1-2", "gp2-1"), "quartz": ("gp3-1",), "beryl": ("gp4-1", "gp5-1")}
    for label, names in shown.items():
        for name in names:
            path = tmp_path / "shop" / label / f"{name}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(path), paint_stone("quartz" if label == "beryl" else label)[..., ::-1])
    return tmp_path / "shop"


def test_what_the_data_has_is_asked_about_each_stone_of_one_fold(shop: Path, tiny_data: Path) -> None:
    (found,) = read(tiny_data, shop)
    assert (found.name, sorted(found.labels), found.left_out) == ("shop", ["corundum/ruby"] * 3 + ["quartz"], 2)
    manifest = read_manifest(tiny_data)
    asked = found.found_by(manifest, folds=5, seed=0)
    assert [manifest.label_space.labels[column] for column in asked.truth] == list(found.labels)
    folds = dict(zip(found.groups, asked.folds, strict=True))
    assert len(folds) == 3
    assert [folds[group] for group in found.groups] == asked.folds.tolist()  # both views of one stone of one network
    assert set(asked.folds) == {0, 1, 2}  # three stones fill three folds
    crops = asked.others.crops(16)
    assert crops.shape == (4, 16, 16, 4)
    middle = np.median(crops[:, 6:10, 6:10, :3], axis=(1, 2))
    ruby = asked.truth == manifest.label_space.index("corundum/ruby")
    assert (middle[ruby, 1] < 60).all()
    assert (middle[~ruby, 1] > 150).all()
    assert found.found_by(manifest, folds=5, seed=0).others.digest == asked.others.digest


def test_pictures_that_are_learned_from_are_refused(tiny_data: Path) -> None:
    (found,) = read(tiny_data, tiny_data)
    assert len(found.images) == 72
    with pytest.raises(DataError, match="data: 72 of its pictures are among those of .* that are learned from"):
        found.found_by(read_manifest(tiny_data), folds=2, seed=0)


def test_results_go_by_the_names_of_folders(shop: Path, tiny_data: Path) -> None:
    with pytest.raises(DataError, match="two folders called shop"):
        read(tiny_data, shop, shop)
