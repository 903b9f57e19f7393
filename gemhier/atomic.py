"""Write files and folders whole or not at all: beside their place, and then renamed to it."""

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from gemhier.errors import OutputError

_UNFINISHED = ".part"

_LEFT_BY_DESKTOPS = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})
"""What file managers leave in a folder that somebody looked at."""


def check_folder(folder: Path) -> None:
    """Make sure, before the work, that files can be written to a folder, which need not exist.

    It is tried: a new file is made where there is a folder already, and is gone again.

    Raises:
        OutputError: if it cannot be made or written to.
    """
    _try_to_write(folder, folder)


def check_file(path: Path, *, makes_folder: bool = False) -> None:
    """Make sure, before the work, that a file can be written, new or in place of an older one.

    Args:
        path: the file.
        makes_folder: whether what writes it makes its folder too, which then need not exist.

    Raises:
        OutputError: if it is a folder, or its folder is missing or cannot be written to, or the disk refuses its name.
    """
    if os.path.isdir(path):  # noqa: PTH112  # False, and no error, for a name that no file can have
        raise OutputError(f"{path}: cannot be written, since it is a folder. Choose another name.")
    if not makes_folder and not os.path.lexists(path.parent):
        raise OutputError(f"{path}: there is no folder {path.parent}. Make it first, or choose another file.")
    _try_to_write(path, path.parent, path.name)


def check_whole_folder(folder: Path) -> None:
    """Make sure, before the work, that `whole_folder` can write a folder, new or in place of an older one.

    What it holds and whether that may go is for the caller to say.

    Raises:
        OutputError: if it cannot be made or replaced.
    """
    target = folder.resolve()
    if target.is_dir() and any(target.iterdir()):
        _try_to_write(folder, target.parent, target.name)  # it is written beside its place and then renamed
    else:
        _try_to_write(folder, target)


def _try_to_write(asked: Path, folder: Path, name: str = "") -> None:
    """Make a file of about this name in a folder, or if it is missing in the one above, and take it away again."""
    absolute = Path(os.path.abspath(folder))  # noqa: PTH100  # resolving would follow links
    existing = next(path for path in (absolute, *absolute.parents) if os.path.lexists(path))
    if not existing.is_dir():
        what = "written" if name else "a folder"
        raise OutputError(f"{asked}: cannot be {what}, since {existing} is a file. Choose another folder.")
    if not os.access(existing, os.W_OK | os.X_OK):
        raise OutputError(f"{asked}: {existing} cannot be written to. Choose another folder or change its permissions.")
    try:
        for part in (*absolute.relative_to(existing).parts, name):
            unfinished = _unfinished(existing / (part or "new"))
            unfinished.touch(exist_ok=False)
            unfinished.unlink()
    except (OSError, ValueError) as error:  # ValueError: a zero byte in the name
        reason = getattr(error, "strerror", None) or error
        raise OutputError(f"{asked}: cannot be written ({reason}). Choose another name or folder.") from error


def _unfinished(path: Path) -> Path:
    """Return where to write what will take the place of a path."""
    return path.with_name(f".{path.name}.{os.urandom(4).hex()}{_UNFINISHED}")


def check_outside(out: Path, sources: Iterable[Path]) -> None:
    """Make sure, before the work, that what is written does not lie among what is read.

    Raises:
        OutputError: if `out` is a source or lies within one.
    """
    for source in sources:
        if out.resolve().is_relative_to(source.resolve()):
            raise OutputError(f"{out}: lies within the source {source}. Choose a place outside of it.")


def names_in(folder: Path) -> frozenset[str]:
    """Return the names of what a folder holds, without what a file manager left there by itself."""
    return frozenset(path.name for path in folder.iterdir()) - _LEFT_BY_DESKTOPS


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a place beside `path` to write a file to, which takes the place of `path` when all went well.

    After an error the new file is gone and an older one stays. Errors of the disk are passed on as they are.
    """
    unfinished = _unfinished(path)
    try:
        yield unfinished
        os.replace(unfinished, path)  # noqa: PTH105  # as quick as can be: crawling does it for every picture
    except BaseException:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
        raise


def take_place(part: Path, path: Path) -> None:
    """Give a file that grew in the same folder under a name of its own, for all to see, the name that it is for.

    Errors of the disk are passed on as they are.
    """
    part.replace(path)


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
    with _in_words(folder), _folder_made(folder), ExitStack() as files:
        for name, content in reversed(list(contents.items())):  # the last to be entered is the first to take its place
            files.enter_context(replacing(folder / name)).write_bytes(content)


@contextmanager
def whole_folder(folder: Path) -> Iterator[Path]:
    """Give an empty folder to fill, which takes the place of `folder` when all went well.

    What the folder held is gone afterwards: whether it may go is for the caller to say. A folder that is empty stays
    itself, for it may be the current one, or a disk of its own. After an error everything is as it was before.

    Raises:
        OutputError: if it cannot be written.
    """
    import shutil  # whose compressors take longer than this module, and naming a picture writes no folder

    target = folder.resolve()
    with _in_words(folder), _folder_made(target.parent):
        is_empty = target.is_dir() and not any(target.iterdir())
        mark = f".{target.name}.{os.urandom(4).hex()}"
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
def _folder_made(folder: Path) -> Iterator[None]:
    """Make a folder and those above it, and take them away again if they are still empty afterwards."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    finally:
        for path in missing:
            with suppress(OSError):  # it holds something now, or was never made
                path.rmdir()


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
