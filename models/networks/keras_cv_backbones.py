"""Backbones from KerasCV, by its generic classes: its named presets ask the network for their settings.

ResNet with pre-activation: He et al., "Identity Mappings in Deep Residual Networks" (ECCV 2016).
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import keras

FILTERS = (64, 128, 256, 512)
BLOCKS = (2, 2, 2, 2)
STRIDES = (1, 2, 2, 2)


def build_resnet18(size: int) -> "keras.Model":
    """Build ResNet18V2 with random weights: (N, size, size, 3) pixels in 0..255 to (N, 512) pooled features.

    Args:
        size: side of the square input, in pixels.
    """
    import keras
    import keras_cv

    body = keras_cv.models.ResNetV2Backbone(
        stackwise_filters=list(FILTERS),
        stackwise_blocks=list(BLOCKS),
        stackwise_strides=list(STRIDES),
        block_type="basic_block",
        include_rescaling=True,
        input_shape=(size, size, 3),
    )
    features = keras.layers.GlobalAveragePooling2D(name="pool")(body.output)
    return keras.Model(body.input, features, name="resnet18v2")
