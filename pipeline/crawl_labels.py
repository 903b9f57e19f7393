"""What several names of one product mean together, and which classes of a shop are not to be believed."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from gemhier.hierarchy.node import Node
from gemhier.hierarchy.taxonomy import Taxonomy
from gemhier.pipeline.data_info import Contamination

Labels = frozenset[str]

_MOST = 0.5
"""A class with a larger share of products of other families is contaminated,"""

_SEVERAL = 3
"""and so is one with products of so many other families,"""

_FEW_PRODUCTS, _FEW = 3, 0.01
"""each with at least so many of them, and at least such a share. Fewer prove nothing in any case."""


@dataclass(frozen=True)
class Meaning:
    """What a set of names comes to.

    Attributes:
        node: the one node; None if there is none.
        kind: why there is none: "unknown name" or "several families".
        reason: in words.
    """

    node: Node | None
    kind: str = ""
    reason: str = ""


@dataclass(frozen=True)
class ResolvedSets:
    """What the sets of names in crawled shops mean.

    Attributes:
        meanings: of each set.
        contamination: classes that are not believed.
        ignored: names that the taxonomy does not know, in sets with others that it knows.
    """

    meanings: Mapping[Labels, Meaning]
    contamination: tuple[Contamination, ...]
    ignored: tuple[str, ...]


def resolve_sets(products: Sequence[Labels], taxonomy: Taxonomy) -> ResolvedSets:
    """Find out what each set of names means: the deepest node that all share a line to, or what several have in common.

    A name that can mean several things means what its companions allow. Names that the taxonomy does not know are left
    out where others are known, and so are those of contaminated classes unless another name bears them out.

    Args:
        products: the names of each product, as its shop's categories give them.
        taxonomy: tells what they mean.
    """
    known = {label: taxonomy.meanings(label) for label in sorted(set().union(*products))}
    families = _families(known, taxonomy)
    contamination = tuple(find_contamination(products, families))
    distrusted = {found.label for found in contamination}
    meanings = {}
    ignored: set[str] = set()
    for labels in set(products):
        named = {label for label in labels if known[label]}
        if named:
            ignored |= labels - named
        trusted = named - distrusted
        vouched = set().union(*(families[label] for label in trusted if label in families))
        borne_out = {label for label in named & distrusted if families[label] & vouched}
        meanings[labels] = _meaning(labels, (trusted | borne_out) or named, known, taxonomy)
    return ResolvedSets(meanings, contamination, tuple(sorted(ignored)))


def find_contamination(products: Sequence[Labels], families: Mapping[str, set[str]]) -> Iterator[Contamination]:
    """Find classes that hold products of other families, by all the other names that these have.

    At first those with products of several other families: they sort by something else than the gem, as a shop's
    "Cats Eye" may hold quartz, apatite and opal. Then those most of whose products belong to another family, the worst
    first. A class that was found does not count as a name when the others are looked at: two classes that share most of
    their products accuse each other, and it is the one with the larger share that is wrong.

    Args:
        products: the names of each product.
        families: to which each name can belong; names that are not there do not count.
    """
    sets = [frozenset(label for label in labels if label in families) for labels in products]
    while True:
        found = _astray(sets, families)
        mixed = [one for one in found if one.is_mixed]
        most = [one for one in found if one.share > _MOST and one.elsewhere >= _FEW_PRODUCTS]
        if not mixed and not most:
            return
        # Of equally large shares the smaller class is wrong, and then the first by its name.
        worst = min(mixed or most, key=lambda one: (-one.share, one.products, one.label))
        ranked = sorted(worst.families, key=lambda family: (-worst.families[family], family))
        yield Contamination(
            label=worst.label,
            family=min(families[worst.label]),
            products=worst.products,
            elsewhere=worst.elsewhere,
            families=tuple(ranked),
        )
        sets = [labels - {worst.label} for labels in sets]


@dataclass(frozen=True)
class _Astray:
    """The products of a class that belong elsewhere, and to which families."""

    label: str
    products: int
    elsewhere: int
    families: Mapping[str, int]

    @property
    def share(self) -> float:
        return self.elsewhere / self.products

    @property
    def is_mixed(self) -> bool:
        """Whether they belong to several families, each with more than a stray product or two."""
        least = max(_FEW_PRODUCTS, _FEW * self.products)
        return sum(count >= least for count in self.families.values()) >= _SEVERAL


def _astray(sets: Sequence[Labels], families: Mapping[str, set[str]]) -> list[_Astray]:
    products: Counter[str] = Counter()
    elsewhere: Counter[str] = Counter()
    of_families: dict[str, Counter[str]] = defaultdict(Counter)
    for labels in sets:
        products.update(labels)
        for label in labels:
            others = set().union(*(families[other] for other in labels if other != label))
            if others and not others & families[label]:
                elsewhere[label] += 1
                of_families[label].update(others)
    return [_Astray(label, products[label], count, of_families[label]) for label, count in elsewhere.items()]


def _families(known: Mapping[str, tuple[str, ...]], taxonomy: Taxonomy) -> dict[str, set[str]]:
    """The families of all that a name can mean, for the names of gems that are known."""
    gems = {label: [node for node in nodes if taxonomy[node].excluded is None] for label, nodes in known.items()}
    return {label: {taxonomy[node].family for node in nodes} for label, nodes in gems.items() if nodes}


def _meaning(labels: Labels, used: Iterable[str], known: Mapping[str, tuple[str, ...]], taxonomy: Taxonomy) -> Meaning:
    nodes = _agreed([known[label] for label in sorted(used)], taxonomy)
    if not nodes:
        named = ", ".join(sorted(labels)) or "nothing"
        ambiguous = any(known[label] for label in labels)
        told = "can mean several things" if ambiguous else "is not known to the taxonomy"
        return Meaning(None, "unknown name", f"{named}: {told}")
    excluded = next((taxonomy[node] for node in sorted(nodes) if taxonomy[node].excluded is not None), None)
    if excluded is not None:
        return Meaning(excluded)
    above = {node: taxonomy.ancestors(node) | {node} for node in nodes}
    deepest = {node for node in nodes if not any(node in above[other] for other in nodes if other != node)}
    if len(deepest) == 1:
        return Meaning(taxonomy[deepest.pop()])
    common = frozenset.intersection(*(frozenset(above[node]) for node in deepest))
    if not common:
        told = ", ".join(taxonomy[node].name for node in sorted(deepest))
        return Meaning(None, "several families", f"it stands under {told}, which have nothing in common")
    return Meaning(taxonomy[min(common, key=lambda node: (-len(taxonomy[node].route), node))])


def _agreed(meanings: Sequence[tuple[str, ...]], taxonomy: Taxonomy) -> set[str]:
    """One node for each name: where it has several meanings, those on a line with what is certain."""
    certain = {found[0] for found in meanings if len(found) == 1}
    agreed = set(certain)
    for found in meanings:
        if len(found) > 1:
            agreed |= {node for node in found if any(_on_a_line(node, other, taxonomy) for other in certain)}
    if not agreed and len(meanings) > 1:  # names that are each uncertain may agree on one thing
        shared = frozenset.intersection(*(frozenset(found) for found in meanings))
        return set(shared) if len(shared) == 1 else set()
    return agreed


def _on_a_line(first: str, second: str, taxonomy: Taxonomy) -> bool:
    return first == second or first in taxonomy.ancestors(second) or second in taxonomy.ancestors(first)
