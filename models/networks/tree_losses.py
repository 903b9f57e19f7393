"""Losses of a flat classifier that know the tree: what is near in it is less wrong."""

from typing import Any

import keras
import numpy as np
from keras import ops

from gemhier.hierarchy.labels import LabelSpace, route
from gemhier.hierarchy.metrics import severity_matrix

SHARPNESS = 10.0
"""Of soft labels: how quickly they fall with the distance. On average over gems, about as much of a target lies beside
the true label as with smoothed labels: more where many labels share a family, less where one is alone."""

_OUTSIDE = -1e9
"""A logit that no sum sees."""


class SummedLeaves(keras.losses.Loss):
    """Minus the mean log-likelihood of all nodes on the true label's route, P(node) being the sum over its labels.

    Every level weighs alike by its marginal likelihood. As log P(node) is the sum of log P(child | parent) down to it,
    this is the hierarchical cross-entropy of Bertinetto et al. (Making Better Mistakes, CVPR 2020), but with weights
    that fall linearly from the family down. One softmax over the labels, as in Valmadre (Hierarchical Classification
    at Multiple Operating Points, NeurIPS 2022).

    Args:
        space: the labels.
        smoothing: the share of a target that is spread evenly over all labels.
    """

    def __init__(self, space: LabelSpace, smoothing: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.smoothing = smoothing
        routes = [[space.node_index(node) for node in route(label)] for label in space.labels]
        deepest = max(len(nodes) for nodes in routes)
        # An inner node that is also a label is the last of its route twice: all below it, and itself alone.
        self.below = np.zeros((len(space), deepest + 1, len(space)), np.float32)
        self.weights = np.zeros((len(space), deepest + 1), np.float32)
        for label, nodes in enumerate(routes):
            levels = [space.membership[:, node] for node in nodes]
            if levels[-1].sum() > 1:
                levels.append(np.arange(len(space)) == label)
            for level, members in enumerate(levels):
                self.below[label, level] = members
                self.weights[label, level] = 1 / len(levels)

    def call(self, y_true: keras.KerasTensor, y_pred: keras.KerasTensor) -> keras.KerasTensor:
        """(N,) label columns and (N, V) logits to (N,) losses in nats."""
        truth = ops.reshape(ops.cast(y_true, "int32"), (-1,))
        of_label = ops.log_softmax(ops.cast(y_pred, "float32"), axis=1)
        below = ops.take(ops.convert_to_tensor(self.below), truth, axis=0)
        weights = ops.take(ops.convert_to_tensor(self.weights), truth, axis=0)
        within = ops.logsumexp(ops.where(below > 0, ops.expand_dims(of_label, 1), _OUTSIDE), axis=2)
        likelihood = ops.sum(ops.where(weights > 0, weights * within, 0.0), axis=1)
        return -(1 - self.smoothing) * likelihood - self.smoothing * ops.mean(of_label, axis=1)


class SoftLabels(keras.losses.Loss):
    """Cross-entropy with a target that falls with the distance in the tree from the true label.

    target(label) ∝ exp(-sharpness · distance), the distance being the height of the lowest common ancestor as a share
    of the root's (Bertinetto et al., Making Better Mistakes, CVPR 2020).

    Args:
        space: the labels.
        sharpness: above 0; the higher, the more the target is the true label alone.
    """

    def __init__(self, space: LabelSpace, sharpness: float = SHARPNESS, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        heights = severity_matrix(space).astype(np.float64)
        powers = np.exp(-sharpness * heights / max(1.0, heights.max()))
        self.targets = (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32)

    def call(self, y_true: keras.KerasTensor, y_pred: keras.KerasTensor) -> keras.KerasTensor:
        """(N,) label columns and (N, V) logits to (N,) losses in nats."""
        truth = ops.reshape(ops.cast(y_true, "int32"), (-1,))
        target = ops.take(ops.convert_to_tensor(self.targets), truth, axis=0)
        return -ops.sum(target * ops.log_softmax(ops.cast(y_pred, "float32"), axis=1), axis=1)
