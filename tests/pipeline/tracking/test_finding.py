from collections.abc import Callable
from pathlib import Path

import pytest

from gemhier.errors import TrackingError
from gemhier.pipeline.tracking.finding import find_bundle, find_run, run_title
from gemhier.pipeline.tracking.names import EXPERIMENT, KIND
from gemhier.pipeline.tracking.runs import recorded_run
from gemhier.pipeline.tracking.store import open_tracking

TRAINING = {KIND: "comparison"}


def test_a_run_is_found_by_id_by_its_beginning_by_name_and_as_the_latest(
    tracking_store: str, finish_training: Callable[..., str]
) -> None:
    first, second = finish_training(tracking_store, "first"), finish_training(tracking_store, "second")
    assert find_run(first, tracking_store) == first
    assert find_run(first[:10], tracking_store) == first
    assert find_run("first", tracking_store) == first
    assert find_run("latest", tracking_store) == second


def test_a_run_is_called_by_its_name_however_it_is_meant(
    tracking_store: str, finish_training: Callable[..., str]
) -> None:
    run_id = finish_training(tracking_store, "first")
    assert {run_title(name, tracking_store) for name in ("latest", "first", run_id, run_id[:10])} == {"first"}


def test_a_name_that_fits_several_runs_is_refused_with_their_ids(
    tracking_store: str, finish_training: Callable[..., str]
) -> None:
    ids = [finish_training(tracking_store), finish_training(tracking_store)]
    with pytest.raises(TrackingError, match="2 runs fit") as raised:
        find_run("lite0 both quick", tracking_store)
    assert all(run_id[:12] in str(raised.value) for run_id in ids)


def test_the_run_of_an_alias_in_the_registry_is_found(tracking_store: str, finish_training: Callable[..., str]) -> None:
    mlflow, run_id = open_tracking(tracking_store), finish_training(tracking_store)
    client = mlflow.MlflowClient()
    client.create_registered_model("gemhier")
    version = client.create_model_version("gemhier", "file:///nowhere", run_id)
    client.set_registered_model_alias("gemhier", "champion", version.version)
    assert find_run("champion", tracking_store) == run_id
    with pytest.raises(TrackingError, match="runner-up: neither a bundle nor a run"):
        find_run("runner-up", tracking_store)


def test_nested_runs_are_no_trainings(tracking_store: str) -> None:
    mlflow = open_tracking(tracking_store)
    with (
        recorded_run(mlflow, "parent", tags=TRAINING),
        recorded_run(mlflow, "flat", tags={KIND: "network"}, nested=True),
    ):
        pass
    with pytest.raises(TrackingError, match="flat: neither a bundle nor a run"):
        find_run("flat", tracking_store)


def test_where_there_are_no_runs_none_is_made_up(tmp_path: Path) -> None:
    with pytest.raises(TrackingError, match="holds no runs"):
        find_run("latest", str(tmp_path / "nothing"))
    assert not (tmp_path / "nothing").exists()


def test_an_unfinished_run_is_not_the_latest(tracking_store: str) -> None:
    mlflow = open_tracking(tracking_store)
    with pytest.raises(KeyError), recorded_run(mlflow, "x", tags=TRAINING):
        raise KeyError
    with pytest.raises(TrackingError, match="no finished training"):
        find_run("latest", tracking_store)


def test_a_run_without_a_bundle_says_so(tracking_store: str, finish_training: Callable[..., str]) -> None:
    with pytest.raises(TrackingError, match="the run has no bundle"):
        find_bundle(finish_training(tracking_store), tracking_store)


def test_looking_for_a_run_writes_nothing(tracking_store: str) -> None:
    mlflow = open_tracking(tracking_store)
    mlflow.MlflowClient().rename_experiment(mlflow.get_experiment_by_name(EXPERIMENT).experiment_id, "renamed")
    with pytest.raises(TrackingError, match="no finished training"):
        find_run("latest", tracking_store)
    assert mlflow.get_experiment_by_name(EXPERIMENT) is None
