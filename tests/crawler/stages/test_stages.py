"""The stages of a crawl, asked and answered by hand: no network, no scrapy."""

from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any, TypeVar

import pytest

from gemhier.crawler.replica.painting import paint
from gemhier.crawler.replica.stock import CATEGORIES, StockImage
from gemhier.crawler.review.clean import clean
from gemhier.crawler.scraping.request import EXPECTED, CrawlStats, Stage, StageResponse
from gemhier.crawler.scraping.summary import summarise, summary_lines
from gemhier.crawler.sites.items import CategoryLink, ListingContent, ProductContent
from gemhier.crawler.sites.site import Site
from gemhier.crawler.sites.site_file import load_site, read_site
from gemhier.crawler.stages.catalogue import read_catalogue
from gemhier.crawler.stages.images import ImageStage
from gemhier.crawler.stages.index import IndexStage
from gemhier.crawler.stages.products import ProductStage
from gemhier.crawler.storage.crawl_info import CrawlInfo, write_crawl_info
from gemhier.crawler.storage.fetch_log import DISALLOWED, FAILED, FetchLog, Validators
from gemhier.crawler.storage.folder import ImageContent, ImageStore
from gemhier.crawler.storage.history import History, read_history
from gemhier.errors import DataError

HOST = "https://shop.example"
START = f"{HOST}/gemstones"

T = TypeVar("T")
Reply = str | int | StageResponse | tuple[str, str]
"""What a page answers: its text, a status, an answer, or an outcome and its reason if none comes."""


_OPEN: list[Any] = []


def opened(journal: T) -> T:
    """Have a journal closed when the test ends."""
    _OPEN.append(journal)
    return journal


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    while _OPEN:
        _OPEN.pop().close()


def html(body: str, address: str, *, etag: str = "") -> StageResponse:
    return StageResponse(200, address, body, body.encode(), Validators(etag=etag))


def index(*slugs: str) -> str:
    return "".join(
        f'<a data-category="gemstones" title="{slug.title()}" href="/gemstones/{slug}">x</a>' for slug in slugs
    )


def category(*products: str, number: int | None = None) -> str:
    links = "".join(f'<a class="product-image dataimage" href="/gemstones/{product}">x</a>' for product in products)
    return links + (f'<li class="current">{number}</li>' if number is not None else "")


def run(stage: Stage, pages: Mapping[str, Reply]) -> list[str]:
    """Answer a stage from a dictionary by paths until it has enough; what it asked for, in order."""
    asked = []
    waiting = deque(stage.begin())
    while waiting:
        ask = waiting.popleft()
        path = ask.address.removeprefix(HOST)
        asked.append(path)
        found = pages.get(path, 404)
        if isinstance(found, tuple):
            stage.not_answered(ask, *found)
            continue
        if isinstance(found, str):
            found = html(found, ask.address)
        elif isinstance(found, int):
            found = StageResponse(found, ask.address, "", b"")
        waiting.extend(stage.answered(ask, found))
    stage.finish()
    return asked


@pytest.fixture
def site() -> Site:
    return load_site("gempundit")


@pytest.fixture
def stats() -> CrawlStats:
    return CrawlStats()


def visits(folder: Path, crawl: int = 1) -> FetchLog[ListingContent]:
    return opened(FetchLog(folder / "index.jsonl", ListingContent, crawl))


def test_numbered_pages_are_read_until_the_last_comes_again(tmp_path: Path, site: Site, stats: CrawlStats) -> None:
    pages = {
        "/gemstones": index("ruby"),
        "/gemstones/ruby/page/1": category("ruby/gp1", "ruby/gp2", number=1),
        "/gemstones/ruby/page/2": category("ruby/gp3", number=2),
        "/gemstones/ruby/page/3": category("ruby/gp3", number=2),
    }
    known = visits(tmp_path)
    asked = run(IndexStage(site, START, known, stats), pages)
    assert asked == list(pages)
    assert stats.problems == []
    catalogue = read_catalogue(known, site, START)
    assert list(catalogue.products) == ["gp1", "gp2", "gp3"]
    assert run(IndexStage(site, START, known, CrawlStats()), pages) == []


