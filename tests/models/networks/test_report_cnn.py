"""The report's network, layer by layer."""

import keras
import numpy as np
import pytest

from gemhier.models.networks.report_cnn import build

CONVOLUTION = ("Conv2D", "MaxPooling2D")


def layers(model: keras.Model) -> list[str]:
    return [type(layer).__name__ for layer in model.layers]


@pytest.mark.parametrize("regularised", [False, True])
def test_it_has_the_layers_of_the_report(regularised: bool) -> None:
    model = build(64, regularised=regularised)
    assert layers(model) == [
        "InputLayer",
        "Rescaling",
        *CONVOLUTION,
        *CONVOLUTION,
        *CONVOLUTION,
        *("Conv2D", "AveragePooling2D"),
        *CONVOLUTION,
        "Flatten",
        *(["Dropout"] if regularised else []),
        "Dense",
    ]
    convolutions = [layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D)]
    assert [layer.filters for layer in convolutions] == [32, 64, 128, 128, 128]
    for layer in convolutions:
        assert layer.kernel_size == (3, 3)
        assert layer.strides == (1, 1)
        assert layer.padding == "same"
        assert layer.activation is keras.activations.relu
    pools = [layer for layer in model.layers if "Pooling" in type(layer).__name__]
    assert [layer.pool_size for layer in pools] == [(2, 2)] * 5
    assert [layer.output.shape[1] for layer in pools] == [32, 16, 8, 4, 2]
    dense = model.layers[-1]
    assert dense.units == 512
    assert dense.activation is keras.activations.relu


def test_the_regularised_one_drops_half_and_weighs_the_convolutions_alone() -> None:
    model = build(32, regularised=True)
    assert model.get_layer("dropout").rate == 0.5
    for layer in model.layers:
        regulariser = getattr(layer, "kernel_regularizer", None)
        if isinstance(layer, keras.layers.Conv2D):
            assert isinstance(regulariser, keras.regularizers.L2)
            assert float(regulariser.l2) == pytest.approx(0.001)
        else:
            assert regulariser is None
        assert getattr(layer, "bias_regularizer", None) is None
    assert len(model.losses) == 5


def test_the_plain_one_has_nothing_of_that() -> None:
    assert build(32, regularised=False).losses == []


@pytest.mark.parametrize("regularised", [False, True])
def test_with_99_classes_it_has_about_3_7_million_parameters(regularised: bool) -> None:
    model = build(224, regularised=regularised)
    assert model.output_shape == (None, 512)
    assert model.count_params() == 3_600_192
    assert round((model.count_params() + 99 * 513) / 1e6, 1) == 3.7


def test_the_residual_one_adds_to_each_convolution_what_it_is_given() -> None:
    keras.utils.set_random_seed(0)
    model = build(32, regularised=True, residual=True)
    found = [name for name in layers(model) if name != "Conv2D"]
    assert found == [
        "InputLayer",
        "Rescaling",
        *("Add", "ReLU", "MaxPooling2D") * 3,
        *("Add", "ReLU", "AveragePooling2D"),
        *("Add", "ReLU", "MaxPooling2D"),
        "Flatten",
        "Dropout",
        "Dense",
    ]
    kernels = {layer.name: layer.kernel_size for layer in model.layers if isinstance(layer, keras.layers.Conv2D)}
    assert kernels == {f"convolution_{index}": (3, 3) for index in range(5)} | {
        f"shortcut_{index}": (1, 1) for index in range(3)
    }
    # Where the convolution says nothing, what it was given goes on unchanged.
    silent = model.get_layer("convolution_4")
    silent.set_weights([np.zeros_like(values) for values in silent.get_weights()])
    ends = keras.Model(model.input, [model.get_layer("pool_3").output, model.get_layer("relu_4").output])
    pixels = np.random.default_rng(0).uniform(0, 255, (1, 32, 32, 3)).astype(np.float32)
    before, after = (values.numpy() for values in ends(pixels, training=False))
    assert before.max() > 0
    np.testing.assert_array_equal(after, before)


def test_pixels_are_brought_to_0_to_1() -> None:
    model = build(32, regularised=False)
    scaled = keras.Model(model.input, model.get_layer("preprocess").output)
    pixels = np.array([0, 51, 255], dtype=np.float32) * np.ones((1, 32, 32, 3), np.float32)
    np.testing.assert_allclose(scaled(pixels)[0, 0, 0], [0, 0.2, 1], atol=1e-6)
