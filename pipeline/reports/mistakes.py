"""The pictures that a model named wrongly, the worst first."""

from dataclasses import dataclass

from gemhier.hierarchy.metrics import severity_matrix
from gemhier.pipeline.reports.report import Report

MOST_SHOWN = 200
"""So many mistakes are shown as pictures; the table of all pictures has the rest."""


@dataclass(frozen=True)
class Mistake:
    """A picture whose most probable label is not its own.

    Attributes:
        row: of the picture.
        severity: the height of the lowest node above both labels.
        probability: of the label that it was taken for.
    """

    row: int
    severity: int
    probability: float


def mistakes(report: Report) -> list[Mistake]:
    """All of them: the most severe first, and of these the surest.

    Pictures that could not be read, or whose label the model cannot output, are not among them.
    """
    severity = severity_matrix(report.space)
    decided = report.probabilities[report.decided_by]
    guesses, surest = decided.argmax(axis=1), decided.max(axis=1)
    found = []
    for row, image in enumerate(report.labelled.images):
        if image.label is None or image.label not in report.space or not surest[row]:
            continue
        height = int(severity[report.space.index(image.label), guesses[row]])
        if height:
            found.append(Mistake(row, height, float(surest[row])))
    return sorted(found, key=lambda mistake: (-mistake.severity, -mistake.probability, mistake.row))