ENDLESS = """format: 1
name: endless
start: https://shop.example/gemstones
index:
  categories: [{each: a.kind, label: '::text', address: '::attr(href)'}]
  next_page: 'a.next::attr(href)'
category: {products: 'a.stone::attr(href)', next_page: 'a.next::attr(href)'}
product: {key: '/(?P<product>[^/]+)$', pictures: 'img::attr(src)'}
"""


@pytest.mark.parametrize("stones", ["", '<a class="stone" href="/gemstones/ruby/1">x</a>'], ids=["none", "the same"])
def test_paging_that_goes_on_without_anything_new_stops(tmp_path: Path, stats: CrawlStats, stones: str) -> None:
    site = read_site(ENDLESS, Path("endless.yaml"))

    class Pages(dict[str, Reply]):
        def get(self, path: str, default: Any = None) -> Any:
            number = int(path.partition("?p=")[2] or 1)
            following = f'<a class="next" href="?p={number + 1}">x</a>'
            if path.startswith("/gemstones/ruby"):
                first = '<a class="stone" href="/gemstones/ruby/1">x</a>'
                # One page in the middle with nothing new is not the end.
                new = f'<a class="stone" href="/gemstones/ruby/{number}">x</a>' if number in (2, 4) else stones
                return (first if number == 1 else new) + following
            return '<a class="kind" href="/gemstones/ruby">Ruby</a>' + following

    known = visits(tmp_path)
    asked = run(IndexStage(site, START, known, stats), Pages())
    assert asked == [
        "/gemstones", "/gemstones?p=2", "/gemstones?p=3", "/gemstones?p=4",
        "/gemstones/ruby", *(f"/gemstones/ruby?p={number}" for number in range(2, 8)),
    ]  # fmt: skip
    assert set(read_catalogue(known, site, START).products) == {"1", "2", "4"}
    assert stats.problems == []


def test_an_index_that_goes_in_a_circle_still_leads_to_its_categories(tmp_path: Path, stats: CrawlStats) -> None:
    site = read_site(ENDLESS, Path("endless.yaml"))
    pages = {
        "/gemstones": '<a class="kind" href="/gemstones/ruby">Ruby</a><a class="next" href="/gemstones">x</a>',
        "/gemstones/ruby": '<a class="stone" href="/gemstones/ruby/1">x</a>',
    }
    assert run(IndexStage(site, START, visits(tmp_path), stats), pages) == list(pages)


@pytest.mark.parametrize("past_the_end", [404, "", category("ruby/gp1")], ids=["missing", "empty", "the same again"])
def test_a_category_of_one_page_needs_no_number(
    past_the_end: str | int, tmp_path: Path, site: Site, stats: CrawlStats
) -> None:
    pages = {
        "/gemstones": index("ruby"),
        "/gemstones/ruby/page/1": category("ruby/gp1"),
        "/gemstones/ruby/page/2": past_the_end,
    }
    assert run(IndexStage(site, START, visits(tmp_path), stats), pages) == list(pages)
    assert stats.problems == []


def test_pages_whose_number_is_not_found_are_a_problem_and_not_the_end(
    tmp_path: Path, site: Site, stats: CrawlStats
) -> None:
    pages = {
        "/gemstones": index("ruby"),
        "/gemstones/ruby/page/1": category("ruby/gp1"),
        "/gemstones/ruby/page/2": category("ruby/gp2"),
    }
    run(IndexStage(site, START, visits(tmp_path), stats), pages)
    (problem,) = stats.problems
    assert str(problem) == (
        f"{HOST}/gemstones/ruby/page/2: the page shows no number, but new products; selector: li.current ::text"
    )


