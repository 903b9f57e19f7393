"""The end of a report's page: where families lose pictures, what was not counted, the training, the measures."""

from collections.abc import Sequence
from html import escape

from gemhier.pipeline.reports.html.drawings import budget_drawing, curves_drawings
from gemhier.pipeline.reports.html.markup import count_cell, label_cell, note, row, section, table
from gemhier.pipeline.reports.html.style import printable
from gemhier.pipeline.reports.measured import Measured

MOST_LISTED = 20
"""Longer lists of pictures are cut; predictions.csv has all of them."""


def budget_section(found: Measured) -> str:
    """Return what the two stages lose, and what soft routing and the fusion win back."""
    if not found.budgets:
        return ""
    taxonomy = found.report.taxonomy
    rows = []
    for each in found.budgets:
        counts = [
            each.pictures,
            each.right,
            each.lost_by_routing,
            each.lost_by_region,
            each.won_by_soft,
            each.lost_by_soft,
            each.won_by_fusion,
            each.lost_by_fusion,
        ]
        name = label_cell(each.family, taxonomy) if each.family else '<td data-value=" ">all families</td>'
        rows.append(row(name, *map(count_cell, counts)))
    titles = ["pictures", "right", "lost by routing", "lost by region"]
    titles += ["won by soft", "lost by soft", "won by fusion", "lost by fusion"]
    return section(
        "budget",
        "Where families lose pictures",
        "<p>Hard routing first chooses the family and then asks its regional network. What it loses to another family "
        "is lost by routing, what it loses within the right one is lost by region. Soft routing and then the fusion "
        "with the flat classifier win some back and lose others.</p>",
        budget_drawing(found.budgets, taxonomy),
        f'<div class="scroll">{table("error-budget", ["family"], titles, rows)}</div>',
    )


def left_over_section(found: Measured) -> str:
    """Return what could not be used, and why."""
    report = found.report
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
    return section("left-over", "Refused, failed, unknown", shown or "<p>Nothing.</p>")


def training_section(found: Measured) -> str:
    """How the training went, if its run is known here."""
    report = found.report
    if not report.curves:
        return ""
    rows = [
        row(f"<td>{escape(curve.name)}</td>", count_cell(epoch), f'<td class="number">{value:.4f}</td>')
        for curve in report.curves
        for epoch, value in zip(curve.epochs, curve.values, strict=True)
    ]
    numbers = table("training-curves", ["measure"], ["epoch", "value"], rows)
    return section(
        "training",
        "Training",
        note(f"Of the run {report.run_id[:12]}."),
        curves_drawings(report.curves),
        f'<details><summary>The numbers</summary><div class="scroll">{numbers}</div></details>',
    )


def measures_section(found: Measured) -> str:
    """How everything is measured."""
    return section(
        "measures",
        "How it is measured",
        f"<p>Intervals: {escape(found.report.evaluation.intervals)}. "
        "One of no width means that there are too few pictures, not that it is certain.</p>"
        "<p>Rankings are of all labels, whatever the answer was, so a refusal hides nothing. A picture that could not "
        "be read is wrong in everything. One whose label the model has not learned counts for the family only.</p>"
        "<dl><dt>Tolerant top-1</dt><dd>First is the label, or one above or below it, by any parent.</dd>"
        "<dt>Hierarchical F1</dt><dd>Of the nodes on the true and on the predicted routes, over all pictures: "
        "twice the shared ones by the sum of both.</dd>"
        "<dt>Mistake severity</dt><dd>For each mistake the height of the lowest node above both labels, on average: "
        "1 for sisters at the end of the tree; lower is better.</dd>"
        "<dt>Calibration error</dt><dd>How far the probability of the first label is from how often it is right, on "
        "average over 15 bins of equal size; 0 is best. It is overestimated where pictures are few.</dd>"
        "<dt>Comparison</dt><dd>McNemar's exact test on the pictures that only one of the two got right.</dd></dl>",
    )


def _listed(title: str, lines: Sequence[str]) -> str:
    items = "".join(f"<li>{escape(printable(line))}</li>" for line in lines[:MOST_LISTED])
    more = f"<li>and {len(lines) - MOST_LISTED:,} more</li>" if len(lines) > MOST_LISTED else ""
    return f"<h3>{escape(title)} ({len(lines):,})</h3><ul>{items}{more}</ul>"
