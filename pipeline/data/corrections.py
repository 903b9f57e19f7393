"""What a user says was named wrongly: a table of pictures and their right labels, which becomes decisions."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

from gemhier.atomic import check_file, write_whole
from gemhier.errors import DataError, OutputError, TaxonomyError
from gemhier.hierarchy.taxonomy import Taxonomy
from gemhier.pipeline.data.decisions import COLUMNS, decision_rows
from gemhier.pipeline.data.image_names import ImageNames
from gemhier.spreadsheet import Rows, csv_text
from gemhier.text import visible

IMAGE_COLUMNS = ("file", "image", "picture")
"""One of these names the picture; the last is that of the table beside a sheet."""

LABEL = "label"


def add_corrections(file: Path, images: Sequence[str], taxonomy: Taxonomy, decisions: Path) -> int:
    """Add what a user corrected to a table of decisions, which is made if need be; what it holds stays.

    Args:
        file: a CSV file with the column file, image or picture and the column label: a name, an alias or an id. Rows
            without a label are no corrections; further columns are for people.
        images: what the pictures are called.
        taxonomy: tells what labels mean.
        decisions: the table, as `read_decisions` reads it.

    Returns:
        How many decisions were added.

    Raises:
        DataError: if a file cannot be read, a row does not fit, or a picture has another label in the table already.
        OutputError: if the table cannot be written.
    """
    if file.resolve() == decisions.resolve():
        raise DataError(f"{file}: is the table that corrections are added to. Give them another name.")
    check_file(decisions)
    corrected = _corrections(file, images, taxonomy)
    before = _labels(decisions, taxonomy) if decisions.exists() else {}
    new = []
    for image, label in corrected.items():
        path = str(Path(image).resolve())
        if path not in before:
            new.append(
                {"decision": "wrong label", "image": path, "label": label, "reason": f"corrected in {file.name}"}
            )
        elif before[path] != label:
            raise DataError(
                f"{decisions}: {visible(image)} is {before[path] or 'without a label'} there, and {label} in {file}. "
                "Keep one of the two."
            )
    if new:
        _append(decisions, new)
    return len(new)


def _corrections(file: Path, images: Sequence[str], taxonomy: Taxonomy) -> dict[str, str]:
    """Return the right label's id of each picture that has a correction."""
    name, names = visible(str(file)), ImageNames(images)
    found: dict[str, str] = {}
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            rows = Rows(stream)
            column = next((column for column in IMAGE_COLUMNS if column in rows.columns), None)
            if column is None or LABEL not in rows.columns:
                raise DataError(f"{name}, line 1: there must be the columns {IMAGE_COLUMNS[0]} and {LABEL}.")
            for row in rows:
                label = (row.get(LABEL) or "").strip()
                if not label:
                    continue
                where = f"{name}, line {rows.line_number}"
                try:
                    image, node = names.find(row[column] or "", column), taxonomy.resolve(label)
                except (ValueError, TaxonomyError) as error:
                    raise DataError(f"{where}: {error}") from error
                if found.setdefault(image, node.id) != node.id:
                    raise DataError(f"{where}: {visible(image)} has another label already. Keep one of the rows.")
    except OSError as error:
        raise DataError(f"{name}: {error.strerror or error}. Name a CSV file with corrections.") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{name} is not a CSV file in UTF-8. Save it as one.") from error
    return found


def _labels(decisions: Path, taxonomy: Taxonomy) -> dict[str, str]:
    """Return the label that each picture is given in a table of decisions; "" for none."""
    found = {}
    for row, where in decision_rows(decisions):
        if row["decision"].strip().lower() == "wrong label":
            label = row["label"].strip()
            try:
                found[str(Path(row["image"]).resolve())] = taxonomy.resolve(label).id if label else ""
            except TaxonomyError as error:
                raise DataError(f"{where}: {error}") from error
    return found


def _append(decisions: Path, rows: Sequence[Mapping[str, str]]) -> None:
    """Write rows behind those that are there, under the columns that are there."""
    before = decisions.read_bytes() if decisions.exists() else csv_text([COLUMNS]).encode()
    (columns, *_) = csv.reader([before.decode("utf-8-sig", "surrogateescape").splitlines()[0]])
    text = csv_text([row.get(column, "") for column in columns] for row in rows)
    try:
        write_whole(decisions, before.rstrip(b"\r\n") + b"\n" + text.encode("utf-8", "surrogateescape"))
    except OSError as error:
        raise OutputError(f"{decisions}: cannot be written ({error.strerror}). Check its permissions.") from error
