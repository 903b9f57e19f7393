"""Read a folder of class folders as a source of pictures, with or without folders for splits above or below them."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from gemhier.errors import DataError
from gemhier.hierarchy.split_folders import USUAL, sounds_like_split, split_and_classes, split_of_folder
from gemhier.models.images.files import IMAGE_SUFFIXES
from gemhier.pipeline.data.source_images import FolderNote, Source, SourceImage

_ABOUT = ("readme", "licence", "license")
"""Files whose names begin so tell of the pictures, and are not missed among them."""


def read_class_folders(root: Path, name: str) -> Source:
    """List what a folder of class folders holds. Class folders may be nested (beryl/emerald/colombian).

    Raises:
        DataError: if a folder cannot be listed.
    """
    images: list[SourceImage] = []
    others: list[Path] = []
    loose: Counter[Path] = Counter()
    splits: Counter[Path] = Counter()
    unclear: Counter[Path] = Counter()
    for path in _files_below(root, frozenset()):
        if path.suffix.lower() not in IMAGE_SUFFIXES:
            if not path.name.lower().startswith(_ABOUT):
                others.append(path)
            continue
        folders = path.relative_to(root).parts[:-1]
        position, classes = split_and_classes(folders)
        official = ""
        if position is not None:
            official = split_of_folder(folders[position])
            splits[root.joinpath(*folders[: position + 1])] += 1
        if not classes:
            loose[path.parent] += 1
        for at, folder in enumerate(folders):
            if sounds_like_split(folder):
                unclear[root.joinpath(*folders[: at + 1])] += 1
        # Pictures that lie in the source itself: it is one class folder.
        images.append(SourceImage(path, "/".join(classes) or root.name, official, name))
    notes = [
        FolderNote(str(folder), count, f"taken for the split {split_of_folder(folder.name)}")
        for folder, count in splits.items()
        if folder.name.lower() not in USUAL
    ]
    notes += [
        FolderNote(
            str(folder),
            count,
            "sounds like a split, but was taken for a class; if it is one, call it train, validation or test",
        )
        for folder, count in unclear.items()
    ]
    if loose.total() == len(images) and not splits:
        loose.clear()  # the source is one class folder
    notes += [
        FolderNote(str(folder), count, f"in no class folder, and so taken for {root.name}, as the source is called")
        for folder, count in loose.items()
    ]
    return Source(name, root, tuple(images), tuple(others), notes=tuple(notes), loose=tuple(loose))


def _files_below(folder: Path, above: frozenset[Path]) -> Iterable[Path]:
    """All files in a folder and below, sorted, without hidden ones; a link to a folder above is not followed."""
    real = folder.resolve()
    if real in above:
        return
    try:
        entries = sorted(entry for entry in folder.iterdir() if not entry.name.startswith("."))
    except OSError as error:
        raise DataError(f"{folder}: cannot be listed ({error.strerror}). Change its permissions.") from error
    for entry in entries:
        if entry.is_dir():
            yield from _files_below(entry, above | {real})
        else:
            yield entry
