"""Train on a prepared data set and record it: one parent run, nested runs for each network and each way to decide."""

import hashlib
import platform
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gemhier import __version__
from gemhier.arrays import Bytes, Float64, Indices
from gemhier.errors import BundleError, DataError
from gemhier.hierarchy.decoding import Strategy, softmax
from gemhier.hierarchy.labels import LabelSpace
from gemhier.models.bundle import Bundle, load_bundle, write_bundle
from gemhier.models.bundle.info import BundleInfo
from gemhier.models.bundle.probabilities import decode
from gemhier.models.images.crop import cover_backdrop
from gemhier.models.networks.modes import TRAINED_STRATEGIES
from gemhier.models.runtime.native_output import without_lines
from gemhier.models.runtime.network import Logits
from gemhier.pipeline.data.crops import prepared_crops
from gemhier.pipeline.data.labelled_images import LabelledPicture, LabelledPictures
from gemhier.pipeline.data.manifest import Manifest, Row, read_manifest
from gemhier.pipeline.data.split import grouped_folds
from gemhier.pipeline.evaluation.evaluation import Evaluation, evaluate_probabilities
from gemhier.pipeline.reports.html.report_files import report_files
from gemhier.pipeline.reports.measuring import Classified, report_on
from gemhier.pipeline.reports.model_card import OUT_OF_FOLD, VALIDATION, write_with_report
from gemhier.pipeline.reports.report import TOP, Report
from gemhier.pipeline.reports.training_summary import Trained
from gemhier.pipeline.tracking.names import KIND
from gemhier.pipeline.tracking.run_log import RunLog
from gemhier.pipeline.tracking.runs import known_run, nested_runs, recorded_run, unused_name
from gemhier.pipeline.tracking.store import open_tracking
from gemhier.pipeline.training.calibration import Calibration, calibrate
from gemhier.pipeline.training.class_balance import balance
from gemhier.pipeline.training.config import SCHEDULES, TrainConfig
from gemhier.pipeline.training.resume import full_disk_in_one_line, remember_run, remembered_run, unfinished_folder
from gemhier.pipeline.training.start_tensorflow import TENSORFLOW_NOTES, start_tensorflow
from gemhier.progress import say

if TYPE_CHECKING:
    from gemhier.models.networks.gem_network import GemNetwork
    from gemhier.pipeline.training.cross_validation import OutOfFold
    from gemhier.pipeline.training.fit import Pictures

DEFAULT_PRECISION = 0.9
"""The precision of answers that a bundle asks for unless told otherwise."""

EXPORT_TOLERANCE = 1e-4
"""How far the exported network may move a probability."""

HALF_TOLERANCE = 2e-2
"""The same where its weights are kept in float16."""


def train(data: Path, config: TrainConfig, *, tracking: str | None = None) -> Trained:
    """Train a network on a data folder and record everything in MLflow.

    An interrupted training goes on where it stood when the same command is given again.

    Args:
        data: a folder that `gemhier prepare` wrote.
        config: the settings.
        tracking: a tracking server or folder; None for the default.

    Raises:
        DataError: if the data cannot be trained on, or the backbone's weights cannot be fetched or read.
        TrackingError: if runs cannot be recorded.
        MissingExtraError: if the backbone's weights are not installed.
        OutputError: if a checkpoint cannot be written.
    """
    manifest = read_manifest(data)
    space = manifest.label_space
    train_rows, measured_rows = _rows(manifest, space, config)
    measured_on = OUT_OF_FOLD if config.folds else VALIDATION

    mlflow = open_tracking(tracking)
    # TensorFlow takes seconds to load, and is loaded only when runs can be recorded.
    start_tensorflow()
    from gemhier.pipeline.training.fit import Pictures, fit_network, predict_logits

    def pictures(rows: Sequence[Row]) -> Pictures:
        return Pictures(partial(prepared_crops, manifest, rows), _columns(rows, space))

    work = unfinished_folder(_settings(manifest, config))
    resumed = known_run(mlflow, remembered_run(work))
    name = _run_name(config) if resumed else unused_name(mlflow, _run_name(config))
    with (
        full_disk_in_one_line(work),
        recorded_run(mlflow, name, tags=_tags(manifest, config), run_id=resumed) as run_id,
    ):
        remember_run(work, run_id)
        nested = nested_runs(mlflow, resumed) if resumed else {}
        log = RunLog(mlflow, manifest, {"training": train_rows, "validation": measured_rows}, measured_on, nested)
        log.start(_parameters(manifest, space, config, train_rows))
        measured = pictures(measured_rows)
        answers = _out_of_fold(manifest, measured_rows, measured, config, log) if config.folds else None
        fitted = fit_network(
            space,
            pictures(train_rows),
            None if config.folds else measured,
            config,
            work=work,
            cache=data / "features",
            on_epoch=log.epoch,
        )
        logits = answers.logits if answers else predict_logits(fitted.network, measured.crops(fitted.network.size))
        calibration = calibrate(logits, measured.truth, space, config.mode)
        probabilities = (
            answers.probabilities
            if answers
            else decode(logits, calibration.temperatures, calibration.fusion_weight, space).by_strategy
        )
        bundle = _bundle(work / "bundle", manifest, space, config, run_id, fitted.network, calibration)
        few = measured.crops(fitted.network.size)[:64]
        tolerance = HALF_TOLERANCE if _in_half(config) else EXPORT_TOLERANCE
        _check_export(bundle, few, predict_logits(fitted.network, few), calibration, tolerance)
        evaluation = _evaluate(probabilities, measured_rows, manifest, config)
        report = {measured_on: evaluation.to_dict(), "data": manifest.counts(), "config": _recorded(config)}
        bundle = write_with_report(bundle, bundle.folder, report)
        log.networks(fitted.history, config.mode)
        log.decisions(evaluation, calibration.strategy)
        log.figures(fitted.history, evaluation, calibration.strategy)
        log.report(report_files(_report(bundle, measured_rows, probabilities, measured_on)))
        log.bundle(bundle.folder, evaluation, calibration.strategy)
    shutil.rmtree(work, ignore_errors=True)
    return Trained(run_id, evaluation, calibration.strategy, measured_on, resumed is not None)


