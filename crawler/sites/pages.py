"""Page objects: they take the text of a shop's page and return what it says. They make no requests.

A page that does not fit the site file raises a `PageError`, which names the selector that found nothing.
"""

import json
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit, urlunsplit

from gemhier.crawler.sites.items import CategoryLink, ImageLink, ProductContent
from gemhier.crawler.sites.site import CategoryRules, IndexRules, ProductRules, Selector
from gemhier.crawler.sites.site_file import is_web_address

if TYPE_CHECKING:
    import parsel


class PageError(Exception):
    """A page does not fit the site file.

    Args:
        selector: what found nothing, as the site file writes it.
        reason: what is missing.
    """

    def __init__(self, selector: str, reason: str) -> None:
        super().__init__(f"{reason} ({selector})")
        self.selector = selector
        self.reason = reason


class _Page:
    """A page, HTML or JSON.

    Args:
        text: what the server sent.
        url: where it was found, to which its addresses are relative unless it names another base.
    """

    def __init__(self, text: str, url: str) -> None:
        self._text = text
        self._url = url

    @cached_property
    def _root(self) -> "parsel.Selector":
        import parsel

        if self._is_json:
            return parsel.Selector(text=self._text, type="json")
        # lxml takes no NUL.
        return parsel.Selector(text=self._text.replace("\0", ""), type="html")

    @cached_property
    def _is_json(self) -> bool:
        if self._text.lstrip()[:1] not in ("{", "["):
            return False
        try:
            json.loads(self._text)
        except (ValueError, RecursionError):
            return False
        return True

    @cached_property
    def _base(self) -> str:
        """To which the page's addresses are relative: `<base href>` if it has one (HTML Standard, 4.2.3)."""
        found = None if self._is_json else self._root.xpath("//base/@href").get()
        base = self._absolute(self._url, found.strip()) if found else None
        return base or self._url

    def _fits(self, selector: Selector) -> bool:
        """Tell whether a selector is for a page of this kind."""
        return (selector.kind == "json") == self._is_json

    def _matches(self, selector: Selector, within: "parsel.Selector") -> "parsel.SelectorList[parsel.Selector]":
        if selector.kind == "json":
            return within.jmespath(selector.expression)
        return within.css(selector.expression) if selector.kind == "css" else within.xpath(selector.expression)

    def _values(self, selector: Selector, within: "parsel.Selector | None" = None) -> Iterator[str]:
        """Yield the texts that a selector finds, skipping blank ones."""
        if not self._fits(selector):
            return
        for match in self._matches(selector, self._root if within is None else within):
            # An element means its text, as `string()` does in XPath.
            found = match.get() if self._is_json or isinstance(match.root, str) else match.xpath("string()").get()
            value = selector.value_of(str(found)) if found is not None else None
            if value:
                yield value

    def _first(self, selectors: tuple[Selector, ...]) -> str | None:
        """Return the first text found, trying the selectors in order.

        None if none of them finds any.
        """
        return next((value for selector in selectors for value in self._values(selector)), None)

    def _address(self, value: str) -> str | None:
        """Make an address on the page absolute, without its fragment.

        None if it is not a web address.
        """
        return self._absolute(self._base, value)

    @staticmethod
    def _absolute(base: str, value: str) -> str | None:
        try:
            parts = urlsplit(urljoin(base, value))
            address = urlunsplit(parts._replace(fragment=""))
        except ValueError:
            return None
        return address if is_web_address(address) else None

    def _addresses(self, selectors: tuple[Selector, ...]) -> tuple[str, ...]:
        """Return the addresses that selectors find, without duplicates.

        They are in the order of the selectors, then of the page.
        """
        found = (self._address(value) for selector in selectors for value in self._values(selector))
        return tuple(dict.fromkeys(address for address in found if address))


