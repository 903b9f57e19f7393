import hashlib
import json
import re
import shutil
import socket
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.error import URLError

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter
from click.testing import CliRunner

from gemhier.cli import main
from gemhier.errors import DataError, OutputError
from gemhier.models.bundle import load_bundle
from gemhier.models.bundle.predictions import Prediction
from gemhier.models.networks.backbones import backbone
from gemhier.pipeline.calibrate import calibrate_model
from gemhier.pipeline.data.manifest import Manifest, read_manifest, write_manifest
from gemhier.pipeline.package import package
from gemhier.pipeline.reports.training_summary import Trained
from gemhier.pipeline.tracking.finding import find_bundle, find_run
from gemhier.pipeline.tracking.store import open_tracking
from gemhier.pipeline.train import train, work_folder
from gemhier.pipeline.training.config import TrainConfig


def test_a_training_is_recorded_and_its_bundle_classifies(trained: Trained, here: Path, tiny_data: Path) -> None:
    mlflow = open_tracking()
    run = mlflow.get_run(trained.run_id)
    assert run.info.status == "FINISHED"
    assert run.data.params["train_pictures"] == "48"
    assert run.data.params["data_digest"] == read_manifest(tiny_data).digest
    figures = trained.evaluation.strategies
    assert run.data.metrics["top1/fused"] == figures["fused"].top1.value >= 0.9
    assert run.data.metrics["top5/flat"] == figures["flat"].top5.value
    assert run.data.metrics["validation/top1"] == figures[trained.decided_by].top1.value
    assert run.data.tags["decided_by"] == trained.decided_by
    assert run.data.tags["mlflow.source.name"] == "gemhier train"
    client = mlflow.MlflowClient()
    (version,) = client.search_model_versions("name = 'gemhier'")
    assert client.get_model_version_by_alias("gemhier", "candidate").version == version.version
    assert (version.run_id, version.tags["training"]) == (trained.run_id, "tiny both tiny")
    assert find_run("candidate") == trained.run_id
    report = mlflow.artifacts.load_text(f"runs:/{trained.run_id}/report/report.html")
    assert '<td data-value="flat">flat' in report
    listed = json.loads(mlflow.artifacts.load_text(f"runs:/{trained.run_id}/report/report.json"))
    assert (listed["n"], listed["split"], listed["top1"]) == (
        24,
        "validation pictures",
        listed["strategies"]["fused"]["top1"],
    )
    low, high = figures["flat"].top1.low, figures["flat"].top1.high
    assert f"| flat | 1.000 ({low:.3f} to {high:.3f}) |" in run.data.tags["mlflow.note.content"]
    losses = mlflow.MlflowClient().get_metric_history(trained.run_id, "train/loss")
    assert [point.step for point in losses] == [1, 2, 3, 4, 5, 6]

    nested = mlflow.search_runs(
        experiment_names=["gemhier"],
        filter_string=f"tags.mlflow.parentRunId = '{trained.run_id}'",
        output_format="list",
    )
    by_name = {run.info.run_name: run for run in nested}
    assert set(by_name) == {
        "network flat: tiny both tiny",
        "network general: tiny both tiny",
        "network Beryl: tiny both tiny",
        "network Corundum: tiny both tiny",
        "flat: tiny both tiny",
        "hard: tiny both tiny",
        "soft: tiny both tiny",
        "fused: tiny both tiny",
    }
    for run in nested:
        assert "validation/top1" in run.data.metrics
        assert run.info.status == "FINISHED"
        assert "data/validation" in {entry.dataset.name for entry in run.inputs.dataset_inputs}
    found, soft = by_name["soft: tiny both tiny"].data, figures["soft"]
    assert found.tags["strategy"] == "hierarchical_soft"
    colours = {by_name[f"{strategy}: tiny both tiny"].data.tags["mlflow.runColor"] for strategy in figures}
    assert len(colours) == 4
    assert found.metrics["validation_interval/top1_low"] == soft.top1.low
    assert {name: value for name, value in found.metrics.items() if name.startswith("precision/")} == {
        f"precision/{row.label.replace('/', '.')}": row.precision for row in soft.per_class if row.precision is not None
    }

    best = by_name[f"{trained.decided_by}: tiny both tiny"].data.metrics
    parent = mlflow.get_run(trained.run_id).data.metrics
    assert {name: parent[name] for name in best} == best

    bundle = load_bundle(find_bundle("latest"))
    stored = {tensor["dtype"] for tensor in Interpreter(str(bundle.folder / "network.tflite")).get_tensor_details()}
    assert np.float16 in stored
    assert bundle.finder.content == (tiny_data / "finder.tflite").read_bytes()
    assert bundle.finder.threshold == bundle.info.stone_threshold == read_manifest(tiny_data).stone_threshold
    rows = read_manifest(tiny_data).split("validation")
    results = list(bundle.classify([row.image for row in rows]))
    right = [
        isinstance(result, Prediction) and result.subclasses[0].id == row.label
        for result, row in zip(results, rows, strict=True)
    ]
    assert sum(right) == round(trained.evaluation.strategies["fused"].top1.value * len(rows))
    assert "24 pictures" in (bundle.folder / "MODEL_CARD.md").read_text()
    assert not list(here.glob("mlruns/unfinished/*"))


