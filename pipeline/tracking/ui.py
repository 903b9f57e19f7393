"""MLflow's pages on the tracking store."""

import errno
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from types import ModuleType

from gemhier.errors import TrackingError
from gemhier.extras import require
from gemhier.pipeline.tracking.address import ARTIFACTS, local_database, shown, tracking_uri
from gemhier.pipeline.tracking.library import QUIET
from gemhier.pipeline.tracking.names import EXPERIMENT
from gemhier.pipeline.tracking.runs import trainings
from gemhier.pipeline.tracking.store import open_tracking
from gemhier.pipeline.tracking.views import VIEWS, view_address
from gemhier.progress import say


def serve_ui(tracking: str | None, host: str, port: int, on_start: Callable[[Mapping[str, str]], None]) -> int:
    """Run MLflow's UI on the tracking store until it is stopped.

    Returns its exit code, 0 if told to end.

    `on_start` is called with the addresses of the views, by what they show, as soon as they can be opened.

    Raises:
        MissingExtraError: if MLflow is not installed.
        TrackingError: if the store is a server, which has a UI of its own, or holds no runs, or the port is taken.
    """
    require("mlflow")
    uri = tracking_uri(tracking)
    database = local_database(uri)
    if database is None and uri.startswith("http"):
        raise TrackingError(f"{shown(uri)}: is a tracking server. Open that address in a browser.")
    if database is not None and not database.exists():
        raise TrackingError(f"{database.parent}: holds no runs. Train first, or check --tracking.")
    _check_port(host, port)
    say("Starting MLflow's pages ...")
    mlflow = open_tracking(tracking)
    command = [sys.executable, "-m", "mlflow", "ui", "--backend-store-uri", uri, "--registry-store-uri", uri]
    # One process: with several, a busy machine takes those that start slowly for dead, over and over.
    command += ["--host", host, "--port", str(port), "--workers", "1", "--uvicorn-opts", "--log-level warning"]
    if database is not None:
        command += ["--default-artifact-root", (database.absolute().parent / ARTIFACTS).as_uri()]
    environment = os.environ | QUIET | {"PYTHONWARNINGS": "ignore"}
    with (
        _asked_to_end_as_by_control_c(),
        # In a group of its own, which Ctrl-C does not reach: the server would answer it with a page of tracebacks.
        subprocess.Popen(command, env=environment, process_group=0) as server,
    ):
        try:
            if _answers(server, host, port):
                pages = f"http://{host}:{port}"
                on_start(_views(mlflow, pages))
            return server.wait()
        except KeyboardInterrupt:
            server.terminate()
            server.wait()
            return 0


def _views(mlflow: ModuleType, pages: str) -> dict[str, str]:
    """Return the addresses of the views of all experiments with trainings, by what they show.

    Without any training, those of the usual experiment.
    """
    usual = mlflow.get_experiment_by_name(EXPERIMENT).experiment_id
    ids = sorted({run.info.experiment_id for run in trainings(mlflow)} or {usual}, key=lambda one: (one != usual, one))
    named = {one: "" if one == usual else f" (experiment {mlflow.get_experiment(one).name})" for one in ids}
    return {
        f"{shown}{name}": view_address(pages, one, key) for one, name in named.items() for key, shown in VIEWS.items()
    }


@contextmanager
def _asked_to_end_as_by_control_c() -> Iterator[None]:
    """Treat every request to end this process like Ctrl-C.

    The server must not outlive it.
    """
    asking = [found for found in signal.Signals if found.name in ("SIGTERM", "SIGHUP")]
    # What is ignored, such as SIGHUP under nohup, stays ignored.
    before = {found: signal.getsignal(found) for found in asking if signal.getsignal(found) is not signal.SIG_IGN}
    for found in before:
        signal.signal(found, signal.default_int_handler)
    try:
        yield
    finally:
        for found, handler in before.items():
            signal.signal(found, handler)


def _check_port(host: str, port: int) -> None:
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            if os.name == "posix":  # as servers do: a port whose last connections are still closing is free
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        wrong = "--host" if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL else "--port"
        raise TrackingError(
            f"{host}:{port}: cannot be listened on ({error.strerror}). Choose another {wrong}."
        ) from error


def _answers(server: "subprocess.Popen[bytes]", host: str, port: int) -> bool:
    """Wait until the UI answers; False if it ends before."""
    while server.poll() is None:
        with closing(http.client.HTTPConnection(host, port, timeout=5)) as connection:
            try:
                connection.request("GET", "/health")
                connection.getresponse()
                return True
            except (OSError, http.client.HTTPException):
                time.sleep(0.2)
    return False
