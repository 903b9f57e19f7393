"""The page of a report: one HTML file that opens offline, in light and dark, on a telephone too."""

from collections.abc import Callable, Iterable, Sequence
from html import escape

from gemhier.hierarchy.decoding import Strategy
from gemhier.hierarchy.taxonomy import Taxonomy
from gemhier.pipeline.evaluation import ClassFigures
from gemhier.pipeline.figures import Figure
from gemhier.pipeline.reporting.report import Report
from gemhier.pipeline.reporting.style import framed

MOST_LISTED = 20
"""Longer lists of pictures are cut; predictions.csv has all of them."""

RANKED = 10
"""How many of the best and of the worst classes are shown."""

_DASH = "–"

_CARDS = (
    ("top1", "top-1", "the label itself is ranked first"),
    ("top3", "top-3", "it is among the first three"),
    ("top5", "top-5", "it is among the first five"),
    ("family_top1", "family", "the family is ranked first"),
    ("tolerant_top1", "tolerant top-1", "first is the label, or one above or below it"),
    ("hierarchical_f1", "hierarchical F1", "shared part of true and predicted routes"),
    ("mistake_severity", "mistake severity", "levels up to what mistake and truth share"),
    ("ece", "calibration error", "stated probabilities against what came true"),
)
_PLAIN_NUMBERS = frozenset({"mistake_severity", "ece"})

_STRATEGIES: dict[Strategy, str] = {
    "flat": "one classifier over all labels",
    "hard": "the likeliest family, then its regional network",
    "soft": "every regional network, weighed by its family",
    "fused": "flat and soft together",
}


def page(report: Report) -> str:
    """The text of report.html."""
    sections = (_head, _headline, _strategies, _answers, _best_and_worst, _mistaken, _classes, _left_over, _measures)
    body = "\n".join(section(report) for section in sections)
    return framed(f"{escape(report.model_version)} on {escape(_sources(report))}", body)


def _head(report: Report) -> str:
    evaluation = report.evaluation
    labels = sum(row.support > 0 for row in report.figures.per_class)
    unknown = f" {evaluation.n_unknown:,} show what it does not know." if evaluation.n_unknown else ""
    return (
        f"<h1>{escape(report.model_version)} on {escape(_sources(report))}</h1>"
        f'<p class="faint">{evaluation.n:,} pictures, of {labels:,} of the {len(report.space):,} labels that the model '
        f"knows.{unknown} Split: {escape(report.split)}. Decided by: {report.decided_by}. "
        f"{escape(report.created[:10])}.</p>"
    )


def _sources(report: Report) -> str:
    return ", ".join(report.labelled.sources)


def _headline(report: Report) -> str:
    cards = []
    for name, title, meaning in _CARDS:
        figure: Figure = getattr(report.figures, name)
        shown = _number if name in _PLAIN_NUMBERS else _percent
        cards.append(
            f'<div class="card">{title}<b>{shown(figure.value)}</b>'
            f"<small>{_interval(figure, shown) or 'nothing to measure'}</small><small>{meaning}</small></div>"
        )
    return f'<div class="cards">{"".join(cards)}</div>'


def _strategies(report: Report) -> str:
    bars, rows = [], []
    for strategy, figures in report.evaluation.strategies.items():
        decides = strategy == report.decided_by
        bars.append(f"<span>{strategy}</span>{_bar(figures.top1, decides)}<span>{_percent(figures.top1.value)}</span>")
        cells = [
            _figure_cell(getattr(figures, name), _number if name in _PLAIN_NUMBERS else _percent)
            for name, _, _ in _CARDS
        ]
        mark = "<small>decides</small>" if decides else ""
        rows.append(f"<tr><td>{strategy}{mark}</td>{''.join(cells)}</tr>")
    others = "".join(
        f"<li>{escape(comparison.sentence)}</li>"
        for comparison in report.evaluation.comparisons
        if comparison is not report.comparison
    )
    meanings = "; ".join(f"{strategy}: {meaning}" for strategy, meaning in _STRATEGIES.items())
    said = f'<p class="said">{escape(report.comparison.sentence)}</p>' if report.comparison else ""
    return (
        "<h2>Flat against hierarchical</h2>"
        f'{said}<div class="bars">{"".join(bars)}</div>'
        f'<p class="faint">Bars: top-1 with its 95% interval. {meanings}.</p>'
        f"{_grid(['strategy'], [title for _, title, _ in _CARDS], rows)}"
        f"<ul>{others}</ul>"
    )


