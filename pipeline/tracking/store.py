"""Where runs are kept, and how the store is opened.

Without a server everything lies in `mlruns/` of the current folder: a SQLite database and, beside it, the artifacts.
"""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import ModuleType
from typing import Any

from gemhier.errors import TrackingError
from gemhier.locks import locked
from gemhier.pipeline.tracking.address import ARTIFACTS, ENVIRONMENT, local_database, shown, tracking_uri
from gemhier.pipeline.tracking.database import make_database, try_connecting, try_reading, try_writing
from gemhier.pipeline.tracking.failures import failures, reason
from gemhier.pipeline.tracking.library import impatient, load_mlflow
from gemhier.pipeline.tracking.moved import settle
from gemhier.pipeline.tracking.names import EXPERIMENT
from gemhier.pipeline.tracking.views import view_tags

_EXPERIMENT_TAGS = {
    # Which of its two faces MLflow shows, the one for training or the one for language models.
    "mlflow.experimentKind": "custom_model_development",
    "mlflow.note.content": (
        "Each training is a run; unfold it for one run for each network, with its curve, and one for each strategy "
        "(flat, hard, soft, fused) with all figures, 95% intervals and the precision of each class. `validation/top1` "
        "and so on are named alike in all runs, so that any two compare; `top1/flat`, `top1/fused` and so on are a "
        "training's strategies side by side, flat against hierarchical."
    ),
}


def open_tracking(tracking: str | None = None, experiment: str | None = None) -> ModuleType:
    """Point MLflow at the tracking store, and return the `mlflow` module.

    The store and the experiment, with our views of its runs, are made if need be, by one process at a time. A store
    that was moved is made at home where it is.

    Args:
        tracking: see `tracking_uri`.
        experiment: where new runs go; None for `gemhier`.

    Raises:
        TrackingError: if the store cannot be reached or written; it does not wait for a server.
    """
    mlflow, uri = load_mlflow(), tracking_uri(tracking)
    name = experiment or EXPERIMENT
    database = local_database(uri)
    try:
        with impatient(), _alone(database):
            if database is None:
                _try_server(uri)
            else:
                if not database.exists() or not database.stat().st_size:
                    make_database(database)
                try_writing(database)
                settle(database)
            _point_at(mlflow, uri)
            known = mlflow.get_experiment_by_name(name) or _new_experiment(mlflow, name, database)
            for tag, value in _missing_tags(known.tags).items():
                mlflow.MlflowClient().set_experiment_tag(known.experiment_id, tag, value)
            mlflow.set_experiment(name)
    except failures(mlflow, sqlite3.Error, OSError, ImportError) as error:
        advice = "Check --tracking." if database is not None else f"Start it, or check --tracking and {ENVIRONMENT}."
        raise TrackingError(f"{shown(uri)}: runs cannot be recorded there ({reason(error)}). {advice}") from error
    return mlflow


@contextmanager
def reading(mlflow: ModuleType, uri: str) -> Iterator[None]:
    """Point MLflow at a store to be read, without creating anything in it.

    A store that was moved is made at home where it is, if it can be written.

    Args:
        mlflow: from `load_mlflow`.
        uri: from `tracking_uri`; its database is there, if it is one.

    Raises:
        sqlite3.Error: if the database cannot be read.
        ImportError: if the driver of a database is not installed.
    """
    database = local_database(uri)
    if database is None:
        _try_server(uri)
    else:
        try_reading(database)
        with suppress(sqlite3.Error, OSError, TrackingError), _alone(database):
            settle(database)
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
        raise TrackingError(f"{shown(mlflow.get_tracking_uri())}: cannot be written to ({reason(error)}).") from error


@contextmanager
def _alone(database: Path | None) -> Iterator[None]:
    """Keep other processes from making a local store, or from settling it, at the same time."""
    if database is None:
        yield
        return
    database.parent.mkdir(parents=True, exist_ok=True)
    with locked(database.with_name(f"{database.name}.lock"), lambda: None):
        yield


def _try_server(uri: str) -> None:
    if uri.partition(":")[0].partition("+")[0] in ("mssql", "mysql", "postgresql"):
        try_connecting(uri)


def _new_experiment(mlflow: ModuleType, name: str, database: Path | None) -> Any:
    artifacts = (database.absolute().parent / ARTIFACTS).as_uri() if database is not None else None
    try:
        mlflow.create_experiment(name, artifact_location=artifacts, tags=_missing_tags({}))
    except mlflow.MlflowException:
        if (made := mlflow.get_experiment_by_name(name)) is not None:  # by somebody else, on a server
            return made
        raise
    return mlflow.get_experiment_by_name(name)


def _missing_tags(present: Mapping[str, str]) -> dict[str, str]:
    """Return the tags that an experiment still lacks.

    Our views are renewed, and what a user has written stays.
    """
    views = {name: value for name, value in view_tags().items() if present.get(name) != value}
    return {name: value for name, value in _EXPERIMENT_TAGS.items() if name not in present} | views


def _point_at(mlflow: ModuleType, uri: str) -> None:
    mlflow.set_tracking_uri(uri)
    mlflow.set_registry_uri(uri)
