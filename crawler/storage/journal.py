"""Files of JSON lines that only grow, and lose at most a torn last line, however the program ends."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from gemhier.errors import DataError

_CHUNK = 64 * 1024


class Journal:
    """A file of JSON objects, one a line, open to append to.

    A line is one write, so that other programs see it whole or not at all. What a crash left of a line that
    was being written is cut off when the file is opened.

    Args:
        path: the file; it and its folder are made if need be.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("ab", buffering=0)
        whole = _whole_length(path)
        if whole != self._file.tell():
            self._file.truncate(whole)

    def append(self, entry: Mapping[str, Any]) -> None:
        """Write one line.

        Raises:
            OSError: if the disk is full; then nothing of the line is left.
        """
        line = memoryview((json.dumps(entry, separators=(", ", ": ")) + "\n").encode("ascii"))
        before = os.fstat(self._file.fileno()).st_size
        try:
            while line:
                line = line[self._file.write(line) :]
        except OSError:
            with suppress(OSError):
                self._file.truncate(before)
            raise

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def read_journal(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the objects of a journal in the order written.

    There are none if there is no such file.

    An unfinished last line, which is still being written or was cut off by a crash, is left out.

    Raises:
        DataError: if another line is damaged.
    """
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return
    with file:
        for number, line in enumerate(file, start=1):
            if not line.endswith(b"\n"):
                return
            try:
                entry = json.loads(line)
            except ValueError as error:
                raise DataError(f"{path}: line {number} is damaged ({error}). Delete this line.") from error
            if not isinstance(entry, dict):
                raise DataError(f"{path}: line {number} is not a JSON object. Delete this line.")
            yield entry


def _whole_length(path: Path) -> int:
    """Return the length in bytes up to and including the last line end."""
    with path.open("rb") as file:
        end = file.seek(0, os.SEEK_END)
        while end > 0:
            start = max(0, end - _CHUNK)
            file.seek(start)
            found = file.read(end - start).rfind(b"\n")
            if found >= 0:
                return start + found + 1
            end = start
    return 0
