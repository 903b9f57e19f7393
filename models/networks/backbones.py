"""The feature extractors that a network can stand on: adding one is adding an entry."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from gemhier.models.networks import applications, efficientnet_lite, keras_cv_backbones, report_cnn
from gemhier.models.networks.weights_file import load_weights, weights_digest

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class Backbone:
    """A feature extractor, with the weights that it starts from.

    Attributes:
        name: what the command line calls it.
        description: one line for people.
        size: side of the square input it is made for, in pixels.
        pretrained: whether `build` gives it learned weights; one without cannot be trained frozen.
        colour: whether the colour histogram is joined to its features.
        build: from the side of the input to (N, side, side, 3) pixels in 0..255 -> (N, D) features.
            Its own preprocessing is inside.
        untrained: the same with random weights; None where `build` gives these.
        dense: whether it ends in a dense layer of its own, so that a network adds none.
        weights_file: where its weights come from; None for ImageNet's or random ones.
    """

    name: str
    description: str
    size: int
    pretrained: bool
    colour: bool
    build: "Callable[[int], keras.Model]"
    untrained: "Callable[[int], keras.Model] | None" = None
    dense: bool = False
    weights_file: Path | None = None

    def with_weights(self, weights: str | None) -> "Backbone":
        """Return the same starting from other weights.

        Args:
            weights: `imagenet`, `none` for random ones, or the path of a file of Keras weights, which is read when
                it is built; None leaves them as they are: ImageNet's where there are any.

        Raises:
            ValueError: if there are no ImageNet weights for it.
        """
        if weights is None or (weights == "imagenet" and self.pretrained):
            return self
        if weights == "imagenet":
            raise ValueError(
                f"`weights` must be none or a file, since there are no ImageNet weights for {self.name}. "
                f"Received: {weights!r}."
            )
        untrained = self.untrained or self.build
        if weights == "none":
            return replace(self, pretrained=False, build=untrained)
        path = Path(weights)
        return replace(self, pretrained=True, build=partial(_build_from_file, untrained, path), weights_file=path)

    def weights_id(self) -> str:
        """Return what its weights are: imagenet, none, or the SHA-256 of a file's content, whatever its name.

        Raises:
            DataError: if the file cannot be read.
        """
        if self.weights_file is not None:
            return f"sha256:{weights_digest(self.weights_file)}"
        return "imagenet" if self.pretrained else "none"


def _build_from_file(untrained: "Callable[[int], keras.Model]", path: Path, size: int) -> "keras.Model":
    model = untrained(size)
    load_weights(model, path)
    return model


def _lite(name: str, size: int, parameters: str) -> Backbone:
    return Backbone(
        name=name,
        description=f"EfficientNet-{name.title()}, {parameters} parameters, ImageNet weights",
        size=size,
        pretrained=True,
        colour=True,
        build=partial(efficientnet_lite.build, name),
        untrained=partial(efficientnet_lite.build, name, pretrained=False),
    )


def _application(name: str, parameters: str) -> Backbone:
    # Without the colour histogram, as in the report: it is what the others are compared with.
    return Backbone(
        name=name,
        description=f"{applications.CONSTRUCTORS[name]}, {parameters} parameters, ImageNet weights from Keras",
        size=224,
        pretrained=True,
        colour=False,
        build=partial(applications.build, name),
        untrained=partial(applications.build, name, pretrained=False),
    )


def _report(name: str, description: str, *, regularised: bool, residual: bool = False) -> Backbone:
    return Backbone(
        name=name,
        description=description,
        size=224,
        pretrained=False,
        colour=False,
        build=partial(report_cnn.build, regularised=regularised, residual=residual),
        dense=True,
    )


BACKBONES = {
    backbone.name: backbone
    for backbone in (
        _lite("lite0", 224, "3.4 M"),
        _lite("lite1", 240, "4.2 M"),
        _lite("lite2", 260, "4.9 M"),
        _application("vgg16", "14.7 M"),
        _application("resnet50", "23.6 M"),
        _application("mobilenet", "3.2 M"),
        Backbone(
            name="resnet18v2",
            description="ResNet18V2 from KerasCV, 11.2 M parameters, from scratch",
            size=224,
            pretrained=False,
            colour=False,
            build=keras_cv_backbones.build_resnet18,
        ),
        _report("report-cnn", "the 2024 report's own network, 3.6 M parameters, from scratch", regularised=False),
        _report("report-cnn-regularised", "the same with dropout 0.5 and L2 0.001", regularised=True),
        _report(
            "report-cnn-residual",
            "the regularised one with residual connections, as the report proposed",
            regularised=True,
            residual=True,
        ),
    )
}


def backbone(name: str, weights: str | None = None) -> Backbone:
    """Return the entry of that name.

    Args:
        name: a key of `BACKBONES`.
        weights: what `Backbone.with_weights` takes.

    Raises:
        ValueError: if there is none, with those there are; or if there are no ImageNet weights for it.
    """
    try:
        entry = BACKBONES[name]
    except KeyError:
        raise ValueError(f"`name` must be one of {', '.join(BACKBONES)}. Received: {name!r}.") from None
    return entry.with_weights(weights)
