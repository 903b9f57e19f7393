"""What a stage of a crawl asks a shop for, and what comes of it: plain values, without any network."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from gemhier.crawler.storage.fetch_log import NO_VALIDATORS, Validators

PAGE = "page"
IMAGE = "picture"


@dataclass(frozen=True, slots=True)
class StageRequest:
    """Something to ask for.

    Attributes:
        address: where.
        kind: `PAGE` or `PICTURE`: they may come from different hosts, and be of different sizes.
        validators: of what is known already; the shop then need not send it again.
        tag: what the stage wants back with the answer.
    """

    address: str
    kind: str
    validators: Validators = NO_VALIDATORS
    tag: Any = None


@dataclass(frozen=True, slots=True)
class StageResponse:
    """What a server said.

    Attributes:
        status: of HTTP.
        address: where it came from, after redirects.
        text: of a page; None if what came is not text.
        body: the bytes.
        validators: what to send with the next request for it.
    """

    status: int
    address: str
    text: str | None
    body: bytes
    validators: Validators = NO_VALIDATORS

    @property
    def is_gone(self) -> bool:
        """Whether the server says that there is no such thing."""
        return self.status in (404, 410)


@dataclass(frozen=True)
class Problem:
    """Something that a person should look at.

    Attributes:
        address: of the page or picture.
        selector: what found nothing on the page, as the site file writes it; "" if no answer came.
        reason: what is wrong, in words.
    """

    address: str
    selector: str
    reason: str

    def __str__(self) -> str:
        return f"{self.address}: {self.reason}" + (f"; selector: {self.selector}" if self.selector else "")


@dataclass
class CrawlStats:
    """The results of a crawl so far: the only mutable record of them.

    Attributes:
        counts: by stage and outcome; `expected` is how many things a stage knows to have.
        problems: in the order in which they came up.
        stopped: why the crawl ended early, in words; "" if it did not.
        parse_failures: the last product pages in a row that did not fit.
    """

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    problems: list[Problem] = field(default_factory=list)
    stopped: str = ""
    parse_failures: int = 0

    def add(self, stage: str, outcome: str, number: int = 1) -> None:
        """Add to the count of an outcome."""
        self.counts[stage, outcome] += number

    def done(self, stage: str) -> int:
        """Return how many items of a stage are settled or have failed."""
        return sum(count for (name, outcome), count in self.counts.items() if name == stage and outcome in _ENDS)

    def by_stage(self) -> Mapping[str, Mapping[str, int]]:
        """Return the counts, by stage and then by outcome."""
        stages: dict[str, dict[str, int]] = {}
        for (stage, outcome), count in sorted(self.counts.items()):
            stages.setdefault(stage, {})[outcome] = count
        return stages


EXPECTED = "expected"
NEW = "new"
CHANGED = "changed"
NO_LONGER_SHOWN = "no longer shown"
REJECTED = "rejected"
_ENDS = ("read", NEW, CHANGED, "unchanged", "gone", "disallowed", "unusable", "failed", "kept")


class Stage(Protocol):
    """One of the three parts of a crawl: it says what to ask for, and keeps the answers."""

    name: str

    def begin(self) -> Iterator[StageRequest]:
        """Yield the first requests, without those this crawl has settled."""
        ...

    def answered(self, ask: StageRequest, answer: StageResponse) -> tuple[StageRequest, ...]:
        """Keep an answer, and return the requests that follow from it."""
        ...

    def not_answered(self, ask: StageRequest, outcome: str, reason: str) -> None:
        """Note that there will be no answer, and why.

        The outcome is one of `fetch_log.OUTCOMES`.
        """
        ...

    def finish(self) -> None:
        """Finish the stage, after everything was answered."""
        ...
