"""What a model says of the audited pictures: read from a file of predictions, or asked of a bundle now."""

import csv
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gemhier.arrays import Float64
from gemhier.errors import DataError
from gemhier.models.bundle import load_bundle
from gemhier.models.images.stones import Failure
from gemhier.progress import progress
from gemhier.spreadsheet import Rows


@dataclass(frozen=True, eq=False)
class Predicted:
    """What a model says of N pictures.

    Attributes:
        by: the model's version, or the file's name.
        labels: (K,) node ids, sorted.
        probabilities: (N, K), P(label); a row of zeros where nothing is known of the picture.
        scores: (N,) how sure the stone finder is that it sees a gem, from 0 to 1; NaN where it was not asked.
        stone_threshold: below this score there is no gem.
        asked_now: whether a bundle was asked, which may have learned from the same pictures.
    """

    by: str
    labels: tuple[str, ...]
    probabilities: Float64
    scores: Float64
    stone_threshold: float = 0.0
    asked_now: bool = False


def read_predictions(path: Path, images: Sequence[Path]) -> Predicted:
    """Read what `gemhier evaluate` wrote as predictions.csv, for some pictures.

    The file has the most probable labels of each picture only. What is left of the probability is
    spread evenly over all others, none of which is then given more than the last that is listed.

    Args:
        path: a CSV file with `image`, and `predicted_1_id`, `predicted_1_probability` and so on, best first.
        images: (N,) paths; those that the file does not name stay without a prediction.

    Raises:
        DataError: if the file cannot be read, has not these columns, or names none of the pictures.
    """
    ranked = _rankings(path)
    labels = tuple(sorted({label for ranking in ranked.values() for label in ranking}))
    column = {label: index for index, label in enumerate(labels)}
    found = np.zeros((len(images), len(labels)))
    for row, image in enumerate(images):
        ranking = ranked.get(image.absolute())
        if ranking:
            others = len(labels) - len(ranking)
            left = max(0.0, 1 - sum(ranking.values())) / max(1, others)
            found[row] = min(left, min(ranking.values()))
            found[row, [column[label] for label in ranking]] = list(ranking.values())
    if not found.any():
        raise DataError(
            f"{path}: names none of the {len(images)} pictures, but such as {next(iter(ranked), 'nothing')}. "
            "Give the predictions for these pictures, with the same paths."
        )
    return Predicted(path.name, labels, found, np.full(len(images), np.nan))


def ask_bundle(folder: Path, images: Sequence[Path]) -> Predicted:
    """Find the stones in pictures and classify them, each picture once.

    Raises:
        BundleError: if there is no sound bundle.
    """
    bundle = load_bundle(folder)
    found = np.zeros((len(images), len(bundle.space)))
    scores = np.full(len(images), np.nan)
    with progress(bundle.results(images), "Classifying", length=len(images)) as shown:
        for row, result in enumerate(shown):
            if not isinstance(result, Failure):
                found[row] = result.probabilities[bundle.info.strategy]
                scores[row] = result.crop.score
    return Predicted(
        bundle.info.model_version, bundle.space.labels, found, scores, bundle.finder.threshold, asked_now=True
    )


def _rankings(path: Path) -> dict[Path, dict[str, float]]:
    """Return the listed labels of each picture, by its absolute path; pictures without any are left out."""
    try:
        text = path.read_bytes().decode("utf-8-sig", "backslashreplace")
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}). Check the path and its permissions.") from error
    table = Rows(io.StringIO(text, newline=""))
    try:
        places = [name.removesuffix("_id") for name in table.columns if _is_ranked(name)]
        if not places or "image" not in table.columns:
            raise DataError(
                f"{path}: line 1 must name the columns image, predicted_1_id, predicted_1_probability. "
                "Give predictions.csv of a report that `gemhier evaluate` wrote."
            )
        return {
            Path(row["image"]).absolute(): ranking
            for row in table
            if (ranking := _ranking(row, places, f"{path}: line {table.line_number}"))
        }
    except csv.Error as error:
        raise DataError(f"{path}: line {table.line_number} is not CSV ({error}). Evaluate again.") from error


def _is_ranked(column: str) -> bool:
    return column.startswith("predicted_") and column.endswith("_id")


def _ranking(row: Mapping[str, str | None], places: Sequence[str], where: str) -> dict[str, float]:
    ranking: dict[str, float] = {}
    for place in places:
        label, written = row[f"{place}_id"], row.get(f"{place}_probability")
        if not label:
            continue
        try:
            probability = float(written or "")
        except ValueError:
            probability = math.nan
        if not 0 <= probability <= 1:
            raise DataError(f"{where}, column {place}_probability: {written!r} is no probability. Evaluate again.")
        ranking[label] = probability
    return ranking
