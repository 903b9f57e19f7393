"""Reading YAML so that everything in it can be told with its line, in the same words with every release of PyYAML."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import yaml

from gemhier.errors import DataError

Kind = Literal["mapping", "list", "text", "empty", "other"]

_TAG = "tag:yaml.org,2002:"
_KINDS: Mapping[str, Kind] = {f"{_TAG}str": "text", f"{_TAG}null": "empty"}
_TYPED = {f"{_TAG}{kind}" for kind in ("bool", "float", "int", "null")}
_QUICK: type[yaml.SafeLoader | yaml.CSafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, order=True)
class Problem:
    """Something wrong in a file.

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


@dataclass(frozen=True)
class Entry:
    """A value in a YAML file: a mapping, a list or a scalar, which is all that has no parts.

    Attributes:
        path: the file.
        name: what messages call it: its key, or the key of the list that it stands in.
        node: as YAML composes it.
        key_line: where its key stands, or it itself if it has none, counted from 1.
        named: the values of a mapping by their keys; empty for anything else.
        listed: the values of a list; empty for anything else.
    """

    path: Path
    name: str
    node: yaml.Node
    key_line: int
    named: Mapping[str, "Entry"] = field(default_factory=dict)
    listed: tuple["Entry", ...] = ()

    @property
    def line(self) -> int:
        """The line where it begins, counted from 1."""
        return _line(self.node.start_mark)

    @property
    def kind(self) -> Kind:
        """What YAML takes it for; `other` is a number, a truth or whatever else has no parts."""
        if self.is_scalar:
            return _KINDS.get(self.node.tag, "other")
        return "list" if isinstance(self.node, yaml.SequenceNode) else "mapping"

    @property
    def is_scalar(self) -> bool:
        """Whether it has no parts, and is neither a mapping nor a list."""
        return isinstance(self.node, yaml.ScalarNode)

    @property
    def written(self) -> str:
        """A scalar as it is written, whatever YAML takes it for."""
        return str(self.node.value)

    @property
    def plain(self) -> Any:
        """As Python has it: a dict, list, text, number, truth or None; what does not fit its tag stays a text."""
        if self.kind == "mapping":
            return {name: value.plain for name, value in self.named.items()}
        if self.kind == "list":
            return [value.plain for value in self.listed]
        if self.node.tag not in _TYPED:
            return self.written
        try:
            return yaml.constructor.SafeConstructor().construct_object(self.node)
        except (ArithmeticError, LookupError, ValueError):
            return self.written

    @property
    def description(self) -> str:
        """What it is, for messages."""
        if self.is_scalar:
            return f"`{' '.join(self.written.split())}`" if self.written else "empty"
        return f"a {self.kind}"

    def error(self, message: str, name: str | None = None) -> DataError:
        """Return an error with the file and the line of this, or of the value of this name."""
        at = self if name is None else self.named.get(name, self)
        return DataError(str(Problem(self.path, at.line, message)))

    def allow(self, *names: str) -> None:
        """Refuse keys other than these.

        Raises:
            DataError: if there is one, or this is no mapping.
        """
        if self.kind != "mapping":
            raise self.error(f"`{self.name}` must be names with values ({', '.join(names)}).")
        for name in self.named:
            if name not in names:
                raise self.error(f"`{name}` is not known in `{self.name}`. Use {', '.join(names)}.", name)

    def text(self, name: str, otherwise: str | None = None) -> str:
        """Return the scalar of this name, as it is written.

        Raises:
            DataError: if it is missing and there is no `otherwise`, is empty, or has parts.
        """
        value = self.named.get(name)
        if value is None and otherwise is not None:
            return otherwise
        if value is None or not value.is_scalar or not value.written.strip():
            raise self.error(f"`{self.name}` must have a text as `{name}`.", name)
        return value.written.strip()

    def entry(self, name: str) -> "Entry":
        """Return the value of this name.

        Raises:
            DataError: if it is missing.
        """
        if name not in self.named:
            raise self.error(f"There is no `{name}` in `{self.name}`. Add it.")
        return self.named[name]

    def items(self, name: str) -> tuple["Entry", ...]:
        """Return the values in the list of this name, or the one value in its place; none if it is missing or empty."""
        value = self.named.get(name)
        if value is None or value.kind == "empty":
            return ()
        return value.listed if value.kind == "list" else (value,)


