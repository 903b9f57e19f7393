"""The page of a trial: the verdict, and a table and a plot for each question, in one file without anything fetched."""

from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

from gemhier.hierarchy.taxonomy import Taxonomy
from gemhier.pipeline.experiments.outcome import Outcome
from gemhier.pipeline.experiments.plots import budget_plot, decisions_plot, differences_plot
from gemhier.pipeline.experiments.tables import Table, budget_table, measured_on, tables
from gemhier.templates import render

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Plot


@dataclass(frozen=True)
class Question:
    """A table, and the plot beneath it as an address that holds it; empty for none."""

    table: Table
    plot: str = ""


def page(outcome: Outcome, taxonomy: Taxonomy) -> str:
    """Return the page as HTML."""
    return render(
        "pipeline/experiments/trial.html",
        verdict=outcome.verdict,
        measured_on=measured_on(outcome),
        questions=tuple(_questions(outcome, taxonomy)),
    )


def _questions(outcome: Outcome, taxonomy: Taxonomy) -> Iterator[Question]:
    plots = iter([_address(decisions_plot(outcome)), _address(differences_plot(outcome))])
    for table in tables(outcome):
        yield Question(table, next(plots, ""))
    for arm, parts in outcome.budgets.items():
        yield Question(budget_table(arm, parts, taxonomy), _address(budget_plot(arm, parts, taxonomy)))


def _address(plot: "Plot") -> str:
    """Return a plot as SVG within an address, the same whenever it is drawn."""
    from matplotlib import rc_context

    drawn = BytesIO()
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "gemhier"}):
        plot.savefig(drawn, format="svg", metadata={"Date": None})
    return f"data:image/svg+xml;base64,{b64encode(drawn.getvalue()).decode('ascii')}"
