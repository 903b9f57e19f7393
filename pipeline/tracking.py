"""MLflow: where runs are kept, and how they are opened and found again.

Without a server everything lies in `mlruns/` of the current folder: a SQLite database and, beside
it, the artifacts. MLflow's telemetry is switched off before it is imported.
"""

import logging
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from gemhier.errors import TrackingError

EXPERIMENT = "gemhier"
FOLDER = Path("mlruns")
DATABASE = "mlflow.db"
ARTIFACTS = "artifacts"
BUNDLE = "bundle"
"""The artifact of a comparison's parent run that holds its bundle."""

ENVIRONMENT = "MLFLOW_TRACKING_URI"


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


def local_folder(uri: str) -> Path | None:
    """The folder of a store in a SQLite file; None for a server."""
    prefix = "sqlite:///"
    return Path(uri.removeprefix(prefix)).parent if uri.startswith(prefix) else None


def open_tracking(tracking: str | None = None) -> ModuleType:
    """Point MLflow at the tracking store, make the experiment if need be, and return the `mlflow` module.

    Raises:
        TrackingError: if the store cannot be reached or written.
    """
    mlflow = _mlflow()
    uri = tracking_uri(tracking)
    folder = local_folder(uri)
    try:
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
        mlflow.set_tracking_uri(uri)
        mlflow.set_registry_uri(uri)
        if mlflow.get_experiment_by_name(EXPERIMENT) is None:
            location = (folder / ARTIFACTS).as_uri() if folder is not None else None
            mlflow.create_experiment(EXPERIMENT, artifact_location=location)
        mlflow.set_experiment(EXPERIMENT)
    except (mlflow.MlflowException, OSError) as error:
        reason = str(error).partition("\n")[0]
        raise TrackingError(f"{uri}: runs cannot be recorded there ({reason}). Check --tracking.") from error
    return mlflow


@contextmanager
def parent_run(mlflow: ModuleType, name: str, *, run_id: str | None, tags: Mapping[str, str]) -> Iterator[str]:
    """Open the parent run of a comparison, or go on with an interrupted one; yields its id.

    Args:
        mlflow: from `open_tracking`.
        name: what the UI shows.
        run_id: the interrupted run, or None.
        tags: what the run is about.
    """
    with mlflow.start_run(run_id=run_id, run_name=None if run_id else name, tags=dict(tags)) as run:
        yield run.info.run_id


def known_run(mlflow: ModuleType, run_id: str | None) -> str | None:
    """The id itself if the store still has that run, else None."""
    if run_id is None:
        return None
    try:
        run = mlflow.get_run(run_id)
    except mlflow.MlflowException:
        return None
    return run_id if run.info.lifecycle_stage == "active" else None


def find_run(name: str, tracking: str | None = None) -> str:
    """The id of the run that a user means: an id, the beginning of one, a run's name, or `latest`.

    Raises:
        TrackingError: if there is none, or more than one.
    """
    uri = tracking_uri(tracking)
    folder = local_folder(uri)
    if folder is not None and not (folder / DATABASE).is_file():
        raise TrackingError(f"{name}: neither a bundle nor a run, for {folder} holds no runs. Check --tracking.")
    mlflow = open_tracking(tracking)
    runs = mlflow.search_runs(
        experiment_names=[EXPERIMENT],
        filter_string="tags.gemhier_kind = 'comparison'",
        order_by=["attributes.start_time DESC"],
        output_format="list",
    )
    if name == "latest":
        finished = [run for run in runs if run.info.status == "FINISHED"]
        if not finished:
            raise TrackingError(f"{uri}: holds no finished training. Run `gemhier train DATA` first.")
        return str(finished[0].info.run_id)
    found = [run.info for run in runs if run.info.run_id.startswith(name) or run.info.run_name == name]
    if len(found) == 1 or any(info.run_id == name for info in found):
        return name if any(info.run_id == name for info in found) else str(found[0].run_id)
    if not found:
        raise TrackingError(f"{name}: neither a bundle nor a run in {uri}. Name a folder, a run's id or `latest`.")
    ids = ", ".join(info.run_id[:12] for info in found[:5])
    raise TrackingError(f"{name}: {len(found)} runs fit ({ids}). Name one of them by its id.")


def find_bundle(name: str, tracking: str | None = None) -> Path:
    """The bundle of a run, fetched into a temporary folder if a server keeps it.

    Raises:
        TrackingError: if there is no such run, or it has no bundle.
    """
    run_id = find_run(name, tracking)
    mlflow = _mlflow()
    try:
        return Path(mlflow.artifacts.download_artifacts(run_id=run_id, artifact_path=BUNDLE, dst_path=_scratch()))
    except (mlflow.MlflowException, OSError) as error:
        raise TrackingError(
            f"{name}: the run has no bundle. Finish its training with `gemhier train` first."
        ) from error


def serve_ui(tracking: str | None, host: str, port: int, on_start: Callable[[], None]) -> int:
    """Run MLflow's UI on the tracking store until it is stopped; returns its exit code.

    `on_start` is called when nothing stands in the way any more.

    Raises:
        TrackingError: if the store is a server, which has a UI of its own.
    """
    uri = tracking_uri(tracking)
    folder = local_folder(uri)
    if folder is None and uri.startswith("http"):
        raise TrackingError(f"{uri}: is a tracking server. Open that address in a browser.")
    open_tracking(tracking)
    command = [sys.executable, "-m", "mlflow", "ui", "--backend-store-uri", uri, "--host", host, "--port", str(port)]
    if folder is not None:
        command += ["--default-artifact-root", (folder / ARTIFACTS).as_uri()]
    on_start()
    with subprocess.Popen(command, env=os.environ | _QUIET) as server:
        try:
            return server.wait()
        except KeyboardInterrupt:
            server.terminate()
            return server.wait()


_QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "GIT_PYTHON_REFRESH": "quiet",
}


def _mlflow() -> ModuleType:
    os.environ.update(_QUIET)
    import mlflow
    import mlflow.artifacts

    for library in ("mlflow", "alembic"):
        logging.getLogger(library).setLevel(logging.WARNING)
    return mlflow  # type: ignore[no-any-return]


def _scratch() -> str:
    """A folder that lasts as long as the process."""
    folder: Any = tempfile.TemporaryDirectory(prefix="gemhier-")
    _KEPT.append(folder)
    return str(folder.name)


_KEPT: list[Any] = []