@pytest.mark.slow
def test_folds_calibrate_on_pictures_that_a_network_has_not_learned_from(
    here: Path, tiny_data: Path, tiny_backbone: str, capsys: pytest.CaptureFixture[str]
) -> None:
    config = TrainConfig(backbone=tiny_backbone, schedule=tiny_backbone, folds=2)
    trained = train(tiny_data, config)
    said = re.findall(r"^Fold (\d) of 2 is answered: flat top-1 [01]\.\d+, family", capsys.readouterr().err, re.M)
    assert said == ["1", "2"]
    assert (trained.evaluation.n, trained.measured_on) == (72, "pictures out of fold")
    assert trained.evaluation.strategies["fused"].top1.value >= 0.9
    run = open_tracking().get_run(trained.run_id)
    assert run.data.params["folds"] == "2"
    assert run.data.metrics["validation/top1"] == trained.evaluation.strategies["fused"].top1.value
    history = open_tracking().MlflowClient().get_metric_history(trained.run_id, "fold/flat_top1")
    assert [point.step for point in history] == [0, 1]
    bundle = load_bundle(find_bundle("latest"))
    assert "72 pictures; out-of-fold answers" in (bundle.folder / "MODEL_CARD.md").read_text()
    assert run.data.metrics["validation/shortlist_guarantee"] == 0.95
    assert run.data.metrics["validation/shortlist_coverage"] >= 0.9
    assert bundle.info.sets is not None
    assert not list(here.glob("mlruns/unfinished/*"))
    again = calibrate_model("latest", here / "again")
    assert (again.changed, again.bundle.info) == (False, replace(bundle.info, files=again.bundle.info.files))
    assert again.evaluation.to_dict() == trained.evaluation.to_dict()
    assert again.shortlists.coverage.value == run.data.metrics["validation/shortlist_coverage"]


def test_the_settings_reach_the_run_and_not_where_the_weights_lie(
    here: Path, tiny_data: Path, tiny_backbone: str
) -> None:
    path = here / "mine.weights.h5"
    backbone(tiny_backbone).build(32).save_weights(path)
    settings = ["--balance", "12", "--mixed-precision", "--weights", str(path)]
    command = ["train", str(tiny_data), "--mode", "flat", "--backbone", tiny_backbone, "--schedule", tiny_backbone]
    outcome = CliRunner().invoke(main, [*command, *settings])
    assert outcome.exit_code == 0, outcome.output
    (run,) = (
        run
        for run in open_tracking().search_runs(experiment_names=["gemhier"], output_format="list")
        if run.info.run_name == "tiny flat tiny weights mine.weights.h5 balance 12"
    )
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    expected = {
        "weights": f"sha256:{digest}",
        "balance": "12",
        "mixed_precision": "True",
        "train_pictures": "48",
        "pictures_per_epoch": "72",
    }
    assert {name: run.data.params[name] for name in expected} == expected
    path.unlink()
    bundle = load_bundle(find_bundle("latest"))
    report = json.loads((bundle.folder / "report.json").read_text())
    assert report["config"]["weights"] == expected["weights"]
    (result,) = bundle.classify([read_manifest(tiny_data).split("validation")[0].image])
    assert isinstance(result, Prediction)


