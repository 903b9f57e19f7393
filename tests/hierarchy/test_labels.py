"""The label space: its columns, its families and how labels sum up the tree."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemhier.hierarchy.labels import LabelSpace, label_space, route

PARTS = st.sampled_from(["a", "b", "b-c", "d"])
PATHS = st.lists(PARTS, min_size=1, max_size=4).map("/".join)
SPACES = st.lists(PATHS, min_size=1, max_size=12).map(label_space)


@pytest.fixture
def gems() -> LabelSpace:
    """Two families; emerald is both a label and a parent of labels; amber stands alone."""
    return LabelSpace(
        ("amber", "beryl/aquamarine", "beryl/emerald", "beryl/emerald/colombian", "beryl/emerald/zambian")
    )


def test_columns_of_a_small_space(gems: LabelSpace) -> None:
    assert gems.families == ("amber", "beryl")
    assert gems.regional_families == ("beryl",)
    assert gems.parents.tolist() == [0, 1, 1, 1, 1]
    assert gems.nodes == (
        "amber",
        "beryl",
        "beryl/aquamarine",
        "beryl/emerald",
        "beryl/emerald/colombian",
        "beryl/emerald/zambian",
    )
    assert gems.membership.astype(int).tolist() == [
        [1, 0, 0, 0, 0, 0],
        [0, 1, 1, 0, 0, 0],
        [0, 1, 0, 1, 0, 0],
        [0, 1, 0, 1, 1, 0],
        [0, 1, 0, 1, 0, 1],
    ]
    assert [columns.tolist() for columns in gems.children] == [[], [2, 3], [], [4, 5], [], []]
    assert gems.node_labels.tolist() == [0, -1, 1, 2, 3, 4]


def test_columns_are_found_by_id(gems: LabelSpace) -> None:
    assert gems.index("beryl/emerald") == 2
    assert gems.node_index("beryl") == 1
    assert len(gems) == 5
    assert "beryl/emerald" in gems
    assert "beryl" not in gems


def test_a_family_of_one_label_is_not_refined() -> None:
    assert LabelSpace(("amber", "beryl/emerald")).regional_families == ()


def test_label_space_takes_labels_in_any_order_with_repeats() -> None:
    assert label_space(["b", "a/x", "b"]).labels == ("a/x", "b")


def test_route_runs_from_the_family_down() -> None:
    assert route("beryl/emerald/colombian") == ("beryl", "beryl/emerald", "beryl/emerald/colombian")


@pytest.mark.parametrize(
    ("labels", "message"),
    [((), "at least one"), (("b", "a"), "sorted"), (("a", "a"), "sorted"), (("a/",), "path"), (("",), "path")],
)
def test_labels_that_make_no_space_are_refused(labels: tuple[str, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        LabelSpace(labels)


def test_arrays_cannot_be_changed(gems: LabelSpace) -> None:
    for array in (gems.parents, gems.membership, gems.node_labels, gems.children[1]):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = array[0]


@given(SPACES)
def test_every_label_belongs_to_its_family_and_to_itself(space: LabelSpace) -> None:
    for row, label in enumerate(space.labels):
        assert space.families[space.parents[row]] == label.split("/")[0]
        members = {node for node, member in zip(space.nodes, space.membership[row], strict=True) if member}
        assert members == set(route(label))
        assert space.labels[space.node_labels[space.node_index(label)]] == label


@given(SPACES)
def test_nodes_start_with_the_families_and_hold_parents_before_children(space: LabelSpace) -> None:
    assert space.nodes[: len(space.families)] == space.families
    for column, children in enumerate(space.children):
        assert np.all(children > column)
    assert sum(map(len, space.children)) == len(space.nodes) - len(space.families)
    assert np.all(space.membership.any(axis=0)), "a node without a label could never be answered"
