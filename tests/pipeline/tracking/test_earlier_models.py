"""Models in the registry that were logged before go on working: each holds the file that loads it, as it was then."""

import warnings
from collections.abc import Callable
from pathlib import Path

import cv2

from gemhier.arrays import RGB
from gemhier.pipeline.tracking.store import open_tracking

SERVED_MODEL = '''"""The model that MLflow serves: MLflow runs this file to load it, so nothing is pickled.

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
        """One result for each path, in order."""
        return [result.to_dict() for result in self.bundle.classify(model_input)]


mlflow.models.set_model(ServedModel())
'''
"""served_model.py of the first release."""


def test_a_model_that_the_first_release_registered_names_a_stone(
    here: Path, tiny_bundle: Path, paint_stone: Callable[[str], RGB]
) -> None:
    (here / "served_model.py").write_text(SERVED_MODEL, encoding="utf-8")
    cv2.imwrite("ruby.png", paint_stone("corundum/ruby")[..., ::-1])
    mlflow = open_tracking()
    with mlflow.start_run(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*input example was not provided", category=UserWarning)
        mlflow.pyfunc.log_model(
            name="model",
            python_model="served_model.py",
            artifacts={"bundle": str(tiny_bundle)},
            pip_requirements=["gemhier"],
            registered_model_name="gemhier",
        )
    (here / "served_model.py").unlink()
    (answer,) = mlflow.pyfunc.load_model("models:/gemhier/1").predict(["ruby.png"])
    assert answer["image"] == "ruby.png"
    assert answer["subclasses"][0]["id"] == "corundum/ruby"
