"""Write files and folders whole or not at all: beside their place, and then renamed to it."""

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from gemhier.errors import OutputError

_UNFINISHED = ".part"

_LEFT_BY_DESKTOPS = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})
"""What file managers leave in a folder that somebody looked at."""


def check_folder(folder: Path) -> None:
    """Make sure, before the work, that files can be written to a folder, which need not exist.

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


def names_in(folder: Path) -> frozenset[str]:
    """Return the names of what a folder holds, without what a file manager left there by itself."""
    return frozenset(path.name for path in folder.iterdir()) - _LEFT_BY_DESKTOPS


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a place beside `path` to write a file to, which takes the place of `path` when all went well.

    After an error the new file is gone and an older one stays. Errors of the disk are passed on as they are.
    """
    unfinished = path.with_name(f".{path.name}.{uuid4().hex[:8]}{_UNFINISHED}")
    try:
        yield unfinished
        os.replace(unfinished, path)  # noqa: PTH105  # as quick as can be: crawling does it for every picture
    except BaseException:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
        raise


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """Open a file to write; it takes its name, in place of an older one, when all went well.

    Its folder is made if need be. After an error nothing new stays behind under any name.

    Raises:
        OutputError: if it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as unfinished, unfinished.open("wb") as file:
            yield file
    except OSError as error:
        raise OutputError(
            f"{path}: cannot be written ({error.strerror}). Free some space or choose another folder."
        ) from error


def write_whole(path: Path, content: bytes) -> None:
    """Write a file that appears only when it is whole; its folder is made if need be.

    Raises:
        OSError: if it cannot be written, for the caller to tell.
    """
    with replacing(path) as unfinished:
        try:
            unfinished.write_bytes(content)
        except FileNotFoundError:
            path.parent.mkdir(parents=True, exist_ok=True)
            unfinished.write_bytes(content)


def write_files(folder: Path, contents: Mapping[str, bytes]) -> None:
    """Write files into a folder, all in full before the first takes its place; other files in it stay.

    After an error, folders that were made for them are gone again.

    Raises:
        OutputError: if they cannot be written.
    """
    unfinished = {name: folder / f".{name}.{uuid4().hex[:8]}{_UNFINISHED}" for name in contents}
    with _in_words(folder), _parents_made(folder / "a file"):
        try:
            for name, content in contents.items():
                unfinished[name].write_bytes(content)
            for name, path in unfinished.items():
                path.replace(folder / name)
        finally:
            for path in unfinished.values():
                with suppress(OSError):
                    path.unlink(missing_ok=True)


@contextmanager
def whole_folder(folder: Path) -> Iterator[Path]:
    """Give an empty folder to fill, which takes the place of `folder` when all went well.

    What the folder held is gone afterwards: whether it may go is for the caller to say. A folder that is empty stays
    itself, for it may be the current one, or a disk of its own. After an error everything is as it was before.

    Raises:
        OutputError: if it cannot be written.
    """
    target = folder.resolve()
    with _in_words(folder), _parents_made(target):
        is_empty = target.is_dir() and not any(target.iterdir())
        mark = f".{target.name}.{uuid4().hex[:8]}"
        unfinished = (target if is_empty else target.parent) / f"{mark}{_UNFINISHED}"
        older = target.parent / f"{mark}.old"
        try:
            unfinished.mkdir()
            yield unfinished
            if is_empty:
                _move_contents(unfinished, target)
            else:
                _take_place(unfinished, target, older)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
            shutil.rmtree(older, ignore_errors=True)


def write_whole_folder(folder: Path, contents: Mapping[str, bytes]) -> None:
    """Write all files of a folder at once, in place of an older one or not at all, as `whole_folder` does."""
    with whole_folder(folder) as unfinished:
        for name, content in contents.items():
            (unfinished / name).write_bytes(content)


def clear_unfinished(folder: Path) -> None:
    """Delete what a kill left of files that were being written below a folder that nobody else writes to."""
    for path in folder.rglob(f".*{_UNFINISHED}"):
        path.unlink(missing_ok=True)


@contextmanager
def _in_words(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OutputError(f"{folder}: cannot be written ({error.strerror}). Choose another folder.") from error


@contextmanager
def _parents_made(path: Path) -> Iterator[None]:
    """Make the folders above a path, and take them away again if they are still empty afterwards."""
    missing = [parent for parent in path.parents if not parent.exists()]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield
    finally:
        for parent in missing:
            with suppress(OSError):  # it holds something now, or was never made
                parent.rmdir()


def _move_contents(source: Path, target: Path) -> None:
    for part in sorted(source.iterdir()):
        part.replace(target / part.name)


def _take_place(unfinished: Path, target: Path, older: Path) -> None:
    if target.exists():
        target.rename(older)
    try:
        unfinished.rename(target)
    except OSError:
        if older.exists():
            older.rename(target)
        raise
