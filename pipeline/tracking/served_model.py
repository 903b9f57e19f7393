"""The model that MLflow serves: MLflow runs this file to load it, so nothing is pickled.

In: paths, as a list or as the only column of a table. Out: an object for each, as
`gemhier classify --format json` gives it.
"""

from typing import TYPE_CHECKING

import mlflow

from gemhier.models.bundle import load_bundle

if TYPE_CHECKING:
    from mlflow.pyfunc import PythonModelContext


class ServedModel(mlflow.pyfunc.PythonModel):
    """Classifies the pictures that a list of paths names."""

    # MLflow passes this argument by name.
    def load_context(self, context: "PythonModelContext") -> None:
        """Load the bundle that was logged with the model."""
        self.bundle = load_bundle(context.artifacts["bundle"])

    # Without a type of the results, which MLflow would take for a schema and complain of.
    def predict(self, model_input: list[str]):  # type: ignore[no-untyped-def]
        """Return one result for each path, in order."""
        return [result.to_dict() for result in self.bundle.classify(model_input)]


mlflow.models.set_model(ServedModel())
