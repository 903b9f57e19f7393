"""On which devices a network is trained: one, or all of a machine or of several, each with its part of a batch."""

import os
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from gemhier.errors import DataError
from gemhier.pipeline.training import machines

MACHINES = "machines"

STRATEGIES = ("auto", "none", "mirrored", MACHINES)
"""auto: mirrored where there are several graphics cards. none: one device. mirrored: all graphics cards; where there is
none, all that TensorFlow makes of the processor. machines: those of several machines, or their processors."""


def takes_part(strategy: str) -> bool:
    """Tell whether another machine leads the training, and this one only takes part in it.

    Raises:
        DataError: if TF_CONFIG does not say which machines there are, where it must.
    """
    return strategy == MACHINES and not machines.place().leads


def replicas(strategy: str) -> int:
    """Count the devices that a training is spread over."""
    if strategy == MACHINES:
        import tensorflow as tf

        # Logical devices would be made here, and they must not be before the machines have met.
        return machines.place().count * max(1, len(tf.config.list_physical_devices("GPU")))
    return len(_devices(strategy)) or 1


def scope(strategy: str) -> AbstractContextManager[Any]:
    """Return the context in which the network that is trained is built, compiled and fitted.

    Raises:
        DataError: if there are no several devices for what must be spread.
    """
    if strategy == MACHINES:
        over_all: AbstractContextManager[Any] = machines.strategy().scope()
        return over_all
    devices = _devices(strategy)
    if not devices:
        return nullcontext()
    import tensorflow as tf

    mirrored: AbstractContextManager[Any] = tf.distribute.MirroredStrategy(devices).scope()
    return mirrored


def check(strategy: str, batch: int, pictures: int) -> None:
    """Refuse what cannot be spread, before anything is trained.

    Args:
        strategy: one of `STRATEGIES`.
        batch: pictures a step, of all devices together.
        pictures: those of an epoch.

    Raises:
        DataError: if there are no several devices, too few pictures for them, or several machines are described,
            or not, where the strategy is another.
    """
    if strategy not in ("none", MACHINES) and os.environ.get("TF_CONFIG"):
        raise DataError(
            "TF_CONFIG describes several machines. Train over them with --strategy machines, or unset it to train on "
            "this one."
        )
    count = replicas(strategy)
    if strategy == "mirrored" and count < 2:
        raise DataError(
            f"--strategy mirrored needs two devices or more, and TensorFlow finds {count} here. Leave it out."
        )
    if batch < 2 * count:
        raise DataError(
            f"A step must have two pictures or more for each of {count} devices. Received: --batch-size {batch}."
        )
    if pictures < 2 * count and count > 1:
        raise DataError(
            f"An epoch must show two pictures or more for each of {count} devices. Received: {pictures} pictures."
        )


def _devices(strategy: str) -> list[str]:
    """Return the names of several devices; none to train on one."""
    if strategy == "none":
        return []
    import tensorflow as tf

    kinds = ("GPU", "CPU") if strategy == "mirrored" else ("GPU",)
    found = (tf.config.list_logical_devices(kind) for kind in kinds)
    several: list[list[tf.config.LogicalDevice]] = [devices for devices in found if devices][:1]
    return [device.name for device in several[0]] if several and len(several[0]) > 1 else []
