"""Reading the YAML of a properties file: each field of each gem, with the line of what is wrong."""

from collections.abc import Callable, Mapping
from typing import Any

from gemhier.hierarchy.gem import KINDS, OPTIC_CHARACTERS, STRENGTHS, Fluorescence, Range
from gemhier.yaml_file import Entry, YamlFormat

PROPERTIES_FILE = YamlFormat("a properties file", longest=4 * 1024 * 1024, deepest=8)

TRANSPARENCIES = ("transparent", "translucent", "opaque")

_NAMES = ("name", "aliases")


def read_properties(entry: Entry, *, named: bool = False) -> dict[str, Any]:
    """Read what an entry says of one gem, as the fields of a `Gem`; what is left empty is None or ().

    Args:
        entry: the gem's mapping.
        named: whether it has `name` and `aliases` too, since the taxonomy does not.

    Raises:
        DataError: if a key is unknown, or a value is impossible.
    """
    if entry.kind == "empty":
        return {}
    entry.allow(*(_NAMES if named else ()), *_READERS)
    fields = {name: _READERS[name](value) for name, value in entry.named.items() if name in _READERS}
    if named:
        fields["name"] = entry.text("name")
        fields["aliases"] = tuple(alias.written for alias in entry.items("aliases"))
    return fields


def _range(least: float, most: float) -> Callable[[Entry], Range | None]:
    def read(entry: Entry) -> Range | None:
        if entry.kind == "empty":
            return None
        values = [_number(value) for value in entry.listed or (entry,)]
        if len(values) not in (1, 2):
            raise entry.error(f"`{entry.name}` has {len(values)} numbers. Give one, or [lowest, highest].")
        low, high = values[0], values[-1]
        if low > high:
            raise entry.error(f"`{entry.name}` goes from {low} down to {high}. Give [lowest, highest].")
        if not least <= low <= high <= most:
            wrong = high if low >= least else low
            raise entry.error(f"`{entry.name}` is {wrong}, which no gem has: it is {least:g} to {most:g}. Correct it.")
        return Range(low, high)

    return read


def _number(entry: Entry) -> float:
    value = entry.plain
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise entry.error(f"`{entry.name}` must be a number or [lowest, highest], but is {entry.description}.")
    return float(value)


def _texts(entry: Entry) -> tuple[str, ...]:
    """Read a list of texts, or one text in its place."""
    if entry.kind == "empty":
        return ()
    items = entry.listed if entry.kind == "list" else (entry,)
    for item in items:
        if item.kind != "text" or not item.written.strip():
            raise item.error(f"`{entry.name}` must be texts, but holds {item.description}. Put it in quotes.")
    return tuple(item.written.strip() for item in items)


def _text(entry: Entry) -> str | None:
    if entry.kind == "empty":
        return None
    if entry.kind != "text":
        raise entry.error(f"`{entry.name}` must be a text, but is {entry.description}.")
    return entry.written.strip()


def _one_of(*choices: str) -> Callable[[Entry], str | None]:
    def read(entry: Entry) -> str | None:
        value = _text(entry)
        if value is not None and value not in choices:
            raise entry.error(f"`{entry.name}` cannot be {entry.description}. Use {', '.join(choices)}.")
        return value

    return read


def _some_of(*choices: str) -> Callable[[Entry], tuple[str, ...]]:
    def read(entry: Entry) -> tuple[str, ...]:
        values = _texts(entry)
        for value in values:
            if value not in choices:
                raise entry.error(f"`{entry.name}` cannot be `{value}`. Use {', '.join(choices)}.")
        return values

    return read


def _truth(entry: Entry) -> bool:
    value = entry.plain
    if not isinstance(value, bool):
        raise entry.error(f"`{entry.name}` must be true or false, but is {entry.description}.")
    return value


def _kind(entry: Entry) -> str:
    return _one_of(*KINDS)(entry) or KINDS[0]


def _fluorescence(entry: Entry) -> Fluorescence | None:
    if entry.kind == "empty":
        return None
    entry.allow(*Fluorescence._fields)
    for name in Fluorescence._fields:
        if entry.text(name).split()[0] not in STRENGTHS:
            raise entry.error(f"`{name}` must begin with one of {', '.join(STRENGTHS)}: `weak to strong red`.", name)
    return Fluorescence(*(entry.text(name) for name in Fluorescence._fields))


def _look_alikes(entry: Entry) -> tuple[tuple[str, str], ...]:
    if entry.kind == "empty":
        return ()
    entry.allow(*entry.named)
    return tuple((other, entry.text(other)) for other in entry.named)


_READERS: Mapping[str, Callable[[Entry], Any]] = {
    "kind": _kind,
    "refractive_index": _range(1, 3.5),
    "birefringence": _range(0, 0.7),
    "spot_only": _truth,
    "optic_character": _some_of(*OPTIC_CHARACTERS),
    "specific_gravity": _range(0.5, 20),
    "hardness": _range(1, 10),
    "dispersion": _range(0, 0.5),
    "pleochroism": _one_of(*STRENGTHS),
    "pleochroism_colours": _texts,
    "fluorescence": _fluorescence,
    "lustre": _texts,
    "transparency": _some_of(*TRANSPARENCIES),
    "colours": _texts,
    "crystal_system": _text,
    "found": _texts,
    "treatments": _texts,
    "confused_with": _look_alikes,
    "sources": _texts,
}
