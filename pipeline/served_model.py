"""The model that MLflow serves: MLflow runs this file to load it, so nothing is pickled.

In: a column `image` of paths. Out: an object for each, as `gemhier classify --format json` gives it.
"""

from typing import TYPE_CHECKING

import mlflow

from gemhier.models.bundle import load_bundle

if TYPE_CHECKING:
    from mlflow.pyfunc import PythonModelContext


class ServedModel(mlflow.pyfunc.PythonModel):
    """Classifies the pictures that a data frame names."""

    # MLflow passes these arguments by name.
    def load_context(self, context: "PythonModelContext") -> None:
        """Load the bundle that was logged with the model."""
        self.bundle = load_bundle(context.artifacts["bundle"])

    # MLflow derives a signature from annotated inputs, and a data frame is no type hint that it knows.
    def predict(self, context, model_input, params=None):  # type: ignore[no-untyped-def]
        """One result for each path in the column `image`, in order."""
        return [result.to_dict() for result in self.bundle.classify(list(model_input["image"]))]


mlflow.models.set_model(ServedModel())
