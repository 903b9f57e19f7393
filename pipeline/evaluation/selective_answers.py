"""How deep pictures are answered, and how often the answers are right."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gemhier.hierarchy.taxonomy import Taxonomy
from gemhier.pipeline.evaluation.estimates import Estimate, share


@dataclass(frozen=True)
class DepthFigures:
    """The answers of one depth.

    Attributes:
        depth: how many nodes lead to them: 1 for a family.
        answered: how many there are.
        share: of all pictures.
        precision: how often they are right.
    """

    depth: int
    answered: int
    share: Estimate
    precision: Estimate


@dataclass(frozen=True)
class AnswerFigures:
    """The answers to pictures whose label the model can output.

    An answer is right if it is the label of the picture or lies above it.

    Attributes:
        target_precision: what was asked for.
        threshold: the least probability of an answer that this took.
        n: pictures, those that cannot be read included.
        answered: share of them that got an answer.
        precision: how often these answers are right.
        depths: from the families down.
    """

    target_precision: float
    threshold: float
    n: int
    answered: Estimate
    precision: Estimate
    depths: tuple[DepthFigures, ...]

    def to_dict(self) -> dict[str, Any]:
        """JSON values."""
        return {
            "target_precision": self.target_precision,
            "threshold": self.threshold,
            "n": self.n,
            **self.answered.to_dict("answered"),
            **self.precision.to_dict("precision"),
            "depths": [
                {"depth": row.depth, "n": row.answered}
                | row.share.to_dict("share")
                | row.precision.to_dict("precision")
                for row in self.depths
            ],
        }


def is_right(answer: str, truth: str, taxonomy: Taxonomy) -> bool:
    """Whether an answer is the label of a picture or lies above it, by any parent."""
    return answer == truth or answer in taxonomy.ancestors(truth)


def answer_figures(
    answers: Sequence[str | None],
    truth: Sequence[str],
    groups: Sequence[str],
    *,
    taxonomy: Taxonomy,
    target_precision: float,
    threshold: float,
) -> AnswerFigures:
    """Measure the answers to pictures.

    Args:
        answers: (N,) node ids; None for no answer.
        truth: (N,) node ids.
        groups: (N,), the same for pictures of one stone.
        taxonomy: knows all of them.
        target_precision: what was asked for.
        threshold: the least probability of an answer.
    """
    depths = np.array([0 if answer is None else answer.count("/") + 1 for answer in answers], dtype=np.intp)
    right = np.array(
        [
            answer is not None and is_right(answer, label, taxonomy)
            for answer, label in zip(answers, truth, strict=True)
        ],
        dtype=np.bool_,
    )
    group_of = np.asarray(groups, dtype=np.str_)
    given = depths > 0
    rows = []
    for depth in range(1, depths.max(initial=0) + 1):
        here = depths == depth
        rows.append(DepthFigures(depth, int(here.sum()), share(here, group_of), share(right[here], group_of[here])))
    return AnswerFigures(
        target_precision=target_precision,
        threshold=threshold,
        n=len(depths),
        answered=share(given, group_of),
        precision=share(right[given], group_of[given]),
        depths=tuple(rows),
    )
