"""`gemhier classify --output FILE.parquet`: a table with the columns of the CSV."""

import csv
import shutil
from collections.abc import Callable
from pathlib import Path

import cv2
import pytest
from click.testing import CliRunner, Result

from gemhier.arrays import Bytes
from gemhier.cli import main
from gemhier.models.bundle import Bundle
from gemhier.pipeline.reports import prediction_table
from gemhier.spreadsheet import unguarded

pq = pytest.importorskip("pyarrow.parquet", reason="pyarrow comes with the extra parquet")

LABELS = ("corundum/ruby", "beryl/emerald", "quartz")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, paint_stone: Callable[[str], Bytes], monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("stones").mkdir()
    for number, label in enumerate(LABELS):
        cv2.imwrite(f"stones/{number}.png", cv2.cvtColor(paint_stone(label), cv2.COLOR_RGB2BGR))
    Path("stones/+1.jpg").write_bytes(b"no picture")
    return tmp_path


def run(model: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["classify", "--model", str(model), "stones", *arguments])


def held() -> list[str]:
    return sorted(path.name for path in Path.cwd().iterdir())


@pytest.mark.parametrize("options", [[], ["--all-stones", "--top", "2"], ["--same-stone"], ["--explain"]])
def test_a_table_says_what_the_csv_says(tiny_bundle: Path, options: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prediction_table, "ROWS_OF_A_GROUP", 2)
    assert run(tiny_bundle, "--output", "stones.csv", *options).exit_code == 1
    assert run(tiny_bundle, "--output", "stones.parquet", *options).exit_code == 1
    with Path("stones.csv").open(encoding="utf-8", newline="") as file:
        rows = [{name: unguarded(cell) for name, cell in row.items()} for row in csv.DictReader(file)]
    table = pq.read_table("stones.parquet")
    assert table.column_names == list(rows[0])
    found = [{name: "" if cell is None else str(cell) for name, cell in row.items()} for row in table.to_pylist()]
    assert found == rows
    assert len(rows) == (2 if options == ["--same-stone"] else 4)
    assert pq.ParquetFile("stones.parquet").num_row_groups == (len(rows) + 1) // 2
    assert held() == ["stones", "stones.csv", "stones.parquet"]


def test_columns_have_types(tiny_bundle: Path) -> None:
    assert run(tiny_bundle, "--output", "stones.parquet", "--all-stones").exit_code == 1
    schema = pq.read_schema("stones.parquet")
    types = {name: str(schema.field(name).type) for name in ("image", "stone", "box_x", "answer_probability")}
    assert types == {"image": "string", "stone": "int64", "box_x": "int64", "answer_probability": "double"}


def test_an_interrupted_table_is_gone_on_from(tiny_bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(tiny_bundle, "--output", "whole.parquet").exit_code == 1
    classify = Bundle.classify

    def stopped(self: Bundle, *arguments: object, **options: object) -> object:
        for number, result in enumerate(classify(self, *arguments, **options)):  # type: ignore[arg-type]
            if number == 2:
                raise KeyboardInterrupt
            yield result

    with monkeypatch.context() as patch:
        patch.setattr(Bundle, "classify", stopped)
        assert "stones.parquet.part" in run(tiny_bundle, "--output", "stones.parquet").stderr
    assert held() == ["stones", "stones.parquet.part", "stones.parquet.part.settings", "whole.parquet"]
    shutil.copy("stones/0.png", "stones/+1.jpg")
    assert run(tiny_bundle, "--output", "stones.parquet", "--resume").exit_code == 0
    rows, whole = (pq.read_table(name).to_pylist() for name in ("stones.parquet", "whole.parquet"))
    assert rows[1:] == whole[1:]
    assert (rows[0]["failure"], whole[0]["answer_id"]) == (None, None)
    assert held() == ["stones", "stones.parquet", "whole.parquet"]


def test_a_table_needs_a_file(tiny_bundle: Path) -> None:
    result = run(tiny_bundle, "--format", "parquet")
    assert result.exit_code == 2
    assert "Parquet is written to a file alone" in result.stderr