def test_an_empty_category_is_a_problem_with_its_address_and_selector(
    tmp_path: Path, site: Site, stats: CrawlStats
) -> None:
    pages = {
        "/gemstones": index("ruby", "opal"),
        "/gemstones/ruby/page/1": category("ruby/gp1", number=1),
        "/gemstones/ruby/page/2": category("ruby/gp1", number=1),
        "/gemstones/opal/page/1": "<p>We have moved</p>",
    }
    known = visits(tmp_path)
    run(IndexStage(site, START, known, stats), pages)
    selector = "a.product-image.dataimage::attr(href)"
    assert [str(problem) for problem in stats.problems] == [
        f"{HOST}/gemstones/opal/page/1: the category 'Opal' is empty; selector: {selector}"
    ]
    later, known = CrawlStats(), visits(tmp_path, crawl=2)
    run(IndexStage(site, START, known, later), pages | {"/gemstones/ruby/page/1": "<p>Redesigned</p>"})
    assert [problem.reason for problem in later.problems] == [
        "the category 'Ruby' is empty, but had 1 products on its first page before",
        "the category 'Opal' is empty",
    ]
    assert list(read_catalogue(known, site, START).products) == ["gp1"]


@pytest.mark.parametrize(("found", "reason"), [(500, "status 500"), (404, "status 404"), ("<p>", "no categories")])
def test_an_index_that_cannot_be_read_is_a_problem(
    found: str | int, reason: str, tmp_path: Path, site: Site, stats: CrawlStats
) -> None:
    run(IndexStage(site, START, visits(tmp_path), stats), {"/gemstones": found})
    assert reason in stats.problems[0].reason


def test_a_category_that_robots_txt_forbids_is_none(tmp_path: Path, site: Site, stats: CrawlStats) -> None:
    forbidden = (DISALLOWED, "robots.txt forbids it")
    pages: dict[str, Reply] = {"/gemstones": index("ruby"), "/gemstones/ruby/page/1": forbidden}
    run(IndexStage(site, START, visits(tmp_path), stats), pages)
    assert stats.problems == []
    assert stats.counts["index", DISALLOWED] == 1


def test_what_has_not_changed_need_not_be_sent_again(tmp_path: Path, site: Site) -> None:
    known = visits(tmp_path)
    first = html(index("ruby"), START, etag='"1"')
    run(IndexStage(site, START, known, CrawlStats()), {"/gemstones": first, "/gemstones/ruby/page/1": "<p>"})
    known, stats = visits(tmp_path, crawl=2), CrawlStats()
    (ask,) = IndexStage(site, START, known, stats, since=1).begin()
    assert ask.validators == Validators(etag='"1"')
    (ask,) = IndexStage(site, START, known, CrawlStats(), since=2).begin()
    assert not ask.validators
    stage = IndexStage(site, START, known, stats, since=1)
    asked = run(stage, {"/gemstones": 304, "/gemstones/ruby/page/1": category("ruby/gp1")})
    assert asked[:2] == ["/gemstones", "/gemstones/ruby/page/1"]
    assert stats.counts["index", "unchanged"] == 1


def test_classes_and_limit_narrow_what_is_asked_for(tmp_path: Path, site: Site, stats: CrawlStats) -> None:
    pages = {
        "/gemstones": index("ruby", "opal", "fire-opal"),
        "/gemstones/opal/page/1": category("opal/gp1", "opal/gp2", number=1),
        "/gemstones/fire-opal/page/1": category("fire-opal/gp2", "fire-opal/gp3", "fire-opal/gp4", number=1),
    }
    known = visits(tmp_path)
    asked = run(IndexStage(site, START, known, stats, classes=("Opal", "fire-opal"), limit=2), pages)
    assert asked == list(pages)
    catalogue = read_catalogue(known, site, START)
    assert [listed.key for listed in catalogue.selection((), 3)] == ["gp2", "gp1", "gp3"]
    assert [listed.key for listed in catalogue.selection(("Opal",), None)] == ["gp1", "gp2"]
    assert catalogue.products["gp2"].labels == {"Opal", "Fire-Opal"}
    assert catalogue.products["gp2"].addresses == [f"{HOST}/gemstones/opal/gp2", f"{HOST}/gemstones/fire-opal/gp2"]
    with pytest.raises(DataError, match="no class 'Opals of fire'. The nearest are"):
        catalogue.selection(("Opals of fire",), None)


