"""A progress bar over the steps of a training."""

from typing import TYPE_CHECKING

import keras

from gemhier.progress import progress

if TYPE_CHECKING:
    from click._termui_impl import ProgressBar


class TrainingBar(keras.callbacks.Callback):
    """A progress bar over all steps of a phase, those before a resumption included."""

    def __init__(self, label: str, epochs: int) -> None:
        super().__init__()
        self.label = label
        self.epochs = epochs
        self.done = 0

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        """Show the bar."""
        self.steps = int(self.params["steps"])
        self.bar: ProgressBar[None] = progress(None, self.label, length=self.epochs * self.steps)
        self.bar.__enter__()

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Step over what was done before a resumption."""
        self._advance_to(epoch * self.steps)

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """Count a step."""
        self._advance_to(self.done + 1)

    def on_train_end(self, logs: dict[str, float] | None = None) -> None:
        """Take the bar away."""
        self.bar.__exit__(None, None, None)

    def _advance_to(self, step: int) -> None:
        self.bar.update(step - self.done)
        self.done = step
