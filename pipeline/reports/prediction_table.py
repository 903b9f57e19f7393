"""Predictions as a table of Parquet: the columns of the CSV, with types (docs/formats.md)."""

import io
import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gemhier.atomic import replacing
from gemhier.models.bundle.predictions import Prediction
from gemhier.models.images.stones import Failure
from gemhier.pipeline.reports.prediction_formats import CsvRows
from gemhier.text import printable

if TYPE_CHECKING:
    import pyarrow as pa

_WHOLE_NUMBERS = frozenset({"stone", "box_x", "box_y", "box_side"})
_COMPRESSION = "zstd"

ROWS_OF_A_GROUP = 10_000
"""So many rows are in the memory at once."""


def schema_of(columns: Sequence[str]) -> "pa.Schema":
    """Return the types of columns: probabilities are numbers, places whole ones, all else text; any may be null."""
    import pyarrow as pa

    def type_of(column: str) -> pa.DataType:
        if column.endswith("_probability"):
            return pa.float64()
        return pa.int64() if column in _WHOLE_NUMBERS else pa.string()

    return pa.schema([(column, type_of(column)) for column in columns])


def table_of(results: Iterable[Prediction | Failure], rows: CsvRows) -> "pa.Table":
    """Return a row for each result; what does not apply is null."""
    return _table((row for result in results for row in rows.cells(result)), schema_of(rows.columns))


def _table(rows: Iterable[Mapping[str, Any]], schema: "pa.Schema") -> "pa.Table":
    import pyarrow as pa

    cells = [{name: printable(cell) if isinstance(cell, str) else cell for name, cell in row.items()} for row in rows]
    return pa.Table.from_pylist(cells, schema=schema)


def write_table(lines: Path, table: Path) -> None:
    """Write a table from a file of `prediction_formats.TableLines`, a group of rows after the other.

    Args:
        lines: the file.
        table: the Parquet file, which appears when it is whole.

    Raises:
        OSError: if it cannot be written.
    """
    import pyarrow.parquet as pq

    with lines.open(encoding="utf-8") as file, replacing(table) as place:
        schema = schema_of(json.loads(next(file)))
        with pq.ParquetWriter(place, schema, compression=_COMPRESSION) as writer:
            while rows := [json.loads(line) for line in islice(file, ROWS_OF_A_GROUP)]:
                writer.write_table(_table(rows, schema))


def parquet_bytes(table: "pa.Table") -> bytes:
    """Return a table as the content of a Parquet file."""
    import pyarrow.parquet as pq

    content = io.BytesIO()
    pq.write_table(table, content, compression=_COMPRESSION)
    return content.getvalue()
