"""The tables of a trial in Markdown, no wider than a terminal, and as rows for CSV."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from textwrap import wrap
from typing import Any

from gemhier.hierarchy.error_budget import ErrorBudget
from gemhier.hierarchy.taxonomy import Taxonomy
from gemhier.pipeline.evaluation.estimate_text import estimate_text, value_text
from gemhier.pipeline.evaluation.estimates import Estimate
from gemhier.pipeline.evaluation.evaluation import FIGURES
from gemhier.pipeline.experiments.measures import Decision, Paired
from gemhier.pipeline.experiments.outcome import Outcome
from gemhier.text import count

WIDTH = 100
"""Columns of text, and of tables whose decisions have names of usual length."""

_FURTHER = "elsewhere_"
"""What the names of tables begin with that are of pictures from elsewhere."""

_MOST_DESCRIBED = 7000
"""Characters of a trial's description: MLflow cuts off what is above 8000."""

_BUDGET_HEAD = ("pictures", "right, hard", "lost: routing", "lost: regional", "soft", "fusion")


@dataclass(frozen=True)
class Table:
    """A table for people.

    Attributes:
        title: the question that it answers, or what it is of.
        note: what must be known to read it.
        head: the names of the columns; the first is of text, the others are of numbers.
        rows: cells of text.
    """

    title: str
    note: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def lines(self) -> Iterator[str]:
        """Yield it in Markdown, in columns that line up."""
        widths = [max(3, *map(len, column)) for column in zip(self.head, *self.rows, strict=True)]
        for cells in (self.head, None, *self.rows):
            if cells is None:
                rules = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
                yield f"| {' | '.join(rules)} |"
            else:
                first, *others = zip(cells, widths, strict=True)
                padded = [first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in others)]
                yield f"| {' | '.join(padded)} |"


def measured_on(outcome: Outcome) -> str:
    """Say in two sentences what the figures are of."""
    divisions = count(outcome.plan.repeats, "division")
    return (
        f"{count(outcome.images, 'picture')} of {outcome.groups:,} stones or groups of near-copies, {divisions} into "
        f"{outcome.plan.folds} folds. Intervals and tests are of the first division."
    )


def tables(outcome: Outcome) -> tuple[Table, ...]:
    """Return the tables of all questions: which is right most often, which differences are real, what is lost where."""
    found = [_decisions(outcome), _differences(outcome)]
    others = [pair for pair in outcome.pairs if pair.top1.first != outcome.plan.baseline]
    if others:
        found.append(_other_differences(others))
    if outcome.budgets:
        found.append(_losses(outcome))
    for name, other in outcome.elsewhere.items():
        found += [
            _elsewhere(table, name, other) for table in (_decisions(other, _FURTHER), _differences(other, _FURTHER))
        ]
        if others := [pair for pair in other.pairs if pair.top1.first != outcome.plan.baseline]:
            found.append(_elsewhere(_other_differences(others), name, other))
    return tuple(found)


def _elsewhere(table: Table, name: str, outcome: Outcome) -> Table:
    """Return the table of a set of pictures from elsewhere, told from the same of the data."""
    of_stones = f"{count(outcome.images, 'picture')} of {outcome.groups:,} stones or pictures that stand alone"
    note = f"{of_stones}, none learned from; each is named by the networks of one fold. {table.note}"
    return replace(table, title=f"{name}: {table.title[0].lower()}{table.title[1:]}", note=note)


def budget_table(arm: str, parts: Sequence[ErrorBudget], taxonomy: Taxonomy) -> Table:
    """Return the error budget of an arm, a row for each true family."""
    return Table(
        f"Error budget of {arm}, by true family",
        "Routing is by the arm's own tree.",
        ("family", *_BUDGET_HEAD),
        tuple((taxonomy[part.family].name if part.family else "all", *_budget_cells(part)) for part in parts),
    )


def markdown(outcome: Outcome, taxonomy: Taxonomy | None = None) -> str:
    """Return verdict and tables.

    Args:
        outcome: what the trial found.
        taxonomy: adds the error budgets by family; None leaves them out.
    """
    shown = list(tables(outcome))
    if taxonomy is not None:
        shown += [budget_table(arm, parts, taxonomy) for arm, parts in outcome.budgets.items()]
    lines = [*wrap(outcome.verdict, WIDTH), "", *wrap(measured_on(outcome), WIDTH)]
    for table in shown:
        lines += ["", f"## {table.title}", "", *table.lines(), "", *wrap(table.note, WIDTH)]
    return "\n".join(lines) + "\n"


