"""The products that a shop lists, and their categories, as its index and category pages say."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from gemhier.crawler.sites.items import CategoryLink, ListingContent
from gemhier.crawler.sites.pages import PageError, product_key
from gemhier.crawler.sites.site import CategoryRules, Site
from gemhier.crawler.storage.fetch_log import FetchLog
from gemhier.errors import DataError
from gemhier.hierarchy.names import name_key, nearest_names

MOST_PAGES = 5000
"""A category with more pages than this has a `next_page` that goes in a circle."""


@dataclass
class Listed:
    """A product that a shop lists.

    Attributes:
        key: identifies it.
        addresses: of its page, in the order found: at some shops, one for each category.
        labels: names of the categories in which it stands.
        classes: addresses of these categories.
    """

    key: str
    addresses: list[str] = field(default_factory=list)
    labels: set[str] = field(default_factory=set)
    classes: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Catalogue:
    """All that a shop lists.

    Attributes:
        categories: in the order of the index.
        products: by their keys, in the order found.
        parse_failures: addresses that do not fit the site file's `key`.
    """

    categories: tuple[CategoryLink, ...]
    products: dict[str, Listed]
    parse_failures: tuple[tuple[str, PageError], ...]

    def selection(self, names: Sequence[str], limit: int | None) -> list[Listed]:
        """Select products of some categories, from each category in turn.

        Args:
            names: of categories; empty for all.
            limit: the largest number of products; None for all.

        Raises:
            DataError: if there is no category of such a name.
        """
        chosen = {link.address for link in chosen_categories(self.categories, names)}
        products = [product for product in self.products.values() if product.classes & chosen]
        if limit is None:
            return products
        queues = [[product for product in products if address in product.classes] for address in sorted(chosen)]
        picked: dict[str, Listed] = {}
        for turn in range(max(map(len, queues), default=0)):
            for queue in queues:
                if turn < len(queue) and len(picked) < limit:
                    picked[queue[turn].key] = queue[turn]
        return list(picked.values())


def first_page(category: CategoryLink, rules: CategoryRules) -> str:
    """Return the address of a category's first page."""
    return page_address(category, 1, rules) if rules.numbered else category.address


def page_address(category: CategoryLink, number: int, rules: CategoryRules) -> str:
    """Return the address of one of a category's numbered pages."""
    if rules.numbered is None:
        raise ValueError("The pages of this site's categories have no numbers.")
    plain = category.address.partition("?")[0].rstrip("/")
    return rules.numbered.address.replace("{category}", plain).replace("{number}", str(number))


def chosen_categories(categories: Sequence[CategoryLink], names: Sequence[str]) -> tuple[CategoryLink, ...]:
    """Return the categories with one of the names, or all without names.

    A name may be the category's own, any of those in brackets or between slashes, or the last part of its address.

    Raises:
        DataError: if there is no category of a name.
    """
    if not names:
        return tuple(categories)
    chosen: dict[CategoryLink, None] = {}
    for name in names:
        found = [link for link in categories if name_key(name) in _names_of(link)]
        if not found:
            near = nearest_names(name, (link.label for link in categories))
            advice = f"The nearest are {', '.join(near)}." if near else f"It has {len(categories)} others."
            raise DataError(f"The shop has no class {name!r}. {advice}")
        chosen |= dict.fromkeys(found)
    return tuple(chosen)


def read_catalogue(pages: FetchLog[ListingContent], site: Site, start: str) -> Catalogue:
    """Put together what is known of a shop's index and categories."""
    categories = tuple(dict.fromkeys(_index(pages, site, start)))
    products: dict[str, Listed] = {}
    parse_failures: dict[str, PageError] = {}
    for category in categories:
        for address in category_products(pages, category, site):
            try:
                key = product_key(address, site.product)
            except PageError as error:
                parse_failures[address] = error
                continue
            product = products.setdefault(key, Listed(key))
            if address not in product.addresses:
                product.addresses.append(address)
            product.classes.add(category.address)
            if category.label:
                product.labels.add(category.label)
    return Catalogue(categories, products, tuple(parse_failures.items()))


def category_products(pages: FetchLog[ListingContent], category: CategoryLink, site: Site) -> Iterator[str]:
    """Yield the products on a category's pages, as far as they are known."""
    for content in _chain(pages, first_page(category, site.category)):
        yield from content.products


def _index(pages: FetchLog[ListingContent], site: Site, start: str) -> Iterator[CategoryLink]:
    if site.index is None:
        yield CategoryLink("", start)
        return
    for content in _chain(pages, start):
        yield from content.categories


def _chain(pages: FetchLog[ListingContent], address: str | None) -> Iterator[ListingContent]:
    """Yield a page and those that follow it, as far as they are known."""
    seen = set()
    while address is not None and address not in seen:
        seen.add(address)
        content = pages.content(address)
        if content is None:
            return
        yield content
        address = content.next_page


def _names_of(link: CategoryLink) -> set[str]:
    parts = link.label.replace("(", "/").replace(")", "/").split("/")
    slug = link.address.partition("?")[0].rstrip("/").rpartition("/")[2]
    return {name_key(name) for name in (link.label, slug, *parts)} - {""}
