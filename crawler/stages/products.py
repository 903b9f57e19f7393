"""The second stage: what the page of each product says."""

from collections.abc import Iterator, Sequence

from gemhier.crawler.scraping.request import EXPECTED, PAGE, CrawlStats, Problem, StageRequest, StageResponse
from gemhier.crawler.sites.items import ProductContent
from gemhier.crawler.sites.pages import PageError, ProductPage
from gemhier.crawler.sites.site import Site
from gemhier.crawler.stages.catalogue import Catalogue, Listed
from gemhier.crawler.stages.missing import mostly_missing
from gemhier.crawler.storage.fetch_log import FAILED, GONE, NO_VALIDATORS, READ, UNCHANGED, FetchLog


class ProductStage:
    """Reads the page of each product once, however many categories list it.

    Args:
        site: how pages are read.
        start: the address of the index.
        catalogue: what the shop lists.
        chosen: the products to read.
        products: what is known of them.
        stats: what is counted.
        since: what was read in this crawl or later need not be sent again if it has not changed.
    """

    name = "products"

    def __init__(
        self,
        site: Site,
        start: str,
        catalogue: Catalogue,
        chosen: Sequence[Listed],
        products: FetchLog[ProductContent],
        stats: CrawlStats,
        *,
        since: int = 0,
    ) -> None:
        self._site = site
        self._chosen = chosen
        self._products = products
        self._stats = stats
        self._since = since
        self._misfits = catalogue.parse_failures
        self._listings = {start.rstrip("/"), *(link.address.rstrip("/") for link in catalogue.categories)}

    def begin(self) -> Iterator[StageRequest]:
        """Yield requests for the product pages not yet read in this crawl."""
        for address, error in self._misfits:
            self._stats.problems.append(Problem(address, error.selector, error.reason))
        self._stats.add(self.name, EXPECTED, len(self._chosen))
        for listed in self._chosen:
            if self._products.is_settled(listed.key):
                self._stats.add(self.name, "kept")
                continue
            visit = self._products.get(listed.key)
            known = visit.content if visit is not None else None
            if known is not None and known.page in listed.addresses:
                yield StageRequest(known.page, PAGE, self._products.validators(listed.key, self._since), listed.key)
            else:
                yield StageRequest(listed.addresses[0], PAGE, NO_VALIDATORS, listed.key)

    def answered(self, ask: StageRequest, answer: StageResponse) -> tuple[StageRequest, ...]:
        """Read a page."""
        key: str = ask.tag
        if answer.status == 304 and self._products.content(key) is not None:
            self._products.add_unchanged(key)
            self._stats.add(self.name, UNCHANGED)
        elif answer.is_gone or self._is_listing(ask, answer):
            self.not_answered(ask, GONE, "the shop has it no more")
        else:
            self._read(ask, answer)
        return ()

    def not_answered(self, ask: StageRequest, outcome: str, reason: str) -> None:
        """Note a product that cannot be read."""
        self._products.add_without_content(ask.tag, outcome, reason)
        self._stats.add(self.name, outcome)
        if outcome == FAILED:
            self._stats.problems.append(Problem(ask.address, "", reason))

    def finish(self) -> None:
        """Say so if most products did not come."""
        wanted = {listed.key: listed.addresses[0] for listed in self._chosen}
        self._stats.problems.extend(mostly_missing(self._products, wanted, self.name))

    def _is_listing(self, ask: StageRequest, answer: StageResponse) -> bool:
        """Tell whether the shop redirected to a category, as for a sold product."""
        return answer.address != ask.address and answer.address.rstrip("/") in self._listings

    def _read(self, ask: StageRequest, answer: StageResponse) -> None:
        key: str = ask.tag
        try:
            if answer.status != 200 or answer.text is None:
                raise PageError("", f"status {answer.status}" if answer.status != 200 else "this is no page of text")
            page = ProductPage(answer.text, answer.address, self._site.product)
            content = ProductContent(ask.address, page.images(), page.labels(), page.texts())
        except PageError as error:
            self._products.add_without_content(key, FAILED, error.reason)
            self._stats.add(self.name, FAILED)
            self._stats.problems.append(Problem(ask.address, error.selector, error.reason))
            self._stats.parse_failures += 1
            return
        self._stats.parse_failures = 0
        self._products.add_read(key, content, answer.validators)
        self._stats.add(self.name, READ)
