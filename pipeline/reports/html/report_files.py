"""All files of a report, and writing them into its folder."""

from pathlib import Path

from gemhier.pipeline.reports.folder import (
    CLASSES_FILE,
    CONFUSION_FILE,
    PAGE_FILE,
    PREDICTIONS_FILE,
    REPORT_FILE,
    write_report_folder,
)
from gemhier.pipeline.reports.html.page import page
from gemhier.pipeline.reports.report import Report, classes_table, confusion_table, predictions_table


def write_report(report: Report, folder: Path) -> None:
    """Write the page, the figures and the tables of a report, in place of an earlier report.

    Raises:
        OutputError: if the folder cannot be written, or holds something else.
    """
    write_report_folder(folder, report_files(report))


def report_files(report: Report) -> dict[str, str]:
    """Return the texts of the page, the figures and the tables of a report, by the names of their files."""
    return {
        PAGE_FILE: page(report),
        REPORT_FILE: report.to_json(),
        PREDICTIONS_FILE: predictions_table(report),
        CLASSES_FILE: classes_table(report),
        CONFUSION_FILE: confusion_table(report),
    }
