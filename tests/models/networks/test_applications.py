"""VGG16, ResNet50 and MobileNet see pixels as they saw ImageNet's, and start from the files that Keras publishes."""

from pathlib import Path
from urllib.error import URLError

import h5py
import keras
import numpy as np
import pytest

from gemhier.arrays import Float32
from gemhier.errors import DataError
from gemhier.hierarchy.decoding import softmax
from gemhier.hierarchy.labels import LabelSpace
from gemhier.models.networks.applications import CONSTRUCTORS
from gemhier.models.networks.backbones import backbone
from gemhier.models.networks.gem_network import build_network
from gemhier.models.runtime.logits import HEADS
from gemhier.models.runtime.network import Network

PIXELS = np.random.default_rng(0).integers(0, 256, (2, 32, 32, 3)).astype(np.float32)
SPACE = LabelSpace(("beryl/aquamarine", "beryl/emerald", "quartz"))


def minus_the_mean_colour(pixels: Float32) -> Float32:
    return np.asarray(pixels[..., ::-1] - np.array([103.939, 116.779, 123.68]), np.float32)


def between_minus_one_and_one(pixels: Float32) -> Float32:
    return np.asarray(pixels / 127.5 - 1, np.float32)


def publish(model: keras.Model, path: Path) -> None:
    """Write weights in the format of the `_notop.h5` files: layers in their order, each with its weights."""
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = [layer.name.encode() for layer in model.layers]
        for layer in model.layers:
            group = file.create_group(layer.name)
            names = [f"{layer.name}/{index}" for index in range(len(layer.weights))]
            group.attrs["weight_names"] = [name.encode() for name in names]
            for name, values in zip(names, layer.get_weights(), strict=True):
                group[name] = values


@pytest.mark.parametrize(
    ("name", "preprocess", "width"),
    [
        ("vgg16", minus_the_mean_colour, 512),
        ("resnet50", minus_the_mean_colour, 2048),
        ("mobilenet", between_minus_one_and_one, 1024),
    ],
)
def test_with_a_published_file_it_is_the_published_network(
    name: str, preprocess: object, width: int, tmp_path: Path
) -> None:
    keras.utils.set_random_seed(0)
    published = getattr(keras.applications, CONSTRUCTORS[name])(
        include_top=False, weights=None, input_shape=(32, 32, 3), pooling="avg"
    )
    path = tmp_path / f"{name}_weights_tf_dim_ordering_tf_kernels_notop.h5"
    publish(published, path)
    model = backbone(name, str(path)).build(32)
    features = model(PIXELS, training=False).numpy()
    assert features.shape == (2, width)
    expected = published(preprocess(PIXELS), training=False).numpy()
    np.testing.assert_allclose(features, expected, rtol=1e-4, atol=1e-5 * np.abs(expected).max())
    assert np.abs(features[0] - features[1]).max() > 1e-3 * np.abs(expected).max()
    assert f"{model.count_params() / 1e6:.1f} M parameters" in backbone(name).description


def test_weights_that_cannot_be_fetched_are_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise URLError("Connection refused")

    monkeypatch.setattr("keras.src.utils.file_utils.urlretrieve", refuse)
    monkeypatch.setattr("keras.src.utils.file_utils.config.keras_home", lambda: str(tmp_path))
    with pytest.raises(DataError, match=r"^mobilenet: its ImageNet weights could not be fetched \(") as refused:
        backbone("mobilenet").build(224)
    line = str(refused.value)
    assert "Connection refused" in line
    assert "Give --weights FILE" in line
    assert len(line.splitlines()) == 1
    assert not list(tmp_path.rglob("*.h5"))


def test_weights_of_another_backbone_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "vgg16_notop.h5"
    publish(backbone("report-cnn").build(32), path)
    with pytest.raises(DataError, match=r"vgg16_notop\.h5: not weights of mobilenet \(Layer count mismatch.*\)\. Give"):
        backbone("mobilenet", str(path)).build(32)


def test_its_preprocessing_is_exported_with_it() -> None:
    from ai_edge_litert.interpreter import Interpreter

    from gemhier.models.networks.export import export_network

    keras.utils.set_random_seed(0)
    network = build_network(backbone("vgg16", "none"), SPACE, size=32, hidden=8)
    assert network.extractor.output_shape == (None, 512)  # no colours beside it
    given = PIXELS.astype(np.uint8)
    original = {head: values.numpy() for head, values in network.whole(given, training=False).items()}
    content = export_network(network.whole)
    exported = Network(content).logits(given)
    for head in HEADS:
        np.testing.assert_allclose(softmax(getattr(exported, head)), softmax(original[head]), rtol=0, atol=1e-4)
    operations = {details["op_name"] for details in Interpreter(model_content=content)._get_ops_details()}
    assert not {operation for operation in operations if operation.startswith("Flex") or operation == "CUSTOM"}
