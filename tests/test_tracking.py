from pathlib import Path

import pytest

from gemhier.errors import TrackingError
from gemhier.pipeline.tracking import EXPERIMENT, find_bundle, find_run, open_tracking, parent_run, tracking_uri


@pytest.fixture
def store(tmp_path: Path) -> str:
    """A tracking store in a folder of its own."""
    return str(tmp_path / "runs")


def finished(store: str, name: str = "lite0 both quick") -> str:
    mlflow = open_tracking(store)
    with parent_run(mlflow, name, run_id=None, tags={"gemhier_kind": "comparison"}) as run_id:
        return run_id


def test_runs_stay_in_the_folder_mlruns_unless_told_otherwise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert tracking_uri() == f"sqlite:///{tmp_path.as_posix()}/mlruns/mlflow.db"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:5000")
    assert tracking_uri() == "http://127.0.0.1:5000"
    assert tracking_uri("elsewhere") == f"sqlite:///{tmp_path.as_posix()}/elsewhere/mlflow.db"


def test_artifacts_lie_beside_the_database(store: str) -> None:
    mlflow = open_tracking(store)
    location = mlflow.get_experiment_by_name(EXPERIMENT).artifact_location
    assert location == (Path(store) / "artifacts").as_uri()


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


def test_nested_runs_are_no_trainings(store: str) -> None:
    mlflow = open_tracking(store)
    with (
        parent_run(mlflow, "parent", run_id=None, tags={"gemhier_kind": "comparison"}),
        mlflow.start_run(nested=True, run_name="flat"),
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
    with pytest.raises(KeyError), parent_run(mlflow, "x", run_id=None, tags={"gemhier_kind": "comparison"}):
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
