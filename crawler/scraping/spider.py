"""The one part that asks for pages: it turns the stages' requests into scrapy's, and the responses back."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import scrapy
from scrapy import signals
from scrapy.exceptions import DownloadCancelledError
from scrapy.http import TextResponse

from gemhier.crawler.scraping.policy import DisallowedError
from gemhier.crawler.scraping.request import IMAGE, Stage, StageRequest, StageResponse
from gemhier.crawler.scraping.retry import StoppedError
from gemhier.crawler.scraping.state import Running
from gemhier.crawler.storage.fetch_log import DISALLOWED, FAILED, UNUSABLE, Validators
from gemhier.errors import GemhierError

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from twisted.python.failure import Failure

LARGEST_PAGE = 10 * 2**20
LARGEST_IMAGE = 40 * 2**20
"""Bytes; more are not taken."""

_ACCEPT = {IMAGE: "image/*"}
_REFRESH = 0.5


class ShopSpider(scrapy.Spider):
    """Runs the stages of a crawl, one after the other.

    Args:
        running: what the parts of the crawl share.
        stages: their names.
        make_stage: makes a stage by its name, when those before it are done.
        stage_done: called after each.
        show: called from time to time to show the progress.
    """

    name = "shop"

    def __init__(
        self,
        running: Running,
        stages: Sequence[str],
        make_stage: Callable[[str], Stage],
        stage_done: Callable[[str], None],
        show: Callable[[], None],
    ) -> None:
        super().__init__()
        self.running = running
        self._stages = stages
        self._make_stage = make_stage
        self._stage_done = stage_done
        self._show = show
        self._more: deque[StageRequest] = deque()
        self._under_way = 0
        self._news = asyncio.Event()
        self._stage: Stage

    @classmethod
    def from_crawler(cls, crawler: "Crawler", *args: Any, **kwargs: Any) -> "ShopSpider":
        """Make the spider; scrapy calls this."""
        spider: ShopSpider = super().from_crawler(crawler, *args, **kwargs)
        spider.running.when_stopped = spider._close
        crawler.signals.connect(spider._closed, signal=signals.spider_closed)
        return spider

    async def start(self) -> AsyncIterator[scrapy.Request]:
        """Yield all requests of the crawl.

        No more are made ahead than can be under way soon, so that memory use stays small.
        """
        most = 4 * self.running.limits.at_a_time
        showing = asyncio.ensure_future(self._keep_showing())
        try:
            for name in self._stages:
                begun = self._guarded(self._begin, name)
                while begun and not self.running.stopping:
                    while self._under_way < most and (ask := self._next(begun)) is not None:
                        self._under_way += 1
                        yield self._request(ask)
                    if not self._under_way and not self._more:
                        break
                    self._news.clear()
                    await self._news.wait()
                if not self.running.stopping:
                    self._guarded(self._end, name)
                if self.running.stopping:
                    return
        finally:
            showing.cancel()
            self._show()

    def _begin(self, name: str) -> Iterator[StageRequest]:
        self.running.stage = name
        self._stage = self._make_stage(name)
        return self._stage.begin()

    def _end(self, name: str) -> None:
        self._stage.finish()
        self._stage_done(name)

    def _next(self, begun: Iterator[StageRequest]) -> StageRequest | None:
        return self._more.popleft() if self._more else self._guarded(next, begun, None)

    def _request(self, ask: StageRequest) -> scrapy.Request:
        headers = {"Accept": _ACCEPT[ask.kind]} if ask.kind in _ACCEPT else {}
        if ask.validators.etag:
            headers["If-None-Match"] = ask.validators.etag
        if ask.validators.last_modified:
            headers["If-Modified-Since"] = ask.validators.last_modified
        largest = LARGEST_IMAGE if ask.kind == IMAGE else LARGEST_PAGE
        return scrapy.Request(
            ask.address,
            callback=self._answered,
            errback=self._not_answered,
            headers=headers,
            meta={"ask": ask, "download_maxsize": largest},
            dont_filter=True,
        )

    def _answered(self, response: "Response") -> None:
        ask: StageRequest = response.meta["ask"]
        text = response.text if ask.kind != IMAGE and isinstance(response, TextResponse) else None
        validators = Validators(_header(response, "ETag"), _header(response, "Last-Modified"))
        answer = StageResponse(response.status, response.url, text, response.body, validators)
        self._more.extend(self._guarded(self._stage.answered, ask, answer) or ())
        parse_failures = self.running.stats.parse_failures
        if parse_failures >= self.running.limits.parse_failures:
            last = self.running.stats.problems[-1]
            self.running.stop(
                f"{parse_failures} product pages in a row do not fit ({last.reason}): the shop has changed them, or "
                f"shows another page to whom it has blocked. Look at {last.address}"
            )
        self._settled()

    def _not_answered(self, failure: "Failure") -> None:
        ask: StageRequest = failure.request.meta["ask"]
        error = failure.value
        if isinstance(error, DisallowedError):
            self._guarded(self._stage.not_answered, ask, DISALLOWED, "robots.txt forbids it")
        elif isinstance(error, DownloadCancelledError) and ask.kind == IMAGE:
            too_large = f"larger than {LARGEST_IMAGE // 2**20} MB, or cut off"
            self._guarded(self._stage.not_answered, ask, UNUSABLE, too_large)
        elif not isinstance(error, StoppedError):
            self._guarded(self._stage.not_answered, ask, FAILED, " ".join(str(error).split()) or type(error).__name__)
        self._settled()

    def _settled(self) -> None:
        self._under_way -= 1
        self._news.set()

    def _guarded(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Call a function, and end the crawl if it raises.

        The error is raised again when everything is closed.
        """
        try:
            return function(*arguments)
        except (GemhierError, OSError) as error:
            self.running.stop(str(error), error)
        except Exception as error:
            self.logger.exception("The crawl ends")
            self.running.stop(str(error), error)
        return None

    async def _keep_showing(self) -> None:
        while True:
            self._show()
            await asyncio.sleep(_REFRESH)

    def _close(self) -> None:
        self._news.set()
        asyncio.ensure_future(self.crawler.engine.close_spider_async(reason="stopped"))  # noqa: RUF006  # scrapy's to keep

    def _closed(self, spider: scrapy.Spider, reason: str) -> None:
        if reason == "shutdown" and not self.running.stopping:
            self.running.interrupted = self.running.stopping = True


def _header(response: "Response", name: str) -> str:
    value: bytes | None = response.headers.get(name)
    return value.decode("latin-1") if value else ""
