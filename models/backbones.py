"""The feature extractors that a network can stand on: adding one is adding an entry."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from gemhier.models import efficientnet_lite, report_cnn

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class Backbone:
    """A feature extractor.

    Attributes:
        name: what the command line calls it.
        description: one line for people.
        size: side of the square input it is made for, in pixels.
        pretrained: whether it comes with weights; one without cannot be trained frozen.
        colour: whether the colour histogram is joined to its features.
        build: from the side of the input to (N, side, side, 3) pixels in 0..255 -> (N, D) features.
            Its own preprocessing is inside.
    """

    name: str
    description: str
    size: int
    pretrained: bool
    colour: bool
    build: "Callable[[int], keras.Model]"


def _lite(name: str, size: int, parameters: str) -> Backbone:
    return Backbone(
        name=name,
        description=f"EfficientNet-{name.title()}, {parameters} parameters, ImageNet weights",
        size=size,
        pretrained=True,
        colour=True,
        build=partial(efficientnet_lite.build, name),
    )


BACKBONES = {
    backbone.name: backbone
    for backbone in (
        _lite("lite0", 224, "3.4 M"),
        _lite("lite1", 240, "4.2 M"),
        _lite("lite2", 260, "4.9 M"),
        Backbone(
            name="report-cnn",
            description="the 2024 report's own network, 3.6 M parameters, from scratch",
            size=224,
            pretrained=False,
            colour=False,
            build=partial(report_cnn.build, regularised=False),
        ),
        Backbone(
            name="report-cnn-regularised",
            description="the same with dropout 0.5 and L2 0.001",
            size=224,
            pretrained=False,
            colour=False,
            build=partial(report_cnn.build, regularised=True),
        ),
    )
}


def backbone(name: str) -> Backbone:
    """Return the entry of that name.

    Raises:
        ValueError: if there is none; it lists those there are.
    """
    try:
        return BACKBONES[name]
    except KeyError:
        raise ValueError(f"`name` must be one of {', '.join(BACKBONES)}. Received: {name!r}.") from None
