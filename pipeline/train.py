"""Train on a prepared data set and record it: one parent run, nested runs for each network and each strategy."""

import platform
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np

from gemhier import __version__
from gemhier.arrays import Booleans, Bytes, Float64, Indices
from gemhier.errors import DataError
from gemhier.extras import require
from gemhier.hierarchy.decoding import Strategy
from gemhier.hierarchy.labels import LabelSpace
from gemhier.models.bundle import Bundle
from gemhier.models.bundle.probabilities import decode
from gemhier.models.networks.modes import TRAINED_STRATEGIES
from gemhier.pipeline.data.crops import prepared_crops, whole_features
from gemhier.pipeline.data.labelled_images import LabelledImage, LabelledImages
from gemhier.pipeline.data.manifest import Manifest, Row, read_manifest
from gemhier.pipeline.data.split import grouped_folds
from gemhier.pipeline.evaluation.evaluation import Evaluation, evaluate_probabilities
from gemhier.pipeline.evaluation.shortlists import GUARANTEE, ShortlistFigures, shortlist_figures
from gemhier.pipeline.reports.html.report_files import report_files
from gemhier.pipeline.reports.measuring import Classified, report_on
from gemhier.pipeline.reports.model_card import OUT_OF_FOLD, VALIDATION, write_with_report
from gemhier.pipeline.reports.report import TOP, Report
from gemhier.pipeline.reports.training_summary import Trained
from gemhier.pipeline.tracking.names import ANSWERS, KIND
from gemhier.pipeline.tracking.run_log import RunLog
from gemhier.pipeline.tracking.runs import known_run, nested_runs, recorded_run, unused_name
from gemhier.pipeline.tracking.store import open_tracking
from gemhier.pipeline.training import devices, machines
from gemhier.pipeline.training.answers_file import Answers, write_answers
from gemhier.pipeline.training.by_likeness import ByLikeness, calibrate_by_likeness
from gemhier.pipeline.training.calibration import Calibration, calibrate
from gemhier.pipeline.training.class_balance import balance
from gemhier.pipeline.training.config import TrainConfig
from gemhier.pipeline.training.processor import doubt_of_bfloat16
from gemhier.pipeline.training.resume import (
    alone,
    full_disk_in_one_line,
    remember_run,
    remembered_run,
    training_key,
    unfinished_folder,
)
from gemhier.pipeline.training.start_tensorflow import start_tensorflow
from gemhier.progress import say

if TYPE_CHECKING:
    from gemhier.pipeline.training.cross_validation import OutOfFold
    from gemhier.pipeline.training.fit import Fitted, Images


@dataclass(frozen=True)
class _Rows:
    """What a training learns from, and what it is calibrated and measured on."""

    learned: tuple[Row, ...]
    measured: tuple[Row, ...]
    measured_on: str


@dataclass(frozen=True, eq=False)
class _Learned:
    """A network that was fitted, with P(label) of the measured pictures by each strategy."""

    fitted: "Fitted"
    calibration: Calibration
    probabilities: Mapping[Strategy, Float64]
    few: Bytes
    answers: Answers | None = None
    by_likeness: ByLikeness | None = None


def train(
    data: Path,
    config: TrainConfig,
    *,
    tracking: str | None = None,
    name: str | None = None,
    experiment: str | None = None,
) -> Trained:
    """Train a network on a data folder and record everything in MLflow.

    An interrupted training goes on where it stood when the same command is given again.

    Args:
        data: a folder that `gemhier prepare` wrote.
        config: the settings.
        tracking: a tracking server or folder; None for the default.
        name: of the run; None for one made of the settings. If another training has it, a number follows.
        experiment: in MLflow, made if need be; None for `gemhier`.

    Raises:
        DataError: if the data cannot be trained on, the backbone's weights cannot be fetched or read, or the training
            cannot be spread over devices as asked.
        TrackingError: if runs cannot be recorded.
        MissingExtraError: if TensorFlow, MLflow or the backbone's weights are not installed.
        OutputError: if a checkpoint cannot be written, or another process is at the same training.
        EngineError: if it is spread over machines, and one of them is lost.
    """
    require("tensorflow")
    manifest = read_manifest(data)
    rows = _rows(manifest, config)
    mlflow = open_tracking(tracking, experiment)
    work = work_folder(manifest, config, name, experiment)
    with alone(work):
        trained = _train(manifest, config, rows, work, mlflow, name)
        shutil.rmtree(work, ignore_errors=True)
    return trained


