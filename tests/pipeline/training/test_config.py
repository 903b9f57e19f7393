import re

import numpy as np
import pytest

from gemhier.models.augment.augmentation import develop, pose
from gemhier.models.networks.backbones import BACKBONES
from gemhier.pipeline.training.config import SCHEDULES, TrainConfig


def test_the_default_settings_name_what_there_is() -> None:
    config = TrainConfig()
    assert config.backbone in BACKBONES
    assert config.schedule in SCHEDULES


@pytest.mark.parametrize("name", ["mode", "backbone", "schedule"])
def test_an_unknown_name_lists_the_known_ones(name: str) -> None:
    with pytest.raises(ValueError, match=f"`{name}` must be one of .*, .*Received: 'nonsense'"):
        TrainConfig(**{name: "nonsense"})


def test_several_backbones_see_pictures_of_the_first_one_s_size() -> None:
    config = TrainConfig(backbone="lite1+lite0")
    assert [backbone.name for backbone in config.backbones] == ["lite1", "lite0"]
    assert config.size == 240
    assert TrainConfig(backbone="lite1+lite0", image_size=112).size == 112
    with pytest.raises(ValueError, match="`backbone` must be one of .*Received: ''"):
        TrainConfig(backbone="lite0+")


def test_a_backbone_without_weights_is_not_left_as_random_as_it_began() -> None:
    with pytest.raises(ValueError, match="report-cnn starts from random weights. Received: 'quick'"):
        TrainConfig(backbone="report-cnn", schedule="quick")
    with pytest.raises(ValueError, match="lite0 starts from random weights. Received: 'quick'"):
        TrainConfig(backbone="lite0", weights="none", schedule="quick")
    assert TrainConfig(backbone="report-cnn", weights="mine.weights.h5", schedule="quick").backbones[0].pretrained
    assert TrainConfig(backbone="report-cnn", schedule="standard").backbone == "report-cnn"


def test_the_other_settings_are_checked_too() -> None:
    with pytest.raises(ValueError, match="no ImageNet weights for resnet18v2"):
        TrainConfig(backbone="resnet18v2", weights="imagenet")
    with pytest.raises(ValueError, match="`balance` must be 0, or 1 or more. Received: -1"):
        TrainConfig(balance=-1)
    with pytest.raises(ValueError, match="`weights` must not be a file for several backbones, lite0\\+lite1"):
        TrainConfig(backbone="lite0+lite1", weights="mine.weights.h5")
    with pytest.raises(ValueError, match="`loss` must be one of cross-entropy, summed-leaves, soft-labels"):
        TrainConfig(loss="hinge")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"epochs": 0}, "`epochs` must be a whole number of 1 or more. Received: 0."),
        ({"epochs": 2.5}, "`epochs` must be a whole number of 1 or more. Received: 2.5."),
        ({"batch_size": True}, "`batch_size` must be a whole number of 1 or more. Received: True."),
        ({"image_size": 31}, "`image_size` must be a whole number of pixels, 32 or more. Received: 31."),
        ({"image_size": 64.0}, "`image_size` must be a whole number of pixels, 32 or more. Received: 64.0."),
        ({"learning_rate": 0.0}, "`learning_rate` must be a number above 0, such as 0.001. Received: 0.0."),
        ({"learning_rate": float("nan")}, "`learning_rate` must be a number above 0, such as 0.001. Received: nan."),
        ({"learning_rate": "1e-3"}, "`learning_rate` must be a number above 0, such as 0.001. Received: '1e-3'."),
    ],
)
def test_numbers_in_place_of_the_schedule_s_are_checked(settings: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        TrainConfig(**settings)


def test_numbers_are_those_of_the_last_phase() -> None:
    chosen = {"epochs": 3, "batch_size": 8, "learning_rate": 2e-4}
    tuned = TrainConfig(schedule="standard", **chosen).phases
    assert [tuned.stages(pretrained=pretrained) for pretrained in (True, False)] == [((3, 2e-4),)] * 2
    reported = TrainConfig(schedule="report", **chosen).phases
    assert reported.stages(pretrained=True) == ((3, 2e-4),)
    assert reported.stages(pretrained=False) == ((15, 1e-3), (3, 2e-4))
    assert (tuned.head_epochs, tuned.head_rate, tuned.batch) == (30, 1e-3, 8)
    heads = TrainConfig(schedule="quick", **chosen).phases
    assert (heads.head_epochs, heads.head_rate, heads.batch) == (3, 2e-4, 8)
    assert heads.stages(pretrained=True) == ()


def test_a_training_can_be_longer_in_all_phases() -> None:
    tuned = TrainConfig(schedule="standard", epochs=5, times=3).phases
    assert tuned.head_epochs == 90
    assert [tuned.stages(pretrained=pretrained) for pretrained in (True, False)] == [((15, 1e-3),)] * 2
    assert TrainConfig(times=1).phases == TrainConfig().phases
    with pytest.raises(ValueError, match="`times` must be a whole number of 1 or more. Received: 0"):
        TrainConfig(times=0)


def test_settings_without_such_numbers_are_described_as_before_there_were_any() -> None:
    assert not {"epochs", "batch_size", "learning_rate", "image_size", "times"} & TrainConfig().to_dict().keys()
    assert TrainConfig(epochs=3).to_dict() == TrainConfig().to_dict() | {"epochs": 3}
    assert "scratch_tuned" not in TrainConfig().details
    assert TrainConfig(schedule="report").details["scratch_tuned"]


def test_the_schedule_of_the_report_is_the_report_s() -> None:
    report = SCHEDULES["report"]
    assert (report.head_epochs, report.head_rate, report.tune_epochs, report.tune_rate) == (15, 1e-3, 5, 1e-5)
    assert (report.batch, report.dropout, report.hidden, report.l2) == (32, 0.5, 512, 1e-3)
    assert report.constant
    assert report.weight_decay == 0  # Adam
    assert report.frozen_share == 0  # then everything learns
    assert report.stages(pretrained=True) == ((5, 1e-5),)  # after the heads
    assert report.stages(pretrained=False) == ((15, 1e-3), (5, 1e-5))
    standard = SCHEDULES["standard"]
    assert [standard.stages(pretrained=pretrained) for pretrained in (True, False)] == [((12, 1e-3),), ((20, 1e-3),)]


def test_the_report_turns_and_mirrors_and_leaves_colours_alone() -> None:
    augmentation = SCHEDULES["report"].augmentation
    generator = np.random.default_rng(0)
    cuts = generator.integers(0, 256, (8, 16, 16, 4), dtype=np.uint8)
    cuts[..., 3] = 255
    assert np.array_equal(develop(cuts, augmentation, generator), cuts[..., :3])
    plain = np.broadcast_to(np.array([200, 30, 90, 255], np.uint8), (8, 16, 16, 4))
    assert np.array_equal(pose(plain, augmentation, generator), plain)
    halves = np.zeros((8, 16, 16, 4), np.uint8)
    halves[:, :8] = 255
    turned = pose(halves, augmentation, generator)
    assert len({image.tobytes() for image in turned}) == 8
