"""The run that a user means, and its bundle."""

import os
import sqlite3
import tempfile
from pathlib import Path
from types import ModuleType
from typing import Any

from gemhier.errors import TrackingError
from gemhier.models.bundle import Bundle, load_bundle
from gemhier.models.bundle.files import SHIPPED_NAME
from gemhier.pipeline.tracking.address import ENVIRONMENT, local_database, shown, tracking_uri
from gemhier.pipeline.tracking.failures import failures, reason
from gemhier.pipeline.tracking.library import load_mlflow
from gemhier.pipeline.tracking.moved import address_here
from gemhier.pipeline.tracking.names import ANSWERS, BUNDLE
from gemhier.pipeline.tracking.registry import run_of_alias
from gemhier.pipeline.tracking.runs import trainings
from gemhier.pipeline.tracking.store import reading


def find_run(name: str, tracking: str | None = None) -> str:
    """Return the id of the run that a user means.

    The user may give an id, the beginning of one, a run's name, `latest`, or an alias in the model registry such as
    `candidate`.
    Nothing is written, so a read-only store will do.

    Raises:
        TrackingError: if there is none, or more than one, or the store cannot be read.
    """
    uri = tracking_uri(tracking)
    database = local_database(uri)
    if database is not None and not database.is_file():
        raise TrackingError(
            f"{name}: neither a bundle nor a run, since {database.parent} holds no runs. Check --tracking."
        )
    mlflow = load_mlflow()
    try:
        with reading(mlflow, uri):
            runs = trainings(mlflow)
    except failures(mlflow, sqlite3.Error, OSError, ImportError) as error:
        raise TrackingError(
            f"{name}: no such folder, and {shown(uri)} cannot be asked for a run of that name ({reason(error)}). "
            f"Check --tracking and {ENVIRONMENT}."
        ) from error
    return _latest(runs, uri) if name == "latest" else _named(mlflow, name, runs, uri)


def run_title(name: str, tracking: str | None = None) -> str:
    """Return the name of the run that a user means; what the user wrote if it has none.

    Raises:
        TrackingError: if there is no such run, or it cannot be read.
    """
    run_id = find_run(name, tracking)
    mlflow = load_mlflow()
    try:
        return mlflow.get_run(run_id).info.run_name or name
    except failures(mlflow, OSError) as error:
        raise TrackingError(f"{name}: its run cannot be read ({reason(error)}). Check --tracking.") from error


def find_bundle(name: str, tracking: str | None = None) -> Path:
    """Fetch the bundle of a run into a temporary folder.

    Raises:
        TrackingError: if there is no such run, or it has no bundle.
    """
    return _fetched(name, BUNDLE, "bundle", "Finish its training with `gemhier train` first.", tracking)


def find_answers(name: str, tracking: str | None = None) -> Path:
    """Fetch the out-of-fold answers of a run into a temporary folder.

    Raises:
        TrackingError: if there is no such run, or it has none.
    """
    remedy = "Name a file of them with --answers, or train with --folds."
    return _fetched(name, ANSWERS, "out-of-fold answers", remedy, tracking)


def _fetched(name: str, artifact: str, what: str, remedy: str, tracking: str | None) -> Path:
    run_id = find_run(name, tracking)
    mlflow, database = load_mlflow(), local_database(tracking_uri(tracking))
    try:
        place = f"{mlflow.get_run(run_id).info.artifact_uri}/{artifact}"
        if database is not None:
            place = address_here(place, database)
        return Path(mlflow.artifacts.download_artifacts(artifact_uri=place, dst_path=_scratch()))
    except failures(mlflow, OSError, ImportError) as error:
        raise TrackingError(f"{name}: the run has no {what} ({reason(error)}). {remedy}") from error


def _latest(runs: list[Any], uri: str) -> str:
    finished = [run for run in runs if run.info.status == "FINISHED"]
    if not finished:
        raise TrackingError(f"{shown(uri)}: holds no finished training. Run `gemhier train DATA` first.")
    return str(finished[0].info.run_id)


def _named(mlflow: ModuleType, name: str, runs: list[Any], uri: str) -> str:
    found = [run.info for run in runs if run.info.run_id.startswith(name) or run.info.run_name == name]
    if not found:
        registered = run_of_alias(mlflow, name)
        found = [run.info for run in runs if run.info.run_id == registered]
    if len(found) == 1 or any(info.run_id == name for info in found):
        return name if any(info.run_id == name for info in found) else str(found[0].run_id)
    if not found:
        raise TrackingError(
            f"{name}: neither a bundle nor a run in {shown(uri)}. Name a folder, a run's id or `latest`."
        )
    ids = ", ".join(info.run_id[:12] for info in found[:5])
    raise TrackingError(f"{name}: {len(found)} runs fit ({ids}). Name one of them by its id.")


def _scratch() -> str:
    """Make a folder that lasts as long as the process."""
    folder: Any = tempfile.TemporaryDirectory(prefix="gemhier-")
    _KEPT.append(folder)
    return str(folder.name)


_KEPT: list[Any] = []


def find_model(model: str | None, tracking: str | None) -> Bundle:
    """Load the bundle of a folder or of a tracked run.

    Raises:
        BundleError: if there is no sound bundle.
        TrackingError: if there is no such run.
    """
    if model is None or not is_run(model):
        return load_bundle(model)
    return load_bundle(find_bundle(model, tracking))


def is_run(model: str | None) -> bool:
    """Tell whether a name means a tracked run rather than a folder."""
    if model is None or model == SHIPPED_NAME:
        return False
    # A name with a slash is meant as a folder, even if it is missing.
    return not (Path(model).exists() or os.sep in model or "/" in model)
