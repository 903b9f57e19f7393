"""Whatever is trained, a network gives three outputs that agree, also saved, resized and exported."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import pytest

from gemhier.arrays import RGB, Float32
from gemhier.hierarchy.decoding import conditional, soft, softmax
from gemhier.hierarchy.labels import LabelSpace
from gemhier.models.networks.backbones import Backbone, backbone
from gemhier.models.networks.export import export_network
from gemhier.models.networks.gem_network import GemNetwork, average_networks, build_network
from gemhier.models.networks.heads import family_members
from gemhier.models.networks.modes import MODES
from gemhier.models.runtime.litert import FEATURES
from gemhier.models.runtime.logits import HEADS
from gemhier.models.runtime.network import Network
from gemhier.pipeline.training.packing import EXPORT_TOLERANCE

SPACE = LabelSpace(
    ("beryl/aquamarine", "beryl/emerald", "beryl/emerald/colombian", "corundum/ruby", "corundum/sapphire", "quartz")
)
V, F = len(SPACE), len(SPACE.families)


def build_tiny(size: int) -> keras.Model:
    pixels = keras.Input((size, size, 3))
    x = keras.layers.Rescaling(1 / 128, offset=-1)(pixels)
    x = keras.layers.Conv2D(8, 3, 2, activation="relu")(x)
    x = keras.layers.BatchNormalization()(x)
    return keras.Model(pixels, keras.layers.GlobalAveragePooling2D()(x))


TINY = Backbone(name="tiny", description="for tests", size=32, pretrained=True, colour=True, build=build_tiny)


def build(mode: str = "both", *, size: int | None = None, seed: int = 0, dropout: float = 0.0) -> GemNetwork:
    keras.utils.set_random_seed(seed)
    return build_network(TINY, SPACE, size=size, mode=mode, dropout=dropout)


def images(count: int = 3, side: int = 32) -> RGB:
    return np.random.default_rng(0).integers(0, 256, (count, side, side, 3), dtype=np.uint8)


def outputs(model: keras.Model, given: npt.NDArray[Any]) -> dict[str, Float32]:
    return {name: values.numpy() for name, values in model(given, training=False).items()}


@pytest.mark.parametrize("mode", MODES)
def test_every_mode_gives_all_three_outputs(mode: str) -> None:
    network = build(mode)
    found = outputs(network.whole, images())
    assert {name: values.shape for name, values in found.items()} == {
        "flat": (3, V),
        "family": (3, F),
        "regional": (3, V),
    }
    for values in found.values():
        assert values.dtype == np.float32
        assert np.ptp(values, axis=0).max() > 0  # it depends on the picture
    assert (network.space, network.size, network.mode) == (SPACE, 32, mode)


def test_flat_training_gives_families_and_regions_of_the_flat_classifier() -> None:
    found = outputs(build("flat").whole, images())
    np.testing.assert_allclose(softmax(found["family"]), softmax(found["flat"]) @ family_members(SPACE), atol=1e-6)
    # Soft routing through both stages is then the flat classifier again.
    both_stages = soft(softmax(found["family"]), conditional(found["regional"], SPACE.parents), SPACE.parents)
    np.testing.assert_allclose(both_stages, softmax(found["flat"]), atol=1e-6)


def test_hierarchical_training_gives_a_flat_view_of_both_stages() -> None:
    found = outputs(build("hierarchical").whole, images())
    both_stages = soft(softmax(found["family"]), conditional(found["regional"], SPACE.parents), SPACE.parents)
    np.testing.assert_allclose(softmax(found["flat"]), both_stages, atol=1e-6)


@pytest.mark.parametrize("mode", MODES)
def test_only_trained_heads_have_weights(mode: str) -> None:
    heads = build(mode).heads
    expected = {f"{head}_logits" for head in MODES[mode]} | {"standardise"}
    assert {layer.name for layer in heads.layers if layer.weights} == expected
    assert all(weight.path.partition("/")[0] in expected - {"standardise"} for weight in heads.trainable_weights)


@pytest.mark.parametrize("mode", MODES)
def test_the_three_views_share_their_weights(mode: str) -> None:
    network = build(mode)
    given = images()
    features = network.extractor(given, training=False)
    assert features.shape == (3, 8 + 600)  # the backbone's and the colours
    for name, values in outputs(network.heads, features).items():
        np.testing.assert_allclose(values, outputs(network.whole, given)[name], atol=1e-5)
    network.heads.set_weights([weight + 1 for weight in network.heads.get_weights()])
    for name, values in outputs(network.heads, features).items():
        np.testing.assert_allclose(values, outputs(network.whole, given)[name], rtol=1e-4, atol=1e-3)


def test_standardising_reaches_the_whole_network() -> None:
    network = build()
    given = images(20)
    features = network.extractor(given, training=False).numpy()
    before = outputs(network.whole, given)["flat"]
    network.standardise(features)
    scaled = keras.Model(network.heads.input, network.heads.get_layer("standardise").output)(features).numpy()
    np.testing.assert_allclose(scaled[:, :8].mean(axis=0), 0, atol=1e-3)
    assert np.abs(outputs(network.whole, given)["flat"] - before).max() > 0.1


@pytest.mark.parametrize("mode", MODES)
def test_saved_weights_give_the_same_numbers_in_a_fresh_network(mode: str, tmp_path: Path) -> None:
    network, fresh = build(mode, seed=1), build(mode, seed=2)
    given = images()
    network.standardise(network.extractor(given, training=False).numpy())
    expected = outputs(network.whole, given)
    assert np.abs(outputs(fresh.whole, given)["flat"] - expected["flat"]).max() > 1e-3
    network.whole.save_weights(tmp_path / "network.weights.h5")
    fresh.whole.load_weights(tmp_path / "network.weights.h5")
    for name, values in outputs(fresh.whole, given).items():
        np.testing.assert_array_equal(values, expected[name])


def test_weights_go_from_a_small_training_network_with_dropout_to_the_full_one() -> None:
    small, full = build(size=24, seed=1, dropout=0.2), build(seed=2)
    assert (small.size, full.size) == (24, 32)
    assert small.whole.input_shape == (None, 24, 24, 3)
    full.whole.set_weights(small.whole.get_weights())
    plain = [np.full((1, side, side, 3), (190, 20, 50), dtype=np.uint8) for side in (24, 32)]
    # Of a plain picture all sizes see the same.
    for name, values in outputs(full.whole, plain[1]).items():
        np.testing.assert_allclose(values, outputs(small.whole, plain[0])[name], atol=1e-3)


def test_dropout_is_there_in_training_only() -> None:
    network = build(dropout=0.5)
    given = images()
    np.testing.assert_array_equal(outputs(network.whole, given)["flat"], outputs(network.whole, given)["flat"])
    dropped = network.whole(given, training=True)["flat"]
    assert np.abs(dropped - network.whole(given, training=True)["flat"]).max() > 1e-3


def test_a_backbone_from_scratch_has_neither_colours_nor_scaling() -> None:
    network = build_network(backbone("report-cnn"), SPACE, size=32)
    assert network.extractor.output_shape == (None, 512)
    assert {layer.name for layer in network.heads.layers if layer.weights} == {f"{head}_logits" for head in HEADS}
    before = network.heads.get_weights()
    network.standardise(np.ones((3, 512), np.float32))
    for one, other in zip(before, network.heads.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_an_unknown_mode_lists_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"one of flat, hierarchical, both\. Received: 'soft'\."):
        build("soft")


@pytest.mark.parametrize("mode", MODES)
def test_the_export_with_colours_and_derived_heads_changes_no_probability_by_more_than_1e_4(mode: str) -> None:
    from ai_edge_litert.interpreter import Interpreter

    from gemhier.models.networks.export import export_network

    network = build(mode)
    given = np.concatenate([images(4), np.zeros((1, 32, 32, 3), np.uint8), np.full((1, 32, 32, 3), 255, np.uint8)])
    network.standardise(network.extractor(given, training=False).numpy())
    content = export_network(network.whole)
    exported, original = Network(content).logits(given), outputs(network.whole, given)
    for name in HEADS:
        np.testing.assert_allclose(softmax(getattr(exported, name)), softmax(original[name]), rtol=0, atol=1e-4)
    operations = {details["op_name"] for details in Interpreter(model_content=content)._get_ops_details()}
    assert not {name for name in operations if name.startswith("Flex") or name == "CUSTOM"}


@pytest.mark.parametrize("hidden", [0, 16])
def test_a_hidden_layer_lies_between_the_features_and_the_heads(hidden: int) -> None:
    network = build_network(TINY, SPACE, hidden=hidden, l2=0.001, dropout=0.5)
    names = [layer.name for layer in network.heads.layers]
    assert ("hidden" in names) == bool(hidden)
    assert len(network.heads.losses) == (1 if hidden else 0)
    if hidden:
        assert names.index("standardise") < names.index("head_dropout") < names.index("hidden")
        assert network.heads.get_layer("hidden").activation is keras.activations.relu
        assert network.heads.get_layer("flat_logits").kernel.shape == (16, V)


def test_a_backbone_with_a_dense_layer_of_its_own_gets_no_second_one() -> None:
    network = build_network(backbone("report-cnn"), SPACE, size=32, hidden=16, l2=0.001, dropout=0.5)
    assert {layer.name for layer in network.heads.layers if layer.weights} == {f"{head}_logits" for head in HEADS}
    assert "head_dropout" not in [layer.name for layer in network.heads.layers]


@pytest.mark.parametrize("name", ["tiny", "report-cnn"])  # with colours and without
def test_mixed_precision_is_the_backbone_s_alone(name: str) -> None:
    entry = TINY if name == "tiny" else backbone(name)
    network = build_network(entry, SPACE, size=32, hidden=16, mixed_precision=True)
    assert keras.config.dtype_policy().name == "float32"
    (body,) = (layer for layer in network.extractor.layers if isinstance(layer, keras.Model))
    assert {layer.compute_dtype for layer in body.layers if layer.weights} == {"bfloat16"}
    assert {weight.dtype for weight in network.whole.weights} == {"float32"}
    assert network.extractor(images(), training=False).dtype == "float32"
    assert {values.dtype.name for values in outputs(network.whole, images()).values()} == {"float32"}
    if name == "tiny":
        colours = network.extractor(images(), training=False)[:, 8:]
        np.testing.assert_array_equal(colours, build().extractor(images(), training=False)[:, 8:])
    exact = build_network(entry, SPACE, size=32, hidden=16)
    exact.whole.set_weights(network.whole.get_weights())
    for head, values in outputs(exact.whole, images()).items():
        np.testing.assert_allclose(outputs(network.whole, images())[head], values, atol=0.1)


def test_the_policy_is_as_before_after_a_backbone_that_fails() -> None:
    def fail(size: int) -> keras.Model:
        raise OSError(size)

    broken = Backbone(name="broken", description="for tests", size=32, pretrained=True, colour=True, build=fail)
    with pytest.raises(OSError, match="32"):
        build_network(broken, SPACE, mixed_precision=True)
    assert keras.config.dtype_policy().name == "float32"


@pytest.mark.parametrize("mode", MODES)
def test_several_networks_as_one_say_the_mean_of_their_logits(mode: str) -> None:
    members = [build(mode, seed=seed) for seed in (1, 2, 3)]
    predictions = [outputs(member.whole, images()) for member in members]
    together = average_networks(members)
    exported = Network(export_network(together.whole)).logits(images())
    in_two_steps = outputs(together.heads, together.extractor(images()).numpy())
    for head, found in outputs(together.whole, images()).items():
        expected = np.mean([one[head] for one in predictions], axis=0)
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)
        np.testing.assert_allclose(in_two_steps[head], expected, rtol=1e-4, atol=1e-4)
        np.testing.assert_allclose(softmax(getattr(exported, head)), softmax(expected), rtol=0, atol=1e-4)
    assert np.abs(predictions[0]["flat"] - predictions[1]["flat"]).max() > 1e-2


@pytest.mark.parametrize("count", [1, 2])
def test_the_export_with_features_gives_what_the_heads_stand_on(count: int) -> None:
    together = average_networks([build("both", seed=seed) for seed in range(count)])
    plain = Network(export_network(together.whole))
    network = Network(export_network(together.with_features(), (*HEADS, FEATURES)))
    logits, features = network.seen(images())
    expected = together.extractor(images()).numpy()
    assert network.features == expected.shape[1]
    np.testing.assert_allclose(features, expected, rtol=1e-4, atol=1e-4)
    for head, found in plain.logits(images()).items():
        np.testing.assert_allclose(getattr(logits, head), found, rtol=1e-4, atol=1e-4)
    assert network.seen(images()[:0])[1].shape == (0, network.features)
    assert plain.features == 0
    assert plain.seen(images())[1].shape == (len(images()), 0)


def test_weights_in_half_precision_take_half_the_space_and_hardly_move_a_probability() -> None:
    def wide(size: int) -> keras.Model:
        pixels = keras.Input((size, size, 3))
        x = keras.layers.Rescaling(1 / 128, offset=-1)(pixels)
        for filters in (64, 512):
            x = keras.layers.Conv2D(filters, 3, 2, activation="relu")(x)
        return keras.Model(pixels, keras.layers.GlobalAveragePooling2D()(x))

    network = build_network(replace(TINY, build=wide), SPACE)
    whole, half = (export_network(network.whole, half=half) for half in (False, True))
    assert len(half) < 0.55 * len(whole)
    exact, rounded = (softmax(Network(content).logits(images()).flat) for content in (whole, half))
    assert 0 < np.abs(exact - rounded).max() < EXPORT_TOLERANCE


def test_one_network_alone_stays_as_it_is_and_strangers_are_not_averaged() -> None:
    alone = build()
    assert average_networks([alone]) is alone
    for networks in ([], [alone, build("flat")]):
        with pytest.raises(ValueError, match="kinds"):
            average_networks(networks)