def description(text: str) -> str:
    """As many lines of the tables as a description in MLflow holds."""
    if len(text) <= _MOST_DESCRIBED:
        return text
    whole_lines, _, _ = text[:_MOST_DESCRIBED].rpartition("\n")
    return f"{whole_lines}\n\nThe rest is in trial/trial.md among the artifacts.\n"


def decision_name(decision: Decision, outcome: Outcome) -> str:
    """With the number of pictures where an arm answers the first folds alone, and so other pictures than the rest."""
    asked = int(decision.asked.sum())
    return decision.name if asked == outcome.images else f"{decision.name} ({asked:,} of {outcome.images:,})"


def decision_row(decision: Decision, outcome: Outcome) -> dict[str, Any]:
    """Return all figures of a decision, as a row of decisions.csv."""
    row: dict[str, Any] = {"decision": decision.name, "arm": decision.arm, "pictures": int(decision.asked.sum())}
    for name in FIGURES:
        figure: Estimate = getattr(decision.figures, name)
        row |= figure.to_dict(name)
    row["top1_in_each_division"] = " ".join(f"{value:.4f}" for value in outcome.spread[decision.name])
    row["milliseconds"] = outcome.milliseconds[decision.name]
    return row


def class_rows(decision: Decision, taxonomy: Taxonomy) -> list[dict[str, Any]]:
    """Return what a decision comes to for each label, as rows of per_class.csv."""
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


def _decisions(outcome: Outcome, files: str = "") -> Table:
    return Table(
        "Which names the most pictures right?",
        f"Always naming the most frequent label gives {estimate_text(outcome.majority.figures.top1)}. Severity is "
        "averaged over mistakes only, and the time is per picture on one core. "
        f"{files}decisions.csv has every figure with its interval.",
        ("decision", "top-1 (95% interval)", "top-3", "family", "severity", "ECE", "ms"),
        tuple(
            (
                decision_name(decision, outcome),
                estimate_text(decision.figures.top1),
                *(
                    value_text(getattr(decision.figures, name), ".3f")
                    for name in ("top3", "family_top1", "mistake_severity", "ece")
                ),
                f"{outcome.milliseconds[decision.name]:.1f}",
            )
            for decision in outcome.decisions
        ),
    )


def _differences(outcome: Outcome, files: str = "") -> Table:
    return Table(
        f"Which differences from {outcome.plan.baseline} are more than chance?",
        f"p is from a permutation test that flips the signs of whole stones, adjusted for all {len(outcome.pairs)} "
        "comparisons of the trial (Holm). Fixed: pictures that only this decision names right; broken: those that only "
        "the baseline does. Chance in training shows only between divisions. "
        f"{files}comparisons.csv has the unadjusted p values, McNemar's too, and the severities.",
        ("decision", "points (95% interval)", "each division", "fixed/broken", "p"),
        tuple((pair.top1.second, *_difference_cells(pair)) for pair in outcome.against_baseline),
    )


def _other_differences(pairs: Sequence[Paired]) -> Table:
    return Table(
        "Which other differences are more than chance?",
        "As above, for the first against the second.",
        ("compared", "points (95% interval)", "fixed/broken", "p"),
        tuple(
            (f"{pair.top1.second} against {pair.top1.first}", cells[0], *cells[2:4])
            for pair in pairs
            for cells in (_difference_cells(pair),)
        ),
    )


def _difference_cells(pair: Paired) -> tuple[str, ...]:
    return (
        estimate_text(pair.top1.difference, "+.1f", 100),
        ", ".join(f"{100 * value:+.1f}" for value in pair.in_each_division),
        f"{pair.top1.test.second_only}/{pair.top1.test.first_only}",
        f"{pair.top1_p_adjusted:.2g}",
    )


def _losses(outcome: Outcome) -> Table:
    return Table(
        "Where do two stages lose pictures?",
        "Of all pictures of an arm. Hard routing is right, or chose the wrong family (routing), or the right one whose "
        "regional network was wrong (regional). Soft and fusion: what each wins and loses against the decision before. "
        "error_budget.csv has the same by family.",
        ("arm", *_BUDGET_HEAD),
        tuple(
            (arm, *_budget_cells(part)) for arm, parts in outcome.budgets.items() for part in parts if not part.family
        ),
    )


def _budget_cells(part: ErrorBudget) -> tuple[str, ...]:
    return (
        f"{part.pictures:,}",
        f"{part.right:,}",
        f"{part.lost_by_routing:,}",
        f"{part.lost_by_subclass:,}",
        f"+{part.won_by_soft} -{part.lost_by_soft}",
        f"+{part.won_by_fusion} -{part.lost_by_fusion}",
    )
