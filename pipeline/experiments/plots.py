"""The plots of a trial: one for each of its questions."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from gemhier.hierarchy.error_budget import ErrorBudget
from gemhier.hierarchy.taxonomy import Taxonomy
from gemhier.pipeline.evaluation.paired_tests import SIGNIFICANCE
from gemhier.pipeline.experiments.outcome import Outcome
from gemhier.pipeline.experiments.tables import decision_name

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Plot

_BUDGET_BARS = (
    ("right", "right", "#3f8f6b"),
    ("lost_by_routing", "lost by routing", "#b3475a"),
    ("lost_by_subclass", "lost by the regional network", "#d08a4e"),
)

_SURE, _UNSURE = "#1f7a5c", "#8d99a2"


def decisions_plot(outcome: Outcome) -> "Plot":
    """Top-1 of each decision with its interval, those of an arm in one colour; dots are further divisions."""
    from matplotlib.figure import Figure as Plot

    figure = Plot(figsize=(8, 0.9 + 0.32 * len(outcome.decisions)), layout="constrained")
    axes = figure.subplots()
    arms = [arm.name for arm in outcome.plan.arms]
    for place, decision in enumerate(outcome.decisions):
        top1, colour = decision.figures.top1, f"C{arms.index(decision.arm) % 10}"
        if top1.value is None or top1.low is None or top1.high is None:
            continue
        error = [[top1.value - top1.low], [top1.high - top1.value]]
        axes.errorbar(top1.value, place, xerr=error, fmt="s", color=colour, capsize=3, markersize=5)
        further = outcome.spread[decision.name][1:]
        axes.plot(further, [place] * len(further), "o", color=colour, markersize=3, alpha=0.6)
    baseline = next(one for one in outcome.decisions if one.name == outcome.plan.baseline)
    if baseline.figures.top1.value is not None:
        axes.axvline(baseline.figures.top1.value, color="#c0c4cc", linewidth=1, zorder=0)
    axes.set_yticks(range(len(outcome.decisions)), [decision_name(one, outcome) for one in outcome.decisions])
    axes.invert_yaxis()
    dots = "; dots: further divisions" if outcome.plan.repeats > 1 else ""
    _say(
        figure,
        f"Top-1 out of fold, 95% intervals{dots}",
        f"share of pictures named right; line: {outcome.plan.baseline}",
    )
    return figure


def differences_plot(outcome: Outcome) -> "Plot":
    """Return the difference of each decision from the baseline with its interval; in colour where it is no chance."""
    from matplotlib.figure import Figure as Plot

    pairs = outcome.against_baseline
    figure = Plot(figsize=(8, 0.9 + 0.32 * len(pairs)), layout="constrained")
    axes = figure.subplots()
    for place, pair in enumerate(pairs):
        change = pair.top1.difference
        if change.value is None or change.low is None or change.high is None:
            continue
        value, low, high = (100 * number for number in (change.value, change.low, change.high))
        colour = _SURE if pair.top1_p_adjusted < SIGNIFICANCE else _UNSURE
        axes.errorbar(
            value, place, xerr=[[value - low], [high - value]], fmt="s", color=colour, capsize=3, markersize=5
        )
    axes.axvline(0, color="#c0c4cc", linewidth=1, zorder=0)
    axes.set_yticks(range(len(pairs)), [pair.top1.second for pair in pairs])
    axes.invert_yaxis()
    _say(
        figure,
        f"Difference from the baseline, 95% intervals; green: adjusted p below {SIGNIFICANCE}",
        f"points of top-1 more than {outcome.plan.baseline}",
    )
    return figure


def budget_plot(arm: str, budgets: Sequence[ErrorBudget], taxonomy: Taxonomy) -> "Plot":
    """Return what became of the pictures of each family under hard routing, the largest family first."""
    from matplotlib.figure import Figure as Plot

    families = sorted((part for part in budgets if part.family), key=lambda part: -part.pictures)
    figure = Plot(figsize=(8, 1.2 + 0.22 * len(families)), layout="constrained")
    axes = figure.subplots()
    start = [0] * len(families)
    for name, label, colour in _BUDGET_BARS:
        counts = [getattr(part, name) for part in families]
        axes.barh(range(len(families)), counts, left=start, color=colour, label=label, height=0.8)
        start = [before + count for before, count in zip(start, counts, strict=True)]
    axes.set_yticks(range(len(families)), [taxonomy[part.family].name for part in families], fontsize=8)
    axes.invert_yaxis()
    _say(figure, f"{arm}: pictures by true family, hard routing", "pictures")
    axes.legend(frameon=False)
    return figure


def _say(figure: "Plot", title: str, below: str) -> None:
    """Write a title above and what the axis measures below, across the figure: beside long names axes are narrow."""
    figure.suptitle(title, wrap=True)
    figure.supxlabel(below, fontsize="medium", wrap=True)
