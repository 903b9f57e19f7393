"""Whether so little of what a stage asked for came that a person should look at it."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from gemhier.crawler.scraping.request import Problem
from gemhier.crawler.storage.fetch_log import FAILED, GONE, READ, UNCHANGED, FetchLog


def mostly_missing(log: FetchLog[Any], wanted: Mapping[str, str], what: str) -> Iterable[Problem]:
    """Yield a problem if more than half of what a stage wanted did not come in this crawl.

    Where all of it failed there are problems already, one for each.

    Args:
        log: what came of it.
        wanted: its keys in the log, and the address of each.
        what: "pictures" or "products".
    """
    visits = {key: log.get(key) for key in wanted}
    missing = {
        key: visit
        for key, visit in visits.items()
        if visit is not None and visit.crawl == log.crawl and visit.outcome not in (READ, UNCHANGED)
    }
    outcomes = Counter(visit.outcome for visit in missing.values())
    if 2 * len(missing) > len(wanted) and set(outcomes) != {FAILED}:
        counts = ", ".join(f"{count:,} {outcome}" for outcome, count in outcomes.most_common())
        advice = ". Look whether the site file finds the right addresses" if outcomes[GONE] else ""
        first, visit = next((key, visit) for key, visit in missing.items() if visit.outcome != FAILED)
        yield Problem(
            wanted[first],
            "",
            f"{len(missing):,} of {len(wanted):,} {what} did not come ({counts}), such as this: {visit.reason}{advice}",
        )
