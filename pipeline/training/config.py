"""How a network is trained: named schedules, and the settings of one training."""

import math
from collections.abc import Collection
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from gemhier.models.augment.augmentation import Augmentation
from gemhier.models.augment.camera import Camera
from gemhier.models.networks.backbones import BACKBONES, Backbone, backbone
from gemhier.models.networks.modes import FLAT_LOSSES, MODES
from gemhier.pipeline.training.devices import MACHINES, STRATEGIES

SMALLEST_IMAGES = 32
"""The least side of pictures in pixels: every backbone halves them five times."""


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """The phases of a training: heads on frozen features first, then everything.

    Attributes:
        name: what the command line calls it.
        description: one line for people.
        views: how many views of each picture's frozen features the heads learn from; the first is unchanged.
            A balanced training has its copies instead.
        head_epochs: passes over all views with the backbone frozen.
        head_rate: learning rate of that phase.
        tune_epochs: passes with the backbone trainable too.
        frozen_share: share of the backbone's layers, from the picture on, that stay as they were: edges
            and colours are the same in all pictures, and this halves the time. Not for a backbone
            without pretrained weights.
        tune_rate: highest learning rate of that phase.
        scratch_epochs: passes for a backbone without pretrained weights, which has no phase of the heads; None for as
            many as `tune_epochs`.
        scratch_rate: the highest learning rate for it.
        scratch_tuned: whether such a backbone has the passes of a pretrained one after these, at their rate. For rates
            that stay as they are.
        constant: whether rates stay as they are, or rise at first and then fall along a half cosine.
        batch: pictures a step.
        smoothing: of the labels.
        dropout: share of the features that training drops.
        hidden: units of a dense layer with ReLU before the heads; 0 for none. See `build_network`.
        l2: how strongly the squared weights of that layer are kept small.
        weight_decay: of AdamW (Loshchilov & Hutter, ICLR 2019); 0 for Adam (Kingma & Ba, ICLR 2015).
        augmentation: how far training pictures are changed.
    """

    name: str
    description: str
    views: int = 4
    head_epochs: int = 30
    head_rate: float = 1e-3
    tune_epochs: int = 0
    frozen_share: float = 0.0
    tune_rate: float = 1e-3
    scratch_epochs: int | None = None
    scratch_rate: float = 1e-3
    scratch_tuned: bool = False
    constant: bool = False
    batch: int = 32
    smoothing: float = 0.1
    dropout: float = 0.2
    hidden: int = 0
    l2: float = 0.0
    weight_decay: float = 0.05
    augmentation: Augmentation = field(default_factory=Augmentation)

    def stages(self, *, pretrained: bool) -> tuple[tuple[int, float], ...]:
        """Return the passes with the backbone trainable, and their highest learning rate; several, one after another.

        Empty where the backbone stays as it is.
        """
        tuned = (self.tune_epochs, self.tune_rate)
        scratch = (self.tune_epochs if self.scratch_epochs is None else self.scratch_epochs, self.scratch_rate)
        stages = (tuned,) if pretrained else (scratch, tuned) if self.scratch_tuned else (scratch,)
        return tuple(stage for stage in stages if stage[0])

    def changed(self, epochs: int | None, batch: int | None, learning_rate: float | None) -> "Schedule":
        """Return the same schedule with other numbers; None leaves one as it is.

        Epochs and learning rate are those of the last phase: of the whole network, or of the heads where nothing else
        is trained.
        """
        last = ("head",) if not self.tune_epochs else ("tune",) if self.scratch_tuned else ("tune", "scratch")
        counts, rates = ([f"{phase}_{what}" for phase in last] for what in ("epochs", "rate"))
        changes: dict[str, Any] = dict.fromkeys(counts, epochs) | dict.fromkeys(rates, learning_rate) | {"batch": batch}
        return replace(self, **{name: value for name, value in changes.items() if value is not None})

    def longer(self, times: int) -> "Schedule":
        """Return the same schedule with that many times as many passes in each phase."""
        scratch = None if self.scratch_epochs is None else times * self.scratch_epochs
        heads, tuned = times * self.head_epochs, times * self.tune_epochs
        return replace(self, head_epochs=heads, tune_epochs=tuned, scratch_epochs=scratch)


