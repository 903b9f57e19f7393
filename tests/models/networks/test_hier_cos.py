"""Hier-COS against its formulas, worked out by hand on a tree of four nodes."""

from dataclasses import replace

import keras
import numpy as np
import pytest

from gemhier.hierarchy.labels import LabelSpace
from gemhier.models.networks.backbones import Backbone
from gemhier.models.networks.export import export_network
from gemhier.models.networks.gem_network import average_networks, build_network
from gemhier.models.networks.heads import losses
from gemhier.models.networks.hier_cos import HierCOS, ProjectionLengths, Subspaces
from gemhier.models.networks.modes import HIER_COS, NODES
from gemhier.models.runtime.litert import ExportedNetwork

SMALL = LabelSpace(("beryl/aquamarine", "beryl/emerald", "quartz"))
"""Basis vectors, by depth and then by name: beryl, quartz, aquamarine, emerald."""

DEEP = LabelSpace(("beryl/aquamarine", "beryl/emerald", "beryl/emerald/colombian", "quartz"))

E = np.e


def test_a_subspace_is_spanned_by_a_labels_route() -> None:
    assert Subspaces(SMALL).spanned.tolist() == [[1, 0, 1, 0], [1, 0, 0, 1], [0, 1, 0, 0]]
    assert Subspaces(SMALL).levels.tolist() == [0, 0, 1, 1]


def test_most_of_the_target_lies_on_the_lowest_node() -> None:
    upper, lower = 1 / (1 + E), E / (1 + E)  # exp(1/2)² and exp(1)², as shares
    expected = [[upper, 0, lower, 0], [upper, 0, 0, lower], [0, 1, 0, 0]]
    np.testing.assert_allclose(Subspaces(SMALL).targets, expected, rtol=1e-6)
    colombian = Subspaces(DEEP).targets[DEEP.index("beryl/emerald/colombian")]
    weights = np.exp([1 / 3, 1 / 2, 1]) ** 2
    np.testing.assert_allclose(colombian[colombian > 0], weights / weights.sum(), rtol=1e-6)


def test_a_label_above_another_has_a_leaf_of_its_own_and_can_win() -> None:
    subspaces = Subspaces(DEEP)
    assert len(subspaces) == len(DEEP.nodes) + 1
    emerald, colombian = (DEEP.index(label) for label in ("beryl/emerald", "beryl/emerald/colombian"))
    for label, other in ((emerald, colombian), (colombian, emerald)):
        lengths = ProjectionLengths(DEEP)(subspaces.spanned[[label]]).numpy()[0]
        assert lengths.argmax() == label
        assert lengths[label] == pytest.approx(np.sqrt(3))
        assert lengths[other] == pytest.approx(np.sqrt(2))


def test_lengths_are_those_of_the_projections() -> None:
    nodes = np.array([[3, 0, -4, 0], [0, 2, 0, 1]], np.float32)
    np.testing.assert_allclose(ProjectionLengths(SMALL)(nodes).numpy(), [[5, 3, 0], [0, 1, 2]], atol=1e-5)


def test_the_loss_is_the_one_worked_out_by_hand() -> None:
    nodes = np.repeat(np.array([[3, 0, -4, 0]], np.float32), 3, axis=0)
    level_sum = np.log(E**3 + 1 + E**4 + 1)  # of the softmax over |x|
    upper, lower = 1 / (1 + E), E / (1 + E)
    negative_entropy = upper * np.log(upper) + lower * np.log(lower)
    aquamarine = negative_entropy + level_sum - (upper * 3 + lower * 4)
    emerald = negative_entropy + level_sum - upper * 3
    quartz = level_sum
    # Level 0 is (1, 0) once its length is 1, level 1 too.
    regulariser = np.array([0, 0 + 2, 2 + 4])  # quartz has no node on level 1, where |x| adds up to 4
    expected = np.array([aquamarine, emerald, quartz]) + 0.5 * regulariser
    found = HierCOS(SMALL, alpha=0.5).call(np.array([0, 1, 2]), nodes).numpy()
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_features_without_any_length_have_a_gradient() -> None:
    tf = pytest.importorskip("tensorflow")
    nodes = tf.zeros((3, 4))
    with tf.GradientTape() as tape:
        tape.watch(nodes)
        summed = tf.reduce_sum(HierCOS(SMALL).call(np.array([0, 1, 2]), nodes)) + tf.reduce_sum(
            ProjectionLengths(SMALL)(nodes)
        )
    assert np.isfinite(summed.numpy())
    assert np.isfinite(tape.gradient(summed, nodes).numpy()).all()


def test_the_loss_is_of_the_nodes_and_other_heads_keep_theirs() -> None:
    assert set(losses(SMALL, "both", 0.1, HIER_COS)) == {NODES, "family", "regional"}
    assert set(losses(SMALL, "hierarchical", 0.1, HIER_COS)) == {"family", "regional"}


def body(size: int) -> keras.Model:
    pixels = keras.Input((size, size, 3))
    return keras.Model(pixels, keras.layers.Flatten()(keras.layers.AveragePooling2D(4)(pixels)))


def test_a_network_is_turned_to_a_fixed_basis_and_exported_without_its_nodes() -> None:
    tiny = Backbone(name="tiny", description="", size=8, pretrained=True, colour=False, build=body)
    first = build_network(tiny, SMALL, mode="flat", loss=HIER_COS)
    basis = first.heads.get_layer("nodes")
    assert basis.trainable_weights == []
    kernel = basis.get_weights()[0]
    np.testing.assert_allclose(kernel @ kernel.T, np.eye(4), atol=1e-5)
    images = np.random.default_rng(0).integers(0, 256, (3, 8, 8, 3), np.uint8)
    found = {name: values.numpy() for name, values in first.whole(images).items()}
    assert found[NODES].shape == (3, 4)
    np.testing.assert_allclose(found["flat"], ProjectionLengths(SMALL)(found[NODES]).numpy(), rtol=1e-5)
    exported = ExportedNetwork(export_network(first.whole), num_threads=1)
    for number, image in enumerate(images):
        answered = exported.run(image[None])
        assert NODES not in answered
        np.testing.assert_allclose(answered["flat"], found["flat"][[number]], rtol=1e-4)
    second = build_network(replace(tiny, name="other"), SMALL, mode="flat", loss=HIER_COS)
    averaged = average_networks([first, second]).whole(images)
    expected = (found["flat"] + second.whole(images)["flat"].numpy()) / 2
    np.testing.assert_allclose(averaged["flat"].numpy(), expected, rtol=1e-4)
