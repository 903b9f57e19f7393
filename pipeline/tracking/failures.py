"""What MLflow raises for a store that fails, and why in one line."""

import sqlite3
from types import ModuleType


def failures(mlflow: ModuleType, *others: type[Exception]) -> tuple[type[Exception], ...]:
    """What MLflow raises for a store that fails, of which it passes some on as they are, and other exceptions."""
    from requests import RequestException
    from sqlalchemy.exc import SQLAlchemyError

    return (mlflow.MlflowException, RequestException, SQLAlchemyError, *others)


def reason(error: BaseException) -> str:
    """Why something failed, in one line."""
    cause = bottom(error)
    words = cause.strerror if isinstance(cause, OSError) and cause.strerror else str(cause or error)
    return words.partition("\n")[0].strip()[:200] or type(error).__name__


def bottom(error: BaseException) -> OSError | sqlite3.Error | None:
    """What the operating system or the database said, at the bottom of what libraries made of it."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, sqlite3.Error) or (isinstance(cause, OSError) and cause.strerror):
            return cause
        cause = cause.__cause__ or cause.__context__
    return None
