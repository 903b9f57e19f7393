"""Two models on the same pictures: figures of both, their differences, and what changed."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np

from gemhier.arrays import Booleans
from gemhier.errors import DataError
from gemhier.pipeline.evaluation.estimates import Estimate, mean, share
from gemhier.pipeline.evaluation.paired_tests import Comparison, compare

Change = Literal["better", "worse", "same-right", "same-wrong"]
CHANGES: tuple[Change, ...] = ("better", "worse", "same-right", "same-wrong")

MEASURES = ("top1", "top3", "top5", "family_top1")
"""What is measured, as reports and tracked runs name it."""


@dataclass(frozen=True)
class Judged:
    """A picture, and what a model said of it.

    Attributes:
        image: its path.
        source: the name of its source.
        truth_given: its class as the source writes it.
        truth: the id of the node that this means to the model's taxonomy; None if it knows none.
        group: the same for pictures of one stone.
        predicted: the id of the most probable label; None if the picture could not be read.
        probability: of this label.
        place: of the true label in the ranking, from 1; None if the model cannot output it.
        family_right: whether the true family is the most probable.
        shortlist_right: whether its shortlist holds the true label; None without a shortlist.
        shortlist_size: how many labels the shortlist holds; None without one.
    """

    image: str
    source: str
    truth_given: str
    truth: str | None
    group: str
    predicted: str | None
    probability: float | None
    place: int | None
    family_right: bool
    shortlist_right: bool | None = None
    shortlist_size: int | None = None

    @property
    def right(self) -> bool:
        """Whether the true label is the most probable."""
        return self.place == 1


@dataclass(frozen=True)
class Side:
    """One of two models, and what it said.

    Attributes:
        name: as the user wrote it.
        title: what it is called: by the name of its run or of its folder.
        model_version: of its bundle.
        decided_by: the strategy that its ranking is by.
        split: of the pictures.
        sources: of the pictures, by name.
        judged: a picture each.
        guarantee: what was asked for of the shortlists; None without any.
    """

    name: str
    title: str
    model_version: str
    decided_by: str
    split: str
    sources: tuple[str, ...]
    judged: tuple[Judged, ...]
    guarantee: float | None = None

    def __str__(self) -> str:
        """Return what the user called it, and what it is."""
        return f"{self.name} ({self.model_version}, decided by {self.decided_by})"


@dataclass(frozen=True)
class Pair:
    """What both models said of one picture."""

    first: Judged
    second: Judged

    @property
    def change(self) -> Change:
        """From the first model to the second."""
        if self.first.right == self.second.right:
            return "same-right" if self.first.right else "same-wrong"
        return "better" if self.second.right else "worse"

    @property
    def truth(self) -> str:
        """The label's id, or both where the taxonomies differ."""
        first, second = self.first.truth or "", self.second.truth or ""
        return first if first == second else f"{first} | {second}"


@dataclass(frozen=True)
class ClassChange:
    """What became of one label.

    Attributes:
        label: its id.
        pictures: of it, among those compared.
        better: how many of them only the second model got right.
        worse: how many only the first did.
        first_right: how many the first got right.
        second_right: how many the second got right.
        first_precision: share of the first model's predictions of the label that are right; None without any.
        second_precision: the same of the second model.
    """

    label: str
    pictures: int
    better: int
    worse: int
    first_right: int
    second_right: int
    first_precision: float | None
    second_precision: float | None

    @property
    def gain(self) -> int:
        """How many more pictures the second model gets right."""
        return self.better - self.worse


@dataclass(frozen=True)
class Measured:
    """One measure of both models on the compared pictures; `comparison` has difference and test."""

    first: Estimate
    second: Estimate
    comparison: Comparison


@dataclass(frozen=True)
class ShortlistComparison:
    """The shortlists of both models, where both give one for a picture.

    Attributes:
        guarantee: what was asked for of both.
        n: so many pictures.
        coverage: how often they hold the true label.
        first_size: how many labels those of the first model hold, on average.
        second_size: those of the second.
        size_difference: second minus first.
    """

    guarantee: float
    n: int
    coverage: Measured
    first_size: Estimate
    second_size: Estimate
    size_difference: Estimate


@dataclass(frozen=True)
class LeftOut:
    """How many pictures are not compared.

    Attributes:
        only_first: those that only the first model was given.
        only_second: those that only the second was given.
        unknown_to_first: of those given to both, how many show a label that the first cannot output.
        unknown_to_second: the same of the second.
        unknown: how many show a label that at least one of them cannot output.
    """

    only_first: int
    only_second: int
    unknown_to_first: int
    unknown_to_second: int
    unknown: int