def test_numbers_a_name_and_an_experiment_reach_the_run(here: Path, tiny_data: Path, tiny_backbone: str) -> None:
    command = ["train", str(tiny_data), "--mode", "flat", "--backbone", tiny_backbone, "--schedule", tiny_backbone]
    numbers = ["--epochs", "2", "--batch-size", "16", "--learning-rate", "3e-4", "--image-size", "48"]
    outcome = CliRunner().invoke(main, [*command, *numbers, "--name", " my run", "--experiment", "tuning"])
    assert outcome.exit_code == 0, outcome.output
    mlflow = open_tracking()
    run = mlflow.get_run(find_run("my run"))
    assert run.info.experiment_id == mlflow.get_experiment_by_name("tuning").experiment_id
    given = {
        "epochs": "2",
        "batch_size": "16",
        "learning_rate": "0.0003",
        "image_size": "48",
        "batch": "16",
        "size": "48",
    }
    assert {name: run.data.params[name] for name in given} == given
    losses = mlflow.MlflowClient().get_metric_history(run.info.run_id, "train/loss")
    assert len(losses) == TrainConfig(backbone=tiny_backbone, schedule=tiny_backbone).phases.head_epochs + 2
    bundle = load_bundle(find_bundle("latest"))
    assert (bundle.info.run_id, bundle.info.size) == (run.info.run_id, 48)
    assert mlflow.search_runs(experiment_names=["gemhier"], output_format="list") == []


def test_an_interrupted_training_is_not_gone_on_with_under_other_options(
    here: Path, tiny_data: Path, tiny_backbone: str
) -> None:
    manifest, usual = read_manifest(tiny_data), TrainConfig(backbone=tiny_backbone, schedule=tiny_backbone)
    changed = [replace(usual, epochs=2), replace(usual, batch_size=16), replace(usual, learning_rate=3e-4)]
    changed.append(replace(usual, image_size=48))
    folders = [work_folder(manifest, config) for config in (usual, *changed)]
    folders += [work_folder(manifest, usual, "mine"), work_folder(manifest, usual, None, "mine")]
    assert len(set(folders)) == 7


