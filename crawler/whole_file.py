"""Writing the files of a crawl folder so that they appear only when they are whole."""

import os
from pathlib import Path
from uuid import uuid4

_UNFINISHED = ".part"


def write_whole(path: Path, content: bytes) -> None:
    """Write a file that appears only when it is whole; its folder is made if need be."""
    unfinished = path.with_name(f".{path.name}.{uuid4().hex[:8]}{_UNFINISHED}")
    try:
        try:
            unfinished.write_bytes(content)
        except FileNotFoundError:
            path.parent.mkdir(parents=True, exist_ok=True)
            unfinished.write_bytes(content)
        os.replace(unfinished, path)  # noqa: PTH105  # as quick as can be: it is done for every picture
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise


def clear_unfinished(folder: Path) -> None:
    """Delete what a kill left of files that were being written below a folder that nobody else writes to."""
    for path in folder.rglob(f".*{_UNFINISHED}"):
        path.unlink(missing_ok=True)
