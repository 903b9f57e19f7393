"""What a set of nodes must not say if it is to be a class graph."""

import graphlib
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from gemhier.hierarchy.names import name_key, nearest_names
from gemhier.hierarchy.node import RANKS, Node

_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*(?:/[a-z0-9]+(?:-[a-z0-9]+)*)*")

Field = Literal["id", "name", "rank", "aliases", "also", "excluded"]


@dataclass(frozen=True)
class Place:
    """Where in a taxonomy something stands: a value in a field of a node."""

    node: str
    field: Field
    value: str = ""


@dataclass(frozen=True)
class Contradiction:
    """One rule that a set of nodes breaks.

    Attributes:
        place: what has to change.
        message: what is wrong, what came and what to do, in one line.
        other: the second place, where two contradict each other.
    """

    place: Place
    message: str
    other: Place | None = None


def find_contradictions(nodes: Mapping[str, Node]) -> Iterator[Contradiction]:
    """Give every way in which the nodes contradict each other or themselves.

    Args:
        nodes: id to node, in any order.

    Yields:
        Node by node first, then the clashes between nodes; nothing for a sound taxonomy.
    """
    for node in nodes.values():
        yield from _broken_route(node, nodes)
        yield from _broken_rank(node, nodes)
        yield from _broken_names(node)
        yield from _broken_also(node, nodes)
    yield from _clashing_names(nodes)
    yield from _cycle(nodes)


def _broken_route(node: Node, nodes: Mapping[str, Node]) -> Iterator[Contradiction]:
    if not _ID.fullmatch(node.id):
        yield Contradiction(
            Place(node.id, "id"),
            f"`{node.id}` is not an id. Use lower-case letters, digits and single hyphens, as in `cats-eye`.",
        )
    elif node.parent is not None and node.parent not in nodes:
        yield Contradiction(
            Place(node.id, "id"), f"`{node.id}` is an orphan: there is no `{node.parent}`. Add it, or move the node."
        )


def _broken_rank(node: Node, nodes: Mapping[str, Node]) -> Iterator[Contradiction]:
    place = Place(node.id, "rank", node.rank)
    if node.rank not in RANKS:
        yield Contradiction(place, f"`{node.id}` has rank `{node.rank}`. Use one of {', '.join(RANKS)}.")
    elif node.parent is None and node.rank != "family":
        yield Contradiction(
            place, f"`{node.id}` stands at the top but has rank `{node.rank}`. Make it a family, or put it into one."
        )
    elif node.parent is not None and node.rank == "family":
        yield Contradiction(
            place, f"`{node.id}` has rank `family` but stands below `{node.parent}`. Only the top holds families."
        )
    elif node.rank == "species" and (above := nodes.get(node.parent or "")) and above.rank == "region":
        yield Contradiction(
            place, f"`{node.id}` has rank `species` but stands below the region `{above.id}`. Move one of them."
        )


def _broken_names(node: Node) -> Iterator[Contradiction]:
    names: list[tuple[Field, str]] = [("name", node.name), *(("aliases", alias) for alias in node.aliases)]
    for field, name in names:
        if not name_key(name):
            yield Contradiction(
                Place(node.id, field, name), f"`{node.id}` has the name {name!r}, without a letter or digit. Remove it."
            )
        elif not _is_one_line(name):
            yield Contradiction(
                Place(node.id, field, name), f"`{node.id}` has the name {name!r}, which is not one line. Correct it."
            )
    if node.excluded is not None and not (node.excluded.strip() and _is_one_line(node.excluded)):
        yield Contradiction(
            Place(node.id, "excluded", node.excluded),
            f"`{node.id}` is excluded for {node.excluded!r}. Say why pictures under it teach nothing, in one line.",
        )


def _is_one_line(text: str) -> bool:
    """Whether a text can be printed in one line: no control characters and no halves of characters."""
    return text.isprintable() or not any(unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp") for letter in text)


def _broken_also(node: Node, nodes: Mapping[str, Node]) -> Iterator[Contradiction]:
    for position, parent in enumerate(node.also):
        place = Place(node.id, "also", parent)
        if parent not in nodes:
            near = nearest_names(parent, nodes)
            advice = f"Did you mean {' or '.join(f'`{known}`' for known in near)}?" if near else "Give a whole path."
            yield Contradiction(place, f"`{node.id}` is an orphan: `also` names `{parent}`, which is no node. {advice}")
        elif parent in node.route[:-1] or parent in node.also[:position]:
            yield Contradiction(
                place, f"`{node.id}` has two routes to `{parent}`, which is above it already. Remove it from `also`."
            )


def _clashing_names(nodes: Mapping[str, Node]) -> Iterator[Contradiction]:
    """Find aliases that mean two things, and names given twice within a family.

    Two nodes of different families may share a name (a cat's-eye of quartz, of chrysoberyl);
    resolving it then asks which. An alias is there to settle a name, so it may not be shared.
    """
    names: dict[str, Place] = {}
    for node in nodes.values():
        key = name_key(node.name)
        other = names.setdefault(key, Place(node.id, "name", node.name))
        if key and other.node != node.id and nodes[other.node].family == node.family:
            yield Contradiction(
                Place(node.id, "name", node.name),
                f"{node.name!r} is given twice in `{node.family}`, as `{other.node}` and as `{node.id}`. "
                "Keep one, and list its further parent under `also`.",
                other,
            )
    aliases: dict[str, Place] = {}
    for node in nodes.values():
        for alias in node.aliases:
            key = name_key(alias)
            place = Place(node.id, "aliases", alias)
            other = aliases.setdefault(key, place)
            if other.node == node.id:
                other = names.get(key, other)
            if key and other.node != node.id:
                yield Contradiction(
                    place,
                    f"{alias!r} is an alias of `{node.id}` but also names `{other.node}`. Remove one of them.",
                    other,
                )


def _cycle(nodes: Mapping[str, Node]) -> Iterator[Contradiction]:
    graph = {node.id: [parent for parent in node.parents if parent in nodes] for node in nodes.values()}
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        cycle: Sequence[str] = error.args[1]
        below, above = next(
            (below, above) for below, above in zip(cycle[1:], cycle, strict=False) if above in nodes[below].also
        )
        way = " > ".join(f"`{step}`" for step in cycle)
        yield Contradiction(
            Place(below, "also", above), f"`{below}` is its own ancestor: {way}. Remove one `also` from the cycle."
        )