@pytest.mark.parametrize("name", ["Emerald (Panna)", "emerald", "Panna", "emeralds", "green-stones"])
def test_a_class_may_be_named_by_any_of_its_names(name: str) -> None:
    from gemhier.crawler.stages.catalogue import chosen_categories

    links = (CategoryLink("Emerald (Panna)", f"{HOST}/gemstones/green-stones"), CategoryLink("Ruby", f"{HOST}/ruby"))
    assert chosen_categories(links, (name,)) == links[:1]


def listed(folder: Path, site: Site) -> tuple[FetchLog[ListingContent], FetchLog[ProductContent]]:
    known = visits(folder)
    pages = {
        "/gemstones": index("ruby", "burmese-ruby"),
        "/gemstones/ruby/page/1": category("ruby/gp1", "ruby/gp2", number=1),
        "/gemstones/burmese-ruby/page/1": category("burmese-ruby/gp2", number=1),
    }
    run(IndexStage(site, START, known, CrawlStats()), pages)
    return known, opened(FetchLog(folder / "products.jsonl", ProductContent, 1))


def product(*images: str) -> str:
    return "<h1>A ruby</h1>" + "".join(
        f'<div class="item product_thumb_forHeight"><img src="/media/{image}?w=1"></div>' for image in images
    )


def test_a_product_in_two_classes_is_asked_for_once(tmp_path: Path, site: Site, stats: CrawlStats) -> None:
    known, products = listed(tmp_path, site)
    catalogue = read_catalogue(known, site, START)
    stage = ProductStage(site, START, catalogue, catalogue.selection((), None), products, stats)
    asked = run(stage, {"/gemstones/ruby/gp1": "<p>sold out</p>", "/gemstones/ruby/gp2": product("gp2-1-010124.jpg")})
    assert asked == ["/gemstones/ruby/gp1", "/gemstones/ruby/gp2"]
    selector = "div.item.product_thumb_forHeight img::attr(src)"
    assert [str(problem) for problem in stats.problems] == [
        f"{HOST}/gemstones/ruby/gp1: the product has no pictures; selector: {selector}"
    ]
    assert stats.counts["products", EXPECTED] == 2
    again = ProductStage(site, START, catalogue, catalogue.selection((), None), products, CrawlStats())
    assert run(again, {}) == ["/gemstones/ruby/gp1"]


@pytest.mark.parametrize("found", [404, 410, StageResponse(200, f"{HOST}/gemstones/ruby/", "<p>", b"")])
def test_a_product_that_was_sold_is_gone(
    found: int | StageResponse, tmp_path: Path, site: Site, stats: CrawlStats
) -> None:
    known, products = listed(tmp_path, site)
    catalogue = read_catalogue(known, site, START)
    stage = ProductStage(site, START, catalogue, catalogue.selection((), None), products, stats)
    run(stage, {"/gemstones/ruby/gp1": found, "/gemstones/ruby/gp2": product("gp2-1-010124.jpg")})
    assert products.is_settled("gp1")
    assert products.content("gp1") is None
    assert stats.counts["products", "gone"] == 1
    assert stats.problems == []


@pytest.fixture(scope="module")
def ruby() -> bytes:
    return paint(StockImage("gp2-1.jpg", "stone", 2), CATEGORIES[8], size=48)


