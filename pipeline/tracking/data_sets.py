"""The shares of the data, as data sets in MLflow."""

import json
from collections.abc import Sequence
from types import ModuleType
from typing import Any

from gemhier.pipeline.data.manifest import Manifest, Row

_SCHEMA = [{"name": "picture", "type": "binary"}, {"name": "label", "type": "string"}]


def dataset_input(mlflow: ModuleType, manifest: Manifest, context: str, rows: Sequence[Row]) -> Any:
    """Describe a share of the data as an MLflow data set, without pictures.

    Args:
        mlflow: from `open_tracking`.
        manifest: the data.
        context: what the share is for, such as `training`.
        rows: the pictures in it.
    """
    folder = manifest.folder.resolve().name
    profile = {
        "num_rows": len(rows),
        "labels": len({row.label for row in rows}),
        "families": len({manifest.taxonomy[row.label].family for row in rows}),
        "stones_or_groups_of_copies": len({row.group for row in rows}),
    }
    dataset = mlflow.entities.Dataset(
        name=f"{folder}/{context}",
        digest=manifest.digest[:12],
        source_type="local",
        source=json.dumps({"uri": folder}),
        schema=json.dumps({"mlflow_colspec": _SCHEMA}),
        profile=json.dumps(profile),
    )
    tag = mlflow.entities.InputTag(key="mlflow.data.context", value=context)
    return mlflow.entities.DatasetInput(dataset=dataset, tags=[tag])