def take_part(data: Path, config: TrainConfig, *, name: str | None = None, experiment: str | None = None) -> None:
    """Take part in a training that another machine leads and records, until that has ended.

    Args:
        data: the leader's data folder, or one with the same content.
        config: the leader's settings.
        name: what the leader was given.
        experiment: likewise.

    Raises:
        DataError: as for `train`, or if the leader trains something else.
        MissingExtraError: as for `train`.
        EngineError: if the leader or another machine is lost.
    """
    require("tensorflow")
    manifest = read_manifest(data)
    rows = _rows(manifest, config)
    start_tensorflow()
    from gemhier.pipeline.training.fit import fit_network

    devices.check(config.strategy, config.phases.batch, _pictures_per_epoch(rows, manifest.label_space, config))
    key = training_key(_told_apart_by(manifest, config, name, experiment))
    with tempfile.TemporaryDirectory() as nothing_stays, machines.together(key):
        learned = _images(manifest, rows.learned)
        fit_network(manifest.label_space, learned, None, config, work=Path(nothing_stays), cache=Path(nothing_stays))


def _train(
    manifest: Manifest, config: TrainConfig, rows: _Rows, work: Path, mlflow: ModuleType, name: str | None
) -> Trained:
    # TensorFlow takes seconds to load, and is loaded only when runs can be recorded.
    start_tensorflow()
    from gemhier.pipeline.training.packing import pack

    devices.check(config.strategy, config.phases.batch, _pictures_per_epoch(rows, manifest.label_space, config))
    if config.mixed_precision and (doubt := doubt_of_bfloat16(config.backbone.split("+"))):
        say(doubt)
    resumed = known_run(mlflow, remembered_run(work))
    wanted = name or _run_name(config)
    run_name = wanted if resumed else unused_name(mlflow, wanted)
    over_machines = config.strategy == devices.MACHINES
    with (
        machines.together(work.name) if over_machines else nullcontext(),
        full_disk_in_one_line(work),
        recorded_run(mlflow, run_name, tags=_tags(manifest, config), run_id=resumed) as run_id,
    ):
        remember_run(work, run_id)
        nested = nested_runs(mlflow, resumed) if resumed else {}
        log = RunLog(
            mlflow, manifest, {"training": rows.learned, "validation": rows.measured}, rows.measured_on, nested
        )
        log.start(_parameters(manifest, config, rows))
        learned = _learn(manifest, config, rows, work, log)
        bundle = pack(
            work / "bundle",
            learned.fitted.network,
            learned.calibration,
            learned.few,
            manifest=manifest,
            config=config,
            run_id=run_id,
        )
        evaluation = _evaluate(learned.probabilities, rows.measured, manifest, config)
        shortlists = _shortlists(learned, rows.measured, manifest)
        figures = {**evaluation.to_dict(), **({} if shortlists is None else shortlists.to_dict())}
        report = {rows.measured_on: figures, "data": manifest.counts(), "config": config.to_dict()}
        bundle = write_with_report(bundle, bundle.folder, report)
        strategy = learned.calibration.strategy
        log.networks(learned.fitted.history, config.mode)
        log.decisions(evaluation, strategy)
        log.shortlists(shortlists)
        log.figures(learned.fitted.history, evaluation, strategy)
        found = _report(bundle, rows.measured, learned.probabilities, rows.measured_on)
        log.report(report_files(replace(found, shortlists=shortlists)))
        if learned.answers:
            write_answers(work / ANSWERS, learned.answers)
            log.answers(work / ANSWERS)
        log.bundle(bundle.folder, evaluation, strategy)
    return Trained(run_id, evaluation, strategy, rows.measured_on, resumed is not None)


