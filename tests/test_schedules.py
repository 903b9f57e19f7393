import pytest

from gemhier.models.backbones import BACKBONES
from gemhier.pipeline.schedules import SCHEDULES, Schedule, TrainConfig


@pytest.mark.parametrize(("share", "size"), [(1.0, 224), (0.72, 160), (0.5, 128), (0.01, 32)])
def test_training_crops_are_a_multiple_of_the_stride(share: float, size: int) -> None:
    assert Schedule(name="x", description="", train_share=share).train_size(224) == size


def test_a_full_share_keeps_the_side_whatever_the_stride() -> None:
    assert Schedule(name="x", description="").train_size(260) == 260


def test_the_default_settings_name_what_there_is() -> None:
    config = TrainConfig()
    assert config.backbone in BACKBONES
    assert config.schedule in SCHEDULES


@pytest.mark.parametrize("name", ["mode", "backbone", "schedule"])
def test_an_unknown_name_lists_the_known_ones(name: str) -> None:
    with pytest.raises(ValueError, match=f"`{name}` must be one of .*, .*Received: 'nonsense'"):
        TrainConfig(**{name: "nonsense"})
