"""The beginning of a report's page: how good the model is, and which way to decide is better."""

from collections.abc import Mapping
from dataclasses import dataclass

from gemhier.hierarchy.decoding import Strategy
from gemhier.pipeline.reports.report import Report
from gemhier.text import percent

MAIN_FIGURES = (
    ("top1", "top-1", "the label itself is ranked first"),
    ("top3", "top-3", "it is among the first three"),
    ("top5", "top-5", "it is among the first five"),
    ("family_top1", "family", "the family is ranked first"),
)
"""What is shown first: the figure, its title and its meaning."""

FURTHER_FIGURES = (
    ("tolerant_top1", "tolerant top-1", True),
    ("hierarchical_f1", "hierarchical F1", True),
    ("mistake_severity", "mistake severity", False),
    ("ece", "calibration error", False),
    ("brier", "Brier score", False),
)
"""What can be unfolded: the figure, its title, and whether it is shown in percent."""

STRATEGIES: dict[Strategy, str] = {
    "flat": "one classifier over all labels",
    "hard": "the likeliest family, then its regional network",
    "soft": "every regional network, weighed by its family",
    "fused": "flat and soft together",
}


@dataclass(frozen=True)
class FirstScreen:
    """What the page begins with.

    Attributes:
        labels: how many labels have pictures.
        said: the result in sentences.
        comparisons: further ones, of flat with the strategies that do not decide.
        main_figures: as `MAIN_FIGURES`.
        further_figures: as `FURTHER_FIGURES`.
        strategies: what each way to decide does.
    """

    labels: int
    said: tuple[str, ...]
    comparisons: tuple[str, ...]
    main_figures: tuple[tuple[str, str, str], ...]
    further_figures: tuple[tuple[str, str, bool], ...]
    strategies: Mapping[Strategy, str]


def first_screen(report: Report) -> FirstScreen:
    """Return what was evaluated, the main figures, and the ways to decide side by side."""
    said = [report.comparison.sentence] if report.comparison else []
    answers = report.answers
    if answers.precision.value is not None:
        said.append(
            f"Asked for a precision of {answers.target_precision:.0%} it answers {percent(answers.answered.value)} of "
            f"the pictures, and {percent(answers.precision.value)} of these answers are right."
        )
    if report.shortlists is not None and report.shortlists.sentence:
        said.append(report.shortlists.sentence)
    if report.likeness:
        unlike, known = report.likeness.count(False), len(report.likeness)
        said.append(f"{unlike:,} of {known:,} pictures are unlike those that the model was calibrated on.")
    if report.novelty is not None:
        said.append(report.novelty.sentence)
    return FirstScreen(
        labels=sum(each.support > 0 for each in report.figures.per_class),
        said=tuple(said),
        comparisons=tuple(each.sentence for each in report.evaluation.comparisons if each is not report.comparison),
        main_figures=MAIN_FIGURES,
        further_figures=FURTHER_FIGURES,
        strategies=STRATEGIES,
    )
