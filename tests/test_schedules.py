import pytest

from gemhier.models.backbones import BACKBONES
from gemhier.pipeline.schedules import SCHEDULES, TrainConfig


def test_the_default_settings_name_what_there_is() -> None:
    config = TrainConfig()
    assert config.backbone in BACKBONES
    assert config.schedule in SCHEDULES


@pytest.mark.parametrize("name", ["mode", "backbone", "schedule"])
def test_an_unknown_name_lists_the_known_ones(name: str) -> None:
    with pytest.raises(ValueError, match=f"`{name}` must be one of .*, .*Received: 'nonsense'"):
        TrainConfig(**{name: "nonsense"})


def test_a_backbone_without_weights_is_not_left_as_random_as_it_began() -> None:
    with pytest.raises(ValueError, match="report-cnn comes without weights. Received: 'quick'"):
        TrainConfig(backbone="report-cnn", schedule="quick")
    assert TrainConfig(backbone="report-cnn", schedule="standard").backbone == "report-cnn"