def test_without_tensorflow_nothing_else_is_asked_for(
    here: Path, tiny_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def find_spec(name: str, *_: object) -> None:
        assert name == "tensorflow"

    monkeypatch.setattr("gemhier.extras.importlib.util.find_spec", find_spec)
    monkeypatch.setattr("gemhier.extras.sys.version_info", (3, 14, 0))
    for command in (["train"], ["trial"], ["train-finder", "--background", ".", "--out", "finder.tflite"]):
        outcome = CliRunner().invoke(main, [command[0], str(tiny_data), *command[1:]])
        assert outcome.exit_code == 1
        (line,) = outcome.stderr.splitlines()
        assert line.startswith("Error: Training needs TensorFlow, which has no release for Python 3.14 yet.")
    assert list(here.iterdir()) == []


def test_an_interrupted_training_is_not_gone_on_with_from_other_weights(
    here: Path, tiny_data: Path, tiny_backbone: str
) -> None:
    def folder(weights: str | None) -> Path:
        config = TrainConfig(backbone=tiny_backbone, schedule=tiny_backbone, weights=weights)
        return work_folder(read_manifest(tiny_data), config)

    path = here / "mine.weights.h5"
    path.write_bytes(b"one")
    found = {name: folder(weights) for name, weights in (("own", None), ("none", "none"), ("one", str(path)))}
    assert len(set(found.values())) == 3
    assert folder("imagenet") == found["own"]
    assert folder(str(path.rename(here / "renamed.h5"))) == found["one"]
    (here / "renamed.h5").write_bytes(b"other")
    assert folder(str(here / "renamed.h5")) not in found.values()


@pytest.mark.parametrize(
    ("settings", "code", "message"),
    [
        (["--weights", "nowhere.h5"], 1, "nowhere.h5: the weights cannot be read (No such file or directory)."),
        (["--backbone", "report-cnn", "--weights", "imagenet"], 2, "no ImageNet weights for report-cnn"),
        (["--balance", "0"], 2, "0 is not in the range x>=1"),
        (["--epochs", "0"], 2, "0 is not in the range x>=1"),
        (["--learning-rate", "inf"], 2, "`learning_rate` must be a number above 0, such as 0.001. Received: inf."),
        (["--name", " "], 2, "'--name': must be one line that is not empty. Received: ' '."),
        (["--experiment", "a\nb"], 2, "'--experiment': must be one line that is not empty. Received: 'a\\nb'."),
    ],
)
def test_settings_that_cannot_be_are_one_line_before_a_run_begins(
    settings: list[str], code: int, message: str, here: Path, tiny_data: Path
) -> None:
    outcome = CliRunner().invoke(main, ["train", str(tiny_data), *settings])
    assert outcome.exit_code == code
    assert message in outcome.stderr.splitlines()[-1]
    assert not open_tracking().search_runs(experiment_names=["gemhier"], output_format="list")


def test_weights_that_cannot_be_fetched_are_one_line(
    here: Path, tiny_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise URLError("Connection refused")

    monkeypatch.setattr("keras.src.utils.file_utils.urlretrieve", refuse)
    monkeypatch.setattr("keras.src.utils.file_utils.config.keras_home", lambda: str(here))
    outcome = CliRunner().invoke(main, ["train", str(tiny_data), "--backbone", "mobilenet", "--schedule", "report"])
    assert outcome.exit_code == 1
    (line,) = outcome.stderr.splitlines()
    assert line.startswith("Error: mobilenet: its ImageNet weights could not be fetched (URL fetch failure")
    assert "Give --weights FILE" in line


def test_an_interrupted_training_goes_on_in_the_same_runs(
    here: Path, tiny_data: Path, tiny_backbone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gemhier.pipeline.tracking import run_log

    def interrupt(figures: object) -> None:
        raise KeyboardInterrupt

    config = TrainConfig(mode="flat", backbone=tiny_backbone, schedule=tiny_backbone)
    command = ["train", str(tiny_data), "--mode", "flat", "--backbone", tiny_backbone, "--schedule", tiny_backbone]
    with monkeypatch.context() as broken:
        broken.setattr(run_log, "confusion_table", interrupt)
        outcome = CliRunner().invoke(main, command)
    assert outcome.exit_code == 130
    assert outcome.stderr.splitlines() == ["Interrupted. Give the same command again: it goes on where it stood."]
    mlflow = open_tracking()
    runs = {run.info.run_name: run for run in mlflow.search_runs(experiment_names=["gemhier"], output_format="list")}
    assert {name: run.info.status for name, run in runs.items()} == {
        "tiny flat tiny": "KILLED",
        "network flat: tiny flat tiny": "FINISHED",
        "flat: tiny flat tiny": "KILLED",
    }

    trained = train(tiny_data, config)
    assert trained.resumed
    assert trained.run_id == runs["tiny flat tiny"].info.run_id
    assert set(trained.evaluation.strategies) == {"flat"}
    losses = mlflow.MlflowClient().get_metric_history(trained.run_id, "train/loss")
    assert [point.step for point in losses] == [1, 2, 3, 4, 5, 6]
    again = mlflow.search_runs(experiment_names=["gemhier"], output_format="list")
    assert {run.info.run_id: run.info.status for run in again} == {run.info.run_id: "FINISHED" for run in runs.values()}
    assert len(mlflow.get_run(trained.run_id).inputs.dataset_inputs) == 2
    # Nothing is left that the next training would go on with.
    assert not list(here.glob("mlruns/unfinished/*"))


def test_a_training_that_runs_already_is_refused_and_its_run_left_alone(
    here: Path, tiny_data: Path, tiny_backbone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gemhier.pipeline.training import fit

    command = ["train", str(tiny_data), "--mode", "flat", "--backbone", tiny_backbone, "--schedule", tiny_backbone]
    outcomes, fit_network = [], fit.fit_network

    def give_the_command_again(*settings: Any, **named: Any) -> object:
        before = runs()
        outcomes.append(CliRunner().invoke(main, command))
        assert runs() == before
        return fit_network(*settings, **named)

    def runs() -> dict[str, str]:
        found = open_tracking().search_runs(experiment_names=["gemhier"], output_format="list")
        return {run.info.run_id: run.info.status for run in found}

    monkeypatch.setattr(fit, "fit_network", give_the_command_again)
    outcome = CliRunner().invoke(main, command)
    assert outcome.exit_code == 0, outcome.output
    (again,) = outcomes
    assert again.exit_code == 1
    (line,) = again.stderr.splitlines()
    assert "this training, with the same data and settings, runs in another process. Wait for its end" in line
    assert set(runs().values()) == {"FINISHED"}
    assert not list(here.glob("mlruns/unfinished/*"))


def test_where_files_cannot_be_recorded_nothing_is_trained(
    here: Path, tiny_data: Path, tiny_backbone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gemhier.pipeline.training import fit

    def train_all_the_same(*_: object, **__: object) -> None:
        raise AssertionError("must not be trained")

    monkeypatch.setattr(fit, "fit_network", train_all_the_same)
    (here / "file").write_text("in the way")
    mlflow = open_tracking()
    mlflow.MlflowClient().rename_experiment(mlflow.get_experiment_by_name("gemhier").experiment_id, "unused")
    mlflow.create_experiment("gemhier", artifact_location=(here / "file" / "store").as_uri())
    command = ["train", str(tiny_data), "--mode", "flat", "--backbone", tiny_backbone, "--schedule", tiny_backbone]
    outcome = CliRunner().invoke(main, command)
    assert outcome.exit_code == 1
    (line,) = outcome.stderr.splitlines()
    assert "files cannot be recorded there (Not a directory)" in line


@pytest.mark.parametrize(("free", "expected"), [(0, OutputError), (2**40, OSError)])
def test_a_disk_that_is_full_is_told_from_other_trouble(
    free: int,
    expected: type[Exception],
    here: Path,
    tiny_data: Path,
    tiny_backbone: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from gemhier.pipeline.training import fit

    def fail(*_: object, **__: object) -> None:
        raise OSError("Can't write data")

    monkeypatch.setattr(fit, "fit_network", fail)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: SimpleNamespace(free=free))
    with pytest.raises(expected, match="no space left on the disk" if not free else "Can't write data"):
        train(tiny_data, TrainConfig(backbone=tiny_backbone, schedule=tiny_backbone))
    (run,) = open_tracking().search_runs(experiment_names=["gemhier"], output_format="list")
    assert run.info.status == "FAILED"


def test_a_server_that_is_not_there_is_one_line_before_anything_is_written(here: Path, tiny_data: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        server = f"http://127.0.0.1:{probe.getsockname()[1]}"
    outcome = CliRunner().invoke(main, ["train", str(tiny_data), "--schedule", "quick", "--tracking", server])
    assert outcome.exit_code == 1
    (line,) = outcome.stderr.splitlines()
    assert line.startswith(f"Error: {server}: runs cannot be recorded there (Connection refused).")
    assert list(here.iterdir()) == []


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
    refitted = package("latest", here / "again", before_refit={"older pictures": here / "report"})
    card = (refitted.folder / "MODEL_CARD.md").read_text()
    assert "On older pictures, before the refit: by another, made in the same way" in card
    (here / "report" / "report.json").write_text("{}")
    with pytest.raises(DataError, match="not a report"):
        package("latest", here / "third", before_refit={"x": here / "report"})


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
