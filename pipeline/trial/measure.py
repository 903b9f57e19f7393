"""What the decisions of a trial come to, and which of two is better."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from gemhier.hierarchy.error_budget import ErrorBudget, error_budget
from gemhier.hierarchy.intervals import sign_flip_test
from gemhier.hierarchy.labels import LabelSpace
from gemhier.hierarchy.metrics import mistake_severities, severity_matrix
from gemhier.hierarchy.risk import by_least_cost
from gemhier.hierarchy.taxonomy import Taxonomy
from gemhier.pipeline.comparison import Comparison, compare
from gemhier.pipeline.evaluation import StrategyFigures, measure_ranking
from gemhier.pipeline.figures import NO_FIGURE, Figure, mean, share
from gemhier.pipeline.trial.plan import LEAST_COST, Arm

if TYPE_CHECKING:
    # TensorFlow takes seconds to load, and nothing is trained here.
    from gemhier.pipeline.trial.answers import Answers

Classes = npt.NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Decision:
    """One way to decide of one arm.

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
    asked: npt.NDArray[np.bool_]
    predicted: Classes
    severities: npt.NDArray[np.float64]
    figures: StrategyFigures


@dataclass(frozen=True)
class Paired:
    """Two decisions on the pictures that both were asked about.

    Attributes:
        top1: which names more pictures right, with McNemar's test.
        severity: second - first of the mean severity over all pictures, 0 where right.
        severity_p: how likely so large a difference of severities is if neither is milder.
    """

    top1: Comparison
    severity: Figure
    severity_p: float

    def to_dict(self) -> dict[str, Any]:
        """JSON values."""
        return {
            **self.top1.to_dict(),
            **self.severity.to_dict("severity_difference"),
            "severity_p_value": self.severity_p,
        }


@dataclass(frozen=True, eq=False)
class Known:
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

    def truth(self, asked: npt.NDArray[np.bool_]) -> Classes:
        """The columns of the labels of some pictures."""
        return np.array([self.space.index(label) for label, chosen in zip(self.labels, asked, strict=True) if chosen])


def decisions(arm: Arm, answers: "Answers", known: Known) -> tuple[Decision, ...]:
    """All decisions of an arm: its strategies, and the least expected cost by the last of them."""
    found: dict[str, npt.NDArray[np.float64]] = {name: answers.probabilities[name] for name in arm.strategies}
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
                decision.figures, family_right=family_right, family_top1=named, ece=NO_FIGURE, brier=NO_FIGURE
            )
            decision = replace(decision, figures=figures)
        made.append(decision)
    return tuple(made)


def paired(first: Decision, second: Decision, known: Known) -> Paired:
    """Compare two decisions picture by picture."""
    both = first.asked & second.asked
    one, other = both[first.asked], both[second.asked]
    groups = np.asarray(_chosen(known.groups, both))
    milder = second.severities[other] - first.severities[one]
    return Paired(
        compare(first.name, second.name, first.figures.right[one], second.figures.right[other], groups),
        mean(milder, groups),
        sign_flip_test(milder, groups),
    )


def budget(arm: Arm, made: Mapping[str, Decision], answers: "Answers", known: Known) -> tuple[ErrorBudget, ...]:
    """Where the two stages of an arm lose pictures, by gemmological family; empty for an arm of one stage.

    Routing is right where it chose the family that holds the true label in the arm's own tree, whatever else stands
    there. An arm without a flat voice fuses nothing: its fusion is its soft routing.
    """
    if "hard" not in arm.strategies:
        return ()
    hard, soft, last = (made[f"{arm.name}: {name}"] for name in ("hard", "soft", arm.strategies[-1]))
    truth = known.truth(hard.asked)
    chosen, wanted = (np.take_along_axis(answers.families, part[:, None], 1) for part in (hard.predicted, truth))
    routed = (chosen == wanted)[:, 0]
    return error_budget(truth, hard.predicted, soft.predicted, last.predicted, known.space, routed=routed)


def majority(known: Known) -> Decision:
    """What always naming the most frequent label comes to."""
    asked = np.ones(len(known.labels), dtype=np.bool_)
    # Where several are as frequent, the first of them: a ranking by frequency would tie, and a tie is never right.
    ranking = np.zeros((len(known.labels), len(known.space)))
    ranking[:, np.bincount(known.truth(asked)).argmax()] = 1
    return _decision("the most frequent label", "", asked, ranking, known)


def _decision(
    name: str, arm: str, asked: npt.NDArray[np.bool_], ranking: npt.NDArray[np.float64], known: Known
) -> Decision:
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


def _chosen(values: Sequence[str], asked: npt.NDArray[np.bool_]) -> list[str]:
    return [value for value, chosen in zip(values, asked, strict=True) if chosen]
