"""How often shortlists hold the right label, and how short they are."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gemhier.models.bundle.shortlist import Shortlist
from gemhier.pipeline.evaluation.estimate_text import value_text
from gemhier.pipeline.evaluation.estimates import Estimate, mean, share

GUARANTEE = 0.95
"""What is asked for where nobody asks."""

FEW = 3
"""A person can keep so many labels apart."""

FIGURES = ("coverage", "size", "nodes", "at_most_3", "given")
"""The figures, as reports and tracked runs name them behind `shortlist_`."""


@dataclass(frozen=True)
class ShortlistFigures:
    """The shortlists of pictures whose label the model can output.

    Attributes:
        guarantee: what was asked for.
        n: pictures, those that cannot be read included.
        given: share of them that got a shortlist: those in which a gem stands out.
        coverage: how often these hold the right label.
        size: how many labels they hold, on average.
        nodes: how many entries they have, on average: labels, and nodes that stand for all their labels.
        at_most_3: how often they hold three labels at most.
    """

    guarantee: float
    n: int
    given: Estimate
    coverage: Estimate
    size: Estimate
    nodes: Estimate
    at_most_3: Estimate

    @property
    def sentence(self) -> str:
        """How often they hold the right label, and how short they are; empty where there is none to measure."""
        if self.coverage.value is None or self.at_most_3.value is None:
            return ""
        return (
            f"Asked to hold the right label for {100 * self.guarantee:.6g}%, the shortlists hold it for "
            f"{value_text(self.coverage)}, with {value_text(self.size, '.1f')} labels on average (as "
            f"{value_text(self.nodes, '.1f')} entries), and three at most for {value_text(self.at_most_3, '.0%')}."
        )

    def to_dict(self) -> dict[str, float | None]:
        """JSON values: `shortlist_guarantee`, `shortlist_n`, and the figures with their intervals."""
        found: dict[str, float | None] = {"shortlist_guarantee": self.guarantee, "shortlist_n": self.n}
        for name in FIGURES:
            figure: Estimate = getattr(self, name)
            found |= figure.to_dict(f"shortlist_{name}")
        return found


def shortlist_figures(
    shortlists: Sequence[Shortlist | None], truth: Sequence[str], groups: Sequence[str], guarantee: float
) -> ShortlistFigures:
    """Measure the shortlists of pictures.

    Args:
        shortlists: (N,); None for none.
        truth: (N,) ids of labels.
        groups: (N,), the same for pictures of one stone.
        guarantee: what was asked for.
    """
    group_of = np.asarray(groups, dtype=np.str_)
    given = np.array([found is not None for found in shortlists], dtype=np.bool_)
    held = [(found, label) for found, label in zip(shortlists, truth, strict=True) if found is not None]
    sizes = np.array([len(found.labels) for found, _ in held])
    of_given = group_of[given]
    return ShortlistFigures(
        guarantee=guarantee,
        n=len(given),
        given=share(given, group_of),
        coverage=share([label in found.labels for found, label in held], of_given),
        size=mean(sizes, of_given),
        nodes=mean([len(found.entries) for found, _ in held], of_given),
        at_most_3=share(sizes <= FEW, of_given),
    )
