"""What a trial writes: its figures as JSON, tables as CSV and Markdown, and plots."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gemhier.atomic import whole_file
from gemhier.hierarchy.error_budget import ErrorBudget
from gemhier.hierarchy.taxonomy import Taxonomy
from gemhier.pipeline.evaluation.estimate_text import estimate_text
from gemhier.pipeline.evaluation.estimates import Estimate
from gemhier.pipeline.evaluation.evaluation import FIGURES
from gemhier.pipeline.experiments.measures import Decision, Paired
from gemhier.pipeline.experiments.plan import Plan

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Plot

_SHOWN = ("top1", "top3", "family_top1", "hierarchical_f1", "mistake_severity", "ece")
_MOST_DESCRIBED = 7000
"""Characters of a trial's description: MLflow cuts off what is above 8000."""

_BUDGET_COLOURS = {
    "right": "#3f8f6b",
    "lost_by_routing": "#b3475a",
    "lost_by_region": "#d08a4e",
}


@dataclass(frozen=True, eq=False)
class Outcome:
    """All that a trial found.

    Attributes:
        plan: what was compared.
        pictures: how many.
        groups: how many stones, or groups of near-copies.
        data: the data set's digest.
        decisions: what each came to, in the first repeat.
        spread: decision -> its top-1 in each repeat.
        pairs: the comparisons.
        budgets: arm -> where its pictures are lost and won back.
        milliseconds: decision -> time of a picture.
        majority: always naming the most frequent label.
    """

    plan: Plan
    pictures: int
    groups: int
    data: str
    decisions: tuple[Decision, ...]
    spread: Mapping[str, Sequence[float]]
    pairs: tuple[Paired, ...]
    budgets: Mapping[str, tuple[ErrorBudget, ...]]
    milliseconds: Mapping[str, float]
    majority: Decision


def write_outcome(outcome: Outcome, folder: Path, taxonomy: Taxonomy) -> tuple[Path, ...]:
    """Write everything; each file appears whole.

    trial.json has all figures; decisions.csv, comparisons.csv, error_budget.csv and per_class.csv are the same as
    tables; trial.md is for reading; decisions.png and error_budget.png show them. Error budgets of an earlier trial
    with more of them do not stay.

    Returns:
        What was written.

    Raises:
        OutputError: if the folder cannot be written.
    """
    decisions = [_decision_row(decision, outcome) for decision in outcome.decisions]
    pairs = [pair.to_dict() for pair in outcome.pairs]
    budgets = [{"arm": arm, **asdict(part)} for arm, parts in outcome.budgets.items() for part in parts]
    contents = {
        "plan": asdict(outcome.plan),
        "pictures": outcome.pictures,
        "groups": outcome.groups,
        "data": outcome.data,
        "majority": outcome.majority.figures.top1.to_dict("top1"),
        "decisions": decisions,
        "comparisons": pairs,
        "error_budget": budgets,
    }
    files = {
        "trial.json": json.dumps(contents, indent=1) + "\n",
        "decisions.csv": _as_csv(decisions),
        "comparisons.csv": _as_csv(pairs),
        "error_budget.csv": _as_csv(budgets),
        "per_class.csv": _as_csv([row for decision in outcome.decisions for row in _class_rows(decision, taxonomy)]),
        "trial.md": markdown(outcome, taxonomy),
    }
    for name, text in files.items():
        with whole_file(folder / name) as file:
            file.write(text.encode())
    plots = {"decisions.png": decisions_plot(outcome)}
    for number, (arm, parts) in enumerate(outcome.budgets.items()):
        plots["error_budget.png" if number == 0 else f"error_budget_{number}.png"] = budget_plot(arm, parts, taxonomy)
    for name, plot in plots.items():
        with whole_file(folder / name) as file:
            plot.savefig(file, format="png", dpi=120)
    for earlier in folder.glob("error_budget*.png"):
        if earlier.name not in plots:
            earlier.unlink(missing_ok=True)
    return tuple(folder / name for name in (*files, *plots))


