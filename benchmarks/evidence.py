"""How much readings help: pictures with simulated readings, and readings alone.

    pip install gemmology-mineral-database
    python benchmarks/evidence.py --home DATA --away FOLDER --stones FOLDER/../pictures.csv

    python benchmarks/evidence.py --answers out_of_fold.npz --model BUNDLE --guarantee 0.95 --guarantee 0.9

DATA is a prepared folder, whose test split is measured. FOLDER holds class folders of photographs from
elsewhere; the table says which of them show one stone (columns file and stone), and each stone counts once. With
--answers only shortlists are measured, on the out-of-fold answers of a training with --folds: each fold is calibrated
on the others, and so are its thresholds, apart for pictures that are unlike most. What is of a group that begins with
"maker " is away, the rest home (`away.py`), and only pictures count in which a gem stands out.

Readings are simulated. Their true values are those of a second source, the package gemmology-mineral-database,
while gemhier reasons with its own ranges: a gem that the two describe differently is named wrongly, as it would
be at the bench. Each reading has a normal error: 0.003 for a refractive index, 0.03 for a specific gravity, 0.5
for hardness. Labels that the second source lacks are listed and left out.
"""

import argparse
import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from leave_makers_out import AWAY
from second_source import Values, draw, evidence_for, second_source

from gemhier import Bundle, Failure, load_bundle
from gemhier.arrays import Booleans, Float64
from gemhier.hierarchy.evidence import Evidence
from gemhier.hierarchy.intervals import bootstrap_mean
from gemhier.hierarchy.labels import route
from gemhier.hierarchy.metrics import top_k_hits
from gemhier.hierarchy.next_tests import next_tests
from gemhier.hierarchy.posterior import posterior
from gemhier.models.bundle.shortlist import Shortlister, credible_shortlist
from gemhier.pipeline.data.labelled_images import find_labelled
from gemhier.pipeline.training.answers_file import Answers, read_answers
from gemhier.pipeline.training.by_likeness import ByLikeness, calibrate_by_likeness
from gemhier.progress import progress

SURE = 0.95


@dataclass(frozen=True, eq=False)
class Images:
    """N pictures: their labels' ids, stones, and (N, V) what the network says of them."""

    labels: Sequence[str]
    stones: Sequence[str]
    probabilities: Float64


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, action="append", default=[], help="Prepared folder, whose test is taken.")
    parser.add_argument("--away", type=Path, action="append", default=[], help="Class folders from elsewhere.")
    parser.add_argument("--stones", type=Path, help="Table of which files of FOLDER show one stone.")
    parser.add_argument("--repeats", type=int, default=20, help="How often the readings of a stone are drawn.")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--model", type=Path, help="Folder of the model; without it the shipped one.")
    parser.add_argument("--guarantee", type=float, action="append", default=[], help="Of shortlists, such as 0.95.")
    parser.add_argument("--answers", type=Path, help="Out-of-fold answers, on which shortlists are measured.")
    arguments = parser.parse_args()
    bundle = load_bundle(arguments.model)
    source = second_source(bundle)
    lacking = [label for label in bundle.space.labels if label not in source]
    print(f"{len(source)} labels are in the second source; left out: {', '.join(lacking)}\n")
    for folder in [*arguments.home, *arguments.away]:
        images = classified(bundle, folder, arguments.stones)
        measure(bundle, source, images, str(folder), arguments.repeats, arguments.seed)
        priors(bundle, images)
        for guarantee in arguments.guarantee:
            makers = [bundle.shortlister(guarantee)] * len(images.labels)
            shortlists(bundle, makers, source, images, str(folder), arguments.repeats, arguments.seed)
    if arguments.answers is None:
        without_image(bundle, source, arguments.repeats, arguments.seed)
        return
    answers = read_answers(arguments.answers)
    calibrated = calibrate_by_likeness(answers, bundle.space, bundle.info.stone_threshold)
    away = np.array([group.startswith(AWAY) for group in answers.groups])
    for guarantee in arguments.guarantee:
        makers = calibrated.shortlisters(answers, guarantee, bundle.space, bundle.taxonomy)
        for title, chosen in (("home", ~away), ("away", away)):
            rows = [row for row in np.flatnonzero(chosen) if makers[row] is not None]
            if rows:
                images = answered(answers, calibrated, rows)
                of_rows = [maker for row in rows if (maker := makers[row]) is not None]
                shortlists(bundle, of_rows, source, images, title, arguments.repeats, arguments.seed)


def answered(answers: Answers, calibrated: ByLikeness, rows: Sequence[int]) -> Images:
    """Return what networks of the other folds say of some pictures."""
    stones = answers.stones or answers.groups
    probabilities = calibrated.probabilities[calibrated.calibration.strategy][rows]
    return Images([answers.truth[row] for row in rows], [stones[row] for row in rows], probabilities)


