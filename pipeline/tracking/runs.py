"""Runs: started, resumed and ended, and those nested in another."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from itertools import chain, count
from types import ModuleType
from typing import Any

from gemhier.errors import TrackingError
from gemhier.pipeline.tracking.address import shown
from gemhier.pipeline.tracking.failures import failures, reason
from gemhier.pipeline.tracking.library import impatient
from gemhier.pipeline.tracking.names import KIND, SETTINGS


@contextmanager
def recorded_run(
    mlflow: ModuleType, name: str, *, tags: Mapping[str, str], run_id: str | None = None, nested: bool = False
) -> Iterator[str]:
    """Open a run, or resume an interrupted one, and yield its id.

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
    refused = failures(mlflow)
    try:
        # Else MLflow shows the path of a program here.
        tags = {"mlflow.source.name": "gemhier", "mlflow.source.type": "LOCAL", **tags}
        run = mlflow.start_run(run_id=run_id, run_name=None if run_id else name, tags=tags, nested=nested)
        yield run.info.run_id
        mlflow.end_run()
    except KeyboardInterrupt:
        _end_early(mlflow, "KILLED")
        raise
    except refused as error:
        _end_early(mlflow, "FAILED")
        raise TrackingError(
            f"{shown(mlflow.get_tracking_uri())}: the run cannot be recorded any further ({reason(error)}). "
            "Give the same command again once that is mended: it goes on where it stood."
        ) from error
    except BaseException:
        _end_early(mlflow, "FAILED")
        raise


def record_settings(mlflow: ModuleType, settings: Mapping[str, Any]) -> None:
    """Record the settings of the open run, as its parameters and as a file.

    That file is the run's first: where no files can be recorded, that shows before the work and not after it.

    Raises:
        TrackingError: if the file cannot be recorded.
    """
    mlflow.log_params(dict(settings))
    try:
        mlflow.log_dict(dict(settings), SETTINGS)
    except failures(mlflow, OSError, ImportError) as error:
        raise TrackingError(
            f"{mlflow.get_artifact_uri()}: files cannot be recorded there ({reason(error)}). Check --tracking."
        ) from error


def known_run(mlflow: ModuleType, run_id: str | None) -> str | None:
    """Return the id itself if the store still has that run, else None."""
    if run_id is None:
        return None
    try:
        run = mlflow.get_run(run_id)
    except mlflow.MlflowException:
        return None
    return run_id if run.info.lifecycle_stage == "active" else None


def trainings(mlflow: ModuleType) -> list[Any]:
    """Return the runs of trainings, the latest first."""
    return _runs(mlflow, f"tags.{KIND} = 'comparison'", order_by=["attributes.start_time DESC"])


def unused_name(mlflow: ModuleType, name: str) -> str:
    """Return a name that no training has yet.

    It is the given one, with a number behind it if need be, so that a name means one run.
    """
    taken = {run.info.run_name for run in trainings(mlflow)}
    numbered = (f"{name} {number}" for number in count(2))
    return next(each for each in chain([name], numbered) if each not in taken)


def nested_runs(mlflow: ModuleType, run_id: str) -> dict[str, str]:
    """Return name -> id of the runs nested in a run."""
    found = _runs(mlflow, f"tags.mlflow.parentRunId = '{run_id}'")
    return {run.info.run_name: run.info.run_id for run in found}


def nested_strategies(mlflow: ModuleType, run_id: str) -> dict[str, str]:
    """Return id -> strategy, for the nested runs that have one."""
    found = _runs(mlflow, f"tags.mlflow.parentRunId = '{run_id}' and tags.{KIND} = 'decision'")
    return {run.info.run_id: run.data.tags["strategy"] for run in found}


def _runs(mlflow: ModuleType, condition: str, order_by: list[str] | None = None) -> list[Any]:
    runs: list[Any] = mlflow.search_runs(
        search_all_experiments=True, filter_string=condition, order_by=order_by, output_format="list"
    )
    return runs


def _end_early(mlflow: ModuleType, status: str) -> None:
    """End the open run, if the store still accepts that."""
    with impatient(), suppress(*failures(mlflow, OSError)):
        mlflow.end_run(status)
