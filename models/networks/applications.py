"""The backbones of the 2024 report as `keras.applications` has them: VGG16, ResNet50 and MobileNet.

VGG16: Simonyan & Zisserman (ICLR 2015). ResNet50: He et al. (CVPR 2016). MobileNet: Howard et al. (2017).
"""

from typing import TYPE_CHECKING

from gemhier.errors import DataError

if TYPE_CHECKING:
    import keras

CONSTRUCTORS = {"vgg16": "VGG16", "resnet50": "ResNet50", "mobilenet": "MobileNet"}
"""The function that builds each, in the module of `keras.applications` that has its name."""


def build(name: str, size: int, *, pretrained: bool = True) -> "keras.Model":
    """Build a feature extractor: (N, size, size, 3) pixels in 0..255 to (N, D) pooled features.

    Each sees pixels as it saw ImageNet's: VGG16 and ResNet50 as BGR minus ImageNet's mean colour, MobileNet in -1..1.

    Args:
        name: a key of `CONSTRUCTORS`.
        size: side of the square input, in pixels, 32 or more.
        pretrained: load the ImageNet weights, which Keras downloads at first use; random ones otherwise.

    Raises:
        DataError: if the weights cannot be fetched.
    """
    if not pretrained:
        return _build(name, size, None)
    try:
        return _build(name, size, "imagenet")
    except Exception as error:  # Keras raises nothing narrower when a download fails
        reason = " ".join(str(error).split())
        raise DataError(
            f"{name}: its ImageNet weights could not be fetched ({reason}). Give --weights FILE with a copy of them, "
            "or choose another --backbone: those of lite0, lite1 and lite2 come installed."
        ) from error


def _build(name: str, size: int, weights: str | None) -> "keras.Model":
    import keras

    module = getattr(keras.applications, name)
    pixels = keras.Input((size, size, 3), name="pixels")
    body = getattr(module, CONSTRUCTORS[name])(
        include_top=False,
        weights=weights,
        input_tensor=module.preprocess_input(pixels),
        input_shape=(size, size, 3),
        pooling="avg",
    )
    # The same layers, with one input instead of a list of one.
    return keras.Model(pixels, body.output, name=name)
