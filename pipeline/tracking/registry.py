"""The model registry: each training's bundle as a version that `mlflow models predict` can run."""

import io
import warnings
from collections.abc import Mapping
from contextlib import redirect_stderr, suppress
from pathlib import Path
from types import ModuleType

from gemhier.pipeline.tracking.library import impatient
from gemhier.pipeline.tracking.names import BUNDLE, CANDIDATE, REGISTERED_MODEL

_NOTE = (
    "Names the gemstone in a photograph. Each version is the bundle of a training. `candidate` is the newest. Give the "
    "version that you use an alias of its own, such as `champion`: `gemhier evaluate DATA --model champion`, `gemhier "
    "package champion --out bundle`."
)


def register_bundle(mlflow: ModuleType, folder: Path, description: str, tags: Mapping[str, str]) -> None:
    """Add a bundle to the open run as a model, and to the registry as the newest version.

    Args:
        mlflow: from `open_tracking`.
        folder: the bundle.
        description: what the registry shows after the training's name.
        tags: of the version, besides the training's name.
    """
    # MLflow asks for types and an example. `predict` takes lists as well as tables, and no path is there for everyone.
    # It also sets filters of its own, so only recording keeps its warnings off the screen.
    with warnings.catch_warnings(record=True):
        info = mlflow.pyfunc.log_model(
            name="model",
            python_model=str(Path(__file__).with_name("served_model.py")),
            artifacts={BUNDLE: str(folder)},
            pip_requirements=["gemhier"],
        )
    # It tells of every version that it makes.
    with redirect_stderr(io.StringIO()):
        version = mlflow.register_model(info.model_uri, REGISTERED_MODEL).version
    client, training = mlflow.MlflowClient(), mlflow.active_run().info.run_name
    client.update_registered_model(REGISTERED_MODEL, description=_NOTE)
    client.update_model_version(REGISTERED_MODEL, version, f"{training}. {description}")
    for name, value in {"training": training, **tags}.items():
        client.set_model_version_tag(REGISTERED_MODEL, version, name, value)
    client.set_registered_model_alias(REGISTERED_MODEL, CANDIDATE, version)


def run_of_alias(mlflow: ModuleType, alias: str) -> str | None:
    """Return the run that trained the model version with an alias.

    None if there is none.
    """
    with suppress(mlflow.MlflowException), impatient():
        return str(mlflow.MlflowClient().get_model_version_by_alias(REGISTERED_MODEL, alias).run_id)
    return None
