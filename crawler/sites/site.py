"""How a shop's pages are read: the values of a site file."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

KINDS = ("css", "xpath", "json")
"""What a selector can be written in: CSS or XPath for HTML, JMESPath for JSON."""


@dataclass(frozen=True)
class Selector:
    """Where something stands on a page, and which part of it is meant.

    Attributes:
        kind: one of `KINDS`.
        expression: in that language.
        pattern: a regular expression that a value is searched for; its group `value` is the value, else all
            of the match; what does not match is skipped. None takes values as they are.
        address: makes an address from a value that is not one, by putting it in place of `{value}`.
    """

    kind: str
    expression: str
    pattern: re.Pattern[str] | None = None
    address: str | None = None

    def __str__(self) -> str:
        """Return the selector as a site file writes it."""
        return self.expression if self.kind == "css" else f"{self.kind}: {self.expression}"

    def value_of(self, text: str) -> str | None:
        """Return the part of a text that is meant; None if there is none.

        White space is collapsed as in HTML.
        """
        text = " ".join(text.split())
        if self.pattern is not None:
            found = self.pattern.search(text)
            if found is None:
                return None
            text = (found["value"] if "value" in self.pattern.groupindex else found[0]) or ""
            text = text.strip()
        if text and self.address is not None:
            return self.address.replace("{value}", text)
        return text or None


@dataclass(frozen=True)
class CategoryLinks:
    """Where an index page names its categories.

    Attributes:
        each: the elements, one for each category.
        label: the name, looked for within an element.
        address: the address, looked for within an element.
    """

    each: Selector
    label: Selector
    address: Selector


@dataclass(frozen=True)
class IndexRules:
    """How the page that names the categories is read.

    Attributes:
        categories: ways in which it may name them; all that are found are taken.
        next_page: the address of the next page.
        ignore: categories whose names it matches are left out.
    """

    categories: tuple[CategoryLinks, ...]
    next_page: tuple[Selector, ...] = ()
    ignore: re.Pattern[str] | None = None


@dataclass(frozen=True)
class NumberedPages:
    """Pages of a category that have numbers, from 1.

    Attributes:
        address: of a page, with `{category}` and `{number}` in it.
        shown: the number of the page that is shown: past the end, shops show the last page again.
    """

    address: str
    shown: Selector


@dataclass(frozen=True)
class CategoryRules:
    """How the pages of a category are read.

    Attributes:
        products: the addresses of its products.
        next_page: the address of the next page.
        numbered: how its pages are numbered; None if they are not.
        none_left: what a category shows if it has no products on purpose; without it, an empty one is an error.
    """

    products: tuple[Selector, ...]
    next_page: tuple[Selector, ...] = ()
    numbered: NumberedPages | None = None
    none_left: Selector | None = None


@dataclass(frozen=True)
class ProductRules:
    """How a product's page is read.

    Attributes:
        key: searched for in a product's address; its group `product` identifies it.
        images: the addresses of its pictures.
        view: searched for in a picture's address; its group `view` says which view it is.
        keep_query: whether what follows `?` belongs to a picture's address.
        labels: names that the page itself gives the product.
        texts: what else is kept, by name.
        required: the names of texts without which a page does not fit.
    """

    key: re.Pattern[str]
    images: tuple[Selector, ...]
    view: re.Pattern[str] | None = None
    keep_query: bool = False
    labels: tuple[Selector, ...] = ()
    texts: Mapping[str, tuple[Selector, ...]] = field(default_factory=dict)
    required: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Site:
    """A shop.

    Attributes:
        name: short; it stands in every record.
        start: the address of the index page.
        image_hosts: hosts besides the shop's own that pictures may come from.
        index: None if the start page is the only category, which then has no name.
        category: how its pages are read.
        product: how its pages are read.
        rejected_names: by reason (certificate, hand, card), what is searched for in the names of picture
            files, whatever their case, to set them aside.
        digest: changes with anything that the file says.
    """

    name: str
    start: str
    image_hosts: frozenset[str]
    index: IndexRules | None
    category: CategoryRules
    product: ProductRules
    rejected_names: Mapping[str, re.Pattern[str]]
    digest: str

    def rejection(self, image_url: str) -> str | None:
        """Return why a picture is set aside by its file name; None if it is not."""
        path, _, query = image_url.partition("?")
        name = path.rpartition("/")[2] + (f"?{query}" if self.product.keep_query else "")
        return next((reason for reason, pattern in self.rejected_names.items() if pattern.search(name)), None)


def digest_of(text: str) -> str:
    """Return the digest of a site file's text."""
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:16]
