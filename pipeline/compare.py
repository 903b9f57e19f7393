"""Compare two models on the same pictures, or the reports of two earlier evaluations."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from gemhier.errors import DataError
from gemhier.hierarchy.decoding import STRATEGIES, Strategy
from gemhier.models.bundle import Bundle
from gemhier.models.bundle.files import SHIPPED_NAME
from gemhier.pipeline.data.labelled_images import find_labelled
from gemhier.pipeline.data.sources import check_outside_sources
from gemhier.pipeline.evaluation.model_comparison import ModelComparison, Side, compare_sides
from gemhier.pipeline.reports.compared_models import folder_title, is_report, read_side, side_of
from gemhier.pipeline.reports.comparison_tables import (
    CHANGES_FILE,
    COMPARE_FILE,
    PAGE_FILE,
    changes_table,
    compare_json,
)
from gemhier.pipeline.reports.folder import FolderKind, check_report_folder, write_report_folder
from gemhier.pipeline.reports.html.comparison import page
from gemhier.pipeline.reports.measuring import evaluate_bundle
from gemhier.pipeline.tracking.finding import find_model, is_run, run_title

FOLDER = FolderKind("a comparison", COMPARE_FILE, "gemhier-comparison", (PAGE_FILE, COMPARE_FILE, CHANGES_FILE))


def compare_models(
    first: str,
    second: str,
    folders: Sequence[Path],
    *,
    split: str = "test",
    out: Path | None = None,
    tracking: str | None = None,
) -> ModelComparison:
    """Let two models name the same pictures, and compare what they say.

    Args:
        first: a bundle's folder, a tracked run or `shipped`, with `@flat` and so on for another strategy than
            its own; or the folder of a report, if there are no `folders`.
        second: another one.
        folders: folders of class folders, or folders that `gemhier prepare` wrote.
        split: one of `manifest.SPLITS`, where the folders have any.
        out: a folder for the page and the tables, an earlier comparison in which is replaced; None to write none.
        tracking: a tracking server or folder; None for the default.

    Raises:
        DataError: if the pictures do not fit, or both have none in common.
        BundleError: if there is no sound bundle.
        TrackingError: if there is no such run.
        OutputError: if the folder cannot be written, or would lie among the pictures.
    """
    if out is not None:
        check_report_folder(out, FOLDER)
        check_outside_sources(out, folders)
    names = (first, second)
    sides = _evaluated(names, folders, split, tracking) if folders else [_reported(name) for name in names]
    comparison = compare_sides(*sides)
    if out is not None:
        contents = {
            PAGE_FILE: page(comparison),
            COMPARE_FILE: compare_json(comparison, FOLDER.format),
            CHANGES_FILE: changes_table(comparison),
        }
        write_report_folder(out, contents, FOLDER)
    return comparison


def _evaluated(names: Sequence[str], folders: Sequence[Path], split: str, tracking: str | None) -> list[Side]:
    for name in names:
        if is_report(Path(name)):
            raise DataError(f"{name}: a report, made on pictures of its own. Leave out {folders[0]}, or name a model.")
    # Whatever is wrong with the second model or its labels is told before the first looks at any picture.
    bundles = [_model(name, tracking) for name in names]
    labelled = [find_labelled(folders, split, bundle.taxonomy) for bundle in bundles]
    return [
        side_of(evaluate_bundle(bundle, images, split=split), name, _title(name, tracking))
        for name, bundle, images in zip(names, bundles, labelled, strict=True)
    ]


def _reported(name: str) -> Side:
    if not is_report(Path(name)):
        raise DataError(f"{name}: not a report. Name the pictures on which to compare models, or name two reports.")
    return read_side(Path(name))


def _model(name: str, tracking: str | None) -> Bundle:
    """Return the bundle of a name, which decides in the way that the name asks for."""
    model, strategy = _parts(name)
    bundle = find_model(model, tracking)
    return replace(bundle, info=replace(bundle.info, strategy=strategy)) if strategy else bundle


def _title(name: str, tracking: str | None) -> str:
    """Return what a model is called, with the way to decide that was asked for."""
    model, strategy = _parts(name)
    if is_run(model):
        title = run_title(model, tracking)
    else:
        title = folder_title(Path(model)) if Path(model).exists() else model
    return f"{title}@{strategy}" if strategy else title


def _parts(name: str) -> tuple[str, Strategy | None]:
    """Return the model that a name means, and the way to decide that it asks for, if any."""
    model, _, ending = name.rpartition("@")
    strategy = next((known for known in STRATEGIES if known == ending), None)
    if strategy is None and not Path(name).exists() and (model == SHIPPED_NAME or (model and Path(model).exists())):
        known_strategies = ", ".join(f"@{known}" for known in STRATEGIES)
        raise DataError(f"{name}: @{ending} is no strategy. Use {known_strategies}, or leave it out.")
    return (model, strategy) if model and strategy else (name, None)
