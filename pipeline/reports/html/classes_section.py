"""The part of a report's page about classes: the best, the worst, what they are taken for, and all of them."""

from collections.abc import Sequence
from html import escape
from typing import Any

from gemhier.hierarchy.taxonomy import Taxonomy
from gemhier.pipeline.evaluation.evaluation import ClassFigures
from gemhier.pipeline.reports.html.markup import (
    DASH,
    count_cell,
    label,
    label_cell,
    note,
    row,
    section,
    share_cell,
    table,
)
from gemhier.pipeline.reports.html.style import json_script
from gemhier.pipeline.reports.measured import Measured
from gemhier.pipeline.reports.report import Report

RANKED = 10
"""How many of the best and of the worst classes are shown."""


def ranked_section(found: Measured) -> str:
    """Return the ten best and the ten worst labels by precision."""
    report = found.report
    judged = [each for each in report.figures.per_class if each.precision is not None and each.support]
    best = sorted(judged, key=lambda each: (-(each.precision or 0), -each.predicted))[:RANKED]
    worst = sorted(judged, key=lambda each: (each.precision or 0, -each.predicted))[:RANKED]
    never = [each for each in report.figures.per_class if each.precision is None and each.support]
    names = ", ".join(report.taxonomy[each.label].name for each in never)
    return section(
        "ranked",
        "Best and worst by precision",
        f'<div class="two"><div><h3>Best</h3>{_precisions("best", best, report.taxonomy)}</div>'
        f"<div><h3>Worst</h3>{_precisions('worst', worst, report.taxonomy)}</div></div>",
        note(f"Never predicted, so without a precision: {names}.") if never else "",
    )


def mistaken_section(found: Measured) -> str:
    """Return the labels with the most misclassified pictures, and what these were taken for."""
    report = found.report
    rows = []
    for each in sorted(report.figures.per_class, key=lambda each: (-_wrong(each), each.label))[:RANKED]:
        if not _wrong(each):
            continue
        wrong = _wrong(each)
        count = f'<td class="number" data-value="{wrong}">{wrong:,} of {each.support:,}</td>'
        rows.append(row(label_cell(each.label, report.taxonomy), count, *_taken_for(each, report.taxonomy)))
    if not rows:
        return section("mistaken", "Most misclassified", "<p>No picture is misclassified.</p>")
    more = '<th scope="col">taken for</th><th scope="col">or for</th>'
    return section(
        "mistaken",
        "Most misclassified",
        table("most-misclassified", ["label"], ["wrong"], rows, fixed=True, more=more),
        note("By the number of wrong pictures, with the labels that these were taken for most often."),
    )


def classes_section(found: Measured) -> str:
    """Every label that has a picture or a prediction."""
    report = found.report
    rows = [
        row(
            label_cell(each.label, report.taxonomy),
            share_cell(each.precision),
            share_cell(each.recall),
            count_cell(each.support),
            count_cell(each.predicted),
            count_cell(_wrong(each)),
        )
        for each in report.figures.per_class
        if each.support or each.predicted
    ]
    unseen = len(report.space) - len(rows)
    return section(
        "labels",
        "Every label",
        note(
            "Precision: how often a prediction of the label is right. Recall: how many of its pictures are found. "
            "A label with few pictures or many wrong ones is the first to give more data to."
        ),
        table("per-class", ["label"], ["precision", "recall", "pictures", "predicted", "wrong"], rows),
        note(f"{unseen:,} labels have neither a picture nor a prediction.") if unseen else "",
    )


def confusion_section(found: Measured) -> str:
    """Which label was predicted as which: the script of the page draws it, folded by family."""
    return section(
        "confusion",
        "Confusion",
        "<p>Rows are what pictures show, columns what they were taken for, in numbers of pictures. A click on a "
        "family unfolds its labels; a click on a number lists its pictures.</p>",
        '<div class="tools"><button type="button" id="unfold" aria-pressed="false">Unfold all</button>'
        '<label><input type="checkbox" id="only-mistaken"> only with mistakes</label></div>',
        '<div class="wide scroll" id="matrix" tabindex="0" role="region" aria-label="Confusion matrix">'
        "<noscript><p>The matrix needs JavaScript; confusion.csv has the same counts.</p></noscript></div>",
        json_script("confusion-data", _confusion(found.report)),
    )


def _confusion(report: Report) -> dict[str, Any]:
    """Return the labels that occur, their families, and every cell that is not 0; -1 stands for no prediction."""
    seen = {node for cell in report.figures.confusion for node in (cell.truth, cell.predicted) if node}
    labels = [each for each in report.space.labels if each in seen]
    column = {each: number for number, each in enumerate(labels)} | {"": -1}
    families = sorted({each.partition("/")[0] for each in labels})
    return {
        "families": [{"id": family, "name": report.taxonomy[family].name} for family in families],
        "labels": [
            {
                "id": each,
                "name": report.taxonomy[each].name,
                "family": families.index(each.partition("/")[0]),
            }
            for each in labels
        ],
        "cells": [[column[cell.truth], column[cell.predicted], cell.count] for cell in report.figures.confusion],
    }


def _precisions(name: str, classes: Sequence[ClassFigures], taxonomy: Taxonomy) -> str:
    rows = [
        row(label_cell(each.label, taxonomy), share_cell(each.precision), count_cell(each.predicted))
        for each in classes
    ]
    return table(name, ["label"], ["precision", "predicted"], rows, fixed=True)


def _taken_for(each: ClassFigures, taxonomy: Taxonomy) -> list[str]:
    cells = [
        f'<td data-value="{escape(taxonomy[other].name)}" data-csv="{escape(other)} {count}">'
        f"{label(other, taxonomy)}<small>{count:,}x</small></td>"
        for other, count in each.taken_for
    ]
    return cells + [f'<td data-value="">{DASH}</td>'] * (2 - len(cells))


def _wrong(each: ClassFigures) -> int:
    return each.support - round((each.recall or 0) * each.support)
