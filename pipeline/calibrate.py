"""Calibrate a model anew from out-of-fold answers: temperatures, the weight of fusion, thresholds, shortlists."""

import hashlib
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from gemhier.errors import DataError
from gemhier.models.bundle import Bundle
from gemhier.models.bundle.files import REPORT_FILE, check_bundle_folder
from gemhier.models.networks.modes import TRAINED_STRATEGIES
from gemhier.pipeline.evaluation.evaluation import Evaluation, evaluate_probabilities
from gemhier.pipeline.evaluation.shortlists import GUARANTEE, ShortlistFigures, shortlist_figures
from gemhier.pipeline.reports.model_card import NOTES, OUT_OF_FOLD, write_with_report
from gemhier.pipeline.tracking.finding import find_answers, find_model, is_run
from gemhier.pipeline.training.answers_file import read_answers
from gemhier.pipeline.training.calibration import calibrate, cross_fitted, cross_fitted_shortlists


@dataclass(frozen=True)
class Calibrated:
    """A model that was calibrated anew.

    Attributes:
        bundle: as it was written.
        evaluation: of the answers it was calibrated from, each fold with what the others gave.
        shortlists: the figures of its shortlists, in the same way.
        changed: whether it answers otherwise than before.
    """

    bundle: Bundle
    evaluation: Evaluation
    shortlists: ShortlistFigures
    changed: bool


def calibrate_model(model: str, out: Path, *, answers: Path | None = None, tracking: str | None = None) -> Calibrated:
    """Fit temperatures, fusion, thresholds and shortlists of a model to out-of-fold answers, and write it to a folder.

    Nothing is trained. The card keeps its notes and the data that was learned from; figures of other pictures, which
    the model had with its old calibration, are left out.

    Args:
        model: a bundle's folder or a run, as `package` takes it.
        out: the folder to write; an older bundle there is replaced.
        answers: a file of out-of-fold answers; None for that of the run.
        tracking: a tracking server or folder; None for the default.

    Raises:
        TrackingError: if there is no such run, or it has no bundle or no answers.
        DataError: if no answers are named, or they cannot be read or are of other labels or heads than the model's.
        BundleError: if the bundle is damaged.
        OutputError: if the folder cannot be written, or holds something else.
    """
    check_bundle_folder(out)
    if answers is None and not is_run(model):
        raise DataError(f"{model}: a bundle holds no out-of-fold answers. Name their file with --answers.")
    source = find_model(model, tracking)
    found = read_answers(answers or find_answers(model, tracking))
    space, info = source.space, source.info
    if found.labels != space.labels:
        raise DataError(
            f"The answers are of {len(found.labels)} labels that are not the {len(space)} of {info.model_version}. "
            "Name the answers of its own training."
        )
    if TRAINED_STRATEGIES[found.mode][-1] != info.strategy:
        raise DataError(
            f"The answers are of a training in the mode {found.mode}, and {info.model_version} decides by "
            f"{info.strategy}. Name the answers of its own training."
        )
    truth = np.array([space.index(label) for label in found.truth], dtype=np.intp)
    with_gem = found.scores >= info.stone_threshold
    fitted = calibrate(found.logits, truth, space, found.mode, with_gem=with_gem)
    crossed = cross_fitted(found.logits, truth, found.folds, space, found.mode)
    evaluation = evaluate_probabilities(
        {strategy: crossed[strategy] for strategy in TRAINED_STRATEGIES[found.mode]},
        found.truth,
        found.groups,
        space=space,
        taxonomy=source.taxonomy,
    )
    sets = cross_fitted_shortlists(
        crossed[info.strategy], truth, found.folds, with_gem, GUARANTEE, space=space, taxonomy=source.taxonomy
    )
    shortlists = shortlist_figures(sets, found.truth, found.groups, GUARANTEE)
    calibrated = replace(
        info,
        temperatures=fitted.temperatures,
        fusion_weight=fitted.fusion_weight,
        thresholds=fitted.thresholds,
        sets=fitted.sets,
    )
    changed = calibrated != info
    if changed:
        calibrated = replace(calibrated, model_version=_version(info.model_version, calibrated.to_dict()))
    report: dict[str, Any] = json.loads((source.folder / REPORT_FILE).read_text(encoding="utf-8"))
    kept = {name: report[name] for name in ("data", "config", NOTES) if name in report}
    bundle = write_with_report(
        replace(source, info=calibrated),
        out,
        {OUT_OF_FOLD: {**evaluation.to_dict(), **shortlists.to_dict()}, **(kept if changed else report)},
    )
    return Calibrated(bundle, evaluation, shortlists, changed)


def _version(before: str, content: dict[str, Any]) -> str:
    """Name a calibration by what it says, in place of an earlier one's name."""
    numbers = {name: content[name] for name in ("temperatures", "fusion_weight", "thresholds", "shortlists")}
    digest = hashlib.sha256(json.dumps(numbers, sort_keys=True).encode()).hexdigest()
    return f"{before.split('+cal')[0]}+cal{digest[:6]}"
