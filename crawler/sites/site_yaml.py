"""Reading YAML so that every mistake can be told with its file and line."""

from collections.abc import Iterator
from pathlib import Path

import yaml

from gemhier.errors import DataError

_LONGEST = 256 * 1024
_DEEPEST = 16


class Entry:
    """A value in a YAML file: a mapping by names, or a text, with the line where it stands.

    Args:
        node: as YAML composes it.
        path: the file, for messages.
        name: what the value is called, for messages.
    """

    def __init__(self, node: yaml.Node, path: Path, name: str) -> None:
        self._node = node
        self._path = path
        self._name = name
        self._named: dict[str, yaml.Node] = {}
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                if not isinstance(key, yaml.ScalarNode):
                    raise self._error_at(key, "A name must be a text.")
                if key.value in self._named:
                    raise self._error_at(key, f"`{key.value}` is given twice. Keep one.")
                self._named[key.value] = value

    def __contains__(self, name: str) -> bool:
        """Whether the mapping has a value of this name."""
        return name in self._named

    def __iter__(self) -> Iterator[str]:
        """The names in the mapping."""
        return iter(self._named)

    @property
    def is_text(self) -> bool:
        """Whether it is a text rather than a mapping."""
        return isinstance(self._node, yaml.ScalarNode)

    @property
    def own_text(self) -> str:
        """The text that it is."""
        return str(self._node.value)

    def allow(self, *names: str) -> None:
        """Refuse names other than these.

        Raises:
            DataError: if there is one, or this is no mapping.
        """
        if not isinstance(self._node, yaml.MappingNode):
            raise self.error(f"`{self._name}` must be names with values ({', '.join(names)}).")
        for name in self:
            if name not in names:
                raise self.error(f"`{name}` is not known in `{self._name}`. Use {', '.join(names)}.", name)

    def text(self, name: str, otherwise: str | None = None) -> str:
        """The text of this name.

        Raises:
            DataError: if it is missing and there is no `otherwise`, is empty, or is not a text.
        """
        node = self._named.get(name)
        if node is None and otherwise is not None:
            return otherwise
        if not isinstance(node, yaml.ScalarNode) or not node.value.strip():
            raise self.error(f"`{self._name}` must have a text as `{name}`.", name)
        return str(node.value).strip()

    def texts(self, name: str) -> tuple[str, ...]:
        """The text or list of texts of this name; empty if it is missing."""
        found = self.list_of(name) if name in self else ()
        for one in found:
            if not one.is_text:
                raise one.error(f"`{name}` must be a list of texts.")
        return tuple(one.own_text for one in found)

    def entry(self, name: str) -> "Entry":
        """The value of this name.

        Raises:
            DataError: if it is missing.
        """
        if name not in self:
            raise self.error(f"There is no `{name}` in `{self._name}`. Add it.")
        return Entry(self._named[name], self._path, name)

    def list_of(self, name: str) -> tuple["Entry", ...]:
        """The values in the list of this name, or the one value that stands in place of a list."""
        node = self.entry(name)._node
        nodes = node.value if isinstance(node, yaml.SequenceNode) else [node]
        return tuple(Entry(one, self._path, name) for one in nodes)

    def entries(self, name: str) -> tuple["Entry", ...]:
        """As `list_of`, each a mapping.

        Raises:
            DataError: if it is missing or empty.
        """
        found = self.list_of(name)
        if not found:
            raise self.error(f"`{name}` is empty. Add one.", name)
        return found

    def error(self, message: str, name: str | None = None) -> DataError:
        """An error with the file and the line of this, or of the value of this name."""
        return self._error_at(self._named.get(name, self._node) if name else self._node, message)

    def _error_at(self, node: yaml.Node, message: str) -> DataError:
        line = node.start_mark.line + 1 if node.start_mark else 1
        return DataError(f"{self._path}:{line}: {message}")


def read_entries(text: str, path: Path) -> Entry:
    """Read a YAML text whose top is a mapping.

    Raises:
        DataError: if it is something else.
    """
    if len(text) > _LONGEST:
        raise DataError(f"{path}: longer than {_LONGEST:,} letters, so this is no site file. Give another file.")
    try:
        depth = 0
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > _DEEPEST:
                raise DataError(
                    f"{path}: nested more than {_DEEPEST} deep, so this is no site file. Give another file."
                )
            if isinstance(event, yaml.AliasEvent):
                line = event.start_mark.line + 1 if event.start_mark else 1
                raise DataError(f"{path}:{line}: `*{event.anchor}` refers to another part of the file. Write it out.")
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise DataError(f"{path}:{line}: This is not YAML: {error.problem or error.context}. Correct it.") from error
    except yaml.YAMLError as error:
        raise DataError(f"{path}: This is not YAML: {str(error).splitlines()[0]}. Give a text file.") from error
    if not isinstance(node, yaml.MappingNode):
        raise DataError(f"{path}:1: A site file must be names with values, from `format: 1` on.")
    return Entry(node, path, "a site file")
