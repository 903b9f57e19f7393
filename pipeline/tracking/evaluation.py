"""The report of an evaluation in the run that trained its model, with measures named as in the training."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from gemhier.hierarchy.decoding import Strategy
from gemhier.pipeline.data.manifest import is_data_folder, read_manifest
from gemhier.pipeline.reports.report import Report
from gemhier.pipeline.tracking.measures import measures, measures_of_shortlists, measures_with_readings
from gemhier.pipeline.tracking.names import STRATEGY_NAMES, measures_section
from gemhier.pipeline.tracking.runs import nested_strategies
from gemhier.pipeline.tracking.store import open_tracking, written_to


def record_evaluation(report: Report, folders: Sequence[Path], folder: Path, tracking: str | None) -> str:
    """Record a report in the run that trained its model.

    Its figures go there and into the runs nested in it.

    The files become `evaluation/<pictures>`, the measures `<pictures>/top1` and so on; those of an earlier evaluation
    on the same pictures are replaced.

    Args:
        report: of a run's model.
        folders: what was evaluated.
        folder: where the report was written.
        tracking: a tracking server or folder; None for the default.

    Returns:
        What the pictures are called in the run.

    Raises:
        TrackingError: if the store cannot be written.
    """
    mlflow = open_tracking(tracking)
    strategy_of: Mapping[str, Strategy] = {name: strategy for strategy, name in STRATEGY_NAMES.items()}
    with written_to(mlflow):
        tags = mlflow.get_run(report.run_id).data.tags
        images = _name(report, folders, tags.get("data_digest", ""))
        figures = {report.run_id: report.figures}
        for run_id, name in nested_strategies(mlflow, report.run_id).items():
            if name in strategy_of:
                figures[run_id] = report.evaluation.strategies[strategy_of[name]]
        for run_id, own in figures.items():
            mlflow.log_metrics(measures(own, images), run_id=run_id)
        mlflow.log_metrics(measures_of_shortlists(report.shortlists, images), run_id=report.run_id)
        mlflow.log_metrics(measures_with_readings(report.with_readings, images), run_id=report.run_id)
        mlflow.log_artifacts(str(folder), f"evaluation/{images}", run_id=report.run_id)
    return images


def _name(report: Report, folders: Sequence[Path], data_digest: str) -> str:
    """Name the pictures of a report.

    `test` if they are the test pictures of the data that the run was trained on, else the names of the sources.
    """
    ending = "_with_evidence" if report.evidence else ""
    if len(folders) == 1 and is_data_folder(folders[0]) and read_manifest(folders[0]).digest[:12] == data_digest:
        return f"{report.split}{ending}"
    name = measures_section("+".join(report.labelled.sources))
    return f"{name if report.split == 'test' else f'{name}_{report.split}'}{ending}"
