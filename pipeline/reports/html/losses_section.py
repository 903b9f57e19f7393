"""The end of a report's page: where families lose pictures, what was not counted, and the training."""

from collections.abc import Sequence
from dataclasses import dataclass

from gemhier.hierarchy.error_budget import ErrorBudget
from gemhier.pipeline.reports.html.drawings import budget_drawing, curves_drawings
from gemhier.pipeline.reports.html.named import Named, named
from gemhier.pipeline.reports.html.svg import Drawing
from gemhier.pipeline.reports.measured import Measured
from gemhier.pipeline.reports.report import Report

MOST_LISTED = 20
"""Longer lists of pictures are cut; predictions.csv has all of them."""


@dataclass(frozen=True)
class Listed:
    """A list of what was not counted.

    Attributes:
        title: what is on it.
        lines: those that are shown.
        total: how many there are.
    """

    title: str
    lines: Sequence[str]
    total: int


@dataclass(frozen=True)
class LossesSection:
    """What the page shows at its end.

    Attributes:
        budgets: what each family loses and wins back, all of them together first, without a name.
        budget_drawing: the same as a figure; None if nothing is lost.
        left_over: what could not be used, and why.
        curves_drawings: how the training went; none if its run is not known here.
    """

    budgets: list[tuple[Named | None, ErrorBudget]]
    budget_drawing: Drawing | None
    left_over: list[Listed]
    curves_drawings: list[Drawing]


def losses_section(found: Measured) -> LossesSection:
    """Return what the two stages lose, what was not counted, and how the training went."""
    taxonomy = found.report.taxonomy
    return LossesSection(
        budgets=[(named(each.family, taxonomy) if each.family else None, each) for each in found.budgets],
        budget_drawing=budget_drawing(found.budgets, taxonomy),
        left_over=_left_over(found.report),
        curves_drawings=curves_drawings(found.report.curves),
    )


def _left_over(report: Report) -> list[Listed]:
    unknown = [f"{label.name}: {label.pictures:,}. {label.reason}" for label in report.labelled.unknown]
    excluded = [f"{label.name}: {label.pictures:,}, {label.reason}" for label in report.labelled.excluded]
    beyond = [f"{report.taxonomy[label].name} ({label}): {count:,}" for label, count in report.beyond_model]
    lists = (
        ("Pictures that could not be read; they count as wrong", [str(failure) for failure in report.failures]),
        ("Refused", [f"{refused.image}: {refused.refused}" for refused in report.refused]),
        ("Class names that the taxonomy does not know; they count as wrong families only", unknown),
        ("Labels that the model has not learned; they count for the family only", beyond),
        ("Classes that the taxonomy leaves out; they count for nothing", excluded),
    )
    return [Listed(title, lines[:MOST_LISTED], len(lines)) for title, lines in lists if lines]
