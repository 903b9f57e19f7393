"""A store whose folder was moved or copied: its addresses of files, which are absolute, name the place it is at now.

MLflow keeps such addresses in the database. They are changed there, in one transaction, so that everything that reads
the store finds the files: gemhier, MLflow and MLflow's pages.
"""

import json
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from gemhier.errors import TrackingError
from gemhier.locks import is_locked
from gemhier.pipeline.tracking.address import ARTIFACTS, path_of
from gemhier.progress import say

_ADDRESSES = (
    ("experiments", "artifact_location", ""),
    ("runs", "artifact_uri", ""),
    ("logged_models", "artifact_location", ""),
    ("model_versions", "source", ""),
    ("model_versions", "storage_location", ""),
    ("datasets", "dataset_source", ""),
    ("trace_tags", "value", "WHERE key = 'mlflow.artifactLocation'"),
    ("workspaces", "default_artifact_root", ""),
    ("workspaces", "trace_archival_location", ""),
)
"""Every column of MLflow's tables that holds addresses: its table, its name, and in which rows it does."""


def settle(database: Path) -> None:
    """Make a store that was moved or copied at home where it is, and say so.

    What lay under its earlier folder is looked for under the one it is in now. A file that is there no longer, but at
    its earlier place, stays there.

    Args:
        database: its file, with MLflow's tables or none. Nobody else may settle it meanwhile.

    Raises:
        sqlite3.Error: if the database cannot be read or written.
        TrackingError: if a training records into it from its earlier place.
    """
    home = database.absolute().parent
    for earlier in _earlier_folders(database):
        if any(is_locked(path) for path in (home / "unfinished").glob("*.lock")):
            raise TrackingError(
                f"{home}: a training is recording into it as {earlier}. Wait until it has ended, or work there."
            )
        with closing(sqlite3.connect(database, timeout=30)) as connection, connection:
            connection.execute("BEGIN IMMEDIATE")
            count = sum(_settle_column(connection, column, earlier, home) for column in _ADDRESSES)
        say(f"{home}: was moved or copied from {earlier}. {count} addresses in it now name the new place.")


def address_here(address: str, database: Path) -> str:
    """Return where something recorded is now, in a store that may have been moved and cannot be written.

    Args:
        address: of files, from the store.
        database: the store's file.
    """
    home = database.absolute().parent
    for earlier in _earlier_folders(database):
        address = _moved(address, earlier, home) or address
    return address


def _earlier_folders(database: Path) -> list[Path]:
    """Return the folders that a store was in before, of which it still has addresses."""
    with closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True, timeout=30)) as connection:
        if not _columns(connection, "experiments"):
            return []
        rows = connection.execute("SELECT DISTINCT artifact_location FROM experiments").fetchall()
    places = [path_of(address) for (address,) in rows if address]
    beside = [place for place in places if place is not None and place.name == ARTIFACTS]
    # The same place may be written in two ways.
    return list(dict.fromkeys(place.parent for place in beside if _is_earlier(place, database)))


def _is_earlier(artifacts: Path, database: Path) -> bool:
    """Tell whether artifacts lay beside the database before it came here, and were not put elsewhere on purpose."""
    home = database.absolute().parent
    here = home / ARTIFACTS
    if artifacts == here or _same(artifacts.parent, home):
        return False
    return _there(here) or not _there(artifacts) or _there(artifacts.parent / database.name)


def _settle_column(connection: sqlite3.Connection, column: tuple[str, str, str], earlier: Path, home: Path) -> int:
    table, name, condition = column
    if name not in _columns(connection, table):  # of an earlier or a later MLflow
        return 0
    moved = _moved_inside if table == "datasets" else _place_moved if table == "experiments" else _moved
    rows = connection.execute(f'SELECT rowid, "{name}" FROM "{table}" {condition}').fetchall()
    changes = [(new, row) for row, text in rows if text and (new := moved(text, earlier, home))]
    connection.executemany(f'UPDATE "{table}" SET "{name}" = ? WHERE rowid = ?', changes)
    return len(changes)


def _moved(address: str, earlier: Path, home: Path) -> str | None:
    """Return the new address of files; None if they lay elsewhere, or were left behind."""
    new, old = _place_moved(address, earlier, home), path_of(address)
    return None if new is None or (_there(old) and not _there(path_of(new))) else new


def _place_moved(address: str, earlier: Path, home: Path) -> str | None:
    """Return the new address of a place, whether or not something is there yet; None if it was elsewhere."""
    path = path_of(address)
    if path is None or not path.is_relative_to(earlier):
        return None
    new = home / path.relative_to(earlier)
    return new.as_uri() if address.startswith("file:") else str(new)


def _moved_inside(source: str, earlier: Path, home: Path) -> str | None:
    """Return the JSON object that tells where a data set is from with its new address; None if it stays as it is."""
    with suppress(ValueError):
        told = json.loads(source)
        if isinstance(told, dict) and isinstance(told.get("uri"), str):
            new = _moved(told["uri"], earlier, home)
            return json.dumps({**told, "uri": new}) if new else None
    return None


def _columns(connection: sqlite3.Connection, table: str) -> set[str]:
    return {row[1] for row in connection.execute(f'PRAGMA table_info("{table}")')}


def _same(one: Path, other: Path) -> bool:
    with suppress(OSError):
        return one.samefile(other)
    return False


def _there(path: Path | None) -> bool:
    with suppress(OSError):  # such as a folder that may not be looked into
        return path is not None and path.exists()
    return False
