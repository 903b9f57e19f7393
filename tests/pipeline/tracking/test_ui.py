import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from gemhier.errors import TrackingError
from gemhier.pipeline.tracking.address import tracking_uri
from gemhier.pipeline.tracking.names import EXPERIMENT, KIND
from gemhier.pipeline.tracking.runs import recorded_run
from gemhier.pipeline.tracking.store import open_tracking
from gemhier.pipeline.tracking.ui import serve_ui
from gemhier.pipeline.tracking.views import VIEWS


def announced(store: str, port: int, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The pages that are announced, by what they show; the server behind them is ended by Ctrl-C."""
    served: list[Any] = []

    def serve(command: list[str], **settings: object) -> "subprocess.Popen[bytes]":
        """Python's own server, which answers anything, in place of MLflow's."""
        given = command[command.index("--port") + 1]
        assert command[command.index("--backend-store-uri") + 1] == tracking_uri(store)
        server = popen([sys.executable, "-m", "http.server", given, "--bind", "127.0.0.1"], stderr=subprocess.DEVNULL)
        served.append(server)
        return server

    def look(views: Mapping[str, str]) -> None:
        pages.update(views)
        raise KeyboardInterrupt

    pages: dict[str, str] = {}
    popen = subprocess.Popen
    monkeypatch.setattr(subprocess, "Popen", serve)
    assert serve_ui(store, "127.0.0.1", port, look) == 0
    assert served[0].poll() is not None
    return pages


def test_the_pages_are_announced_when_they_can_be_seen_and_end_with_control_c(
    tracking_store: str, free_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = announced(tracking_store, free_port, monkeypatch)
    experiment = open_tracking(tracking_store).get_experiment_by_name(EXPERIMENT).experiment_id
    for page, key in zip(pages.values(), VIEWS, strict=True):
        assert page.startswith(f"http://127.0.0.1:{free_port}/#/experiments/{experiment}/runs?")
        assert "workflowType=machine_learning" in page
        assert page.endswith(f"viewStateShareKey={key}")


def test_every_experiment_with_trainings_has_its_pages(
    tracking_store: str, free_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = []
    for experiment in ("tuning", None):
        mlflow = open_tracking(tracking_store, experiment)
        ids.append(mlflow.get_experiment_by_name(experiment or EXPERIMENT).experiment_id)
        with recorded_run(mlflow, "lite0 both quick", tags={KIND: "comparison"}):
            pass
    pages = announced(tracking_store, free_port, monkeypatch)
    tuning, usual = ids
    assert list(pages) == [*VIEWS.values(), *(f"{shown} (experiment tuning)" for shown in VIEWS.values())]
    for page, one in zip(pages.values(), [usual, usual, tuning, tuning], strict=True):
        assert f"/experiments/{one}/runs?" in page


def test_a_port_that_is_taken_and_a_server_that_has_pages_are_one_line(tracking_store: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(TrackingError, match="cannot be listened on .*Choose another --port"):
            serve_ui(tracking_store, "127.0.0.1", taken.getsockname()[1], print)
    with pytest.raises(TrackingError, match=r"192\.0\.2\.1:1024: cannot be listened on .*Choose another --host"):
        serve_ui(tracking_store, "192.0.2.1", 1024, print)
    with pytest.raises(TrackingError, match="is a tracking server. Open that address in a browser"):
        serve_ui("http://127.0.0.1:1", "127.0.0.1", 1, print)


def test_pages_on_a_folder_without_runs_are_refused_and_no_store_is_made(tmp_path: Path, free_port: int) -> None:
    with pytest.raises(TrackingError, match="mistyped: holds no runs. Train first, or check --tracking"):
        serve_ui(str(tmp_path / "mistyped"), "127.0.0.1", free_port, print)
    assert list(tmp_path.iterdir()) == []
