import os
import signal
import sqlite3
import subprocess
import sys
import time
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
    from mlflow.store.db import utils

    monkeypatch.setattr(utils, "_upgrade_db", fault)  # when the first tables are there
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


OPEN = "import sys; from gemhier.pipeline.tracking.store import open_tracking; open_tracking(sys.argv[1])"


def opener(folder: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen([sys.executable, "-c", OPEN, str(folder)], stderr=subprocess.PIPE, text=True)


def test_stores_that_are_made_at_the_same_time_are_one(tmp_path: Path) -> None:
    both = [opener(tmp_path / "runs"), opener(tmp_path / "runs")]
    said = [process.communicate()[1] for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert [path.name for path in (tmp_path / "runs").iterdir()] == ["mlflow.db"]
    with sqlite3.connect(tmp_path / "runs" / "mlflow.db") as connection:
        assert connection.execute("SELECT count(*) FROM experiments WHERE name = 'gemhier'").fetchone() == (1,)


@pytest.mark.skipif(os.name == "nt", reason="needs a signal that cannot be caught")
def test_a_kill_while_a_store_is_made_leaves_none_in_the_way(
    tmp_path: Path, finish_training: Callable[..., str]
) -> None:
    process = opener(tmp_path)
    end = time.monotonic() + 120
    while not list(tmp_path.glob(".mlflow.db.*.part")) and process.poll() is None and time.monotonic() < end:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert not (tmp_path / "mlflow.db").exists()
    run_id = finish_training(str(tmp_path))
    assert find_run("latest", str(tmp_path)) == run_id
    assert [path.name for path in tmp_path.iterdir()] == ["mlflow.db"]
