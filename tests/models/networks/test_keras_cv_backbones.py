"""A backbone by KerasCV's generic class, which asks no network."""

import socket
from pathlib import Path

import keras
import numpy as np
import pytest

from gemhier.hierarchy.decoding import softmax
from gemhier.hierarchy.labels import LabelSpace
from gemhier.models.networks.backbones import backbone
from gemhier.models.networks.gem_network import build_network
from gemhier.models.networks.keras_cv_backbones import build_resnet18
from gemhier.models.runtime.network import Network


def test_it_is_built_without_a_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError("no connections here")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    model = build_resnet18(32)
    assert model.output_shape == (None, 512)
    assert "11.2 M parameters" in backbone("resnet18v2").description
    assert round(model.count_params() / 1e6, 1) == 11.2


def test_saved_weights_and_the_export_give_the_same_answers(tmp_path: Path) -> None:
    from gemhier.models.networks.export import export_network

    space = LabelSpace(("beryl/aquamarine", "beryl/emerald", "quartz"))
    keras.utils.set_random_seed(0)
    body = build_resnet18(32)
    body.save_weights(tmp_path / "mine.weights.h5")
    chosen = backbone("resnet18v2", str(tmp_path / "mine.weights.h5"))
    network = build_network(chosen, space, size=32)
    images = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3), dtype=np.uint8)
    features = network.extractor(images, training=False).numpy()
    np.testing.assert_allclose(features, body(images.astype(np.float32), training=False).numpy(), atol=1e-4)
    assert np.ptp(features, axis=0).max() > 1e-3
    flat = network.whole(images, training=False)["flat"].numpy()
    exported = Network(export_network(network.whole)).logits(images).flat
    np.testing.assert_allclose(softmax(exported), softmax(flat), rtol=0, atol=1e-4)