def test_pictures_are_kept_with_all_that_is_known_of_them(
    tmp_path: Path, site: Site, stats: CrawlStats, ruby: bytes
) -> None:
    known, products = listed(tmp_path, site)
    catalogue = read_catalogue(known, site, START)
    chosen = catalogue.selection((), None)
    names = ["gp2-1-010124.jpg", "gp2-2-010124.jpg", "gp2-certi-010124.jpg", "gp2-3-010124.jpg", "gp2-4-010124.jpg"]
    found = {"/gemstones/ruby/gp1": product(*names[:1]), "/gemstones/ruby/gp2": product(*names)}
    run(ProductStage(site, START, catalogue, chosen, products, stats), found)

    def stage(crawl: int, stats: CrawlStats) -> ImageStage:
        history = opened(History(tmp_path))
        images = opened(FetchLog(tmp_path / "pictures.jsonl", ImageContent, crawl))
        store = opened(ImageStore(tmp_path))
        return ImageStage(site, chosen, products, images, store, history, stats, notes_gone=True)

    def sent(name: str, body: bytes) -> StageResponse:
        return StageResponse(200, f"{HOST}/media/{name}", None, body, Validators(etag=f'"{name}"'))

    first = stage(1, stats)
    asked = run(
        first,
        {
            f"/media/{names[0]}": sent(names[0], ruby),
            f"/media/{names[1]}": sent(names[1], ruby[: len(ruby) // 2]),
            f"/media/{names[2]}": sent(names[2], ruby + b"another"),
            f"/media/{names[3]}": (FAILED, "no answer"),
        },
    )
    assert asked == [f"/media/{name}" for name in names]
    counts = stats.by_stage()["pictures"]
    assert counts == {EXPECTED: 5, "new": 2, "unusable": 1, "failed": 1, "gone": 1, "no longer shown": 0}
    assert stats.counts["rejected", "certificate"] == 1
    records = read_history(tmp_path)
    assert {key[0] for key in records} == {"gp1", "gp2"}
    record = records["gp2", f"{HOST}/media/{names[0]}"]
    assert record.labels == ("Burmese-Ruby", "Ruby")
    assert record.classes == (f"{HOST}/gemstones/burmese-ruby", f"{HOST}/gemstones/ruby")
    assert (record.view, record.page, record.size) == ("1", f"{HOST}/gemstones/ruby/gp2", len(ruby))
    assert (tmp_path / record.file).read_bytes() == ruby
    assert records["gp1", f"{HOST}/media/{names[0]}"].file == record.file

    (ask,) = stage(1, CrawlStats()).begin()
    assert ask.address == f"{HOST}/media/{names[3]}"
    asks = {ask.address.rpartition("/")[2]: ask.validators for ask in stage(2, CrawlStats()).begin()}
    assert asks[names[0]] == Validators(etag=f'"{names[0]}"')
    assert not asks[names[1]]
    (tmp_path / record.file).unlink()
    asks = {ask.address.rpartition("/")[2]: ask.validators for ask in stage(2, CrawlStats()).begin()}
    assert not asks[names[0]]
    later = stage(2, CrawlStats())
    run(later, {f"/media/{names[0]}": 404, f"/media/{names[2]}": sent(names[2], ruby + b"another")})
    gone = {key: record.gone_at is not None for key, record in read_history(tmp_path).items()}
    assert gone == {key: key[1].endswith(names[0]) for key in records}


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        (
            {"a": 404, "b": 404, "c": None},
            "2 of 3 pictures did not come (2 gone), such as this: the shop has it no",
        ),
        ({"a": 404, "b": (DISALLOWED, "robots.txt forbids it"), "c": b"text"}, "3 of 3 pictures did not come (1 "),
        ({"a": 404, "b": None}, ""),
        ({"a": None}, ""),
    ],
    ids=["most are gone", "all for several reasons", "half", "none"],
)
def test_a_crawl_whose_pictures_mostly_did_not_come_is_not_good(
    tmp_path: Path, site: Site, stats: CrawlStats, ruby: bytes, answers: dict[str, Any], said: str
) -> None:
    known, products = listed(tmp_path, site)
    catalogue = read_catalogue(known, site, START)
    chosen = [one for one in catalogue.selection((), None) if one.key == "gp1"]
    names = {f"gp1-{name}-010124.jpg": answer for name, answer in answers.items()}
    run(ProductStage(site, START, catalogue, chosen, products, stats), {"/gemstones/ruby/gp1": product(*names)})
    images = opened(FetchLog(tmp_path / "pictures.jsonl", ImageContent, 1))
    store, history = opened(ImageStore(tmp_path)), opened(History(tmp_path))

    def sent(name: str, answer: Any) -> Reply:
        body = ruby if answer is None else answer
        return StageResponse(200, f"{HOST}/media/{name}", None, body) if isinstance(body, bytes) else body

    stage = ImageStage(site, chosen, products, images, store, history, stats)
    run(stage, {f"/media/{name}": sent(name, answer) for name, answer in names.items()})
    assert [problem.reason.startswith(said) for problem in stats.problems] == ([True] if said else [])
    summary = summarise(stats, crawl=1, seconds=1, interrupted=False, complete=True)
    assert summary.is_good == (not said)
    if said:
        assert f"{HOST}/media/{next(iter(names))}: {said}" in "\n".join(summary_lines(summary))