@dataclass(frozen=True)
class ModelComparison:
    """What came of comparing two models.

    Attributes:
        first: one model.
        second: the other.
        titles: what they are called; always two different ones.
        pairs: the pictures that are compared, in the order of the first: those whose label both can output.
        left_out: the others, counted.
        measures: each of `MEASURES`.
        shortlists: of both; None unless both promise shortlists and were asked for the same guarantee.
    """

    first: Side
    second: Side
    titles: tuple[str, str]
    pairs: tuple[Pair, ...]
    left_out: LeftOut
    measures: Mapping[str, Measured]
    shortlists: ShortlistComparison | None

    @property
    def sentence(self) -> str:
        """Which model is better, and whether the difference is real."""
        return self.measures["top1"].comparison.sentence

    @cached_property
    def counts(self) -> Mapping[Change, int]:
        """How many pictures each change has."""
        found = Counter(pair.change for pair in self.pairs)
        return {change: found[change] for change in CHANGES}

    @cached_property
    def relabelled(self) -> int:
        """How many compared pictures have another label in each taxonomy; each model is held to its own."""
        return sum(pair.first.truth != pair.second.truth for pair in self.pairs)

    @cached_property
    def classes(self) -> tuple[ClassChange, ...]:
        """Every label of the compared pictures (by the first model's taxonomy), by id."""
        of_label: dict[str, list[Pair]] = defaultdict(list)
        for pair in self.pairs:
            of_label[pair.first.truth or ""].append(pair)
        first = _precisions([pair.first for pair in self.pairs])
        second = _precisions([pair.second for pair in self.pairs])
        return tuple(
            ClassChange(
                label=label,
                pictures=len(pairs),
                better=sum(pair.change == "better" for pair in pairs),
                worse=sum(pair.change == "worse" for pair in pairs),
                first_right=sum(pair.first.right for pair in pairs),
                second_right=sum(pair.second.right for pair in pairs),
                first_precision=first.get(label),
                second_precision=second.get(label),
            )
            for label, pairs in sorted(of_label.items())
        )

    def moved(self, most: int) -> tuple[tuple[ClassChange, ...], tuple[ClassChange, ...]]:
        """Return the labels of which the second model gets the most more, and the most fewer pictures right."""
        ranked = sorted(self.classes, key=lambda row: (-abs(row.gain), row.label))
        gained = tuple(row for row in ranked if row.gain > 0)
        lost = tuple(row for row in ranked if row.gain < 0)
        return gained[:most], lost[:most]


def compare_sides(first: Side, second: Side) -> ModelComparison:
    """Compare two models on the pictures that both were given and whose label both can output.

    A picture is the same if its path, its source and the name of its class are.

    Raises:
        DataError: if there is no such picture.
    """
    both, only_first, only_second = _paired(first.judged, second.judged)
    if not both:
        raise DataError(
            f"{first.name} and {second.name} have no picture in common. "
            "Evaluate both on the same pictures, named by the same paths."
        )
    pairs = tuple(pair for pair in both if pair.first.place is not None and pair.second.place is not None)
    if not pairs:
        raise DataError(
            f"No picture of {', '.join(first.sources)} shows what both {first.name} and {second.name} can name. "
            "Give other pictures."
        )
    titles = _titles(first, second)
    return ModelComparison(
        first=first,
        second=second,
        titles=titles,
        pairs=pairs,
        left_out=LeftOut(
            only_first=only_first,
            only_second=only_second,
            unknown_to_first=sum(pair.first.place is None for pair in both),
            unknown_to_second=sum(pair.second.place is None for pair in both),
            unknown=len(both) - len(pairs),
        ),
        measures=_measures(pairs, titles),
        shortlists=_shortlists(pairs, titles, first.guarantee) if first.guarantee == second.guarantee else None,
    )


def _paired(first: Sequence[Judged], second: Sequence[Judged]) -> tuple[list[Pair], int, int]:
    """Return the pictures of both, and how many are in one alone; one that is listed twice is two pictures."""
    waiting: dict[tuple[str, str, str], list[Judged]] = defaultdict(list)
    for judged in reversed(second):
        waiting[_key(judged)].append(judged)
    pairs = []
    for judged in first:
        others = waiting[_key(judged)]
        if others:
            pairs.append(Pair(judged, others.pop()))
    return pairs, len(first) - len(pairs), len(second) - len(pairs)


