"""The model that MLflow serves: MLflow runs this file to load it, so nothing is pickled.

In: paths, as a list or as the only column of a table; or a table with the column `image` and columns of readings, `ri`,
`sg` and so on, of which an empty cell is none. Out: an object for each, as `gemhier classify --format json` gives it.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import mlflow

from gemhier.errors import EvidenceError
from gemhier.hierarchy.evidence import Evidence
from gemhier.hierarchy.reading_text import parse_readings
from gemhier.models.bundle import load_bundle

if TYPE_CHECKING:
    from mlflow.pyfunc import PythonModelContext


class ServedModel(mlflow.pyfunc.PythonModel):
    """Classifies the pictures that a list of paths or a table names."""

    # MLflow passes this argument by name.
    def load_context(self, context: "PythonModelContext") -> None:
        """Load the bundle that was logged with the model."""
        self.bundle = load_bundle(context.artifacts["bundle"])

    # Without types, which MLflow would take for a schema.
    def predict(self, model_input, params=None):  # type: ignore[no-untyped-def]
        """Return one result for each path, in order."""
        del params
        if len(getattr(model_input, "columns", ())) > 1:
            return list(self._with_readings(model_input.to_dict("records")))
        paths = model_input.iloc[:, 0] if hasattr(model_input, "iloc") else model_input
        return [result.to_dict() for result in self.bundle.classify([str(path) for path in paths])]

    def _with_readings(self, rows: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """Yield the result of each row; a cell without a value, of which pandas makes nan, is no reading."""
        for row in rows:
            if "image" not in row:
                raise EvidenceError(f"A table of readings has the column image. Received: {', '.join(map(str, row))}.")
            image = str(row.pop("image"))
            readings = {key: str(value) for key, value in row.items() if value is not None and value == value}
            (result,) = self.bundle.classify([image], evidence=Evidence(parse_readings(readings)))
            yield result.to_dict()


mlflow.models.set_model(ServedModel())
