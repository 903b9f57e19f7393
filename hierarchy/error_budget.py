"""Where a classifier of two stages loses its pictures, and which decision wins them back."""

from dataclasses import astuple, dataclass

import numpy as np
import numpy.typing as npt

from gemhier.arrays import Booleans, Indices
from gemhier.hierarchy.labels import LabelSpace


@dataclass(frozen=True, kw_only=True)
class ErrorBudget:
    """What became of the pictures of one family, or of all.

    right + lost_by_routing + lost_by_subclass = pictures, of hard routing; what soft routing and then fusion change
    is counted from the decision before: right + won_by_soft - lost_by_soft + won_by_fusion - lost_by_fusion is
    what fusion gets right.

    Attributes:
        family: the true family's id in the label space; "" for all families together.
        pictures: how many.
        right: by hard routing.
        lost_by_routing: hard routing chose another family.
        lost_by_subclass: it chose the right family, whose regional network chose a wrong label.
        won_by_soft: wrong by hard routing, right by soft.
        lost_by_soft: right by hard routing, wrong by soft.
        won_by_fusion: wrong by soft routing, right by fusion.
        lost_by_fusion: right by soft routing, wrong by fusion.
    """

    family: str
    pictures: int
    right: int
    lost_by_routing: int
    lost_by_subclass: int
    won_by_soft: int
    lost_by_soft: int
    won_by_fusion: int
    lost_by_fusion: int

    def to_dict(self) -> dict[str, str | int]:
        """JSON values, under the names of `BUDGET_COLUMNS`."""
        return dict(zip(BUDGET_COLUMNS, astuple(self), strict=True))


BUDGET_COLUMNS = (
    "family",
    "pictures",
    "right",
    "lost_by_routing",
    "lost_by_region",
    "won_by_soft",
    "lost_by_soft",
    "won_by_fusion",
    "lost_by_fusion",
)
"""What the attributes of an error budget are called in files, in order."""


def error_budget(
    truth: npt.ArrayLike,
    hard: npt.ArrayLike,
    soft: npt.ArrayLike,
    fused: npt.ArrayLike,
    space: LabelSpace,
    *,
    routed: npt.ArrayLike | None = None,
) -> tuple[ErrorBudget, ...]:
    """Count where pictures are lost and won back: all together first, then by true family.

    Args:
        truth: (N,) columns of the true labels.
        hard: (N,) columns of the labels that hard routing predicts.
        soft: (N,) the same of soft routing.
        fused: (N,) the same of the fusion with the flat classifier.
        space: the labels.
        routed: (N,) whether hard routing chose the family that holds the true label, for a classifier whose families
            are others than those of the space; None where they are these.

    Raises:
        ValueError: if the shapes differ, a column is out of range, or a picture is right and not routed to its family.
    """
    columns = [np.asarray(part, dtype=np.intp) for part in (truth, hard, soft, fused)]
    if any(part.shape != columns[0].shape or part.ndim != 1 for part in columns):
        raise ValueError(f"All four must be (N,). Received: {[part.shape for part in columns]}.")
    if any(np.any((part < 0) | (part >= len(space))) for part in columns):
        raise ValueError(f"All four must hold columns from 0 to {len(space) - 1}.")
    families = space.parents[columns[0]]
    stayed = families == space.parents[columns[1]] if routed is None else np.asarray(routed, dtype=np.bool_)
    if stayed.shape != families.shape or np.any((columns[0] == columns[1]) & ~stayed):
        raise ValueError(f"`routed` must be ({len(families)},), and true where hard routing is right.")
    everything = np.ones(len(families), dtype=np.bool_)
    budgets = [_budget("", everything, columns, stayed)]
    for number, family in enumerate(space.families):
        own = families == number
        if own.any():
            budgets.append(_budget(family, own, columns, stayed))
    return tuple(budgets)


def _budget(family: str, own: Booleans, columns: list[Indices], stayed: Booleans) -> ErrorBudget:
    truth, hard, soft, fused = (part[own] for part in columns)
    routed = stayed[own]

    def count(chosen: Booleans) -> int:
        return int(chosen.sum())

    return ErrorBudget(
        family=family,
        pictures=len(truth),
        right=count(hard == truth),
        lost_by_routing=count(~routed),
        lost_by_subclass=count(routed & (hard != truth)),
        won_by_soft=count((hard != truth) & (soft == truth)),
        lost_by_soft=count((hard == truth) & (soft != truth)),
        won_by_fusion=count((soft != truth) & (fused == truth)),
        lost_by_fusion=count((soft == truth) & (fused != truth)),
    )
