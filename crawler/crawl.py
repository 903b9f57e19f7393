"""Crawl a shop into a folder, adding what is new without fetching twice."""

import time
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from gemhier.atomic import clear_unfinished
from gemhier.crawler.scraping.display import Display
from gemhier.crawler.scraping.rate_limits import JITTER, ROBOTS_NAME, RateLimits, user_agent
from gemhier.crawler.scraping.request import Stage
from gemhier.crawler.scraping.state import Running
from gemhier.crawler.scraping.summary import Summary, summarise
from gemhier.crawler.sites.items import ListingContent, ProductContent
from gemhier.crawler.sites.site import Site
from gemhier.crawler.sites.site_file import is_web_address
from gemhier.crawler.stages.catalogue import read_catalogue
from gemhier.crawler.stages.images import ImageStage
from gemhier.crawler.stages.index import IndexStage
from gemhier.crawler.stages.products import ProductStage
from gemhier.crawler.storage.crawl_info import CrawlInfo, CrawlRun, read_crawl_info, write_crawl_info
from gemhier.crawler.storage.fetch_log import FetchLog
from gemhier.crawler.storage.folder import (
    LOG_FILE,
    STATE,
    ImageContent,
    ImageStore,
    check_crawl_folder,
    locked,
    now,
)
from gemhier.crawler.storage.history import History
from gemhier.errors import DataError

STAGES = ("index", "products", "pictures")
"""The stages of a crawl, in their order."""

_LOOPBACK = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True, kw_only=True)
class CrawlConfig:
    """What to crawl.

    Attributes:
        site: how the shop's pages are read.
        start: where to begin instead of the site's own start: a mirror or replica of the shop; None for that.
        classes: names of the categories to crawl; empty for all.
        limit: the largest number of products; None for all.
        stages: which stages to run.
        retry: ask again only for what failed in the last crawl, which sets the classes and the limit unless they are
            given.
        contact: whom the shop may write to: a mail or web address; None for nobody.
        program: name and version, as in "gemhier/0.1.0".

    Raises:
        DataError: if the start is not a web address, or the contact is neither that nor a mail address.
    """

    site: Site
    start: str | None = None
    classes: tuple[str, ...] = ()
    limit: int | None = None
    stages: tuple[str, ...] = STAGES
    retry: bool = False
    contact: str | None = None
    program: str = ROBOTS_NAME

    def __post_init__(self) -> None:
        if self.start is not None and not is_web_address(self.start):
            raise DataError(f"{self.start!r} is no address to start from. Give one with http:// or https://.")
        contact = self.contact
        if contact is not None and not ("@" in contact or is_web_address(contact)):
            raise DataError(f"{contact!r} is no contact. Give an address of mail or of the web.")
        if contact is not None and not (contact.isascii() and contact.isprintable()):
            raise DataError(f"{contact!r} is no contact: it has letters that a request cannot carry. Give another.")
        if set(self.stages) - set(STAGES):
            raise ValueError(f"`stages` must be among {', '.join(STAGES)}. Received: {', '.join(self.stages)}.")

    @property
    def first_page(self) -> str:
        """Where the crawl begins."""
        return self.start or self.site.start

    @property
    def is_narrowed(self) -> bool:
        """Whether only some of the shop is crawled."""
        return bool(self.classes) or self.limit is not None


def crawl(config: CrawlConfig, folder: Path, *, limits: RateLimits | None = None) -> Summary:
    """Crawl a shop, or resume an interrupted crawl into the same folder.

    Scrapy can run only once in a process, so call this only once.

    Args:
        config: what to crawl.
        folder: the crawl folder: new, empty, or of an earlier crawl.
        limits: how fast, for a server on this machine; None for the limits that every shop gets.

    Raises:
        DataError: if the folder is damaged, or a class is not known.
        OutputError: if the folder holds something else, is in use, or cannot be written.
        ValueError: if other limits are given for a server elsewhere.
    """
    used_limits = RateLimits() if limits is None else limits
    host = (urlsplit(config.first_page).hostname or "").lower()
    if not used_limits.is_polite and host not in _LOOPBACK:
        raise ValueError(f"`limits` may be higher on this machine only. Received: {used_limits} for {host}.")
    check_crawl_folder(folder, config.site.name, config.first_page)
    with ExitStack() as stack:
        stack.enter_context(locked(folder))
        clear_unfinished(folder)
        return _Crawl(config, folder, used_limits, host, stack).run()


