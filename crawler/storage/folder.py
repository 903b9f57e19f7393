"""A crawl folder: pictures by their content, what is known of them, and what is set aside.

`images.jsonl` has a line for each picture, `images/<2 hex>/<sha256>.<ext>` its file. Pictures that are set aside lie in
`rejected/` instead, under the same names, with the reason in `rejected.jsonl`. `crawl.json` says which shop
they are from. `state/` holds what a later crawl needs.
"""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from gemhier import locks
from gemhier.atomic import check_folder, write_whole
from gemhier.crawler.storage.crawl_info import read_crawl_info
from gemhier.crawler.storage.journal import Journal, read_journal
from gemhier.errors import DataError, OutputError

IMAGES = "images"
REJECTED = "rejected"
STATE = "state"
IMAGES_FILE = "images.jsonl"
REJECTED_FILE = "rejected.jsonl"
LOG_FILE = "crawl.log"

BY_HAND = "by hand"
"""The reason of a picture that somebody moved."""

_LOCK_FILE = "crawl.lock"


@dataclass(frozen=True, slots=True)
class ImageContent:
    """A picture that is in the crawl folder.

    Attributes:
        sha256: of the file.
        size: of the file, in bytes.
        file: where it was put, relative to the crawl folder.
        fetched_at: when it came, in UTC, ISO 8601.
    """

    sha256: str
    size: int
    file: str
    fetched_at: str

    def to_json(self) -> dict[str, Any]:
        """Return the fields as JSON values."""
        return {"sha256": self.sha256, "size": self.size, "file": self.file, "fetched_at": self.fetched_at}

    @classmethod
    def from_json(cls, entry: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote."""
        return cls(str(entry["sha256"]), int(entry["size"]), str(entry["file"]), str(entry["fetched_at"]))


@dataclass(frozen=True)
class Rejection:
    """A picture that was set aside.

    Attributes:
        file: as in `ImageRecord.file`.
        reason: "certificate", "hand" or "card".
        why: what gave it away, in words.
        at: when, in UTC, ISO 8601.
    """

    file: str
    reason: str
    why: str
    at: str


def now() -> str:
    """Return the time in UTC, ISO 8601, in whole seconds."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def place_of(folder: Path, file: str) -> Path | None:
    """Return the path of a picture, set aside or not; None if it is gone.

    Args:
        folder: the crawl folder.
        file: as in `ImageRecord.file`.
    """
    for path in (folder / file, folder / rejected_name(file)):
        if path.is_file():
            return path
    return None


def rejected_name(file: str) -> str:
    """Return the path of a picture once set aside, within the crawl folder."""
    return REJECTED + file.removeprefix(IMAGES)


def is_rejected(folder: Path, file: str) -> bool:
    """Tell whether a picture is set aside, which depends on where it lies."""
    return not (folder / file).is_file() and (folder / rejected_name(file)).is_file()


def read_rejections(folder: Path) -> dict[str, Rejection]:
    """Read the last rejection of every picture ever set aside, by its file.

    A picture that is back among the others keeps its rejection, and stays where it is.

    Raises:
        DataError: if the file is damaged.
    """
    found = {}
    for entry in read_journal(folder / REJECTED_FILE):
        try:
            rejection = Rejection(*(str(entry[name]) for name in ("file", "reason", "why", "at")))
        except KeyError as error:
            raise DataError(f"{folder / REJECTED_FILE}: damaged, {error} is missing in a line. Mend it.") from error
        found[rejection.file] = rejection
    return found


class ImageStore:
    """The pictures of a crawl folder, to be added to and sorted.

    Args:
        folder: the crawl folder.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._rejections = read_rejections(folder)
        self._journal = Journal(folder / REJECTED_FILE)

    def add(self, body: bytes, suffix: str, rejection: tuple[str, str] | None) -> ImageContent:
        """Put a picture into the folder, unless it is there already.

        Args:
            body: the file.
            suffix: its ending, with a dot.
            rejection: the reason and what gave it away, if it is to be set aside; it is not if somebody has put it
                back before.
        """
        sha256 = hashlib.sha256(body).hexdigest()
        file = f"{IMAGES}/{sha256[:2]}/{sha256}{suffix}"
        place = place_of(self.folder, file)
        if place is None:
            aside = rejection is not None and file not in self._rejections
            write_whole(self.folder / (rejected_name(file) if aside else file), body)
        elif place.stat().st_size != len(body):  # a crash of the machine may leave a file without its content
            write_whole(place, body)
        if rejection is not None and is_rejected(self.folder, file):
            self._note(file, *rejection)
        return ImageContent(sha256, len(body), file, now())

    def has(self, content: ImageContent) -> bool:
        """Tell whether a picture is there, complete by its size."""
        place = place_of(self.folder, content.file)
        return place is not None and place.stat().st_size == content.size

    def reject(self, file: str, reason: str, why: str) -> bool:
        """Set a picture aside, unless somebody has put it back before.

        Returns:
            Whether it is set aside now.
        """
        if is_rejected(self.folder, file):
            self._note(file, reason, why)
            return True
        if file in self._rejections or not (self.folder / file).is_file():
            return False
        self._move(self.folder / file, self.folder / rejected_name(file))
        self._note(file, reason, why)
        return True

    def set_aside_as(self, file: str) -> str | None:
        """Return the reason for which a picture is set aside; None if it is not."""
        if not is_rejected(self.folder, file):
            return None
        rejection = self._rejections.get(file)
        return rejection.reason if rejection else BY_HAND

    def put_back(self, file: str) -> None:
        """Put a picture back among the others, where it stays.

        A picture that already lies there is used, whatever is found in it.

        Raises:
            DataError: if it is missing.
        """
        if place_of(self.folder, file) is None:
            raise DataError(f"{self.folder}: {file} is missing. Crawl again.")
        self._note(file, BY_HAND, "it is to be used")
        if is_rejected(self.folder, file):
            self._move(self.folder / rejected_name(file), self.folder / file)

    def close(self) -> None:
        """Close the journal."""
        self._journal.close()

    def _note(self, file: str, reason: str, why: str) -> None:
        """Record why, after the picture was moved.

        A picture in `images` that has a reason was put back.
        """
        if file not in self._rejections:
            rejection = Rejection(file, reason, why, now())
            self._journal.append({"file": file, "reason": reason, "why": why, "at": rejection.at})
            self._rejections[file] = rejection

    @staticmethod
    def _move(source: Path, target: Path) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        source.replace(target)


def check_crawl_folder(folder: Path, site: str, start: str) -> None:
    """Make sure in advance that a folder can take a crawl of a site.

    Raises:
        OutputError: if it holds something else or a crawl of another site, or cannot be written.
        DataError: if it is damaged.
    """
    check_folder(folder)
    info = read_crawl_info(folder)
    if info is None:
        if folder.is_dir() and any(path.name != _LOCK_FILE for path in folder.iterdir()):
            raise OutputError(f"{folder}: holds something other than a crawl. Choose a new or empty folder.")
    elif (info.site, info.start) != (site, start):
        raise OutputError(
            f"{folder}: holds a crawl of {info.site} from {info.start}, not of {site} from {start}. "
            "Choose another folder."
        )


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep other crawls out of a crawl folder, which is made if need be.

    Raises:
        OutputError: if another crawl is using it.
    """
    folder.mkdir(parents=True, exist_ok=True)

    def refuse() -> None:
        raise OutputError(f"{folder}: another crawl is using it. Wait for its end.")

    with locks.locked(folder / _LOCK_FILE, refuse):
        yield
