"""One node of the class graph: a gem, or a group of gems, that has a name."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields

from gemhier.errors import TaxonomyError

RANKS = ("family", "species", "variety", "region", "trade")
"""What a node can be. `trade` is a quality, a treatment or a phenomenon that dealers name."""

_WORDS = {
    "family": ("family", "families"),
    "species": ("species", "species"),
    "variety": ("variety", "varieties"),
    "region": ("region", "regions"),
    "trade": ("trade name", "trade names"),
}


@dataclass(frozen=True)
class Node:
    """One gem family, species, variety, region or trade name.

    The id is the whole path ("quartz/cats-eye"), because names repeat: both
    quartz and chrysoberyl have a cat's-eye.

    Attributes:
        id: the path from the family down, in lower-case words joined by hyphens.
        name: as it is shown to people.
        rank: one of `RANKS`.
        aliases: other names for the same thing, as dealers and folders write them.
        also: ids of further parents. They count in scoring; the path is the only route.
        excluded: why pictures under this name teach nothing (a set of nine stones); else None.
    """

    id: str
    name: str
    rank: str
    aliases: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    excluded: str | None = None

    @property
    def parent(self) -> str | None:
        """The id of the node on the route above; None for a family."""
        return self.id.rpartition("/")[0] or None

    @property
    def family(self) -> str:
        """The id of the family at the top of the route."""
        return self.id.partition("/")[0]

    @property
    def route(self) -> tuple[str, ...]:
        """The ids from the family down to this node, itself included."""
        parts = self.id.split("/")
        return tuple("/".join(parts[: depth + 1]) for depth in range(len(parts)))

    @property
    def parents(self) -> tuple[str, ...]:
        """The ids of all parents, the one on the route first."""
        return ((self.parent,) if self.parent else ()) + self.also

    @classmethod
    def from_dict(cls, entry: object) -> "Node":
        """Build a node from JSON values, as `dataclasses.asdict` gives them.

        Raises:
            TaxonomyError: if a key is missing or unknown, or a value is of the wrong type.
        """
        if not isinstance(entry, Mapping):
            raise TaxonomyError(f"A node must be an object with id, name and rank. Received: {entry!r}.")
        called = f"node {entry.get('id')!r}"
        for key in entry:
            if key not in _KEYS:
                raise TaxonomyError(f"{called}: unknown key {key!r}. Use {', '.join(_KEYS)}.")
        for key in ("id", "name", "rank"):
            if not isinstance(entry.get(key), str):
                raise TaxonomyError(f"{called}: `{key}` must be text. Received: {entry.get(key)!r}.")
        for key in ("aliases", "also"):
            names = entry.get(key, [])
            if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
                raise TaxonomyError(f"{called}: `{key}` must be a list of texts. Received: {names!r}.")
        if not isinstance(entry.get("excluded"), str | None):
            raise TaxonomyError(f"{called}: `excluded` must be the reason as text. Received: {entry['excluded']!r}.")
        return cls(
            id=entry["id"],
            name=entry["name"],
            rank=entry["rank"],
            aliases=tuple(entry.get("aliases", ())),
            also=tuple(entry.get("also", ())),
            excluded=entry.get("excluded"),
        )


_KEYS = tuple(field.name for field in fields(Node))


def count_by_rank(nodes: Iterable[Node]) -> dict[str, str]:
    """How many nodes there are of each rank, in words ("2 trade names"), the ranks without any left out."""
    counts = Counter(node.rank for node in nodes)
    return {rank: f"{counts[rank]} {_WORDS[rank][counts[rank] != 1]}" for rank in RANKS if counts[rank]}
