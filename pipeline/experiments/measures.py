"""What the decisions of a trial come to, and which of two is better."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from gemhier.arrays import Booleans, Float64, Indices
from gemhier.hierarchy.error_budget import ErrorBudget, error_budget
from gemhier.hierarchy.intervals import holm, sign_flip_test
from gemhier.hierarchy.labels import LabelSpace
from gemhier.hierarchy.metrics import mistake_severities, severity_matrix
from gemhier.hierarchy.risk import by_least_cost
from gemhier.hierarchy.taxonomy import Taxonomy
from gemhier.pipeline.evaluation.estimates import NO_ESTIMATE, Estimate, mean, share
from gemhier.pipeline.evaluation.evaluation import StrategyFigures, measure_ranking
from gemhier.pipeline.evaluation.paired_tests import Comparison, compare
from gemhier.pipeline.experiments.plan import LEAST_COST, Arm

if TYPE_CHECKING:
    # TensorFlow takes seconds to load, and nothing is trained here.
    from gemhier.pipeline.experiments.answers import Answers


@dataclass(frozen=True, eq=False)
class Decision:
    """One strategy of one arm, or its answer of least expected cost.

    Attributes:
        name: such as "both: fused".
        arm: the arm's name.
        asked: (N,) whether each picture was asked about.
        predicted: (A,) the column of the label of each picture that was.
        severities: (A,) the height of the lowest node above true and predicted label, 0 where right.
        figures: what it comes to on them.
    """

    name: str
    arm: str
    asked: Booleans
    predicted: Indices
    severities: Float64
    figures: StrategyFigures


@dataclass(frozen=True)
class Paired:
    """Two decisions on the pictures that both were asked about.

    All but `in_each_division` is of the first division. The adjusted p-values are those to go by where all comparisons
    of a trial are read and not one that was named beforehand.

    Attributes:
        top1: which names more pictures right, with McNemar's test, which takes the pictures of a stone for independent.
        in_each_division: second - first of the shares of pictures named right.
        top1_p: how likely so large a difference of these is if neither is better, by groups.
        severity: second - first of the mean severity over all pictures, 0 where right: fewer mistakes lower it as
            well as milder ones.
        severity_p: how likely so large a difference of severities is if neither is milder, by groups.
        top1_p_adjusted: for all comparisons of the trial together; as `top1_p` where there is one.
        severity_p_adjusted: the same of the severities.
    """

    top1: Comparison
    in_each_division: tuple[float, ...]
    top1_p: float
    severity: Estimate
    severity_p: float
    top1_p_adjusted: float
    severity_p_adjusted: float

    def to_dict(self) -> dict[str, Any]:
        """JSON values."""
        return {
            **self.top1.to_dict(),
            "difference_in_each_division": " ".join(f"{value:+.4f}" for value in self.in_each_division),
            "p_value_by_group": self.top1_p,
            "p_value_by_group_adjusted": self.top1_p_adjusted,
            **self.severity.to_dict("severity_difference"),
            "severity_p_value": self.severity_p,
            "severity_p_value_adjusted": self.severity_p_adjusted,
        }


@dataclass(frozen=True, eq=False)
class Truth:
    """What is known of the N pictures of a trial.

    Attributes:
        labels: (N,) node ids.
        groups: (N,) the same for pictures of one stone.
        space: the labels.
        taxonomy: knows all of them.
    """

    labels: Sequence[str]
    groups: Sequence[str]
    space: LabelSpace
    taxonomy: Taxonomy

    def truth(self, asked: Booleans) -> Indices:
        """Return the columns of the labels of some pictures."""
        return np.array([self.space.index(label) for label, chosen in zip(self.labels, asked, strict=True) if chosen])


def decisions(arm: Arm, answers: "Answers", known: Truth) -> tuple[Decision, ...]:
    """All decisions of an arm: its strategies, and the least expected cost by the last of them."""
    found: dict[str, Float64] = {name: answers.probabilities[name] for name in arm.strategies}
    found[LEAST_COST] = by_least_cost(found[arm.strategies[-1]], severity_matrix(known.space))
    made = []
    for name, ranking in found.items():
        decision = _decision(f"{arm.name}: {name}", arm.name, answers.asked, ranking, known)
        if name == LEAST_COST:
            # A ranking and no distribution: it states no probability, and its family is that of its label.
            parents, groups = known.space.parents, _chosen(known.groups, answers.asked)
            family_right = parents[decision.predicted] == parents[known.truth(answers.asked)]
            named = share(family_right, groups)
            figures = replace(
                decision.figures, family_right=family_right, family_top1=named, ece=NO_ESTIMATE, brier=NO_ESTIMATE
            )
            decision = replace(decision, figures=figures)
        made.append(decision)
    return tuple(made)


def paired(first: Sequence[Decision], second: Sequence[Decision], known: Truth) -> Paired:
    """Compare two decisions picture by picture.

    Args:
        first: what one came to in each division.
        second: the same of the other.
        known: the pictures.
    """
    groups = np.asarray(_chosen(known.groups, first[0].asked & second[0].asked))
    one, other = _on_both(first[0], second[0])
    first_right, second_right = first[0].figures.right[one], second[0].figures.right[other]
    milder = second[0].severities[other] - first[0].severities[one]
    top1_p = sign_flip_test(second_right.astype(np.float64) - first_right, groups)
    severity_p = sign_flip_test(milder, groups)
    return Paired(
        top1=compare(first[0].name, second[0].name, first_right, second_right, groups),
        in_each_division=tuple(_ahead(*pair) for pair in zip(first, second, strict=True)),
        top1_p=top1_p,
        severity=mean(milder, groups),
        severity_p=severity_p,
        top1_p_adjusted=top1_p,
        severity_p_adjusted=severity_p,
    )


def adjusted(pairs: Sequence[Paired]) -> tuple[Paired, ...]:
    """Return the same comparisons with p-values that hold for all of them together, of top-1 and of severities each."""
    of_top1, of_severity = holm([pair.top1_p for pair in pairs]), holm([pair.severity_p for pair in pairs])
    return tuple(
        replace(pair, top1_p_adjusted=float(top1), severity_p_adjusted=float(severity))
        for pair, top1, severity in zip(pairs, of_top1, of_severity, strict=True)
    )


def budget(arm: Arm, made: Mapping[str, Decision], answers: "Answers", known: Truth) -> tuple[ErrorBudget, ...]:
    """Where the two stages of an arm lose pictures, by gemmological family; empty for an arm of one stage.

    Routing is right where it chose the family that holds the true label in the arm's own tree, whatever else stands
    there. An arm without a flat classifier fuses nothing: its fusion is its soft routing.
    """
    if "hard" not in arm.strategies:
        return ()
    hard, soft, last = (made[f"{arm.name}: {name}"] for name in ("hard", "soft", arm.strategies[-1]))
    truth = known.truth(hard.asked)
    chosen, wanted = (np.take_along_axis(answers.families, part[:, None], 1) for part in (hard.predicted, truth))
    routed = (chosen == wanted)[:, 0]
    return error_budget(truth, hard.predicted, soft.predicted, last.predicted, known.space, routed=routed)


def majority(known: Truth) -> Decision:
    """Return what always naming the most frequent label comes to."""
    asked = np.ones(len(known.labels), dtype=np.bool_)
    # Where several are as frequent, the first of them: a ranking by frequency would tie, and a tie is never right.
    ranking = np.zeros((len(known.labels), len(known.space)))
    ranking[:, np.bincount(known.truth(asked)).argmax()] = 1
    return _decision("the most frequent label", "", asked, ranking, known)


def _decision(name: str, arm: str, asked: Booleans, ranking: Float64, known: Truth) -> Decision:
    """Answer the pictures that were asked about with the first of a ranking of all labels."""
    labels, groups = _chosen(known.labels, asked), _chosen(known.groups, asked)
    predicted = ranking.argmax(axis=1)
    return Decision(
        name=name,
        arm=arm,
        asked=asked,
        predicted=predicted,
        severities=mistake_severities(known.truth(asked), predicted, known.space),
        figures=measure_ranking(ranking, labels, groups, space=known.space, taxonomy=known.taxonomy),
    )


def _on_both(first: Decision, second: Decision) -> tuple[Booleans, Booleans]:
    """Which of the pictures that each was asked about the other was asked about too."""
    both = first.asked & second.asked
    return both[first.asked], both[second.asked]


def _ahead(first: Decision, second: Decision) -> float:
    one, other = _on_both(first, second)
    return float(second.figures.right[other].mean() - first.figures.right[one].mean())


def _chosen(values: Sequence[str], asked: Booleans) -> list[str]:
    return [value for value, chosen in zip(values, asked, strict=True) if chosen]
