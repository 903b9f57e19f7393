"""Find the pictures of source folders, and what each folder's name means.

A source is a folder of class folders, with or without train, validation and test folders
above them, or a folder that `gemhier crawl` wrote. Where several sources are named, one of them may be such a split.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from gemhier.atomic import check_outside
from gemhier.crawler.storage.crawl_info import is_crawl_folder
from gemhier.errors import DataError, TaxonomyError
from gemhier.hierarchy.node import Node
from gemhier.hierarchy.split_folders import split_of_folder
from gemhier.hierarchy.taxonomy import Taxonomy
from gemhier.pipeline.data.class_folders import read_class_folders
from gemhier.pipeline.data.crawl_source import read_crawl
from gemhier.pipeline.data.manifest import is_data_folder
from gemhier.pipeline.data.source_images import FolderNote, Source

_MOST_NAMED = 5


@dataclass(frozen=True)
class SourceKind:
    """A kind of source folder: how to know one, and how to read it.

    Attributes:
        recognises: whether a folder, given as an absolute path, is of this kind.
        read: what the folder holds, given its absolute path and its name as a source.
    """

    recognises: Callable[[Path], bool]
    read: Callable[[Path, str], Source]


@dataclass(frozen=True)
class ResolvedLabels:
    """What the names in a source mean.

    Attributes:
        nodes: each name that is known, as given, to its node; excluded nodes are among them.
        unknown: each name that is not known, as given, to the reason in words.
    """

    nodes: dict[str, Node]
    unknown: dict[str, str]


def read_sources(folders: Sequence[Path]) -> tuple[Source, ...]:
    """List the pictures of source folders, without opening any.

    Raises:
        DataError: if a folder is missing, is not a folder, cannot be listed, holds no pictures, or
            lies within another.
    """
    roots = [folder.absolute() for folder in folders]
    for folder, root in zip(folders, roots, strict=True):
        if not root.is_dir():
            problem = "not a folder" if root.exists() else "no such folder"
            raise DataError(f"{folder}: {problem}. Give a folder of class folders with pictures in them.")
    real = [root.resolve() for root in roots]
    for index, inner in enumerate(real):
        for other, outer in enumerate(real):
            if index != other and inner.is_relative_to(outer):
                raise DataError(
                    f"{folders[index]} lies within {folders[other]}, or is the same folder. Name each folder once."
                )
    sources = tuple(
        next(kind for kind in KINDS.values() if kind.recognises(root)).read(root, name)
        for root, name in zip(roots, _short_names(real), strict=True)
    )
    for folder, source in zip(folders, sources, strict=True):
        if not source.images:
            raise DataError(f"{folder}: no pictures in it. Give a folder of class folders with pictures in them.")
    return tuple(_as_split(source) for source in sources) if len(sources) > 1 else sources


def check_outside_sources(out: Path, folders: Iterable[Path]) -> None:
    """Make sure, before the work, that what is written does not lie among the pictures that are read.

    The pictures of a prepared data folder lie elsewhere.

    Raises:
        OutputError: if it does.
    """
    check_outside(out, (folder for folder in folders if not is_data_folder(folder)))


def _as_split(source: Source) -> Source:
    """Return a source that is itself called train, test or the like, beside others, as the folder of that split."""
    split = split_of_folder(source.root.name)
    if not split or any(image.official or image.labels for image in source.images):
        return source
    note = FolderNote(str(source.root), len(source.images), f"taken for the split {split}")
    images = tuple(replace(image, official=split) for image in source.images)
    return replace(source, images=images, notes=(note, *source.notes))


def resolve_labels(names: Iterable[str], taxonomy: Taxonomy) -> ResolvedLabels:
    """Look up what class names mean, as a whole path first, then without the uppermost folders.

    A last part that is known elsewhere only is not enough: a Burmese in Sapphire/Burmese is no ruby.
    """
    nodes: dict[str, Node] = {}
    unknown: dict[str, str] = {}
    for name in sorted(set(names)):
        try:
            nodes[name] = _resolve(name, taxonomy)
        except TaxonomyError as error:
            unknown[name] = str(error)
    return ResolvedLabels(nodes, unknown)


def unknown_labels_error(unknown: Mapping[str, str], *, can_start: bool = True) -> DataError:
    """Return the error for class folders that the taxonomy does not know.

    Args:
        unknown: as in `ResolvedLabels`; the first few are named.
        can_start: whether a taxonomy may be started from the folders.
    """
    # Of each reason only the first sentence: what to do is said once, at the end.
    described = [f"{name}: {reason.partition('. ')[0]}" for name, reason in sorted(unknown.items())]
    more = f"; and {len(described) - _MOST_NAMED} more" if len(described) > _MOST_NAMED else ""
    first = "; ".join(described[:_MOST_NAMED])
    start = "start a taxonomy from the folders (--start-taxonomy), or " if can_start else "or "
    folders = "folder has a name" if len(described) == 1 else "folders have names"
    return DataError(
        f"{len(described)} class {folders} that the taxonomy does not know. {first}{more}. "
        f"Add an alias to a taxonomy file (--taxonomy), {start}leave the folders out (--skip-unknown)."
    )


def _resolve(name: str, taxonomy: Taxonomy, above: tuple[str, ...] = ()) -> Node:
    try:
        node = taxonomy.resolve(name)
    except TaxonomyError:
        uppermost, slash, rest = name.partition("/")
        if not slash:
            raise
        return _resolve(rest, taxonomy, (*above, uppermost))
    for folder in above:  # it may only sort, such as "transparent", but not contradict
        try:
            found = taxonomy.resolve(folder)
        except TaxonomyError:
            continue
        if found.id != node.id and found.id not in taxonomy.ancestors(node.id):
            raise TaxonomyError(f"{node.id} lies in a folder {folder!r}, to which it does not belong. Rename one.")
    return node


def _short_names(roots: Sequence[Path]) -> list[str]:
    """Return the name of each folder, numbered from the second of the same name on."""
    names: list[str] = []
    for root in roots:
        name, number = root.name or "source", 2
        while name in names:
            name, number = f"{root.name}-{number}", number + 1
        names.append(name)
    return names


KINDS = {
    "crawl": SourceKind(recognises=is_crawl_folder, read=read_crawl),
    "class folders": SourceKind(recognises=lambda _: True, read=read_class_folders),
}
"""The kinds of sources, in the order in which they are tried; any folder may be one of class folders."""
