"""The page of a report: one HTML file that opens offline, in light and dark, on a telephone too."""

from gemhier.pipeline.reports.html.answers_section import answers_section, coverage_section, reliability_section
from gemhier.pipeline.reports.html.classes_section import (
    classes_section,
    confusion_section,
    mistaken_section,
    ranked_section,
)
from gemhier.pipeline.reports.html.first_screen import first_screen, title
from gemhier.pipeline.reports.html.losses_section import (
    budget_section,
    left_over_section,
    measures_section,
    training_section,
)
from gemhier.pipeline.reports.html.pictures_section import mistakes_section, pictures_section
from gemhier.pipeline.reports.html.style import framed
from gemhier.pipeline.reports.measured import measured
from gemhier.pipeline.reports.report import Report

SECTIONS = (
    first_screen,
    ranked_section,
    mistaken_section,
    confusion_section,
    mistakes_section,
    reliability_section,
    coverage_section,
    answers_section,
    budget_section,
    classes_section,
    pictures_section,
    left_over_section,
    training_section,
    measures_section,
)
"""What the page shows, in this order."""


def page(report: Report) -> str:
    """Return the text of report.html; the pictures of the worst mistakes are read for their thumbnails."""
    found = measured(report)
    body = "\n".join(section(found) for section in SECTIONS)
    return framed(
        title(report),
        body,
        package=__package__,
        styles=["report.css"],
        scripts=["report.js", "matrix.js", "mistakes.js", "pictures.js"],
    )
