"""What the sections of a report's page are made of, taken from the report once."""

from dataclasses import dataclass

import numpy as np

from gemhier.hierarchy.error_budget import ErrorBudget, error_budget
from gemhier.models.images.stones import Failure
from gemhier.pipeline.evaluation.coverage import Coverage, coverage
from gemhier.pipeline.evaluation.reliability import ReliabilityBin, reliability
from gemhier.pipeline.reports.mistakes import Mistake, mistakes
from gemhier.pipeline.reports.reasons import Reason, reasons
from gemhier.pipeline.reports.report import Report


@dataclass(frozen=True, eq=False)
class Measured:
    """A report with what its page shows of single pictures.

    Attributes:
        report: itself.
        reasons: (N,) why each picture was answered as it was.
        mistakes: the worst first.
        coverage: precision against coverage, of the pictures whose label the model can output.
        reliability: stated probabilities against what came true, of those of them that could be read.
        budgets: where these are lost and won back: all together first, then by true family.
    """

    report: Report
    reasons: tuple[Reason, ...]
    mistakes: tuple[Mistake, ...]
    coverage: Coverage
    reliability: tuple[ReliabilityBin, ...]
    budgets: tuple[ErrorBudget, ...]


def measured(report: Report) -> Measured:
    """Take from a report what its page shows."""
    known = [row for row, image in enumerate(report.labelled.images) if image.label in report.space]
    read = [row for row in known if not isinstance(report.results[row], Failure)]
    labels = {row: str(report.labelled.images[row].label) for row in known}
    groups = np.array([image.group for image in report.labelled.images], dtype=np.str_)
    failed = np.array([isinstance(result, Failure) for result in report.results], dtype=np.bool_)
    decided = report.probabilities[report.decided_by]
    guesses = {strategy: found.argmax(axis=1) for strategy, found in report.probabilities.items()}
    two_stages = {"hard", "soft", "fused"} <= guesses.keys()
    return Measured(
        report=report,
        reasons=reasons(report),
        mistakes=tuple(mistakes(report)),
        coverage=coverage(
            decided[known],
            [labels[row] for row in known],
            list(groups[known]),
            ~(failed | report.without_gem)[known],
            thresholds=report.thresholds,
            space=report.space,
            taxonomy=report.taxonomy,
        ),
        reliability=reliability(decided[read].max(axis=1, initial=0), report.figures.right[read], groups[read]),
        budgets=error_budget(
            [report.space.index(labels[row]) for row in read],
            guesses["hard"][read],
            guesses["soft"][read],
            guesses["fused"][read],
            report.space,
        )
        if two_stages and read
        else (),
    )
