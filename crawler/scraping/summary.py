"""The outcome of a crawl, in a few lines for people."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gemhier.crawler.scraping.request import (
    CHANGED,
    EXPECTED,
    NEW,
    NO_LONGER_SHOWN,
    REJECTED,
    CrawlStats,
    Problem,
)
from gemhier.crawler.storage.fetch_log import DISALLOWED, FAILED, GONE, READ, UNCHANGED, UNUSABLE
from gemhier.text import count

_MOST_NAMED = 20
_SHOWN = {
    "index": (READ, UNCHANGED, DISALLOWED, FAILED),
    "products": (READ, UNCHANGED, GONE, DISALLOWED, FAILED),
    "pictures": (NEW, CHANGED, UNCHANGED, GONE, NO_LONGER_SHOWN, DISALLOWED, UNUSABLE, FAILED),
}


@dataclass(frozen=True, kw_only=True)
class Summary:
    """The outcome of a crawl.

    Attributes:
        crawl: its number.
        seconds: how long this attempt took.
        counts: by stage and outcome, of this attempt.
        problems: what a person should look at.
        stopped: why it ended early; "" if it did not.
        interrupted: whether the user ended it.
        complete: whether all stages are done.
    """

    crawl: int
    seconds: float
    counts: Mapping[str, Mapping[str, int]]
    problems: tuple[Problem, ...]
    stopped: str
    interrupted: bool
    complete: bool

    @property
    def is_good(self) -> bool:
        """Whether there is nothing for a person to look at."""
        return not self.problems and not self.stopped and not self.interrupted

    def to_json(self) -> dict[str, Any]:
        """Return the fields as JSON values."""
        return {
            "seconds": round(self.seconds, 1),
            "counts": {stage: dict(counts) for stage, counts in self.counts.items()},
            "problems": [[problem.address, problem.selector, problem.reason] for problem in self.problems],
            "stopped": self.stopped,
            "interrupted": self.interrupted,
        }


def summarise(stats: CrawlStats, *, crawl: int, seconds: float, interrupted: bool, complete: bool) -> Summary:
    """Summarise what was counted."""
    return Summary(
        crawl=crawl,
        seconds=seconds,
        counts=stats.by_stage(),
        problems=tuple(stats.problems),
        stopped=stats.stopped,
        interrupted=interrupted,
        complete=complete,
    )


def summary_lines(summary: Summary) -> list[str]:
    """Return the summary as lines for people to read."""
    lines = [f"Crawl {summary.crawl}, {_duration(summary.seconds)}"]
    for stage, outcomes in _SHOWN.items():
        counts = summary.counts.get(stage)
        if counts:
            shown = [f"{counts[outcome]:,} {outcome}" for outcome in outcomes if counts.get(outcome)]
            kept = f", {counts['kept']:,} were here" if counts.get("kept") else ""
            lines.append(f"  {stage:<9} {', '.join(shown) or 'nothing new'} of {counts.get(EXPECTED, 0):,}{kept}")
    rejected = summary.counts.get(REJECTED, {})
    if rejected:
        lines.append("  set aside " + ", ".join(f"{number:,} {reason}" for reason, number in rejected.items()))
    if summary.problems:
        lines.append(f"{count(len(summary.problems), 'problem')}:")
        lines += [f"  {problem}" for problem in summary.problems[:_MOST_NAMED]]
        if len(summary.problems) > _MOST_NAMED:
            lines.append(f"  and {len(summary.problems) - _MOST_NAMED:,} more, in crawl.json")
    if summary.stopped:
        lines.append(f"Stopped: {summary.stopped}. What came is kept; give the same command later to go on.")
    elif summary.interrupted:
        lines.append("Interrupted. What came is kept; give the same command to go on.")
    return lines


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{rest} s"
