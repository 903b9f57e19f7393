"""How a network is trained: named schedules, and the settings of one training."""

from dataclasses import dataclass, field

from gemhier.models.augmentation import Augmentation
from gemhier.models.backbones import BACKBONES
from gemhier.models.modes import FLAT_LOSSES, MODES


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """The phases of a training: heads on frozen features first, then everything.

    Attributes:
        name: what the command line calls it.
        description: one line for people.
        views: how many views of each picture's frozen features the heads learn from; the first is unchanged.
        head_epochs: passes over all views with the backbone frozen.
        head_rate: learning rate of that phase.
        tune_epochs: passes with the backbone trainable too.
        frozen_share: share of the backbone's layers, from the picture on, that stay as they were: edges
            and colours are the same in all pictures, and this halves the time. Not for a backbone
            without pretrained weights.
        tune_rate: highest learning rate of that phase, which falls along a half cosine.
        scratch_rate: the same for a backbone without pretrained weights.
        batch: pictures a step.
        smoothing: of the labels.
        dropout: share of the features that training drops.
        weight_decay: of AdamW (Loshchilov & Hutter, ICLR 2019).
        augmentation: how far training pictures are changed.
    """

    name: str
    description: str
    views: int = 4
    head_epochs: int = 30
    head_rate: float = 1e-3
    tune_epochs: int = 0
    frozen_share: float = 0.0
    tune_rate: float = 3e-4
    scratch_rate: float = 1e-3
    batch: int = 32
    smoothing: float = 0.1
    dropout: float = 0.2
    weight_decay: float = 0.05
    augmentation: Augmentation = field(default_factory=Augmentation)


SCHEDULES = {
    schedule.name: schedule
    for schedule in (
        Schedule(name="quick", description="heads on frozen features: minutes on two cores"),
        Schedule(
            name="standard",
            description="heads on frozen features, then 20 epochs with the backbone but its first third",
            views=2,
            tune_epochs=20,
            frozen_share=0.33,
        ),
    )
}


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """The settings of one training.

    Attributes:
        mode: which heads are trained: flat, hierarchical or both.
        backbone: a key of `gemhier.models.backbones.BACKBONES`.
        schedule: a key of `SCHEDULES`.
        seed: of the heads' first weights, the order of the pictures and their augmentation.
        folds: 0 to calibrate on the validation pictures, from which the network then learns nothing. 2 or more
            to learn from them too, and to calibrate on what as many further networks say, each of the fold of
            pictures that it has not learned from.
        loss: of the flat head, one of `gemhier.models.modes.FLAT_LOSSES`.

    Raises:
        ValueError: if a name is unknown; it lists the known ones. Or if the schedule would leave a
            backbone without pretrained weights as random as it began.
    """

    mode: str = "both"
    backbone: str = "lite0"
    schedule: str = "standard"
    seed: int = 0
    folds: int = 0
    loss: str = "cross-entropy"

    def __post_init__(self) -> None:
        for name, value, known in (
            ("mode", self.mode, MODES),
            ("backbone", self.backbone, BACKBONES),
            ("schedule", self.schedule, SCHEDULES),
            ("loss", self.loss, FLAT_LOSSES),
        ):
            if value not in known:
                raise ValueError(f"`{name}` must be one of {', '.join(known)}. Received: {value!r}.")
        if self.folds < 0 or self.folds == 1:
            raise ValueError(f"`folds` must be 0, or 2 or more. Received: {self.folds}.")
        if not BACKBONES[self.backbone].pretrained and not SCHEDULES[self.schedule].tune_epochs:
            raise ValueError(
                f"`schedule` must train the backbone too, since {self.backbone} comes without weights. "
                f"Received: {self.schedule!r}."
            )
