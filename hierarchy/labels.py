"""The label space of a model: which nodes pictures carry, and how they sum up the tree."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from gemhier.arrays import Booleans, Indices

Array = TypeVar("Array", bound=npt.NDArray[np.generic])


@dataclass(frozen=True)
class LabelSpace:
    """The labels that a model can output, one column each.

    Every label can win. An inner node that is also a label ("beryl/emerald" beside
    "beryl/emerald/colombian") stands in the space as its own "unspecified" leaf, so
    the probabilities over labels sum to 1.

    Attributes:
        labels: (V,) node ids, sorted and without repeats.

    Raises:
        ValueError: if the labels are empty, unsorted, repeated or not paths.
    """

    labels: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.labels:
            raise ValueError("`labels` must hold at least one node id. Received: none.")
        for label in self.labels:
            if not all(label.split("/")):
                raise ValueError(
                    f"Each label must be a path of non-empty parts, such as beryl/emerald. Received: {label!r}."
                )
        for earlier, later in pairwise(self.labels):
            if earlier >= later:
                raise ValueError(f"`labels` must be sorted, each once. Received: {earlier!r} before {later!r}.")

    def __len__(self) -> int:
        return len(self.labels)

    @cached_property
    def families(self) -> tuple[str, ...]:
        """(F,) the ids of the families that have a label, sorted."""
        return tuple(sorted({label.partition("/")[0] for label in self.labels}))

    @cached_property
    def parents(self) -> Indices:
        """(V,) the column in `families` of each label's family."""
        columns = {family: column for column, family in enumerate(self.families)}
        return _read_only(np.array([columns[label.partition("/")[0]] for label in self.labels], dtype=np.intp))

    @cached_property
    def regional_families(self) -> tuple[str, ...]:
        """The families with two labels or more: those that a regional network can refine."""
        counts = np.bincount(self.parents, minlength=len(self.families))
        return tuple(family for family, count in zip(self.families, counts, strict=True) if count >= 2)

    @cached_property
    def nodes(self) -> tuple[str, ...]:
        """(M,) the ids of all nodes on the route of any label, by depth and then by id.

        The first F of them are `families`, and every parent comes before its children.
        """
        found = {node for label in self.labels for node in route(label)}
        return tuple(sorted(found, key=lambda node: (node.count("/"), node)))

    @cached_property
    def membership(self) -> Booleans:
        """(V, M) whether label v is node m or lies below it on its route."""
        member = np.zeros((len(self.labels), len(self.nodes)), dtype=np.bool_)
        for row, label in enumerate(self.labels):
            member[row, [self._node_columns[node] for node in route(label)]] = True
        return _read_only(member)

    @cached_property
    def children(self) -> tuple[Indices, ...]:
        """For each of the M nodes, the columns in `nodes` of its children."""
        columns: list[list[int]] = [[] for _ in self.nodes]
        for column, node in enumerate(self.nodes):
            parent = node.rpartition("/")[0]
            if parent:
                columns[self._node_columns[parent]].append(column)
        return tuple(_read_only(np.array(found, dtype=np.intp)) for found in columns)

    @cached_property
    def node_labels(self) -> Indices:
        """(M,) the column in `labels` of each node that is itself a label; -1 for the others."""
        return _read_only(np.array([self._label_columns.get(node, -1) for node in self.nodes], dtype=np.intp))

    def index(self, label: str) -> int:
        """Return the column of a label.

        Raises:
            KeyError: if the space does not hold it; `in` tells beforehand.
        """
        return self._label_columns[label]

    def node_index(self, node: str) -> int:
        """Return the column in `nodes` of a node.

        Raises:
            KeyError: if it is on no label's route.
        """
        return self._node_columns[node]

    def __contains__(self, label: object) -> bool:
        return label in self._label_columns

    @cached_property
    def _label_columns(self) -> dict[str, int]:
        return {label: column for column, label in enumerate(self.labels)}

    @cached_property
    def _node_columns(self) -> dict[str, int]:
        return {node: column for column, node in enumerate(self.nodes)}


def route(node: str) -> tuple[str, ...]:
    """Return the ids from the family down to a node, itself included."""
    parts = node.split("/")
    return tuple("/".join(parts[: depth + 1]) for depth in range(len(parts)))


def label_space(labels: Sequence[str]) -> LabelSpace:
    """Return the label space of the labels of many pictures, in any order and with repeats."""
    return LabelSpace(tuple(sorted(set(labels))))


def _read_only(array: Array) -> Array:
    array.flags.writeable = False
    return array
