import json
from pathlib import Path

from gemhier.pipeline.data.manifest import read_manifest
from gemhier.pipeline.tracking.run_log import RunLog
from gemhier.pipeline.tracking.runs import recorded_run
from gemhier.pipeline.tracking.store import open_tracking


def test_the_data_of_a_run_is_named_and_counted_and_not_located(here: Path, tiny_data: Path) -> None:
    mlflow, manifest = open_tracking(), read_manifest(tiny_data)
    images = {"training": manifest.split("train"), "validation": manifest.split("validation")}
    with recorded_run(mlflow, "x", tags={}) as run_id:
        for _ in ("begun", "gone on with"):
            RunLog(mlflow, manifest, images, "validation pictures").start({"seed": 0})
    (training, validation) = [entry.dataset for entry in mlflow.get_run(run_id).inputs.dataset_inputs]
    contexts = [entry.tags[0].value for entry in mlflow.get_run(run_id).inputs.dataset_inputs]
    assert contexts == ["training", "validation"]
    assert (training.name, validation.name) == ("data/training", "data/validation")
    assert training.digest == validation.digest == read_manifest(tiny_data).digest[:12]
    assert json.loads(training.profile)["num_rows"] == 48
    assert json.loads(validation.profile) == {
        "num_rows": 24,
        "labels": 6,
        "families": 3,
        "stones_or_groups_of_copies": 24,
    }
    assert json.loads(training.source) == {"uri": "data"}
    assert mlflow.data.get_source(training).to_dict() == {"uri": "data"}
