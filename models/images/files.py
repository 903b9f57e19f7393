"""Find the picture files in folders."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

IMAGE_SUFFIXES = frozenset(
    {
        ".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff",
        ".avif", ".heic", ".heif", ".hif", ".jp2", ".ppm",
    }
)  # fmt: skip
"""Endings of file names, in lower case, that are taken for pictures in a folder."""


def list_images(paths: Iterable[Path]) -> Iterator[Path]:
    """Yield every named file, and every picture in every named folder and below it.

    Folders are read in sorted order, hidden files and folders (with a leading dot) are left out,
    and a folder reached twice through links is read once for each named path. A path that is
    missing, or a folder that may not be listed, is yielded itself, so that reading it says why.

    Args:
        paths: Files, whatever their ending, or folders.
    """
    for path in paths:
        if path.is_dir():
            yield from _in_folder(path, set())
        else:
            yield path


def _in_folder(folder: Path, seen: set[str]) -> Iterator[Path]:
    real = os.path.realpath(folder)
    if real in seen:
        return
    seen.add(real)
    try:
        with os.scandir(folder) as listing:
            entries = sorted(listing, key=lambda entry: entry.name)
    except OSError:
        yield folder
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        path = folder / entry.name
        if entry.is_dir():
            yield from _in_folder(path, seen)
        elif path.suffix.lower() in IMAGE_SUFFIXES:
            yield path
