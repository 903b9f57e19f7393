"""What is known of gems: refractive index, weight, hardness and what else tells them apart, with the look-alikes."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from gemhier.errors import DataError
from gemhier.hierarchy.gem import OTHERS, Fluorescence, Gem, Range
from gemhier.hierarchy.labels import route
from gemhier.hierarchy.names import name_key, nearest_names
from gemhier.hierarchy.properties_yaml import PROPERTIES_FILE, read_properties
from gemhier.hierarchy.taxonomy import Taxonomy
from gemhier.hierarchy.taxonomy_file import load_taxonomy
from gemhier.yaml_file import Entry

__all__ = ["BUILT_IN", "OTHERS", "Fluorescence", "Gem", "Properties", "Range", "load_properties"]

BUILT_IN = Path(__file__).with_name("properties.yaml")
"""The properties that come with the package."""

FORMAT = 1


@dataclass(frozen=True, eq=False)
class Properties(Mapping[str, Gem]):
    """Gems by their ids: every node of the taxonomy that is one kind of gem, then the others.

    Attributes:
        gems: id to gem, what it has from its ancestors included.
        sources: the key of each source, to what it stands for.
        taxonomy: where the ids, names and aliases are from.
    """

    gems: Mapping[str, Gem]
    sources: Mapping[str, str]
    taxonomy: Taxonomy

    def __getitem__(self, gem_id: str) -> Gem:
        """Return the gem of this id; KeyError if there is none."""
        return self.gems[gem_id]

    def __iter__(self) -> Iterator[str]:
        """Go through the ids, those of the taxonomy first."""
        return iter(self.gems)

    def __len__(self) -> int:
        """How many gems there are."""
        return len(self.gems)

    @cached_property
    def others(self) -> tuple[str, ...]:
        """The ids of what the taxonomy does not hold."""
        return tuple(gem_id for gem_id in self.gems if gem_id.startswith(OTHERS))

    def outside(self, labels: Iterable[str]) -> tuple[str, ...]:
        """Return the ids of the gems that a model with these labels cannot name, and that are not below one of these.

        Such a gem is neither a label, nor below one, nor above one.
        """
        named = set(labels)
        above = {part for label in named for part in route(label)}
        return tuple(
            gem_id
            for gem_id in self.gems
            if gem_id not in above
            and not named & set(route(gem_id))
            and (gem_id.rpartition("/")[0] in above or gem_id in self.others or "/" not in gem_id)
        )

    def gem(self, gem_id: str) -> Gem:
        """Return the gem of this id.

        Raises:
            DataError: if there is none.
        """
        if gem_id not in self.gems:
            near = nearest_names(gem_id, self.gems)
            raise DataError(f"There is no gem of the id {gem_id!r}{_nearest(near)}. Correct it.")
        return self.gems[gem_id]

    def find(self, name: str) -> Gem:
        """Return the gem of this name, alias or id, written in any of the ways that `Taxonomy.resolve` takes.

        Raises:
            DataError: if nothing or more than one thing is called so; it gives the nearest names.
        """
        found = (name,) if name in self.gems else self.taxonomy.meanings(name) or self._named.get(name_key(name), ())
        if len(found) > 1:
            choices = ", ".join(f"`{gem_id}`" for gem_id in found)
            raise DataError(f"{name!r} can mean {choices}. Give one of these ids.")
        if not found:
            near = nearest_names(name, (known for gem in self.values() for known in (gem.name, *gem.aliases)))
            raise DataError(f"No gem is called {name!r}{_nearest(near)}. Check the spelling.")
        if found[0] not in self.gems:
            reason = self.taxonomy[found[0]].excluded
            raise DataError(f"Nothing can be said of {name!r}: {reason or 'not one kind of gem'}. Name one gem.")
        return self.gems[found[0]]

    @cached_property
    def _named(self) -> Mapping[str, tuple[str, ...]]:
        """The key of each name and alias of the others, to the ids it can mean."""
        found: dict[str, tuple[str, ...]] = {}
        for gem_id in self.others:
            for key in {name_key(name) for name in (self.gems[gem_id].name, *self.gems[gem_id].aliases)}:
                found[key] = (*found.get(key, ()), gem_id)
        return found


def load_properties(path: Path | None = None, taxonomy: Taxonomy | None = None) -> Properties:
    """Read and check a properties file.

    A gem has, field by field, what its nearest ancestor on its route has, unless its own entry says
    otherwise; an empty value takes back what is inherited. Its sources are its own and theirs.

    Args:
        path: a YAML file; None for the built-in one.
        taxonomy: what the ids belong to; None for the built-in one.

    Raises:
        DataError: the first problem, with the file and the line.
    """
    path = BUILT_IN if path is None else path
    taxonomy = load_taxonomy() if taxonomy is None else taxonomy
    top = PROPERTIES_FILE.read(_text(path), path)
    top.allow("format", "sources", "gems", "others")
    if top.text("format") != str(FORMAT):
        raise top.error(f"`format` is {top.text('format')}. This version reads `format: {FORMAT}`.", "format")
    sources = {key: top.entry("sources").text(key) for key in top.entry("sources").named}
    entries = dict(top.entry("gems").named)
    for node_id, entry in entries.items():
        if node_id not in taxonomy or _is_excluded(taxonomy, node_id):
            near = nearest_names(node_id, taxonomy.nodes)
            raise entry.error(f"The taxonomy has no gem of the id `{node_id}`{_nearest(near)}. Correct it.")
    gems: dict[str, Gem] = {}
    inherited: dict[str, dict[str, Any]] = {"": {}}
    for node in taxonomy.nodes.values():
        if _is_excluded(taxonomy, node.id):
            continue
        above = inherited[node.parent or ""]
        own = read_properties(entries[node.id]) if node.id in entries else {}
        inherited[node.id] = above | own | {"sources": _merged(own.get("sources", ()), above.get("sources", ()))}
        look_alikes = tuple(pair for pair in inherited[node.id].get("confused_with", ()) if pair[0] != node.id)
        gems[node.id] = Gem(
            id=node.id,
            name=node.name,
            aliases=node.aliases,
            **inherited[node.id] | {"confused_with": look_alikes},
        )
    for key, entry in top.named["others"].named.items() if "others" in top.named else ():
        entries[OTHERS + key] = entry
        gems[OTHERS + key] = Gem(id=OTHERS + key, **read_properties(entry, named=True))
    for gem_id, entry in entries.items():
        _check(gems[gem_id], entry, gems, sources)
    return Properties(gems, sources, taxonomy)


def _check(gem: Gem, entry: Entry, gems: Mapping[str, Gem], sources: Mapping[str, str]) -> None:
    """Refuse what contradicts the rest of the file, or physics."""
    for source in gem.sources:
        if source not in sources:
            known = ", ".join(sources)
            raise entry.error(f"`{source}` is no source. Describe it under `sources`, or use {known}.", "sources")
    look_alikes = entry.named.get("confused_with", entry)
    for other in look_alikes.named if look_alikes is not entry else ():
        if other not in gems:
            near = nearest_names(other, gems)
            raise look_alikes.error(f"There is no gem of the id `{other}`{_nearest(near)}. Correct it.", other)
        if other == gem.id:
            raise look_alikes.error(f"`{other}` is confused with itself. Give another gem.", other)
    doubled = gem.birefringence is not None and gem.birefringence.high > 0
    if gem.optic_character == ("isotropic",) and doubled:
        raise entry.error("What is isotropic has a `birefringence` of 0. Correct one of the two.", "birefringence")
    if gem.refractive_index and gem.birefringence and "aggregate" not in gem.optic_character:
        index, doubling = gem.refractive_index, gem.birefringence
        if doubling.low > index.high - index.low + 1e-9:
            raise entry.error(
                f"`refractive_index` must span at least the `birefringence` of {doubling.low}: from the lowest of the "
                "lower to the highest of the upper index. Widen it.",
                "refractive_index",
            )


def _merged(own: tuple[str, ...], above: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*own, *above)))


def _is_excluded(taxonomy: Taxonomy, node_id: str) -> bool:
    return any(taxonomy[part].excluded is not None for part in taxonomy[node_id].route)


def _nearest(names: tuple[str, ...]) -> str:
    return f"; nearest: {', '.join(names)}" if names else ""


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}. Give a properties file.") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path}:1: This is not UTF-8 text. Give a YAML file, and save it as UTF-8.") from error
