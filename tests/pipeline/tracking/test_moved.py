import json
import shutil
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from gemhier.errors import TrackingError
from gemhier.locks import locked
from gemhier.pipeline.tracking.finding import find_bundle
from gemhier.pipeline.tracking.names import BUNDLE, EXPERIMENT, KIND
from gemhier.pipeline.tracking.registry import register_bundle
from gemhier.pipeline.tracking.runs import recorded_run
from gemhier.pipeline.tracking.store import open_tracking


def record(folder: Path, text: str = "bundle") -> str:
    mlflow = open_tracking(str(folder))
    with recorded_run(mlflow, text, tags={KIND: "comparison"}) as run_id:
        mlflow.log_text(text, f"{BUNDLE}/bundle.json")
    return run_id


def addresses(folder: Path) -> str:
    """All that the database of a store says, in the order of its tables."""
    with closing(sqlite3.connect(folder / "mlflow.db")) as connection:
        return "\n".join(connection.iterdump())


def bundle_text(run_id: str, folder: Path) -> str:
    return (find_bundle(run_id, str(folder)) / "bundle.json").read_text()


@pytest.fixture
def store(tmp_path: Path, quick_stores: None) -> Path:
    return tmp_path / "project" / "mlruns"


def copied(store: Path) -> Path:
    return Path(shutil.copytree(store.parent, store.parents[1] / "a%20copy")) / "mlruns"


def moved(store: Path) -> Path:
    return store.parent.rename(store.parents[1] / "moved") / "mlruns"


