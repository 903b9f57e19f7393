import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from gemhier.cli import main
from gemhier.errors import DataError
from gemhier.models.bundle import load_bundle
from gemhier.models.prediction import Prediction
from gemhier.pipeline.manifest import Manifest, read_manifest, write_manifest
from gemhier.pipeline.package import package
from gemhier.pipeline.schedules import TrainConfig
from gemhier.pipeline.tracking import find_bundle, open_tracking
from gemhier.pipeline.train import Trained, train


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder, in which mlruns/ comes to be."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def trained(here: Path, tiny_data: Path, tiny_backbone: str) -> Trained:
    return train(tiny_data, TrainConfig(backbone=tiny_backbone, schedule=tiny_backbone))


def test_a_training_is_recorded_and_its_bundle_classifies(trained: Trained, here: Path, tiny_data: Path) -> None:
    mlflow = open_tracking()
    run = mlflow.get_run(trained.run_id)
    assert run.info.status == "FINISHED"
    assert run.data.params["train_pictures"] == "48"
    assert run.data.params["data_digest"] == read_manifest(tiny_data).digest
    assert run.data.metrics["fused/top1"] == trained.evaluation.strategies["fused"].top1.value >= 0.9
    losses = mlflow.MlflowClient().get_metric_history(trained.run_id, "train/loss")
    assert [point.step for point in losses] == [1, 2, 3, 4, 5, 6]

    nested = mlflow.search_runs(
        experiment_names=["gemhier"],
        filter_string=f"tags.mlflow.parentRunId = '{trained.run_id}'",
        output_format="list",
    )
    assert {run.info.run_name for run in nested} == {
        "flat",
        "general",
        "regional: Beryl",
        "regional: Corundum",
        "decision: flat",
        "decision: hard",
        "decision: soft",
        "decision: fused",
    }
    for run in nested:
        assert "validation/top1" in run.data.metrics

    bundle = load_bundle(find_bundle("latest"))
    assert bundle.finder.content == (tiny_data / "finder.tflite").read_bytes()
    rows = read_manifest(tiny_data).split("validation")
    results = list(bundle.classify([row.image for row in rows]))
    right = [
        isinstance(result, Prediction) and result.subclasses[0].id == row.label
        for result, row in zip(results, rows, strict=True)
    ]
    assert sum(right) == round(trained.evaluation.strategies["fused"].top1.value * len(rows))
    assert "24 pictures" in (bundle.folder / "MODEL_CARD.md").read_text()
    assert not list(here.glob("mlruns/unfinished/*"))


def test_mlflow_runs_the_registered_model(trained: Trained, here: Path, tiny_data: Path) -> None:
    images = [row.image for row in read_manifest(tiny_data).split("validation")[:2]]
    (here / "images.csv").write_text("image\n" + "\n".join(images) + "\n")
    command = ["models", "predict", "-m", "models:/gemhier/1", "-i", "images.csv", "-t", "csv", "-o", "answers.json"]
    environment = os.environ | {
        "MLFLOW_TRACKING_URI": f"sqlite:///{here}/mlruns/mlflow.db",
        "PYTHONPATH": str(Path(__file__).parents[1]),
    }
    subprocess.run(
        [sys.executable, "-m", "mlflow", *command, "--env-manager", "local"], env=environment, check=True, cwd=here
    )
    answers = json.loads((here / "answers.json").read_text())["predictions"]
    bundle = load_bundle(find_bundle("latest"))
    assert answers == [json.loads(json.dumps(result.to_dict())) for result in bundle.classify(images)]


def test_an_interrupted_training_goes_on_in_the_same_run(
    here: Path, tiny_data: Path, tiny_backbone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gemhier.pipeline import run_log

    def interrupt(self: object, history: object, mode: object) -> None:
        raise KeyboardInterrupt

    config = TrainConfig(mode="flat", backbone=tiny_backbone, schedule=tiny_backbone)
    with monkeypatch.context() as broken:
        broken.setattr(run_log.RunLog, "networks", interrupt)
        with pytest.raises(KeyboardInterrupt):
            train(tiny_data, config)
    mlflow = open_tracking()
    (first,) = mlflow.search_runs(experiment_names=["gemhier"], output_format="list")
    assert first.info.status == "FAILED"

    trained = train(tiny_data, config)
    assert trained.resumed
    assert trained.run_id == first.info.run_id
    assert set(trained.evaluation.strategies) == {"flat"}
    losses = mlflow.MlflowClient().get_metric_history(trained.run_id, "train/loss")
    assert [point.step for point in losses] == [1, 2, 3, 4, 5, 6]
    assert not train(tiny_data, config).resumed


def test_a_packaged_run_carries_its_evaluations(trained: Trained, here: Path) -> None:
    report = trained.evaluation.to_dict() | {"model_version": load_bundle(find_bundle("latest")).info.model_version}
    (here / "report").mkdir()
    (here / "report" / "report.json").write_text(json.dumps(report))
    outcome = CliRunner().invoke(
        main, ["package", trained.run_id[:8], "--out", "bundle", "--evaluation", "holiday pictures=report"]
    )
    assert outcome.exit_code == 0, outcome.output
    assert "On holiday pictures (24 pictures" in (here / "bundle" / "MODEL_CARD.md").read_text()
    assert json.loads((here / "bundle" / "report.json").read_text())["holiday pictures"]["n"] == 24

    (here / "report" / "report.json").write_text(json.dumps(report | {"model_version": "another"}))
    with pytest.raises(DataError, match="is not about tiny-both"):
        package("latest", here / "again", evaluations={"x": here / "report"})
    assert not (here / "again").exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda rows: [row for row in rows if row.split == "train"], "no validation pictures"),
        (lambda rows: [row for row in rows if row.split != "train"], "no picture is in the split train"),
        (lambda rows: [row for row in rows if row.label == "quartz"], "only one class"),
    ],
)
def test_data_that_cannot_be_trained_on_is_one_line(
    change: Callable[[list[object]], list[object]], message: str, here: Path, tiny_data: Path
) -> None:
    manifest = read_manifest(tiny_data)
    less = Manifest(here / "less", tuple(change(list(manifest.rows))), manifest.taxonomy, manifest.info)
    write_manifest(less, manifest.finder.content)
    outcome = CliRunner().invoke(main, ["train", "less", "--schedule", "quick"])
    assert outcome.exit_code == 1
    assert message in outcome.output
    assert len(outcome.output.splitlines()) == 1


def test_an_unknown_backbone_is_bad_usage(here: Path) -> None:
    outcome = CliRunner().invoke(main, ["train", "data", "--backbone", "lite9"])
    assert outcome.exit_code == 2
    assert "lite0, lite1, lite2" in outcome.output
