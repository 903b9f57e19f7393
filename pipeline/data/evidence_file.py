"""A table of what was measured on each stone: a CSV file with a row for each picture."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from gemhier.errors import EvidenceError
from gemhier.hierarchy.evidence import Evidence
from gemhier.hierarchy.reading_text import KEYS, WEIGHTS, parse_readings
from gemhier.hierarchy.readings import Reading
from gemhier.pipeline.data.image_names import ImageNames
from gemhier.spreadsheet import Rows
from gemhier.text import visible

IMAGE = "image"


def read_evidence(path: Path, images: Sequence[str], known: Evidence) -> dict[str, Evidence]:
    """Return the evidence of each picture.

    Args:
        path: a CSV file with the column `image` (a path as it is given, or the end of one, such as the file's
            name) and columns of readings: `ri`, `sg` and so on. An empty cell is no reading.
        images: what the pictures are called.
        known: what holds for all of them. Its readings are replaced by those of the row.

    Returns:
        Evidence for every picture; without readings for one that has no row.

    Raises:
        EvidenceError: if the file cannot be read, a column is not known, a cell is no reading, or a row's picture
            is not there, means several, or has a row already. It names the line.
    """
    name = visible(str(path))
    found: dict[str, Evidence] = {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            rows = Rows(stream)
            _check_columns(rows.columns, name)
            names = ImageNames(images)
            for row in rows:
                where = f"{name}, line {rows.line_number}"
                try:
                    image = names.find(row[IMAGE] or "", IMAGE)
                except ValueError as error:
                    raise EvidenceError(f"{where}: {error}") from error
                if image in found:
                    raise EvidenceError(f"{where}: a second row for {visible(image)}. Give each picture one row.")
                found[image] = replace(known, readings=_readings(row, where))
    except OSError as error:
        raise EvidenceError(f"{name}: {error.strerror or error}. Name a CSV file with readings.") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise EvidenceError(f"{name} is not a CSV file in UTF-8. Save it as one.") from error
    return {image: found.get(image, replace(known, readings=())) for image in images}


def _check_columns(columns: Sequence[str], name: str) -> None:
    allowed = (IMAGE, *KEYS, *WEIGHTS)
    if IMAGE not in columns:
        raise EvidenceError(f"{name}, line 1: there is no column {IMAGE}. Its rows say which picture a reading is of.")
    if unknown := [column for column in columns if column not in allowed]:
        raise EvidenceError(
            f"{name}, line 1: the column {visible(str(unknown[0]))!r} is not known. Choose of {', '.join(allowed)}."
        )
    if len(set(columns)) < len(columns):
        raise EvidenceError(f"{name}, line 1: a column stands there twice. Leave one of them out.")


def _readings(row: Mapping[str, str | None], where: str) -> tuple[Reading, ...]:
    if None in row:
        raise EvidenceError(f"{where}: there are more cells than columns. Put text with commas into quotes.")
    try:
        return parse_readings({key: row.get(key) or "" for key in (*KEYS, *WEIGHTS)})
    except EvidenceError as error:
        raise EvidenceError(f"{where}: {error}") from error