@pytest.mark.parametrize("go", [copied, moved])
def test_a_store_elsewhere_has_its_bundles_and_takes_new_runs(
    go: Callable[[Path], Path], store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run_id = record(store, "first")
    before = sorted(store.rglob("*")) if go is copied else []
    home = go(store)
    assert bundle_text(run_id, home) == "first"
    assert capsys.readouterr().err == (
        f"{home}: was moved or copied from {store}. 2 addresses in it now name the new place.\n"
    )
    assert str(store) not in addresses(home)
    second = record(home, "second")
    assert (home / "artifacts" / second / "artifacts" / BUNDLE / "bundle.json").read_text() == "second"
    assert bundle_text("latest", home) == "second"
    assert capsys.readouterr().err == ""
    assert store.exists() == (go is copied)
    assert before == (sorted(store.rglob("*")) if go is copied else [])


def test_a_moved_store_takes_runs_before_anything_is_read_from_it(store: Path) -> None:
    record(store)
    home = moved(store)
    run_id = record(home, "second")
    assert bundle_text(run_id, home) == "second"
    assert not store.parent.exists()


def test_registered_models_data_sets_and_the_users_own_experiments_come_along(store: Path, tiny_bundle: Path) -> None:
    mlflow = open_tracking(str(store))
    own = mlflow.create_experiment("own", artifact_location=str(store / "own files"))
    away = mlflow.create_experiment("away", artifact_location=(store.parents[1] / "away").as_uri())
    with recorded_run(mlflow, "x", tags={KIND: "comparison"}) as run_id:
        register_bundle(mlflow, tiny_bundle, "about", {})
        dataset = mlflow.entities.Dataset(
            "mine", "0", "local", json.dumps({"uri": (store / "artifacts" / "models").as_uri()})
        )
        mlflow.MlflowClient().log_inputs(run_id, [mlflow.entities.DatasetInput(dataset=dataset, tags=[])])
    home = moved(store)
    mlflow = open_tracking(str(home))
    assert mlflow.get_experiment(own).artifact_location == str(home / "own files")
    assert mlflow.get_experiment(away).artifact_location == (store.parents[1] / "away").as_uri()
    (used,) = mlflow.get_run(run_id).inputs.dataset_inputs
    assert json.loads(used.dataset.source) == {"uri": (home / "artifacts" / "models").as_uri()}
    model = mlflow.pyfunc.load_model("models:/gemhier@candidate")
    assert model.unwrap_python_model().bundle.info.model_version == "tiny-1"


def test_a_file_that_was_left_behind_is_found_where_it_lies(store: Path) -> None:
    kept, copied_too = record(store, "kept"), record(store, "copied")
    home = copied(store)
    shutil.rmtree(home / "artifacts" / kept)
    assert bundle_text(kept, home) == "kept"
    shutil.rmtree(store / "artifacts" / copied_too)
    assert bundle_text(copied_too, home) == "copied"
    assert bundle_text(kept, home) == "kept"


def test_a_moved_store_that_cannot_be_written_is_read(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_id = record(store)
    home = moved(store)
    before = addresses(home)
    home.chmod(stat.S_IRUSR | stat.S_IXUSR)
    try:
        with monkeypatch.context() as read_only:  # whoever may do all may write to such a folder too
            read_only.setattr("gemhier.pipeline.tracking.store.settle", refuse)
            assert bundle_text(run_id, home) == "bundle"
    finally:
        home.chmod(stat.S_IRWXU)
    assert addresses(home) == before


def refuse(*_: Any) -> None:
    raise sqlite3.OperationalError("attempt to write a readonly database")


def test_a_store_under_another_name_of_its_folder_is_not_moved(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run_id = record(store)
    (store.parents[1] / "link").symlink_to(store.parent, target_is_directory=True)
    assert bundle_text(run_id, store.parents[1] / "link" / "mlruns") == "bundle"
    assert str(store) in addresses(store)
    assert capsys.readouterr().err == ""


def test_a_place_that_was_chosen_for_the_files_is_kept(store: Path, tmp_path: Path) -> None:
    chosen = tmp_path / "disk" / "artifacts"
    chosen.mkdir(parents=True)
    mlflow = open_tracking(str(store))
    mlflow.MlflowClient().rename_experiment(mlflow.get_experiment_by_name(EXPERIMENT).experiment_id, "unused")
    mlflow.create_experiment(EXPERIMENT, artifact_location=chosen.as_uri())
    run_id = record(store)
    assert (chosen / run_id).is_dir()
    assert bundle_text(run_id, store) == "bundle"


def test_a_store_is_not_settled_under_a_training(store: Path) -> None:
    run_id = record(store)
    home = moved(store)
    before = addresses(home)
    (home / "unfinished").mkdir()
    with locked(home / "unfinished" / "0123.lock", lambda: None):
        with pytest.raises(TrackingError, match=f"a training is recording into it as {store}. Wait until"):
            open_tracking(str(home))
        assert bundle_text(run_id, home) == "bundle"
        assert addresses(home) == before
    open_tracking(str(home))
    assert str(store) not in addresses(home)


def test_an_error_on_the_way_changes_no_address(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from gemhier.pipeline.tracking import moved as module

    record(store)
    home = moved(store)
    before, settle_column = addresses(home), module._settle_column

    def fail(connection: sqlite3.Connection, column: tuple[str, str, str], earlier: Path, to: Path) -> int:
        if column[0] == "logged_models":
            refuse()
        return settle_column(connection, column, earlier, to)

    monkeypatch.setattr(module, "_settle_column", fail)
    with pytest.raises(TrackingError, match="attempt to write a readonly database"):
        open_tracking(str(home))
    assert addresses(home) == before


def test_every_column_that_holds_addresses_is_known(empty_database: Path) -> None:
    """A later MLflow may keep addresses in further columns: look at those that are named so."""
    from gemhier.pipeline.tracking.moved import _ADDRESSES

    with closing(sqlite3.connect(empty_database)) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        columns = {(table, row[1]) for table in tables for row in connection.execute(f'PRAGMA table_info("{table}")')}
    telling = ("uri", "location", "root", "path")
    named = {column for column in columns if column[1].endswith(telling)}
    assert named <= {(table, name) for table, name, _ in _ADDRESSES}
    assert {(table, name) for table, name, _ in _ADDRESSES} <= columns
