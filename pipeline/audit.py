"""Look a collection of pictures over before it is trained on: copies, near-copies, unreadable files.

A picture that is in two splits, or a near-copy of one that is, makes every figure too good; one that
stands under two names teaches one of them wrongly.
"""

import csv
import io
import json
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from uuid import uuid4

from gemhier.errors import OutputError
from gemhier.pipeline.copies.search import KINDS, Match, find_matches, groups, take_thumbprints
from gemhier.pipeline.copies.thumbprint import Thumbprint
from gemhier.pipeline.manifest import is_data_folder, read_manifest
from gemhier.pipeline.sources import read_sources

FORMAT = "gemhier-audit"
AUDIT_FILE = "audit.json"
PAIRS_FILE = "pairs.csv"

_MOST_NAMED = 5


@dataclass(frozen=True)
class AuditedPicture:
    """A picture file, and where it stands.

    Attributes:
        image: its path, as it was given or as it was found in a folder.
        label: its class, as its folder or the manifest names it.
        split: such as train or test; "" if it is in none.
    """

    image: Path
    label: str
    split: str


@dataclass(frozen=True)
class Unreadable:
    """A file that cannot be read as a picture, and why."""

    image: Path
    reason: str


@dataclass(frozen=True)
class Leak:
    """How many pictures of one split have a copy in another."""

    split: str
    other: str
    pictures: int


@dataclass(frozen=True)
class Audit:
    """What was found.

    Attributes:
        pictures: all that can be read, in the order of the sources.
        unreadable: the files that cannot.
        matches: the copies; their indices are those of `pictures`.
    """

    pictures: tuple[AuditedPicture, ...]
    unreadable: tuple[Unreadable, ...]
    matches: tuple[Match, ...]

    @cached_property
    def group_sizes(self) -> tuple[int, ...]:
        """How many pictures are in each group of copies, however chained, the largest first."""
        numbers = groups([(match.first, match.second) for match in self.matches], len(self.pictures))
        return tuple(sorted((size for size in Counter(numbers).values() if size > 1), reverse=True))

    @cached_property
    def splits(self) -> dict[str, int]:
        """How many pictures are in each split, in the order of their first pictures."""
        return dict(Counter(picture.split for picture in self.pictures))

    def across_splits(self, match: Match) -> bool:
        """Whether the two are in different splits; a picture in no split is not."""
        first, second = self.pictures[match.first].split, self.pictures[match.second].split
        return bool(first and second) and first != second

    def within_split(self, match: Match) -> bool:
        """Whether the two are in the same split; pictures in no split are not."""
        return self.pictures[match.first].split == self.pictures[match.second].split != ""

    def across_classes(self, match: Match) -> bool:
        """Whether the two are in different classes."""
        return self.pictures[match.first].label != self.pictures[match.second].label

    def leaks(self) -> tuple[Leak, ...]:
        """How many pictures of each split have a copy in each other split, the fewest pictures of a split first."""
        leaking: dict[tuple[str, str], set[int]] = {}
        for match in filter(self.across_splits, self.matches):
            for own, other in ((match.first, match.second), (match.second, match.first)):
                splits = (self.pictures[own].split, self.pictures[other].split)
                leaking.setdefault(splits, set()).add(own)
        found = [Leak(split, other, len(pictures)) for (split, other), pictures in leaking.items()]
        return tuple(sorted(found, key=lambda leak: (self.splits[leak.split], leak.split, leak.other)))

    def shared_classes(self) -> tuple[tuple[str, str, int], ...]:
        """Which two classes have copies of the same pictures, and how many pairs; the most first."""
        shared = Counter(
            tuple(sorted((self.pictures[match.first].label, self.pictures[match.second].label)))
            for match in self.matches
            if self.across_classes(match)
        )
        return tuple((first, second, pairs) for (first, second), pairs in sorted(shared.items(), key=_most_first))

    def to_json(self) -> str:
        """Write the counts and the unreadable files as JSON."""
        return json.dumps(
            {
                "format": FORMAT,
                "pictures": len(self.pictures),
                "classes": len({picture.label for picture in self.pictures}),
                "splits": self.splits,
                "unreadable": [{"image": str(file.image), "reason": file.reason} for file in self.unreadable],
                "pairs": len(self.matches),
                "groups": len(self.group_sizes),
                "pictures_with_copies": sum(self.group_sizes),
                "largest_group": max(self.group_sizes, default=0),
                "within_split": sum(map(self.within_split, self.matches)),
                "across_splits": sum(map(self.across_splits, self.matches)),
                "within_class": len(self.matches) - sum(map(self.across_classes, self.matches)),
                "across_classes": sum(map(self.across_classes, self.matches)),
                "kinds": {kind: self._counts(kind) for kind in KINDS},
                "leaks": [vars(leak) for leak in self.leaks()],
                "shared_classes": [
                    {"first": first, "second": second, "pairs": pairs} for first, second, pairs in self.shared_classes()
                ],
            },
            indent=2,
            ensure_ascii=False,
        )

    def to_csv(self) -> str:
        """Write the pairs as CSV, one a row."""
        text = io.StringIO()
        table = csv.writer(text, lineterminator="\n")
        table.writerow(["first", "second", "kind", "distance"])
        for match in self.matches:
            first, second = self.pictures[match.first].image, self.pictures[match.second].image
            table.writerow([first, second, match.kind, f"{match.distance:.4f}"])
        return text.getvalue()

    def _counts(self, kind: str) -> dict[str, int]:
        matches = [match for match in self.matches if match.kind == kind]
        return {
            "pairs": len(matches),
            "within_split": sum(map(self.within_split, matches)),
            "across_splits": sum(map(self.across_splits, matches)),
            "within_class": len(matches) - sum(map(self.across_classes, matches)),
            "across_classes": sum(map(self.across_classes, matches)),
        }


