"""What makes a crawl polite, and what it asks for again."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

pytest.importorskip("scrapy")

from gemhier.cli import main
from gemhier.crawler.crawl import STAGES, CrawlConfig, crawl, next_run, scrapy_settings
from gemhier.crawler.replica.fast import FAST
from gemhier.crawler.replica.server import Asked, ReplicaServer
from gemhier.crawler.replica.shops import GempunditReplica, Reply
from gemhier.crawler.replica.stock import make_stock
from gemhier.crawler.scraping.rate_limits import RateLimits, user_agent
from gemhier.crawler.scraping.retry import retry_after
from gemhier.crawler.sites.site_file import load_site
from gemhier.crawler.storage.crawl_info import CrawlInfo, CrawlRun
from gemhier.errors import DataError

ROOT = Path(__file__).parents[3]


def test_the_settings_are_polite() -> None:
    settings = scrapy_settings(CrawlConfig(site=load_site("gempundit")), RateLimits(), Path("crawl.log"))
    assert settings["ROBOTSTXT_OBEY"]
    assert settings["AUTOTHROTTLE_ENABLED"]
    assert settings["DOWNLOAD_DELAY"] >= 1
    assert settings["DOWNLOAD_DELAY_JITTER"] == 0.5
    assert settings["CONCURRENT_REQUESTS"] <= 2
    assert not settings["COOKIES_ENABLED"]
    assert settings["DOWNLOAD_VERIFY_CERTIFICATES"]


def test_no_option_of_the_command_is_about_the_pace() -> None:
    options = {name for parameter in main.commands["crawl"].params for name in parameter.opts}
    assert options == {"site", "-o", "--out", "--start", "--classes", "--limit", "--contact", "--stage", "--retry"}


def test_another_pace_is_for_this_machine_only(tmp_path: Path) -> None:
    config = CrawlConfig(site=load_site("gempundit"))
    with pytest.raises(ValueError, match="may be higher on this machine only"):
        crawl(config, tmp_path / "crawl", limits=FAST)
    assert RateLimits().is_polite
    assert RateLimits(delay=5, at_a_time=1).is_polite
    assert not FAST.is_polite
    assert not (tmp_path / "crawl").exists()


@pytest.mark.parametrize(
    "hastier",
    [
        {"delay": 0.5},
        {"first_delay": 0.5},
        {"backoff": 1},
        {"at_a_time": 3},
        {"retries": 9},
        {"refusals": 99},
        {"parse_failures": 99},
    ],
)
def test_a_pace_that_is_hastier_in_anything_is_not_polite(hastier: dict[str, Any]) -> None:
    assert not RateLimits(**hastier).is_polite


def test_the_user_agent_says_who_asks_and_whom_to_write_to() -> None:
    purpose = "collects photographs of gems to train a classifier"
    assert user_agent("gemhier/0.1.0", None) == f"gemhier/0.1.0 ({purpose})"
    assert user_agent("gemhier/0.1.0", "me@example.org") == f"gemhier/0.1.0 ({purpose}; contact: me@example.org)"


@pytest.mark.parametrize("contact", ["me", "me@example.org\r\nX-Evil: 1", "mé@example.org", ""])
def test_a_contact_that_is_none_is_refused(contact: str) -> None:
    with pytest.raises(DataError, match="is no contact"):
        CrawlConfig(site=load_site("gempundit"), contact=contact)


@pytest.mark.parametrize("start", ["shop.example", "file:///etc/passwd", "http://", "ftp://shop.example/"])
def test_a_start_that_is_none_is_refused(start: str) -> None:
    with pytest.raises(DataError, match="is no address to start from"):
        CrawlConfig(site=load_site("gempundit"), start=start)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [(b"120", 120), (b" 0 ", 0), (None, None), (b"", None), (b"soon", None), (b"-5", None), (b"9" * 30, 1e9)],
)
def test_how_long_retry_after_asks_to_wait(value: bytes | None, seconds: float | None) -> None:
    assert retry_after(value) == seconds


def test_retry_after_may_be_a_date() -> None:
    now = datetime.now(UTC)
    later = retry_after(format_datetime(now + timedelta(seconds=90), usegmt=True).encode())
    assert later == pytest.approx(90, abs=5)
    assert retry_after(format_datetime(now - timedelta(days=1)).encode()) == 0


class Scripted(GempunditReplica):
    """A shop whose robots.txt a test writes."""

    text = ""

    def robots(self) -> str:
        return self.text or super().robots()


def answering(server: ReplicaServer, statuses: dict[str, list[tuple[int, dict[str, str]]]]) -> ReplicaServer:
    """Let a server answer targets that begin so with these statuses first, the last for ever."""
    handler: Any = server._server.RequestHandlerClass
    usual = handler.do_GET

    def do_get(self: Any) -> None:
        for beginning, replies in statuses.items():
            if self.path.startswith(beginning) and replies:
                status, headers = replies[0] if len(replies) == 1 else replies.pop(0)
                if status:
                    self._send(status, "text/plain", b"no", headers)
                    return
        usual(self)

    handler.do_GET = do_get
    return server


@pytest.fixture
def server() -> Iterator[ReplicaServer]:
    with ReplicaServer(Scripted(make_stock(24))).running() as running:
        yield running


def run(
    server: ReplicaServer, folder: Path, stages: tuple[str, ...] = ("index",), **limits: float
) -> tuple[int, dict[str, Any]]:
    """Crawl with the usual patience, but in a hurry."""
    script = (
        "import sys, json, dataclasses; from pathlib import Path; from gemhier.crawler.crawl import *\n"
        "from gemhier.crawler.replica.fast import FAST\n"
        "from gemhier.crawler.sites.site_file import load_site\n"
        "config = CrawlConfig(site=load_site('gempundit'), start=sys.argv[1], stages=tuple(sys.argv[4:]))\n"
        "limits = dataclasses.replace(FAST, **json.loads(sys.argv[3]))\n"
        "sys.exit(0 if crawl(config, Path(sys.argv[2]), limits=limits).is_good else 1)\n"
    )
    words = [sys.executable, "-c", script, server.start, str(folder), json.dumps(limits), *stages]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, json.loads((folder / "crawl.json").read_text())["crawls"][-1]["summary"]


def between(asked: list[Asked], status: int) -> float:
    """The time from an answer of a status to the next request."""
    at = next(index for index, one in enumerate(asked) if one.status == status)
    return asked[at + 1].at - asked[at].at


def test_a_shop_that_asks_for_patience_is_left_alone_as_long_as_it_asks_for(
    server: ReplicaServer, tmp_path: Path
) -> None:
    wait = {"Retry-After": "1"}
    answering(server, {"/gemstones/": [(0, {})] * 5 + [(429, wait), (503, wait), (0, {})]})
    code, _ = run(server, tmp_path, at_a_time=1)
    assert code == 0
    assert between(server.asked, 429) >= 1
    assert between(server.asked, 503) >= 1


def test_a_crawl_that_is_blocked_stops_and_says_so(server: ReplicaServer, tmp_path: Path) -> None:
    answering(server, {"/gemstones/": [(403, {})]})
    code, summary = run(server, tmp_path, refusals=4)
    assert code == 1
    assert summary["stopped"] == "127.0.0.1 has refused 4 requests in a row (status 403)"
    assert len(server.asked) < 30


def test_a_shop_that_shows_another_page_to_whom_it_has_blocked_is_left_alone(
    server: ReplicaServer, tmp_path: Path
) -> None:
    class Guarded(Scripted):
        def reply(self, target: str) -> Reply | None:
            found = super().reply(target)
            is_product = "-gp1" in target and found is not None and found.kind.startswith("text/html")
            return Reply("text/html", b"<h1>Are you human?</h1>") if is_product else found

    with ReplicaServer(Guarded(make_stock(60))).running() as guarded:
        code, summary = run(guarded, tmp_path, ("index", "products"), parse_failures=3)
    assert code == 1
    assert summary["stopped"].startswith("3 product pages in a row do not fit (")
    asked = [one.target for one in guarded.asked if "-gp1" in one.target]
    assert 3 <= len(asked) < 30  # of 60; some were under way when it stopped


def test_at_another_pace_pictures_are_asked_for_on_this_machine_only(server: ReplicaServer, tmp_path: Path) -> None:
    class Linked(GempunditReplica):
        def reply(self, target: str) -> Reply | None:
            found = super().reply(target)
            elsewhere = b'src="https://imgcdn1.gempundit.com/media/'
            return found and Reply(found.kind, found.body.replace(b'src="/media/', elsewhere), found.image)

    server.shop = Linked(make_stock(24))
    code, summary = run(server, tmp_path, STAGES)
    assert code == 1
    assert {reason.partition(" is not a host")[0] for _, _, reason in summary["problems"]} == {"imgcdn1.gempundit.com"}
    assert "new" not in summary["counts"]["pictures"]


def test_a_shop_that_asks_to_stay_away_for_long_is_not_waited_for(server: ReplicaServer, tmp_path: Path) -> None:
    answering(server, {"/gemstones/": [(429, {"Retry-After": "86400"})]})
    code, summary = run(server, tmp_path)
    assert code == 1
    assert summary["stopped"] == "127.0.0.1 asks not to come back for 1440 minutes (status 429)"


def test_nothing_is_asked_for_where_robots_txt_cannot_be_read(server: ReplicaServer, tmp_path: Path) -> None:
    answering(server, {"/robots.txt": [(500, {})]})
    code, summary = run(server, tmp_path)
    assert code == 1
    assert "robots.txt of 127.0.0.1" in summary["stopped"]
    assert {asked.target for asked in server.asked} == {"/robots.txt"}


def test_robots_txt_may_speak_to_this_crawler_alone_and_ask_for_a_delay(server: ReplicaServer, tmp_path: Path) -> None:
    shop = Scripted(make_stock(24))
    shop.text = (
        "User-agent: *\nDisallow: /\n\nUser-agent: gemhier\nCrawl-delay: 0.3\n"
        "Disallow: /gemstones/\nAllow: /gemstones/emerald/page/\n"
    )
    server.shop = shop
    code, summary = run(server, tmp_path, STAGES, delay=0.01, first_delay=0.01)
    assert code == 1
    ((_, _, reason),) = summary["problems"]
    assert re.fullmatch(
        r"(\d+) of \1 products did not come \(\1 disallowed\), such as this: robots.txt forbids it", reason
    )
    pages = [f"/gemstones/emerald/page/{number}" for number in (1, 2)]
    assert [asked.target for asked in server.asked] == ["/robots.txt", "/gemstones", *pages]
    assert summary["counts"]["index"]["disallowed"] == 24
    # The delay varies at random, and is never less than what robots.txt asks for.
    assert all(after.at - before.at >= 0.29 for before, after in pairwise(server.asked))


def test_a_retry_asks_for_nothing_that_the_last_crawl_left_out() -> None:
    site = load_site("gempundit")
    last = CrawlRun(number=2, rules=site.digest, began_at="", ended_at="", stages=STAGES, classes=("Ruby",), limit=3)
    info = CrawlInfo(site="gempundit", start=site.start, crawls=(last,))
    again = next_run(info, CrawlConfig(site=site, retry=True))
    assert (again.number, again.ended_at, again.classes, again.limit) == (2, None, ("Ruby",), 3)
    assert next_run(info, CrawlConfig(site=site, retry=True, limit=2)).limit == 2
    assert next_run(info, CrawlConfig(site=site)).number == 3
    with pytest.raises(DataError, match="nothing can be tried again"):
        next_run(CrawlInfo(site="gempundit", start=site.start), CrawlConfig(site=site, retry=True))


def test_a_usage_error_and_an_unknown_site_are_one_line(tmp_path: Path) -> None:
    runner = CliRunner()
    done = runner.invoke(main, ["crawl", "nowhere", "--out", str(tmp_path / "crawl")])
    assert done.exit_code == 1
    assert done.output.startswith("Error: nowhere: neither a built-in site (gempundit) nor a site file")
    assert runner.invoke(main, ["crawl", "gempundit"]).exit_code == 2
    assert not (tmp_path / "crawl").exists()
