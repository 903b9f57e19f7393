"""Classes of a shop that are not to be believed, since their products have names of other families beside."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Set
from dataclasses import dataclass

METHOD = (
    "A product of a class belongs to another family if it has other names, and none of them can mean a gem of the "
    "class's own family. A class is contaminated if this holds for more than half of its products, and for three at "
    "least, or if these belong to three or more other families, each with at least three products and 0.3% of the "
    "class: then it sorts by something else than the gem, as a class of all cat's-eyes does. In each round the worst "
    "class of the second kind is found, or else the worst of the first; its name then no longer counts, and all is "
    "counted again until no further class is found."
)
"""What is called contaminated, for people."""

_MOST = 0.5
_SEVERAL = 3
_FEW_PRODUCTS, _FEW = 3, 0.003


@dataclass(frozen=True)
class Foreign:
    """The products of a class that belong elsewhere.

    Attributes:
        name: of the class.
        family: that its name stands for.
        products: how many it has.
        foreign: how many belong to another family.
        families: those to which they belong, the most frequent first.
        contaminated: whether the name of the class is not to be believed.
    """

    name: str
    family: str
    products: int
    foreign: int
    families: tuple[str, ...]
    contaminated: bool

    @property
    def share(self) -> float:
        """Of the products, those that belong to another family."""
        return self.foreign / self.products

    @property
    def mostly(self) -> str:
        """The family to which most of these belong."""
        return self.families[0]


def foreign_products(products: Iterable[Set[str]], families: Mapping[str, Set[str]]) -> tuple[Foreign, ...]:
    """Return the classes with products of another family, by `METHOD`, the largest share first.

    Two classes that share most of their products accuse each other: the one with the larger share is wrong; of equal
    ones the smaller, then the first by name. A contaminated class has the figures with which it was found; the others
    are counted when all contaminated names no longer count.

    Args:
        products: the names of each, which are the classes that it stands in.
        families: to which each name can belong; names that are not there do not count.
    """
    sets = [frozenset(name for name in names if name in families) for names in products]
    found: list[Foreign] = []
    while True:
        astray = _astray(sets, families)
        mixed = [one for one in astray if one.is_mixed]
        most = [one for one in astray if one.is_mostly_foreign]
        if not mixed and not most:
            found += [one.told(families, contaminated=False) for one in astray]
            return tuple(sorted(found, key=lambda one: (-one.share, one.name)))
        worst = min(mixed or most, key=lambda one: (-one.share, one.products, one.name))
        found.append(worst.told(families, contaminated=True))
        sets = [names - {worst.name} for names in sets]


@dataclass(frozen=True)
class _Astray:
    """The products of a class that belong elsewhere, and how many of them to each family."""

    name: str
    products: int
    foreign: int
    families: Mapping[str, int]

    @property
    def share(self) -> float:
        return self.foreign / self.products

    @property
    def is_mostly_foreign(self) -> bool:
        return self.foreign >= _FEW_PRODUCTS and self.share > _MOST

    @property
    def is_mixed(self) -> bool:
        least = max(_FEW_PRODUCTS, _FEW * self.products)
        return sum(count >= least for count in self.families.values()) >= _SEVERAL

    def told(self, families: Mapping[str, Set[str]], *, contaminated: bool) -> Foreign:
        ranked = tuple(sorted(self.families, key=lambda family: (-self.families[family], family)))
        return Foreign(self.name, min(families[self.name]), self.products, self.foreign, ranked, contaminated)


def _astray(sets: Collection[frozenset[str]], families: Mapping[str, Set[str]]) -> list[_Astray]:
    products: Counter[str] = Counter()
    foreign: Counter[str] = Counter()
    of_families: dict[str, Counter[str]] = defaultdict(Counter)
    for names in sets:
        products.update(names)
        for name in names:
            elsewhere: set[str] = set().union(*(families[other] for other in names if other != name))
            if elsewhere and not elsewhere & families[name]:
                foreign[name] += 1
                of_families[name].update(elsewhere)
    return [_Astray(name, products[name], count, of_families[name]) for name, count in foreign.items()]
