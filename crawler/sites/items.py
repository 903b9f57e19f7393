"""What the pages of a shop say: what page objects return, and what is kept between crawls."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class CategoryLink:
    """A category that an index page names: its name as printed, and its address."""

    label: str
    address: str


@dataclass(frozen=True, slots=True)
class ImageLink:
    """A picture that a product page shows: its address, and which view of the product it is."""

    image_url: str
    view: str


@dataclass(frozen=True, slots=True)
class ListingContent:
    """What an index page or a category's page lists.

    Attributes:
        categories: of an index page.
        products: addresses, of a category's page.
        next_page: the address of the next page; None on the last.
    """

    categories: tuple[CategoryLink, ...] = ()
    products: tuple[str, ...] = ()
    next_page: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the fields as JSON values."""
        return {
            "categories": [[link.label, link.address] for link in self.categories],
            "products": list(self.products),
            "next_page": self.next_page,
        }

    @classmethod
    def from_json(cls, entry: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote."""
        categories = tuple(CategoryLink(str(label), str(address)) for label, address in entry["categories"])
        return cls(categories, tuple(map(str, entry["products"])), entry["next_page"])


@dataclass(frozen=True, slots=True)
class ProductContent:
    """What a product's page says.

    Attributes:
        page: the address that was asked for.
        images: in the order of the page.
        labels: names that the page itself gives the product, besides its categories.
        texts: title, price and so on, by name; only those that are shown.
    """

    page: str
    images: tuple[ImageLink, ...]
    labels: tuple[str, ...]
    texts: Mapping[str, str]

    def to_json(self) -> dict[str, Any]:
        """Return the fields as JSON values."""
        return {
            "page": self.page,
            "pictures": [[link.image_url, link.view] for link in self.images],
            "labels": list(self.labels),
            "texts": dict(self.texts),
        }

    @classmethod
    def from_json(cls, entry: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote."""
        images = tuple(ImageLink(str(address), str(view)) for address, view in entry["pictures"])
        return cls(str(entry["page"]), images, tuple(map(str, entry["labels"])), dict(entry["texts"]))
