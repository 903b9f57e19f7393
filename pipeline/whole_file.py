"""Write a file so that it appears only when it is whole."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from gemhier.errors import OutputError


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


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """Open a file to write; it takes its name, in place of an older one, when all went well.

    Its folder is made if need be. After an error nothing new stays behind under any name.

    Raises:
        OutputError: if it cannot be written.
    """
    unfinished = path.with_name(f".{path.name}.{uuid4().hex[:8]}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with unfinished.open("wb") as file:
            yield file
        unfinished.replace(path)
    except OSError as error:
        raise OutputError(
            f"{path}: cannot be written ({error.strerror}). Free some space or choose another folder."
        ) from error
    finally:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
