"""The database of a store: tested before MLflow opens it, and made whole or not at all."""

import sqlite3
from contextlib import closing
from pathlib import Path

from gemhier.atomic import replacing
from gemhier.pipeline.tracking.address import ARTIFACTS, sqlite_uri


def try_writing(database: Path) -> None:
    """Fail at once where MLflow would retry for most of an hour.

    Raises:
        sqlite3.Error: if the file cannot be written, or is no database.
    """
    with closing(sqlite3.connect(database, timeout=30)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("CREATE TABLE gemhier_can_write (number INTEGER)")
        connection.execute("ROLLBACK")


def try_reading(database: Path) -> None:
    """Fail at once if the file cannot be read, or is not a database.

    Raises sqlite3.Error.
    """
    with closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True, timeout=30)) as connection:
        connection.execute("SELECT name FROM sqlite_master").fetchone()


def try_connecting(uri: str) -> None:
    """Fail at once if a database on a server does not answer, where MLflow would retry for minutes.

    Raises:
        SQLAlchemyError: if it cannot be reached.
        ImportError: if its driver is not installed.
    """
    from mlflow.store.db.utils import create_sqlalchemy_engine

    engine = create_sqlalchemy_engine(uri)
    try:
        engine.connect().close()
    finally:
        engine.dispose()


def make_database(database: Path) -> None:
    """Make a SQLite database with MLflow's tables, which takes a second; a kill meanwhile leaves none.

    Raises:
        sqlite3.Error, OSError, or what MLflow raises: if it cannot be made; nothing stays behind.
    """
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    database.parent.mkdir(parents=True, exist_ok=True)
    for left in database.parent.glob(f".{database.name}.*"):  # by a kill
        left.unlink(missing_ok=True)
    with replacing(database) as unfinished:
        try_writing(unfinished)
        store = SqlAlchemyStore(sqlite_uri(unfinished), (database.absolute().parent / ARTIFACTS).as_uri())
        store.engine.dispose()
