"""The page of a report: one HTML file that opens offline, on a telephone too."""

from gemhier.pipeline.reports.html.answers_section import answers_section
from gemhier.pipeline.reports.html.classes_section import classes_section
from gemhier.pipeline.reports.html.drawings import coverage_drawing, reliability_drawing
from gemhier.pipeline.reports.html.first_screen import first_screen
from gemhier.pipeline.reports.html.images_section import images_section
from gemhier.pipeline.reports.html.losses_section import losses_section
from gemhier.pipeline.reports.measured import measured
from gemhier.pipeline.reports.report import Report
from gemhier.templates import render


def page(report: Report) -> str:
    """Return the text of report.html; the pictures of the worst mistakes are read for their thumbnails."""
    found = measured(report)
    return render(
        "pipeline/reports/html/report.html",
        title=f"{report.model_version} on {', '.join(report.labelled.sources)}",
        report=report,
        found=found,
        first=first_screen(report),
        classes=classes_section(report),
        images=images_section(found),
        reliability_drawing=reliability_drawing(found.reliability, report.figures.ece.value),
        coverage_drawing=coverage_drawing(found.coverage, report.answers.target_precision),
        answers=answers_section(found),
        losses=losses_section(found),
    )
