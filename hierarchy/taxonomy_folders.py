"""A first taxonomy from the folders that pictures lie in."""

import os
import re
import unicodedata
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from gemhier.errors import TaxonomyError
from gemhier.hierarchy.names import name_key
from gemhier.hierarchy.node import Node
from gemhier.hierarchy.split_folders import split_and_classes
from gemhier.hierarchy.taxonomy import Taxonomy

_RANKS = ("family", "variety", "region")


def taxonomy_from_folders(folder: Path) -> Taxonomy:
    """Take each folder that holds files, and each folder above it, for a gem.

    The folders below `folder` are families, then varieties, then regions. Folders called train,
    test or the like are looked through; what they share becomes one. Hidden
    files and folders are left out. A name that comes several times gets the name above it behind
    its own ("Colombian Emerald"), so that every name is told apart.

    Raises:
        TaxonomyError: if the folder cannot be read, holds no folders with files, or has a folder
            whose name gives no id.
    """
    if not folder.is_dir():
        raise TaxonomyError(f"{folder}: not a folder that can be read. Give the folder above the gem families.")
    top = _Group(folder.name)
    for path in _folders_with_files(folder):
        _, classes = split_and_classes(path.relative_to(folder).parts)
        top.add(classes)
    nodes = _nodes(top)
    if not nodes:
        raise TaxonomyError(f"{folder}: no folder in it holds files. Put the pictures of each gem into its own folder.")
    return Taxonomy.from_nodes(nodes)


@dataclass
class _Group:
    """Folders of one name, and the groups below them by the key of their names."""

    name: str
    below: dict[str, "_Group"] = field(default_factory=dict)

    def add(self, parts: tuple[str, ...]) -> None:
        """Add a folder, given as the names from here down to it."""
        group = self
        for part in parts:
            group = group.below.setdefault(name_key(part) or part, _Group(_readable(part)))


def _folders_with_files(folder: Path) -> list[Path]:
    """Every visible folder below, itself left out, that directly holds a visible file, in order.

    A linked folder counts as one that stands there, unless the link leads back up.
    """
    found: list[Path] = []
    for here, names, files in os.walk(folder, followlinks=True):
        path = Path(here)
        above = {path.resolve(), *path.resolve().parents}
        names[:] = sorted(
            name for name in names if not name.startswith((".", "__")) and (path / name).resolve() not in above
        )
        if path != folder and any(not name.startswith(".") for name in files):
            found.append(path)
    return found


def _nodes(top: _Group) -> list[Node]:
    routes: dict[str, tuple[str, ...]] = {}
    waiting: list[tuple[_Group, str, tuple[str, ...]]] = [(group, "", ()) for group in reversed(top.below.values())]
    while waiting:
        group, parent, above = waiting.pop()
        node_id = f"{parent}/{_id_part(group.name)}".removeprefix("/")
        if node_id in routes:
            same = f"{routes[node_id][0]!r} and {group.name!r}"
            raise TaxonomyError(f"The folders {same} give one id, `{node_id}`. Rename one of them.")
        routes[node_id] = (group.name, *above)
        waiting.extend((child, node_id, routes[node_id]) for child in reversed(group.below.values()))
    names = _told_apart(routes)
    return [
        Node(id=node_id, name=names[node_id], rank=_RANKS[min(len(route), len(_RANKS)) - 1])
        for node_id, route in routes.items()
    ]


def _told_apart(routes: dict[str, tuple[str, ...]]) -> dict[str, str]:
    """Return a name for each id, from the names on its route (its own first): as few of them as tell it apart."""
    length = dict.fromkeys(routes, 1)
    while True:
        by_key = defaultdict(list)
        for node_id, route in routes.items():
            by_key[name_key(" ".join(route[: length[node_id]]))].append(node_id)
        longer = [
            node_id
            for same in by_key.values()
            if len(same) > 1
            for node_id in same
            if length[node_id] < len(routes[node_id])
        ]
        if not longer:
            return {node_id: " ".join(route[: length[node_id]]) for node_id, route in routes.items()}
        for node_id in longer:
            length[node_id] += 1


def _readable(folder_name: str) -> str:
    """Return a folder's name as a gem's: spaces for underscores, and no bytes that are not text."""
    text = folder_name.encode("utf-8", "replace").decode("utf-8")
    return " ".join(text.replace("_", " ").split())


def _id_part(name: str) -> str:
    ascii_name = unicodedata.normalize("NFKD", re.sub("['\u2019]", "", name)).encode("ascii", "ignore").decode()
    part = "-".join(re.findall("[a-z0-9]+", ascii_name.lower()))
    if not part:
        raise TaxonomyError(f"The folder {name!r} gives no id. Rename it with Latin letters or digits.")
    return part