def _answers(report: Report) -> str:
    answers = report.answers
    rows = []
    for row in answers.depths:
        figures = _figure_cell(row.share, _percent) + _figure_cell(row.precision, _percent)
        rows.append(f'<tr><td>{_depth(row.depth)}</td><td class="number">{row.answered:,}</td>{figures}</tr>')
    every = _figure_cell(answers.answered, _percent) + _figure_cell(answers.precision, _percent)
    given = sum(row.answered for row in answers.depths)
    rows.append(f'<tr><td>any depth</td><td class="number">{given:,}</td>{every}</tr>')
    return (
        "<h2>Answers</h2>"
        f"<p>Asked for a precision of {answers.target_precision:.0%}, which takes a probability of at least "
        f"{answers.threshold:.3f}. An answer stops where it is sure; it is right if it is the picture's label or lies "
        f"above it. {len(report.refused):,} of all {report.evaluation.n:,} pictures were refused.</p>"
        f"{_grid(['answered at'], ['pictures', 'share', 'precision'], rows)}"
    )


def _depth(depth: int) -> str:
    return {1: "the family", 2: "one below the family"}.get(depth, f"{depth - 1} below the family")


def _best_and_worst(report: Report) -> str:
    judged = [row for row in report.figures.per_class if row.precision is not None and row.support]
    best = sorted(judged, key=lambda row: (-(row.precision or 0), -row.predicted))[:RANKED]
    worst = sorted(judged, key=lambda row: (row.precision or 0, -row.predicted))[:RANKED]
    never = [row for row in report.figures.per_class if row.precision is None and row.support]
    note = (
        f'<p class="faint">Never predicted, so without a precision: '
        f"{escape(', '.join(report.taxonomy[row.label].name for row in never))}.</p>"
        if never
        else ""
    )
    return (
        "<h2>Best and worst by precision</h2>"
        '<div class="two">'
        f"<div><h3>Best</h3>{_precisions(best, report.taxonomy)}</div>"
        f"<div><h3>Worst</h3>{_precisions(worst, report.taxonomy)}</div>"
        f"</div>{note}"
    )


def _precisions(classes: Sequence[ClassFigures], taxonomy: Taxonomy) -> str:
    rows = [
        f'<tr><td>{_label(row.label, taxonomy)}</td><td class="number">{_percent(row.precision)}</td>'
        f'<td class="number">{row.predicted:,}</td></tr>'
        for row in classes
    ]
    return _grid(["label"], ["precision", "predicted"], rows)


def _mistaken(report: Report) -> str:
    def wrong(row: ClassFigures) -> int:
        return row.support - round((row.recall or 0) * row.support)

    rows = []
    for row in sorted(report.figures.per_class, key=lambda row: (-wrong(row), row.label))[:RANKED]:
        if not wrong(row):
            continue
        taken = [f"{_label(label, report.taxonomy)}<small>{count:,}x</small>" for label, count in row.taken_for]
        taken += [_DASH] * (2 - len(taken))
        count = f'<td class="number">{wrong(row):,} of {row.support:,}</td>'
        first, second = taken
        rows.append(f"<tr><td>{_label(row.label, report.taxonomy)}</td>{count}<td>{first}</td><td>{second}</td></tr>")
    if not rows:
        return "<h2>Most misclassified</h2><p>No picture is misclassified.</p>"
    head = '<th>label</th><th class="number">wrong</th><th>taken for</th><th>or for</th>'
    return f"<h2>Most misclassified</h2>{_table(head, rows)}"


def _classes(report: Report) -> str:
    rows = []
    for row in report.figures.per_class:
        if not row.support and not row.predicted:
            continue
        numbers = "".join(
            f'<td class="number" data-value="{"" if share is None else share}">{_percent(share)}</td>'
            for share in (row.precision, row.recall)
        )
        counts = "".join(
            f'<td class="number" data-value="{count}">{count:,}</td>' for count in (row.support, row.predicted)
        )
        name = report.taxonomy[row.label].name
        rows.append(
            f'<tr><td data-value="{escape(name)}">{_label(row.label, report.taxonomy)}</td>{numbers}{counts}</tr>'
        )
    unseen = len(report.space) - len(rows)
    note = f'<p class="faint">{unseen:,} labels have neither a picture nor a prediction.</p>' if unseen else ""
    head = "<th><button>label</button></th>" + "".join(
        f'<th class="number"><button>{title}</button></th>'
        for title in ("precision", "recall", "pictures", "predicted")
    )
    return f"<h2>Every label</h2>{_table(head, rows)}{note}"