def _key(judged: Judged) -> tuple[str, str, str]:
    return judged.image, judged.source, judged.truth_given


def _titles(first: Side, second: Side) -> tuple[str, str]:
    for one, other in ((first.title, second.title), (first.name, second.name)):
        if one != other:
            return one, other
    one, other = first.title, second.title
    if first.decided_by != second.decided_by:
        return f"{one} by {first.decided_by}", f"{other} by {second.decided_by}"
    return f"{one} (first)", f"{other} (second)"


def _measures(pairs: Sequence[Pair], titles: tuple[str, str]) -> dict[str, Measured]:
    # The first model's groups: near-copies and stones are a matter of the pictures, not of the model.
    groups = np.array([pair.first.group for pair in pairs], dtype=np.str_)
    hits = [_hits([pair.first for pair in pairs]), _hits([pair.second for pair in pairs])]
    found = {}
    for measure in MEASURES:
        one, other = (of_model[measure] for of_model in hits)
        found[measure] = Measured(share(one, groups), share(other, groups), compare(*titles, one, other, groups))
    return found


def _shortlists(pairs: Sequence[Pair], titles: tuple[str, str], guarantee: float | None) -> ShortlistComparison | None:
    both = [pair for pair in pairs if None not in (pair.first.shortlist_size, pair.second.shortlist_size)]
    if guarantee is None or not both:
        return None
    groups = np.array([pair.first.group for pair in both], dtype=np.str_)
    one, other = (
        np.array([each.shortlist_right for each in judged], dtype=np.bool_)
        for judged in ([pair.first for pair in both], [pair.second for pair in both])
    )
    sizes = np.array([[pair.first.shortlist_size, pair.second.shortlist_size] for pair in both], dtype=np.float64)
    return ShortlistComparison(
        guarantee=guarantee,
        n=len(both),
        coverage=Measured(share(one, groups), share(other, groups), compare(*titles, one, other, groups)),
        first_size=mean(sizes[:, 0], groups),
        second_size=mean(sizes[:, 1], groups),
        size_difference=mean(sizes[:, 1] - sizes[:, 0], groups),
    )


def _hits(judged: Sequence[Judged]) -> dict[str, Booleans]:
    """(N,) for each measure."""
    places = np.array([each.place for each in judged], dtype=np.intp)
    found: dict[str, Booleans] = {f"top{k}": places <= k for k in (1, 3, 5)}
    return found | {"family_top1": np.array([each.family_right for each in judged], dtype=np.bool_)}


def _precisions(judged: Sequence[Judged]) -> dict[str, float]:
    predicted = Counter(each.predicted for each in judged if each.predicted is not None)
    right = Counter(each.truth for each in judged if each.right)
    return {label: right[label] / count for label, count in predicted.items()}


def to_dict(comparison: ModelComparison) -> dict[str, Any]:
    """Return the content of compare.json, with the keys of docs/comparing.md."""
    left_out, sides = comparison.left_out, (comparison.first, comparison.second)
    return {
        **{
            position: {"name": side.name, "title": title, "model_version": side.model_version, "by": side.decided_by}
            for position, side, title in zip(("first", "second"), sides, comparison.titles, strict=True)
        },
        "split": comparison.first.split,
        "sources": list(comparison.first.sources),
        "n": len(comparison.pairs),
        "groups": len({pair.first.group for pair in comparison.pairs}),
        "sentence": comparison.sentence,
        "counts": dict(comparison.counts),
        "measures": {name: _measure(measured) for name, measured in comparison.measures.items()},
        **({} if comparison.shortlists is None else {"shortlists": _shortlists_dict(comparison.shortlists)}),
        "relabelled": comparison.relabelled,
        "left_out": {name: getattr(left_out, name) for name in LeftOut.__dataclass_fields__},
        "classes": [
            {name: getattr(row, name) for name in ClassChange.__dataclass_fields__} for row in comparison.classes
        ],
    }


def _measure(measured: Measured) -> dict[str, Any]:
    comparison = measured.comparison.to_dict()
    kept = ("difference", "difference_low", "difference_high", "first_only", "second_only", "p_value", "real")
    return measured.first.to_dict("first") | measured.second.to_dict("second") | {key: comparison[key] for key in kept}


def _shortlists_dict(found: ShortlistComparison) -> dict[str, Any]:
    size = found.first_size.to_dict("first") | found.second_size.to_dict("second")
    return {
        "guarantee": found.guarantee,
        "n": found.n,
        "coverage": _measure(found.coverage),
        "size": size | found.size_difference.to_dict("difference"),
    }
