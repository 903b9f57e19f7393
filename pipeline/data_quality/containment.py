"""Classes that lie within others, and what that says about the taxonomy."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from gemhier.hierarchy.node import Node
from gemhier.hierarchy.taxonomy import Taxonomy
from gemhier.pipeline.data_quality.listing import Listing

CONTAINED = 0.9
"""A class lies within another if this share of its products stands there too."""

FEWEST = 5
"""Of fewer products nothing is concluded."""

Standing = Literal["known", "proposed", "same", "reversed", "unknown name"]

STANDINGS: dict[Standing, str] = {
    "known": "the taxonomy says so already",
    "proposed": "the taxonomy does not say so: put it under the other, or list that as a further parent (also)",
    "same": "each lies within the other: one may be an alias of the other",
    "reversed": "the taxonomy says the opposite",
    "unknown name": "the taxonomy does not know one of the names",
}
"""What each kind of edge means."""


@dataclass(frozen=True)
class Edge:
    """One class within another.

    Attributes:
        child: the class within.
        parent: the class around it.
        share: of the child's products, those that stand in the parent too.
        covered: of the parent's products, those that stand in the child too.
        child_id: the node that the child's name means; "" if it is not known.
        parent_id: the same of the parent.
        standing: one of `STANDINGS`.
    """

    child: str
    parent: str
    share: float
    covered: float
    child_id: str
    parent_id: str
    standing: Standing


def overlaps(listing: Listing) -> Counter[tuple[str, str]]:
    """How many products each two classes share, under both orders; only those that share any."""
    shared: Counter[tuple[str, str]] = Counter()
    for names in listing.names.values():
        shared.update((first, second) for first in names for second in names if first != second)
    return shared


def find_edges(
    listing: Listing, nodes: Mapping[str, Node], taxonomy: Taxonomy, without: Collection[str]
) -> tuple[Edge, ...]:
    """Return the edges between classes that the products show, sorted by child, then by the parent's size.

    A class lies within another if `CONTAINED` of its products stand there too. Of several that lie around each
    other, the innermost is the parent: what lies around that one too is left out. Where two lie within each
    other, the smaller is the child.

    Args:
        listing: what stands where.
        nodes: what the classes' names mean, where that is known.
        taxonomy: holds the nodes.
        without: classes that prove nothing, such as contaminated ones.
    """
    size = {name: len(listing.classes[name]) for name in listing.filled if name not in without}
    shared = overlaps(listing)
    within: dict[str, set[str]] = {}
    for (child, parent), count in shared.items():
        if child in size and parent in size and size[child] >= FEWEST and count / size[child] >= CONTAINED:
            within.setdefault(child, set()).add(parent)
    edges = []
    for child, parents in within.items():
        for parent in parents:
            mutual = child in within.get(parent, ())
            if mutual and (size[child], child) > (size[parent], parent):
                continue
            if mutual or not _farther(parent, child, parents, within):
                share, covered = (shared[child, parent] / size[name] for name in (child, parent))
                edges.append(_edge(child, parent, share, covered, mutual, nodes, taxonomy))
    return tuple(sorted(edges, key=lambda edge: (edge.child, size[edge.parent], edge.parent)))


def shares(listing: Listing, names: Sequence[str]) -> list[list[float]]:
    """Of each class's products (row) those that stand in each other class too (column); 1 on the diagonal."""
    shared = overlaps(listing)
    return [
        [1.0 if row == column else shared[row, column] / len(listing.classes[row]) for column in names] for row in names
    ]


def _farther(parent: str, child: str, parents: set[str], within: Mapping[str, set[str]]) -> bool:
    """Whether another parent lies between, that is itself within this one and no more than the same."""
    return any(
        parent in within.get(between, ())
        and between not in within.get(parent, ())
        and child not in within.get(between, ())
        for between in parents
        if between != parent
    )


def _edge(
    child: str,
    parent: str,
    share: float,
    covered: float,
    mutual: bool,
    nodes: Mapping[str, Node],
    taxonomy: Taxonomy,
) -> Edge:
    below, above = nodes.get(child), nodes.get(parent)
    standing: Standing
    if below is None or above is None:
        standing = "unknown name"
    elif below.id == above.id or above.id in taxonomy.ancestors(below.id):
        standing = "known"
    elif mutual:
        standing = "same"
    elif below.id in taxonomy.ancestors(above.id):
        standing = "reversed"
    else:
        standing = "proposed"
    child_id, parent_id = below.id if below else "", above.id if above else ""
    return Edge(child, parent, share, covered, child_id, parent_id, standing)
