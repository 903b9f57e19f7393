"""Whatever the backbone, it takes pixels in 0..255 and gives one row of features a picture."""

import re

import keras
import numpy as np
import pytest

from gemhier.models.networks.backbones import BACKBONES, backbone


def test_every_entry_stands_under_its_own_name() -> None:
    assert list(BACKBONES) == [
        *("lite0", "lite1", "lite2", "vgg16", "resnet50", "mobilenet", "resnet18v2"),
        *("report-cnn", "report-cnn-regularised", "report-cnn-residual"),
    ]
    for name, entry in BACKBONES.items():
        assert entry.name == name
        assert backbone(name) is entry
        assert entry.description
        assert "\n" not in entry.description


def test_the_sizes_are_those_that_the_networks_are_made_for() -> None:
    sizes = {name: entry.size for name, entry in BACKBONES.items() if entry.size != 224}
    assert sizes == {"lite1": 240, "lite2": 260}


def test_only_what_brings_weights_counts_as_pretrained() -> None:
    pretrained = [name for name, entry in BACKBONES.items() if entry.pretrained]
    assert pretrained == ["lite0", "lite1", "lite2", "vgg16", "resnet50", "mobilenet"]
    assert {name: backbone(name).weights_id() for name in ("lite0", "report-cnn")} == {
        "lite0": "imagenet",
        "report-cnn": "none",
    }


def test_what_has_imagenet_weights_starts_from_them_or_from_none() -> None:
    assert backbone("lite0", "imagenet") is backbone("lite0")
    untrained = backbone("lite0", "none")
    assert (untrained.pretrained, untrained.weights_id()) == (False, "none")
    learned, random = backbone("lite0").build(32), untrained.build(32)
    assert learned.count_params() == random.count_params()
    assert not np.array_equal(learned.get_weights()[0], random.get_weights()[0])


def test_what_has_no_imagenet_weights_says_so() -> None:
    with pytest.raises(ValueError, match=r"no ImageNet weights for report-cnn\. Received: 'imagenet'"):
        backbone("report-cnn", "imagenet")
    assert backbone("report-cnn", "none").build == backbone("report-cnn").build


@pytest.mark.parametrize("name", ["lite0", "report-cnn", "report-cnn-regularised", "report-cnn-residual"])
def test_features_differ_between_pictures(name: str) -> None:
    keras.utils.set_random_seed(0)
    model = backbone(name).build(32)
    pixels = np.random.default_rng(0).uniform(0, 255, (2, 32, 32, 3)).astype(np.float32)
    features = model(pixels, training=False).numpy()
    assert features.shape == (2, 1280 if name == "lite0" else 512)
    assert np.all(np.isfinite(features))
    assert np.abs(features[0] - features[1]).max() > 1e-3


@pytest.mark.parametrize(("name", "parameters"), [("lite0", 3_413_024), ("report-cnn", 3_600_192)])
def test_the_description_tells_the_parameters(name: str, parameters: int) -> None:
    entry = backbone(name)
    model = entry.build(entry.size)
    assert model.count_params() == parameters
    stated = re.search(r"(\d\.\d) M parameters", entry.description)
    assert stated is not None
    assert float(stated[1]) == round(parameters / 1e6, 1)


def test_the_regularised_network_is_the_regularised_one() -> None:
    assert len(backbone("report-cnn-regularised").build(32).losses) == 5
    assert backbone("report-cnn").build(32).losses == []


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"one of lite0, lite1, .*-residual\. Received: 'vgg19'\."):
        backbone("vgg19")
