"""The settings of a stone finder's training, and what an epoch of it comes to."""

from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class FinderConfig:
    """The settings of a finder's training.

    Attributes:
        size: side of what the network sees, in pixels, a multiple of 32.
        epochs: how often the network is measured.
        steps: batches an epoch.
        batch: scenes a batch.
        learning_rate: highest learning rate, which falls along a half cosine.
        frozen_share: share of the backbone's layers, from the picture on, that stay as they were. Trained ones learn
            how stones are pasted into scenes, and forget what other things look like.
        seed: of the first weights and of the scenes.
    """

    size: int = 224
    epochs: int = 26
    steps: int = 80
    batch: int = 24
    learning_rate: float = 1e-3
    frozen_share: float = 1.0
    seed: int = 0


@dataclass(frozen=True)
class FinderEpoch:
    """What one epoch came to.

    Attributes:
        number: from 1.
        loss: of the training scenes.
        validation: measure to value on the validation scenes.
    """

    number: int
    loss: float
    validation: dict[str, float] = field(default_factory=dict)
