"""The SQLite database of a store without a server: tested before MLflow opens it, and never left half made."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from gemhier.pipeline.tracking.failures import bottom


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


@contextmanager
def whole_or_not_at_all(database: Path | None) -> Iterator[None]:
    """Leave no half-made database behind, on which MLflow would fail later.

    Args:
        database: its file, or None for a server.
    """
    new = database is not None and not database.exists()
    try:
        yield
    except BaseException as error:
        full = getattr(bottom(error), "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
        if new and database is not None and (full or isinstance(error, KeyboardInterrupt)):
            database.unlink(missing_ok=True)
            database.with_name(f"{database.name}-journal").unlink(missing_ok=True)
        raise
