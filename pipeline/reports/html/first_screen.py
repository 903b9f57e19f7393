"""The beginning of a report's page: what was evaluated, how good it is, and which way to decide is better."""

from html import escape

from gemhier.hierarchy.decoding import Strategy
from gemhier.pipeline.evaluation.estimates import Estimate
from gemhier.pipeline.reports.html.markup import figure_cell, interval, note, number, percent, row, section, table
from gemhier.pipeline.reports.html.style import printable
from gemhier.pipeline.reports.measured import Measured
from gemhier.pipeline.reports.report import Report

MAIN_FIGURES = (
    ("top1", "top-1", "the label itself is ranked first"),
    ("top3", "top-3", "it is among the first three"),
    ("top5", "top-5", "it is among the first five"),
    ("family_top1", "family", "the family is ranked first"),
)
FURTHER_FIGURES = (
    ("tolerant_top1", "tolerant top-1"),
    ("hierarchical_f1", "hierarchical F1"),
    ("mistake_severity", "mistake severity"),
    ("ece", "calibration error"),
    ("brier", "Brier score"),
)
_PLAIN_NUMBERS = frozenset({"mistake_severity", "ece", "brier"})

STRATEGIES: dict[Strategy, str] = {
    "flat": "one classifier over all labels",
    "hard": "the likeliest family, then its regional network",
    "soft": "every regional network, weighed by its family",
    "fused": "flat and soft together",
}


def title(report: Report) -> str:
    """Return what the page is of."""
    return printable(f"{report.model_version} on {', '.join(report.labelled.sources)}")


def first_screen(found: Measured) -> str:
    """Return what was evaluated, the main figures, and the ways to decide side by side."""
    report = found.report
    evaluation = report.evaluation
    labels = sum(each.support > 0 for each in report.figures.per_class)
    pictures = "1 picture" if evaluation.n == 1 else f"{evaluation.n:,} pictures"
    unknown = f" {evaluation.n_unknown:,} show what it does not know." if evaluation.n_unknown else ""
    said = [report.comparison.sentence] if report.comparison else []
    answers = report.answers
    if answers.precision.value is not None:
        said.append(
            f"Asked for a precision of {answers.target_precision:.0%} it answers {percent(answers.answered.value)} of "
            f"the pictures, and {percent(answers.precision.value)} of these answers are right."
        )
    lines = "".join(f"<p>{escape(line)}</p>" for line in said)
    return (
        f"<h1>{escape(title(report))}</h1>"
        f'<p class="faint">{pictures}, of {labels:,} of the {len(report.space):,} labels that the model '
        f"knows.{unknown} Split: {escape(report.split)}. Decided by: {report.decided_by}. "
        f"{escape(report.created[:10])}.</p>"
        f'<div class="said">{lines}</div>'
        f"{_cards(report)}{_strategies(report)}{_questions(found)}"
    )


def _cards(report: Report) -> str:
    cards = []
    for name, heading, meaning in MAIN_FIGURES:
        figure: Estimate = getattr(report.figures, name)
        cards.append(
            f'<div class="card">{heading}<b>{percent(figure.value)}</b>'
            f"<small>{interval(figure, percent) or 'nothing to measure'}</small><small>{meaning}</small></div>"
        )
    return f'<div class="cards">{"".join(cards)}</div>'


def _strategies(report: Report) -> str:
    rows, further = [], []
    for strategy, figures in report.evaluation.strategies.items():
        decides = strategy == report.decided_by
        mark = '<small class="mark">decides</small>' if decides else ""
        head = f'<td data-value="{strategy}">{strategy}{mark}</td>'
        bar = f'<td class="bar-cell">{_bar(figures.top1, decides)}</td>'
        rows.append(row(head, bar, *(figure_cell(getattr(figures, name)) for name, *_ in MAIN_FIGURES)))
        others = (
            figure_cell(getattr(figures, name), number if name in _PLAIN_NUMBERS else percent)
            for name, _ in FURTHER_FIGURES
        )
        further.append(row(head, *others))
    comparisons = "".join(
        f"<li>{escape(comparison.sentence)}</li>"
        for comparison in report.evaluation.comparisons
        if comparison is not report.comparison
    )
    meanings = "; ".join(f"{strategy}: {meaning}" for strategy, meaning in STRATEGIES.items())
    return section(
        "strategies",
        "Flat against hierarchical",
        table("strategies", ["strategy", ""], [heading for _, heading, _ in MAIN_FIGURES], rows, fixed=True),
        note(f"Bars: top-1 with its 95% interval. {meanings}."),
        f"<ul>{comparisons}</ul>" if comparisons else "",
        "<details><summary>Further figures of each</summary>",
        table("strategies-further", ["strategy"], [heading for _, heading in FURTHER_FIGURES], further, fixed=True),
        "</details>",
    )


def _bar(figure: Estimate, main: bool) -> str:
    value, low, high = (part or 0 for part in (figure.value, figure.low, figure.high))
    return (
        f'<span class="bar{" main" if main else ""}"><i style="width:{value:.1%}"></i>'
        f'<u style="left:{low:.1%};width:{high - low:.1%}"></u></span>'
    )


def _questions(found: Measured) -> str:
    """Where to read on, by what a reader wants to decide."""
    links = {
        "Ship this model?": [
            ("answers", "how deep it answers"),
            ("coverage", "precision against coverage"),
            ("reliability", "reliability"),
        ],
        "Which pictures are mislabelled?": [("mistakes", "the worst mistakes"), ("pictures", "every picture")],
        "Which class needs more data?": [
            ("mistaken", "most misclassified"),
            ("labels", "every label"),
            ("confusion", "confusion"),
            *([("budget", "where families lose")] if found.budgets else []),
        ],
    }
    cards = []
    for question, places in links.items():
        ways = "".join(f'<a href="#{anchor}">{words}</a>' for anchor, words in places)
        cards.append(f"<div><b>{question}</b>{ways}</div>")
    return f'<nav class="questions" aria-label="Sections">{"".join(cards)}</nav>'
