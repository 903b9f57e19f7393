"""What a training came to, in a few lines for people."""

from gemhier.pipeline.train import Trained

_MEASURES = ("top1", "top3", "top5", "family_top1")


def summary(trained: Trained) -> list[str]:
    """A table of the ways to decide, and what to do next."""
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
