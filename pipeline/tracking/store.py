"""Where runs are kept, and how the store is opened.

Without a server everything lies in `mlruns/` of the current folder: a SQLite database and, beside it, the artifacts.
"""

import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from gemhier.errors import TrackingError
from gemhier.pipeline.tracking.database import try_reading, try_writing, whole_or_not_at_all
from gemhier.pipeline.tracking.failures import failures, reason
from gemhier.pipeline.tracking.library import impatient, load_mlflow
from gemhier.pipeline.tracking.names import EXPERIMENT
from gemhier.pipeline.tracking.views import view_tags

FOLDER = Path("mlruns")
DATABASE = "mlflow.db"
ARTIFACTS = "artifacts"

ENVIRONMENT = "MLFLOW_TRACKING_URI"

_EXPERIMENT_TAGS = {
    # Which of its two faces MLflow shows, the one for training or the one for language models.
    "mlflow.experimentKind": "custom_model_development",
    "mlflow.note.content": (
        "Each run is a training. `top1/flat`, `top1/hierarchical_soft`, `top1/fused` and so on are what its ways to "
        "decide came to on the validation pictures, flat against hierarchical. Unfold a run for a nested run for each "
        "network, with its curve, and one for each way to decide, with all figures, their 95% intervals and the "
        "precision of each class. Measures have the same names in all runs, so that any two compare."
    ),
}


def tracking_uri(tracking: str | None = None) -> str:
    """Return the address of the tracking store.

    Args:
        tracking: a server's address, a store's URI, or a folder to hold the store; None for the address
            in MLFLOW_TRACKING_URI or else `mlruns/` in the current folder.
    """
    chosen = tracking or os.environ.get(ENVIRONMENT)
    if chosen and "://" in chosen:
        return chosen
    folder = Path(chosen or FOLDER).absolute()
    return f"sqlite:///{(folder / DATABASE).as_posix()}"


def local_database(uri: str) -> Path | None:
    """Return the file of a SQLite store; None for a server."""
    prefix = "sqlite:///"
    return Path(uri.removeprefix(prefix)) if uri.startswith(prefix) else None


def open_tracking(tracking: str | None = None) -> ModuleType:
    """Point MLflow at the tracking store, and return the `mlflow` module.

    The experiment is made if need be.

    Raises:
        TrackingError: if the store cannot be reached or written; it does not wait for a server.
    """
    mlflow, uri = load_mlflow(), tracking_uri(tracking)
    database = local_database(uri)
    try:
        with whole_or_not_at_all(database), impatient():
            if database is not None:
                database.parent.mkdir(parents=True, exist_ok=True)
                try_writing(database)
            _point_at(mlflow, uri)
            experiment = mlflow.get_experiment_by_name(EXPERIMENT)
            if experiment is None:
                artifacts = (database.absolute().parent / ARTIFACTS).as_uri() if database is not None else None
                mlflow.create_experiment(EXPERIMENT, artifact_location=artifacts, tags=_missing_tags({}))
            else:
                for name, value in _missing_tags(experiment.tags).items():
                    mlflow.MlflowClient().set_experiment_tag(experiment.experiment_id, name, value)
            mlflow.set_experiment(EXPERIMENT)
    except failures(mlflow, sqlite3.Error, OSError) as error:
        advice = "Check --tracking." if database is not None else f"Start it, or check --tracking and {ENVIRONMENT}."
        raise TrackingError(f"{uri}: runs cannot be recorded there ({reason(error)}). {advice}") from error
    return mlflow


@contextmanager
def reading(mlflow: ModuleType, uri: str) -> Iterator[None]:
    """Point MLflow at a store to be read, without creating anything in it.

    Args:
        mlflow: from `load_mlflow`.
        uri: from `tracking_uri`; its database is there, if it is one.

    Raises:
        sqlite3.Error: if the database cannot be read.
    """
    database = local_database(uri)
    if database is not None:
        try_reading(database)
    with impatient():
        _point_at(mlflow, uri)
        yield


@contextmanager
def written_to(mlflow: ModuleType) -> Iterator[None]:
    """Turn what a store raises while it is written to into one line.

    Raises:
        TrackingError: if it fails.
    """
    try:
        with impatient():
            yield
    except failures(mlflow, OSError) as error:
        raise TrackingError(f"{mlflow.get_tracking_uri()}: cannot be written to ({reason(error)}).") from error


def _missing_tags(present: Mapping[str, str]) -> dict[str, str]:
    """Return the tags that an experiment still lacks.

    Our views are renewed, and what a user has written stays.
    """
    views = {name: value for name, value in view_tags().items() if present.get(name) != value}
    return {name: value for name, value in _EXPERIMENT_TAGS.items() if name not in present} | views


def _point_at(mlflow: ModuleType, uri: str) -> None:
    mlflow.set_tracking_uri(uri)
    mlflow.set_registry_uri(uri)
