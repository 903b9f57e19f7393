"""Measure a model on labelled pictures and write a report."""

import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import click
import numpy as np
import numpy.typing as npt

from gemhier.hierarchy.decoding import STRATEGIES, Strategy
from gemhier.models.bundle import Bundle, load_bundle
from gemhier.models.bundle.files import SHIPPED_NAME
from gemhier.models.bundle.predictions import Prediction
from gemhier.models.images.stones import Cutter, Failure, StoneCrop, stone_crops
from gemhier.models.runtime.litert import usable_cores
from gemhier.pipeline.data.labelled_images import LabelledPictures, find_labelled
from gemhier.pipeline.evaluation.evaluation import evaluate_probabilities
from gemhier.pipeline.evaluation.neighbours import Known, known_stones
from gemhier.pipeline.evaluation.selective_answers import answer_figures
from gemhier.pipeline.reports.folder import (
    CLASSES_FILE,
    CONFUSION_FILE,
    PAGE_FILE,
    PREDICTIONS_FILE,
    REPORT_FILE,
    check_report_folder,
    write_report_folder,
)
from gemhier.pipeline.reports.html.page import page
from gemhier.pipeline.reports.mistakes import MOST_SHOWN, mistakes
from gemhier.pipeline.reports.report import TOP, Report, classes_table, confusion_table, predictions_table
from gemhier.pipeline.reports.thumbnails import crop_thumbnail
from gemhier.pipeline.tracking.curves import read_curves
from gemhier.pipeline.tracking.finding import find_bundle
from gemhier.pipeline.tracking.names import FAMILY_CURVE, FLAT_CURVE, LOSS_CURVE

BATCH = 32
"""How many pictures the network sees at once; a bound on the memory, it changes no result."""

Probabilities = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Classified:
    """What became of N pictures: the fields of `Report` of these names."""

    results: tuple[Prediction | Failure, ...]
    probabilities: Mapping[Strategy, Probabilities]
    without_gem: npt.NDArray[np.bool_]
    crops: Mapping[int, str]