def work_folder(
    manifest: Manifest, config: TrainConfig, name: str | None = None, experiment: str | None = None
) -> Path:
    """Where an interrupted training waits: found by the data, the stone finder, all settings and where it is recorded.

    Raises:
        OutputError: if the folder cannot be made.
    """
    return unfinished_folder(_told_apart_by(manifest, config, name, experiment))


def _told_apart_by(
    manifest: Manifest, config: TrainConfig, name: str | None, experiment: str | None
) -> dict[str, object]:
    recorded = {"run_name": name, "experiment": experiment}
    given = {key: value for key, value in recorded.items() if value is not None}
    return {**manifest.digests, **config.to_dict(), "details": config.details, **given}


def _rows(manifest: Manifest, config: TrainConfig) -> _Rows:
    space = manifest.label_space
    if len(space) < 2:
        raise DataError(f"{manifest.folder}: only one class ({space.labels[0]}). Prepare at least two.")
    if config.folds:
        return _Rows(manifest.learnable, manifest.learnable, OUT_OF_FOLD)
    validation_rows = tuple(row for row in manifest.learnable if row.split == "validation")
    if not validation_rows:
        raise DataError(
            f"{manifest.folder}: no validation pictures, which temperatures and thresholds are fitted on. "
            "Run `gemhier prepare` again with --validation-share 0.15, or train with --folds 5."
        )
    return _Rows(manifest.split("train"), validation_rows, VALIDATION)


def _learn(manifest: Manifest, config: TrainConfig, rows: _Rows, work: Path, log: RunLog) -> _Learned:
    """Fit the network, and calibrate what it, or networks of the other folds, say of the measured pictures."""
    from gemhier.pipeline.training.fit import fit_network, predict_logits

    space = manifest.label_space
    learned, measured = _images(manifest, rows.learned), _images(manifest, rows.measured)
    answers = _out_of_fold(manifest, rows.measured, measured, config, log) if config.folds else None
    fitted = fit_network(
        space,
        learned,
        None if answers else measured,
        config,
        work=work,
        cache=manifest.folder / "features",
        on_epoch=log.epoch,
    )
    crops = measured.crops(fitted.network.size)
    logits = answers.logits if answers else predict_logits(fitted.network, crops)
    if answers:
        kept = _answers(answers, rows.measured, manifest, config)
        found = calibrate_by_likeness(kept, space, manifest.finder.threshold)
        return _Learned(fitted, found.calibration, found.probabilities, crops[:64], kept, found)
    calibration = calibrate(logits, measured.truth, space, config.mode, with_gem=_with_gem(rows.measured, manifest))
    probabilities = decode(logits, calibration.temperatures, calibration.fusion_weight, space).by_strategy
    return _Learned(fitted, calibration, probabilities, crops[:64])


def _images(manifest: Manifest, rows: Sequence[Row]) -> "Images":
    from gemhier.pipeline.training.fit import Images

    return Images(partial(prepared_crops, manifest, rows), _columns(rows, manifest.label_space))


def _out_of_fold(
    manifest: Manifest, rows: Sequence[Row], images: "Images", config: TrainConfig, log: RunLog
) -> "OutOfFold":
    from gemhier.pipeline.training.cross_validation import answers_folder, out_of_fold

    def on_fold(fold: int, measures: Mapping[str, float]) -> None:
        log.fold(fold, measures)
        top1, family = measures["flat_top1"], measures["family_top1"]
        say(f"Fold {fold + 1} of {config.folds} is answered: flat top-1 {top1:.3f}, family {family:.3f}")

    folds = grouped_folds([row.label for row in rows], [row.group for row in rows], config.folds, config.seed)
    return out_of_fold(
        manifest.label_space,
        images,
        folds,
        config,
        folder=answers_folder(manifest, config),
        features=manifest.folder / "features",
        on_fold=on_fold,
    )


