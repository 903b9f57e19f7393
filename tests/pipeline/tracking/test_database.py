import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from gemhier.errors import TrackingError
from gemhier.pipeline.tracking.finding import find_run
from gemhier.pipeline.tracking.store import open_tracking


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


def test_a_database_that_was_there_before_stays(
    tracking_store: str, monkeypatch: pytest.MonkeyPatch, finish_training: Callable[..., str]
) -> None:
    import mlflow

    run_id = finish_training(tracking_store)
    for fault, expected in ((disk_full, TrackingError), (interrupt, KeyboardInterrupt)):
        with monkeypatch.context() as broken:
            broken.setattr(mlflow, "set_experiment", fault)
            with pytest.raises(expected):
                open_tracking(tracking_store)
    assert find_run("latest", tracking_store) == run_id