class _Crawl:
    """One attempt at a crawl."""

    def __init__(self, config: CrawlConfig, folder: Path, limits: RateLimits, host: str, stack: ExitStack) -> None:
        self._folder = folder
        self._info = read_crawl_info(folder) or CrawlInfo(site=config.site.name, start=config.first_page)
        self._run = next_run(self._info, config)
        self._config = replace(config, classes=self._run.classes, limit=self._run.limit)
        number, state = self._run.number, folder / STATE
        self._pages = stack.enter_context(closing(FetchLog(state / "index.jsonl", ListingContent, number)))
        self._products = stack.enter_context(closing(FetchLog(state / "products.jsonl", ProductContent, number)))
        self._images = stack.enter_context(closing(FetchLog(state / "pictures.jsonl", ImageContent, number)))
        self._store = stack.enter_context(closing(ImageStore(folder)))
        self._history = stack.enter_context(closing(History(folder)))
        own = frozenset({host})
        # At other limits nothing is asked of hosts elsewhere, whatever the site file says.
        others = config.site.image_hosts if limits.is_polite else frozenset()
        self._running = Running(limits=limits, own_hosts=own, image_hosts=own | others)
        self._since = same_rules_since(self._info, config.site)

    def run(self) -> Summary:
        began = time.monotonic()
        self._save()
        display = Display(self._running)
        try:
            self._run_scrapy(display)
        finally:
            display.close()
            summary = summarise(
                self._running.stats,
                crawl=self._run.number,
                seconds=time.monotonic() - began,
                interrupted=self._running.interrupted,
                complete=self._run.ended_at is not None,
            )
            self._run = replace(self._run, summary=summary.to_json())
            self._save()
        if self._running.error is not None:
            raise self._running.error
        return summary

    def _run_scrapy(self, display: Display) -> None:
        from scrapy.crawler import AsyncCrawlerProcess

        from gemhier.crawler.scraping.spider import ShopSpider

        process = AsyncCrawlerProcess(scrapy_settings(self._config, self._running.limits, self._folder / LOG_FILE))
        process.crawl(
            ShopSpider,
            running=self._running,
            stages=[name for name in STAGES if name in self._config.stages],
            make_stage=self._make_stage,
            stage_done=self._stage_done,
            show=display.show,
        )
        process.start()

    def _make_stage(self, name: str) -> Stage:
        config, stats = self._config, self._running.stats
        site, start = config.site, config.first_page
        if name == "index":
            return IndexStage(
                site, start, self._pages, stats, classes=config.classes, limit=config.limit, since=self._since
            )
        if self._pages.content(start) is None:
            raise DataError(f"{start}: the index is not known. Run the stage index first.")
        catalogue = read_catalogue(self._pages, site, start)
        chosen = catalogue.selection(config.classes, config.limit)
        if name == "products":
            return ProductStage(site, start, catalogue, chosen, self._products, stats, since=self._since)
        whole = not config.is_narrowed and {"index", "products"} <= set(self._run.stages)
        return ImageStage(
            site, chosen, self._products, self._images, self._store, self._history, stats, notes_gone=whole
        )

    def _stage_done(self, name: str) -> None:
        self._run = replace(self._run, stages=tuple(sorted({*self._run.stages, name}, key=STAGES.index)))
        if set(self._run.stages) == set(STAGES):
            self._run = replace(self._run, ended_at=now())
        self._save()
        visit = self._pages.get(self._config.first_page)
        if name == "index" and (visit is None or visit.outcome == "failed"):
            self._running.stop("the index cannot be read")

    def _save(self) -> None:
        self._info = self._info.with_last(self._run)
        write_crawl_info(self._folder, self._info)


