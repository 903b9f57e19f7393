"""The first stage: which categories a shop has, and which products are in them."""

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from gemhier.crawler.scraping.request import EXPECTED, PAGE, CrawlStats, Problem, StageRequest, StageResponse
from gemhier.crawler.sites.items import CategoryLink, ListingContent
from gemhier.crawler.sites.pages import CategoryPage, IndexPage, PageError
from gemhier.crawler.sites.site import Site
from gemhier.crawler.stages.catalogue import MOST_PAGES, chosen_categories, first_page, page_address
from gemhier.crawler.storage.fetch_log import FAILED, READ, UNCHANGED, FetchLog

_PATIENCE = 3
"""Paging ends after so many pages in a row that list nothing new: some shops number pages without end."""


@dataclass(frozen=True, slots=True)
class _Place:
    """The page that is asked for: that of a category, from 1, or one of the index if the category is None."""

    category: CategoryLink | None
    number: int


class IndexStage:
    """Reads the index and all pages of all categories.

    Args:
        site: how pages are read.
        start: the address of the index.
        pages: what is known of them.
        stats: what is counted.
        classes: names of the categories to read; empty for all.
        limit: read only as many pages of a category as it takes for this many products; None for all.
        since: what was read in this crawl or later need not be sent again if it has not changed.
    """

    name = "index"

    def __init__(
        self,
        site: Site,
        start: str,
        pages: FetchLog[ListingContent],
        stats: CrawlStats,
        *,
        classes: Sequence[str] = (),
        limit: int | None = None,
        since: int = 0,
    ) -> None:
        self._site = site
        self._start = start
        self._pages = pages
        self._stats = stats
        self._classes = classes
        self._limit = limit
        self._since = since
        self._asked: set[str] = set()
        self._found: dict[str, set[str]] = {}
        self._categories: dict[CategoryLink, None] = {}
        self._without_news: Counter[CategoryLink | None] = Counter()

    def begin(self) -> Iterator[StageRequest]:
        """Yield a request for the index, or for what is still unread."""
        if self._site.index is None:
            yield from self._unread([self._ask(self._start, _Place(CategoryLink("", self._start), 1))])
        else:
            yield from self._unread([self._ask(self._start, _Place(None, 1))])

    def answered(self, ask: StageRequest, answer: StageResponse) -> tuple[StageRequest, ...]:
        """Read a page."""
        place: _Place = ask.tag
        if answer.status == 304 and self._pages.content(ask.address) is not None:
            self._pages.add_unchanged(ask.address)
            self._stats.add(self.name, UNCHANGED)
            return tuple(self._unread(self._following(ask)))
        try:
            content = self._read(place, answer)
        except PageError as error:
            self._fail(ask, Problem(ask.address, error.selector, error.reason))
            return ()
        self._pages.add_read(ask.address, content, answer.validators)
        self._stats.add(self.name, READ)
        return tuple(self._unread(self._following(ask)))

    def not_answered(self, ask: StageRequest, outcome: str, reason: str) -> None:
        """Note a page that cannot be read.

        For the index this is always a failure: without it there is nothing.
        """
        if outcome == FAILED or ask.address == self._start:
            self._fail(ask, Problem(ask.address, "", reason))
        else:
            self._pages.add_without_content(ask.address, outcome, reason)
            self._stats.add(self.name, outcome)

    def finish(self) -> None:
        """Do nothing: all was kept as it came."""

    def _fail(self, ask: StageRequest, problem: Problem) -> None:
        self._pages.add_without_content(ask.address, FAILED, problem.reason)
        self._stats.add(self.name, FAILED)
        self._stats.problems.append(problem)

    def _ask(self, address: str, place: _Place) -> StageRequest:
        return StageRequest(address, PAGE, self._pages.validators(address, self._since), place)

    def _unread(self, asks: Iterable[StageRequest]) -> Iterator[StageRequest]:
        """Yield the requests that are unread, among these and all that follow."""
        waiting = deque(asks)
        while waiting:
            ask = waiting.popleft()
            if ask.address in self._asked:
                continue
            self._asked.add(ask.address)
            self._stats.add(self.name, EXPECTED)
            if self._pages.is_settled(ask.address):
                self._stats.add(self.name, "kept")
                waiting.extendleft(reversed(self._following(ask)))
            else:
                yield ask

    def _following(self, ask: StageRequest) -> list[StageRequest]:
        """Return requests for the pages to which a page leads."""
        place: _Place = ask.tag
        content = self._pages.content(ask.address)
        if content is None:
            return []
        if place.category is None:
            before = len(self._categories)
            self._categories |= dict.fromkeys(content.categories)
            is_new = len(self._categories) > before
        else:
            found = self._found.setdefault(place.category.address, set())
            is_new = not found >= set(content.products)
            found.update(content.products)
            if self._limit is not None and len(found) >= self._limit:
                return []
        self._without_news[place.category] = 0 if is_new else self._without_news[place.category] + 1
        following = content.next_page
        goes_on = place.number < MOST_PAGES and self._without_news[place.category] < _PATIENCE
        if following is not None and goes_on and following not in self._asked:
            return [self._ask(following, _Place(place.category, place.number + 1))]
        if place.category is not None:
            return []
        chosen = chosen_categories(tuple(self._categories), self._classes)
        return [self._ask(first_page(link, self._site.category), _Place(link, 1)) for link in chosen]

    def _read(self, place: _Place, answer: StageResponse) -> ListingContent:
        if answer.is_gone and place.number > 1 and self._site.category.numbered:
            return ListingContent()  # past the end, some shops have no page
        if answer.status != 200 or answer.text is None:
            raise PageError("", f"status {answer.status}" if answer.status != 200 else "this is no page of text")
        if place.category is None:
            if self._site.index is None:
                raise ValueError("This site has no index.")
            index = IndexPage(answer.text, answer.address, self._site.index)
            return ListingContent(categories=index.categories(), next_page=index.next_page())
        page = CategoryPage(answer.text, answer.address, self._site.category)
        products = page.products()
        if not products and place.number == 1 and not page.says_that_none_are_left():
            selectors = " or ".join(map(str, self._site.category.products))
            raise PageError(selectors, f"the category {place.category.label!r} is empty{self._before(place)}")
        if self._site.category.numbered is None:
            return ListingContent(products=products, next_page=page.next_page())
        return self._read_numbered(place, place.category, page, products)

    def _read_numbered(
        self, place: _Place, category: CategoryLink, page: CategoryPage, products: tuple[str, ...]
    ) -> ListingContent:
        """Read a numbered page.

        Past the end, shops show the last page again, as its number reveals.
        """
        shown = page.number()
        is_new = not self._found.get(category.address, set()) >= set(products)
        if shown is None and place.number > 1 and is_new and self._site.category.numbered is not None:
            raise PageError(str(self._site.category.numbered.shown), "the page shows no number, but new products")
        if not products or (shown is not None and shown != place.number) or (shown is None and not is_new):
            return ListingContent()
        return ListingContent(
            products=products, next_page=page_address(category, place.number + 1, self._site.category)
        )

    def _before(self, place: _Place) -> str:
        """Say how many products a category had that is empty now."""
        link = place.category
        visit = self._pages.get(first_page(link, self._site.category)) if link else None
        if visit is None or visit.content is None or not visit.content.products:
            return ""
        return f", but had {len(visit.content.products)} products on its first page before"
