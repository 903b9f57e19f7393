from pathlib import Path

from gemhier.pipeline.tracking.curves import read_curves
from gemhier.pipeline.tracking.runs import recorded_run
from gemhier.pipeline.tracking.store import open_tracking
from gemhier.pipeline.training.history import Curve


def test_curves_of_a_run_are_read_back_and_missing_ones_left_out(tracking_store: str) -> None:
    mlflow = open_tracking(tracking_store)
    with recorded_run(mlflow, "training", tags={}) as run_id:
        for epoch, loss in ((1, 3.0), (2, 2.0)):
            mlflow.log_metrics({"train/loss": loss}, step=epoch)
    curves = read_curves(run_id, ("train/loss", "curve/flat_top1"), tracking_store)
    assert curves == (Curve("train/loss", (1, 2), (3.0, 2.0)),)


def test_an_unknown_run_or_store_has_no_curves(tmp_path: Path, tracking_store: str) -> None:
    assert read_curves("0" * 32, ("train/loss",), str(tmp_path / "none")) == ()
    assert not (tmp_path / "none").exists()
    open_tracking(tracking_store)
    assert read_curves("0" * 32, ("train/loss",), tracking_store) == ()