def markdown(outcome: Outcome, taxonomy: Taxonomy) -> str:
    """Return the tables for reading, with 95% intervals."""
    divisions = "1 division" if outcome.plan.repeats == 1 else f"{outcome.plan.repeats} divisions"
    lines = [
        f"{outcome.pictures:,} pictures of {outcome.groups:,} stones or groups of near-copies, "
        f"{divisions} into {outcome.plan.folds} folds. Intervals and tests are of the first division.",
        "",
        f"Always naming the most frequent label: {estimate_text(outcome.majority.figures.top1)}.",
        "",
        "| decision | pictures | top-1 | in each division | top-3 | family | hierarchical F1 | severity of mistakes "
        "| ECE | ms |",
        "| --- " * 10 + "|",
    ]
    for decision in outcome.decisions:
        spread = ", ".join(f"{value:.3f}" for value in outcome.spread[decision.name])
        top1, *others = (estimate_text(getattr(decision.figures, name)) for name in _SHOWN)
        pictures, time = f"{decision.asked.sum():,}", f"{outcome.milliseconds[decision.name]:.1f}"
        cells = [decision.name, pictures, top1, spread, *others, time]
        lines.append(f"| {' | '.join(cells)} |")
    lines += [
        "",
        f"p by stone flips the signs of whole groups; in brackets adjusted for all {len(outcome.pairs)} comparisons "
        "together (Holm), to go by where none was named beforehand. How much chance there is in training "
        "shows in the divisions alone. The severity of all pictures, 0 where right, also falls with fewer mistakes.",
        "",
        "| compared | pictures | top-1, points | in each division | only first right | only second right | McNemar p "
        "| p by stone | severity of all pictures | p by stone |",
        "| --- " * 10 + "|",
    ]
    for pair in outcome.pairs:
        found = pair.top1
        cells = [
            f"{found.second} against {found.first}",
            f"{found.n:,}",
            estimate_text(found.difference, "+.1f", 100),
            ", ".join(f"{100 * value:+.1f}" for value in pair.in_each_division),
            str(found.test.first_only),
            str(found.test.second_only),
            f"{found.test.p_value:.2g}",
            f"{pair.top1_p:.2g} ({pair.top1_p_adjusted:.2g})",
            estimate_text(pair.severity, "+.3f"),
            f"{pair.severity_p:.2g} ({pair.severity_p_adjusted:.2g})",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    for arm, parts in outcome.budgets.items():
        lines += [
            "",
            f"Error budget of {arm}, by true family; routing is that of the arm's own tree:",
            "",
            "| family | pictures | right, hard | lost by routing | lost by the regional network | soft | fusion |",
            "| --- " * 7 + "|",
        ]
        lines += [f"| {' | '.join(_budget_cells(part, taxonomy))} |" for part in parts]
    return "\n".join(lines) + "\n"


def description(text: str) -> str:
    """As many lines of the tables as a description in MLflow holds."""
    if len(text) <= _MOST_DESCRIBED:
        return text
    whole_lines, _, _ = text[:_MOST_DESCRIBED].rpartition("\n")
    return f"{whole_lines}\n\nThe rest is in trial/trial.md among the artifacts.\n"


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
    axes.set_yticks(range(len(outcome.decisions)), [_plotted_name(one, outcome) for one in outcome.decisions])
    axes.invert_yaxis()
    dots = "; dots: further divisions" if outcome.plan.repeats > 1 else ""
    axes.set(
        title=f"Top-1 out of fold, 95% intervals{dots}",
        xlabel=f"share of pictures named right; line: {outcome.plan.baseline}",
    )
    return figure


def budget_plot(arm: str, budgets: Sequence[ErrorBudget], taxonomy: Taxonomy) -> "Plot":
    """Return what became of the pictures of each family under hard routing, the largest family first."""
    from matplotlib.figure import Figure as Plot

    families = sorted((part for part in budgets if part.family), key=lambda part: -part.pictures)
    figure = Plot(figsize=(8, 1.2 + 0.22 * len(families)), layout="constrained")
    axes = figure.subplots()
    start = [0] * len(families)
    for name, colour in _BUDGET_COLOURS.items():
        counts = [getattr(part, name) for part in families]
        axes.barh(range(len(families)), counts, left=start, color=colour, label=name.replace("_", " "), height=0.8)
        start = [before + count for before, count in zip(start, counts, strict=True)]
    axes.set_yticks(range(len(families)), [taxonomy[part.family].name for part in families], fontsize=8)
    axes.invert_yaxis()
    axes.set(title=f"{arm}: pictures by true family, hard routing", xlabel="pictures")
    axes.legend(frameon=False)
    return figure


def _plotted_name(decision: Decision, outcome: Outcome) -> str:
    """With the number of pictures where an arm answers the first folds alone, and so other pictures than the rest."""
    asked = int(decision.asked.sum())
    return decision.name if asked == outcome.pictures else f"{decision.name} ({asked:,} of {outcome.pictures:,})"


def _decision_row(decision: Decision, outcome: Outcome) -> dict[str, Any]:
    row: dict[str, Any] = {"decision": decision.name, "arm": decision.arm, "pictures": int(decision.asked.sum())}
    for name in FIGURES:
        figure: Estimate = getattr(decision.figures, name)
        row |= figure.to_dict(name)
    row["top1_in_each_division"] = " ".join(f"{value:.4f}" for value in outcome.spread[decision.name])
    row["milliseconds"] = outcome.milliseconds[decision.name]
    return row


def _class_rows(decision: Decision, taxonomy: Taxonomy) -> list[dict[str, Any]]:
    return [
        {
            "decision": decision.name,
            "label": row.label,
            "name": taxonomy[row.label].name,
            "precision": row.precision,
            "recall": row.recall,
            "support": row.support,
            "predicted": row.predicted,
            "f1": row.f1,
        }
        for row in decision.figures.per_class
    ]


def _budget_cells(part: ErrorBudget, taxonomy: Taxonomy) -> list[str]:
    return [
        taxonomy[part.family].name if part.family else "all",
        str(part.pictures),
        str(part.right),
        str(part.lost_by_routing),
        str(part.lost_by_region),
        f"+{part.won_by_soft} -{part.lost_by_soft}",
        f"+{part.won_by_fusion} -{part.lost_by_fusion}",
    ]


def _as_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    text = io.StringIO()
    names = list(rows[0]) if rows else [field.name for field in fields(ErrorBudget)]
    writer = csv.DictWriter(text, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
