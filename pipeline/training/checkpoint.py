"""The state of a training after each epoch: saved beside the state before, so that a kill at any moment leaves one."""

import re
import shutil
from contextlib import suppress
from pathlib import Path

import keras

from gemhier.atomic import write_whole

_STATE = "epoch-{epoch:05d}.weights.h5"
_NAME = re.compile(r"epoch-(\d+)\.weights\.h5")

_KEPT = 2
"""How many states stay: a machine that loses its power may leave the last one unwritten under its name."""


class Checkpoint(keras.callbacks.Callback):
    """Saves the model and its optimizer after each epoch.

    Args:
        folder: for the states; nothing else is in it.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Save the state, and forget all but the last ones."""
        save_weights(self.model, self.folder / _STATE.format(epoch=epoch + 1))
        for path in _states(self.folder)[_KEPT:]:
            path.unlink(missing_ok=True)


def restore(model: keras.Model, folder: Path) -> int:
    """Load the last state that a training saved, and return how many epochs it had done; 0 if there is none.

    Args:
        model: compiled like that of the training.
        folder: of the states.
    """
    for path in _states(folder):
        if not model.optimizer.built:
            model.optimizer.build(model.trainable_variables)
        if load_weights(model, path):
            return _epoch(path)
    return 0


def save_weights(model: keras.Model, path: Path) -> None:
    """Write a model's weights, and the state of its optimizer, to a file that appears when it is whole.

    Args:
        model: the model.
        path: the file, `....weights.h5`.
    """
    # Keras writes in place, and only to names that end so.
    scratch = path.parent / "saving"
    shutil.rmtree(scratch, ignore_errors=True)  # left by a kill
    scratch.mkdir(parents=True)
    try:
        model.save_weights(scratch / path.name)
        write_whole(path, (scratch / path.name).read_bytes())
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def load_weights(model: keras.Model, path: Path) -> bool:
    """Load what `save_weights` wrote; False if there is no such file, or only a part of it."""
    with suppress(OSError):  # so says h5py of both
        model.load_weights(path)
        return True
    return False


def _states(folder: Path) -> list[Path]:
    """Return the files of the states, the last first."""
    found = [path for path in folder.glob("*.weights.h5") if _NAME.fullmatch(path.name)]
    return sorted(found, key=_epoch, reverse=True)


def _epoch(path: Path) -> int:
    found = _NAME.fullmatch(path.name)
    return int(found[1]) if found else 0
