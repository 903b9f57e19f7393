"""What a calibration promises at home and away: likeness, names, precision, calibration error and shortlists.

    python benchmarks/away.py out_of_fold.npz --model BUNDLE --unlike rough --unlike certificates
    python benchmarks/away.py out_of_fold.npz --model BUNDLE --images IMAGES.csv --kind phone --kind shop

The answers are those of a training with --folds whose data have other makers' photographs, each maker one group
(`leave_makers_out.py` without --leave). Each fold is calibrated on the others, so a maker's photographs by what is
known from home and from the other makers. What is of a group that begins with "maker " is away, the rest home. With
--kind, only photographs of these kinds count as away, by IMAGES.csv, the table that `leave_makers_out.py` takes; all
are calibrated on. Figures come with intervals of 95%, by drawing stones; in each figure a stone counts once, as the
mean of its photographs. Folders given with --unlike are held against the likeness of the calibrated answers.
"""

import argparse
import csv
import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from leave_makers_out import AWAY

from gemhier import load_bundle
from gemhier.arrays import Booleans, Float64, Indices
from gemhier.hierarchy.answering import fit_thresholds, paths
from gemhier.hierarchy.intervals import bootstrap, bootstrap_mean
from gemhier.hierarchy.labels import LabelSpace
from gemhier.hierarchy.metrics import expected_calibration_error, top_k_hits
from gemhier.models.bundle import Bundle
from gemhier.models.bundle.likeness import Likeness
from gemhier.models.images.decode import read_image
from gemhier.models.images.files import list_images
from gemhier.models.images.finder import Finder, load_finder
from gemhier.pipeline.training.answers_file import Answers, read_answers
from gemhier.pipeline.training.by_likeness import ByLikeness, calibrate_by_likeness

PRECISION, GUARANTEES = 0.9, (0.9, 0.95)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("answers", type=Path)
    parser.add_argument("--model", type=Path, required=True, help="A bundle with the labels of the answers.")
    parser.add_argument("--finder", type=Path, help="A finder that gives features; without it the model's.")
    parser.add_argument("--unlike", type=Path, action="append", default=[], help="A folder of other pictures.")
    parser.add_argument("--images", type=Path, help="A table beside the photographs, with their file and kind.")
    parser.add_argument("--kind", action="append", default=[], help="Count these kinds alone as away; needs --images.")
    arguments = parser.parse_args()
    if arguments.kind and arguments.images is None:
        parser.error("--kind needs --images.")
    bundle, answers = load_bundle(arguments.model), read_answers(arguments.answers)
    found = calibrate_by_likeness(answers, bundle.space, bundle.info.stone_threshold)
    home = np.array([not group.startswith(AWAY) for group in answers.groups])
    away = ~home & (of_kinds(answers, arguments.images, arguments.kind) if arguments.kind else True)
    stones = np.array(answers.stones or answers.groups)
    unlike = found.calibration.unlike
    print(f"{len(away)} answers, {away.sum()} of them away; unlike stones: {unlike.stones if unlike else 'too few'}\n")
    print("| pictures | stones | unlike |\n| --- | --- | --- |")
    print(share("home, out of fold", ~found.like[home], stones[home]))
    groups = np.array(answers.groups)
    for group in sorted(set(groups[away])):
        chosen = away & (groups == group)
        print(share(group, ~found.like[chosen], stones[chosen]))
    finder = load_finder(arguments.finder) if arguments.finder else bundle.finder
    for folder in arguments.unlike:
        if found.calibration.likeness is None or not isinstance(finder, Finder):
            raise SystemExit("These answers hold no features, or the model has no finder that gives them.")
        seen = unlike_in(folder, finder, found.calibration.likeness)
        print(share(folder.name, seen, np.arange(len(seen)).astype(str)))
    print("\n| right names, all pictures | stones | share |\n| --- | --- | --- |")
    probabilities = found.probabilities[found.calibration.strategy]
    for places in (1, 3):
        hits = top_k_hits(probabilities, found.truth, places)
        for name, chosen in (("home", home), ("away", away)):
            print(share(f"{name}, top-{places}", hits[chosen], stones[chosen]))
    for name, chosen in (("home", home), ("away", away), ("away, unlike", away & ~found.like)):
        if chosen.any():
            promises(name, chosen & found.with_gem, bundle, answers, found, stones)


