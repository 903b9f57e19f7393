"""What MLflow raises when a store fails, and the reason in one line."""

import sqlite3
from types import ModuleType

_PACKAGES = {"MySQLdb": "mysqlclient", "psycopg": '"psycopg[binary]"', "psycopg2": "psycopg2-binary"}
"""The packages of drivers that are named otherwise than they are imported."""


def failures(mlflow: ModuleType, *others: type[Exception]) -> tuple[type[Exception], ...]:
    """Return what MLflow raises when a store fails, and other exceptions.

    MLflow passes some exceptions of its libraries on as they are.
    """
    from requests import RequestException
    from sqlalchemy.exc import SQLAlchemyError

    return (mlflow.MlflowException, RequestException, SQLAlchemyError, *others)


def reason(error: BaseException) -> str:
    """Say in one line why something failed."""
    if isinstance(error, ImportError):
        return _missing(error)
    cause = bottom(error)
    words = cause.strerror if isinstance(cause, OSError) and cause.strerror else str(cause or error)
    return words.partition("\n")[0].strip()[:200] or type(error).__name__


def _missing(error: ImportError) -> str:
    """Say which package a library of MLflow's needs, and how to install it."""
    module = (error.name or "").partition(".")[0]
    if not isinstance(error, ModuleNotFoundError) or not module:
        return str(error).partition("\n")[0]
    return f"{module} is not installed; run: pip install {_PACKAGES.get(module, module)}"


def bottom(error: BaseException) -> OSError | sqlite3.Error | None:
    """Return what the operating system or the database raised.

    It is at the bottom of the exceptions that libraries made of it.
    """
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, sqlite3.Error) or (isinstance(cause, OSError) and cause.strerror):
            return cause
        cause = cause.__cause__ or cause.__context__
    return None
