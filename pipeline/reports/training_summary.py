"""What a training came to, in a few lines for people."""

from dataclasses import dataclass

from gemhier.pipeline.evaluation.evaluation import Evaluation

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
    lines = [f"{trained.evaluation.n:,} {trained.measured_on}:", ""]
    lines.append(f"  {'':<8}{'top-1':>8}{'95% interval':>18}{'top-3':>8}{'top-5':>8}{'family':>8}")
    for strategy, figures in trained.evaluation.strategies.items():
        top1, top3, top5, family = (getattr(figures, measure) for measure in _MEASURES)
        interval = f"{top1.low:.3f} to {top1.high:.3f}"
        mark = "  <- decides" if strategy == trained.decided_by else ""
        lines.append(
            f"  {strategy:<8}{top1.value:>8.3f}{interval:>18}{top3.value:>8.3f}{top5.value:>8.3f}"
            f"{family.value:>8.3f}{mark}"
        )
    return [*lines, "", f"Run {trained.run_id}", f"Next: gemhier package {trained.run_id[:12]} --out bundle"]
