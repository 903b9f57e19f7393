"""The folder of a report on disk: what may be replaced, and writing all of it at once."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gemhier.atomic import check_whole_folder, names_in, write_whole_folder
from gemhier.errors import OutputError

FORMAT = "gemhier-report"
PAGE_FILE = "report.html"
REPORT_FILE = "report.json"
PREDICTIONS_FILE = "predictions.csv"
CLASSES_FILE = "per_class.csv"
CONFUSION_FILE = "confusion.csv"
FILES = (PAGE_FILE, REPORT_FILE, PREDICTIONS_FILE, CLASSES_FILE, CONFUSION_FILE)


@dataclass(frozen=True)
class FolderKind:
    """A folder that one command writes, and may write again.

    Attributes:
        name: in words.
        main: the JSON file by which it is known.
        format: what this file has under `format`.
        files: all of its files.
    """

    name: str
    main: str
    format: str
    files: tuple[str, ...]


REPORT = FolderKind("a report", REPORT_FILE, FORMAT, FILES)


def check_report_folder(folder: Path, kind: FolderKind = REPORT) -> None:
    """Make sure, before the work, that a report, or another kind of folder, can be written to `folder`.

    Raises:
        OutputError: if it holds anything but an earlier one, or cannot be written.
    """
    check_whole_folder(folder)
    if folder.is_dir() and not _is_replaceable(folder, kind):
        raise OutputError(f"{folder}: holds something other than {kind.name}. Choose a new or empty folder.")


def write_report_folder(folder: Path, contents: Mapping[str, str], kind: FolderKind = REPORT) -> None:
    """Write the files of a report, or of another kind of folder, in place of an earlier one.

    After an error all is as it was before.

    Raises:
        OutputError: if the folder cannot be written, or holds something else.
    """
    check_report_folder(folder, kind)
    # File names that are not UTF-8 are written with escapes.
    write_whole_folder(folder, {name: text.encode("utf-8", "backslashreplace") for name, text in contents.items()})


def _is_replaceable(folder: Path, kind: FolderKind) -> bool:
    """Whether a folder is empty, or is of the kind and holds nothing that somebody put beside it."""
    names = names_in(folder)
    if not names:
        return True
    if not names <= set(kind.files):
        return False
    try:
        report = json.loads((folder / kind.main).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(report, dict) and report.get("format") == kind.format
