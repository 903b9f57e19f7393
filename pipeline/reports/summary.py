"""What an evaluation found, in a few lines for people."""

from collections.abc import Sequence

from gemhier.pipeline.data.labelled_images import NoLabel
from gemhier.pipeline.evaluation.estimate_text import interval_text, value_text
from gemhier.pipeline.reports.report import Report
from gemhier.text import count

_MOST_NAMED = 5
_OTHERS = ("top3", "top5", "family_top1")


def summary(report: Report) -> list[str]:
    """Return the figures of each strategy, whether the difference is real, and what could not be counted."""
    evaluation = report.evaluation
    known = f", {evaluation.n - evaluation.n_unknown:,} of them of its labels" if evaluation.n_unknown else ""
    lines = [
        f"{report.model_version} on {count(evaluation.n, 'picture')} of {', '.join(report.labelled.sources)}{known}:",
        f"  {'':<8}{'top-1':>7}  {'95% interval':<17}{'top-3':>7}{'top-5':>8}{'family':>8}",
    ]
    for strategy, figures in evaluation.strategies.items():
        others = "".join(f"{value_text(getattr(figures, name)):>8}" for name in _OTHERS)
        mark = "  decides" if strategy == report.decided_by else ""
        lines.append(f"  {strategy:<8}{value_text(figures.top1):>7}  {interval_text(figures.top1):<16}{others}{mark}")
    if report.comparison is not None:
        lines.append(report.comparison.sentence)
    answers = report.answers
    if answers.precision.value is not None:
        lines.append(
            f"At a precision of {answers.target_precision:.0%} it answers {value_text(answers.answered)}, "
            f"and {value_text(answers.precision)} of the answers are right."
        )
    if report.shortlists is not None and report.shortlists.sentence:
        lines.append(report.shortlists.sentence)
    return [*lines, *_left_over(report)]


def _left_over(report: Report) -> list[str]:
    lines = []
    if report.failures:
        first, *others = report.failures
        lines.append(
            f"{len(report.failures):,} could not be read and count as wrong, such as {first}"
            if others
            else f"1 could not be read and counts as wrong: {first}"
        )
    if report.beyond_model:
        number = sum(images for _, images in report.beyond_model)
        names = [label for label, _ in report.beyond_model]
        lines.append(f"{number:,} show what the model has not learned and count for the family only: {_some(names)}")
    if report.labelled.unknown:
        lines.append(
            "Class names that the taxonomy does not know, counted as wrong families only: "
            + _named(report.labelled.unknown)
        )
    if report.labelled.excluded:
        lines.append(f"Left out, as the taxonomy excludes them: {_named(report.labelled.excluded)}")
    return lines


def _named(labels: Sequence[NoLabel]) -> str:
    return _some([f"{label.name} ({label.pictures:,})" for label in labels])


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:_MOST_NAMED]) + (", ..." if len(names) > _MOST_NAMED else "")
