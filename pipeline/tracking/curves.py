"""The measures of a run over its epochs."""

import importlib.util
import sqlite3
from collections.abc import Sequence
from contextlib import suppress

from gemhier.pipeline.tracking.address import local_database, tracking_uri
from gemhier.pipeline.tracking.failures import failures
from gemhier.pipeline.tracking.library import load_mlflow
from gemhier.pipeline.tracking.store import reading
from gemhier.pipeline.training.history import Curve


def read_curves(run_id: str, names: Sequence[str], tracking: str | None = None) -> tuple[Curve, ...]:
    """Read some measures of a run over its epochs.

    None are returned if the run is not known here, or the store cannot be read.

    A report is complete without them, so nothing is said about missing ones.
    """
    uri = tracking_uri(tracking)
    database = local_database(uri)
    if (database is not None and not database.is_file()) or importlib.util.find_spec("mlflow") is None:
        return ()
    mlflow = load_mlflow()
    with suppress(*failures(mlflow, sqlite3.Error, OSError, ImportError)), reading(mlflow, uri):
        client = mlflow.MlflowClient()
        found = {name: client.get_metric_history(run_id, name) for name in names}
        return tuple(
            Curve(name, tuple(point.step for point in points), tuple(point.value for point in points))
            for name, points in found.items()
            if points
        )
    return ()
