"""A training over several machines in step: the first of them leads, the others take part.

Each machine runs the same command and takes its part of every batch. Whatever else there is to do, the leader does
alone: it fits the heads to frozen features, measures, keeps the states and records. What it begins or goes on with, it
hands to the others, who therefore keep nothing.
"""

import json
import os
import re
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from gemhier.errors import DataError, EngineError
from gemhier.progress import say

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

Array = npt.NDArray[Any]

_EXAMPLE = '{"cluster": {"worker": ["10.0.0.1:4000", "10.0.0.2:4000"]}, "task": {"type": "worker", "index": 0}}'
_JOBS = ("chief", "worker")


@dataclass(frozen=True)
class Place:
    """Which of several machines this is.

    Attributes:
        number: its own, counted from 0.
        count: of all.
        address: host and port where it listens to the others.
    """

    number: int
    count: int
    address: str

    @property
    def leads(self) -> bool:
        """Whether it is the one that the training belongs to."""
        return self.number == 0


@dataclass(frozen=True)
class Share:
    """Which parts of each batch a machine takes, one for each of its devices.

    Attributes:
        parts: those, counted from 0 over all machines.
        of: into how many a batch is divided, about equally.
    """

    parts: range
    of: int


def place() -> Place:
    """Read from TF_CONFIG which machines there are and which this is.

    https://www.tensorflow.org/guide/distributed_training#setting_up_the_tf_config_environment_variable

    Raises:
        DataError: if it is not set, does not say that, or names a single machine.
    """
    text = os.environ.get("TF_CONFIG", "")
    if not text:
        raise DataError(
            "--strategy machines needs TF_CONFIG, the variable that lists all machines and says which this is. "
            f"Set it, for instance to {_EXAMPLE}"
        )
    try:
        described = json.loads(text)
        cluster, task = dict(described["cluster"]), described["task"]
        listed = [(job, number, str(one)) for job in _JOBS for number, one in enumerate(cluster.get(job, []))]
        number = [known[:2] for known in listed].index((task["type"], int(task["index"])))
    except (ValueError, KeyError, TypeError) as error:
        raise _misread(text, "does not list this machine among all") from error
    addresses = [address for _, _, address in listed]
    if others := sorted(set(cluster) - set(_JOBS)):
        raise _misread(text, f"lists machines as {', '.join(others)}, where all must be workers")
    if not all(re.fullmatch(r".+:\d+", address) for address in addresses):
        raise _misread(text, "lists a machine without its port")
    if len(set(addresses)) < len(addresses):
        raise _misread(text, "lists a machine twice")
    if len(listed) < 2:
        raise _misread(text, "lists a single machine, and --strategy machines needs two or more")
    return Place(number, len(listed), addresses[number])


def connect(key: str) -> None:
    """Meet the other machines, before anything else is computed, and see that all train the same.

    Args:
        key: tells trainings apart; of the same length on all machines.

    Raises:
        DataError: if this machine cannot listen at its address, or is about to train something else than the leader.
    """
    own = np.frombuffer(key.encode(), np.uint8).astype(np.int32)
    if not np.array_equal(from_leader([own])[0], own):
        raise DataError(
            "This machine is about to train something else than the first one of TF_CONFIG. Give all of them the same "
            "gemhier, the same data folder and the same command."
        )


@cache
def strategy() -> "tf.distribute.Strategy":
    """Return the strategy over all machines. The first call waits until all are there.

    Raises:
        DataError: if this machine cannot listen at its address, or the others do not come.
    """
    import tensorflow as tf

    own = place()
    say(f"Machine {own.number + 1} of {own.count}, {own.address}: waiting until all are there ...")
    try:
        with _ended_at_once():
            found = tf.distribute.MultiWorkerMirroredStrategy()
    except tf.errors.OpError as error:
        raise DataError(
            f"{own.address}: the machines of TF_CONFIG do not meet ({_first_line(error)}). Check that the port is free "
            "here, and that all machines were started and reach each other."
        ) from error
    if _is_main_thread():
        # TensorFlow takes this signal for itself, and a machine that is told to stop would go on.
        signal.signal(signal.SIGTERM, signal.getsignal(signal.SIGTERM))
    return found


