"""A crawl while it runs: what its parts share."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from gemhier.crawler.scraping.rate_limits import RateLimits
from gemhier.crawler.scraping.request import CrawlStats


@dataclass
class Running:
    """What changes while a crawl runs.

    Attributes:
        limits: how fast it asks.
        own_hosts: hosts that pages may come from.
        image_hosts: hosts that pictures may come from.
        stats: the results so far.
        stage: the name of the stage that is running.
        stopping: whether to make no more requests.
        interrupted: whether the user ended it.
        error: what ended it, to be raised when all is closed.
        waiting_until: by `time.monotonic`, when the shop may be asked again.
        waiting_for: why it waits, in words.
        when_stopped: called once when it is to stop.
    """

    limits: RateLimits
    own_hosts: frozenset[str]
    image_hosts: frozenset[str]
    stats: CrawlStats = field(default_factory=CrawlStats)
    stage: str = ""
    stopping: bool = False
    interrupted: bool = False
    error: Exception | None = None
    waiting_until: float = 0.0
    waiting_for: str = ""
    when_stopped: Callable[[], None] | None = None

    def wait(self, seconds: float, reason: str) -> None:
        """Note that the shop is being left alone for a while."""
        self.waiting_until, self.waiting_for = time.monotonic() + seconds, reason

    def stop(self, reason: str, error: Exception | None = None) -> None:
        """End the crawl once pending requests are done.

        The first reason counts.
        """
        if not self.stopping:
            self.stopping = True
            self.stats.stopped, self.error = reason, error
            if self.when_stopped is not None:
                self.when_stopped()
