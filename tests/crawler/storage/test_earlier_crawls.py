"""Crawl folders that were begun before are read, so that a crawl goes on with them."""

from contextlib import closing
from pathlib import Path

import pytest

from gemhier.crawler.sites.items import CategoryLink, ImageLink, ListingContent, ProductContent
from gemhier.crawler.storage.crawl_info import CrawlRun, read_crawl_info
from gemhier.crawler.storage.fetch_log import READ, UNCHANGED, FetchLog, Validators
from gemhier.crawler.storage.folder import ImageContent, Rejection, read_rejections
from gemhier.crawler.storage.history import read_history

IMAGE = f"images/ab/{'ab' * 32}.jpg"

CRAWL = """{
 "format": "gemhier-crawl",
 "format_version": 1,
 "site": "shop",
 "start": "https://shop.example/stones",
 "crawls": [
  {
   "number": 1,
   "rules": "c32432454e027b20",
   "began_at": "2024-05-01T12:00:00+00:00",
   "ended_at": null,
   "stages": [
    "index",
    "products"
   ],
   "classes": [
    "Ruby"
   ],
   "limit": 3,
   "summary": {
    "seconds": 1.1,
    "counts": {
     "index": {
      "expected": 2,
      "read": 2
     }
    },
    "problems": [],
    "stopped": "",
    "interrupted": true
   }
  }
 ]
}
"""

IMAGES = (
    '{"site": "shop", "page": "https://shop.example/ruby/1", "image_url": "https://shop.example/1-2.jpg", '
    '"product": "ruby-1", "view": "2", "labels": ["Burmese Ruby", "Ruby"], '
    '"classes": ["https://shop.example/burmese", "https://shop.example/ruby"], "title": "A ruby", "price": "$ 5", '
    '"origin": null, "treatment": "None", "fetched_at": "2024-05-01T12:00:02+00:00", '
    f'"sha256": "{"ab" * 32}", "size": 3, "file": "{IMAGE}", "crawl": 1, "gone_at": null}}\n'
)

REJECTED = (
    f'{{"file": "{IMAGE}", "reason": "certificate", "why": "its file is called so", '
    '"at": "2024-05-01T12:00:02+00:00"}\n'
)

INDEX = (
    '{"key": "https://shop.example/stones", "crawl": 1, "outcome": "read", '
    '"categories": [["Ruby", "https://shop.example/ruby"]], "products": ["https://shop.example/ruby/1"], '
    '"next_page": null, "etag": "\\"8c\\"", "last_modified": "Mon, 01 Jan 2024 00:00:00 GMT"}\n'
    '{"key": "https://shop.example/private", "crawl": 1, "outcome": "disallowed", "reason": "robots.txt forbids it"}\n'
)

PRODUCTS = (
    '{"key": "ruby-1", "crawl": 1, "outcome": "read", "page": "https://shop.example/ruby/1", '
    '"pictures": [["https://shop.example/1-2.jpg", "2"]], "labels": ["Burmese Ruby"], '
    '"texts": {"title": "A ruby", "price": "$ 5"}}\n'
    '{"key": "ruby-1", "crawl": 2, "outcome": "unchanged"}\n'
)

FETCHED = (
    f'{{"key": "https://shop.example/1-2.jpg", "crawl": 1, "outcome": "read", "sha256": "{"ab" * 32}", "size": 3, '
    f'"file": "{IMAGE}", "fetched_at": "2024-05-01T12:00:02+00:00"}}\n'
)


@pytest.fixture
def earlier_crawl(tmp_path: Path) -> Path:
    """A crawl folder as the first release left it, without its pictures."""
    (tmp_path / "state").mkdir()
    files = {"crawl.json": CRAWL, "images.jsonl": IMAGES, "rejected.jsonl": REJECTED}
    files |= {"state/index.jsonl": INDEX, "state/products.jsonl": PRODUCTS, "state/pictures.jsonl": FETCHED}
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8", newline="\n")
    return tmp_path


def test_what_the_first_release_found_is_known(earlier_crawl: Path) -> None:
    info = read_crawl_info(earlier_crawl)
    assert info is not None
    assert (info.site, info.start) == ("shop", "https://shop.example/stones")
    (crawl,) = info.crawls
    assert crawl == CrawlRun(
        number=1,
        rules="c32432454e027b20",
        began_at="2024-05-01T12:00:00+00:00",
        stages=("index", "products"),
        classes=("Ruby",),
        limit=3,
        summary=crawl.summary,
    )
    assert read_rejections(earlier_crawl) == {
        IMAGE: Rejection(IMAGE, "certificate", "its file is called so", "2024-05-01T12:00:02+00:00")
    }
    (record,) = read_history(earlier_crawl).values()
    assert record.labels == ("Burmese Ruby", "Ruby")
    assert record.texts == {"title": "A ruby", "price": "$ 5", "origin": None, "treatment": "None"}
    assert (record.file, record.crawl, record.gone_at) == (IMAGE, 1, None)


def test_what_the_first_release_asked_for_is_not_asked_for_again(earlier_crawl: Path) -> None:
    state = earlier_crawl / "state"
    with closing(FetchLog(state / "index.jsonl", ListingContent, 1)) as pages:
        assert pages.get("https://shop.example/stones").content == ListingContent(
            (CategoryLink("Ruby", "https://shop.example/ruby"),), ("https://shop.example/ruby/1",), None
        )
        assert pages.validators("https://shop.example/stones", 1) == Validators('"8c"', "Mon, 01 Jan 2024 00:00:00 GMT")
        assert pages.is_settled("https://shop.example/private")
    with closing(FetchLog(state / "products.jsonl", ProductContent, 2)) as products:
        assert products.get("ruby-1").outcome == UNCHANGED
        assert products.content("ruby-1").images == (ImageLink("https://shop.example/1-2.jpg", "2"),)
    with closing(FetchLog(state / "pictures.jsonl", ImageContent, 1)) as images:
        assert images.get("https://shop.example/1-2.jpg").outcome == READ
        assert images.content("https://shop.example/1-2.jpg").file == IMAGE