def _out_of_fold(
    manifest: Manifest, rows: Sequence[Row], pictures: "Pictures", config: TrainConfig, log: RunLog
) -> "OutOfFold":
    from gemhier.pipeline.training.cross_validation import answers_folder, out_of_fold

    def on_fold(fold: int, measures: Mapping[str, float]) -> None:
        log.fold(fold, measures)
        top1, family = measures["flat_top1"], measures["family_top1"]
        say(f"Fold {fold + 1} of {config.folds} is answered: flat top-1 {top1:.3f}, family {family:.3f}")

    folds = grouped_folds([row.label for row in rows], [row.group for row in rows], config.folds, config.seed)
    return out_of_fold(
        manifest.label_space,
        pictures,
        folds,
        config,
        folder=answers_folder(manifest, config),
        features=manifest.folder / "features",
        on_fold=on_fold,
    )


def _rows(manifest: Manifest, space: LabelSpace, config: TrainConfig) -> tuple[tuple[Row, ...], tuple[Row, ...]]:
    """The rows to learn from, and those to calibrate and measure on."""
    if len(space) < 2:
        raise DataError(f"{manifest.folder}: only one class ({space.labels[0]}). Prepare at least two.")
    if config.folds:
        return manifest.learnable, manifest.learnable
    validation_rows = tuple(row for row in manifest.learnable if row.split == "validation")
    if not validation_rows:
        raise DataError(
            f"{manifest.folder}: no validation pictures, which temperatures and thresholds are fitted on. "
            "Run `gemhier prepare` again with --validation-share 0.15, or train with --folds 5."
        )
    return manifest.split("train"), validation_rows


def _columns(rows: Sequence[Row], space: LabelSpace) -> Indices:
    return np.array([space.index(row.label) for row in rows], dtype=np.intp)


def _recorded(config: TrainConfig) -> dict[str, Any]:
    """The settings with the weights by what they are, not by where they lie."""
    return {**asdict(config), "weights": config.weights_id}


def _settings(manifest: Manifest, config: TrainConfig) -> dict[str, Any]:
    """What an interrupted training is found by: the data, the stone finder and all settings."""
    finder = hashlib.sha256(manifest.finder.content).hexdigest()
    details = asdict(SCHEDULES[config.schedule])
    return {"data": manifest.digest, "finder": finder, **_recorded(config), "details": details}


def _run_name(config: TrainConfig) -> str:
    weights = f" weights {Path(config.weights).name}" if config.weights else ""
    balanced = f" balance {config.balance}" if config.balance else ""
    seed = f" seed {config.seed}" if config.seed else ""
    return f"{config.backbone} {config.mode} {config.schedule}{weights}{balanced}{seed}"


