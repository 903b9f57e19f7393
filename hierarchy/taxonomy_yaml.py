"""Reading the YAML of a taxonomy file, with the line of everything."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from gemhier.hierarchy.contradictions import Field, Place, find_contradictions
from gemhier.hierarchy.node import Node
from gemhier.hierarchy.taxonomy import FORMAT

_DEEPEST = 64
_TOP_KEYS = ("format", "gems")
_NODE_KEYS = ("name", "rank", "aliases", "also", "excluded", "children")
_LOADER: type[yaml.SafeLoader | yaml.CSafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Entries = Mapping[str, tuple[yaml.Node, yaml.Node]]


@dataclass(frozen=True, order=True)
class Problem:
    """Something wrong in a taxonomy file.

    Attributes:
        path: the file.
        line: its line, counted from 1.
        message: what is wrong, what came and what to do, in one line.
    """

    path: Path
    line: int
    message: str

    def __str__(self) -> str:
        """As compilers write it, so that editors can jump there."""
        return f"{self.path}:{self.line}: {self.message}"


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
        """The line of a place, or of its node where the file leaves the value to a default."""
        return self.lines.get(place) or self.lines.get(Place(place.node, "id"), 1)

    def find_contradictions(self) -> None:
        """Note every contradiction between the nodes."""
        for found in find_contradictions(self.nodes):
            other = f" The other is in line {self.line_of(found.other)}." if found.other else ""
            self.add_problem(self.line_of(found.place), found.message + other)


def read_yaml(text: str, contents: Contents) -> None:
    """Read the tree under `gems`, keeping the line of everything."""
    try:
        for line, message in _unfit_for_a_tree(text):
            contents.add_problem(line, message)
            return
        root = yaml.compose(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        contents.add_problem(line, f"This is not YAML: {error.problem or error.context}. Correct it.")
        return
    except yaml.YAMLError as error:
        contents.add_problem(1, f"This is not YAML: {str(error).splitlines()[0]}. Give a text file.")
        return
    if root is None:
        contents.add_problem(1, f"The file is empty. Begin with `format: {FORMAT}` and `gems:`.")
        return
    top = _entries(root, "A taxonomy file", _TOP_KEYS, contents)
    if "format" not in top:
        contents.add_problem(_line(root), f"There is no `format`. Begin with `format: {FORMAT}`.")
    elif top["format"][1].value != str(FORMAT):
        key, version = top["format"]
        contents.add_problem(_line(key), f"`format` is {_describe(version)}. This version reads `format: {FORMAT}`.")
    elif "gems" not in top:
        contents.add_problem(_line(root), "There is no `gems`. Put the families under `gems:`.")
    else:
        _read_children(top["gems"][1], "", contents)
        if not contents.nodes and not contents.problems:
            contents.add_problem(_line(top["gems"][0]), "`gems` has no families. Add one.")


def default_name(key: str) -> str:
    """The name of a node that has none in the file: `cats-eye` is Cats Eye."""
    return " ".join(word.capitalize() for word in key.split("-"))


def default_rank(node_id: str) -> str:
    """The rank of a node that has none in the file."""
    return "variety" if "/" in node_id else "family"


def _unfit_for_a_tree(text: str) -> Iterator[tuple[int, str]]:
    """Stop at what would make a tree endless or bottomless, before it is built."""
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        if isinstance(event, yaml.AliasEvent):
            advice = "Write the part out; use `also` for a parent."
            yield _line(event), f"`*{event.anchor}` refers to another part of the file. {advice}"
        elif isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > _DEEPEST:
                yield _line(event), f"This is nested more than {_DEEPEST} deep. Make the tree flatter."
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _read_children(mapping: yaml.Node, parent: str, contents: Contents) -> None:
    what = f"`children` of `{parent}`" if parent else "`gems`"
    for key, (key_node, value) in _entries(mapping, what, None, contents).items():
        node_id = f"{parent}/{key}" if parent else key
        if "/" in key:
            contents.add_problem(
                _line(key_node), f"`{key}` is not a key. Put `{key.rpartition('/')[2]}` under `children` instead."
            )
            continue
        contents.lines[Place(node_id, "id")] = _line(key_node)
        fields = _entries(value, f"`{node_id}`", _NODE_KEYS, contents)
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
            _read_children(fields["children"][1], node_id, contents)


def _entries(mapping: yaml.Node, what: str, known: tuple[str, ...] | None, contents: Contents) -> Entries:
    """The entries of a mapping by key, first come first kept; a mapping left empty has none."""
    entries: dict[str, tuple[yaml.Node, yaml.Node]] = {}
    if _is_null(mapping):
        return entries
    if not isinstance(mapping, yaml.MappingNode):
        contents.add_problem(_line(mapping), f"{what} must be a mapping (`key: value`), but is {_describe(mapping)}.")
        return entries
    for key_node, value in mapping.value:
        key = key_node.value
        if not isinstance(key_node, yaml.ScalarNode) or not isinstance(key, str):
            contents.add_problem(_line(key_node), f"{what}: a key must be a word, but is {_describe(key_node)}.")
        elif known is not None and key not in known:
            contents.add_problem(_line(key_node), f"{what}: unknown key `{key}`. Use {', '.join(known)}.")
        elif key in entries:
            first = _line(entries[key][0])
            contents.add_problem(
                _line(key_node), f"{what}: `{key}` is given twice. Keep one. The other is in line {first}."
            )
        else:
            entries[key] = (key_node, value)
    return entries


def _text(fields: Entries, node_id: str, name: Field, contents: Contents) -> str | None:
    if name not in fields:
        return None
    value = fields[name][1]
    if not _is_text(value):
        advice = "Say why pictures under it teach nothing." if name == "excluded" else "Put it in quotes."
        contents.add_problem(_line(value), f"`{node_id}`: `{name}` must be text, but is {_describe(value)}. {advice}")
        return None
    text = _one_line(value)
    contents.lines[Place(node_id, name, text)] = _line(value)
    return text


def _texts(fields: Entries, node_id: str, name: Field, contents: Contents) -> tuple[str, ...]:
    if name not in fields or _is_null(fields[name][1]):
        return ()
    listing = fields[name][1]
    if not isinstance(listing, yaml.SequenceNode):
        contents.add_problem(
            _line(listing), f"`{node_id}`: `{name}` must be a list, but is {_describe(listing)}. Write `[...]`."
        )
        return ()
    texts: list[str] = []
    for value in listing.value:
        if not _is_text(value):
            contents.add_problem(
                _line(value), f"`{node_id}`: `{name}` must hold texts, but has {_describe(value)}. Put it in quotes."
            )
        else:
            texts.append(_one_line(value))
            contents.lines[Place(node_id, name, texts[-1])] = _line(value)
    return tuple(texts)


def _line(where: yaml.Node | yaml.Event) -> int:
    return 1 + (where.start_mark.line if where.start_mark else 0)


def _one_line(node: yaml.Node) -> str:
    """The text of a scalar, which YAML may have folded over several lines."""
    return " ".join(str(node.value).split())


def _is_text(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:str"


def _is_null(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:null"


def _describe(node: yaml.Node) -> str:
    if isinstance(node, yaml.ScalarNode):
        return f"`{node.value}`" if node.value else "empty"
    return "a list" if isinstance(node, yaml.SequenceNode) else "a mapping"
