"""The page of a comparison: one HTML file that opens offline, with a thumbnail of each picture that changed."""

from collections.abc import Sequence
from html import escape
from pathlib import Path

from gemhier.pipeline.evaluation.model_comparison import ClassChange, Judged, Measured, ModelComparison, Pair
from gemhier.pipeline.reports.comparison_tables import WORDS, not_compared
from gemhier.pipeline.reports.html.markup import DASH, count_cell, figure_cell, row, share_cell, table, text_cell
from gemhier.pipeline.reports.html.style import framed, printable
from gemhier.pipeline.reports.thumbnails import thumbnails

MOST_SHOWN = 500
"""Of each kind of change so many pictures are on the page; changes.csv has all."""


def page(comparison: ModelComparison) -> str:
    """Return the text of compare.html."""
    first, second = comparison.titles
    title = f"{first} against {second}"
    body = [
        f"<h1>{escape(title)}</h1>",
        f'<p class="faint">A: {escape(str(comparison.first))}. B: {escape(str(comparison.second))}. '
        f"{len(comparison.pairs):,} pictures of {escape(', '.join(comparison.first.sources))}, "
        f"split {escape(comparison.first.split)}.</p>",
        _cards(comparison),
        f'<p class="said">{escape(comparison.sentence)}</p>',
        *(f'<p class="faint">{escape(line)}</p>' for line in not_compared(comparison)),
        _measures(comparison),
        _changed(comparison),
        _classes(comparison.classes),
    ]
    return framed(title, "\n".join(body), package=__package__, styles=["compare.css"])


def _cards(comparison: ModelComparison) -> str:
    counts = comparison.counts
    cards = (
        ("got better", counts["better"], "only B is right"),
        ("got worse", counts["worse"], "only A is right"),
        ("right in both", counts["same-right"], ""),
        ("wrong in both", counts["same-wrong"], ""),
    )
    shown = "".join(
        f'<div class="card">{title}<b>{count:,}</b><small>{meaning}</small></div>' for title, count, meaning in cards
    )
    return f'<div class="cards">{shown}</div>'


def _measures(comparison: ModelComparison) -> str:
    rows = [_measure(WORDS[name], measured) for name, measured in comparison.measures.items()]
    numbers = ("A", "B", "B - A, points", "McNemar's p")
    return f"<h2>Both, with 95% intervals</h2>{table('measures', ['measure'], numbers, rows, fixed=True)}"


def _measure(name: str, measured: Measured) -> str:
    comparison = measured.comparison
    p_value = f'<td class="number" data-value="{comparison.test.p_value}">{comparison.test.p_value:.2g}</td>'
    return row(
        text_cell(name),
        figure_cell(measured.first),
        figure_cell(measured.second),
        figure_cell(comparison.difference, _points),
        p_value,
    )


def _changed(comparison: ModelComparison) -> str:
    by_change = {change: [pair for pair in comparison.pairs if pair.change == change] for change in ("better", "worse")}
    shown = [pair for pairs in by_change.values() for pair in pairs[:MOST_SHOWN]]
    if not shown:
        return "<h2>What changed</h2><p>No picture: both are right and wrong on the same ones.</p>"
    small = thumbnails({number: Path(pair.first.image) for number, pair in enumerate(shown)})
    rows = [_picture(pair, small.get(number)) for number, pair in enumerate(shown)]
    total = sum(map(len, by_change.values()))
    note = f'<p class="faint">{len(shown):,} of {total:,}; changes.csv has all.</p>' if total > len(shown) else ""
    return f"<h2>What changed</h2>{note}{table('changes', ['picture', 'truth', 'A', 'B', 'B is'], [], rows)}"


def _picture(pair: Pair, thumbnail: str | None) -> str:
    name = escape(printable(pair.first.image))
    image = f'<img src="{thumbnail}" alt="" loading="lazy">' if thumbnail else ""
    mark = "good" if pair.change == "better" else "bad"
    return (
        f'<tr><td data-value="{name}">{image}<small>{name}</small></td><td>{escape(pair.truth)}</td>'
        f'{_said(pair.first)}{_said(pair.second)}<td class="{mark}">{pair.change}</td></tr>'
    )


def _said(judged: Judged) -> str:
    if judged.predicted is None or judged.probability is None:
        return "<td>could not be read</td>"
    mark = ' class="good"' if judged.right else ""
    return (
        f'<td data-value="{escape(judged.predicted)}"><span{mark}>{escape(judged.predicted)}</span>'
        f"<small>{judged.probability:.0%}, truth at place {judged.place:,}</small></td>"
    )


def _classes(classes: Sequence[ClassChange]) -> str:
    rows = [
        row(
            text_cell(each.label),
            f'<td class="number" data-value="{each.gain}">{f"{each.gain:+d}" if each.gain else "0"}</td>',
            *(count_cell(count) for count in (each.better, each.worse, each.pictures, each.first_right)),
            count_cell(each.second_right),
            share_cell(each.first_precision),
            share_cell(each.second_precision),
        )
        for each in sorted(classes, key=lambda each: (-abs(each.gain), each.label))
    ]
    numbers = ("gain", "better", "worse", "pictures", "A right", "B right", "A precision", "B precision")
    return f"<h2>Every label</h2>{table('labels', ['label'], numbers, rows)}"


def _points(share: float | None) -> str:
    return DASH if share is None else f"{100 * share:+.1f}"