def next_run(info: CrawlInfo, config: CrawlConfig) -> CrawlRun:
    """Return the run to carry out: the last one if interrupted, else a new one.

    Raises:
        DataError: if only failures are to be retried, and no crawl was made with this site file.
    """
    last = info.crawls[-1] if info.crawls else None
    if last is not None and last.rules == config.site.digest:
        if config.retry:  # what was left out then has not failed, so it is left out again
            classes, limit = config.classes or last.classes, config.limit or last.limit
            return replace(last, ended_at=None, classes=classes, limit=limit)
        if last.ended_at is None and not set(config.stages) <= set(last.stages):
            same = (last.classes, last.limit) == (config.classes, config.limit)
            stages = last.stages if same else ()
            return replace(last, classes=config.classes, limit=config.limit, stages=stages)
    if config.retry:
        raise DataError("No crawl here was made with this site file, so nothing can be tried again. Leave out --retry.")
    return CrawlRun(
        number=last.number + 1 if last else 1,
        rules=config.site.digest,
        began_at=now(),
        classes=config.classes,
        limit=config.limit,
    )


def same_rules_since(info: CrawlInfo, site: Site) -> int:
    """Return the number of the first crawl made with the site file as it is.

    One more than the number of crawls if the last one had another.
    """
    since = len(info.crawls) + 1
    for run in reversed(info.crawls):
        if run.rules != site.digest:
            break
        since = run.number
    return since


def scrapy_settings(config: CrawlConfig, limits: RateLimits, log: Path) -> dict[str, Any]:
    """Return scrapy's settings.

    All that make a crawl polite are set here, and nowhere else.
    """
    own = "gemhier.crawler.scraping"
    return {
        "USER_AGENT": user_agent(config.program, config.contact),
        "ROBOTSTXT_OBEY": True,
        "ROBOTSTXT_USER_AGENT": ROBOTS_NAME,
        "AUTOTHROTTLE_ENABLED": limits.delay > 0,
        "AUTOTHROTTLE_START_DELAY": limits.first_delay,
        "AUTOTHROTTLE_MAX_DELAY": limits.longest_delay,
        "AUTOTHROTTLE_TARGET_CONCURRENCY": 1.0,
        "DOWNLOAD_DELAY": limits.delay,
        "DOWNLOAD_DELAY_JITTER": JITTER,
        "CONCURRENT_ITEMS": 1,  # there are none, and scrapy starts so many tasks for each response
        "CONCURRENT_REQUESTS": limits.at_a_time,
        "CONCURRENT_REQUESTS_PER_DOMAIN": limits.at_a_time,
        "DOWNLOAD_TIMEOUT": limits.timeout,
        "DOWNLOAD_VERIFY_CERTIFICATES": True,
        "DOWNLOAD_HANDLERS": dict.fromkeys(("data", "file", "ftp", "s3")),
        "DOWNLOADER_MIDDLEWARES": {
            f"{own}.policy.HostMiddleware": 20,
            "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware": None,
            "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
            f"{own}.policy.StrictRobotsMiddleware": 100,
            "scrapy.downloadermiddlewares.retry.RetryMiddleware": None,
            f"{own}.retry.PatienceMiddleware": 550,
            "scrapy.downloadermiddlewares.redirect.MetaRefreshMiddleware": None,
            "scrapy.downloadermiddlewares.cookies.CookiesMiddleware": None,
            "scrapy.downloadermiddlewares.httpauth.HttpAuthMiddleware": None,
        },
        "EXTENSIONS": {
            "scrapy.extensions.throttle.AutoThrottle": None,
            f"{own}.policy.PoliteThrottle": 0,
            "scrapy.extensions.telnet.TelnetConsole": None,
            "scrapy.extensions.remote_control.RemoteControl": None,
            "scrapy.extensions.feedexport.FeedExporter": None,
        },
        "HTTPERROR_ALLOW_ALL": True,
        "REDIRECT_MAX_TIMES": 5,
        "COOKIES_ENABLED": False,
        "DUPEFILTER_CLASS": "scrapy.dupefilters.BaseDupeFilter",
        "LOG_FILE": str(log),
        "LOG_LEVEL": "INFO",
    }
