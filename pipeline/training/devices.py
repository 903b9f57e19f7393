"""On which devices a network is trained: one, or all graphics cards of a machine, each with its part of a batch."""

import os
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from gemhier.errors import DataError

STRATEGIES = ("auto", "none", "mirrored")
"""auto: mirrored where there are several graphics cards. none: one device. mirrored: all graphics cards; where there is
none, all that TensorFlow makes of the processor."""


def replicas(strategy: str) -> int:
    """Count the devices that a training is spread over."""
    return len(_devices(strategy)) or 1


def scope(strategy: str) -> AbstractContextManager[Any]:
    """Return the context in which the network that is trained is built, compiled and fitted.

    Raises:
        DataError: if there are no several devices for what must be spread.
    """
    devices = _devices(strategy)
    if not devices:
        return nullcontext()
    import tensorflow as tf

    mirrored: AbstractContextManager[Any] = tf.distribute.MirroredStrategy(devices).scope()
    return mirrored


def check(strategy: str, batch: int) -> None:
    """Refuse what cannot be spread, before anything is trained.

    Args:
        strategy: one of `STRATEGIES`.
        batch: pictures a step, of all devices together.

    Raises:
        DataError: if there are no several devices, too few pictures for them, or a cluster of machines is described.
    """
    count = replicas(strategy)
    if strategy != "none" and os.environ.get("TF_CONFIG"):
        raise DataError(
            "TF_CONFIG describes several machines, over which Keras 3 cannot fit a network. Unset it and train on the "
            "graphics cards of one with --strategy mirrored."
        )
    if strategy == "mirrored" and count < 2:
        raise DataError(
            f"--strategy mirrored needs two devices or more, and TensorFlow finds {count} here. Leave it out."
        )
    if batch < 2 * count:
        raise DataError(
            f"A step must have two pictures or more for each of {count} devices. Received: --batch-size {batch}."
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