def classified(bundle: Bundle, folder: Path, stones: Path | None) -> Images:
    """Let the network see the pictures of a folder."""
    labelled = find_labelled([folder], "test", bundle.taxonomy)
    by_file = {} if stones is None else _stones(stones)
    images = [image for image in labelled.images if image.label in bundle.space]
    labels, groups, rows = [], [], []
    results = bundle.results([image.image for image in images])
    with progress(results, f"Classifying {folder}", length=len(images)) as shown:
        for image, result in zip(images, shown, strict=True):
            if isinstance(result, Failure) or image.label is None:
                continue
            end = "/".join(Path(image.image).parts[-3:])
            labels.append(image.label)
            groups.append(by_file.get(end, image.image))
            rows.append(result.probabilities[bundle.info.strategy])
    return Images(labels, groups, np.array(rows))


def _stones(table: Path) -> dict[str, str]:
    with table.open(encoding="utf-8", newline="") as stream:
        return {row["file"]: row["stone"] for row in csv.DictReader(stream) if row["stone"]}


def measure(bundle: Bundle, source: dict[str, Values], images: Images, title: str, repeats: int, seed: int) -> None:
    """Print what the pictures of one folder give with each set of readings."""
    kept = [row for row, label in enumerate(images.labels) if label in source]
    labels = [images.labels[row] for row in kept]
    stones = [images.stones[row] for row in kept]
    weights = stone_weights(stones)
    print(f"{title}: {len(kept)} pictures of {len(set(stones))} stones, {len(images.labels) - len(kept)} left out")
    print("| readings | top-1 | tolerant top-1 | family |\n| --- | --- | --- | --- |")
    alone: Float64 | None = None
    without_wrong: Float64 | None = None
    for name, kinds, wrong in (
        ("none", (), 0.0),
        ("hardness", ("hardness",), 0.0),
        ("SG", ("sg",), 0.0),
        ("RI", ("ri",), 0.0),
        ("RI, SG", ("ri", "sg"), 0.0),
        ("RI, SG, a tenth wrong", ("ri", "sg"), 0.1),
    ):
        hits = np.zeros((len(kept), 3))
        for repeat in range(repeats if kinds else 1):
            generator = np.random.default_rng([seed, repeat])
            for place, row in enumerate(kept):
                known = evidence_for(kinds, labels[place], bundle, source, generator, wrong)
                after = posterior(images.probabilities[row], bundle.candidates, known)
                hits[place] += scored(after.labels, after.others, labels[place], bundle)
        hits /= repeats if kinds else 1
        print(f"| {name} | {' | '.join(interval(hits[:, column], weights, stones) for column in range(3))} |")
        if alone is None:
            alone = hits
        if name == "RI, SG":
            without_wrong = hits
            gain = interval(hits[:, 0] - alone[:, 0], weights, stones)
            print(f"| gain of RI, SG over none | {gain} | | |")
    if without_wrong is not None:
        loss = interval(without_wrong[:, 0] - hits[:, 0], weights, stones)
        print(f"| loss by a tenth wrong | {loss} | | |")
    steps(bundle, source, images, kept, weights, seed)
    print()


def shortlists(
    bundle: Bundle,
    makers: Sequence[Shortlister],
    source: dict[str, Values],
    images: Images,
    title: str,
    repeats: int,
    seed: int,
) -> None:
    """Print how often shortlists hold the right label, and how short they are, with and without readings."""
    kept = [row for row, label in enumerate(images.labels) if label in source]
    stones = [images.stones[row] for row in kept]
    weights = stone_weights(stones)
    print(f"{title}: shortlists of {makers[0].guarantee:g}, {len(kept)} pictures of {len(set(stones))} stones")
    print("| readings | hold the right label | labels | three at most |\n| --- | --- | --- | --- |")
    for name, kinds, wrong, with_image in (
        ("none", (), 0.0, True),
        ("SG", ("sg",), 0.0, True),
        ("RI", ("ri",), 0.0, True),
        ("RI, SG", ("ri", "sg"), 0.0, True),
        ("RI, SG, a tenth wrong", ("ri", "sg"), 0.1, True),
        ("RI, SG, without the picture", ("ri", "sg"), 0.0, False),
    ):
        found = np.zeros((len(kept), 3))
        for repeat in range(repeats if kinds else 1):
            generator = np.random.default_rng([seed, repeat])
            for place, row in enumerate(kept):
                label = images.labels[row]
                known = evidence_for(kinds, label, bundle, source, generator, wrong)
                after = posterior(images.probabilities[row] if with_image else None, bundle.candidates, known)
                listed = (
                    makers[row].of_posterior(after, bundle.candidates)
                    if with_image
                    else credible_shortlist(after, bundle.candidates, makers[row].guarantee)
                )
                labels = listed.labels
                found[place] += label in labels, len(labels), len(labels) <= 3
        found /= repeats if kinds else 1
        print(f"| {name} | {' | '.join(interval(found[:, column], weights, stones) for column in range(3))} |")
    print()