@dataclass(frozen=True)
class YamlFormat:
    """What kind of file is read.

    Attributes:
        name: what messages call it.
        longest: how many letters it may have.
        deepest: how many mappings and lists may lie in each other.
    """

    name: str
    longest: int
    deepest: int

    def read(self, text: str, path: Path) -> Entry:
        """Read the text of a sound file; `path` is for messages.

        Raises:
            DataError: the first problem.
        """
        problems: list[Problem] = []
        top = self.read_all(text, path, problems)
        if top is None or problems:
            raise DataError(str(min(problems)))
        return top

    def read_all(self, text: str, path: Path, problems: list[Problem]) -> Entry | None:
        """Read a text, adding to `problems` why it is no such YAML, or which keys are no words or given twice.

        Returns:
            All that it holds, of equal keys the first; None if it cannot be read.
        """
        if len(text) > self.longest:
            message = f"This is longer than {self.longest:,} letters, so it is not {self.name}. Give another file."
            problems.append(Problem(path, 1, message))
            return None
        try:
            node = _compose(text, self.deepest)
        except _UnfitError as error:
            problems.append(Problem(path, *error.args))
        except yaml.YAMLError as error:
            reason = getattr(error, "problem", None) or str(error).splitlines()[0]
            line = _line(getattr(error, "problem_mark", None))
            problems.append(Problem(path, line, f"This is not YAML: {reason}. Correct it."))
        else:
            return _entry(node, self.name, _line(node.start_mark), path, problems)
        return None


class _UnfitError(Exception):
    """A text is YAML, but would make a tree that is endless or bottomless; with the line and the message."""


def _compose(text: str, deepest: int) -> yaml.Node:
    """Compose a text, by the plain loader wherever the quick one refuses it.

    The quick one has other words for what is no YAML, stumbles over half of a surrogate pair, and in some releases has
    a limit to nesting that it applies before it tells of the first bracket.
    """
    try:
        return _compose_with(_QUICK, text, deepest)
    except (yaml.YAMLError, UnicodeEncodeError):
        return _compose_with(yaml.SafeLoader, text, deepest)


def _compose_with(loader: type[yaml.SafeLoader | yaml.CSafeLoader], text: str, deepest: int) -> yaml.Node:
    depth = 0
    for event in yaml.parse(text, Loader=loader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        line = _line(event.start_mark)
        if depth > deepest:
            raise _UnfitError(line, f"This is nested more than {deepest} deep. Make it flatter.")
        if isinstance(event, yaml.AliasEvent):
            raise _UnfitError(line, f"`*{event.anchor}` refers to another part of the file. Write it out.")
    return yaml.compose(text, Loader=loader) or yaml.ScalarNode(f"{_TAG}null", "")


def _entry(node: yaml.Node, name: str, key_line: int, path: Path, problems: list[Problem]) -> Entry:
    named: dict[str, Entry] = {}
    for key, value in node.value if isinstance(node, yaml.MappingNode) else ():
        line, inner = _line(key.start_mark), str(key.value)
        entry = _entry(value, inner, line, path, problems)
        if not isinstance(key, yaml.ScalarNode):
            what = _entry(key, name, line, path, []).description
            problems.append(Problem(path, line, f"Here a key must be a word, but is {what}. Write `key: value`."))
        elif inner in named:
            first = named[inner].key_line
            problems.append(Problem(path, line, f"`{inner}` is given twice. Keep one. The other is in line {first}."))
        else:
            named[inner] = entry
    items = node.value if isinstance(node, yaml.SequenceNode) else ()
    listed = tuple(_entry(item, name, _line(item.start_mark), path, problems) for item in items)
    return Entry(path, name, node, key_line, named, listed)


def _line(mark: object) -> int:
    return 1 + getattr(mark, "line", 0)