def audit(folders: Sequence[Path]) -> Audit:
    """Read all pictures of sources and prepared data folders, and compare each with all others.

    Args:
        folders: folders of class folders, with or without train, validation and test folders above
            them, and data folders that `gemhier prepare` wrote, in any mixture.

    Raises:
        DataError: if a folder is missing, is damaged or holds no pictures.
    """
    listed: dict[Path, AuditedPicture] = {}
    unreadable: dict[Path, Unreadable] = {}
    sources = [folder for folder in folders if not is_data_folder(folder)]
    for folder in folders:
        if folder not in sources:
            manifest = read_manifest(folder)
            for row in manifest.rows:
                listed.setdefault(Path(row.image), AuditedPicture(Path(row.image), row.label, row.split))
            for file in manifest.info.left_out:
                if file.kind == "unreadable":
                    unreadable[Path(file.image)] = Unreadable(Path(file.image), file.reason)
    for folder, source in zip(sources, read_sources(sources), strict=True):
        for found in source.pictures:
            image = folder / found.path.relative_to(source.root)  # as given, so that a report can be passed on
            listed.setdefault(found.path, AuditedPicture(image, found.label_given, found.official))
    prints: list[Thumbprint] = []
    pictures: list[AuditedPicture] = []
    for (path, taken), picture in zip(take_thumbprints(list(listed)), listed.values(), strict=True):
        if isinstance(taken, Thumbprint):
            prints.append(taken)
            pictures.append(picture)
        else:
            unreadable[path] = Unreadable(picture.image, str(taken).removeprefix(f"{path}: "))
    return Audit(tuple(pictures), tuple(unreadable.values()), tuple(find_matches(prints)))


def check_audit_folder(folder: Path) -> None:
    """Make sure, before the work, that an audit can be written to a folder, which need not exist.

    Raises:
        OutputError: if it cannot be made or written to.
    """
    existing = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    if not existing.is_dir():
        raise OutputError(f"{folder}: cannot be a folder, since {existing} is a file. Choose another folder.")
    if not os.access(existing, os.W_OK | os.X_OK):
        raise OutputError(
            f"{folder}: {existing} cannot be written to. Choose another folder or change its permissions."
        )


def write_audit(result: Audit, folder: Path) -> None:
    """Write `audit.json` and `pairs.csv`, in place of earlier ones; other files in the folder stay.

    After an error, folders that were made for them are gone again.

    Raises:
        OutputError: if they cannot be written.
    """
    check_audit_folder(folder)
    contents = {AUDIT_FILE: result.to_json() + "\n", PAIRS_FILE: result.to_csv()}
    unfinished = {name: folder / f".{name}.{uuid4().hex[:8]}.part" for name in contents}
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in contents.items():
            # File names that are not UTF-8 are written with escapes.
            unfinished[name].write_bytes(text.encode("utf-8", "backslashreplace"))
        for name, path in unfinished.items():
            path.replace(folder / name)
    except OSError as error:
        raise OutputError(f"{folder}: cannot be written ({error.strerror}). Choose another folder.") from error
    finally:
        for path in unfinished.values():
            with suppress(OSError):
                path.unlink(missing_ok=True)
        for path in missing:
            with suppress(OSError):  # it holds the audit now, or was never made
                path.rmdir()


def summary(result: Audit) -> Iterator[str]:
    """Say in a few lines what was found."""
    splits = ", ".join(f"{name or 'in no split'} {count:,}" for name, count in result.splits.items())
    classes = len({picture.label for picture in result.pictures})
    yield f"{_count(len(result.pictures), 'picture')} in {_count(classes, 'class', 'classes')}" + (
        f": {splits}" if any(result.splits) else ""
    )
    if result.unreadable:
        yield f"{_count(len(result.unreadable), 'file')} cannot be read:"
        yield from (f"  {file.image}: {file.reason}" for file in result.unreadable[:_MOST_NAMED])
        if len(result.unreadable) > _MOST_NAMED:
            yield f"  and {len(result.unreadable) - _MOST_NAMED:,} more, listed in {AUDIT_FILE}"
    if not result.matches:
        yield "No copies."
        return
    yield (
        f"{_count(len(result.matches), 'pair')} of copies, in {_count(len(result.group_sizes), 'group')} "
        f"with {_count(sum(result.group_sizes), 'picture')}:"
    )
    yield f"  {'':<10}{'pairs':>8}{'across splits':>16}{'across classes':>17}"
    for kind, meaning in KINDS.items():
        counts = result._counts(kind)
        numbers = f"{counts['pairs']:>8,}{counts['across_splits']:>16,}{counts['across_classes']:>17,}"
        yield f"  {kind:<10}{numbers}   {meaning}"
    for leak in result.leaks():
        yield f"{_count(leak.pictures, 'picture')} of {leak.split} {_has(leak.pictures)} a copy in {leak.other}."
    shared = result.shared_classes()
    if shared:
        named = ", ".join(f"{first} and {second} ({pairs:,})" for first, second, pairs in shared[:_MOST_NAMED])
        yield f"Classes with the same pictures: {named}{', and others' if len(shared) > _MOST_NAMED else ''}."


def _count(number: int, singular: str, plural: str | None = None) -> str:
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"


def _has(number: int) -> str:
    return "has" if number == 1 else "have"


def _most_first(item: tuple[tuple[str, ...], int]) -> tuple[int, tuple[str, ...]]:
    return -item[1], item[0]
