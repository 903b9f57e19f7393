"""Go through the pictures of a crawl folder: set certificates aside by their text, put back what a person wants."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from gemhier.atomic import write_whole
from gemhier.crawler.review.contact_sheet import ID_DIGITS, SHEET_FILE, SetAsideImage, contact_sheet
from gemhier.crawler.storage.crawl_info import is_crawl_folder
from gemhier.crawler.storage.folder import BY_HAND, ImageStore, is_rejected, locked, place_of, read_rejections
from gemhier.crawler.storage.history import History, read_history
from gemhier.crawler.storage.journal import Journal, read_journal
from gemhier.crawler.storage.records import ImageRecord
from gemhier.errors import DataError

READ_FILE = "state/texts.jsonl"

Reader = Callable[[Path], str | None]
"""Tells what gives a picture away as a certificate; None if nothing does."""


@dataclass(frozen=True)
class Cleaning:
    """The outcome of a cleaning.

    Attributes:
        looked_at: how many pictures were read.
        found: how many of them were set aside.
        put_back: how many were put back.
        set_aside: how many are set aside now, by reason.
        sheet: the contact sheet that shows them.
    """

    looked_at: int
    found: int
    put_back: int
    set_aside: Mapping[str, int]
    sheet: Path


def clean(folder: Path, *, put_back: Sequence[str] = (), read: Reader | None = None,
          progress: Callable[[Sequence[str]], Iterable[str]] = lambda files: files) -> Cleaning:  # fmt: skip
    """Put pictures back, set certificates aside, and write the contact sheet.

    Args:
        folder: the crawl folder.
        put_back: beginnings of their sha256. A picture that is not set aside, but that `prepare` would leave out since
            its finder sees no gem in it, is used from then on.
        read: looks for certificates; None skips that. A picture is read only once.
        progress: shows the progress.

    Raises:
        DataError: if it is not a crawl folder, or has no such picture.
        OutputError: if a crawl is using it.
    """
    if not is_crawl_folder(folder):
        raise DataError(f"{folder}: not a crawl folder. Give one that `gemhier crawl` wrote.")
    with locked(folder), closing(ImageStore(folder)) as store:
        records = {record.file: record for record in read_history(folder).values()}
        for file in [_named(start, records) for start in put_back]:
            store.put_back(file)
        looked_at, found = (0, 0) if read is None else _set_aside(folder, store, sorted(records), read, progress)
        _write_down(folder, store)
        images = set_aside_images(folder, records)
        write_whole(folder / SHEET_FILE, contact_sheet(images, folder).encode())
    counts = Counter(image.reason for image in images)
    return Cleaning(looked_at, found, len(put_back), dict(sorted(counts.items())), folder / SHEET_FILE)


def _write_down(folder: Path, store: ImageStore) -> None:
    """Add a line to images.jsonl for each picture that was set aside or put back since its last one."""
    with closing(History(folder)) as history:
        for record in read_history(folder).values():
            history.add(replace(record, set_aside=store.set_aside_as(record.file)))


def set_aside_images(folder: Path, records: Mapping[str, ImageRecord]) -> list[SetAsideImage]:
    """List the pictures that are set aside in a crawl folder.

    Args:
        folder: the crawl folder.
        records: one of each picture's records, by its file.
    """
    rejections = read_rejections(folder)
    images = []
    for file, record in sorted(records.items()):
        path = place_of(folder, file)
        if path is not None and is_rejected(folder, file):
            rejection = rejections.get(file)
            reason, why = (rejection.reason, rejection.why) if rejection else (BY_HAND, "it lay there")
            images.append(SetAsideImage(path, folder, reason, why, ", ".join(record.labels)))
    return images


def _named(start: str, records: Mapping[str, ImageRecord]) -> str:
    found = [file for file, record in records.items() if record.sha256.startswith(start.lower())]
    if len(start) < ID_DIGITS or len(found) != 1:
        what = f"{len(found)} pictures begin" if len(start) >= ID_DIGITS and found else "no picture here begins"
        raise DataError(f"{start}: {what} so. Give {ID_DIGITS} digits or more of a sha256 in images.jsonl.")
    return found[0]


def _set_aside(
    folder: Path,
    store: ImageStore,
    files: Sequence[str],
    read: Reader,
    progress: Callable[[Sequence[str]], Iterable[str]],
) -> tuple[int, int]:
    known = {str(entry.get("file")) for entry in read_journal(folder / READ_FILE)}
    kept = read_rejections(folder)
    waiting = [file for file in files if file not in known and file not in kept and (folder / file).is_file()]
    found = 0
    with closing(Journal(folder / READ_FILE)) as journal:
        for file in progress(waiting):
            why = read(folder / file)
            if why is not None:
                found += store.reject(file, "certificate", why)
            journal.append({"file": file, "certificate": why})
    return len(waiting), found
