"""images.jsonl: every picture with all that was ever known of it; its last line counts."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from gemhier.crawler.storage.folder import IMAGES_FILE
from gemhier.crawler.storage.journal import Journal, read_journal
from gemhier.crawler.storage.records import ImageRecord

Key = tuple[str, str]


class History:
    """The pictures of a crawl folder, to be added to.

    Args:
        folder: the crawl folder.

    Raises:
        DataError: if the file is damaged.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / IMAGES_FILE
        self._last = {record.key: _mark(record) for record in _read(self._path)}
        self._journal = Journal(self._path)

    def add(self, record: ImageRecord) -> bool:
        """Write a record, unless nothing about the picture has changed.

        When it was fetched does not count.

        Returns:
            Whether it was written.
        """
        mark = _mark(record)
        if self._last.get(record.key) == mark:
            return False
        self._journal.append(record.to_json())
        self._last[record.key] = mark
        return True

    def note_gone(self, shown: set[Key], crawl: int, at: str) -> int:
        """Record that the shop no longer shows some pictures.

        Args:
            shown: the keys of those that it shows.
            crawl: number of the crawl that found it.
            at: when, in UTC, ISO 8601.

        Returns:
            How many there are.
        """
        gone = [record for record in read_history(self._path.parent).values() if record.gone_at is None]
        gone = [replace(record, gone_at=at, crawl=crawl) for record in gone if record.key not in shown]
        return sum(self.add(record) for record in gone)

    def close(self) -> None:
        """Close the file."""
        self._journal.close()


def read_history(folder: Path) -> dict[Key, ImageRecord]:
    """Read the last record of every picture in a crawl folder.

    Pictures that are gone are included.

    Raises:
        DataError: if images.jsonl is damaged.
    """
    return {record.key: record for record in _read(folder / IMAGES_FILE)}


def _read(path: Path) -> Iterator[ImageRecord]:
    return (ImageRecord.from_json(entry) for entry in read_journal(path))


def _mark(record: ImageRecord) -> bytes:
    """Return a digest that is equal for records that say the same.

    It is far smaller than the records.
    """
    said = record.to_json() | {"fetched_at": "", "crawl": 0, "gone_at": record.gone_at is not None}
    return hashlib.blake2b(json.dumps(said, sort_keys=True).encode(), digest_size=12).digest()
