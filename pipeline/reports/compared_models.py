"""What one model said of labelled pictures: from an evaluation, or from the report of an earlier one."""

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gemhier.errors import DataError
from gemhier.models.bundle.predictions import Prediction
from gemhier.models.images.stones import Failure
from gemhier.pipeline.evaluation.model_comparison import Judged, Side
from gemhier.pipeline.reports.folder import FORMAT, PREDICTIONS_FILE, REPORT_FILE
from gemhier.pipeline.reports.report import Report
from gemhier.spreadsheet import Rows

_DECIMALS = 6

_COLUMNS = {"image", "source", "truth", "truth_given", "predicted_1_id", "predicted_1_probability", "family_right"}
_COLUMNS |= {"failure", "place", "group"}


def side_of(report: Report, name: str, title: str) -> Side:
    """Return what an evaluation found, by the model's own strategy; `name` is as the user wrote it."""
    figures = report.figures
    judged = []
    for image, result, place, family_right in zip(
        report.labelled.images, report.results, figures.places, figures.family_right, strict=True
    ):
        predicted, probability = _first(result)
        shortlist = result.shortlist if isinstance(result, Prediction) else None
        judged.append(
            Judged(
                image=image.image,
                source=image.source,
                truth_given=image.label_given,
                truth=image.label,
                group=image.group,
                predicted=predicted,
                probability=probability,
                place=int(place) or None,
                family_right=bool(family_right),
                shortlist_right=None if shortlist is None else image.label in shortlist.labels,
                shortlist_size=None if shortlist is None else len(shortlist.labels),
            )
        )
    return Side(
        name=name,
        title=title,
        model_version=report.model_version,
        decided_by=report.decided_by,
        split=report.split,
        sources=report.labelled.sources,
        judged=tuple(judged),
        guarantee=None if report.shortlists is None else report.shortlists.guarantee,
    )


def is_report(folder: Path) -> bool:
    """Whether a folder holds the report of an evaluation, and not a bundle, whose report.json is another."""
    return _is_report(_report_json(folder))


def read_side(folder: Path) -> Side:
    """Read what a report says.

    Raises:
        DataError: if it is none, or an older one that does not say enough.
    """
    report = _report_json(folder)
    if not _is_report(report):
        raise DataError(f"{folder}: not a report. Name a folder that `gemhier evaluate` wrote.")
    path = folder / PREDICTIONS_FILE
    try:
        with path.open(encoding="utf-8", newline="") as file:
            table = Rows(file)
            missing = sorted(_COLUMNS - set(table.columns))
            if missing:
                raise DataError(
                    f"{path}: has no column {missing[0]}, as older reports have none. Run `gemhier evaluate` again."
                )
            judged = tuple(_judged(row) for row in table)
        return Side(
            name=str(folder),
            title=folder_title(folder),
            model_version=report["model_version"],
            decided_by=report["decided_by"],
            split=report["split"],
            sources=tuple(report["sources"]),
            judged=judged,
            guarantee=report.get("shortlist_guarantee"),  # which reports without shortlists lack
        )
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}). Run `gemhier evaluate` again.") from error
    except (ValueError, KeyError, TypeError, csv.Error) as error:
        raise DataError(f"{path}: cannot be read ({error}). Run `gemhier evaluate` again.") from error


def folder_title(folder: Path) -> str:
    """Return what a folder is called: its last part, even if it was given as `.` or `..`."""
    return folder.resolve().name or str(folder)


def _report_json(folder: Path) -> Any:
    try:
        return json.loads((folder / REPORT_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _is_report(report: Any) -> bool:
    return isinstance(report, dict) and report.get("format") == FORMAT


def _first(result: Prediction | Failure) -> tuple[str | None, float | None]:
    if isinstance(result, Failure):
        return None, None
    best = result.subclasses[0]
    return best.id, round(best.probability, _DECIMALS)


def _judged(row: Mapping[str, str]) -> Judged:
    predicted, size = row["predicted_1_id"], row.get("shortlist_size")
    return Judged(
        image=row["image"],
        source=row["source"],
        truth_given=row["truth_given"],
        truth=row["truth"] or None,
        group=row["group"],
        predicted=predicted or None,
        probability=float(row["predicted_1_probability"]) if predicted else None,
        place=int(row["place"]) if row["place"] else None,
        family_right=row["family_right"] == "1",
        shortlist_right=row["shortlist_right"] == "1" if size else None,
        shortlist_size=int(size) if size else None,
    )
