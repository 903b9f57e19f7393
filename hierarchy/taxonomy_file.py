"""Taxonomy files: YAML that a gemmologist can edit, and the JSON of bundles."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from gemhier.atomic import replacing
from gemhier.errors import OutputError, TaxonomyError
from gemhier.hierarchy.contradictions import Place
from gemhier.hierarchy.node import Node
from gemhier.hierarchy.taxonomy import FORMAT, Taxonomy
from gemhier.hierarchy.taxonomy_yaml import Contents, default_name, default_rank, read_tree
from gemhier.yaml_file import Problem

__all__ = ["BUILT_IN", "Problem", "check_taxonomy", "load_taxonomy", "write_taxonomy"]

BUILT_IN = Path(__file__).with_name("gems.yaml")
"""The taxonomy that comes with the package."""

_HEADER = """\
# A gem taxonomy: families at the top, then species, varieties, regions and trade names.
# Each key is a part of an id (quartz/cats-eye). A node may have:
#   name      as it is shown; without it, the key in capitals
#   rank      family, species, variety, region or trade; without it, family at the top and variety below
#   aliases   other names, as folders and dealers write them
#   also      ids of further parents, for scoring
#   excluded  why pictures under this name teach nothing
#   children  the nodes below
"""


def load_taxonomy(path: Path | None = None) -> Taxonomy:
    """Read and check a taxonomy file.

    Args:
        path: a .yaml file, or a .json file of what `Taxonomy.to_dict` gives; None for the built-in one.

    Raises:
        TaxonomyError: the first problem in the file and the count of the others.
    """
    contents = _read(BUILT_IN if path is None else path)
    problems = _problems(contents)
    if problems:
        more = f" (1 of {len(problems)} problems)" if len(problems) > 1 else ""
        raise TaxonomyError(f"{problems[0]}{more}")
    return Taxonomy(contents.nodes)


def check_taxonomy(path: Path | None = None) -> list[Problem]:
    """Find everything that is wrong in a taxonomy file.

    Args:
        path: as for `load_taxonomy`.

    Returns:
        The problems in the order of lines; empty for a sound file.

    Raises:
        TaxonomyError: if there is no such file.
    """
    return _problems(_read(BUILT_IN if path is None else path))


def write_taxonomy(taxonomy: Taxonomy, path: Path) -> None:
    """Write a taxonomy file, for people to edit (.yaml) or for programs to read (.json).

    What a file may leave out is left out. `load_taxonomy` reads an equal taxonomy back.

    Raises:
        OutputError: if the file cannot be written; then none is left behind.
    """
    if path.suffix.lower() == ".json":
        text = json.dumps(taxonomy.to_dict(), ensure_ascii=False, indent=1) + "\n"
    else:
        gems = {family: _to_edit(taxonomy, family) for family in taxonomy.families}
        tree = yaml.safe_dump({"format": FORMAT, "gems": gems}, sort_keys=False, allow_unicode=True, width=120)
        text = _HEADER + tree
    try:
        with replacing(path) as unfinished:
            unfinished.write_bytes(text.encode())
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({error.strerror}). Choose another place.") from error


def _problems(contents: Contents) -> list[Problem]:
    contents.find_contradictions()
    return sorted(set(contents.problems))


def _to_edit(taxonomy: Taxonomy, node_id: str) -> dict[str, Any]:
    """Return a node and all below it, as the mapping that stands in a YAML file."""
    node = taxonomy[node_id]
    key = node_id.rpartition("/")[2]
    entry: dict[str, Any] = {
        "name": None if node.name == default_name(key) else node.name,
        "rank": None if node.rank == default_rank(node_id) else node.rank,
        "aliases": list(node.aliases),
        "also": list(node.also),
        "excluded": node.excluded,
        "children": {
            child.rpartition("/")[2]: _to_edit(taxonomy, child)
            for child in taxonomy.children(node_id)
            if taxonomy[child].parent == node_id
        },
    }
    return {name: value for name, value in entry.items() if value}


def _read(path: Path) -> Contents:
    contents = Contents(path)
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise TaxonomyError(f"{path}: cannot be read: {error.strerror}. Give a taxonomy file.") from error
    except UnicodeDecodeError:
        contents.add_problem(1, "This is not UTF-8 text. Give a YAML file, and save it as UTF-8.")
        return contents
    if path.suffix.lower() == ".json":
        _read_json(text, contents)
    else:
        read_tree(text, contents)
    return contents


def _read_json(text: str, contents: Contents) -> None:
    """Read the flat list of nodes that `Taxonomy.to_dict` gives."""
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        contents.add_problem(error.lineno, f"This is not JSON: {error.msg} in column {error.colno}. Correct it.")
        return
    except RecursionError:
        contents.add_problem(1, "This is nested too deeply for a taxonomy. Write it again.")
        return
    version = document.get("format") if isinstance(document, Mapping) else None
    if version != FORMAT or not isinstance(document.get("nodes"), list):
        contents.add_problem(1, f"This is not a taxonomy of format {FORMAT}: `format` is {version!r}. Write it again.")
        return
    position = 0
    for entry in document["nodes"]:
        position = _position(text, entry, position)
        line = text.count("\n", 0, position) + 1
        try:
            node = Node.from_dict(entry)
        except TaxonomyError as error:
            contents.add_problem(line, str(error))
            continue
        if node.id in contents.nodes:
            first = contents.line_of(Place(node.id, "id"))
            contents.add_problem(line, f"`{node.id}` is given twice. Keep one. The other is in line {first}.")
        else:
            contents.nodes[node.id] = node
            contents.lines[Place(node.id, "id")] = line


def _position(text: str, entry: object, start: int) -> int:
    """Where the id of a node stands in the text of its file, after `start`; `start` if it is not found."""
    node_id = entry.get("id") if isinstance(entry, Mapping) else None
    found = re.compile(rf'"id"\s*:\s*{re.escape(json.dumps(node_id, ensure_ascii=False))}').search(text, start)
    return found.end() if found else start
