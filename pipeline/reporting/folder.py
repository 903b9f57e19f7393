"""The folder of a report on disk: what may be replaced, and writing all of it at once."""

import json
import os
from collections.abc import Mapping
from pathlib import Path

from gemhier.errors import OutputError
from gemhier.models.whole_folder import write_whole_folder

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
    # File names that are not UTF-8 are written with escapes.
    write_whole_folder(folder, {name: text.encode("utf-8", "backslashreplace") for name, text in contents.items()})


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
