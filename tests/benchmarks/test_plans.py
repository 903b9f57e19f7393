"""The plans that the documents name are plans, and ask what they say that they ask."""

from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("keras", reason="training comes with an extra")

from gemhier.models.networks.backbones import BACKBONES
from gemhier.pipeline.experiments.plan import load_plan
from gemhier.pipeline.training.config import TrainConfig

PLANS = Path(__file__).parents[2] / "benchmarks" / "plans"


@pytest.mark.parametrize("path", sorted(PLANS.glob("*.yaml")), ids=lambda path: path.stem)
def test_a_plan_can_be_read(path: Path) -> None:
    plan = load_plan(path)
    assert plan.seed == 0  # the folds of the documents
    assert plan.baseline.startswith(f"{plan.arms[0].name}: ")


def test_the_trained_backbone_is_asked_on_the_same_folds() -> None:
    tuned, *others = (
        load_plan(PLANS / f"{name}.yaml") for name in ("tuned", "tuned_trees", "regional_steps", "finders")
    )
    assert {(plan.folds, plan.arms[0].config) for plan in others} == {(tuned.folds, tuned.arms[0].config)}


def test_the_frozen_backbone_is_asked_on_the_folds_of_the_default_plan() -> None:
    default, *others = (load_plan(path) for path in (None, *PLANS.glob("frozen_*.yaml")))
    assert {(plan.folds, plan.repeats, plan.arms[0].config) for plan in others} == {
        (default.folds, default.repeats, default.arms[0].config)
    }


@pytest.mark.parametrize("name", ["regional_steps", "frozen_steps"])
def test_regional_networks_are_asked_with_the_same_general_network(name: str) -> None:
    plan = load_plan(PLANS / f"{name}.yaml")
    separate, longer = (arm for arm in plan.arms if arm.separate)
    assert separate.config == longer.config
    assert (separate.regional, longer.regional) == ("separate", "separate-as-long")


def test_the_reports_networks_are_trained_by_its_schedule() -> None:
    for name in ("report", "imagenet"):
        for arm in load_plan(PLANS / f"{name}.yaml").arms:
            if arm.config.schedule == "report":
                (backbone,) = arm.config.backbones
                expected = ((5, 1e-5),) if backbone.pretrained else ((15, 1e-3), (5, 1e-5))
                assert arm.config.phases.stages(pretrained=backbone.pretrained) == expected


def test_the_reports_networks_are_also_trained_on_small_pictures_at_one_rate_and_for_longer() -> None:
    report, small = (
        {arm.name: arm.config for arm in load_plan(PLANS / f"{name}.yaml").arms} for name in ("report", "report_small")
    )
    for name in ("plain", "regularised", "residual"):
        assert small[name] == replace(report[name], image_size=112, mixed_precision=False)
    for name in ("plain", "regularised"):
        one_rate = small[f"{name}, 1e-3 throughout"]
        assert replace(one_rate, learning_rate=None) == small[name]
        assert one_rate.phases.stages(pretrained=False) == ((15, 1e-3), (5, 1e-3))
    assert small["lite0, frozen"] == replace(report["lite0, frozen"], image_size=224)
    assert small["balanced"] == replace(report["balanced"], image_size=112, mixed_precision=False, balance=128)
    assert small["regularised, balanced"] == replace(small["regularised"], balance=128)
    assert small["four times as many passes"] == replace(small["plain"], times=4)


def test_networks_whose_weights_are_fetched_can_be_tried_on_random_ones() -> None:
    arms = load_plan(PLANS / "imagenet.yaml").arms
    assert [arm.config.backbone for arm in arms] == ["report-cnn", "mobilenet", "vgg16", "resnet50"]
    for arm in arms:
        chosen = TrainConfig(backbone=arm.config.backbone, schedule="report", weights="none")
        assert chosen.phases.stages(pretrained=False) == ((15, 1e-3), (5, 1e-5))
        assert arm.config.backbone in BACKBONES
