"""What came of asking a shop for its pages and pictures, so that nothing is fetched twice."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Protocol, Self, TypeVar

from gemhier.crawler.storage.journal import Journal, read_journal
from gemhier.errors import DataError

READ = "read"
UNCHANGED = "unchanged"
GONE = "gone"
DISALLOWED = "disallowed"
UNUSABLE = "unusable"
FAILED = "failed"

OUTCOMES = (READ, UNCHANGED, GONE, DISALLOWED, UNUSABLE, FAILED)
"""How asking can end: with something new or changed; with what is known already; the shop has it no more;
robots.txt forbids it; what came cannot be used; no answer, or a page that does not fit."""


class Content(Protocol):
    """What is kept of something that was read: a frozen dataclass that converts to and from JSON."""

    def to_json(self) -> dict[str, Any]:
        """Return the fields as JSON values."""
        ...

    @classmethod
    def from_json(cls, entry: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote.

        Raises KeyError, TypeError or ValueError if it is something else.
        """
        ...


ContentT = TypeVar("ContentT", bound=Content)


@dataclass(frozen=True, slots=True)
class Validators:
    """What to send a server with a repeated request; "" where it gave none (RFC 9110, 8.8)."""

    etag: str = ""
    last_modified: str = ""

    def __bool__(self) -> bool:
        """Tell whether there is any."""
        return bool(self.etag or self.last_modified)


NO_VALIDATORS = Validators()


@dataclass(frozen=True, slots=True)
class Fetch(Generic[ContentT]):
    """The last time that something was asked for.

    Attributes:
        crawl: number of the crawl.
        outcome: one of `OUTCOMES`.
        content: what was read, this time or before; None if it was never read.
        validators: what came with this content.
        reason: of an outcome that is neither `READ` nor `UNCHANGED`, in words.
    """

    crawl: int
    outcome: str
    content: ContentT | None
    validators: Validators
    reason: str


class FetchLog(Generic[ContentT]):
    """The last fetches of one stage, by key, in memory and in a journal.

    Args:
        path: the journal; what it holds is read.
        content: the class of what is read.
        crawl: number of the crawl that is running.

    Raises:
        DataError: if the journal is damaged.
    """

    def __init__(self, path: Path, content: type[ContentT], crawl: int) -> None:
        self.crawl = crawl
        self._visits: dict[str, Fetch[ContentT]] = {}
        for entry in read_journal(path):
            try:
                self._remember(entry, content)
            except (KeyError, TypeError, ValueError) as error:
                raise DataError(
                    f"{path}: damaged, {error} is missing or wrong in a line. Delete this file; it is asked for again."
                ) from error
        self._journal = Journal(path)

    def get(self, key: str) -> Fetch[ContentT] | None:
        """Return the last fetch; None if there was none."""
        return self._visits.get(key)

    def is_settled(self, key: str) -> bool:
        """Tell whether this crawl already has its answer.

        What failed is asked for again after an interruption.
        """
        visit = self._visits.get(key)
        return visit is not None and visit.crawl == self.crawl and visit.outcome != FAILED

    def validators(self, key: str, since: int) -> Validators:
        """Return what to send a server so that it can skip unchanged content.

        None of it is sent unless that content was read or confirmed in crawl `since` or later.
        """
        visit = self._visits.get(key)
        known = visit is not None and visit.outcome in (READ, UNCHANGED) and visit.crawl >= since
        return visit.validators if visit is not None and known else NO_VALIDATORS

    def content(self, key: str) -> ContentT | None:
        """Return what is known of something, unless it was not there last time.

        It counts as there if the last fetch failed.
        """
        visit = self._visits.get(key)
        return visit.content if visit is not None and visit.outcome in (READ, UNCHANGED, FAILED) else None

    def add_read(self, key: str, content: ContentT, validators: Validators) -> None:
        """Note something new or changed."""
        self._add(key, READ, content.to_json() | _named(validators), content, validators, "")

    def add_unchanged(self, key: str) -> None:
        """Note that what is known has not changed; KeyError if nothing is."""
        before = self._visits[key]
        self._add(key, UNCHANGED, {}, before.content, before.validators, "")

    def add_without_content(self, key: str, outcome: str, reason: str) -> None:
        """Note that nothing was read; what was read before is kept."""
        before = self._visits.get(key)
        content, validators = (before.content, before.validators) if before else (None, NO_VALIDATORS)
        self._add(key, outcome, {"reason": reason}, content, validators, reason)

    def close(self) -> None:
        """Close the journal."""
        self._journal.close()

    def _add(
        self,
        key: str,
        outcome: str,
        more: Mapping[str, Any],
        content: ContentT | None,
        validators: Validators,
        reason: str,
    ) -> None:
        self._journal.append({"key": key, "crawl": self.crawl, "outcome": outcome, **more})
        self._visits[key] = Fetch(self.crawl, outcome, content, validators, reason)

    def _remember(self, entry: Mapping[str, Any], content_class: type[ContentT]) -> None:
        key, crawl, outcome = str(entry["key"]), int(entry["crawl"]), str(entry["outcome"])
        before = self._visits.get(key)
        content, validators = (before.content, before.validators) if before else (None, NO_VALIDATORS)
        if outcome == READ:
            content = content_class.from_json(entry)
            validators = Validators(str(entry.get("etag", "")), str(entry.get("last_modified", "")))
        self._visits[key] = Fetch(crawl, outcome, content, validators, str(entry.get("reason", "")))


def _named(validators: Validators) -> dict[str, str]:
    named = {"etag": validators.etag, "last_modified": validators.last_modified}
    return {name: value for name, value in named.items() if value}
