"""The class graph: gem families, and the species, varieties and regions below them."""

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from gemhier.errors import TaxonomyError
from gemhier.hierarchy.contradictions import find_contradictions
from gemhier.hierarchy.names import name_key, nearest_names
from gemhier.hierarchy.node import RANKS, Node

if TYPE_CHECKING:
    import networkx as nx

__all__ = ["FORMAT", "RANKS", "Node", "Taxonomy"]

FORMAT = 1
"""The version of the file format, in YAML as in JSON."""

_SEVERAL_NAMES = re.compile(r"[()/]|\s-\s")


@dataclass(frozen=True)
class Taxonomy:
    """An acyclic graph of nodes, checked on the way in.

    Two taxonomies are equal if they say the same, in whatever order.

    Attributes:
        nodes: id to node, each followed by all that is below it on its route.

    Raises:
        TaxonomyError: if the nodes contradict each other.
    """

    nodes: Mapping[str, Node]

    def __post_init__(self) -> None:
        """Refuse nodes that contradict each other, and put each behind its parent."""
        for key, node in self.nodes.items():
            if key != node.id:
                raise ValueError(f"`nodes` must map each id to its node. Received: {key!r} for {node.id!r}.")
        contradiction = next(find_contradictions(self.nodes), None)
        if contradiction is not None:
            raise TaxonomyError(contradiction.message)
        object.__setattr__(self, "nodes", _depth_first(self.nodes))

    @classmethod
    def from_nodes(cls, nodes: Iterable[Node]) -> "Taxonomy":
        """Build a taxonomy from nodes in any order.

        Raises:
            TaxonomyError: if an id comes twice, or the nodes contradict each other.
        """
        by_id: dict[str, Node] = {}
        for node in nodes:
            if node.id in by_id:
                raise TaxonomyError(f"`{node.id}` is given twice. Keep one of the two.")
            by_id[node.id] = node
        return cls(by_id)

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> "Taxonomy":
        """Read what `to_dict` wrote.

        Raises:
            TaxonomyError: if it is of another format, or the nodes contradict each other.
        """
        version = content.get("format") if isinstance(content, Mapping) else None
        if version != FORMAT:
            raise TaxonomyError(f"This is not a taxonomy of format {FORMAT}: `format` is {version!r}. Write it again.")
        entries = content.get("nodes")
        if not isinstance(entries, list):
            raise TaxonomyError(f"`nodes` must be a list of nodes, but is {type(entries).__name__}. Write it again.")
        return cls.from_nodes(Node.from_dict(entry) for entry in entries)

    def to_dict(self) -> dict[str, Any]:
        """Everything in the taxonomy as JSON values; `from_dict` reads it."""
        return {"format": FORMAT, "nodes": [asdict(node) for node in self.nodes.values()]}

    def __getitem__(self, node_id: str) -> Node:
        """Return the node of this id; KeyError if there is none. Names are for `resolve`."""
        return self.nodes[node_id]

    def __contains__(self, node_id: object) -> bool:
        """Whether there is a node of this id."""
        return node_id in self.nodes

    def __len__(self) -> int:
        """How many nodes there are."""
        return len(self.nodes)

    def __eq__(self, other: object) -> bool:
        """Whether both say the same, in whatever order."""
        return self.digest == other.digest if isinstance(other, Taxonomy) else NotImplemented

    def __hash__(self) -> int:
        """Return a hash of the content."""
        return hash(self.digest)

    @cached_property
    def families(self) -> tuple[str, ...]:
        """The ids of the families, in the order of the file."""
        return tuple(node.id for node in self.nodes.values() if node.parent is None)

    @cached_property
    def depth(self) -> int:
        """How many nodes the longest route has; 0 if there are no nodes."""
        return max((len(node.route) for node in self.nodes.values()), default=0)

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of the content, in hexadecimal; the order of nodes and names does not matter."""
        nodes = [asdict(node) for _, node in sorted(self.nodes.items())]
        for node in nodes:
            node["aliases"], node["also"] = sorted(node["aliases"]), sorted(node["also"])
        text = json.dumps({"format": FORMAT, "nodes": nodes}, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    @cached_property
    def graph(self) -> "nx.DiGraph[str]":
        """A networkx graph of ids, from parent to child, frozen.

        Each node has its `name` and `rank`; each edge has `route`, which is true if the edge is
        on the child's route and false if it goes to a further parent.
        """
        import networkx as nx  # takes longer than the rest of a classification's start

        graph: nx.DiGraph[str] = nx.DiGraph()
        graph.add_nodes_from((node.id, {"name": node.name, "rank": node.rank}) for node in self.nodes.values())
        for node in self.nodes.values():
            graph.add_edges_from((parent, node.id, {"route": parent == node.parent}) for parent in node.parents)
        return nx.freeze(graph)

    def children(self, node_id: str) -> tuple[str, ...]:
        """Return the ids of the nodes that have this one among their parents; KeyError for an unknown id."""
        return tuple(self._children[self[node_id].id])

    def ancestors(self, node_id: str) -> frozenset[str]:
        """Return the ids of all nodes above this one, by any parent, itself left out; KeyError for an unknown id."""
        found: set[str] = set()
        waiting = list(self[node_id].parents)
        while waiting:
            ancestor = waiting.pop()
            if ancestor not in found:
                found.add(ancestor)
                waiting.extend(self[ancestor].parents)
        return frozenset(found)

    def resolve(self, name: str) -> Node:
        """Find the node that a name, an alias, an id or a folder path stands for.

        Case, punctuation, accents and plurals do not matter. Where no name fits as it stands, the
        words may come in another order ("Sapphire Blue"), a path may use names and leave out
        nodes ("Emerald/Colombian"), and several names may be given if they agree ("Blue Sapphire (Neelam)").
        An excluded node resolves too: look at its `excluded`.

        Raises:
            TaxonomyError: if nothing or more than one thing is called so; it gives the nearest names.
        """
        found = self.meanings(name)
        if len(found) == 1:
            return self.nodes[found[0]]
        if found:
            choices = ", ".join(f"`{node_id}`" for node_id in found)
            raise TaxonomyError(f"{name!r} can mean {choices}. Give one of these ids, or make it an alias of one.")
        near = self.nearest(name)
        nearest = f"; nearest: {', '.join(near)}" if near else ""
        raise TaxonomyError(
            f"No gem is called {name!r}{nearest}. Check the spelling, or add it to the aliases in your taxonomy file."
        )

    def meanings(self, name: str) -> tuple[str, ...]:
        """Return the ids of all that a name can stand for, as `resolve` finds them; empty if nothing is called so."""
        if name in self.nodes:
            return (name,)
        return self._named(name) or self._at_path(name) or self._at_all(name)

    def nearest(self, name: str, n: int = 3) -> tuple[str, ...]:
        """Up to `n` names and aliases that are most like `name`, best first, one for each gem."""
        of_gems: dict[tuple[str, ...], str] = {}
        for known in nearest_names(name, self._all_names, 4 * n):
            of_gems.setdefault(self._by_key[name_key(known)], known)
        return tuple(of_gems.values())[:n]

    def _named(self, name: str) -> tuple[str, ...]:
        key = name_key(name)
        return self._by_key.get(key) or self._by_words.get(_words_of(key)) or ()

    def _at_path(self, path: str) -> tuple[str, ...]:
        """Return the nodes at the end of a path of names, each as near below the one before as there is one."""
        first, *rest = path.replace("\\", "/").strip("/").split("/")
        found = self._named(first)
        for part in rest:
            below, found = found, ()
            while below and not found:
                below = tuple(dict.fromkeys(child for node_id in below for child in self._children[node_id]))
                found = tuple(child for child in below if self._is_called(child, part))
        return found if rest else ()

    def _at_all(self, names: str) -> tuple[str, ...]:
        """Return the nodes that several names mean together: the deepest if all are on one route."""
        parts = [part for part in _SEVERAL_NAMES.split(names) if name_key(part)]
        found = [self._named(part) for part in parts]
        if len(parts) < 2 or not all(found):
            return ()
        meant = dict.fromkeys(node_id for ids in found for node_id in ids)
        deepest = max(meant, key=lambda node_id: len(self.nodes[node_id].route))
        return (deepest,) if set(meant) <= set(self.nodes[deepest].route) else tuple(meant)

    def _is_called(self, node_id: str, name: str) -> bool:
        last_part = name_key(node_id.rpartition("/")[2])
        return name_key(name) == last_part or node_id in self._named(name)

    @cached_property
    def _children(self) -> Mapping[str, list[str]]:
        children: dict[str, list[str]] = {node_id: [] for node_id in self.nodes}
        for node in self.nodes.values():
            for parent in node.parents:
                children[parent].append(node.id)
        return children

    @cached_property
    def _all_names(self) -> tuple[str, ...]:
        return tuple(name for node in self.nodes.values() for name in (node.name, *node.aliases))

    @cached_property
    def _by_key(self) -> Mapping[str, tuple[str, ...]]:
        """The key of each name and alias, to the ids it can mean."""
        found: dict[str, dict[str, None]] = defaultdict(dict)
        for node in self.nodes.values():
            for name in (node.name, *node.aliases):
                found[name_key(name)][node.id] = None
        return {key: tuple(ids) for key, ids in found.items()}

    @cached_property
    def _by_words(self) -> Mapping[str, tuple[str, ...]]:
        """As `_by_key`, whatever the order of the words."""
        found: dict[str, dict[str, None]] = defaultdict(dict)
        for key, ids in self._by_key.items():
            found[_words_of(key)].update(dict.fromkeys(ids))
        return {words: tuple(ids) for words, ids in found.items()}


def _words_of(key: str) -> str:
    return " ".join(sorted(key.split()))


def _depth_first(nodes: Mapping[str, Node]) -> dict[str, Node]:
    """Return the same nodes, each followed by all below it on their routes, otherwise in the order they came."""
    children: dict[str | None, list[str]] = defaultdict(list)
    for node in nodes.values():
        children[node.parent].append(node.id)
    ordered: dict[str, Node] = {}
    waiting = children[None][::-1]
    while waiting:
        node_id = waiting.pop()
        ordered[node_id] = nodes[node_id]
        waiting.extend(reversed(children[node_id]))
    return ordered
