"""Pictures whose names a spreadsheet takes for formulas: no table runs them, and every command knows them again."""

import csv
import json
from collections.abc import Callable
from pathlib import Path

import cv2
import pytest
from click.testing import CliRunner

from gemhier.arrays import Bytes
from gemhier.cli import main
from gemhier.pipeline.data.manifest import read_manifest
from gemhier.spreadsheet import Rows

NAMES = ("=1+1.png", "-2.png", "@sum.png", "+3.png", "'4.png")


@pytest.fixture
def photos(here: Path, paint_stone: Callable[[str], Bytes]) -> Path:
    """Rubies and quartzes in a folder whose own name is a formula; the first of each twice."""
    for name, label in (("Ruby", "corundum/ruby"), ("Quartz", "quartz")):
        folder = here / "=photos" / name
        folder.mkdir(parents=True)
        for number, file in enumerate((*NAMES, "=copy.png")):
            image = paint_stone(label).copy()
            image[: 4 * (number % len(NAMES)) + 1, ::3] = 40  # each another, but for the copies
            cv2.imwrite(str(folder / file), image[..., ::-1])
    return here / "=photos"


def run(*words: str) -> str:
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 0, result.output
    return result.output


def test_no_table_has_a_formula_and_all_are_read_as_they_were(
    photos: Path, here: Path, tiny_bundle: Path, tiny_finder: bytes, no_drawings: None
) -> None:
    bundle = str(tiny_bundle)
    run("classify", "=photos", "--model", bundle, "--format", "csv", "--output", "classified.csv")
    run("evaluate", "=photos", "--model", bundle, "--report", "one")
    run("evaluate", "=photos", "--model", bundle, "--report", "two")
    run("compare", "one", "two", "--report", "compared")
    run("audit", "=photos", "--predictions", "one/predictions.csv", "--out", "findings")
    tables = sorted(here.rglob("*.csv"))
    assert len(tables) >= 7
    guarded = 0
    for path in tables:
        with path.open(encoding="utf-8", newline="") as file:
            cells = [cell for row in csv.reader(file) for cell in row]
        assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))], path
        guarded += sum(cell.startswith("'") for cell in cells)
    assert guarded

    images = {str(Path("=photos", name, file)) for name in ("Ruby", "Quartz") for file in (*NAMES, "=copy.png")}
    for path, column in (
        ("classified.csv", "image"),
        ("one/predictions.csv", "image"),
        ("compared/changes.csv", "image"),
    ):
        with Path(path).open(encoding="utf-8", newline="") as file:
            assert {row[column] for row in Rows(file)} == images
    assert json.loads(Path("findings/audit.json").read_text())["judged"] == len(images)

    # A decision on a finding, made in the table, is about the picture that was meant.
    Path("finder.tflite").write_bytes(tiny_finder)
    with Path("findings/decisions.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows
    with Path("decided.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerow(rows[0] | {"decision": "drop"})
    run("prepare", "=photos", "--out", "data", "--decisions", "decided.csv", "--finder", "finder.tflite")
    manifest = read_manifest(Path("data"))
    (dropped,) = [entry for entry in manifest.info.left_out if entry.kind == "dropped"]
    assert Path(dropped.image).parent.parent == photos
    assert any(cell.startswith("'") for cell in rows[0].values())
    # The manifest is exact.
    assert "=photos" in {row.source for row in manifest.rows}
    assert ",=photos" in Path("data/manifest.csv").read_text()
