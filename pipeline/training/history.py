"""The epochs of a training, and the file that keeps them for when it is taken up again."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from gemhier.atomic import write_whole

CURVE = "curve/"
"""Stands before the name of a measure on the validation pictures over the epochs."""

LOSS_CURVE, FLAT_CURVE, FAMILY_CURVE = "train/loss", f"{CURVE}flat_top1", f"{CURVE}family_top1"
"""The measures of a training over its epochs that a report shows."""


@dataclass(frozen=True)
class Epoch:
    """What one pass over the training pictures came to.

    Attributes:
        phase: "heads", or "everything" with the backbone.
        number: counts through both phases, from 1.
        loss: of the training pictures, in nats, the sum over heads.
        validation: measure to value on the validation pictures, such as flat_top1.
        network: which of several networks that are averaged, from 0.
    """

    phase: str
    number: int
    loss: float
    validation: dict[str, float] = field(default_factory=dict)
    network: int = 0


class EpochLog:
    """The epochs so far, kept in a file so that a resumed training has them all.

    Args:
        path: the file, a line of JSON for each epoch.
        on_epoch: called with each epoch that is added.
    """

    def __init__(self, path: Path, on_epoch: Callable[[Epoch], None]) -> None:
        self.path = path
        self.on_epoch = on_epoch
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        self.epochs = [Epoch(**json.loads(line)) for line in lines]

    def add(self, epoch: Epoch) -> None:
        """Keep an epoch."""
        # A kill between checkpoint and log repeats an epoch: the later record stands.
        self.epochs = [*(known for known in self.epochs if known.number < epoch.number), epoch]
        text = "".join(json.dumps(vars(known)) + "\n" for known in self.epochs)
        write_whole(self.path, text.encode())
        self.on_epoch(epoch)


@dataclass(frozen=True)
class Curve:
    """A measure of a run over its epochs.

    Attributes:
        name: as the run names it.
        epochs: their numbers, from 1.
        values: of the measure, one for each.
    """

    name: str
    epochs: tuple[int, ...]
    values: tuple[float, ...]
