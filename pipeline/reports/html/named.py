"""Nodes of the taxonomy as pages show them."""

from dataclasses import dataclass

from gemhier.hierarchy.taxonomy import Taxonomy


@dataclass(frozen=True)
class Named:
    """A node as people know it.

    Attributes:
        id: of the node.
        name: what it is called.
        above: the names of what it belongs to, the family first; "" for a family.
    """

    id: str
    name: str
    above: str


def named(node: str, taxonomy: Taxonomy) -> Named:
    """Return a node as people know it."""
    above = " › ".join(taxonomy[parent].name for parent in taxonomy[node].route[:-1])
    return Named(node, taxonomy[node].name, above)
