"""Pictures to measure a model on: from folders of class folders, or from prepared data sets."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from gemhier.errors import DataError
from gemhier.hierarchy.taxonomy import Taxonomy
from gemhier.pipeline.data.manifest import is_data_folder, read_manifest, require_images
from gemhier.pipeline.data.source_images import STONE_PATTERN, Source
from gemhier.pipeline.data.sources import read_sources, resolve_labels


@dataclass(frozen=True)
class LabelledImage:
    """A picture, and what its source says that it shows.

    Attributes:
        image: its path, as it was given or as it was found in a folder.
        label_given: the name of its class, as the source writes it.
        label: the id of the node that this name means; None if the taxonomy does not know it.
        group: the same for pictures of one stone.
        source: the name of the source.
    """

    image: str
    label_given: str
    label: str | None
    group: str
    source: str


@dataclass(frozen=True)
class NoLabel:
    """A class whose name means nothing, or nothing that one stone can be.

    Attributes:
        name: as the source writes it.
        pictures: how many there are.
        reason: in words.
    """

    name: str
    pictures: int
    reason: str


@dataclass(frozen=True)
class LabelledImages:
    """The pictures of some sources.

    Attributes:
        images: in the order of the sources.
        sources: the names of the sources.
        unknown: classes that the taxonomy does not know; their pictures are among `images`.
        excluded: classes that the taxonomy leaves out, such as mixed lots; their pictures are not.
    """

    images: tuple[LabelledImage, ...]
    sources: tuple[str, ...]
    unknown: tuple[NoLabel, ...]
    excluded: tuple[NoLabel, ...]


@dataclass(frozen=True)
class _Found:
    image: str
    label_given: str
    name: str
    """What to look up in the taxonomy."""
    group: str
    source: str


def find_labelled(folders: Sequence[Path], split: str, taxonomy: Taxonomy) -> LabelledImages:
    """List the pictures of sources and of data folders, without opening any.

    Args:
        folders: class folders with or without train, validation and test folders above them, or
            folders that `gemhier prepare` wrote.
        split: one of `manifest.SPLITS`. A source without such folders gives all of its pictures.
        taxonomy: tells what the class names mean.

    Raises:
        DataError: if a folder does not fit, has no picture in the split, or no class name is known.
    """
    prepared = [folder for folder in folders if is_data_folder(folder)]
    plain = [folder for folder in folders if folder not in prepared]
    found: list[_Found] = []
    sources: list[str] = []
    for folder in prepared:
        sources.append(folder.resolve().name)
        found += _in_data(folder, split)
    for folder, source in zip(plain, read_sources(plain), strict=True):
        sources.append(source.name)
        found += _in_source(folder, source, split)
    return _labelled(found, tuple(sources), taxonomy)


def _in_data(folder: Path, split: str) -> Iterator[_Found]:
    manifest = read_manifest(folder)
    rows = manifest.split(split)
    if not rows:
        counts = ", ".join(f"{name} {count:,}" for name, count in manifest.counts().items() if count)
        raise _no_image(folder, split, counts)
    require_images(rows)
    for row in rows:
        yield _Found(row.image, row.label_given, row.label, row.group, row.source)


def _in_source(folder: Path, source: Source, split: str) -> Iterator[_Found]:
    counts = Counter(image.official for image in source.images)
    official = split if set(counts) - {""} else ""
    if not counts[official]:
        raise _no_image(folder, split, ", ".join(f"{name} {count:,}" for name, count in counts.items() if name))
    for image in source.images:
        if image.official == official:
            # As given, and not absolute, so that a report can be passed on.
            path = str(folder / image.path.relative_to(source.root))
            stone = re.search(STONE_PATTERN, image.path.name)
            group = f"stone {stone['stone']}" if stone else path
            yield _Found(path, image.label_given, image.label_given, group, image.source)


def _no_image(folder: Path, split: str, counts: str) -> DataError:
    return DataError(f"{folder}: no picture is in the split {split}. It has: {counts}. Choose another with --split.")


def _labelled(found: Sequence[_Found], sources: tuple[str, ...], taxonomy: Taxonomy) -> LabelledImages:
    counts = Counter(entry.name for entry in found)
    resolved = resolve_labels(counts, taxonomy)
    nodes = {name: node for name, node in resolved.nodes.items() if node.excluded is None}
    if not nodes:
        reason = next(iter(resolved.unknown.values()), "Its classes are all excluded. Give other folders.")
        raise DataError(f"No picture has a class that the model's taxonomy can name ({len(counts)} tried). {reason}")
    images = []
    for entry in found:
        if entry.name in nodes or entry.name in resolved.unknown:
            label = nodes[entry.name].id if entry.name in nodes else None
            images.append(LabelledImage(entry.image, entry.label_given, label, entry.group, entry.source))
    return LabelledImages(
        images=tuple(images),
        sources=sources,
        unknown=tuple(NoLabel(name, counts[name], reason) for name, reason in resolved.unknown.items()),
        excluded=tuple(
            NoLabel(name, counts[name], node.excluded) for name, node in resolved.nodes.items() if node.excluded
        ),
    )
