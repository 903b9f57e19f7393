"""All that a trial found, and the verdict in one sentence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gemhier.hierarchy.error_budget import ErrorBudget
from gemhier.pipeline.evaluation.paired_tests import SIGNIFICANCE
from gemhier.pipeline.experiments.measures import Decision, Paired
from gemhier.pipeline.experiments.plan import Plan


@dataclass(frozen=True, eq=False)
class Outcome:
    """All that a trial found.

    Attributes:
        plan: what was compared.
        images: how many.
        groups: how many stones, or groups of near-copies.
        data: the data set's digest.
        decisions: what each came to, in the first repeat.
        spread: decision -> its top-1 in each repeat.
        pairs: the comparisons.
        budgets: arm -> where its pictures are lost and won back.
        milliseconds: decision -> time of a picture.
        majority: always naming the most frequent label.
        elsewhere: name of a set of pictures from elsewhere -> the same of these pictures.
    """

    plan: Plan
    images: int
    groups: int
    data: str
    decisions: tuple[Decision, ...]
    spread: Mapping[str, Sequence[float]]
    pairs: tuple[Paired, ...]
    budgets: Mapping[str, tuple[ErrorBudget, ...]]
    milliseconds: Mapping[str, float]
    majority: Decision
    elsewhere: Mapping[str, "Outcome"] = field(default_factory=dict)

    @property
    def against_baseline(self) -> tuple[Paired, ...]:
        """The comparisons of the other decisions with the baseline."""
        return tuple(pair for pair in self.pairs if pair.top1.first == self.plan.baseline)

    @property
    def verdict(self) -> str:
        """Which decision is better than the baseline, by how much and how surely, in one sentence.

        Better is what names more pictures right with a p-value below 0.05, by stone and adjusted for all comparisons;
        of several, the one with the largest difference.
        """
        measured = [pair for pair in self.against_baseline if pair.top1.difference.value is not None]
        if not measured:
            return f"Nothing is compared with {self.plan.baseline}."
        better = [pair for pair in measured if pair.top1_p_adjusted < SIGNIFICANCE and _points(pair) > 0]
        best = max(better or measured, key=_points)
        if better:
            return f"{best.top1.second} names {_in_words(best)}."
        return (
            f"No arm is better than {self.plan.baseline} beyond chance: the closest, {best.top1.second}, "
            f"names {_in_words(best)}."
        )


def _points(pair: Paired) -> float:
    return 100 * (pair.top1.difference.value or 0.0)


def _in_words(pair: Paired) -> str:
    """How many more pictures the second names right than the first, with the evidence."""
    found, size = pair.top1, f"{abs(_points(pair)):.1f}"
    points = "point" if size == "1.0" else "points"
    ahead = f"{size} {points} {'more' if _points(pair) >= 0 else 'fewer'} of the pictures right than"
    low, high = found.difference.low, found.difference.high
    interval = f"95% interval {100 * low:+.1f} to {100 * high:+.1f}, " if low is not None and high is not None else ""
    return (
        f"{'as many pictures right as' if size == '0.0' else ahead} {found.first} "
        f"({found.second_right / found.n:.1%} against {found.first_right / found.n:.1%}; {interval}"
        f"adjusted p = {pair.top1_p_adjusted:.2g})"
    )
