import io

from gemhier.crawler.scraping.display import Display
from gemhier.crawler.scraping.rate_limits import RateLimits
from gemhier.crawler.scraping.request import EXPECTED, CrawlStats, Problem
from gemhier.crawler.scraping.state import Running
from gemhier.crawler.scraping.summary import summarise, summary_lines


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def running() -> Running:
    return Running(limits=RateLimits(), own_hosts=frozenset({"shop.example"}), image_hosts=frozenset({"shop.example"}))


def test_the_line_shows_the_stage_the_rate_and_why_it_waits() -> None:
    crawl = running()
    crawl.stage = "pictures"
    crawl.stats.add("pictures", EXPECTED, 13000)
    crawl.stats.add("pictures", "kept", 200)
    display = Display(crawl, Terminal())
    assert display.line(100.0) == "3/3 pictures: 200 of 13,000 pictures"
    crawl.stats.add("pictures", "new", 30)
    crawl.stats.add("pictures", "unusable", 2)
    assert display.line(110.0) == "3/3 pictures: 232 of 13,000 pictures · 3.2/s · 2 unusable"
    crawl.waiting_until, crawl.waiting_for = 152.0, "shop.example asks for patience (status 429)"
    assert display.line(120.0).endswith("waiting 32 s: shop.example asks for patience (status 429)")


def test_each_stage_leaves_a_line_and_a_file_gets_none() -> None:
    crawl, terminal, file = running(), Terminal(), io.StringIO()
    display, silent = Display(crawl, terminal), Display(crawl, file)
    for stage in ("index", "products"):
        crawl.stage = stage
        display.show()
        silent.show()
    display.close()
    silent.close()
    assert terminal.getvalue().count("\n") == 2
    assert file.getvalue() == ""


def test_the_summary_names_the_problems_and_what_to_do() -> None:
    stats = CrawlStats()
    stats.add("index", EXPECTED, 3)
    stats.add("index", "read", 2)
    stats.add("index", "failed")
    stats.add("pictures", EXPECTED, 1500)
    stats.add("pictures", "new", 1200)
    stats.add("pictures", "kept", 300)
    stats.add("rejected", "hand", 4)
    stats.problems += [Problem(f"https://shop.example/{n}", "li.current", "the category is empty") for n in range(21)]
    stats.stopped = "shop.example has refused 8 requests in a row (status 403)"
    summary = summarise(stats, crawl=2, seconds=3725, interrupted=False, complete=False)
    assert not summary.is_good
    lines = summary_lines(summary)
    assert lines[:6] == [
        "Crawl 2, 1 h 2 min",
        "  index     2 read, 1 failed of 3",
        "  pictures  1,200 new of 1,500, 300 were here",
        "  set aside 4 hand",
        "21 problems:",
        "  https://shop.example/0: the category is empty; selector: li.current",
    ]
    assert lines[-2:] == [
        "  and 1 more, in crawl.json",
        "Stopped: shop.example has refused 8 requests in a row (status 403). What came is kept; give the same command "
        "later to go on.",
    ]
