from collections.abc import Callable
from typing import Any

import pytest

from gemhier.errors import TrackingError
from gemhier.pipeline.tracking.names import KIND
from gemhier.pipeline.tracking.runs import nested_runs, recorded_run, unused_name
from gemhier.pipeline.tracking.store import open_tracking

TRAINING = {KIND: "comparison"}


def status(mlflow: Any, run_id: str) -> str:
    return str(mlflow.get_run(run_id).info.status)


def test_a_name_that_a_training_has_gets_a_number(tracking_store: str, finish_training: Callable[..., str]) -> None:
    mlflow = open_tracking(tracking_store)
    assert unused_name(mlflow, "lite0 both quick") == "lite0 both quick"
    finish_training(tracking_store)
    assert unused_name(mlflow, "lite0 both quick") == "lite0 both quick 2"
    finish_training(tracking_store, "lite0 both quick 2")
    assert unused_name(mlflow, "lite0 both quick") == "lite0 both quick 3"


def test_after_control_c_a_run_and_those_nested_in_it_are_killed_and_can_go_on(tracking_store: str) -> None:
    mlflow = open_tracking(tracking_store)

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


def test_what_mlflow_refuses_ends_the_run_in_one_line(tracking_store: str) -> None:
    mlflow = open_tracking(tracking_store)
    with (
        pytest.raises(TrackingError, match="cannot be recorded any further .*Give the same command again"),
        recorded_run(mlflow, "x", tags=TRAINING) as run_id,
    ):
        mlflow.log_metric("not a name: ?", 1)
    assert status(mlflow, run_id) == "FAILED"
