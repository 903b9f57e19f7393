import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from gemhier.cli import main
from gemhier.errors import TrackingError
from gemhier.pipeline.reports.training_summary import Trained
from gemhier.pipeline.tracking import evaluation
from gemhier.pipeline.tracking.store import open_tracking


def test_an_evaluation_goes_into_the_run_unless_told_otherwise(trained: Trained, here: Path, tiny_data: Path) -> None:
    command = ["evaluate", str(tiny_data), "--model", "latest", "--split", "validation", "--report", "report"]
    mlflow = open_tracking()

    unrecorded = CliRunner().invoke(main, [*command, "--no-record"])
    assert (unrecorded.exit_code, "In the run" in unrecorded.output) == (0, False)
    before = mlflow.get_run(trained.run_id).data.metrics
    outcome = CliRunner().invoke(main, command)
    assert outcome.exit_code == 0, outcome.output
    assert (
        outcome.stdout.splitlines()[-1] == "In the run: evaluation/validation, and measures validation/top1 and so on."
    )
    run = mlflow.get_run(trained.run_id)
    assert run.info.status == "FINISHED"
    assert run.data.metrics["validation/top1"] == before["validation/top1"]
    page = mlflow.artifacts.load_text(f"runs:/{trained.run_id}/evaluation/validation/report.html")
    assert page == Path("report/report.html").read_text()
    for drawn in ("training loss, nats over the epochs", "validation top-1 over the epochs", "general: family"):
        assert drawn in page

    shutil.copytree(tiny_data.parent / "pictures", here / "photos of May" / "Quartz")
    outcome = CliRunner().invoke(main, ["evaluate", "photos of May", "--model", "candidate", "--report", "report"])
    assert outcome.exit_code == 0, outcome.output
    runs = {run.info.run_name: run for run in mlflow.search_runs(experiment_names=["gemhier"], output_format="list")}
    of_training, of_flat = (runs[name].data.metrics for name in ("tiny both tiny", "flat: tiny both tiny"))
    report = json.loads(Path("report/report.json").read_text())
    assert of_training["photos_of_May/top1"] == pytest.approx(report["top1"], abs=1e-6)
    assert of_flat["photos_of_May_interval/top1_low"] == pytest.approx(
        report["strategies"]["flat"]["top1_low"], abs=1e-6
    )
    assert of_flat["photos_of_May_precision/quartz"] == 1
    assert not any(name.startswith("photos") for name in runs["network flat: tiny both tiny"].data.metrics)


def test_a_store_that_cannot_be_written_keeps_no_report_back(
    trained: Trained, here: Path, tiny_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise TrackingError("mlruns: runs cannot be recorded there (read-only).")

    monkeypatch.setattr(evaluation, "open_tracking", refuse)
    command = ["evaluate", str(tiny_data), "--model", "latest", "--split", "validation", "--report", "report"]
    outcome = CliRunner().invoke(main, command)
    assert outcome.exit_code == 0
    assert outcome.stderr.splitlines()[-1] == "Not put into the run: mlruns: runs cannot be recorded there (read-only)."
    assert Path("report/report.html").exists()
