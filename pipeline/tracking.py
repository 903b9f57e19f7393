"""MLflow: where runs are kept, and how they are opened, ended and found again.

Without a server everything lies in `mlruns/` of the current folder: a SQLite database and, beside
it, the artifacts. MLflow's telemetry is switched off before it is imported.
"""

import importlib.util
import logging
import os
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path
from types import ModuleType
from typing import Any

from gemhier.errors import TrackingError
from gemhier.pipeline.tracking_views import view_tags

EXPERIMENT = "gemhier"
FOLDER = Path("mlruns")
DATABASE = "mlflow.db"
ARTIFACTS = "artifacts"
BUNDLE = "bundle"
"""The artifact of a comparison's parent run that holds its bundle."""

KIND = "gemhier_kind"
"""The tag that tells what a run is: `comparison` for a training, `network` and `decision` for the runs nested in it,
`finder` for the training of a stone finder."""

ENVIRONMENT = "MLFLOW_TRACKING_URI"

REGISTERED_MODEL = "gemhier"
"""The name in the model registry under which each training adds a version."""

CANDIDATE = "candidate"
"""The alias of the version that was registered last."""

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
    """The address of the tracking store.

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
    """The file of a store in a SQLite database; None for a server."""
    prefix = "sqlite:///"
    return Path(uri.removeprefix(prefix)) if uri.startswith(prefix) else None


def open_tracking(tracking: str | None = None) -> ModuleType:
    """Point MLflow at the tracking store, make the experiment if need be, and return the `mlflow` module.

    Raises:
        TrackingError: if the store cannot be reached or written; a server is not waited for.
    """
    mlflow, uri = _mlflow(), tracking_uri(tracking)
    database = local_database(uri)
    try:
        with _whole_or_not_at_all(database), _impatient():
            if database is not None:
                database.parent.mkdir(parents=True, exist_ok=True)
                _try_writing(database)
            _point_at(mlflow, uri)
            experiment = mlflow.get_experiment_by_name(EXPERIMENT)
            if experiment is None:
                artifacts = (database.absolute().parent / ARTIFACTS).as_uri() if database is not None else None
                mlflow.create_experiment(EXPERIMENT, artifact_location=artifacts, tags=_missing_tags({}))
            else:
                for name, value in _missing_tags(experiment.tags).items():
                    mlflow.MlflowClient().set_experiment_tag(experiment.experiment_id, name, value)
            mlflow.set_experiment(EXPERIMENT)
    except _failures(mlflow, sqlite3.Error, OSError) as error:
        advice = "Check --tracking." if database is not None else f"Start it, or check --tracking and {ENVIRONMENT}."
        raise TrackingError(f"{uri}: runs cannot be recorded there ({_reason(error)}). {advice}") from error
    return mlflow


def _missing_tags(present: Mapping[str, str]) -> dict[str, str]:
    """What an experiment still lacks; our views are renewed, and what a user has written stays."""
    views = {name: value for name, value in view_tags().items() if present.get(name) != value}
    return {name: value for name, value in _EXPERIMENT_TAGS.items() if name not in present} | views


@contextmanager
def recorded_run(
    mlflow: ModuleType, name: str, *, tags: Mapping[str, str], run_id: str | None = None, nested: bool = False
) -> Iterator[str]:
    """Open a run, or go on with an interrupted one; yields its id.

    It ends as FINISHED, after Ctrl-C as KILLED, and after any other exception as FAILED.

    Args:
        mlflow: from `open_tracking`.
        name: what the UI shows.
        tags: what the run is about.
        run_id: the interrupted run, or None.
        nested: whether it belongs to the run that is open.

    Raises:
        TrackingError: if the store stops taking what is recorded.
    """
    failures = _failures(mlflow)
    try:
        # Else MLflow shows the path of a program here.
        tags = {"mlflow.source.name": "gemhier", "mlflow.source.type": "LOCAL", **tags}
        run = mlflow.start_run(run_id=run_id, run_name=None if run_id else name, tags=tags, nested=nested)
        yield run.info.run_id
        mlflow.end_run()
    except KeyboardInterrupt:
        _end_early(mlflow, "KILLED")
        raise
    except failures as error:
        _end_early(mlflow, "FAILED")
        raise TrackingError(
            f"{mlflow.get_tracking_uri()}: the run cannot be recorded any further ({_reason(error)}). "
            "Give the same command again once that is mended: it goes on where it stood."
        ) from error
    except BaseException:
        _end_early(mlflow, "FAILED")
        raise


def unused_name(mlflow: ModuleType, name: str) -> str:
    """The name, or with a number behind it if a training has it already, so that a name means one run."""
    taken = {run.info.run_name for run in _trainings(mlflow)}
    numbered = (f"{name} {number}" for number in count(2))
    return next(each for each in chain([name], numbered) if each not in taken)


def known_run(mlflow: ModuleType, run_id: str | None) -> str | None:
    """The id itself if the store still has that run, else None."""
    if run_id is None:
        return None
    try:
        run = mlflow.get_run(run_id)
    except mlflow.MlflowException:
        return None
    return run_id if run.info.lifecycle_stage == "active" else None


def nested_runs(mlflow: ModuleType, run_id: str) -> dict[str, str]:
    """Name -> id of the runs nested in a run."""
    found = mlflow.search_runs(
        experiment_names=[EXPERIMENT],
        filter_string=f"tags.mlflow.parentRunId = '{run_id}'",
        output_format="list",
    )
    return {run.info.run_name: run.info.run_id for run in found}


def nested_ways(mlflow: ModuleType, run_id: str) -> dict[str, str]:
    """Id -> way to decide of the runs nested in a run that have one."""
    found = mlflow.search_runs(
        experiment_names=[EXPERIMENT],
        filter_string=f"tags.mlflow.parentRunId = '{run_id}' and tags.{KIND} = 'decision'",
        output_format="list",
    )
    return {run.info.run_id: run.data.tags["strategy"] for run in found}


@contextmanager
def written_to(mlflow: ModuleType) -> Iterator[None]:
    """Turn what a store raises while it is written to into one line.

    Raises:
        TrackingError: if it fails.
    """
    try:
        with _impatient():
            yield
    except _failures(mlflow, OSError) as error:
        raise TrackingError(f"{mlflow.get_tracking_uri()}: cannot be written to ({_reason(error)}).") from error


def find_run(name: str, tracking: str | None = None) -> str:
    """The id of the run that a user means.

    That is an id, the beginning of one, a run's name, `latest`, or an alias in the model registry such as `candidate`.
    Nothing is written, so a store that can only be read will do.

    Raises:
        TrackingError: if there is none, or more than one, or the store cannot be read.
    """
    uri = tracking_uri(tracking)
    database = local_database(uri)
    if database is not None and not database.is_file():
        raise TrackingError(
            f"{name}: neither a bundle nor a run, for {database.parent} holds no runs. Check --tracking."
        )
    mlflow = _mlflow()
    try:
        if database is not None:
            _try_reading(database)
        with _impatient():
            _point_at(mlflow, uri)
            known = mlflow.get_experiment_by_name(EXPERIMENT) is not None
            runs = _trainings(mlflow) if known else []
    except _failures(mlflow, sqlite3.Error, OSError) as error:
        raise TrackingError(
            f"{name}: no such folder, and {uri} cannot be asked for a run of that name ({_reason(error)}). "
            f"Check --tracking and {ENVIRONMENT}."
        ) from error
    if name == "latest":
        finished = [run for run in runs if run.info.status == "FINISHED"]
        if not finished:
            raise TrackingError(f"{uri}: holds no finished training. Run `gemhier train DATA` first.")
        return str(finished[0].info.run_id)
    found = [run.info for run in runs if run.info.run_id.startswith(name) or run.info.run_name == name]
    if not found:
        found = [run.info for run in runs if run.info.run_id == _run_of_alias(mlflow, name)]
    if len(found) == 1 or any(info.run_id == name for info in found):
        return name if any(info.run_id == name for info in found) else str(found[0].run_id)
    if not found:
        raise TrackingError(f"{name}: neither a bundle nor a run in {uri}. Name a folder, a run's id or `latest`.")
    ids = ", ".join(info.run_id[:12] for info in found[:5])
    raise TrackingError(f"{name}: {len(found)} runs fit ({ids}). Name one of them by its id.")


def find_bundle(name: str, tracking: str | None = None) -> Path:
    """The bundle of a run, fetched into a temporary folder.

    Raises:
        TrackingError: if there is no such run, or it has no bundle.
    """
    run_id = find_run(name, tracking)
    mlflow = _mlflow()
    try:
        return Path(mlflow.artifacts.download_artifacts(run_id=run_id, artifact_path=BUNDLE, dst_path=_scratch()))
    except _failures(mlflow, OSError) as error:
        raise TrackingError(
            f"{name}: the run has no bundle. Finish its training with `gemhier train` first."
        ) from error


@dataclass(frozen=True)
class Curve:
    """A measure of a run over its epochs.

    Attributes:
        name: as the run names it.
        epochs: their numbers, from 1.
        values: of the measure, one for each.
    """

    name: str
    epochs: tuple[int, ...]
    values: tuple[float, ...]


def read_curves(run_id: str, names: Sequence[str], tracking: str | None = None) -> tuple[Curve, ...]:
    """Some measures of a run over its epochs; none if it is not known here, or the store cannot be read.

    A report is whole without them, so nothing is said of what is missing.
    """
    uri = tracking_uri(tracking)
    database = local_database(uri)
    if (database is not None and not database.is_file()) or importlib.util.find_spec("mlflow") is None:
        return ()
    mlflow = _mlflow()
    with suppress(*_failures(mlflow, sqlite3.Error, OSError)), _impatient():
        if database is not None:
            _try_reading(database)
        _point_at(mlflow, uri)
        client = mlflow.MlflowClient()
        found = {name: client.get_metric_history(run_id, name) for name in names}
        return tuple(
            Curve(name, tuple(point.step for point in points), tuple(point.value for point in points))
            for name, points in found.items()
            if points
        )
    return ()


QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    # Processes that judge the answers of language models.
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
    "GIT_PYTHON_REFRESH": "quiet",
}
"""Settings without which MLflow and its libraries reach for the network or talk too much."""

_IMPATIENT = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1", "MLFLOW_HTTP_REQUEST_TIMEOUT": "20"}
"""How often and how long, in seconds, a server is asked; MLflow's own 7 times take minutes."""


