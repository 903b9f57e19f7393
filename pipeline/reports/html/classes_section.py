"""The part of a report's page about classes: the best, the worst, what they are taken for, and all of them."""

from dataclasses import dataclass
from typing import Any

from gemhier.hierarchy.taxonomy import Taxonomy
from gemhier.pipeline.evaluation.evaluation import ClassFigures
from gemhier.pipeline.reports.html.named import Named, named
from gemhier.pipeline.reports.report import Report

RANKED = 10
"""How many of the best and of the worst classes are shown."""


@dataclass(frozen=True)
class ClassRow:
    """A label with its figures.

    Attributes:
        node: the label.
        figures: its own.
        taken_for: what its pictures are most mistaken for, with how often.
    """

    node: Named
    figures: ClassFigures
    taken_for: tuple[tuple[Named, int], ...]

    @property
    def wrong(self) -> int:
        """How many of its pictures are misclassified."""
        return self.figures.support - self.figures.right


@dataclass(frozen=True)
class ClassesSection:
    """What the page shows of classes.

    Attributes:
        best: the labels with the highest precision, and pictures of their own.
        worst: those with the lowest.
        never: the names of labels with pictures that were never predicted.
        mistaken: the labels with the most misclassified pictures.
        every: all that have a picture or a prediction.
        unseen: how many others the model has.
        confusion: the counts that the script of the page draws.
    """

    best: list[ClassRow]
    worst: list[ClassRow]
    never: list[str]
    mistaken: list[ClassRow]
    every: list[ClassRow]
    unseen: int
    confusion: dict[str, Any]


def classes_section(report: Report) -> ClassesSection:
    """Return what the page shows of classes."""
    rows = [_row(each, report.taxonomy) for each in report.figures.per_class]
    judged = [row for row in rows if row.figures.precision is not None and row.figures.support]
    mistaken = sorted(rows, key=lambda row: (-row.wrong, row.node.id))[:RANKED]
    every = [row for row in rows if row.figures.support or row.figures.predicted]
    return ClassesSection(
        best=sorted(judged, key=lambda row: (-(row.figures.precision or 0), -row.figures.predicted))[:RANKED],
        worst=sorted(judged, key=lambda row: (row.figures.precision or 0, -row.figures.predicted))[:RANKED],
        never=[row.node.name for row in rows if row.figures.precision is None and row.figures.support],
        mistaken=[row for row in mistaken if row.wrong],
        every=every,
        unseen=len(rows) - len(every),
        confusion=_confusion(report),
    )


def _row(figures: ClassFigures, taxonomy: Taxonomy) -> ClassRow:
    taken_for = tuple((named(other, taxonomy), count) for other, count in figures.taken_for)
    return ClassRow(named(figures.label, taxonomy), figures, taken_for)


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
