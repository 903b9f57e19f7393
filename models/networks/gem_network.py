"""The network: a backbone, colour beside it, and the heads on top; and several of them as one."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import keras

from gemhier.arrays import Float32
from gemhier.hierarchy.labels import LabelSpace
from gemhier.models.networks.backbones import Backbone
from gemhier.models.networks.colour import ColourHistogram
from gemhier.models.networks.heads import FamilyFromFlat, FlatFromHierarchy, Standardise
from gemhier.models.networks.hier_cos import ProjectionLengths, coordinates
from gemhier.models.networks.modes import MODES, NODES, trained_outputs
from gemhier.models.runtime.litert import FEATURES, INPUT
from gemhier.models.runtime.logits import HEADS


@dataclass(frozen=True)
class GemNetwork:
    """One network in three views that share their weights.

    Attributes:
        space: the labels that it outputs.
        size: side of the square input, in pixels.
        mode: a key of `gemhier.models.networks.modes.MODES`.
        extractor: (N, size, size, 3) uint8 RGB to (N, D) features.
        heads: (N, D) features to the logits `flat` (N, V), `family` (N, F) and `regional` (N, V), and to what else a
            loss looks at.
        whole: pictures to logits.
    """

    space: LabelSpace
    size: int
    mode: str
    extractor: keras.Model
    heads: keras.Model
    whole: keras.Model

    def with_features(self) -> keras.Model:
        """Return pictures to logits and, as `features`, to what the heads stand on: (N, D)."""
        images = keras.Input((self.size, self.size, 3), dtype="uint8", name=INPUT)
        features = self.extractor(images)
        return keras.Model(images, {**self.heads(features), FEATURES: features}, name="gemhier")

    def standardise(self, features: Float32) -> None:
        """Scale the heads' input by the mean and spread of training features, (N, D); once, before training.

        Heads on a backbone without pretrained weights take its features as they are: nothing happens.
        """
        for layer in self.heads.layers:
            if isinstance(layer, Standardise):
                layer.adapt(features)

    def freeze(self, share: float) -> None:
        """Keep that share of the backbone's layers, from the picture on, as they are; before compiling."""
        (backbone,) = (layer for layer in self.extractor.layers if isinstance(layer, keras.Model))
        for layer in backbone.layers[: int(share * len(backbone.layers))]:
            layer.trainable = False


def build_network(
    backbone: Backbone,
    space: LabelSpace,
    *,
    size: int | None = None,
    mode: str = "both",
    loss: str = "cross-entropy",
    dropout: float = 0.0,
    hidden: int = 0,
    l2: float = 0.0,
    mixed_precision: bool = False,
) -> GemNetwork:
    """Build a network with fresh heads.

    Args:
        backbone: what extracts the features.
        space: the labels to output.
        size: side of the square input, in pixels; None for the backbone's own.
        mode: which heads are trained: flat, hierarchical or both.
        loss: of the flat head, one of `gemhier.models.networks.modes.FLAT_LOSSES`; Hier-COS has a head of its own.
        dropout: share of the standardised features that training drops.
        hidden: units of a dense layer with ReLU between these and the heads; 0 for none. A backbone that ends in
            a dense layer of its own, and has its own dropout before it or none, gets neither.
        l2: how strongly training keeps the squared weights of that layer small.
        mixed_precision: let the backbone compute in bfloat16. Its weights, the colours and the heads are in
            float32 all the same.

    Raises:
        ValueError: if there is no such mode.
        MissingExtraError: if the package with the backbone's weights is not installed.
        DataError: if the backbone's weights cannot be fetched or read.
    """
    if mode not in MODES:
        raise ValueError(f"`mode` must be one of {', '.join(MODES)}. Received: {mode!r}.")
    side = backbone.size if size is None else size
    images = keras.Input((side, side, 3), dtype="uint8", name="pictures")
    pixels = keras.layers.Rescaling(1.0, dtype="float32", name="pixels")(images)
    with _dtype_policy("mixed_bfloat16" if mixed_precision else "float32"):
        body = backbone.build(side)
    features = keras.layers.Identity(name="in_float32")(body(pixels))
    if backbone.colour:
        features = keras.layers.Concatenate(name="features")([features, ColourHistogram(name="colour")(pixels)])
    extractor = keras.Model(images, features, name="extractor")
    if hidden and backbone.dense:
        hidden, dropout = 0, 0.0
    heads = _build_heads(
        int(features.shape[1]), space, (mode, loss), dropout, hidden, l2, standardised=backbone.pretrained
    )
    return GemNetwork(space, side, mode, extractor, heads, keras.Model(images, heads(features), name="gemhier"))


