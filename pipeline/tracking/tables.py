"""What a training found about each class, as the CSV files of its runs."""

from collections.abc import Mapping, Sequence
from typing import Any

from gemhier.hierarchy.taxonomy import Taxonomy
from gemhier.pipeline.evaluation.evaluation import Evaluation, StrategyFigures
from gemhier.spreadsheet import csv_text


def per_class_table(figures: StrategyFigures, taxonomy: Taxonomy) -> str:
    """Tabulate how well a strategy tells each label, one per row."""
    return _as_csv(_per_class(figures, taxonomy))


def precision_table(evaluation: Evaluation, taxonomy: Taxonomy) -> str:
    """Tabulate the precision of each label, a column for each strategy."""
    columns = [_per_class(figures, taxonomy) for figures in evaluation.strategies.values()]
    first = {name: columns[0][name] for name in ("label", "name", "support")}
    precisions: dict[str, list[Any]] = {
        strategy: column["precision"] for strategy, column in zip(evaluation.strategies, columns, strict=True)
    }
    return _as_csv(first | precisions)


def confusion_table(figures: StrategyFigures) -> str:
    """Tabulate what was taken for what, how often, and for which share of the label's pictures.

    There is a row for each pair that occurs.
    """
    support = {row.label: row.support for row in figures.per_class}
    return _as_csv(
        {
            "truth": [cell.truth for cell in figures.confusion],
            "predicted": [cell.predicted for cell in figures.confusion],
            "count": [cell.count for cell in figures.confusion],
            "share": [round(cell.count / support[cell.truth], 6) for cell in figures.confusion],
        }
    )


def _per_class(figures: StrategyFigures, taxonomy: Taxonomy) -> dict[str, list[Any]]:
    rows = figures.per_class
    return {
        "label": [row.label for row in rows],
        "name": [taxonomy[row.label].name for row in rows],
        "precision": [row.precision for row in rows],
        "recall": [row.recall for row in rows],
        "support": [row.support for row in rows],
        "f1": [row.f1 for row in rows],
    }


def _as_csv(columns: Mapping[str, Sequence[Any]]) -> str:
    return csv_text([list(columns), *zip(*columns.values(), strict=True)])
