"""How right a classifier can be where one product stands under several names."""

from collections.abc import Sequence
from dataclasses import dataclass

from gemhier.pipeline.data_quality.listing import Listing

METHOD = (
    "Suppose an oracle that knows every product and all its names, but must give one name for it, and is "
    "right on the listings under that name. A listing is a product in a class. By listing, it is right once for "
    "each product, whichever name it gives: products / listings. In the mean over classes, a product adds 1 / size of "
    "the class that it is named after, so the best name is that of its smallest class. That one choice "
    "reaches both figures, and nothing that sees a product alone can be better."
)
"""What the two figures mean, for people."""


@dataclass(frozen=True)
class Ceiling:
    """The best top-1 that is possible on some classes.

    Attributes:
        classes: how many classes.
        products: how many different products are in them.
        listings: how many products each class has, added up.
        by_listing: the share of listings that an oracle with one name for a product can get right.
        over_classes: the mean over the classes of the share that it can get right.
    """

    classes: int
    products: int
    listings: int
    by_listing: float
    over_classes: float


def ceiling(listing: Listing, names: Sequence[str]) -> Ceiling:
    """Return the ceiling that shared labels put on top-1; see `METHOD` for how and why.

    Over classes C_1 ... C_K, let a product p be named g(p), one of the classes it stands in. By listing, the
    share of right answers is |union of C_k| / sum of |C_k| for every g. The mean over classes is
    1 / K * sum over p of 1 / |C_g(p)|, which is largest where g(p) is the smallest class of p.

    Args:
        listing: what stands where.
        names: the classes, none of them empty.

    Raises:
        ValueError: if there are no classes, or one is empty.
    """
    sizes = {name: len(listing.classes[name]) for name in names}
    if not sizes or not all(sizes.values()):
        raise ValueError(f"`names` must be classes with products. Received: {sizes}.")
    smallest: dict[str, int] = {}
    for name, size in sizes.items():
        for key in listing.classes[name]:
            smallest[key] = min(smallest.get(key, size), size)
    listings = sum(sizes.values())
    return Ceiling(
        classes=len(sizes),
        products=len(smallest),
        listings=listings,
        by_listing=len(smallest) / listings,
        over_classes=sum(1 / size for size in smallest.values()) / len(sizes),
    )