def test_a_crawl_whose_products_mostly_did_not_come_is_not_good(tmp_path: Path, site: Site, stats: CrawlStats) -> None:
    known, products = listed(tmp_path, site)
    catalogue = read_catalogue(known, site, START)
    run(ProductStage(site, START, catalogue, catalogue.selection((), None), products, stats), {})
    assert [problem.reason.partition(" (")[0] for problem in stats.problems] == ["2 of 2 products did not come"]


def test_a_line_says_that_its_picture_is_set_aside(tmp_path: Path, site: Site, stats: CrawlStats, ruby: bytes) -> None:
    known, products = listed(tmp_path, site)
    catalogue = read_catalogue(known, site, START)
    chosen = catalogue.selection((), None)
    found = {"/gemstones/ruby/gp1": product("gp1-1-010124.jpg", "gp1-certi-010124.jpg"), "/gemstones/ruby/gp2": 404}
    run(ProductStage(site, START, catalogue, chosen, products, stats), found)
    with ExitStack() as stack:
        images = stack.enter_context(closing(FetchLog(tmp_path / "pictures.jsonl", ImageContent, 1)))
        store, history = stack.enter_context(closing(ImageStore(tmp_path))), History(tmp_path)
        stack.enter_context(closing(history))
        bodies = {"gp1-1-010124.jpg": ruby, "gp1-certi-010124.jpg": ruby + b"another"}
        sent = {f"/media/{name}": StageResponse(200, f"{HOST}/{name}", None, body) for name, body in bodies.items()}
        run(ImageStage(site, chosen, products, images, store, history, stats), sent)
    write_crawl_info(tmp_path, CrawlInfo(site=site.name, start=START))

    def said() -> dict[str, str | None]:
        return {key[1].rpartition("-01")[0][-7:]: record.set_aside for key, record in read_history(tmp_path).items()}

    lines = (tmp_path / "images.jsonl").read_text().splitlines()
    assert said() == {"a/gp1-1": None, "1-certi": "certificate"}
    ids = {record.set_aside: record.sha256 for record in read_history(tmp_path).values()}
    clean(tmp_path)
    assert (tmp_path / "images.jsonl").read_text().splitlines() == lines
    clean(tmp_path, put_back=[ids["certificate"][:12]])
    assert said() == {"a/gp1-1": None, "1-certi": None}
    clean(tmp_path, read=lambda path: "REPORT" if path.stem == ids[None] else None)
    assert said() == {"a/gp1-1": "certificate", "1-certi": None}
    # Nothing was written anew: each change is a line of its own.
    assert (tmp_path / "images.jsonl").read_text().splitlines()[:2] == lines
    assert len((tmp_path / "images.jsonl").read_text().splitlines()) == 4
