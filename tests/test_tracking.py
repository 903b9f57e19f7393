import json
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from gemhier.errors import TrackingError
from gemhier.pipeline.tracking import (
    EXPERIMENT,
    Curve,
    find_bundle,
    find_run,
    nested_runs,
    open_tracking,
    read_curves,
    recorded_run,
    tracking_uri,
    unused_name,
)
from gemhier.pipeline.tracking_ui import serve_ui
from gemhier.pipeline.tracking_views import VIEWS, view_tags

TRAINING = {"gemhier_kind": "comparison"}


@pytest.fixture
def store(tmp_path: Path, empty_database: Path) -> str:
    """A tracking store in a folder of its own."""
    (tmp_path / "runs").mkdir()
    shutil.copy(empty_database, tmp_path / "runs" / "mlflow.db")
    return str(tmp_path / "runs")


def finished(store: str, name: str = "lite0 both quick") -> str:
    mlflow = open_tracking(store)
    with recorded_run(mlflow, name, tags=TRAINING) as run_id:
        return run_id


def status(mlflow: Any, run_id: str) -> str:
    return str(mlflow.get_run(run_id).info.status)


@pytest.fixture
def free_port() -> int:
    """A port of this machine on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_runs_stay_in_the_folder_mlruns_unless_told_otherwise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert tracking_uri() == f"sqlite:///{tmp_path.as_posix()}/mlruns/mlflow.db"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:5000")
    assert tracking_uri() == "http://127.0.0.1:5000"
    assert tracking_uri("elsewhere") == f"sqlite:///{tmp_path.as_posix()}/elsewhere/mlflow.db"


def test_artifacts_lie_beside_the_database(tmp_path: Path) -> None:
    mlflow = open_tracking(str(tmp_path / "new" / "runs"))
    location = mlflow.get_experiment_by_name(EXPERIMENT).artifact_location
    assert location == (tmp_path / "new" / "runs" / "artifacts").as_uri()
    assert (tmp_path / "new" / "runs" / "mlflow.db").is_file()


def test_telemetry_is_off(store: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_DISABLE_TELEMETRY")
    open_tracking(store)
    from mlflow.telemetry.utils import is_telemetry_disabled

    assert is_telemetry_disabled()


def test_a_run_is_found_by_id_by_its_beginning_by_name_and_as_the_latest(store: str) -> None:
    first, second = finished(store, "first"), finished(store, "second")
    assert find_run(first, store) == first
    assert find_run(first[:10], store) == first
    assert find_run("first", store) == first
    assert find_run("latest", store) == second


def test_a_name_that_fits_several_runs_is_refused_with_their_ids(store: str) -> None:
    ids = [finished(store), finished(store)]
    with pytest.raises(TrackingError, match="2 runs fit") as raised:
        find_run("lite0 both quick", store)
    assert all(run_id[:12] in str(raised.value) for run_id in ids)


def test_a_name_that_a_training_has_gets_a_number(store: str) -> None:
    mlflow = open_tracking(store)
    assert unused_name(mlflow, "lite0 both quick") == "lite0 both quick"
    finished(store)
    assert unused_name(mlflow, "lite0 both quick") == "lite0 both quick 2"
    finished(store, "lite0 both quick 2")
    assert unused_name(mlflow, "lite0 both quick") == "lite0 both quick 3"


def test_the_run_of_an_alias_in_the_registry_is_found(store: str) -> None:
    mlflow, run_id = open_tracking(store), finished(store)
    client = mlflow.MlflowClient()
    client.create_registered_model("gemhier")
    version = client.create_model_version("gemhier", "file:///nowhere", run_id)
    client.set_registered_model_alias("gemhier", "champion", version.version)
    assert find_run("champion", store) == run_id
    with pytest.raises(TrackingError, match="runner-up: neither a bundle nor a run"):
        find_run("runner-up", store)


def test_nested_runs_are_no_trainings(store: str) -> None:
    mlflow = open_tracking(store)
    with (
        recorded_run(mlflow, "parent", tags=TRAINING),
        recorded_run(mlflow, "flat", tags={"gemhier_kind": "network"}, nested=True),
    ):
        pass
    with pytest.raises(TrackingError, match="flat: neither a bundle nor a run"):
        find_run("flat", store)


def test_where_there_are_no_runs_none_is_made_up(tmp_path: Path) -> None:
    with pytest.raises(TrackingError, match="holds no runs"):
        find_run("latest", str(tmp_path / "nothing"))
    assert not (tmp_path / "nothing").exists()


def test_an_unfinished_run_is_not_the_latest(store: str) -> None:
    mlflow = open_tracking(store)
    with pytest.raises(KeyError), recorded_run(mlflow, "x", tags=TRAINING):
        raise KeyError
    with pytest.raises(TrackingError, match="no finished training"):
        find_run("latest", store)


def test_a_run_without_a_bundle_says_so(store: str) -> None:
    with pytest.raises(TrackingError, match="the run has no bundle"):
        find_bundle(finished(store), store)


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(TrackingError, match="runs cannot be recorded there"):
        open_tracking(str(tmp_path / "file"))


def test_a_database_under_another_name_is_found(tmp_path: Path, empty_database: Path) -> None:
    shutil.copy(empty_database, tmp_path / "other.db")
    uri = f"sqlite:///{(tmp_path / 'other.db').as_posix()}"
    assert finished(uri) == find_run("latest", uri)
    assert not (tmp_path / "mlflow.db").exists()


def test_the_experiment_opens_on_training_and_says_how_to_read_it(store: str) -> None:
    tags = open_tracking(store).get_experiment_by_name(EXPERIMENT).tags
    assert tags["mlflow.experimentKind"] == "custom_model_development"
    assert "flat against hierarchical" in tags["mlflow.note.content"]


def test_an_older_experiment_gets_the_tags_that_it_lacks_and_keeps_its_own(store: str) -> None:
    mlflow = open_tracking(store)
    client, experiment = mlflow.MlflowClient(), mlflow.get_experiment_by_name(EXPERIMENT).experiment_id
    client.delete_experiment_tag(experiment, "mlflow.experimentKind")
    client.set_experiment_tag(experiment, "mlflow.note.content", "my own words")
    tags = open_tracking(store).get_experiment_by_name(EXPERIMENT).tags
    assert tags["mlflow.experimentKind"] == "custom_model_development"
    assert tags["mlflow.note.content"] == "my own words"


def test_the_views_of_the_runs_are_renewed_and_small_enough_for_a_tag(store: str) -> None:
    mlflow, views = open_tracking(store), view_tags()
    assert {tag.removeprefix("mlflow.sharedViewState.") for tag in views} == set(VIEWS)
    experiment = mlflow.get_experiment_by_name(EXPERIMENT)
    assert {tag: experiment.tags[tag] for tag in views} == views
    mlflow.MlflowClient().set_experiment_tag(experiment.experiment_id, "mlflow.sharedViewState.trainings", "{}")
    assert open_tracking(store).get_experiment_by_name(EXPERIMENT).tags["mlflow.sharedViewState.trainings"] != "{}"
    for state in map(json.loads, views.values()):
        sections = {section["uuid"] for section in state["compareRunSections"]}
        assert {chart["metricSectionId"] for chart in state["compareRunCharts"]} <= sections
        assert mlflow.search_runs(experiment_names=[EXPERIMENT], filter_string=state["searchFilter"]).empty


def test_after_control_c_a_run_and_those_nested_in_it_are_killed_and_can_go_on(store: str) -> None:
    mlflow = open_tracking(store)

    def train(run_id: str | None, nested_id: str | None, *, interrupted: bool) -> tuple[str, str]:
        with recorded_run(mlflow, "a", tags=TRAINING, run_id=run_id) as outer:
            ids.append(outer)
            with recorded_run(mlflow, "b", tags={}, run_id=nested_id, nested=True) as inner:
                ids.append(inner)
                if interrupted:
                    raise KeyboardInterrupt
        return outer, inner

    ids: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        train(None, None, interrupted=True)
    assert [status(mlflow, run_id) for run_id in ids] == ["KILLED", "KILLED"]
    assert nested_runs(mlflow, ids[0]) == {"b": ids[1]}
    assert mlflow.active_run() is None

    assert train(ids[0], ids[1], interrupted=False) == (ids[0], ids[1])
    assert [status(mlflow, run_id) for run_id in ids[:2]] == ["FINISHED", "FINISHED"]


def test_what_mlflow_refuses_ends_the_run_in_one_line(store: str) -> None:
    mlflow = open_tracking(store)
    with (
        pytest.raises(TrackingError, match="cannot be recorded any further .*Give the same command again"),
        recorded_run(mlflow, "x", tags=TRAINING) as run_id,
    ):
        mlflow.log_metric("not a name: ?", 1)
    assert status(mlflow, run_id) == "FAILED"


@pytest.mark.parametrize("ask", [open_tracking, lambda uri: find_run("latest", uri)])
def test_a_server_that_is_not_there_is_told_at_once(
    ask: Callable[[str], object], free_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "3")
    before, start = dict(os.environ), time.monotonic()
    with pytest.raises(TrackingError, match="Connection refused.*--tracking and MLFLOW_TRACKING_URI") as raised:
        ask(f"http://127.0.0.1:{free_port}")
    assert "\n" not in str(raised.value)
    assert time.monotonic() - start < 30
    # A training that is under way has MLflow's own patience.
    assert {name: value for name, value in os.environ.items() if "HTTP_REQUEST" in name} == {
        name: value for name, value in before.items() if "HTTP_REQUEST" in name
    }


def test_a_file_that_is_no_database_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "mlflow.db").write_text("no database, " * 100)
    for ask in (open_tracking, lambda uri: find_run("latest", uri)):
        with pytest.raises(TrackingError, match=r"\(file is not a database\)"):
            ask(str(tmp_path))


def test_looking_for_a_run_writes_nothing(store: str) -> None:
    mlflow = open_tracking(store)
    mlflow.MlflowClient().rename_experiment(mlflow.get_experiment_by_name(EXPERIMENT).experiment_id, "renamed")
    with pytest.raises(TrackingError, match="no finished training"):
        find_run("latest", store)
    assert mlflow.get_experiment_by_name(EXPERIMENT) is None


def disk_full(*_: object, **__: object) -> None:
    error = sqlite3.OperationalError("database or disk is full")
    error.sqlite_errorcode = sqlite3.SQLITE_FULL
    raise error


def interrupt(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize(("fault", "expected"), [(disk_full, TrackingError), (interrupt, KeyboardInterrupt)])
def test_no_half_made_database_stays(
    fault: Callable[..., None], expected: type[BaseException], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import mlflow

    monkeypatch.setattr(mlflow, "create_experiment", fault)
    with pytest.raises(expected):
        open_tracking(str(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_a_database_that_was_there_before_stays(store: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import mlflow

    run_id = finished(store)
    for fault, expected in ((disk_full, TrackingError), (interrupt, KeyboardInterrupt)):
        with monkeypatch.context() as broken:
            broken.setattr(mlflow, "set_experiment", fault)
            with pytest.raises(expected):
                open_tracking(store)
    assert find_run("latest", store) == run_id


def test_the_pages_are_announced_when_they_can_be_seen_and_end_with_control_c(
    store: str, free_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    served: list[Any] = []

    def serve(command: list[str], **settings: object) -> "subprocess.Popen[bytes]":
        """Python's own server, which answers anything, in place of MLflow's."""
        port = command[command.index("--port") + 1]
        assert command[command.index("--backend-store-uri") + 1] == tracking_uri(store)
        server = popen([sys.executable, "-m", "http.server", port, "--bind", "127.0.0.1"], stderr=subprocess.DEVNULL)
        served.append(server)
        return server

    def look(views: Mapping[str, str]) -> None:
        pages.extend(views.values())
        raise KeyboardInterrupt

    pages: list[str] = []
    popen = subprocess.Popen
    monkeypatch.setattr(subprocess, "Popen", serve)
    assert serve_ui(store, "127.0.0.1", free_port, look) == 0
    experiment = open_tracking(store).get_experiment_by_name(EXPERIMENT).experiment_id
    for page, key in zip(pages, VIEWS, strict=True):
        assert page.startswith(f"http://127.0.0.1:{free_port}/#/experiments/{experiment}/runs?")
        assert "workflowType=machine_learning" in page
        assert page.endswith(f"viewStateShareKey={key}")
    assert served[0].poll() is not None


def test_a_port_that_is_taken_and_a_server_that_has_pages_are_one_line(store: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(TrackingError, match="cannot be listened on .*Choose another --port"):
            serve_ui(store, "127.0.0.1", taken.getsockname()[1], print)
    with pytest.raises(TrackingError, match=r"192\.0\.2\.1:1024: cannot be listened on .*Choose another --host"):
        serve_ui(store, "192.0.2.1", 1024, print)
    with pytest.raises(TrackingError, match="is a tracking server. Open that address in a browser"):
        serve_ui("http://127.0.0.1:1", "127.0.0.1", 1, print)


def test_pages_on_a_folder_without_runs_are_refused_and_no_store_is_made(tmp_path: Path, free_port: int) -> None:
    with pytest.raises(TrackingError, match="mistyped: holds no runs. Train first, or check --tracking"):
        serve_ui(str(tmp_path / "mistyped"), "127.0.0.1", free_port, print)
    assert list(tmp_path.iterdir()) == []


def test_curves_of_a_run_are_read_back_and_missing_ones_left_out(store: str) -> None:
    mlflow = open_tracking(store)
    with recorded_run(mlflow, "training", tags={}) as run_id:
        for epoch, loss in ((1, 3.0), (2, 2.0)):
            mlflow.log_metrics({"train/loss": loss}, step=epoch)
    curves = read_curves(run_id, ("train/loss", "validation/flat_top1"), store)
    assert curves == (Curve("train/loss", (1, 2), (3.0, 2.0)),)


def test_an_unknown_run_or_store_has_no_curves(tmp_path: Path, store: str) -> None:
    assert read_curves("0" * 32, ("train/loss",), str(tmp_path / "none")) == ()
    assert not (tmp_path / "none").exists()
    open_tracking(store)
    assert read_curves("0" * 32, ("train/loss",), store) == ()
