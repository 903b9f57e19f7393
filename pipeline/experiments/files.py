"""The files of a trial: its figures as JSON and CSV, the tables and the page for reading, and the plots."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from gemhier.atomic import whole_file
from gemhier.hierarchy.error_budget import BUDGET_COLUMNS
from gemhier.hierarchy.taxonomy import Taxonomy
from gemhier.pipeline.experiments.outcome import Outcome
from gemhier.pipeline.experiments.page import page
from gemhier.pipeline.experiments.plots import budget_plot, decisions_plot, differences_plot
from gemhier.pipeline.experiments.tables import class_rows, decision_row, markdown
from gemhier.spreadsheet import csv_text

_ELSEWHERE = ("decisions", "comparisons")
"""What there is a table of for pictures from elsewhere."""


def write_outcome(outcome: Outcome, folder: Path, taxonomy: Taxonomy) -> tuple[Path, ...]:
    """Write everything; each file appears whole.

    trial.json has all figures; decisions.csv, comparisons.csv, error_budget.csv and per_class.csv are the same as
    tables; trial.md and trial.html are for reading; decisions.png, differences.png and error_budget.png show them.
    elsewhere_decisions.csv and elsewhere_comparisons.csv are the same of pictures from elsewhere, if there are any.
    Error budgets of an earlier trial with more of them do not stay, nor do such tables.

    Returns:
        What was written.

    Raises:
        OutputError: if the folder cannot be written.
    """
    decisions = [decision_row(decision, outcome) for decision in outcome.decisions]
    pairs = [pair.to_dict() for pair in outcome.pairs]
    budgets = [{"arm": arm, **part.to_dict()} for arm, parts in outcome.budgets.items() for part in parts]
    contents: dict[str, Any] = {
        "verdict": outcome.verdict,
        "plan": asdict(outcome.plan),
        "pictures": outcome.images,
        "groups": outcome.groups,
        "data": outcome.data,
        "majority": outcome.majority.figures.top1.to_dict("top1"),
        "decisions": decisions,
        "comparisons": pairs,
        "error_budget": budgets,
        "elsewhere": {
            name: {
                "verdict": other.verdict,
                "pictures": other.images,
                "groups": other.groups,
                "majority": other.majority.figures.top1.to_dict("top1"),
                "decisions": [decision_row(decision, other) for decision in other.decisions],
                "comparisons": [pair.to_dict() for pair in other.pairs],
            }
            for name, other in outcome.elsewhere.items()
        },
    }
    files = {
        "trial.json": json.dumps(contents, indent=1) + "\n",
        "decisions.csv": _as_csv(decisions),
        "comparisons.csv": _as_csv(pairs),
        "error_budget.csv": _as_csv(budgets),
        "per_class.csv": _as_csv([row for decision in outcome.decisions for row in class_rows(decision, taxonomy)]),
        "trial.md": markdown(outcome, taxonomy),
        "trial.html": page(outcome, taxonomy),
    }
    others = contents["elsewhere"]
    for table in _ELSEWHERE:
        rows = [{"elsewhere": name, **row} for name, other in others.items() for row in other[table]]
        if rows:
            files[f"elsewhere_{table}.csv"] = _as_csv(rows)
    for name, text in files.items():
        with whole_file(folder / name) as file:
            file.write(text.encode())
    plots = {"decisions.png": decisions_plot(outcome), "differences.png": differences_plot(outcome)}
    for number, (arm, parts) in enumerate(outcome.budgets.items()):
        plots["error_budget.png" if number == 0 else f"error_budget_{number}.png"] = budget_plot(arm, parts, taxonomy)
    for name, plot in plots.items():
        with whole_file(folder / name) as file:
            plot.savefig(file, format="png", dpi=120)
    for earlier in (*folder.glob("error_budget*.png"), *(folder / f"elsewhere_{table}.csv" for table in _ELSEWHERE)):
        if earlier.name not in {*files, *plots}:
            earlier.unlink(missing_ok=True)
    return tuple(folder / name for name in (*files, *plots))


def _as_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    names = list(rows[0]) if rows else ["arm", *BUDGET_COLUMNS]  # nothing else can be empty
    return csv_text([names, *([row[name] for name in names] for row in rows)])
