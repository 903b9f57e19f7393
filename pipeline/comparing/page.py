"""The page of a comparison: one HTML file that opens offline, with a thumbnail of each picture that changed."""

from collections.abc import Sequence
from html import escape
from pathlib import Path

from gemhier.pipeline.auditing.thumbnails import thumbnails
from gemhier.pipeline.comparing.result import ClassChange, Measured, ModelComparison, Pair
from gemhier.pipeline.comparing.side import Judged
from gemhier.pipeline.comparing.tables import WORDS, not_compared
from gemhier.pipeline.figures import Figure
from gemhier.pipeline.reporting.style import framed

MOST_SHOWN = 500
"""Of each kind of change so many pictures are on the page; changes.csv has all."""

_DASH = "–"
_STYLE = (
    "<style>td img{display:block;max-width:6rem;max-height:6rem;border-radius:.3rem}"
    ".good{color:var(--main)}td small{overflow-wrap:anywhere}</style>"
)


def page(comparison: ModelComparison) -> str:
    """The text of compare.html."""
    first, second = comparison.titles
    title = f"{first} against {second}"
    body = [
        _STYLE,
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
    return framed(escape(title), "\n".join(body))


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
    rows = "".join(_measure(WORDS[name], measured) for name, measured in comparison.measures.items())
    head = _head(("measure", "A", "B", "B - A", "McNemar's p"), texts=1, sortable=False)
    return f"<h2>Both, with 95% intervals</h2>{_table(head, rows)}"


def _measure(name: str, measured: Measured) -> str:
    comparison = measured.comparison
    points = comparison.difference
    return (
        f"<tr><td>{name}</td>{_share(measured.first)}{_share(measured.second)}"
        f'<td class="number">{_points(points.value)}<small>{_points(points.low)} to {_points(points.high)}</small></td>'
        f'<td class="number">{comparison.test.p_value:.2g}</td></tr>'
    )


def _changed(comparison: ModelComparison) -> str:
    by_change = {change: [pair for pair in comparison.pairs if pair.change == change] for change in ("better", "worse")}
    shown = [pair for pairs in by_change.values() for pair in pairs[:MOST_SHOWN]]
    if not shown:
        return "<h2>What changed</h2><p>No picture: both are right and wrong on the same ones.</p>"
    small = thumbnails({number: Path(pair.first.image) for number, pair in enumerate(shown)})
    rows = "".join(_picture(pair, small.get(number)) for number, pair in enumerate(shown))
    total = sum(map(len, by_change.values()))
    note = f'<p class="faint">{len(shown):,} of {total:,}; changes.csv has all.</p>' if total > len(shown) else ""
    head = _head(("picture", "truth", "A", "B", "B is"), texts=5)
    return f"<h2>What changed</h2>{note}{_table(head, rows)}"


def _picture(pair: Pair, thumbnail: str | None) -> str:
    name = escape(_printable(pair.first.image))
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
    rows = "".join(
        f"<tr><td>{escape(row.label)}</td>{_number(row.gain, f'{row.gain:+d}' if row.gain else '0')}"
        f"{_number(row.better)}{_number(row.worse)}{_number(row.pictures)}{_number(row.first_right)}{_number(row.second_right)}"
        f"{_precision(row.first_precision)}{_precision(row.second_precision)}</tr>"
        for row in sorted(classes, key=lambda row: (-abs(row.gain), row.label))
    )
    titles = ("label", "gain", "better", "worse", "pictures", "A right", "B right", "A precision", "B precision")
    return f"<h2>Every label</h2>{_table(_head(titles, texts=1), rows)}"


def _number(value: int, shown: str | None = None) -> str:
    return f'<td class="number" data-value="{value}">{shown or f"{value:,}"}</td>'


def _precision(share: float | None) -> str:
    value, shown = ("", _DASH) if share is None else (f"{share:.6f}", f"{share:.1%}")
    return f'<td class="number" data-value="{value}">{shown}</td>'


def _share(figure: Figure) -> str:
    if figure.value is None or figure.low is None or figure.high is None:
        return f'<td class="number">{_DASH}</td>'
    return f'<td class="number">{figure.value:.1%}<small>{figure.low:.1%} to {figure.high:.1%}</small></td>'


def _points(share: float | None) -> str:
    return _DASH if share is None else f"{100 * share:+.1f}"


def _head(titles: Sequence[str], *, texts: int, sortable: bool = True) -> str:
    """The head of a table whose first columns, `texts` of them, are texts and whose others are numbers."""
    cells = []
    for column, title in enumerate(titles):
        shown = f"<button>{title}</button>" if sortable else title
        cells.append(f"<th>{shown}</th>" if column < texts else f'<th class="number">{shown}</th>')
    return "".join(cells)


def _table(head: str, rows: str) -> str:
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'


def _printable(text: str) -> str:
    """The text with escapes for bytes of a file name that are not UTF-8."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
