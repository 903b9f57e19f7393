"""Lists of what a shop sells under which name, without pictures: files of links, and the record of a crawl."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from gemhier.errors import DataError, TaxonomyError
from gemhier.hierarchy.taxonomy import Taxonomy

LINK_FOLDERS = {"product_links": "products", "image_links": "pictures"}
"""Folders of link lists, one file for each class, and what their addresses lead to."""

CRAWL_FILE = "images.jsonl"

_LIST_SUFFIXES = frozenset({".csv", ".txt"})


@dataclass(frozen=True)
class Listing:
    """What stands under which name.

    Attributes:
        name: of the list, short.
        noun: what is listed, in the plural: products or pictures.
        classes: name of a class to the keys of what stands in it, each once; empty classes too.
        rows: how many lines the files have, repetitions included.
        skipped: lines of them that lead nowhere.
    """

    name: str
    noun: str
    classes: Mapping[str, frozenset[str]]
    rows: int
    skipped: int = 0

    @cached_property
    def names(self) -> Mapping[str, tuple[str, ...]]:
        """The classes of each product, sorted; products in sorted order."""
        found: dict[str, list[str]] = {}
        for name in sorted(self.classes):
            for key in self.classes[name]:
                found.setdefault(key, []).append(name)
        return {key: tuple(found[key]) for key in sorted(found)}

    @cached_property
    def filled(self) -> tuple[str, ...]:
        """The classes with anything in them, the largest first, then by name."""
        filled = [name for name, keys in self.classes.items() if keys]
        return tuple(sorted(filled, key=lambda name: (-len(self.classes[name]), name)))

    @property
    def entries(self) -> int:
        """How many products the classes have together: one that stands in two counts twice."""
        return sum(map(len, self.classes.values()))


def is_listing(folder: Path) -> bool:
    """Whether a folder is a crawl, or holds link lists or is a folder of them."""
    return bool(_crawl_file(folder) or _link_folders(folder))


def read_listings(folder: Path, taxonomy: Taxonomy) -> tuple[Listing, ...]:
    """Read what a folder lists.

    Args:
        folder: a crawl, or a folder that holds, or is, `product_links` or `image_links`.
        taxonomy: tells of the names that a crawl gives one product which are on one route; the last one counts.

    Raises:
        DataError: if a file cannot be read or is damaged, or there is nothing in any class.
    """
    crawl = _crawl_file(folder)
    found = [read_crawl(crawl, taxonomy)] if crawl else []
    found += [read_links(links, LINK_FOLDERS[links.resolve().name]) for links in _link_folders(folder)]
    for listing in found:
        if not listing.filled:
            raise DataError(f"{folder}: {listing.name} lists no {listing.noun}. Give a folder with addresses in it.")
    return tuple(found)


def read_links(folder: Path, noun: str) -> Listing:
    """Read a folder of text files, each with the addresses of one class.

    A file is CSV whose last column holds the addresses; its first line may name the class, which else is the
    file's name. The key of a product, or of a picture, is the last part of its address.

    Raises:
        DataError: if a file cannot be read or is damaged.
    """
    classes: dict[str, set[str]] = {}
    rows = skipped = 0
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() not in _LIST_SUFFIXES or path.name.startswith("."):
            continue
        cells = _last_cells(path)
        name = path.stem if not cells or _is_address(cells[0]) else cells.pop(0)
        keys = [address_key(cell) for cell in cells]
        classes.setdefault(name, set()).update(key for key in keys if key)
        rows += len(keys)
        skipped += sum(not key for key in keys)
    return Listing(folder.resolve().name, noun, _frozen(classes), rows, skipped)


def read_crawl(path: Path, taxonomy: Taxonomy) -> Listing:
    """Read the record of a crawl: JSON lines with `site`, `page`, `product` and `labels`.

    A product is known by its site and code, and without a code by the last part of its page's address. Of
    several names on one route of the taxonomy the deepest counts: the others say the same less precisely.

    Raises:
        DataError: if the file cannot be read or a line is damaged.
    """
    classes: dict[str, set[str]] = {}
    deepest: dict[tuple[str, ...], tuple[str, ...]] = {}
    rows = skipped = 0
    for number, line in enumerate(_text(path).splitlines(), start=1):
        if not line.strip():
            continue
        rows += 1
        record = _record(line, f"{path}: line {number}")
        labels = tuple(record["labels"])
        if labels not in deepest:
            deepest[labels] = tuple(_deepest(labels, taxonomy))
        code = str(record.get("product") or address_key(str(record.get("page") or "")))
        if not code or not labels:
            skipped += 1
            continue
        for label in deepest[labels]:
            classes.setdefault(label, set()).add(f"{record.get('site') or ''}/{code}".lstrip("/"))
    return Listing(path.resolve().parent.name, "products", _frozen(classes), rows, skipped)


def address_key(address: str) -> str:
    """Return the last part of an address's path; "" if it has none."""
    try:
        path = urlsplit(address).path
    except ValueError:  # an address that no browser would open
        return ""
    return path.rstrip("/").rpartition("/")[2] if _is_address(address) else ""


def _is_address(cell: str) -> bool:
    return cell.startswith(("https://", "http://"))


def _link_folders(folder: Path) -> list[Path]:
    if folder.resolve().name in LINK_FOLDERS and _has_lists(folder):
        return [folder]
    return [folder / name for name in LINK_FOLDERS if _has_lists(folder / name)]


def _has_lists(folder: Path) -> bool:
    return folder.is_dir() and any(path.suffix.lower() in _LIST_SUFFIXES for path in folder.iterdir())


def _crawl_file(folder: Path) -> Path | None:
    path = folder / CRAWL_FILE
    return path if path.is_file() else None


def _last_cells(path: Path) -> list[str]:
    """Return the last cell of each line that has any."""
    table = csv.reader(io.StringIO(_text(path), newline=""))
    try:
        return [row[-1].strip() for row in table if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise DataError(f"{path}: line {table.line_num} is not CSV ({error}). Correct it.") from error


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig", "backslashreplace")
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}). Check the path and its permissions.") from error


def _record(line: str, place: str) -> Mapping[str, Any]:
    try:
        record: Any = json.loads(line)
    except ValueError as error:
        raise DataError(f"{place} is damaged JSON ({error}). Crawl again, or remove the line.") from error
    record = record if isinstance(record, dict) else {}
    labels = record.get("labels")
    if not isinstance(labels, list) or not all(isinstance(label, str) for label in labels):
        raise DataError(f"{place}: `labels` must be a list of texts. Received: {labels!r}. Remove the line.")
    return dict(record)


def _frozen(classes: Mapping[str, Iterable[str]]) -> dict[str, frozenset[str]]:
    return {name: frozenset(keys) for name, keys in classes.items()}


def _deepest(labels: Sequence[str], taxonomy: Taxonomy) -> Iterator[str]:
    """Return the names of which none that is given too lies below, each once."""
    ids: dict[str, str] = {}
    for label in labels:
        try:
            ids[label] = taxonomy.resolve(label).id
        except TaxonomyError:
            ids[label] = ""
    above = {ancestor for node in ids.values() if node for ancestor in taxonomy.ancestors(node)}
    yield from (label for label, node in ids.items() if node not in above)
