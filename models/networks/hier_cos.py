"""Hier-COS: a feature space in which every node of the tree has a direction of its own, and a label a subspace.

The formulas are those of Sani & Anand, Hier-COS: Making Deep Features Hierarchy-aware via Composition of Orthogonal
Subspaces (CVPR 2026, arXiv:2503.07853), and of the code that they published with it
(github.com/Depanshu-Sani/Hier-COS, util/hiercos_construction.py), which settles what the paper leaves open. Each of
the n nodes of the tree without its root has an orthonormal basis vector e_i. A label's subspace is spanned by the
vectors of its ancestors, of itself and of all below it. Features x are named by the subspace on which their projection
is longest:

    argmax over labels v of ‖P_v x‖ = √(Σ_i∈v ⟨x, e_i⟩²)
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import keras
import numpy as np
from keras import ops

from gemhier.arrays import Float32, Indices
from gemhier.hierarchy.labels import LabelSpace, route

ALPHA = 0.1
"""The weight of the regulariser: the authors' for FGVC-Aircraft, of their four sets the one most like gems, with 100
labels in three levels and some tens of pictures of each."""

_RESIDUAL_BLOCKS = 2
_MOMENTUM = 0.9
_HARDLY_ANY = 1e-12


@dataclass(frozen=True)
class Subspaces:
    """The n basis vectors of a label space, and which of them span each label's subspace.

    All labels are leaves: one that stands above another has a leaf of its own below it, as in `LabelSpace`. Without it
    its subspace would hold the other's, and the other could never win.

    Attributes:
        space: the labels.
    """

    space: LabelSpace

    @cached_property
    def routes(self) -> tuple[tuple[int, ...], ...]:
        """The nodes of each label from its family down, as the places of their basis vectors."""
        inner = {node.rpartition("/")[0] for node in self.space.nodes}
        named = [(*route(label), f"{label}/") if label in inner else route(label) for label in self.space.labels]
        nodes = sorted({node for nodes in named for node in nodes}, key=lambda node: (node.count("/"), node))
        return tuple(tuple(nodes.index(node) for node in nodes_of_label) for nodes_of_label in named)

    def __len__(self) -> int:
        """How many basis vectors there are."""
        return 1 + max(node for nodes in self.routes for node in nodes)

    @cached_property
    def spanned(self) -> Float32:
        """(V, n) 1 where basis vector i is one of those that span the subspace of label v."""
        spanned = np.zeros((len(self.space), len(self)), np.float32)
        for label, nodes in enumerate(self.routes):
            spanned[label, list(nodes)] = 1
        return spanned

    @cached_property
    def targets(self) -> Float32:
        """(V, n) how much of the features' length should fall on each basis vector.

        On a route of h nodes the one at depth l, from 1, has the weight exp(1 / (h + 1 - l)): the lower, the more. They
        are normalised as in the authors' code, by their squares: w_l² / Σ w².
        """
        targets = np.zeros((len(self.space), len(self)), np.float32)
        for label, nodes in enumerate(self.routes):
            squares = np.exp(2 / np.arange(len(nodes), 0, -1))
            targets[label, list(nodes)] = squares / squares.sum()
        return targets

    @cached_property
    def levels(self) -> Indices:
        """(n,) the depth of each node, from 0."""
        levels = np.zeros(len(self), np.intp)
        for nodes in self.routes:
            levels[list(nodes)] = np.arange(len(nodes))
        return levels


def coordinates(features: keras.KerasTensor, space: LabelSpace) -> keras.KerasTensor:
    """(N, D) features to (N, n) coordinates ⟨x, e_i⟩: brought to n numbers, transformed, and turned to a fixed basis.

    The transformation is the authors', from HAFrame (Liang & Davis, Inducing Neural Collapse to a Fixed Hierarchy-Aware
    Frame, ICCV 2023): batch normalisation, then two residual blocks of two linear layers, each with batch normalisation
    and a PReLU. The basis is drawn by chance and not trained.
    """
    width = len(Subspaces(space))

    def linear(x: keras.KerasTensor, name: str) -> keras.KerasTensor:
        return keras.layers.Dense(width, use_bias=False, name=f"subspaces_{name}")(x)

    def normalised(x: keras.KerasTensor, name: str) -> keras.KerasTensor:
        return keras.layers.BatchNormalization(momentum=_MOMENTUM, name=f"subspaces_{name}_norm")(x)

    x = normalised(linear(features, "width"), "width")
    for block in range(_RESIDUAL_BLOCKS):
        before = x
        for layer in range(2):
            name = f"block_{block}_{layer}"
            x = keras.layers.PReLU(name=f"subspaces_{name}_prelu")(normalised(linear(x, name), name))
        x = keras.layers.Add(name=f"subspaces_block_{block}")([x, before])
    basis = keras.layers.Dense(
        width, use_bias=False, kernel_initializer="orthogonal", trainable=False, name="nodes", dtype="float32"
    )
    return basis(x)


class ProjectionLengths(keras.layers.Layer):
    """How long the projection of the features on each label's subspace is: what the label is chosen by."""

    def __init__(self, space: LabelSpace, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.spanned = Subspaces(space).spanned

    def call(self, nodes: keras.KerasTensor) -> keras.KerasTensor:
        """(N, n) coordinates to (N, V) lengths."""
        squares = ops.matmul(ops.square(nodes), ops.convert_to_tensor(self.spanned.T))
        return ops.sqrt(ops.maximum(squares, _HARDLY_ANY))


class HierCOS(keras.losses.Loss):
    """Loss of coordinates: how far they are from lying in the label's subspace, and there on its lower nodes.

    KL(target ‖ softmax(|x|)) + α · regulariser. The target is that of `Subspaces`, and |x| are the coordinates without
    their signs. The regulariser adds up over the levels of the tree: where the label's route has a node on the level,
    the L1 distance of that node's unit vector from |x| on this level divided by its length; elsewhere the sum of |x| on
    this level, so that nothing lies below a label that ends higher up. It is averaged over all pictures; the authors'
    code averages each part over the pictures that have it.

    Args:
        space: the labels.
        alpha: the regulariser's weight.
    """

    def __init__(self, space: LabelSpace, alpha: float = ALPHA, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.alpha = alpha
        subspaces = Subspaces(space)
        self.targets, self.spanned = subspaces.targets, subspaces.spanned
        self.on_level = np.eye(1 + int(subspaces.levels.max()), dtype=np.float32)[subspaces.levels]
        self.entropies = -np.sum(self.targets * np.log(np.where(self.targets > 0, self.targets, 1)), axis=1)

    def call(self, y_true: keras.KerasTensor, y_pred: keras.KerasTensor) -> keras.KerasTensor:
        """(N,) label columns and (N, n) coordinates to (N,) losses in nats."""
        truth = ops.reshape(ops.cast(y_true, "int32"), (-1,))
        lengths = ops.abs(ops.cast(y_pred, "float32"))
        target, spanned, entropy = (
            ops.take(ops.convert_to_tensor(of_label), truth, axis=0)
            for of_label in (self.targets, self.spanned, self.entropies)
        )
        divergence = -ops.sum(target * ops.log_softmax(lengths, axis=1), axis=1) - entropy
        on_level = ops.convert_to_tensor(self.on_level)
        # (N, levels): the length of |x| on each, and whether the label's route reaches it.
        of_level = ops.sqrt(ops.maximum(ops.matmul(ops.square(lengths), on_level), _HARDLY_ANY))
        reached = ops.matmul(spanned, on_level)
        shares = lengths / ops.matmul(of_level, ops.transpose(on_level))
        apart = ops.where(ops.matmul(reached, ops.transpose(on_level)) > 0, ops.abs(spanned - shares), lengths)
        return divergence + self.alpha * ops.sum(apart, axis=1)
