"""What a list of products says about its labels: which share products, lie within others, or are contaminated."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from typing import Any

from gemhier.errors import TaxonomyError
from gemhier.hierarchy.node import Node
from gemhier.hierarchy.taxonomy import Taxonomy
from gemhier.pipeline.data import contamination
from gemhier.pipeline.data.contamination import Foreign, foreign_products
from gemhier.pipeline.data_quality import ceiling as ceilings
from gemhier.pipeline.data_quality.ceiling import Ceiling, ceiling
from gemhier.pipeline.data_quality.containment import Edge, find_edges, shares
from gemhier.pipeline.data_quality.listing import Listing
from gemhier.spreadsheet import csv_text
from gemhier.text import count

LARGEST = 99
"""Over so many of the largest classes the ceiling is given too, unless told otherwise."""

_MOST_NAMED = 5


@dataclass(frozen=True)
class SharedNames:
    """What was found in a list.

    Attributes:
        listing: the list.
        nodes: what the names of its classes mean, where that is known.
        unknown: names that the taxonomy does not know, with the reason.
        ceilings: of top-1, over all classes with products and over the largest.
        foreign: classes with products of another family, the largest share first.
        edges: classes within others.
    """

    listing: Listing
    nodes: dict[str, Node]
    unknown: dict[str, str]
    ceilings: tuple[Ceiling, ...]
    foreign: tuple[Foreign, ...]
    edges: tuple[Edge, ...]

    @cached_property
    def several(self) -> int:
        """How many products stand in two or more classes."""
        return sum(len(names) > 1 for names in self.listing.names.values())

    @property
    def share(self) -> float:
        """Of all products, those that stand in two or more classes."""
        return self.several / len(self.listing.names)

    @cached_property
    def by_number(self) -> dict[int, int]:
        """How many products stand in one class, in two, and so on."""
        return dict(sorted(Counter(map(len, self.listing.names.values())).items()))

    @cached_property
    def contaminated(self) -> tuple[Foreign, ...]:
        """The classes most of whose products belong to another family."""
        return tuple(judged for judged in self.foreign if judged.contaminated)

    def to_dict(self) -> dict[str, Any]:
        """Return the figures as JSON values, with their methods."""
        listing = self.listing
        return {
            "name": listing.name,
            "of": listing.noun,
            "rows": listing.rows,
            "skipped": listing.skipped,
            "classes": len(listing.classes),
            "empty_classes": len(listing.classes) - len(listing.filled),
            "products": len(listing.names),
            "listings": listing.entries,
            "in_several_classes": self.several,
            "in_several_classes_share": round(self.share, 6),
            "by_number_of_classes": {str(number): count for number, count in self.by_number.items()},
            "ceilings": [_rounded(asdict(found)) for found in self.ceilings],
            "ceiling_method": ceilings.METHOD,
            "contaminated": [
                _rounded(asdict(judged) | {"mostly": judged.mostly, "share": judged.share})
                for judged in self.contaminated
            ],
            "contamination_method": contamination.METHOD,
            "edges": [_rounded(asdict(edge)) for edge in self.edges],
            "unknown_names": [{"name": name, "reason": reason} for name, reason in self.unknown.items()],
        }

    def tables(self) -> dict[str, str]:
        """Return the tables as CSV, by the names of their files."""
        return {
            f"{self.listing.name}-{what}.csv": csv_text(rows)
            for what, rows in (
                ("classes", self._classes()),
                ("containment", self._containment()),
                ("edges", self._edges()),
                ("names", self._names()),
            )
        }

    def summary(self) -> Iterator[str]:
        """Say in a few lines what was found."""
        listing, noun = self.listing, self.listing.noun
        one = noun.removesuffix("s")
        yield (
            f"{listing.name}: {count(len(listing.names), one)} in {count(len(listing.filled), 'class', 'classes')}, "
            f"{self.several:,} of them ({self.share:.1%}) in two or more"
        )
        if empty := len(listing.classes) - len(listing.filled):
            yield f"  {count(empty, 'more class lists', 'more classes list')} nothing."
        if listing.skipped:
            lead = "leads nowhere, and does" if listing.skipped == 1 else "lead nowhere, and do"
            yield f"  {listing.skipped:,} of {count(listing.rows, 'line')} {lead} not count."
        for found in self.ceilings:
            yield (
                f"  One name for each of the {noun} allows a top-1 of at most {found.by_listing:.3f} by listing and "
                f"{found.over_classes:.3f} as the mean over classes, on {_which(found, self)}."
            )
        for judged in self.contaminated:
            others = "another family" if len(judged.families) == 1 else f"{len(judged.families)} other families"
            yield (
                f"  {judged.name} is contaminated: {judged.share:.1%} of its {judged.products:,} {noun} belong to "
                f"{others}, mostly to {judged.mostly}."
            )
        counts = Counter(edge.standing for edge in self.edges)
        if self.edges:
            said = ", ".join(f"{number:,} {standing}" for standing, number in counts.items())
            yield f"  {count(len(self.edges), 'class', 'classes')} within another, as the taxonomy sees it: {said}."
        if self.unknown:
            names = ", ".join(list(self.unknown)[:_MOST_NAMED])
            more = ", and others" if len(self.unknown) > _MOST_NAMED else ""
            yield f"  {count(len(self.unknown), 'name')} that the taxonomy does not know: {names}{more}."

    def _classes(self) -> Iterator[Sequence[object]]:
        yield "name", "id", "family", "products", "alone", "foreign", "foreign_share", "mostly", "contaminated"
        judged = {entry.name: entry for entry in self.foreign}
        for name, keys in sorted(self.listing.classes.items()):
            node = self.nodes.get(name)
            alone = sum(len(self.listing.names[key]) == 1 for key in keys)
            known = [node.id, node.family] if node else ["", ""]
            entry = judged.get(name)
            told = (
                [entry.foreign, round(entry.share, 4), entry.mostly, int(entry.contaminated)]
                if entry
                else [0, 0, "", 0]
            )
            yield [name, *known, len(keys), alone, *told]

    def _containment(self) -> Iterator[Sequence[object]]:
        names = self.listing.filled
        yield ["of_row_in_column", *names]
        for name, row in zip(names, shares(self.listing, names), strict=True):
            yield [name, *(round(share, 4) for share in row)]

    def _edges(self) -> Iterator[Sequence[object]]:
        yield [field.name for field in fields(Edge)]
        for edge in self.edges:
            yield list(_rounded(asdict(edge)).values())

    def _names(self) -> Iterator[Sequence[object]]:
        yield "key", "count", "classes"
        for key, names in self.listing.names.items():
            if len(names) > 1:
                yield key, len(names), " | ".join(names)


def shared_names(listing: Listing, taxonomy: Taxonomy, *, largest: int = LARGEST) -> SharedNames:
    """Measure what a list says about its labels.

    Args:
        listing: with at least one product.
        taxonomy: tells what the names of the classes mean.
        largest: over how many of the largest classes the ceiling is given beside that over all.
    """
    nodes: dict[str, Node] = {}
    unknown: dict[str, str] = {}
    for name in sorted(listing.classes):
        try:
            nodes[name] = taxonomy.resolve(name)
        except TaxonomyError as error:
            unknown[name] = str(error)
    families = {name: frozenset({node.family}) for name, node in nodes.items() if node.excluded is None}
    foreign = foreign_products(map(frozenset, listing.names.values()), families)
    chosen = [listing.filled] + ([listing.filled[:largest]] if largest < len(listing.filled) else [])
    return SharedNames(
        listing=listing,
        nodes=nodes,
        unknown=unknown,
        ceilings=tuple(ceiling(listing, names) for names in chosen),
        foreign=foreign,
        edges=find_edges(listing, nodes, taxonomy, {judged.name for judged in foreign if judged.contaminated}),
    )


def _which(found: Ceiling, result: SharedNames) -> str:
    every = len(result.listing.filled)
    return f"all {every:,} classes" if found.classes == every else f"the {found.classes:,} largest"


def _rounded(values: dict[str, Any]) -> dict[str, Any]:
    return {key: round(value, 6) if isinstance(value, float) else value for key, value in values.items()}
