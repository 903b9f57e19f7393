"""What a replica has in stock: products, the categories in which they stand, and their pictures."""

import random
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Category:
    """A category of the shop.

    Attributes:
        slug: the last part of its address.
        label: its name, as the shop prints it.
        within: the slug of the category all of whose products it shares; "" if there is none.
        colour: of its stones, RGB.
    """

    slug: str
    label: str
    within: str
    colour: tuple[int, int, int]


CATEGORIES = (
    Category("emerald", "Emerald (Panna)", "", (30, 160, 90)),
    Category("colombian-emerald", "Colombian Emerald", "emerald", (10, 120, 60)),
    Category("zambian-emerald", "Zambian Emerald", "emerald", (20, 110, 90)),
    Category("aquamarine", "Aquamarine", "", (140, 210, 225)),
    Category("sapphire", "Sapphire", "", (60, 90, 200)),
    Category("blue-sapphire", "Blue Sapphire (Neelam)", "sapphire", (30, 50, 170)),
    Category("ceylon-blue-sapphire", "Ceylon Blue Sapphire", "blue-sapphire", (70, 100, 220)),
    Category("yellow-sapphire", "Yellow Sapphire - Pukhraj", "sapphire", (230, 200, 70)),
    Category("ruby", "Ruby (Manik)", "", (190, 20, 60)),
    Category("burmese-ruby", "Burmese Ruby", "ruby", (210, 10, 50)),
    Category("opal", "Opal", "", (225, 225, 235)),
    Category("australian-opal", "Australian Opal", "opal", (120, 150, 200)),
    Category("ethiopian-opal", "Ethiopian Opal", "opal", (240, 220, 190)),
    Category("mexican-fire-opal", "Mexican Fire Opal", "opal", (240, 110, 30)),
    Category("pearl", "Pearl (Moti)", "", (240, 230, 220)),
    Category("south-sea-pearls", "South Sea Pearls", "pearl", (245, 235, 210)),
    Category("amethyst", "Amethyst", "", (140, 70, 180)),
    Category("citrine", "Citrine (Sunela)", "", (235, 170, 40)),
    Category("garnet", "Garnet", "", (130, 20, 30)),
    Category("hessonite", "Hessonite (Gomed)", "garnet", (190, 90, 30)),
    Category("tanzanite", "Tanzanite", "", (90, 70, 190)),
    Category("peridot", "Peridot", "", (170, 200, 60)),
    Category("iolite", "Iolite (Neeli)", "", (80, 80, 150)),
    Category("turquoise", "Turquoise (Firoza)", "", (70, 190, 190)),
)
"""The categories of both replicas."""

PRIVATE = Category("private-collection", "Private Collection", "", (90, 90, 90))
"""A category that robots.txt forbids."""

CONTAMINATED = "mexican-fire-opal"
"""A category in which the shop also lists pearls, and more of them than opals."""

_COUNTRIES = ("Colombia", "Zambia", "Sri Lanka", "Madagascar", "Brazil", "Myanmar")
_TREATMENTS = ("None", "Heated", "Minor oil")


@dataclass(frozen=True)
class StockImage:
    """A picture of a product.

    Attributes:
        name: of its file.
        kind: "stone", "certificate", "hand" or "card".
        seed: pictures with the same seed look the same.
    """

    name: str
    kind: str
    seed: int


@dataclass(frozen=True)
class Product:
    """A product.

    Attributes:
        number: identifies it.
        category: the one to which it belongs.
        categories: all in which the shop lists it, including that one.
        title: as its page says.
        price: as its page says.
        origin: as its page says; "" if it says none.
        treatment: as its page says; "" if it says none.
        images: in the order of its page.
    """

    number: int
    category: Category
    categories: tuple[Category, ...]
    title: str
    price: str
    origin: str
    treatment: str
    images: tuple[StockImage, ...]

    @property
    def slug(self) -> str:
        """The last part of its address."""
        return f"{self.category.slug}-gp{self.number}"


@dataclass(frozen=True)
class Stock:
    """All that a replica sells.

    Attributes:
        products: in the order of the shop.
    """

    products: tuple[Product, ...]

    def in_category(self, slug: str) -> tuple[Product, ...]:
        """Return the products that a category lists."""
        return tuple(product for product in self.products if slug in {category.slug for category in product.categories})

    def without(self, numbers: set[int]) -> "Stock":
        """Return the stock without some products, as if they had been sold."""
        return replace(self, products=tuple(product for product in self.products if product.number not in numbers))

    def with_more(self, other: "Stock") -> "Stock":
        """Return the stock with another's products before its own."""
        return Stock(other.products + self.products)


def make_stock(products: int, *, first: int = 100_000, seed: int = 0) -> Stock:
    """Make a stock of products and their pictures.

    A product has 2.6 pictures on average, and is listed in up to three categories.

    Args:
        products: how many.
        first: number of the first.
        seed: a different seed makes a different stock.
    """
    chance = random.Random(seed)
    return Stock(tuple(_product(first + index, index, chance) for index in range(products)))


def _product(number: int, index: int, chance: random.Random) -> Product:
    category = CATEGORIES[index % len(CATEGORIES)]
    if category.slug == CONTAMINATED and index >= len(CATEGORIES) and chance.random() < 0.7:
        category = next(other for other in CATEGORIES if other.slug == "pearl")
    listed = [category]
    while listed[-1].within and chance.random() < 0.8:
        listed.append(next(other for other in CATEGORIES if other.slug == listed[-1].within))
    if category.slug in ("pearl", "south-sea-pearls") and chance.random() < 0.4:
        listed.append(next(other for other in CATEGORIES if other.slug == CONTAMINATED))
    if index % 97 == 96:
        listed.append(PRIVATE)
    views = chance.choices((1, 2, 3, 4, 5), (20, 30, 30, 10, 10))[0]
    date = f"{chance.randint(1, 28):02d}{chance.randint(1, 12):02d}24"
    images = [StockImage(f"gp{number}-{view}-{date}.jpg", "stone", 8 * number + view) for view in range(1, views + 1)]
    extra = {7: ("certi", "certificate"), 11: ("hand", "hand"), 13: ("card", "card")}
    for every, (word, kind) in extra.items():
        if index % every == every - 1:
            images.append(StockImage(f"gp{number}-{word}-{date}.jpg", kind, 8 * number))
    carats = 1 + chance.randint(0, 900) / 100
    return Product(
        number=number,
        category=category,
        categories=tuple(dict.fromkeys(listed)),
        title=f"{category.label.partition(' (')[0]} - {carats:.2f} carats",
        price=f"$ {chance.randint(50, 9000):,}",
        origin=chance.choice(_COUNTRIES) if chance.random() < 0.8 else "",
        treatment=chance.choice(_TREATMENTS) if chance.random() < 0.7 else "",
        images=tuple(images),
    )
