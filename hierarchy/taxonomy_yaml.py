"""Reading the YAML of a taxonomy file, with the line of everything."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from gemhier.hierarchy.contradictions import Field, Place, find_contradictions
from gemhier.hierarchy.node import Node
from gemhier.hierarchy.taxonomy import FORMAT
from gemhier.yaml_file import Entry, Problem, YamlFormat

_TAXONOMY_FILE = YamlFormat("a taxonomy file", longest=4 * 1024 * 1024, deepest=64)
_TOP_KEYS = ("format", "gems")
_NODE_KEYS = ("name", "rank", "aliases", "also", "excluded", "children")


@dataclass
class Contents:
    """What a taxonomy file says, where it says it, and what is wrong with it."""

    path: Path
    nodes: dict[str, Node] = field(default_factory=dict)
    lines: dict[Place, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def add_problem(self, line: int, message: str) -> None:
        """Note that something in a line is wrong."""
        self.problems.append(Problem(self.path, line, message))

    def line_of(self, place: Place) -> int:
        """Return the line of a place, or of its node where the file leaves the value to a default."""
        return self.lines.get(place) or self.lines.get(Place(place.node, "id"), 1)

    def find_contradictions(self) -> None:
        """Note every contradiction between the nodes."""
        for found in find_contradictions(self.nodes):
            other = f" The other is in line {self.line_of(found.other)}." if found.other else ""
            self.add_problem(self.line_of(found.place), found.message + other)


def read_tree(text: str, contents: Contents) -> None:
    """Read the tree under `gems`, keeping the line of everything."""
    top = _TAXONOMY_FILE.read_all(text, contents.path, contents.problems)
    if top is None:
        return
    if top.kind == "empty":
        contents.add_problem(1, f"The file is empty. Begin with `format: {FORMAT}` and `gems:`.")
        return
    fields = _fields(top, "A taxonomy file", _TOP_KEYS, contents)
    if "format" not in fields:
        contents.add_problem(top.line, f"There is no `format`. Begin with `format: {FORMAT}`.")
    elif fields["format"].written != str(FORMAT):
        version = fields["format"]
        contents.add_problem(
            version.key_line, f"`format` is {version.description}. This version reads `format: {FORMAT}`."
        )
    elif "gems" not in fields:
        contents.add_problem(top.line, "There is no `gems`. Put the families under `gems:`.")
    else:
        _read_children(fields["gems"], "", contents)
        if not contents.nodes and not contents.problems:
            contents.add_problem(fields["gems"].key_line, "`gems` has no families. Add one.")


def default_name(key: str) -> str:
    """Return the name of a node that has none in the file: `cats-eye` is Cats Eye."""
    return " ".join(word.capitalize() for word in key.split("-"))


def default_rank(node_id: str) -> str:
    """Return the rank of a node that has none in the file."""
    return "variety" if "/" in node_id else "family"


def _read_children(children: Entry, parent: str, contents: Contents) -> None:
    what = f"`children` of `{parent}`" if parent else "`gems`"
    for key, value in _fields(children, what, None, contents).items():
        node_id = f"{parent}/{key}" if parent else key
        if "/" in key:
            advice = f"Put `{key.rpartition('/')[2]}` under `children` instead."
            contents.add_problem(value.key_line, f"`{key}` is not a key. {advice}")
            continue
        contents.lines[Place(node_id, "id")] = value.key_line
        fields = _fields(value, f"`{node_id}`", _NODE_KEYS, contents)
        name = _text(fields, node_id, "name", contents)
        rank = _text(fields, node_id, "rank", contents)
        contents.nodes[node_id] = Node(
            id=node_id,
            name=default_name(key) if name is None else name,
            rank=default_rank(node_id) if rank is None else rank,
            aliases=_texts(fields, node_id, "aliases", contents),
            also=_texts(fields, node_id, "also", contents),
            excluded=_text(fields, node_id, "excluded", contents),
        )
        if "children" in fields:
            _read_children(fields["children"], node_id, contents)


def _fields(entry: Entry, what: str, known: tuple[str, ...] | None, contents: Contents) -> Mapping[str, Entry]:
    """Return the values of a mapping by their keys; a mapping left empty has none."""
    if entry.kind not in ("mapping", "empty"):
        contents.add_problem(entry.line, f"{what} must be a mapping (`key: value`), but is {entry.description}.")
    for key, value in entry.named.items():
        if known is not None and key not in known:
            contents.add_problem(value.key_line, f"{what}: unknown key `{key}`. Use {', '.join(known)}.")
    return entry.named


def _text(fields: Mapping[str, Entry], node_id: str, name: Field, contents: Contents) -> str | None:
    value = fields.get(name)
    if value is None:
        return None
    if value.kind != "text":
        advice = "Say why pictures under it teach nothing." if name == "excluded" else "Put it in quotes."
        contents.add_problem(value.line, f"`{node_id}`: `{name}` must be text, but is {value.description}. {advice}")
        return None
    return _noted(value, node_id, name, contents)


def _texts(fields: Mapping[str, Entry], node_id: str, name: Field, contents: Contents) -> tuple[str, ...]:
    listing = fields.get(name)
    if listing is None or listing.kind == "empty":
        return ()
    if listing.kind != "list":
        contents.add_problem(
            listing.line, f"`{node_id}`: `{name}` must be a list, but is {listing.description}. Write `[...]`."
        )
    for value in listing.listed:
        if value.kind != "text":
            contents.add_problem(
                value.line, f"`{node_id}`: `{name}` must hold texts, but has {value.description}. Put it in quotes."
            )
    return tuple(_noted(value, node_id, name, contents) for value in listing.listed if value.kind == "text")


def _noted(value: Entry, node_id: str, name: Field, contents: Contents) -> str:
    """Return the text of a scalar, which YAML may have folded over several lines, in one; its line is noted."""
    text = " ".join(value.written.split())
    contents.lines[Place(node_id, name, text)] = value.line
    return text