def from_leader(values: Sequence[Array]) -> list[Array]:
    """Return what the leader gives, on all machines; all must call it, with arrays of the same shapes and types."""
    import tensorflow as tf

    with strategy().scope():
        # A variable begins on all machines with the first one's value.
        return [tf.Variable(value, trainable=False).numpy() for value in values]


def hand_on(model: "keras.Model", done: int) -> int:
    """Give a compiled model the state that the leader's has, its optimizer's included.

    Args:
        model: built and compiled in the strategy's scope, with its optimizer built.
        done: how many epochs it has learnt; the leader's number counts.

    Returns:
        The leader's number.
    """
    variables = [*model.variables, *model.optimizer.variables]
    epochs, *state = from_leader([np.array(done), *(variable.numpy() for variable in variables)])
    with strategy().scope():
        for variable, value in zip(variables, state, strict=True):
            variable.assign(value)
    return int(epochs)


def fit(
    model: "keras.Model",
    batches: Callable[[Share], "tf.data.Dataset"],
    *,
    initial_epoch: int,
    epochs: int,
    steps_per_epoch: int,
    callbacks: "list[keras.callbacks.Callback]",
) -> None:
    """Train a model in step with the other machines; its own `fit` cannot.

    Keras 3.15's fails twice: to build the model it reduces a first batch whose parts lie on several machines, and it
    takes the mean of every step's loss along an axis that a single number does not have.

    Args:
        model: built and compiled in the strategy's scope, the same on all machines.
        batches: gives a machine its share of each batch, from the first of `initial_epoch` on.
        initial_epoch: how many epochs are done.
        epochs: how many there are.
        steps_per_epoch: batches of each.
        callbacks: told on this machine; they may not ask anything of the others.
    """
    import keras
    import tensorflow as tf

    def share(context: "tf.distribute.InputContext") -> "tf.data.Dataset":
        of = context.num_replicas_in_sync
        own = of // context.num_input_pipelines
        first = context.input_pipeline_id * own
        return batches(Share(range(first, first + own), of))

    def step(iterator: "tf.distribute.DistributedIterator") -> None:
        strategy().run(model.train_step, args=(next(iterator),))

    compiled = tf.function(step, reduce_retracing=True, autograph=False)
    iterator = iter(strategy().distribute_datasets_from_function(share))
    told = keras.callbacks.CallbackList(callbacks, model=model, epochs=epochs, steps=steps_per_epoch)
    told.on_train_begin()
    for epoch in range(initial_epoch, epochs):
        model.reset_metrics()
        told.on_epoch_begin(epoch)
        for number in range(steps_per_epoch):
            told.on_train_batch_begin(number)
            compiled(iterator)
            told.on_train_batch_end(number)
        told.on_epoch_end(epoch, {name: float(value) for name, value in model.get_metrics_result().items()})
    told.on_train_end()


@contextmanager
def together(key: str) -> Iterator[None]:
    """Meet the other machines, stay together until the leader has ended, and say in one line if one is lost.

    Args:
        key: as for `connect`.

    Raises:
        DataError: as for `connect`.
        EngineError: if another machine has stopped, or cannot be reached any more.
    """
    import tensorflow as tf

    leads = place().leads
    lost = tf.errors.UnavailableError, tf.errors.AbortedError, tf.errors.CancelledError
    try:
        with nullcontext() if leads else _ended_at_once():
            connect(key)
            yield
            # That the others are gone when all is done is no loss to the leader.
            with suppress(*lost) if leads else nullcontext():
                from_leader([np.array(True)])
    except lost as error:
        raise EngineError(
            "Another machine has stopped or cannot be reached any more. See what it says, then give the same command "
            "on all machines again: it goes on where it stood."
        ) from error


@contextmanager
def _ended_at_once() -> Iterator[None]:
    """Let Ctrl-C end the process, which else would hear of it only when TensorFlow has done waiting for others."""
    if not _is_main_thread():
        yield
        return
    usual = signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, usual)


def _is_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


def _misread(text: str, what: str) -> DataError:
    return DataError(f"TF_CONFIG {what}. It must be like {_EXAMPLE} Received: {text}")


def _first_line(error: "tf.errors.OpError") -> str:
    return str(error.message).partition("\n")[0].rstrip(": ")
