"""The page of a comparison: one HTML file that opens offline, with a thumbnail of each picture that changed."""

from pathlib import Path

from gemhier.pipeline.evaluation.model_comparison import ModelComparison
from gemhier.pipeline.reports.comparison_tables import WORDS, not_compared, shortlists_in_words
from gemhier.pipeline.reports.thumbnails import thumbnails
from gemhier.templates import render

MOST_SHOWN = 500
"""Of each kind of change so many pictures are on the page; changes.csv has all."""


def page(comparison: ModelComparison) -> str:
    """Return the text of compare.html."""
    by_change = [[pair for pair in comparison.pairs if pair.change == change] for change in ("better", "worse")]
    changed = [pair for pairs in by_change for pair in pairs[:MOST_SHOWN]]
    return render(
        "pipeline/reports/html/compare.html",
        title=" against ".join(comparison.titles),
        comparison=comparison,
        not_compared=not_compared(comparison),
        shortlists=shortlists_in_words(comparison),
        words=WORDS,
        changed=changed,
        n_changed=sum(map(len, by_change)),
        thumbnails=thumbnails({number: Path(pair.first.image) for number, pair in enumerate(changed)}),
        classes=sorted(comparison.classes, key=lambda each: (-abs(each.gain), each.label)),
    )
