"""A comparison in files for programs and in lines for people."""

import json
from collections.abc import Sequence

from gemhier.pipeline.evaluation.estimate_text import interval_text, value_text
from gemhier.pipeline.evaluation.estimates import Estimate
from gemhier.pipeline.evaluation.model_comparison import ClassChange, ModelComparison, to_dict
from gemhier.spreadsheet import csv_text
from gemhier.text import count

PAGE_FILE = "compare.html"
COMPARE_FILE = "compare.json"
CHANGES_FILE = "changes.csv"

FORMAT_VERSION = 1

WORDS = {"top1": "top-1", "top3": "top-3", "top5": "top-5", "family_top1": "family"}

_DECIMALS = 6
_MOST_NAMED = 5


def compare_json(comparison: ModelComparison, form: str) -> str:
    """Return the text of compare.json."""
    found = {"format": form, "format_version": FORMAT_VERSION, **to_dict(comparison)}
    return json.dumps(found, indent=1, allow_nan=False) + "\n"


def changes_table(comparison: ModelComparison) -> str:
    """Return the text of changes.csv: a row for each picture that is compared."""
    columns = [f"{side}_{part}" for side in ("first", "second") for part in ("predicted", "probability", "place")]
    rows: list[list[object]] = [["image", "source", "truth", "truth_given", *columns, "change"]]
    for pair in comparison.pairs:
        cells: list[object] = []
        for judged in (pair.first, pair.second):
            probability = "" if judged.probability is None else round(judged.probability, _DECIMALS)
            cells += [judged.predicted or "", probability, judged.place]
        rows.append([pair.first.image, pair.first.source, pair.truth, pair.first.truth_given, *cells, pair.change])
    return csv_text(rows)


def summary(comparison: ModelComparison) -> list[str]:
    """Tell the figures of both models, whether the difference is real, what changed and what is not compared."""
    lines = [
        f"A: {comparison.first}",
        f"B: {comparison.second}",
        f"On {count(len(comparison.pairs), 'picture')} of {', '.join(comparison.first.sources)}, with 95% intervals:",
        f"  {'':<8}{'A':>6}  {'':<16}{'B':>6}  {'':<16}{'B - A':>7}  {'':<16}McNemar",
    ]
    for name, measured in comparison.measures.items():
        difference = measured.comparison.difference
        lines.append(
            f"  {WORDS[name]:<8}{_with_interval(measured.first, 6)}{_with_interval(measured.second, 6)}"
            f"{_with_interval(difference, 7, '+.1f', 100)}p = {measured.comparison.test.p_value:.2g}"
        )
    counts = comparison.counts
    lines += shortlists_in_words(comparison)
    lines += [
        comparison.sentence,
        f"{counts['better']:,} got better, {counts['worse']:,} got worse, {counts['same-right']:,} are right and "
        f"{counts['same-wrong']:,} wrong in both.",
    ]
    gained, lost = comparison.moved(_MOST_NAMED)
    lines += [f"Gained most: {_moved(gained)}"] if gained else []
    lines += [f"Lost most: {_moved(lost)}"] if lost else []
    return [*lines, *not_compared(comparison)]


def shortlists_in_words(comparison: ModelComparison) -> list[str]:
    """Return how often the shortlists of both hold the label, and how short they are; nothing without shortlists."""
    found = comparison.shortlists
    if found is None:
        return []
    coverage, difference = found.coverage, found.size_difference
    return [
        f"Shortlists of {100 * found.guarantee:.6g}%: {value_text(coverage.first)} of A's and "
        f"{value_text(coverage.second)} of B's hold the label (p = {coverage.comparison.test.p_value:.2g}); they have "
        f"{value_text(found.first_size, '.2f')} and {value_text(found.second_size, '.2f')} labels on average, "
        f"{value_text(difference, '+.2f')} {interval_text(difference, '+.2f')}."
    ]


def not_compared(comparison: ModelComparison) -> list[str]:
    """Return what is not compared, and what is compared in another way."""
    left_out, lines = comparison.left_out, []
    if left_out.unknown:
        lines.append(
            f"Not compared: {left_out.unknown:,} pictures of labels that A ({left_out.unknown_to_first:,}) or "
            f"B ({left_out.unknown_to_second:,}) cannot output."
        )
    if left_out.only_first or left_out.only_second:
        lines.append(
            f"Not compared: {left_out.only_first:,} pictures that only A was given, {left_out.only_second:,} that "
            "only B was given."
        )
    if comparison.relabelled:
        lines.append(
            f"The taxonomies give {comparison.relabelled:,} pictures another label each; each model is held to its own."
        )
    return lines


def _moved(classes: Sequence[ClassChange]) -> str:
    return ", ".join(f"{row.label} {row.gain:+d} of {row.pictures:,}" for row in classes)


def _with_interval(figure: Estimate, width: int, form: str = ".1%", scale: float = 1) -> str:
    return f"{value_text(figure, form, scale):>{width}}  {interval_text(figure, form, scale):<16}"