def evaluate(
    folders: Sequence[Path],
    *,
    out: Path,
    model: str | None = None,
    split: str = "test",
    target_precision: float | None = None,
    tracking: str | None = None,
    neighbours: Path | None = None,
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
        tracking: a tracking server or folder; None for the default.
        neighbours: a data folder; the page then shows beside each mistake which of its training stones are alike.

    Raises:
        DataError: if a folder does not fit, or no class name in it is known.
        BundleError: if there is no sound bundle.
        TrackingError: if there is no such run.
        OutputError: if the report cannot be written.
    """
    check_report_folder(out)
    bundle = find_model(model, tracking)
    labelled = find_labelled(folders, split, bundle.taxonomy)
    known = None if neighbours is None else known_stones(neighbours, bundle)
    report = evaluate_bundle(bundle, labelled, split=split, target_precision=target_precision)
    report = replace(report, curves=read_curves(bundle.info.run_id, (LOSS_CURVE, FLAT_CURVE, FAMILY_CURVE), tracking))
    if known is not None and neighbours is not None:
        report = _with_neighbours(report, known, neighbours.resolve().name)
    write_report(report, out)
    return report


def find_model(model: str | None, tracking: str | None) -> Bundle:
    """Load the bundle of a folder or of a tracked run.

    Raises:
        BundleError: if there is no sound bundle.
        TrackingError: if there is no such run.
    """
    if model is None or not is_run(model):
        return load_bundle(model)
    return load_bundle(find_bundle(model, tracking))


def is_run(model: str | None) -> bool:
    """Whether a name means a tracked run, and no folder."""
    if model is None or model == SHIPPED_NAME:
        return False
    # A name with a slash is meant as a folder, even if it is missing.
    return not (Path(model).exists() or os.sep in model or "/" in model)


def evaluate_bundle(
    bundle: Bundle, labelled: LabelledPictures, *, split: str, target_precision: float | None = None
) -> Report:
    """Classify labelled pictures and compare with their labels; `split` is only named in the report.

    Raises:
        ValueError: if `target_precision` is outside its range.
    """
    precision = bundle.info.default_precision if target_precision is None else target_precision
    return report_on(
        bundle, labelled, _classified(bundle, labelled, precision), split=split, target_precision=precision
    )


def report_on(
    bundle: Bundle, labelled: LabelledPictures, found: Classified, *, split: str, target_precision: float
) -> Report:
    """Compare what became of labelled pictures with their labels.

    Args:
        bundle: the model.
        labelled: the pictures.
        found: what became of them.
        split: of the pictures; it is only named.
        target_precision: with which the results were decided.
    """
    pictures = labelled.pictures
    known = [
        (_answer(result), picture.label, picture.group)
        for picture, result in zip(pictures, found.results, strict=True)
        if picture.label is not None and picture.label in bundle.space
    ]
    return Report(
        model_version=bundle.info.model_version,
        run_id=bundle.info.run_id,
        decided_by=bundle.info.strategy,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        split=split,
        labelled=labelled,
        results=found.results,
        evaluation=evaluate_probabilities(
            found.probabilities,
            [picture.label for picture in pictures],
            [picture.group for picture in pictures],
            space=bundle.space,
            taxonomy=bundle.taxonomy,
        ),
        answers=answer_figures(
            [answer for answer, _, _ in known],
            [label for _, label, _ in known],
            [group for _, _, group in known],
            taxonomy=bundle.taxonomy,
            target_precision=target_precision,
            threshold=bundle.info.thresholds.threshold_for(target_precision),
        ),
        space=bundle.space,
        taxonomy=bundle.taxonomy,
        thresholds=bundle.info.thresholds,
        probabilities=found.probabilities,
        without_gem=found.without_gem,
        crops=found.crops,
    )


def write_report(report: Report, folder: Path) -> None:
    """Write the page, the figures and the tables of a report, in place of an earlier report.

    Raises:
        OutputError: if the folder cannot be written, or holds something else.
    """
    write_report_folder(folder, report_files(report))


def report_files(report: Report) -> dict[str, str]:
    """The texts of the page, the figures and the tables of a report, by the names of their files."""
    return {
        PAGE_FILE: page(report),
        REPORT_FILE: report.to_json(),
        PREDICTIONS_FILE: predictions_table(report),
        CLASSES_FILE: classes_table(report),
        CONFUSION_FILE: confusion_table(report),
    }


def _with_neighbours(report: Report, known: Known, name: str) -> Report:
    """The same with the nearest stones of the mistakes that the page shows."""
    rows = [mistake.row for mistake in mistakes(report)[:MOST_SHOWN]]
    nearest = known.nearest(report.probabilities["flat"][rows])
    return replace(report, neighbours=dict(zip(rows, nearest, strict=True)), neighbours_in=name)


def _classified(bundle: Bundle, labelled: LabelledPictures, target_precision: float) -> Classified:
    """Classify all pictures, and keep the stones of those that are named wrongly."""
    pictures = labelled.pictures
    found = {strategy: np.zeros((len(pictures), len(bundle.space))) for strategy in STRATEGIES}
    results: list[Prediction | Failure] = []
    without_gem = np.zeros(len(pictures), dtype=np.bool_)
    mistaken: dict[int, str] = {}
    cutter = Cutter(bundle.finder, bundle.info.size)
    crops = stone_crops([picture.image for picture in pictures], cutter, workers=usable_cores(), ahead=2 * BATCH)
    with (
        closing(crops),
        click.progressbar(
            crops, length=len(pictures), label="Classifying", file=sys.stderr, hidden=not sys.stderr.isatty()
        ) as shown,
    ):
        waiting = iter(shown)
        while batch := list(islice(waiting, BATCH)):
            stones = {row: crop for row, crop in enumerate(batch, start=len(results)) if isinstance(crop, StoneCrop)}
            predictions = iter(_predictions(bundle, stones, found, target_precision))
            results += [crop if isinstance(crop, Failure) else next(predictions) for crop in batch]
            for row, stone in stones.items():
                without_gem[row] = stone.score < bundle.info.stone_threshold
                label = pictures[row].label
                if label in bundle.space and bundle.space.labels[found[bundle.info.strategy][row].argmax()] != label:
                    mistaken[row] = crop_thumbnail(stone.pixels)
    return Classified(tuple(results), found, without_gem, mistaken)


def _predictions(
    bundle: Bundle,
    stones: Mapping[int, StoneCrop],
    found: Mapping[Strategy, Probabilities],
    target_precision: float,
) -> list[Prediction]:
    """The predictions of the stones of some rows, whose probabilities are put into these rows of `found`."""
    if not stones:
        return []
    probabilities = bundle.probabilities(np.stack([stone.pixels for stone in stones.values()])).by_strategy
    for strategy, of_label in probabilities.items():
        found[strategy][list(stones)] = of_label
    return bundle.predictions(
        list(stones.values()),
        probabilities[bundle.info.strategy],
        top=TOP,
        target_precision=target_precision,
    )


def _answer(result: Prediction | Failure) -> str | None:
    return result.answer.id if isinstance(result, Prediction) and result.answer is not None else None
