"""Where an interrupted training waits until the same command is given again."""

import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

from gemhier import __version__
from gemhier.atomic import write_whole
from gemhier.errors import OutputError
from gemhier.locks import locked

UNFINISHED = Path("mlruns") / "unfinished"
"""In the current folder."""

_HARDLY_ANYTHING = 32 * 2**20
"""Bytes. Where no more are left after something could not be written, that is the reason."""


def training_key(settings: Mapping[str, Any]) -> str:
    """Return 16 digits that tell trainings apart.

    Args:
        settings: everything that the training depends on but gemhier's version, JSON values.
    """
    described = json.dumps({"version": __version__, **settings}, sort_keys=True)
    return hashlib.sha256(described.encode()).hexdigest()[:16]


def unfinished_folder(settings: Mapping[str, Any]) -> Path:
    """Return the folder for the checkpoints of a training with these settings, made if need be.

    Args:
        settings: as for `training_key`, which is its name.

    Raises:
        OutputError: if it cannot be made.
    """
    folder = UNFINISHED / training_key(settings)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{folder}: cannot be written ({error.strerror}). Run it in another folder.") from error
    return folder


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Keep a training to one process, from before it looks at its folder until that is gone.

    Args:
        folder: from `unfinished_folder`.

    Raises:
        OutputError: if another process is at the same training.
    """

    def refuse() -> NoReturn:
        raise OutputError(
            f"{folder}: this training, with the same data and settings, runs in another process. Wait for its end; "
            "if it is interrupted, the same command goes on where it stood."
        )

    with locked(folder.with_name(f"{folder.name}.lock"), refuse):
        folder.mkdir(parents=True, exist_ok=True)  # the other may just have ended
        yield


def remembered_run(folder: Path) -> str | None:
    """Return the id of the run that was interrupted; None if there was none."""
    try:
        return (folder / "run").read_text(encoding="utf-8").strip() or None
    except OSError:
        return None


def remember_run(folder: Path, run_id: str) -> None:
    """Note which run to go on with; half a note would be a run that does not exist."""
    write_whole(folder / "run", run_id.encode())


@contextmanager
def full_disk_in_one_line(folder: Path) -> Iterator[None]:
    """Say what is wrong if the disk is full: the libraries that write there each fail in a way of their own."""
    import tensorflow as tf

    try:
        yield
    except (OSError, tf.errors.OpError) as error:
        if shutil.disk_usage(folder).free >= _HARDLY_ANYTHING:
            raise
        raise OutputError(
            f"{folder}: there is no space left on the disk. Free some space and give the same command again: "
            "it goes on where it stood."
        ) from error
