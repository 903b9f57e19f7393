"""What a training came to, in a few lines for people."""

from dataclasses import dataclass

from gemhier.models.bundle.info import BundleInfo
from gemhier.pipeline.evaluation.evaluation import Evaluation
from gemhier.pipeline.evaluation.shortlists import ShortlistFigures
from gemhier.pipeline.reports.model_card import OUT_OF_FOLD
from gemhier.text import percent

_MEASURES = ("top1", "top3", "top5", "family_top1")


@dataclass(frozen=True)
class Trained:
    """What came of a training.

    Attributes:
        run_id: of the parent run.
        evaluation: the figures on the validation pictures, or out of fold on all, for each strategy.
        decided_by: the strategy that the bundle uses.
        measured_on: `validation pictures`, or `pictures out of fold`.
        resumed: whether an interrupted training was taken up again.
    """

    run_id: str
    evaluation: Evaluation
    decided_by: str
    measured_on: str
    resumed: bool


def summary(trained: Trained) -> list[str]:
    """Return a table of the strategies, and what to do next."""
    return [
        *_strategies(trained.evaluation, trained.measured_on, trained.decided_by),
        "",
        f"Run {trained.run_id}",
        f"Next: gemhier package {trained.run_id[:12]} --out bundle",
    ]


def calibration_summary(
    evaluation: Evaluation, shortlists: ShortlistFigures, info: BundleInfo, *, changed: bool
) -> list[str]:
    """Return a table of the strategies, and what answers take and give.

    Args:
        evaluation: of the pictures that calibrated the model, each fold with what the others gave.
        shortlists: their figures, in the same way.
        info: of the calibrated bundle.
        changed: whether it answers otherwise than before.
    """
    row = info.thresholds.row_for(info.default_precision)
    answers = (
        f"Asked for {row.precision:.0%}, it answers {percent(row.answered)} of these pictures, "
        f"{'none' if row.observed is None else percent(row.observed)} of them rightly."
        if row
        else f"Asked for {info.default_precision:.0%}, it answers where it is as sure as that."
    )
    same = "" if changed else "The calibration is the one that the model had."
    return [
        *_strategies(evaluation, OUT_OF_FOLD, info.strategy),
        "",
        answers,
        *filter(None, [shortlists.sentence, same]),
    ]


def _strategies(evaluation: Evaluation, measured_on: str, decided_by: str) -> list[str]:
    lines = [f"{evaluation.n:,} {measured_on}:", ""]
    lines.append(f"  {'':<8}{'top-1':>8}{'95% interval':>18}{'top-3':>8}{'top-5':>8}{'family':>8}")
    for strategy, figures in evaluation.strategies.items():
        top1, top3, top5, family = (getattr(figures, measure) for measure in _MEASURES)
        interval = f"{top1.low:.3f} to {top1.high:.3f}"
        mark = "  <- decides" if strategy == decided_by else ""
        lines.append(
            f"  {strategy:<8}{top1.value:>8.3f}{interval:>18}{top3.value:>8.3f}{top5.value:>8.3f}"
            f"{family.value:>8.3f}{mark}"
        )
    return lines
