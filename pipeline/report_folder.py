"""The folder of a report on disk: what may be replaced, and writing all of it at once."""

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from uuid import uuid4

from gemhier.errors import OutputError

FORMAT = "gemhier-report"
PAGE_FILE = "report.html"
REPORT_FILE = "report.json"
PREDICTIONS_FILE = "predictions.csv"
CLASSES_FILE = "per_class.csv"
CONFUSION_FILE = "confusion.csv"
FILES = (PAGE_FILE, REPORT_FILE, PREDICTIONS_FILE, CLASSES_FILE, CONFUSION_FILE)


def check_report_folder(folder: Path) -> None:
    """Make sure, before the work, that a report can be written to `folder`.

    Raises:
        OutputError: if it holds anything but an earlier report, or cannot be written.
    """
    target = folder.resolve()
    existing = next(path for path in (target, *target.parents) if path.exists())
    if not existing.is_dir():
        raise OutputError(f"{folder}: cannot be a folder, since {existing} is a file. Choose another folder.")
    if existing == target and not _is_replaceable(target):
        raise OutputError(f"{folder}: holds something other than a report. Choose a new or empty folder.")
    # A folder is written beside its place and then renamed.
    writable = target.parent if existing == target else existing
    if not os.access(writable, os.W_OK | os.X_OK):
        raise OutputError(
            f"{folder}: {writable} cannot be written to. Choose another folder or change its permissions."
        )


def write_report_folder(folder: Path, contents: Mapping[str, str]) -> None:
    """Write the files of a report, in place of an earlier one; after an error all is as it was before.

    Raises:
        OutputError: if the folder cannot be written, or holds something else.
    """
    check_report_folder(folder)
    target = folder.resolve()
    mark = uuid4().hex[:8]
    unfinished, older = (target.with_name(f".{target.name}.{mark}.{what}") for what in ("part", "old"))
    try:
        unfinished.mkdir(parents=True)
        for name, text in contents.items():
            # File names that are not UTF-8 are written with escapes.
            (unfinished / name).write_bytes(text.encode("utf-8", "backslashreplace"))
        _take_place(unfinished, target, older)
    except OSError as error:
        raise OutputError(f"{folder}: cannot be written ({error.strerror}). Choose another folder.") from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
        shutil.rmtree(older, ignore_errors=True)


def _take_place(unfinished: Path, target: Path, older: Path) -> None:
    if target.exists():
        target.rename(older)
    try:
        unfinished.rename(target)
    except OSError:
        if older.exists():
            older.rename(target)
        raise


def _is_replaceable(folder: Path) -> bool:
    """Whether a folder is empty, or holds a report and nothing that somebody put beside it."""
    names = {path.name for path in folder.iterdir()}
    if not names:
        return True
    if not names <= set(FILES):
        return False
    try:
        report = json.loads((folder / REPORT_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(report, dict) and report.get("format") == FORMAT