class IndexPage(_Page):
    """The page that names a shop's categories."""

    def __init__(self, text: str, url: str, rules: IndexRules) -> None:
        super().__init__(text, url)
        self._rules = rules

    def categories(self) -> tuple[CategoryLink, ...]:
        """Return the categories in order, without duplicates.

        Raises:
            PageError: if there are none, or one has no name or address.
        """
        found: dict[CategoryLink, None] = {}
        for links in self._rules.categories:
            if not self._fits(links.each):
                continue
            for element in self._matches(links.each, self._root):
                label = next(self._values(links.label, element), None)
                if label is None:
                    raise PageError(str(links.label), "a category has no name")
                value = next(self._values(links.address, element), None)
                address = self._address(value) if value else None
                if address is None:
                    raise PageError(str(links.address), f"the category {label!r} has no address")
                if self._rules.ignore is None or not self._rules.ignore.search(label):
                    found[CategoryLink(label, address)] = None
        if not found:
            selectors = " or ".join(str(links.each) for links in self._rules.categories)
            raise PageError(selectors, "the index names no categories")
        return tuple(found)

    def next_page(self) -> str | None:
        """Return the address of the next page; None on the last."""
        value = self._first(self._rules.next_page)
        return self._address(value) if value else None


class CategoryPage(_Page):
    """A page of a category: some of its products, and the way to the next page."""

    def __init__(self, text: str, url: str, rules: CategoryRules) -> None:
        super().__init__(text, url)
        self._rules = rules

    def products(self) -> tuple[str, ...]:
        """Return the addresses of the products in order, without duplicates.

        Empty if there are none.
        """
        return self._addresses(self._rules.products)

    def next_page(self) -> str | None:
        """Return the address of the next page; None on the last.

        This is for shops whose pages have no numbers.
        """
        value = self._first(self._rules.next_page)
        return self._address(value) if value else None

    def number(self) -> int | None:
        """Return the page number that the page shows; None if it shows none.

        Raises:
            PageError: if what is shown is not a number.
        """
        if self._rules.numbered is None:
            return None
        shown = self._rules.numbered.shown
        value = self._first((shown,))
        if value is None:
            return None
        if not (value.isascii() and value.isdecimal() and len(value) < 10):
            raise PageError(str(shown), f"the number of the page is {value[:40]!r}")
        return int(value)

    def says_that_none_are_left(self) -> bool:
        """Tell whether the page itself says that it has no products."""
        return self._rules.none_left is not None and self._first((self._rules.none_left,)) is not None


class ProductPage(_Page):
    """The page of a product: its pictures and what it says."""

    def __init__(self, text: str, url: str, rules: ProductRules) -> None:
        super().__init__(text, url)
        self._rules = rules

    def product(self) -> ProductContent:
        """Return all that the page says.

        Raises:
            PageError: if it shows no picture, or lacks a text that is required.
        """
        return ProductContent(self._url, self.images(), self.labels(), self.texts())

    def images(self) -> tuple[ImageLink, ...]:
        """Return the pictures in order, without duplicates.

        Raises:
            PageError: if there are none.
        """
        addresses = self._addresses(self._rules.images)
        if not self._rules.keep_query:
            addresses = tuple(dict.fromkeys(address.partition("?")[0] for address in addresses))
        if not addresses:
            raise PageError(" or ".join(map(str, self._rules.images)), "the product has no pictures")
        return tuple(ImageLink(address, self._view(address)) for address in addresses)

    def labels(self) -> tuple[str, ...]:
        """Return the names that the page itself gives the product.

        They are as printed, without duplicates.
        """
        values = (value for selector in self._rules.labels for value in self._values(selector))
        return tuple(dict.fromkeys(values))

    def texts(self) -> dict[str, str]:
        """Return the other texts of the page, by name.

        Those that the page does not show are left out.

        Raises:
            PageError: if a required one is missing.
        """
        texts = {}
        for name, selectors in self._rules.texts.items():
            value = self._first(selectors)
            if value is not None:
                texts[name] = value
            elif name in self._rules.required:
                raise PageError(" or ".join(map(str, selectors)), f"the product has no {name}")
        return texts

    def _view(self, address: str) -> str:
        found = self._rules.view.search(address) if self._rules.view else None
        return (found["view"] or "") if found else ""


def product_key(address: str, rules: ProductRules) -> str:
    """Return the part of an address that identifies the product.

    Raises:
        PageError: if the address does not fit.
    """
    found = rules.key.search(address)
    if found is None or not found["product"]:
        raise PageError(rules.key.pattern, "the address of a product does not fit `key`")
    return found["product"]
