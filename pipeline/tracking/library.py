"""The MLflow library: loaded without telemetry or chatter, and with fewer retries than it has by default."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    # Processes that judge the answers of language models.
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
    "GIT_PYTHON_REFRESH": "quiet",
}
"""Settings without which MLflow and its libraries reach for the network or talk too much."""

_IMPATIENT = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1", "MLFLOW_HTTP_REQUEST_TIMEOUT": "20"}
"""How often and how long, in seconds, a server is asked; MLflow's own 7 times take minutes."""


def load_mlflow() -> ModuleType:
    """Load the `mlflow` module, on demand and with telemetry switched off."""
    os.environ.update(QUIET)
    import mlflow
    import mlflow.artifacts

    for library in ("mlflow", "alembic"):
        logging.getLogger(library).setLevel(logging.WARNING)
    # They tell of each attempt, with a traceback; what comes of it is an exception, and one line.
    logging.getLogger("urllib3").setLevel(logging.ERROR)
    logging.getLogger("mlflow.store.db.utils").setLevel(logging.CRITICAL)
    return mlflow  # type: ignore[no-any-return]


@contextmanager
def impatient() -> Iterator[None]:
    """Give up soon on a server that does not answer.

    The environment may say how long to try instead.
    """
    ours = {name: value for name, value in _IMPATIENT.items() if name not in os.environ}
    os.environ.update(ours)
    try:
        yield
    finally:
        for name in ours:
            os.environ.pop(name, None)
