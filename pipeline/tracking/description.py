"""What a training found, in the words that MLflow shows beside a run."""

from gemhier.hierarchy.decoding import Strategy
from gemhier.pipeline.evaluation.estimate_text import estimate_text
from gemhier.pipeline.evaluation.evaluation import Evaluation
from gemhier.pipeline.tracking.names import SIDE_BY_SIDE


def description(evaluation: Evaluation, decided_by: Strategy, measured_on: str) -> str:
    """Describe what a training found, in a sentence and a Markdown table.

    All figures have intervals.
    """
    comparison = evaluation.comparison(decided_by)
    sentence = (
        f"On {evaluation.n:,} {measured_on}, {comparison.sentence}"
        if comparison is not None
        else f"{decision_in_words(evaluation, decided_by, measured_on)}."
    )
    lines = ["| | top-1 | top-3 | top-5 | family |", "| --- | --- | --- | --- | --- |"]
    for strategy, figures in evaluation.strategies.items():
        cells = [estimate_text(getattr(figures, name)) for name in SIDE_BY_SIDE]
        name = f"**{strategy}**, decides" if strategy == decided_by else strategy
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join([sentence, "", *lines, "", f"Intervals: {evaluation.intervals}."])


def decision_in_words(evaluation: Evaluation, strategy: Strategy, measured_on: str) -> str:
    """Say how often a strategy is right, without the full stop."""
    top1 = evaluation.strategies[strategy].top1
    if top1.value is None or top1.low is None or top1.high is None:
        return f"There are no pictures to measure {strategy} on"
    interval = f"95% interval {top1.low:.1%} to {top1.high:.1%}"
    return f"{strategy} names {top1.value:.1%} of {evaluation.n:,} {measured_on} right ({interval})"