def _mlflow() -> ModuleType:
    os.environ.update(QUIET)
    import mlflow
    import mlflow.artifacts

    for library in ("mlflow", "alembic"):
        logging.getLogger(library).setLevel(logging.WARNING)
    # They tell of each attempt, with a traceback; what comes of it is an exception, and one line.
    logging.getLogger("urllib3").setLevel(logging.ERROR)
    logging.getLogger("mlflow.store.db.utils").setLevel(logging.CRITICAL)
    return mlflow  # type: ignore[no-any-return]


def _run_of_alias(mlflow: ModuleType, alias: str) -> str | None:
    """The run that trained the registered version with an alias; None if there is none."""
    with suppress(mlflow.MlflowException), _impatient():
        return str(mlflow.MlflowClient().get_model_version_by_alias(REGISTERED_MODEL, alias).run_id)
    return None


def _point_at(mlflow: ModuleType, uri: str) -> None:
    mlflow.set_tracking_uri(uri)
    mlflow.set_registry_uri(uri)


def _trainings(mlflow: ModuleType) -> list[Any]:
    """The parent runs, the latest first."""
    runs: list[Any] = mlflow.search_runs(
        experiment_names=[EXPERIMENT],
        filter_string=f"tags.{KIND} = 'comparison'",
        order_by=["attributes.start_time DESC"],
        output_format="list",
    )
    return runs


