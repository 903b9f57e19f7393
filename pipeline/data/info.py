"""What a prepared data set says of its making: its sources, what has no row, and what was decided."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gemhier.pipeline.data.decisions import Decided
from gemhier.pipeline.data.source_images import FolderNote


@dataclass(frozen=True)
class SourceFolder:
    """A folder that pictures come from: its short name in the manifest, and where it lies."""

    name: str
    root: str


@dataclass(frozen=True)
class LeftOut:
    """A file that has no row, and why.

    Attributes:
        image: absolute path of the file.
        kind: "unreadable", "unknown name", "excluded", "not a picture" or "dropped"; of a crawl also "set aside"
            when it was collected, "several families" by its names, or "no gem" by the stone finder.
        reason: in words.
    """

    image: str
    kind: str
    reason: str


@dataclass(frozen=True)
class SeveralNames:
    """A group of near-copies, or of photographs of one stone, that stand under several labels."""

    group: str
    labels: tuple[str, ...]
    images: tuple[str, ...]


@dataclass(frozen=True)
class Contamination:
    """A class of a shop with products of other families, most of it or several kinds, whose name is not believed.

    Attributes:
        label: the class, as the shop calls it.
        family: to which its products should belong.
        products: how many stand in it.
        elsewhere: how many of them belong to other families, by all their other names.
        families: these families, the most frequent first.
    """

    label: str
    family: str
    products: int
    elsewhere: int
    families: tuple[str, ...]


@dataclass(frozen=True)
class DataInfo:
    """How a data set came about.

    Attributes:
        config: the settings of the preparation, by name.
        sources: the folders that were read.
        left_out: files that have no row.
        several_names: groups under more than one label.
        decisions: what a person decided about pictures before.
        contamination: classes of crawled shops whose names are not believed.
        ignored_names: names in crawled shops that the taxonomy does not know, of pictures with others that it knows.
        notes: how folders were read that could be meant otherwise.
    """

    config: Mapping[str, Any]
    sources: tuple[SourceFolder, ...]
    left_out: tuple[LeftOut, ...] = ()
    several_names: tuple[SeveralNames, ...] = ()
    decisions: tuple[Decided, ...] = ()
    contamination: tuple[Contamination, ...] = ()
    ignored_names: tuple[str, ...] = ()
    notes: tuple[FolderNote, ...] = ()


def info_from_json(data: Mapping[str, Any]) -> DataInfo:
    """Return what `data.json` says, from its JSON values.

    Raises:
        KeyError, TypeError, ValueError: if something is missing or of another kind.
    """
    return DataInfo(
        config=dict(data["config"]),
        sources=tuple(SourceFolder(**source) for source in data["sources"]),
        left_out=tuple(LeftOut(**left_out) for left_out in data["left_out"]),
        several_names=tuple(
            SeveralNames(group=several["group"], labels=tuple(several["labels"]), images=tuple(several["images"]))
            for several in data["several_names"]
        ),
        decisions=tuple(Decided(**decided) for decided in data.get("decisions", ())),
        contamination=tuple(
            Contamination(**found | {"families": tuple(found["families"])}) for found in data.get("contamination", ())
        ),
        ignored_names=tuple(data.get("ignored_names", ())),
        notes=tuple(FolderNote(**note) for note in data.get("notes", ())),
    )