def average_networks(networks: Sequence[GemNetwork]) -> GemNetwork:
    """Several networks of the same labels, size and mode as one, whose logits are the means of theirs.

    The mean of logits is the geometric mean of what they say (a logarithmic opinion pool), head by head: trained from
    other seeds, networks err on other pictures (Hansen & Salamon, Neural Network Ensembles, IEEE PAMI 1990). The
    parts are shared, not copied, and take names of their own.

    Raises:
        ValueError: if there is no network, or they do not fit together.
    """
    kinds = {(network.space, network.size, network.mode) for network in networks}
    if len(kinds) != 1:
        raise ValueError(f"`networks` must be of one space, size and mode. Received: {len(kinds)} kinds.")
    first, *others = networks
    if not others:
        return first
    for number, network in enumerate(networks):
        network.extractor.name, network.heads.name = f"extractor_{number}", f"heads_{number}"
    images = keras.Input((first.size, first.size, 3), dtype="uint8", name="pictures")
    joined = keras.layers.Concatenate(name="features")([network.extractor(images) for network in networks])
    extractor = keras.Model(images, joined, name="extractor")
    features = keras.Input((int(joined.shape[1]),), name="features")
    outputs, start = [], 0
    for network in networks:
        end = start + int(network.heads.inputs[0].shape[1])
        outputs.append(network.heads(features[:, start:end]))
        start = end
    means = {head: keras.layers.Average(name=f"mean_{head}")([one[head] for one in outputs]) for head in HEADS}
    heads = keras.Model(features, means, name="heads")
    whole = keras.Model(images, heads(joined), name="gemhier")
    return GemNetwork(first.space, first.size, first.mode, extractor, heads, whole)


@contextmanager
def _dtype_policy(name: str) -> Iterator[None]:
    """Set what the layers made meanwhile compute in: a ready-made backbone can be told in no other way."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def _build_heads(
    width: int,
    space: LabelSpace,
    trained_as: tuple[str, str],
    dropout: float,
    hidden: int,
    l2: float,
    *,
    standardised: bool,
) -> keras.Model:
    features = keras.Input((width,), name="features")
    x = features
    if standardised:
        x = Standardise(name="standardise")(x)
    if dropout:
        x = keras.layers.Dropout(dropout, name="head_dropout")(x)
    if hidden:
        regulariser = keras.regularizers.L2(l2) if l2 else None
        x = keras.layers.Dense(hidden, activation="relu", kernel_regularizer=regulariser, name="hidden")(x)
    outputs: dict[str, Any] = {}
    for output in trained_outputs(*trained_as):
        if output == NODES:
            outputs[NODES] = coordinates(x, space)
            outputs["flat"] = ProjectionLengths(space, name="projection_lengths")(outputs[NODES])
        else:
            units = len(space.families) if output == "family" else len(space)
            outputs[output] = keras.layers.Dense(units, name=f"{output}_logits", dtype="float32")(x)
    if "family" not in outputs:
        outputs["family"] = FamilyFromFlat(space, name="family_from_flat")(outputs["flat"])
        outputs["regional"] = keras.layers.Identity(name="regional_from_flat")(outputs["flat"])
    elif "flat" not in outputs:
        outputs["flat"] = FlatFromHierarchy(space, name="flat_from_hierarchy")(outputs["family"], outputs["regional"])
    return keras.Model(features, outputs, name="heads")