def _failures(mlflow: ModuleType, *others: type[Exception]) -> tuple[type[Exception], ...]:
    """What MLflow raises for a store that fails, of which it passes some on as they are, and other exceptions."""
    from requests import RequestException
    from sqlalchemy.exc import SQLAlchemyError

    return (mlflow.MlflowException, RequestException, SQLAlchemyError, *others)


def _bottom(error: BaseException) -> OSError | sqlite3.Error | None:
    """What the operating system or the database said, at the bottom of what libraries made of it."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, sqlite3.Error) or (isinstance(cause, OSError) and cause.strerror):
            return cause
        cause = cause.__cause__ or cause.__context__
    return None


def _reason(error: BaseException) -> str:
    """Why something failed, in one line."""
    bottom = _bottom(error)
    words = bottom.strerror if isinstance(bottom, OSError) and bottom.strerror else str(bottom or error)
    return words.partition("\n")[0].strip()[:200] or type(error).__name__


@contextmanager
def _impatient() -> Iterator[None]:
    """Give up soon on a server that does not answer, unless the environment says how long to try."""
    ours = {name: value for name, value in _IMPATIENT.items() if name not in os.environ}
    os.environ.update(ours)
    try:
        yield
    finally:
        for name in ours:
            os.environ.pop(name, None)


@contextmanager
def _whole_or_not_at_all(database: Path | None) -> Iterator[None]:
    """Leave no database behind that is half made: MLflow would stumble over it ever after."""
    new = database is not None and not database.exists()
    try:
        yield
    except BaseException as error:
        full = getattr(_bottom(error), "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
        if new and database is not None and (full or isinstance(error, KeyboardInterrupt)):
            database.unlink(missing_ok=True)
            database.with_name(f"{database.name}-journal").unlink(missing_ok=True)
        raise


def _try_writing(database: Path) -> None:
    """Fail at once where MLflow would try again and again for most of an hour."""
    with closing(sqlite3.connect(database, timeout=30)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("CREATE TABLE gemhier_can_write (number INTEGER)")
        connection.execute("ROLLBACK")


def _try_reading(database: Path) -> None:
    with closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True, timeout=30)) as connection:
        connection.execute("SELECT name FROM sqlite_master").fetchone()


def _end_early(mlflow: ModuleType, status: str) -> None:
    """End the open run, if the store still takes that."""
    with _impatient(), suppress(*_failures(mlflow, OSError)):
        mlflow.end_run(status)


def _scratch() -> str:
    """A folder that lasts as long as the process."""
    folder: Any = tempfile.TemporaryDirectory(prefix="gemhier-")
    _KEPT.append(folder)
    return str(folder.name)


_KEPT: list[Any] = []
