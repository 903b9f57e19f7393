"""What to do when a shop does not answer as hoped: wait, try again, or leave it alone."""

import asyncio
import logging
import random
import time
from collections import Counter, defaultdict
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    ResponseDataLossError,
)
from twisted.internet.error import ConnectError, ConnectionDone, ConnectionLost

from gemhier.crawler.scraping.state import Running

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response

NOT_NOW = (429, 503)
"""Statuses of a server that asks for patience."""

NOT_YOU = (401, 403, 407, 451)
"""Statuses of a server that refuses; many in a row mean that it has blocked us."""

_SILENCE = (
    CannotResolveHostError,
    ConnectError,
    ConnectionDone,
    ConnectionLost,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    OSError,
    ResponseDataLossError,
)

_LONGEST_BACKOFF = 900.0
_NAP = 0.25
_LOG = logging.getLogger(__name__)


class StoppedError(IgnoreRequest):
    """The crawl is stopping, so the request is not made."""


class PatienceMiddleware:
    """Waits as long as a server asks, retries what failed, and stops the crawl where it is not wanted.

    It replaces scrapy's RetryMiddleware, which retries at once.

    Args:
        crawler: scrapy's.
    """

    def __init__(self, crawler: "Crawler") -> None:
        self._crawler = crawler
        self._open_at: dict[str, float] = defaultdict(float)
        self._refusals: Counter[str] = Counter()
        self._silences = 0

    @classmethod
    def from_crawler(cls, crawler: "Crawler") -> "PatienceMiddleware":
        """Make the middleware; scrapy calls this."""
        return cls(crawler)

    @property
    def _running(self) -> Running:
        running: Running = self._crawler.spider.running
        return running

    async def process_request(self, request: "Request") -> None:
        """Hold a request back until its host may be asked again."""
        host = _host(request)
        while True:
            left = self._open_at[host] - time.monotonic()
            if left <= 0:
                self._go_on()
                return
            await self._nap(left)

    async def process_response(self, request: "Request", response: "Response") -> "Request | Response":
        """Pass a response on, or wait and retry."""
        self._silences = 0
        host, status = _host(request), response.status
        if status in NOT_NOW:
            return self._wait_for(host, request, response)
        if status in NOT_YOU:
            self._refusals[host] += 1
            if self._refusals[host] >= self._running.limits.refusals:
                raise self._blocked(f"{host} has refused {self._refusals[host]} requests in a row (status {status})")
            return response
        self._refusals[host] = 0
        if status >= 500 or status == 408:
            return await self._again(request, f"status {status}") or response
        return response

    async def process_exception(self, request: "Request", exception: Exception) -> "Request | None":
        """Retry a request that got no answer."""
        if not isinstance(exception, _SILENCE):
            return None
        self._silences += 1
        if self._silences >= self._running.limits.silences:
            self._running.stop(f"{_host(request)} has not answered {self._silences} requests in a row")
            raise StoppedError
        return await self._again(request, str(exception) or type(exception).__name__)

    def _wait_for(self, host: str, request: "Request", response: "Response") -> "Request":
        """Leave a host alone for as long as it asks, then ask again."""
        self._refusals[host] += 1
        refusals, limits = self._refusals[host], self._running.limits
        wait = retry_after(response.headers.get("Retry-After"))
        told = f"{host} asks for patience (status {response.status})"
        if refusals >= limits.refusals:
            raise self._blocked(f"{host} has asked for patience {refusals} times in a row (status {response.status})")
        if wait is None:
            wait = min(limits.backoff * 2 ** (refusals - 1), _LONGEST_BACKOFF)
        if wait > limits.longest_wait:
            raise self._blocked(f"{host} asks not to come back for {wait / 60:.0f} minutes (status {response.status})")
        wait += random.uniform(0, 0.25 * wait)
        self._open_at[host] = max(self._open_at[host], time.monotonic() + wait)
        self._running.wait(wait, told)
        _LOG.info("%s; waiting for %.1f s", told, wait)
        again: Request = request.replace(dont_filter=True)
        return again

    async def _again(self, request: "Request", reason: str) -> "Request | None":
        """Return the request again after a pause, or None.

        None if it has failed often enough.
        """
        failures = request.meta.get("failures", 0) + 1
        limits = self._running.limits
        if failures > limits.retries:
            _LOG.info("%s: %s, %d times", request.url, reason, failures)
            return None
        wait = random.uniform(0.75, 1.25) * min(limits.backoff * 2 ** (failures - 1), _LONGEST_BACKOFF)
        _LOG.info("%s: %s; asking again in %.1f s", request.url, reason, wait)
        until = time.monotonic() + wait
        while (left := until - time.monotonic()) > 0:
            await self._nap(left)
        again: Request = request.replace(dont_filter=True)
        again.meta["failures"] = failures
        return again

    async def _nap(self, left: float) -> None:
        """Sleep a little; raise StoppedError when the crawl stops."""
        self._go_on()
        await asyncio.sleep(min(left, _NAP))
        self._go_on()

    def _go_on(self) -> None:
        if self._running.stopping or not self._crawler.crawling:
            raise StoppedError

    def _blocked(self, reason: str) -> StoppedError:
        _LOG.warning("Stopping: %s", reason)
        self._running.stop(reason)
        return StoppedError()


def retry_after(value: bytes | None) -> float | None:
    """Return how long a Retry-After header asks to wait, in seconds.

    None if it says nothing useful (RFC 9110, 10.2.3).
    """
    text = (value or b"").decode("latin-1").strip()
    if text.isascii() and text.isdecimal():
        return float(text) if len(text) < 10 else 1e9
    try:
        when = parsedate_to_datetime(text)
    except ValueError:
        return None
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return max(0.0, (when - datetime.now(UTC)).total_seconds())


def _host(request: "Request") -> str:
    return urlsplit(request.url).hostname or ""
