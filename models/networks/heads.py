"""The heads on a shared backbone, and the losses that train them.

flat      one softmax over all labels
family    the general classifier: one softmax over families
regional  the regional networks side by side: one softmax within each family
"""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import ops

from gemhier.arrays import Float32
from gemhier.hierarchy.labels import LabelSpace
from gemhier.models.networks.hier_cos import HierCOS
from gemhier.models.networks.modes import HIER_COS, NODES, trained_outputs
from gemhier.models.networks.tree_losses import SoftLabels, SummedLeaves

_OUTSIDE = -1e9
"""A logit that no softmax sees."""


def family_members(space: LabelSpace) -> Float32:
    """(V, F) 1 where label v belongs to family f."""
    return np.eye(len(space.families), dtype=np.float32)[space.parents]


class Standardise(keras.layers.Layer):
    """Shift and scale each feature to mean 0 and variance 1 over the training pictures, and keep that scaling."""

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Start as the identity."""
        width = (input_shape[-1],)
        self.mean = self.add_weight(shape=width, initializer="zeros", trainable=False, name="mean")
        self.scale = self.add_weight(shape=width, initializer="ones", trainable=False, name="scale")

    def adapt(self, features: Float32) -> None:
        """Take the scaling from (N, D) features."""
        variance = features.var(axis=0)
        # A colour that hardly any training picture has must not shout when it appears: no variance counts
        # as less than a hundredth of the average one.
        floor = 0.01 * float(variance.mean()) + np.finfo(np.float32).tiny
        self.mean.assign(features.mean(axis=0))
        self.scale.assign(1 / np.sqrt(np.maximum(variance, floor)))

    def call(self, features: keras.KerasTensor) -> keras.KerasTensor:
        """(N, D) to (N, D)."""
        return (features - self.mean) * self.scale


class FamilyFromFlat(keras.layers.Layer):
    """Family logits of a flat classifier: the log of the summed exponentials of each family's labels."""

    def __init__(self, space: LabelSpace, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.members = family_members(space)

    def call(self, flat: keras.KerasTensor) -> keras.KerasTensor:
        """(N, V) logits to (N, F) logits."""
        return _log_sums(flat, self.members)


class FlatFromHierarchy(keras.layers.Layer):
    """Flat logits of a hierarchical classifier: log P(family) + log P(label | family)."""

    def __init__(self, space: LabelSpace, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.members = family_members(space)

    def call(self, family: keras.KerasTensor, regional: keras.KerasTensor) -> keras.KerasTensor:
        """(N, F) and (N, V) logits to (N, V) log-probabilities."""
        of_family = ops.log_softmax(family, axis=1) - _log_sums(regional, self.members)
        return regional + ops.matmul(of_family, ops.convert_to_tensor(self.members.T))


class CrossEntropy(keras.losses.Loss):
    """Cross-entropy with smoothed labels (Szegedy et al., CVPR 2016), over a softmax or one within each family.

    Args:
        smoothing: the share of a target that is spread evenly over the choices.
        siblings: (V, V) 1 where two labels share a family, to stay within the true label's family;
            None for one softmax over everything.
    """

    def __init__(self, smoothing: float, siblings: Float32 | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.smoothing = smoothing
        self.siblings = siblings

    def call(self, y_true: keras.KerasTensor, y_pred: keras.KerasTensor) -> keras.KerasTensor:
        """(N,) class columns and (N, C) logits to (N,) losses in nats."""
        classes = y_pred.shape[1]
        truth = ops.reshape(ops.cast(y_true, "int32"), (-1,))
        logits = ops.cast(y_pred, "float32")
        if self.siblings is None:
            choices = ops.ones_like(logits)
        else:
            choices = ops.take(ops.convert_to_tensor(self.siblings), truth, axis=0)
            logits = ops.where(choices > 0, logits, _OUTSIDE)
        spread = choices / ops.sum(choices, axis=1, keepdims=True)
        target = (1 - self.smoothing) * ops.one_hot(truth, classes) + self.smoothing * spread
        # A label outside the family has target 0 and a log-probability near -1e9: leave it out of the sum.
        return -ops.sum(ops.where(choices > 0, target * ops.log_softmax(logits, axis=1), 0.0), axis=1)


def _log_sums(logits: keras.KerasTensor, members: Float32) -> keras.KerasTensor:
    """(N, V) logits to (N, F): the log of the summed exponentials of each family's labels."""
    # Each family by its own largest logit: nothing ties the level of one regional network to that of
    # another, and the sum of one far below a common largest logit would vanish.
    largest = ops.max(ops.where(members.T[None] > 0, ops.expand_dims(logits, 1), _OUTSIDE), axis=2)
    sums = ops.matmul(ops.exp(logits - ops.matmul(largest, ops.convert_to_tensor(members.T))), members)
    return ops.log(sums) + largest


def losses(space: LabelSpace, mode: str, smoothing: float, flat: str = "cross-entropy") -> dict[str, keras.losses.Loss]:
    """Return the loss of each output that is trained, by its name.

    Args:
        space: the labels.
        mode: a key of `gemhier.models.networks.modes.MODES`.
        smoothing: of the labels.
        flat: one of `gemhier.models.networks.modes.FLAT_LOSSES`, for the flat head.

    Raises:
        ValueError: if there is no such loss.
    """
    of_flat: dict[str, Callable[[], keras.losses.Loss]] = {
        "cross-entropy": lambda: CrossEntropy(smoothing),
        "summed-leaves": lambda: SummedLeaves(space, smoothing),
        "soft-labels": lambda: SoftLabels(space),
        HIER_COS: lambda: HierCOS(space),
    }
    if flat not in of_flat:
        raise ValueError(f"`flat` must be one of {', '.join(of_flat)}. Received: {flat!r}.")
    members = family_members(space)
    of_labels = of_flat[flat]()
    every = {
        "flat": of_labels,
        NODES: of_labels,
        "family": CrossEntropy(smoothing),
        "regional": CrossEntropy(smoothing, siblings=members @ members.T),
    }
    return {output: every[output] for output in trained_outputs(mode, flat)}
