import os
import sys
from pathlib import Path

import pytest

from gemhier.errors import TrackingError
from gemhier.pipeline.tracking.address import local_database, shown, sqlite_uri, tracking_uri
from gemhier.pipeline.tracking.finding import find_run
from gemhier.pipeline.tracking.names import BUNDLE, KIND
from gemhier.pipeline.tracking.runs import recorded_run
from gemhier.pipeline.tracking.store import open_tracking

ODD_NAMES = [
    "a b",
    " a ",
    "a%20b",
    "100%",
    "a#b",
    "a&b=c;d",
    "a+b@c",
    'it\'s "new"',
    "-dash",
    "~tilde",
    "$HOME",
    "{x}[y]",
    "a..b",
    "grün 石 💎",
    "databricks",
    "http",
]
if os.name != "nt":
    ODD_NAMES += ["a?b", "a:b", "file:", "a\\b", "a\nb", "<|>*"]


@pytest.mark.parametrize("name", ODD_NAMES)
def test_runs_of_a_folder_stay_in_it_whatever_its_name_is(
    name: str, tmp_path: Path, quick_stores: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path / name)
    mlflow = open_tracking()
    with recorded_run(mlflow, "one", tags={KIND: "comparison"}) as run_id:
        mlflow.log_text("bundle", f"{BUNDLE}/bundle.json")
    assert [path.name for path in tmp_path.iterdir()] == [name]
    files = [path for path in (tmp_path / name).rglob("*") if path.is_file()]
    places = [path.relative_to(tmp_path / name).as_posix() for path in files]
    assert sorted(places) == [f"mlruns/artifacts/{run_id}/artifacts/{BUNDLE}/bundle.json", "mlruns/mlflow.db"]
    assert find_run("latest") == run_id
    assert mlflow.artifacts.load_text(f"runs:/{run_id}/{BUNDLE}/bundle.json") == "bundle"


@pytest.mark.parametrize("name", ["a%20b", "a?b#c", "a b"])
def test_a_new_database_is_made_under_an_odd_name(name: str, tmp_path: Path) -> None:
    open_tracking(str(tmp_path / name))
    assert [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")] == [name, f"{name}/mlflow.db"]


@pytest.mark.skipif(os.name == "nt", reason="names are Unicode there")
def test_a_name_that_no_address_can_say_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(TrackingError, match="is not in UTF-8, so no address can say it. Rename the folder."):
        open_tracking(str(tmp_path / os.fsdecode(b"\xff")))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("chosen", "database"),
    [
        ("runs", "runs/mlflow.db"),
        ("./runs/", "runs/mlflow.db"),
        ("file:runs", "runs/mlflow.db"),
        ("file:./a%20b", "a b/mlflow.db"),
        ("sqlite:///my.db", "my.db"),
        ("sqlite:///a%20b/my.db", "a b/my.db"),
        ("sqlite+pysqlite:///my.db", "my.db"),
    ],
)
def test_a_place_on_this_machine_is_a_database(
    chosen: str, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert local_database(tracking_uri(chosen)) == tmp_path / database
    monkeypatch.setenv("MLFLOW_TRACKING_URI", chosen)
    assert local_database(tracking_uri()) == tmp_path / database


def test_absolute_places_are_taken_as_they_are(tmp_path: Path) -> None:
    for chosen in (str(tmp_path), tmp_path.as_uri(), sqlite_uri(tmp_path / "mlflow.db")):
        assert local_database(tracking_uri(chosen)) == tmp_path / "mlflow.db"


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        ("databricks", "cannot record into Databricks"),
        ("databricks://profile", "cannot record into Databricks"),
        ("databricks-uc", "cannot record into Databricks"),
        ("uc:http://127.0.0.1", "cannot record into Databricks"),
        ("sqlite://", "names no file of a database"),
        ("sqlite:///:memory:", "names no file of a database"),
        ("sqlite:///my.db?timeout=3", "names no file of a database"),
        ("sqlite:///file:my.db", "write the database's file itself"),
        ("file://server/runs", "is on another machine"),
        ("file:///runs?x", "names no folder"),
        ("http://", "names no server"),
        ("http:///runs", "names no server"),
        ("postgres://server/runs", "Write postgresql://SERVER"),
        ("s3://bucket/runs", "s3://bucket/runs: runs cannot be recorded there"),
        ("mysql+a+b://server/runs", "is no address that MLflow knows"),
        ("oracle://server/runs", "oracle://server/runs: runs cannot be recorded there"),
    ],
)
def test_other_addresses_are_refused_in_one_line(
    chosen: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for ask in (open_tracking, lambda tracking: find_run("latest", tracking)):
        with pytest.raises(TrackingError) as raised:
            ask(chosen)
        assert "\n" not in str(raised.value)
    with pytest.raises(TrackingError, match=message):
        open_tracking(chosen)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("scheme", "package"),
    [
        ("postgresql+psycopg2", "psycopg2-binary"),
        ("postgresql+psycopg", '"psycopg[binary]"'),
        ("mysql", "mysqlclient"),
        ("mysql+pymysql", "pymysql"),
        ("mssql", "pyodbc"),
        ("mssql+pymssql", "pymssql"),
    ],
)
def test_a_driver_that_is_not_installed_is_named(scheme: str, package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    modules = {"psycopg2-binary": "psycopg2", '"psycopg[binary]"': "psycopg", "mysqlclient": "MySQLdb"}
    module = modules.get(package, package)
    monkeypatch.setitem(sys.modules, module, None)
    for ask in (open_tracking, lambda tracking: find_run("latest", tracking)):
        with pytest.raises(TrackingError) as raised:
            ask(f"{scheme}://me:secret@127.0.0.1:1/runs")
        assert f"({module} is not installed; run: pip install {package})" in str(raised.value)
        assert f"{scheme}://me:***@127.0.0.1:1/runs" in str(raised.value)


def test_runs_in_single_files_of_an_earlier_mlflow_are_not_hidden(tmp_path: Path) -> None:
    (tmp_path / "0").mkdir()
    (tmp_path / "0" / "meta.yaml").write_text("name: Default\n")
    with pytest.raises(TrackingError, match="holds runs in single files.*mlflow migrate-filestore"):
        tracking_uri(str(tmp_path))


def test_a_password_is_not_shown() -> None:
    assert shown("postgresql://me:se/cret@server/runs") == "postgresql://me:se/cret@server/runs"
    assert shown("postgresql://me:secret@server/runs") == "postgresql://me:***@server/runs"
    assert shown("https://server:5000/a@b") == "https://server:5000/a@b"
