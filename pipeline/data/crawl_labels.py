"""What several names of one product mean together, and which classes of a shop are not to be believed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from gemhier.hierarchy.node import Node
from gemhier.hierarchy.taxonomy import Taxonomy
from gemhier.pipeline.data.contamination import Foreign, foreign_products
from gemhier.pipeline.data.info import Contamination

Labels = frozenset[str]


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
    contamination = tuple(_told(one) for one in foreign_products(products, families) if one.contaminated)
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


def _told(one: Foreign) -> Contamination:
    return Contamination(one.name, one.family, one.products, one.foreign, one.families)


def _families(known: Mapping[str, tuple[str, ...]], taxonomy: Taxonomy) -> dict[str, set[str]]:
    """Return the families of all that a name can mean, for the names of gems that are known."""
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
