"""Measure a model on labelled pictures and write a report."""

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

from gemhier.hierarchy.evidence import Evidence
from gemhier.models.bundle import Bundle
from gemhier.pipeline.data.evidence_file import read_evidence
from gemhier.pipeline.data.labelled_images import LabelledImages, find_labelled
from gemhier.pipeline.data.sources import check_outside_sources
from gemhier.pipeline.engines.job import Engine
from gemhier.pipeline.engines.local import LocalEngine
from gemhier.pipeline.evaluation.estimates import Estimate
from gemhier.pipeline.evaluation.neighbours import TrainingStones, known_stones
from gemhier.pipeline.evaluation.simulated_readings import simulated_readings
from gemhier.pipeline.reports.folder import check_report_folder
from gemhier.pipeline.reports.html.report_files import write_report
from gemhier.pipeline.reports.measuring import evaluate_bundle
from gemhier.pipeline.reports.mistakes import MOST_SHOWN, mistakes
from gemhier.pipeline.reports.report import Report
from gemhier.pipeline.tracking.curves import read_curves
from gemhier.pipeline.tracking.finding import find_model
from gemhier.pipeline.training.history import FAMILY_CURVE, FLAT_CURVE, LOSS_CURVE


def evaluate(
    folders: Sequence[Path],
    *,
    out: Path,
    model: str | None = None,
    split: str = "test",
    target_precision: float | None = None,
    guarantee: float | None = None,
    tracking: str | None = None,
    neighbours: Path | None = None,
    evidence: Evidence | None = None,
    evidence_file: Path | None = None,
    engine: AbstractContextManager[Engine] | None = None,
) -> Report:
    """Classify labelled pictures, compare with their labels, and write a report.

    Args:
        folders: folders of class folders, or folders that `gemhier prepare` wrote.
        out: the folder of the report: new, empty, or with an earlier report, which is replaced.
        model: a bundle's folder, `shipped` or a tracked run; None for the bundle in GEMHIER_MODEL or else the
            shipped one.
        split: one of `manifest.SPLITS`, where the folders have any.
        target_precision: the share of answers that shall be right, between 0 and 1; None for the
            one that the bundle was packaged with.
        guarantee: the share of shortlists that shall hold the right label, between 0 and 1; None for 0.95, if the model
            promises shortlists.
        tracking: a tracking server or folder; None for the default.
        neighbours: a data folder; the page then shows beside each mistake which of its training stones are alike.
        evidence: a prior and restrictions, which hold for all pictures.
        evidence_file: a CSV file with the readings of each picture.
        engine: gives where the pictures are classified, when all is checked; None for this process.

    Raises:
        DataError: if a folder does not fit, or no class name in it is known.
        BundleError: if there is no sound bundle, or it does not promise as much as `guarantee`.
        EvidenceError: if the evidence does not fit.
        TrackingError: if there is no such run.
        OutputError: if the report cannot be written, or would lie among the pictures.
    """
    check_report_folder(out)
    check_outside_sources(out, folders)
    bundle = find_model(model, tracking)
    if guarantee is not None:
        bundle.shortlister(guarantee)  # which raises before any picture is read
    labelled = find_labelled(folders, split, bundle.taxonomy)
    known = None if neighbours is None else known_stones(neighbours, bundle)
    given = _evidence(labelled, evidence or Evidence(), evidence_file)
    with engine or nullcontext(LocalEngine()) as running:
        report = evaluate_bundle(
            bundle,
            labelled,
            split=split,
            target_precision=target_precision,
            guarantee=guarantee,
            evidence=given,
            engine=running,
        )
    report = replace(
        report,
        evidence=_described(evidence or Evidence(), evidence_file, given),
        with_readings={} if given else _with_readings(report, bundle),
    )
    report = replace(report, curves=read_curves(bundle.info.run_id, (LOSS_CURVE, FLAT_CURVE, FAMILY_CURVE), tracking))
    if known is not None and neighbours is not None:
        report = _with_neighbours(report, known, neighbours.resolve().name)
    write_report(report, out)
    return report


def _evidence(labelled: LabelledImages, known: Evidence, file: Path | None) -> dict[str, Evidence]:
    """Return what is known of each picture besides itself; empty if nothing is."""
    images = [image.image for image in labelled.images]
    if file is not None:
        return read_evidence(file, images, known)
    return dict.fromkeys(images, known) if known else {}


def _described(known: Evidence, file: Path | None, given: Mapping[str, Evidence]) -> dict[str, Any]:
    """Return what the report says of the evidence; empty if there is none."""
    if not given:
        return {}
    readings = Counter(reading.key for evidence in given.values() for reading in evidence.readings)
    return {
        "prior": known.prior_name,
        "only": list(known.only),
        "without": list(known.without),
        "file": None if file is None else file.name,
        "readings": dict(sorted(readings.items())),
    }


def _with_readings(report: Report, bundle: Bundle) -> dict[str, dict[str, Estimate]]:
    images = report.labelled.images
    return simulated_readings(
        report.probabilities[report.decided_by],
        [image.label for image in images],
        [image.group for image in images],
        bundle.candidates,
        shortlister=None if report.shortlists is None else bundle.shortlister(report.shortlists.guarantee),
    )


def _with_neighbours(report: Report, known: TrainingStones, name: str) -> Report:
    """Return the same with the nearest stones of the mistakes that the page shows."""
    rows = [mistake.row for mistake in mistakes(report)[:MOST_SHOWN]]
    nearest = known.nearest(report.probabilities["flat"][rows])
    return replace(report, neighbours=dict(zip(rows, nearest, strict=True)), neighbours_in=name)
