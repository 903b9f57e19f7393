"""Where the crawler may go, and how fast: the hosts of the shop, and what its robots.txt asks for."""

import asyncio
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from scrapy import signals
from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.extensions.throttle import AutoThrottle

from gemhier.crawler.scraping.rate_limits import JITTER, ROBOTS_NAME
from gemhier.crawler.scraping.request import IMAGE, StageRequest
from gemhier.crawler.scraping.retry import StoppedError

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.core.downloader import Slot
    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from scrapy.robotstxt import RobotParser

    from gemhier.crawler.scraping.state import Running


class DisallowedError(IgnoreRequest):
    """The shop's robots.txt forbids the request."""


class ForeignHostError(IgnoreRequest):
    """The address is on a host that is not the shop's."""


class HostMiddleware:
    """Restricts requests and redirects to the hosts of the shop and to http and https.

    Args:
        crawler: scrapy's.
    """

    def __init__(self, crawler: "Crawler") -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: "Crawler") -> "HostMiddleware":
        """Make the middleware; scrapy calls this."""
        return cls(crawler)

    def process_request(self, request: "Request") -> None:
        """Refuse requests to other hosts.

        A host's robots.txt may lie elsewhere.
        """
        parts = urlsplit(request.url)
        if parts.scheme not in ("http", "https"):
            raise ForeignHostError(f"{parts.scheme} addresses are not followed")
        ask: StageRequest | None = request.meta.get("ask")
        if ask is None:
            return
        running: Running = self._crawler.spider.running
        hosts = running.image_hosts if ask.kind == IMAGE else running.own_hosts
        if (parts.hostname or "").lower() not in hosts:
            remedy = "; add it to `picture_hosts` if it may be" if ask.kind == IMAGE else ""
            raise ForeignHostError(f"{parts.hostname} is not a host of this shop{remedy}")


class StrictRobotsMiddleware(RobotsTxtMiddleware):
    """Obeys robots.txt, and stops the crawl if it cannot be read: all is then forbidden (RFC 9309, 2.3.1.4)."""

    def __init__(self, crawler: "Crawler") -> None:
        super().__init__(crawler)
        self._reading: dict[str, asyncio.Lock] = {}

    async def robot_parser(self, request: "Request") -> "RobotParser | None":
        """Return the rules of a host, reading its robots.txt only once.

        When several requests wait for the same robots.txt, scrapy 2.19 gives the rules only to the first, and lets the
        others
        pass unchecked: a Deferred gives its result to one Future.
        """
        netloc = urlsplit(request.url).netloc
        async with self._reading.setdefault(netloc, asyncio.Lock()):
            return await super().robot_parser(request)

    def process_request_2(self, rp: "RobotParser | None", request: "Request") -> None:
        """Refuse what robots.txt forbids."""
        if rp is None:
            raise self._stopped(request, "no answer")
        try:
            super().process_request_2(rp, request)
        except IgnoreRequest as error:
            raise DisallowedError(str(error)) from error

    async def _parse_robots(self, response: "Response", netloc: str, request: "Request") -> None:
        if response.status >= 500:
            raise self._stopped(request, f"status {response.status}")
        if response.status >= 400:  # there is none, so nothing is forbidden (RFC 9309, 2.3.1.3)
            response = response.replace(body=b"")
        await super()._parse_robots(response, netloc, request)

    def _stopped(self, request: "Request", reason: str) -> StoppedError:
        host = urlsplit(request.url).netloc
        self.crawler.spider.running.stop(f"robots.txt of {host} cannot be read ({reason}), so nothing may be asked for")
        return StoppedError()


class PoliteThrottle(AutoThrottle):
    """Asks as fast as the shop answers, and no faster than its robots.txt asks for (Crawl-delay)."""

    def __init__(self, crawler: "Crawler") -> None:
        super().__init__(crawler)
        self._floors: dict[str, float] = {}
        crawler.signals.connect(self._robots_parsed, signal=signals.robots_parsed)

    def _robots_parsed(self, robotparser: "RobotParser", request: "Request", **_: Any) -> None:
        delay = robotparser.crawl_delay(ROBOTS_NAME)
        if not delay:
            return
        host = urlsplit(request.url).hostname or ""
        floor = self._floors[host] = float(delay) / (1 - JITTER)  # so that the shortest pause is what it asks for
        downloader = self.crawler.engine.downloader
        downloader.per_slot_settings[host] = {"delay": floor}  # scrapy makes a host's slot anew when it was idle
        slot = downloader.slots.get(host)
        if slot is not None:
            slot.delay = max(slot.delay, floor)

    def _adjust_delay(self, slot: "Slot", latency: float, response: "Response") -> None:
        super()._adjust_delay(slot, latency, response)
        slot.delay = max(slot.delay, self._floors.get(urlsplit(response.url).hostname or "", 0.0))
