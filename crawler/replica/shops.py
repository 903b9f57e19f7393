"""The pages of the replicas: what each path holds, with a real shop's structure and text of our own."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

from gemhier.crawler.replica.faults import FORBIDDEN, Faults
from gemhier.crawler.replica.painting import paint, paint_scene
from gemhier.crawler.replica.stock import CATEGORIES, PRIVATE, Category, Product, Stock, StockImage
from gemhier.templates import render

HTML = "text/html; charset=utf-8"
JSON = "application/json"
JPEG = "image/jpeg"


@dataclass(frozen=True)
class Reply:
    """What a path holds.

    Attributes:
        kind: its media type.
        body: its bytes.
        image: the name of the picture, if it is one.
    """

    kind: str
    body: bytes
    image: str = ""


class Shop:
    """A replica of a shop: a stock, and pages about it.

    Args:
        stock: what it sells.
        faults: what goes wrong, including which pictures lie where robots.txt forbids.
        painted: paints a picture; with a cache, the same one is not painted twice.
    """

    start = "/"
    on_a_page = 24

    def __init__(
        self, stock: Stock, faults: Faults | None = None, painted: Callable[[StockImage, Category], bytes] = paint
    ) -> None:
        self.stock = stock
        self.faults = faults or Faults()
        self._paint = painted
        self._products = {str(product.number): product for product in stock.products}
        self._listed = {category.slug: stock.in_category(category.slug) for category in (*CATEGORIES, PRIVATE)}
        self._images = {image.name: (image, product.category) for product in stock.products for image in product.images}

    def robots(self) -> str:
        """Return the text of robots.txt."""
        return "User-agent: *\nDisallow: /gemstones/private-collection\nDisallow: /media/private/\nDisallow: /cart\n"

    def reply(self, target: str) -> Reply | None:
        """Return what the target of a request holds, or None if nothing.

        The target is the part of an address after the host.
        """
        raise NotImplementedError

    def image_path(self, image: StockImage) -> str:
        """Return the path of a picture."""
        raise NotImplementedError

    def images(self) -> Mapping[str, tuple[StockImage, Category]]:
        """Return all pictures, by name."""
        return self._images

    def _painted(self, name: str) -> Reply | None:
        known = self._images.get(name)
        return Reply(JPEG, self._paint(*known), name) if known else None


class GempunditReplica(Shop):
    """A shop with the structure of gempundit's pages: categories, numbered pages, products, pictures by name."""

    start = "/gemstones"

    def image_path(self, image: StockImage) -> str:
        """Return the path of a picture."""
        folder = "private" if self.faults.of_image(image.name) == FORBIDDEN else "catalog/product/g/p"
        return f"/media/{folder}/{image.name}"

    def reply(self, target: str) -> Reply | None:
        """Return what the target of a request holds, or None if nothing."""
        parts = urlsplit(target).path.strip("/").split("/")
        match parts:
            case ["gemstones"]:
                half = len(CATEGORIES) // 2
                tiles = (*CATEGORIES[half:], PRIVATE)
                return _page("index", title="Gemstones", menu=CATEGORIES[:half], tiles=tiles)
            case ["gemstones", slug, "page", number] if slug in self._listed and number.isdecimal():
                return self._category(slug, int(number))
            case ["gemstones", slug] if slug in self._listed:
                return self._category(slug, 1)
            case ["gemstones", slug, product] if slug in self._listed:
                found = self._products.get(product.rpartition("-gp")[2])
                return self._product(found) if found else None
            case ["media", *_, name]:
                return self._painted(name)
        return None

    def _category(self, slug: str, number: int) -> Reply:
        products = self._listed[slug]
        last = max(1, -(-len(products) // self.on_a_page))
        number = min(max(1, number), last)
        shown = products[(number - 1) * self.on_a_page : number * self.on_a_page]
        return _page("category", title=slug, slug=slug, products=shown, number=number, last=last)

    def _product(self, product: Product) -> Reply:
        facts = [("Origin", product.origin), ("Treatment", product.treatment)]
        images = [self.image_path(image) for image in product.images]
        return _page("product", title=product.title, product=product, facts=facts, images=images)


@dataclass(frozen=True)
class _Batch:
    """Some of a collection's stones, and the cursor for the next ones, if any."""

    stones: tuple[str, ...]
    next: str | None


class MarketReplica(Shop):
    """A shop built quite differently: collections as JSON, endless pages by a cursor, names on the product's page.

    Pictures have several stones on varied grounds, and addresses without a file name.
    """

    start = "/api/collections"
    on_a_page = 8

    def __init__(
        self, stock: Stock, faults: Faults | None = None, painted: Callable[[StockImage, Category], bytes] = paint_scene
    ) -> None:
        super().__init__(stock, faults, painted)
        self._views = {
            (str(product.number), str(view)): image.name
            for product in stock.products
            for view, image in enumerate(product.images, start=1)
        }
        self._query = {name: f"stone={number}&photo={view}" for (number, view), name in self._views.items()}
        self._families = [category for category in CATEGORIES if not category.within]

    def robots(self) -> str:
        """Return the text of robots.txt."""
        return "User-agent: *\nDisallow: /basket\nCrawl-delay: 0.01\n"

    def image_path(self, image: StockImage) -> str:
        """Return the path of a picture."""
        return f"/photo?{self._query[image.name]}&kind={image.kind}"

    def reply(self, target: str) -> Reply | None:
        """Return what the target of a request holds, or None if nothing."""
        address = urlsplit(target)
        query = {name: values[0] for name, values in parse_qs(address.query).items()}
        match address.path.strip("/").split("/"):
            case ["api", "collections"]:
                links = [
                    {"name": category.label, "links": {"page": f"/collection/{number}"}}
                    for number, category in enumerate(self._families)
                ]
                return _json({"collections": links})
            case ["collection", number] if number.isdecimal() and int(number) < len(self._families):
                batch = self._batch(int(number), "")
                return _page("collection", title="Collection", stones=batch.stones, next=batch.next)
            case ["api", "collection", number] if number.isdecimal() and int(number) < len(self._families):
                batch = self._batch(int(number), query.get("after", ""))
                return _json({"stones": [{"href": stone} for stone in batch.stones], "next": batch.next})
            case ["stone", number] if number in self._products:
                return self._stone(self._products[number])
            case ["photo"]:
                return self._painted(self._views.get((query.get("stone", ""), query.get("photo", "")), ""))
        return None

    def _batch(self, number: int, after: str) -> "_Batch":
        stones = self._listed[self._families[number].slug]
        begin = int(after, 36) if after.isalnum() and after.isascii() else 0
        shown = stones[begin : begin + self.on_a_page]
        end = begin + self.on_a_page
        following = f"{number}?after={_base36(end)}" if end < len(stones) else None
        return _Batch(tuple(f"/stone/{product.number}" for product in shown), following)

    def _stone(self, product: Product) -> Reply:
        facts = [("Price", product.price), ("Mined in", product.origin), ("Enhancement", product.treatment)]
        images = [self.image_path(image) for image in product.images]
        return _page("stone", title="Stone", product=product, facts=facts, images=images)


def sold() -> bytes:
    """Return the page that stands where a picture was."""
    return render("crawler/replica/sold.html", title="").encode()


def _page(template: str, **values: Any) -> Reply:
    return Reply(HTML, render(f"crawler/replica/{template}.html", **values).encode())


def _json(content: object) -> Reply:
    return Reply(JSON, json.dumps(content).encode())


def _base36(number: int) -> str:
    digits = "0123456789abcdefghijklmnopqrstuvwxyz"
    text = ""
    while number:
        number, digit = divmod(number, 36)
        text = digits[digit] + text
    return text or "0"