def _left_over(report: Report) -> str:
    unknown = [f"{label.name}: {label.pictures:,}. {label.reason}" for label in report.labelled.unknown]
    excluded = [f"{label.name}: {label.pictures:,}, {label.reason}" for label in report.labelled.excluded]
    beyond = [f"{report.taxonomy[label].name} ({label}): {count:,}" for label, count in report.beyond_model]
    lists = (
        ("Pictures that could not be read; they count as wrong", [str(failure) for failure in report.failures]),
        ("Refused", [f"{refused.image}: {refused.refused}" for refused in report.refused]),
        ("Class names that the taxonomy does not know; they count as wrong families only", unknown),
        ("Labels that the model has not learned; they count for the family only", beyond),
        ("Classes that the taxonomy leaves out; they count for nothing", excluded),
    )
    shown = "".join(_listed(title, lines) for title, lines in lists if lines)
    return f"<h2>Refused, failed, unknown</h2>{shown or '<p>Nothing.</p>'}"


def _listed(title: str, lines: Sequence[str]) -> str:
    items = "".join(f"<li>{escape(_printable(line))}</li>" for line in lines[:MOST_LISTED])
    more = f"<li>and {len(lines) - MOST_LISTED:,} more</li>" if len(lines) > MOST_LISTED else ""
    return f"<h3>{escape(title)} ({len(lines):,})</h3><ul>{items}{more}</ul>"


def _printable(text: str) -> str:
    """The text with escapes for bytes of a file name that are not UTF-8."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _measures(report: Report) -> str:
    return (
        "<h2>How it is measured</h2>"
        f"<p>Intervals: {escape(report.evaluation.intervals)}. "
        "One of no width means that there are too few pictures, not that it is certain.</p>"
        "<p>Rankings are of all labels, whatever the answer was, so a refusal hides nothing. A picture that could not "
        "be read is wrong in everything. One whose label the model has not learned counts for the family only.</p>"
        "<dl><dt>Hierarchical F1</dt><dd>Of the nodes on the true and on the predicted routes, over all pictures: "
        "twice the shared ones by the sum of both.</dd>"
        "<dt>Mistake severity</dt><dd>For each mistake the height of the lowest node above both labels, on average: "
        "1 for sisters at the end of the tree; lower is better.</dd>"
        "<dt>Calibration error</dt><dd>How far the probability of the first label is from how often it is right, on "
        "average over 15 bins of equal size; 0 is best. It is overestimated where pictures are few.</dd>"
        "<dt>Comparison</dt><dd>McNemar's exact test on the pictures that only one of the two got right.</dd></dl>"
    )


def _label(label: str, taxonomy: Taxonomy) -> str:
    node = taxonomy[label]
    above = " › ".join(taxonomy[parent].name for parent in node.route[:-1])
    return f"{escape(node.name)}<small>{escape(above)}</small>"


def _percent(share: float | None) -> str:
    return _DASH if share is None else f"{share:.1%}"


def _number(value: float | None) -> str:
    return _DASH if value is None else f"{value:.3f}" if value < 1 else f"{value:.2f}"


def _interval(figure: Figure, shown: Callable[[float | None], str]) -> str:
    return "" if figure.value is None else f"{shown(figure.low)} to {shown(figure.high)}"


def _figure_cell(figure: Figure, shown: Callable[[float | None], str]) -> str:
    return f'<td class="number">{shown(figure.value)}<small>{_interval(figure, shown)}</small></td>'


def _bar(figure: Figure, main: bool) -> str:
    value, low, high = (number or 0 for number in (figure.value, figure.low, figure.high))
    return (
        f'<span class="bar{" main" if main else ""}"><i style="width:{value:.1%}"></i>'
        f'<u style="left:{low:.1%};width:{high - low:.1%}"></u></span>'
    )


def _grid(texts: Iterable[str], numbers: Iterable[str], rows: Iterable[str]) -> str:
    """A table whose first columns are texts and whose others are numbers."""
    head = "".join(f"<th>{title}</th>" for title in texts)
    return _table(head + "".join(f'<th class="number">{title}</th>' for title in numbers), rows)


def _table(head: str, rows: Iterable[str]) -> str:
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>'
