from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from gemhier.hierarchy.labels import LabelSpace
from gemhier.models.runtime import Logits
from gemhier.pipeline.crops import load_crops
from gemhier.pipeline.fit import Epoch, Fitted, Pictures, fit_network, predict_logits, validation_measures
from gemhier.pipeline.manifest import read_manifest
from gemhier.pipeline.schedules import TrainConfig


@pytest.fixture
def fit(tiny_data: Path, tiny_backbone: str, tmp_path: Path) -> Callable[..., Fitted]:
    manifest = read_manifest(tiny_data)
    space = manifest.label_space

    def pictures(split: str) -> Pictures:
        rows = manifest.split(split)
        truth = np.array([space.index(row.label) for row in rows])
        return Pictures(lambda size: load_crops(rows, size, manifest.finder, tmp_path / "crops"), truth)

    def run(work: str = "work", mode: str = "both", on_epoch: Callable[[Epoch], None] = lambda epoch: None) -> Fitted:
        return fit_network(
            space,
            pictures("train"),
            pictures("validation"),
            TrainConfig(mode=mode, backbone=tiny_backbone, schedule=tiny_backbone),
            work=tmp_path / work,
            cache=tmp_path / "features",
            on_epoch=on_epoch,
        )

    return run


def test_a_network_learns_painted_stones(fit: Callable[..., Fitted], tiny_data: Path, tmp_path: Path) -> None:
    fitted = fit()
    assert [epoch.phase for epoch in fitted.history] == ["heads"] * 4 + ["everything"] * 2
    assert [epoch.number for epoch in fitted.history] == list(range(1, 7))
    last = fitted.history[-1].validation
    assert last["flat_top1"] >= 0.9
    assert last["family_top1"] >= 0.9
    assert {"regional_top1/beryl", "regional_top1/corundum"} <= set(last)
    manifest = read_manifest(tiny_data)
    rows = manifest.split("validation")
    crops = load_crops(rows, 32, manifest.finder, tmp_path / "crops")
    truth = np.array([fitted.network.space.index(row.label) for row in rows])
    measured = validation_measures(predict_logits(fitted.network, crops), truth, fitted.network.space)
    assert measured == last


def test_an_interrupted_training_ends_like_an_unbroken_one(fit: Callable[..., Fitted]) -> None:
    class Interrupted(Exception):
        pass

    seen: list[tuple[str, int]] = []

    def interrupt(epoch: Epoch) -> None:
        seen.append((epoch.phase, epoch.number))
        if epoch.number == 6:
            raise Interrupted

    with pytest.raises(Interrupted):
        fit("broken", on_epoch=interrupt)
    seen_again: list[int] = []
    resumed = fit("broken", on_epoch=lambda epoch: seen_again.append(epoch.number))
    unbroken = fit("whole")
    assert seen_again == [6]
    assert [epoch.number for epoch in resumed.history] == [epoch.number for epoch in unbroken.history]
    for resumed_epoch, unbroken_epoch in zip(resumed.history[:5], unbroken.history[:5], strict=True):
        assert resumed_epoch.loss == pytest.approx(unbroken_epoch.loss, rel=1e-4)  # threads add up in any order


@pytest.mark.parametrize("mode", ["flat", "hierarchical"])
def test_a_mode_with_fewer_heads_learns_too(mode: str, fit: Callable[..., Fitted]) -> None:
    assert fit(mode=mode).history[-1].validation["flat_top1"] >= 0.8


def test_a_regional_network_is_measured_on_its_own_family_alone() -> None:
    space = LabelSpace(("beryl/emerald", "beryl/morganite", "quartz"))
    # The flat head says quartz for both beryls, and the regional one knows which beryl they are.
    flat = np.array([[0, 0, 9], [0, 0, 9], [0, 0, 9]], np.float32)
    regional = np.array([[5, 1, 9], [5, 1, 9], [0, 0, 0]], np.float32)
    family = np.array([[0, 9], [9, 0], [0, 9]], np.float32)
    measures = validation_measures(Logits(flat=flat, family=family, regional=regional), np.array([0, 1, 2]), space)
    assert measures == {
        "flat_top1": pytest.approx(1 / 3),
        "family_top1": pytest.approx(2 / 3),
        "regional_top1/beryl": 0.5,
    }
