"""Write a folder of files at once, in place of an older one or not at all."""

import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from gemhier.errors import OutputError

_LEFT_BY_DESKTOPS = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})
"""What file managers leave in a folder that somebody looked at."""


def names_in(folder: Path) -> frozenset[str]:
    """The names of what a folder holds, without what a file manager left there by itself."""
    return frozenset(path.name for path in folder.iterdir()) - _LEFT_BY_DESKTOPS


def write_whole_folder(folder: Path, contents: Mapping[str, bytes]) -> None:
    """Write all files beside the folder's place, then rename; after an error everything is as it was before.

    What the folder held is gone afterwards: whether it may go is for the caller to say.

    Raises:
        OutputError: if it cannot be written.
    """
    target = folder.resolve()
    missing = [parent for parent in target.parents if not parent.exists()]
    mark = uuid4().hex[:8]
    unfinished, older = (target.with_name(f".{target.name}.{mark}.{what}") for what in ("part", "old"))
    try:
        unfinished.mkdir(parents=True)
        for name, content in contents.items():
            (unfinished / name).write_bytes(content)
        _take_place(unfinished, target, older)
    except OSError as error:
        raise OutputError(f"{folder}: cannot be written ({error.strerror}). Choose another folder.") from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
        shutil.rmtree(older, ignore_errors=True)
        for parent in missing:
            with suppress(OSError):  # it holds the folder now
                parent.rmdir()


def _take_place(unfinished: Path, target: Path, older: Path) -> None:
    if target.exists():
        target.rename(older)
    try:
        unfinished.rename(target)
    except OSError:
        if older.exists():
            older.rename(target)
        raise
