import json
import os
import subprocess
import sys
from pathlib import Path

from gemhier.models.bundle import load_bundle
from gemhier.pipeline.data.manifest import read_manifest
from gemhier.pipeline.reports.training_summary import Trained
from gemhier.pipeline.tracking.finding import find_bundle


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
