"""The part of a report's page that tells how far the model can be trusted."""

from html import escape

from gemhier.pipeline.reports.html.drawings import coverage_drawing, reliability_drawing
from gemhier.pipeline.reports.html.markup import (
    count_cell,
    figure_cell,
    note,
    row,
    section,
    share_cell,
    table,
)
from gemhier.pipeline.reports.measured import Measured
from gemhier.pipeline.reports.reasons import OUTCOMES, outcomes

_UNSURE = "<small>not made sure of</small>"


def answers_section(found: Measured) -> str:
    """How deep pictures are answered, and why no deeper."""
    report = found.report
    answers = report.answers
    rows = [
        row(
            f'<td data-value="{each.depth}">{_depth(each.depth)}</td>',
            count_cell(each.answered),
            figure_cell(each.share),
            figure_cell(each.precision),
        )
        for each in answers.depths
    ]
    given = sum(each.answered for each in answers.depths)
    rows.append(
        row("<td>any depth</td>", count_cell(given), figure_cell(answers.answered), figure_cell(answers.precision))
    )
    n = len(found.reasons)
    became = [
        row(
            f'<td data-value="{OUTCOMES[outcome][0]}">{OUTCOMES[outcome][0]}<small>{OUTCOMES[outcome][1]}</small></td>',
            count_cell(count),
            share_cell(count / n if n else None),
            f"<td>{_example(found, outcome)}</td>",
        )
        for outcome, count in outcomes(found.reasons).items()
        if count
    ]
    return section(
        "answers",
        "Answers",
        f"<p>Asked for a precision of {answers.target_precision:.0%}, which takes a probability of at least "
        f"{answers.threshold:.3f}. An answer stops where it is sure; it is right if it is the picture's label or lies "
        f"above it. {len(report.refused):,} of all {report.evaluation.n:,} pictures were refused.</p>",
        table("answers", ["answered at"], ["pictures", "share", "precision"], rows, fixed=True),
        "<h3>Why answers stop where they stop</h3>",
        table("outcomes", ["outcome"], ["pictures", "share"], became, fixed=True, more='<th scope="col">such as</th>'),
        note("Of all pictures, whatever their labels. The table of every picture gives each one's reason."),
    )


def coverage_section(found: Measured) -> str:
    """Return what each precision that can be asked for comes to."""
    measured, asked = found.coverage, found.report.answers.target_precision
    rows = [
        row(
            f'<td class="number" data-value="{each.asked}">{each.asked:.0%}{"" if each.reached else _UNSURE}</td>',
            f'<td class="number" data-value="{each.threshold:.6f}">{each.threshold:.3f}</td>',
            figure_cell(each.answered),
            figure_cell(each.precision),
        )
        for each in measured.chosen
    ]
    return section(
        "coverage",
        "Precision against coverage",
        '<div class="two">',
        coverage_drawing(measured, asked),
        f"<div>{table('coverage', [], ['asked for', 'threshold', 'answered', 'precision here'], rows)}</div>",
        "</div>",
        note(
            "The fewer pictures are answered, the more of the answers are right. The dots are the thresholds of the "
            "model, chosen on its validation pictures: a precision here that falls short of what was asked for says "
            "that these pictures differ from those. An answer may stop at the family."
        ),
    )


def reliability_section(found: Measured) -> str:
    """Whether the stated probabilities come true."""
    rows = [
        row(
            f'<td class="number" data-value="{each.lowest:.6f}">{each.lowest:.3f} to {each.highest:.3f}</td>',
            count_cell(each.pictures),
            f'<td class="number" data-value="{each.stated:.6f}">{each.stated:.3f}</td>',
            figure_cell(each.right),
        )
        for each in found.reliability
    ]
    ece = found.report.figures.ece.value
    return section(
        "reliability",
        "Reliability",
        '<div class="two">',
        reliability_drawing(found.reliability, ece),
        f"<div>{table('reliability', [], ['probabilities', 'pictures', 'mean stated', 'right'], rows)}</div>",
        "</div>",
        note("Bins of about as many pictures each. On the dashed line, stated probabilities are what comes true."),
    )


def _example(found: Measured, outcome: str) -> str:
    for reason, result in zip(found.reasons, found.report.results, strict=True):
        if reason.outcome == outcome and reason.words:
            answer = getattr(result, "answer", None)
            return escape(f"{answer.name}: {reason.words}" if answer is not None else reason.words)
    return ""


def _depth(depth: int) -> str:
    return {1: "the family", 2: "one below the family"}.get(depth, f"{depth - 1} below the family")
