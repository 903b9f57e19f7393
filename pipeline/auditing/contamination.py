"""Classes most of whose products belong to another family."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from gemhier.pipeline.auditing.listing import Listing

METHOD = (
    "Every class votes, for each of its products, for the family that its name stands for in the taxonomy. A product "
    "belongs to the family with most votes; to that of the class itself if it is among them. A class is contaminated "
    "if more than half of its products belong to another family. It then loses its own vote, and all is "
    "counted again until no further class is found."
)
"""What is called contaminated, for people."""

_MOST_FOREIGN = 0.5


@dataclass(frozen=True)
class Foreign:
    """The products of a class that belong elsewhere.

    Attributes:
        name: of the class.
        family: that its name stands for.
        products: how many it has.
        foreign: how many belong to another family.
        mostly: the family to which most of those belong.
        contaminated: whether they are more than half of the class.
    """

    name: str
    family: str
    products: int
    foreign: int
    mostly: str
    contaminated: bool

    @property
    def share(self) -> float:
        """Of the products, those that belong to another family."""
        return self.foreign / self.products


def foreign_products(listing: Listing, families: Mapping[str, str]) -> tuple[Foreign, ...]:
    """The classes with products of another family, by `METHOD`, the largest share first.

    Args:
        listing: what stands where.
        families: class to family; classes whose family is unknown do not vote and are not judged.
    """
    voters = {name for name in listing.filled if name in families}
    contaminated: set[str] = set()
    while True:
        found = [_judge(listing, name, families, voters - contaminated) for name in listing.filled if name in families]
        more = {judged.name for judged in found if judged.share > _MOST_FOREIGN} - contaminated
        if not more:
            break
        contaminated |= more
    # One whose products came home once a more contaminated class had lost its vote is not contaminated itself.
    return tuple(
        sorted((judged for judged in found if judged.foreign), key=lambda judged: (-judged.share, judged.name))
    )


def _judge(listing: Listing, name: str, families: Mapping[str, str], voters: set[str]) -> Foreign:
    own = families[name]
    elsewhere: Counter[str] = Counter()
    for key in listing.classes[name]:
        votes = Counter(families[other] for other in listing.names[key] if other in voters)
        most = max(votes.values(), default=0)
        if votes[own] < most:
            elsewhere[min(family for family, count in votes.items() if count == most)] += 1
    foreign, products = sum(elsewhere.values()), len(listing.classes[name])
    mostly = min(elsewhere, key=lambda family: (-elsewhere[family], family), default=own)
    return Foreign(name, own, products, foreign, mostly, foreign / products > _MOST_FOREIGN)
