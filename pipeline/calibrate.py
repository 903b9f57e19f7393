"""Calibrate a model anew from out-of-fold answers: temperatures, the weight of fusion, thresholds, shortlists."""

import hashlib
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from gemhier.errors import DataError
from gemhier.models.bundle import Bundle
from gemhier.models.bundle.files import REPORT_FILE, check_bundle_folder
from gemhier.models.bundle.likeness import Likeness
from gemhier.models.networks.modes import TRAINED_STRATEGIES
from gemhier.pipeline.evaluation.evaluation import Evaluation, evaluate_probabilities
from gemhier.pipeline.evaluation.shortlists import GUARANTEE, ShortlistFigures, shortlist_figures
from gemhier.pipeline.reports.model_card import NOTES, OUT_OF_FOLD, write_with_report
from gemhier.pipeline.tracking.finding import find_answers, find_model, is_run
from gemhier.pipeline.training.answers_file import read_answers
from gemhier.pipeline.training.by_likeness import calibrate_by_likeness


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
    by_likeness = calibrate_by_likeness(found, space, info.stone_threshold)
    fitted, crossed = by_likeness.calibration, by_likeness.probabilities
    evaluation = evaluate_probabilities(
        {strategy: crossed[strategy] for strategy in TRAINED_STRATEGIES[found.mode]},
        found.truth,
        found.groups,
        space=space,
        taxonomy=source.taxonomy,
    )
    sets = by_likeness.shortlists(found, GUARANTEE, space, source.taxonomy)
    shortlists = shortlist_figures(sets, found.truth, found.groups, GUARANTEE)
    calibrated = replace(
        info,
        temperatures=fitted.temperatures,
        fusion_weight=fitted.fusion_weight,
        thresholds=fitted.thresholds,
        sets=fitted.sets,
        novel_entropy=fitted.novel_entropy,
        unlike=fitted.unlike,
    )
    changed = calibrated != info or not _same(fitted.likeness, source.likeness)
    if changed:
        calibrated = replace(calibrated, model_version=_version(info.model_version, calibrated.to_dict()))
    report: dict[str, Any] = json.loads((source.folder / REPORT_FILE).read_text(encoding="utf-8"))
    kept = {name: report[name] for name in ("data", "config", NOTES) if name in report}
    bundle = write_with_report(
        replace(source, info=calibrated, likeness=fitted.likeness),
        out,
        {OUT_OF_FOLD: {**evaluation.to_dict(), **shortlists.to_dict()}, **(kept if changed else report)},
    )
    return Calibrated(bundle, evaluation, shortlists, changed)


def _same(one: Likeness | None, other: Likeness | None) -> bool:
    """Whether both tell the same pictures, as they lie in a bundle."""
    return (one and one.to_bytes()) == (other and other.to_bytes())


def _version(before: str, content: dict[str, Any]) -> str:
    """Name a calibration by what it says, in place of an earlier one's name."""
    names = ("temperatures", "fusion_weight", "thresholds", "shortlists", "novelty", "unlike")
    numbers = {name: content[name] for name in names if name in content}
    digest = hashlib.sha256(json.dumps(numbers, sort_keys=True).encode()).hexdigest()
    return f"{before.split('+cal')[0]}+cal{digest[:6]}"
