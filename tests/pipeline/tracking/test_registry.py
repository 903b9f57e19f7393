import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from gemhier.errors import EvidenceError
from gemhier.hierarchy.evidence import Evidence
from gemhier.models.bundle import load_bundle
from gemhier.pipeline.data.manifest import read_manifest
from gemhier.pipeline.reports.training_summary import Trained
from gemhier.pipeline.tracking.finding import find_bundle
from gemhier.pipeline.tracking.names import KIND
from gemhier.pipeline.tracking.registry import register_bundle
from gemhier.pipeline.tracking.runs import recorded_run
from gemhier.pipeline.tracking.store import open_tracking


def test_mlflow_runs_the_registered_model(trained: Trained, here: Path, tiny_data: Path) -> None:
    images = [row.image for row in read_manifest(tiny_data).split("validation")[:2]]
    (here / "images.csv").write_text("image\n" + "\n".join(images) + "\n")
    command = ["models", "predict", "-m", "models:/gemhier/1", "-i", "images.csv", "-t", "csv", "-o", "answers.json"]
    environment = os.environ | {
        "MLFLOW_TRACKING_URI": f"sqlite:///{here}/mlruns/mlflow.db",
        "PYTHONPATH": str(Path(__file__).parents[3]),
    }
    subprocess.run(
        [sys.executable, "-m", "mlflow", *command, "--env-manager", "local"], env=environment, check=True, cwd=here
    )
    answers = json.loads((here / "answers.json").read_text())["predictions"]
    bundle = load_bundle(find_bundle("latest"))
    assert answers == [json.loads(json.dumps(result.to_dict())) for result in bundle.classify(images)]


def test_the_registered_model_takes_readings_as_columns(trained: Trained, here: Path, tiny_data: Path) -> None:
    import mlflow
    import pandas as pd

    images = [row.image for row in read_manifest(tiny_data).split("validation")[:2]]
    mlflow.set_tracking_uri(f"sqlite:///{here}/mlruns/mlflow.db")
    model = mlflow.pyfunc.load_model("models:/gemhier/1")
    table = pd.DataFrame({"image": images, "sg": [3.99, None], "optic_character": ["uniaxial-", None]})
    measured, plain = model.predict(table)
    assert [entry["reading"] for entry in measured["evidence"]] == ["optic_character", "sg"]
    assert plain["evidence"] == []
    bundle = load_bundle(find_bundle("latest"))
    (expected,) = bundle.classify(images[:1], evidence=Evidence.of(sg=3.99, optic_character="uniaxial-"))
    assert measured == expected.to_dict()
    with pytest.raises(EvidenceError, match="has the column image"):
        model.predict(table.rename(columns={"image": "path"}))


def test_registering_a_bundle_shows_no_warnings_of_mlflow(
    tmp_path: Path, quick_stores: None, tiny_bundle: Path, recwarn: pytest.WarningsRecorder
) -> None:
    mlflow = open_tracking(str(tmp_path / "mlruns"))
    with recorded_run(mlflow, "x", tags={KIND: "comparison"}):
        register_bundle(mlflow, tiny_bundle, "about", {})
    assert [str(warning.message) for warning in recwarn if warning.category is UserWarning] == []