SCHEDULES = {
    schedule.name: schedule
    for schedule in (
        Schedule(name="quick", description="heads on frozen features: minutes on two cores"),
        Schedule(
            name="standard",
            description="heads on frozen features, then 12 epochs with the backbone but its first third",
            views=2,
            tune_epochs=12,
            scratch_epochs=20,
            frozen_share=0.33,
        ),
        Schedule(
            name="report",
            description="the 2024 report's: 15 epochs at 1e-3 with the backbone frozen, or with everything where it "
            "starts from random weights, then 5 at 1e-5 with everything; turns and mirroring only",
            head_epochs=15,
            tune_epochs=5,
            tune_rate=1e-5,
            scratch_epochs=15,
            scratch_tuned=True,
            constant=True,
            smoothing=0.0,
            dropout=0.5,
            hidden=512,
            l2=1e-3,
            weight_decay=0.0,
            augmentation=Augmentation(zoom=0.0, shift=0.0, camera=Camera(untouched=1.0), outline=0.0, bare=0.0),
        ),
    )
}


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """The settings of one training.

    Attributes:
        mode: which heads are trained: flat, hierarchical or both.
        backbone: a key of `gemhier.models.networks.backbones.BACKBONES`, or several joined by +: as many networks are
            trained, from seeds that follow on `seed`, at one size, and averaged into one.
        schedule: a key of `SCHEDULES`.
        seed: of the heads' first weights, the order of the pictures and their augmentation.
        folds: 0 to calibrate on the validation pictures, from which the network then learns nothing. 2 or more
            to learn from them too, and to calibrate on what as many further networks say, each of the fold of
            pictures that it has not learned from.
        loss: of the flat head, one of `gemhier.models.networks.modes.FLAT_LOSSES`.
        weights: what the backbone starts from: `imagenet`, `none` for random weights, or the path of a file of
            Keras weights; None for ImageNet's where it has them.
        balance: about how many pictures of each class a pass shows, by turned and mirrored copies or by leaving
            some out; 0 for each picture once. Pictures that nothing is learned from are never balanced.
        mixed_precision: train the backbone in bfloat16. What comes out computes in float32.
        strategy: on which devices, one of `gemhier.pipeline.training.devices.STRATEGIES`. It is no part of what a
            training is told apart by.
        epochs: passes of the schedule's last phase; None for the schedule's own number, as with the next two.
        batch_size: pictures a step.
        learning_rate: the highest one of the schedule's last phase.
        image_size: side of the pictures that the networks see, in pixels; None for that of the first backbone.
        times: how many times as many passes each phase has as the numbers before say; None for as many.

    Raises:
        ValueError: if a name is unknown; it lists the known ones. Or if a number is out of range, there are no such
            weights, or the schedule would leave random ones as they began.
    """

    mode: str = "both"
    backbone: str = "lite0"
    schedule: str = "standard"
    seed: int = 0
    folds: int = 0
    loss: str = "cross-entropy"
    weights: str | None = None
    balance: int = 0
    mixed_precision: bool = False
    strategy: str = "auto"
    epochs: int | None = None
    batch_size: int | None = None
    learning_rate: float | None = None
    image_size: int | None = None
    times: int | None = None

    def __post_init__(self) -> None:
        choices: tuple[tuple[str, str, Collection[str]], ...] = (
            ("mode", self.mode, MODES),
            *(("backbone", name, BACKBONES) for name in self.backbone.split("+")),
            ("schedule", self.schedule, SCHEDULES),
            ("loss", self.loss, FLAT_LOSSES),
            ("strategy", self.strategy, STRATEGIES),
        )
        for name, value, known in choices:
            if value not in known:
                raise ValueError(f"`{name}` must be one of {', '.join(known)}. Received: {value!r}.")
        if self.folds < 0 or self.folds == 1:
            raise ValueError(f"`folds` must be 0, or 2 or more. Received: {self.folds}.")
        if self.balance < 0:
            raise ValueError(f"`balance` must be 0, or 1 or more. Received: {self.balance}.")
        for name, count in (("epochs", self.epochs), ("batch_size", self.batch_size), ("times", self.times)):
            if count is not None and (type(count) is not int or count < 1):
                raise ValueError(f"`{name}` must be a whole number of 1 or more. Received: {count!r}.")
        size = self.image_size
        if size is not None and (type(size) is not int or size < SMALLEST_IMAGES):
            raise ValueError(
                f"`image_size` must be a whole number of pixels, {SMALLEST_IMAGES} or more. Received: {size!r}."
            )
        if self.strategy == MACHINES and self.folds:
            raise ValueError(
                f"`folds` must be 0 where `strategy` is {MACHINES}: calibrate on validation pictures. "
                f"Received: {self.folds}."
            )
        rate = self.learning_rate
        if rate is not None and (type(rate) not in (int, float) or not 0 < rate < math.inf):
            raise ValueError(f"`learning_rate` must be a number above 0, such as 0.001. Received: {rate!r}.")
        for chosen in self.backbones:
            tuned = self.phases.stages(pretrained=chosen.pretrained)
            if self.strategy == MACHINES and not tuned:
                raise ValueError(
                    f"`schedule` must train the backbone too where `strategy` is {MACHINES}, since nothing else is "
                    f"spread. Received: {self.schedule!r}."
                )
            if not chosen.pretrained and not tuned:
                raise ValueError(
                    f"`schedule` must train the backbone too, since {chosen.name} starts from random weights. "
                    f"Received: {self.schedule!r}."
                )
            if chosen.weights_file and len(self.backbones) > 1:
                raise ValueError(
                    f"`weights` must not be a file for several backbones, {self.backbone}. Received: {self.weights!r}."
                )

    @property
    def backbones(self) -> tuple[Backbone, ...]:
        """The backbone of each network, with the weights that it starts from."""
        return tuple(backbone(name, self.weights) for name in self.backbone.split("+"))

    @property
    def size(self) -> int:
        """The side of the pictures that the networks see, in pixels."""
        return self.image_size or self.backbones[0].size

    @property
    def weights_id(self) -> str:
        """What the weights are that training starts from."""
        return self.backbones[0].weights_id()

    @property
    def phases(self) -> Schedule:
        """The schedule, with the numbers that stand in place of its own."""
        return (
            SCHEDULES[self.schedule].changed(self.epochs, self.batch_size, self.learning_rate).longer(self.times or 1)
        )

    @property
    def details(self) -> dict[str, Any]:
        """The numbers of all phases, JSON values."""
        numbers = asdict(self.phases)
        if not numbers["scratch_tuned"]:  # as before there was one: answers that are kept stay known
            del numbers["scratch_tuned"]
        return numbers

    def to_dict(self) -> dict[str, Any]:
        """JSON values, with the weights by what they are and not by where they lie.

        Numbers that the schedule was left are not among them, nor is where it is trained.
        """
        settings = {**asdict(self), "weights": self.weights_id}
        return {name: value for name, value in settings.items() if value is not None and name != "strategy"}
