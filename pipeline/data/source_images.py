"""What a source of pictures holds: a folder of class folders, or a crawl."""

from dataclasses import dataclass
from pathlib import Path

STONE_PATTERN = r"^(?P<stone>gp\d+)-\d+"
"""Finds the stone in the file names of a shop: gp134726-1-250124.jpg is view 1 of product gp134726."""


@dataclass(frozen=True)
class SourceImage:
    """A picture file as its source describes it.

    Attributes:
        path: absolute path of the file.
        label_given: the class as the source writes it: names from the widest down, joined by slashes.
        official: the source's own split for it, train, validation or test; "" if it has none.
        source: the name of the source.
        labels: all names that a shop gives it in its categories, if it comes from a crawl; `label_given` then
            joins them.
        stone: what tells its stone from others, where the source knows; "" if the file's name may tell.
        is_kept: whether a person has said that it is to be used, whatever the stone finder says.
    """

    path: Path
    label_given: str
    official: str
    source: str
    labels: tuple[str, ...] = ()
    stone: str = ""
    is_kept: bool = False


@dataclass(frozen=True)
class SetAside:
    """A picture that its source itself leaves out, and why, in words."""

    path: Path
    reason: str


@dataclass(frozen=True)
class FolderNote:
    """What a person should know of how a folder was read.

    Attributes:
        folder: its absolute path.
        pictures: how many it is about.
        note: in words: what the folder was taken for.
    """

    folder: str
    pictures: int
    note: str


@dataclass(frozen=True)
class Source:
    """What a source folder holds.

    Attributes:
        name: short, and unlike the other sources' names.
        root: absolute path of the folder.
        images: in sorted order.
        others: files that are not pictures by their names' ending.
        set_aside: pictures that are left out, such as a shop's certificates.
        notes: how folders were read that could be meant otherwise.
        loose: folders with pictures that lie in no class folder, though others do.
    """

    name: str
    root: Path
    images: tuple[SourceImage, ...]
    others: tuple[Path, ...]
    set_aside: tuple[SetAside, ...] = ()
    notes: tuple[FolderNote, ...] = ()
    loose: tuple[Path, ...] = ()
