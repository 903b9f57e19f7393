"""The convolutional network of the 2024 report "Gemstone Classifier" (University of Tübingen)."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import keras

FILTERS = (32, 64, 128, 128, 128)
POOLING = ("max", "max", "max", "average", "max")
FEATURES = 512
DROPOUT = 0.5
L2 = 1e-3


def build(size: int, *, regularised: bool, residual: bool = False) -> "keras.Model":
    """Build the report's feature extractor: (N, size, size, 3) pixels in 0..255 to (N, 512) features.

    Five 3x3 convolutions with ReLU, 2x2 pooling after each, the fourth of them by average;
    flatten, dense 512 with ReLU. The classifying layer on top is the network's, as for every backbone.

    Args:
        size: side of the square input, in pixels; the report's is 224.
        regularised: dropout of 0.5 before the dense layer and L2 of 0.001 on the convolutions.
        residual: add to each convolution what it is given, as the report proposed (He et al., CVPR 2016);
            through a 1x1 convolution where the number of channels changes.
    """
    import keras

    pixels = keras.Input((size, size, 3), name="pixels")
    x = keras.layers.Rescaling(1 / 255, name="preprocess")(pixels)

    def convolve(given: "keras.KerasTensor", filters: int, kernel: int, name: str) -> "keras.KerasTensor":
        return keras.layers.Conv2D(
            filters,
            kernel,
            padding="same",
            activation=None if residual else "relu",
            kernel_regularizer=keras.regularizers.L2(L2) if regularised else None,
            name=name,
        )(given)

    for index, (filters, pooling) in enumerate(zip(FILTERS, POOLING, strict=True)):
        y = convolve(x, filters, 3, f"convolution_{index}")
        if residual:
            kept = x if x.shape[-1] == filters else convolve(x, filters, 1, f"shortcut_{index}")
            y = keras.layers.ReLU(name=f"relu_{index}")(keras.layers.Add(name=f"add_{index}")([y, kept]))
        pool = keras.layers.AveragePooling2D if pooling == "average" else keras.layers.MaxPooling2D
        x = pool(2, name=f"pool_{index}")(y)
    x = keras.layers.Flatten(name="flatten")(x)
    if regularised:
        x = keras.layers.Dropout(DROPOUT, name="dropout")(x)
    features = keras.layers.Dense(FEATURES, activation="relu", name="dense")(x)
    return keras.Model(pixels, features, name="report_cnn")