def _tags(manifest: Manifest, config: TrainConfig) -> dict[str, str]:
    return {
        KIND: "comparison",
        "mlflow.source.name": "gemhier train",
        "data": manifest.folder.resolve().name,
        "mode": config.mode,
        "backbone": config.backbone,
        "schedule": config.schedule,
        "data_digest": manifest.digest[:12],
        "gemhier_version": __version__,
        "python_version": platform.python_version(),
    }


def _parameters(
    manifest: Manifest, space: LabelSpace, config: TrainConfig, train_rows: Sequence[Row]
) -> dict[str, str | int | float]:
    counts = manifest.counts()
    details = asdict(SCHEDULES[config.schedule])
    details.update({f"augmentation_{name}": value for name, value in details.pop("augmentation").items()})
    details = {name: value for name, value in details.items() if name not in ("name", "description")}
    truth = _columns(train_rows, space)
    return {
        **_recorded(config),
        **details,
        "size": config.size,
        "labels": len(space),
        "families": len(space.families),
        "regional_networks": len(space.regional_families),
        "train_pictures": counts["train"],
        "pictures_per_epoch": len(balance(truth, config.balance, config.seed)) if config.balance else len(truth),
        "validation_pictures": counts["validation"],
        "data_digest": manifest.digest,
        "taxonomy_digest": manifest.taxonomy.digest,
    }


def _bundle(
    folder: Path,
    manifest: Manifest,
    space: LabelSpace,
    config: TrainConfig,
    run_id: str,
    network: "GemNetwork",
    calibration: Calibration,
) -> Bundle:
    """Export the network into a bundle, whose report is still empty."""
    from gemhier.models.networks.export import export_network

    info = BundleInfo(
        model_version=f"{config.backbone}-{config.mode}-{run_id[:8]}",
        run_id=run_id,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        size=network.size,
        labels=space.labels,
        temperatures=calibration.temperatures,
        strategy=calibration.strategy,
        fusion_weight=calibration.fusion_weight,
        thresholds=calibration.thresholds,
        default_precision=DEFAULT_PRECISION,
    )
    with without_lines(TENSORFLOW_NOTES):
        exported = export_network(network.whole, half=_in_half(config))
    write_bundle(
        folder,
        info,
        taxonomy=manifest.taxonomy,
        network=exported,
        finder=manifest.finder.content,
        report={},
        model_card="",
    )
    return load_bundle(folder)


def _in_half(config: TrainConfig) -> bool:
    """Whether the weights of the exported network are kept in float16: several networks would outgrow a package."""
    return len(config.backbones) > 1


def _check_export(bundle: Bundle, crops: Bytes, logits: Logits, calibration: Calibration, tolerance: float) -> None:
    """Make sure that the exported network answers as the trained one does."""
    exported = bundle.probabilities(cover_backdrop(crops)).flat
    trained = softmax(logits.flat, calibration.temperatures.flat)
    moved = float(np.abs(exported - trained).max())
    if not moved <= tolerance:
        raise BundleError(
            f"The export moves a probability by {moved:.2g}, more than {tolerance:g}. "
            "Train again; if it stays so, report it with the versions of tensorflow and ai-edge-litert."
        )


def _report(bundle: Bundle, rows: Sequence[Row], probabilities: Mapping[Strategy, Float64], measured_on: str) -> Report:
    """What `gemhier evaluate` would report of pictures whose probabilities are known."""
    info = bundle.info
    pictures = tuple(LabelledPicture(row.image, row.label_given, row.label, row.group, row.source) for row in rows)
    results = bundle.decide(
        [row.image for row in rows], probabilities[info.strategy], [row.score for row in rows], top=TOP
    )
    sources = tuple(dict.fromkeys(row.source for row in rows))
    without_gem = np.array([row.score < info.stone_threshold for row in rows])
    return report_on(
        bundle,
        LabelledPictures(pictures, sources, unknown=(), excluded=()),
        Classified(tuple(results), probabilities, without_gem, crops={}),
        split=measured_on,
        target_precision=info.default_precision,
    )


def _evaluate(
    probabilities: Mapping[Strategy, Float64],
    rows: Sequence[Row],
    manifest: Manifest,
    config: TrainConfig,
) -> Evaluation:
    return evaluate_probabilities(
        {strategy: probabilities[strategy] for strategy in TRAINED_STRATEGIES[config.mode]},
        [row.label for row in rows],
        [row.group for row in rows],
        space=manifest.label_space,
        taxonomy=manifest.taxonomy,
    )