def of_kinds(answers: Answers, table: Path, kinds: Sequence[str]) -> Booleans:
    """Return which of N answers are of photographs of some kinds, known by the SHA-256 of their files."""
    with table.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["kind"] in kinds]
    digests = {hashlib.sha256((table.parent / row["file"]).read_bytes()).hexdigest() for row in rows}
    found = np.array([digest in digests for digest in answers.sha256])
    if not found.any():
        raise SystemExit(f"{table}: none of its photographs of {', '.join(kinds)} is among the answers.")
    return found


def unlike_in(folder: Path, finder: Finder, likeness: Likeness) -> Booleans:
    """Return which pictures of a folder are unlike."""
    images = map(read_image, list_images([folder]))
    features, sides = zip(*((finder.features(image), min(image.shape[:2])) for image in images), strict=True)
    return ~likeness.like(np.stack(features), sides)


def promises(
    name: str, chosen: Booleans, bundle: Bundle, answers: Answers, found: ByLikeness, stones: np.ndarray
) -> None:
    """Print what is promised of some pictures, and what comes of it."""
    probabilities = found.probabilities[found.calibration.strategy]
    top = probabilities.argmax(axis=1)
    error = calibration_error(probabilities[chosen].max(axis=1), (top == found.truth)[chosen], stones[chosen])
    given, right = answered(found, answers, bundle.space)
    print(f"\n{name}: {chosen.sum()} pictures in which a gem stands out, calibration error {error}")
    print("| figure | stones | share |\n| --- | --- | --- |")
    print(share(f"asked for {PRECISION}: answered", given[chosen], stones[chosen]))
    print(share("right of these", right[chosen & given], stones[chosen & given]))
    for guarantee in GUARANTEES:
        lists = found.shortlists(answers, guarantee, bundle.space, bundle.taxonomy)
        rows = [row for row in np.flatnonzero(chosen) if lists[row] is not None]
        held = np.array([answers.truth[row] in lists[row].labels for row in rows])  # type: ignore[union-attr]
        sizes = np.array([len(lists[row].labels) for row in rows], np.float64)  # type: ignore[union-attr]
        print(share(f"shortlist at {guarantee}: holds the label", held, stones[rows]))
        print(share(f"shortlist at {guarantee}: labels in it", sizes, stones[rows]))


def calibration_error(stated: Float64, right: Booleans, stones: np.ndarray) -> str:
    """Return the expected calibration error, a stone counting once, with its interval."""
    _, of, pictures = np.unique(stones, return_inverse=True, return_counts=True)
    weights = 1 / pictures[of]

    def error(rows: Indices) -> float:
        return expected_calibration_error(stated[rows], right[rows], weights=weights[rows])

    found = bootstrap(error, stones, within=(0, 1))
    return f"{error(np.arange(len(stated))):.3f} ({found.low:.3f} to {found.high:.3f})"


def answered(found: ByLikeness, answers: Answers, space: LabelSpace) -> tuple[Booleans, Booleans]:
    """Return which pictures are answered, and which answers are right, each fold by thresholds of the others."""
    probabilities = found.probabilities[found.calibration.strategy]
    given, right = np.zeros((2, len(found.truth)), dtype=np.bool_)
    for fold in np.unique(answers.folds):
        for side, calibrating in ((found.like, found.like), (~found.like, found.once)):
            others = calibrating if found.calibration.unlike is not None else found.like
            others = others & (answers.folds != fold)
            rows = np.flatnonzero(side & (answers.folds == fold))
            if not len(rows):
                continue
            thresholds = fit_thresholds(probabilities[others], found.truth[others], space)
            nodes = paths(probabilities[rows], space).answers(thresholds.threshold_for(PRECISION))
            given[rows] = nodes >= 0
            right[rows] = (nodes >= 0) & space.membership[found.truth[rows], np.maximum(nodes, 0)]
    return given, right


def share(name: str, values: Booleans | Float64, stones: np.ndarray) -> str:
    """Return a row: the mean over stones, each by the mean of its pictures, with its interval."""
    _, of = np.unique(stones, return_inverse=True)
    if not len(of):
        return f"| {name} | 0 | |"
    means = np.bincount(of, weights=values) / np.bincount(of)
    found = bootstrap_mean(means, np.arange(len(means)))
    return f"| {name} | {len(means)} | {means.mean():.3f} ({found.low:.3f} to {found.high:.3f}) |"


if __name__ == "__main__":
    main()
