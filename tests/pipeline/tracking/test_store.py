import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from gemhier.errors import TrackingError
from gemhier.pipeline.tracking.address import tracking_uri
from gemhier.pipeline.tracking.finding import find_run
from gemhier.pipeline.tracking.names import EXPERIMENT
from gemhier.pipeline.tracking.store import open_tracking


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


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(TrackingError, match="runs cannot be recorded there"):
        open_tracking(str(tmp_path / "file"))


def test_a_database_under_another_name_is_found(
    tmp_path: Path, empty_database: Path, finish_training: Callable[..., str]
) -> None:
    shutil.copy(empty_database, tmp_path / "other.db")
    uri = f"sqlite:///{(tmp_path / 'other.db').as_posix()}"
    assert finish_training(uri) == find_run("latest", uri)
    assert not (tmp_path / "mlflow.db").exists()


def test_the_experiment_opens_on_training_and_says_how_to_read_it(tracking_store: str) -> None:
    tags = open_tracking(tracking_store).get_experiment_by_name(EXPERIMENT).tags
    assert tags["mlflow.experimentKind"] == "custom_model_development"
    assert "flat against hierarchical" in tags["mlflow.note.content"]


def test_an_older_experiment_gets_the_tags_that_it_lacks_and_keeps_its_own(tracking_store: str) -> None:
    mlflow = open_tracking(tracking_store)
    client, experiment = mlflow.MlflowClient(), mlflow.get_experiment_by_name(EXPERIMENT).experiment_id
    client.delete_experiment_tag(experiment, "mlflow.experimentKind")
    client.set_experiment_tag(experiment, "mlflow.note.content", "my own words")
    tags = open_tracking(tracking_store).get_experiment_by_name(EXPERIMENT).tags
    assert tags["mlflow.experimentKind"] == "custom_model_development"
    assert tags["mlflow.note.content"] == "my own words"


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