def priors(bundle: Bundle, images: Images) -> None:
    """Print what a prior does, all pictures included, over stones and over classes."""
    print("| prior | top-1 over stones | top-1 over classes | top-3 over classes |\n| --- | --- | --- | --- |")
    weights = stone_weights(images.stones)
    classes = np.array(images.labels)
    truth = np.array([bundle.space.index(label) for label in images.labels])
    for name in ("uniform", "trade"):
        known = Evidence.of(prior=name)
        found = np.array([posterior(row, bundle.candidates, known).labels for row in images.probabilities])
        hits = {k: top_k_hits(found, truth, k) for k in (1, 3)}
        over_classes = [np.mean([weighted(hits[k], weights, classes == one) for one in set(classes)]) for k in (1, 3)]
        means = " | ".join(f"{mean:.3f}" for mean in over_classes)
        print(f"| {name} | {interval(hits[1], weights, images.stones)} | {means} |")
    print()


def weighted(hits: Float64, weights: Float64, chosen: Booleans) -> float:
    """Return the weighted mean of the chosen ones."""
    return float(hits[chosen] @ weights[chosen] / weights[chosen].sum())


def steps(
    bundle: Bundle, source: dict[str, Values], images: Images, kept: Sequence[int], weights: Float64, seed: int
) -> None:
    """Print how many of the proposed tests it takes to one name at 95%."""
    generator = np.random.default_rng([seed, 1])
    taken, reached, right = np.zeros(len(kept)), np.zeros(len(kept)), np.zeros(len(kept))
    for place, row in enumerate(kept):
        label = images.labels[row]
        texts: dict[str, str] = {}
        after = posterior(images.probabilities[row], bundle.candidates, Evidence())
        while after.labels.max() < SURE and len(texts) < 4:
            tests = [test for test in next_tests(after, bundle.candidates, list(texts), most=5) if test.key in _DRAWN]
            if not tests:
                break
            read = draw(tests[0].key, source[label], bundle.candidates.gem(label).spot_only, generator)
            if not read:
                break
            texts |= read
            after = posterior(images.probabilities[row], bundle.candidates, Evidence.of(**texts))
        taken[place] = len(texts)
        reached[place] = after.labels.max() >= SURE
        right[place] = reached[place] and bundle.space.labels[int(after.labels.argmax())] == label
    share = weights @ reached
    print(
        f"proposed tests until one name has {SURE:.0%}: {share:.2f} get there with "
        f"{weights @ (taken * reached) / share:.2f} tests on average; {weights @ right / share:.2f} of these are right"
    )


_DRAWN = ("ri", "sg", "optic_character")


def without_image(bundle: Bundle, source: dict[str, Values], repeats: int, seed: int) -> None:
    """Print what readings alone give, every label equally often."""
    print("No picture, every label equally often\n| readings | top-1 | family |\n| --- | --- | --- |")
    for name, kinds in (
        ("SG", ("sg",)),
        ("RI, SG", ("ri", "sg")),
        ("RI, SG, optic character", ("ri", "sg", "optic_character")),
    ):
        generator = np.random.default_rng(seed)
        labels = [label for label in source for _ in range(repeats)]
        hits = []
        for label in labels:
            known = evidence_for(kinds, label, bundle, source, generator, 0.0)
            after = posterior(None, bundle.candidates, known)
            hits.append(scored(after.labels, after.others, label, bundle))
        found = np.array(hits)
        weights = np.full(len(labels), 1 / len(labels))
        print(f"| {name} | {interval(found[:, 0], weights, labels)} | {interval(found[:, 2], weights, labels)} |")


def scored(labels: Float64, others: Float64, label: str, bundle: Bundle) -> tuple[float, float, float]:
    """Return whether the likeliest label, one above or below it, and the likeliest family are right.

    A gem that the model cannot name counts as a wrong answer where it is likelier.
    """
    top = bundle.space.labels[int(labels.argmax())]
    tolerant = top in route(label) or label in route(top)
    families = np.bincount(bundle.space.parents, weights=labels, minlength=len(bundle.space.families))
    family = bundle.space.families[int(families.argmax())] == label.partition("/")[0]
    other = others.max(initial=0.0)
    named = other <= labels.max()
    return float(named and top == label), float(named and tolerant), float(other <= families.max() and family)


def stone_weights(stones: Sequence[str]) -> Float64:
    """(N,) so that each stone counts once; sums to 1."""
    names, places, counts = np.unique(np.array(stones), return_inverse=True, return_counts=True)
    return np.asarray(1 / counts[places] / len(names))


def interval(values: Float64, weights: Float64, groups: Sequence[str]) -> str:
    """Return a weighted mean with its 95% interval over groups."""
    names = sorted(set(groups))
    place = {name: number for number, name in enumerate(names)}
    of_group = np.zeros(len(names))
    for value, weight, group in zip(values, weights, groups, strict=True):
        of_group[place[group]] += value * weight * len(names)
    found = bootstrap_mean(of_group, np.arange(len(names)))
    return f"{of_group.mean():.3f} ({found.low:.3f} to {found.high:.3f})"


if __name__ == "__main__":
    main()
