"""Make a run's bundle a folder of its own, to ship or to classify with."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from gemhier.errors import DataError
from gemhier.models.bundle import Bundle, load_bundle
from gemhier.models.bundle.files import NETWORK_FILE, REPORT_FILE, check_bundle_folder
from gemhier.models.images.untrained_finders import UNTRAINED
from gemhier.models.networks.eight_bits import in_eight_bits
from gemhier.pipeline.reports.model_card import NOTES, OUT_OF_FOLD, VALIDATION, write_with_report
from gemhier.pipeline.tracking.finding import find_bundle

_EIGHT_BITS = "+8bit"
"""What the version of a model gains whose weights are in 8 bits: it answers a little otherwise."""

_OF_TRAINING = ("data", "config", VALIDATION, OUT_OF_FOLD, NOTES)
"""What a report keeps of a model whose weights are rounded: nothing that was measured on a bundle."""


def package(
    run: str,
    out: Path,
    *,
    evaluations: Mapping[str, Path] | None = None,
    before_refit: Mapping[str, Path] | None = None,
    stone_threshold: float | None = None,
    eight_bits: bool = False,
    notes: Path | None = None,
    tracking: str | None = None,
) -> Bundle:
    """Write the bundle of a run to a folder.

    Args:
        run: a run's id, the beginning of one, a run's name, `latest`, or an alias in the model registry; a bundle's
            folder is taken as it is.
        out: the folder to write; an older bundle there is replaced.
        evaluations: name of what was evaluated -> folder that `gemhier evaluate` wrote; their figures
            go into the bundle's report and card.
        before_refit: the same of another model: one made in the same way that had not yet learned from these
            pictures. The card says so.
        stone_threshold: the least score of a gem, from 0 to 1; None for the run's.
        eight_bits: keep large convolutions of its network in 8 bits: `gemhier.models.networks.eight_bits`. Evaluations
            of what it was before are left out. The stone finder stays, since its scores would move.
        notes: a file of Markdown that goes into the card; None to leave those that are there.
        tracking: a tracking server or folder; None for the default.

    Raises:
        TrackingError: if there is no such run, or it has no bundle.
        DataError: if an evaluation cannot be read, or is of another model, or the notes cannot be read.
        BundleError: if the bundle is damaged.
        OutputError: if the folder cannot be written, or holds something else.
    """
    check_bundle_folder(out)
    source = load_bundle(run if Path(run).is_dir() else find_bundle(run, tracking))
    report: dict[str, Any] = json.loads((source.folder / REPORT_FILE).read_text(encoding="utf-8"))
    rounded = eight_bits and _EIGHT_BITS not in source.info.model_version
    if rounded:
        source = replace(source, info=replace(source.info, model_version=_version(source.info.model_version)))
        report = {name: report[name] for name in _OF_TRAINING if name in report}
    for name, folder in (evaluations or {}).items():
        report[name] = _evaluation(folder)
        if report[name].get("model_version") != source.info.model_version:
            raise DataError(
                f"{folder}: is not about {source.info.model_version}. Evaluate this model with `gemhier evaluate` "
                "first, or name the folder with --before-refit."
            )
    for name, folder in (before_refit or {}).items():
        report[name] = _evaluation(folder)
    if notes is not None:
        report[NOTES] = _text(notes)
    if stone_threshold is not None:
        if source.info.finder in UNTRAINED:
            raise DataError(
                f"{source.info.model_version}: looks for no stone (finder {source.info.finder}), so it has no "
                "threshold. Leave --stone-threshold out."
            )
        source = replace(source, info=replace(source.info, stone_threshold=stone_threshold))
    network = in_eight_bits((source.folder / NETWORK_FILE).read_bytes()) if rounded else None
    return write_with_report(source, out, report, network=network)


def _version(before: str) -> str:
    """Name a model in 8 bits; what names its calibration stays last."""
    name, plus, calibration = before.partition("+cal")
    return f"{name}{_EIGHT_BITS}{plus}{calibration}"


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise DataError(f"{path}: the notes cannot be read ({error.strerror}). Name a file of Markdown.") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: the notes are no text in UTF-8. Name a file of Markdown.") from error


def _evaluation(folder: Path) -> dict[str, Any]:
    path = folder / "report.json"
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(
            f"{path}: cannot be read ({error.strerror}). Name a folder that `gemhier evaluate` wrote."
        ) from error
    except ValueError as error:
        raise DataError(f"{path}: not a report ({error}). Name a folder that `gemhier evaluate` wrote.") from error
    if not isinstance(found, dict) or "strategies" not in found:
        raise DataError(f"{path}: not a report. Name a folder that `gemhier evaluate` wrote.")
    return found