def _answers(found: "OutOfFold", rows: Sequence[Row], manifest: Manifest, config: TrainConfig) -> Answers:
    return Answers(
        sha256=tuple(row.sha256 for row in rows),
        truth=tuple(row.label for row in rows),
        groups=tuple(row.group for row in rows),
        folds=found.folds,
        scores=np.array([row.score for row in rows]),
        logits=found.logits,
        labels=manifest.label_space.labels,
        mode=config.mode,
        stones=tuple(row.stone or row.group for row in rows),
        # As the file keeps them, so that calibrating from it changes nothing.
        features=whole_features(rows, manifest.finder).astype(np.float16).astype(np.float32),
        sides=np.array([min(row.width, row.height) for row in rows], dtype=np.intp),
    )


def _columns(rows: Sequence[Row], space: LabelSpace) -> Indices:
    return np.array([space.index(row.label) for row in rows], dtype=np.intp)


def _with_gem(rows: Sequence[Row], manifest: Manifest) -> Booleans:
    return np.array([row.score >= manifest.finder.threshold for row in rows], dtype=np.bool_)


def _shortlists(learned: _Learned, rows: Sequence[Row], manifest: Manifest) -> ShortlistFigures | None:
    """Measure the shortlists of each fold by the thresholds of the others; without folds the bundle promises none."""
    if learned.answers is None or learned.by_likeness is None:
        return None
    found = learned.by_likeness.shortlists(learned.answers, GUARANTEE, manifest.label_space, manifest.taxonomy)
    return shortlist_figures(found, [row.label for row in rows], [row.group for row in rows], GUARANTEE)


def _run_name(config: TrainConfig) -> str:
    weights = f" weights {Path(config.weights).name}" if config.weights else ""
    balanced = f" balance {config.balance}" if config.balance else ""
    seed = f" seed {config.seed}" if config.seed else ""
    numbers = {
        "epochs": config.epochs,
        "batch": config.batch_size,
        "learning rate": config.learning_rate,
        "size": config.image_size,
    }
    changed = "".join(f" {name} {number:g}" for name, number in numbers.items() if number is not None)
    return f"{config.backbone} {config.mode} {config.schedule}{changed}{weights}{balanced}{seed}"


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


def _pictures_per_epoch(rows: _Rows, space: LabelSpace, config: TrainConfig) -> int:
    truth = _columns(rows.learned, space)
    return len(balance(truth, config.balance, config.seed)) if config.balance else len(truth)


def _parameters(manifest: Manifest, config: TrainConfig, rows: _Rows) -> dict[str, str | int | float]:
    counts, space = manifest.counts(), manifest.label_space
    details = config.details
    details.update({f"augmentation_{name}": value for name, value in details.pop("augmentation").items()})
    details = {name: value for name, value in details.items() if name not in ("name", "description")}
    return {
        **config.to_dict(),
        **details,
        "size": config.size,
        "devices": devices.replicas(config.strategy),
        "labels": len(space),
        "families": len(space.families),
        "regional_networks": len(space.regional_families),
        "train_pictures": counts["train"],
        "pictures_per_epoch": _pictures_per_epoch(rows, manifest.label_space, config),
        "validation_pictures": counts["validation"],
        "finder": manifest.finder.name,
        "data_digest": manifest.digest,
        "taxonomy_digest": manifest.taxonomy.digest,
    }


def _report(bundle: Bundle, rows: Sequence[Row], probabilities: Mapping[Strategy, Float64], measured_on: str) -> Report:
    """Return what `gemhier evaluate` would report of pictures whose probabilities are known."""
    info = bundle.info
    images = tuple(LabelledImage(row.image, row.label_given, row.label, row.group, row.source) for row in rows)
    results = bundle.decide(
        [row.image for row in rows], probabilities[info.strategy], [row.score for row in rows], top=TOP
    )
    sources = tuple(dict.fromkeys(row.source for row in rows))
    without_gem = np.array([row.score < bundle.finder.threshold for row in rows])
    return report_on(
        bundle,
        LabelledImages(images, sources, unknown=(), excluded=()),
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
