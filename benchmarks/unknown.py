"""Is a gem recognised that the model has no name for? Classes are left out of calibration, or of training.

    python benchmarks/unknown.py out_of_fold.npz --model BUNDLE
    python benchmarks/unknown.py out_of_fold.npz --model BUNDLE --families

The answers are those of a training with --folds. The labels are divided at random into --sets sets (with --families,
whole families are). Each set in turn is masked: its logits are taken out, and all is calibrated on the pictures of the
others, each fold on the other folds. So each picture is once of a gem that has no name. This flatters: the network has
learned these gems, and keeps them apart from others. What comes of a training without some classes is measured by

    python benchmarks/leave_classes_out.py DATA --out without
    gemhier train without/data --folds 3
    gemhier package latest --out bundle-without
    python benchmarks/unknown.py OUT_OF_FOLD --model bundle-without --unknown without/left-out

where OUT_OF_FOLD is the out_of_fold.npz that this training recorded.

A picture is refused where a score is above a threshold that 95% of the known stones of the other folds keep to, with
the correction for a finite number of them, each stone counting once. Only pictures count in which a gem stands out,
and that are like most of the answers, where these hold features (others have a caution of their own). The intervals
of 95% draw stones of known gems, and whole classes (or families) of gems without a name.
"""

import argparse
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from gemhier import Failure, load_bundle
from gemhier.arrays import Booleans, Float64, Indices
from gemhier.hierarchy.decoding import Strategy
from gemhier.hierarchy.intervals import bootstrap_mean
from gemhier.hierarchy.labels import LabelSpace
from gemhier.hierarchy.novelty import entropies, highest_of_known
from gemhier.models.bundle import Bundle
from gemhier.models.bundle.probabilities import decode
from gemhier.models.images.files import list_images
from gemhier.models.networks.modes import TRAINED_STRATEGIES
from gemhier.models.runtime.logits import Logits
from gemhier.pipeline.training.answers_file import Answers, read_answers
from gemhier.pipeline.training.calibration import calibrate, cross_fitted
from gemhier.pipeline.training.likeness import cross_fitted_likeness, one_of_each
from gemhier.progress import progress


@dataclass(frozen=True, eq=False)
class Seen:
    """What a network says of N pictures, without the labels that are left out."""

    logits: Logits
    by_strategy: Mapping[Strategy, Float64]
    decided: Float64
    space: LabelSpace

    @property
    def families(self) -> Float64:
        """(N, F) P(family)."""
        return self.decided @ self.space.membership[:, : len(self.space.families)]


def _energy(logits: Float64) -> Float64:
    highest = logits.max(axis=1)
    return np.asarray(-highest - np.log(np.exp(logits - highest[:, None]).sum(axis=1)))


SCORES: dict[str, Callable[[Seen], Float64]] = {
    "largest P(label)": lambda seen: -seen.decided.max(axis=1),
    "largest P(family)": lambda seen: -seen.families.max(axis=1),
    "entropy of P(label), as in bundles": lambda seen: entropies(seen.decided),
    "largest logit of a label": lambda seen: -seen.logits.flat.max(axis=1).astype(np.float64),
    "largest logit of a family": lambda seen: -seen.logits.family.max(axis=1).astype(np.float64),
    "energy of the labels": lambda seen: _energy(seen.logits.flat.astype(np.float64)),
    "energy of the families": lambda seen: _energy(seen.logits.family.astype(np.float64)),
    "both energies": lambda seen: sum(
        (_energy(part.astype(np.float64)) for part in (seen.logits.flat, seen.logits.family)), np.zeros(1)
    ),
    "one stage and two disagree": lambda seen: (
        np.abs(seen.by_strategy["flat"] - seen.by_strategy["soft"]).sum(axis=1) / 2
    ),
}
"""How little a picture looks like any gem that has a name; each costs nothing beside the answer.

Largest probability: Hendrycks & Gimpel, ICLR 2017. Largest logit: Hendrycks et al., ICML 2022. Energy, the logarithm of
the sum of exp(logit): Liu et al., Energy-based Out-of-distribution Detection, NeurIPS 2020.
"""


@dataclass(frozen=True, eq=False)
class Scored:
    """The scores of N known pictures and of M of gems without a name, by their names in `SCORES`.

    Attributes:
        known: (N,) of each, with what the other folds gave.
        unknown: (M,) of each.
        refused_known: (N,) whether each is above the threshold of the other folds.
        refused_unknown: (M,).
    """

    known: Mapping[str, Float64]
    unknown: Mapping[str, Float64]
    refused_known: Mapping[str, Booleans]
    refused_unknown: Mapping[str, Booleans]


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("answers", type=Path)
    parser.add_argument("--model", type=Path, required=True, help="A bundle with the labels of the answers.")
    parser.add_argument("--sets", type=int, default=8, help="Into how many sets the labels are divided.")
    parser.add_argument("--families", action="store_true", help="Leave out whole families.")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--unknown", type=Path, help="Class folders that the training left out.")
    arguments = parser.parse_args()
    bundle, answers = load_bundle(arguments.model), read_answers(arguments.answers)
    answers = counted(answers, bundle.info.stone_threshold)
    print(f"{len(answers.truth)} answers of {len(set(answers.stones or answers.groups))} stones count\n")
    if arguments.unknown is not None:
        logits, classes = unknown_pictures(bundle, arguments.unknown)
        print(f"{len(classes)} pictures of {len(set(classes))} classes without a name count\n")
        rounds = [(np.arange(len(answers.truth)), left_out_of_training(answers, logits), classes)]
    else:
        sets = divided(answers.labels, arguments.sets, arguments.families, arguments.seed)
        rounds = list(masked(answers, sets))
    print("| score | known, refused | without a name, refused | AUROC |\n| --- | --- | --- | --- |")
    for line in lines(answers, rounds, arguments.families):
        print(line)


def counted(answers: Answers, stone_threshold: float) -> Answers:
    """Return the answers in whose pictures a gem stands out, and that are like most of them."""
    kept = answers.scores >= stone_threshold
    if answers.features.size:
        _, like = cross_fitted_likeness(answers.features, answers.groups, answers.folds, answers.sides)
        kept &= like
    return _rows(answers, kept)


def divided(labels: tuple[str, ...], sets: int, families: bool, seed: int) -> list[set[str]]:
    """Divide labels at random, by families or each by itself."""
    units = sorted({label.partition("/")[0] for label in labels}) if families else list(labels)
    drawn = np.random.default_rng(seed).permutation(len(units)) % sets
    of = dict(zip(units, drawn.tolist(), strict=True))
    return [
        {label for label in labels if of[label.partition("/")[0] if families else label] == each}
        for each in range(sets)
    ]


def masked(answers: Answers, sets: list[set[str]]) -> Iterator[tuple[Indices, Scored, list[str]]]:
    """Yield, for each set of labels, which rows are of the others, the scores, and the labels of its pictures."""
    for left_out in sets:
        kept = np.array([label not in left_out for label in answers.labels])
        space = LabelSpace(tuple(label for label in answers.labels if label not in left_out))
        families = LabelSpace(answers.labels).families
        logits = Logits(
            flat=answers.logits.flat[:, kept],
            family=answers.logits.family[:, [family in space.families for family in families]],
            regional=answers.logits.regional[:, kept],
        )
        known = np.array([label not in left_out for label in answers.truth])
        truth = np.array([space.index(label) if label in space else 0 for label in answers.truth], dtype=np.intp)
        found = cross_fitted(logits, truth, answers.folds, space, answers.mode, calibrating=known)
        seen = Seen(logits, found, found[TRAINED_STRATEGIES[answers.mode][-1]], space)
        scores = {name: score(seen) for name, score in SCORES.items()}
        refused = {name: refusals(answers, each, known) for name, each in scores.items()}
        yield (
            np.flatnonzero(known),
            Scored(
                {name: each[known] for name, each in scores.items()},
                {name: each[~known] for name, each in scores.items()},
                {name: each[known] for name, each in refused.items()},
                {name: each[~known] for name, each in refused.items()},
            ),
            [answers.truth[row] for row in np.flatnonzero(~known)],
        )


def refusals(answers: Answers, scores: Float64, known: Booleans) -> Booleans:
    """Return which of N pictures are above the threshold that the known stones of the other folds give."""
    once = one_of_each(answers.stones or answers.groups, known)
    refused = np.zeros(len(scores), dtype=np.bool_)
    for fold in np.unique(answers.folds):
        inside = answers.folds == fold
        refused[inside] = above(scores[inside], scores[once & ~inside])
    return refused


def above(scores: Float64, known: Float64) -> Booleans:
    """Return which scores are above those that known stones keep to; none where so few do not assure it."""
    highest = highest_of_known(known)
    return scores > (np.inf if highest is None else highest)


def unknown_pictures(bundle: Bundle, folder: Path) -> tuple[Logits, list[str]]:
    """Return what a network says of pictures of classes that it has not learned, and their classes."""
    files = list(list_images([folder]))
    known = {bundle.taxonomy.resolve(file.parent.name).id for file in files} & set(bundle.space.labels)
    if known:
        raise SystemExit(f"{folder}: the model has names for {', '.join(sorted(known))}. Name classes that it has not.")
    parts, classes = [], []
    with progress(bundle.results([str(file) for file in files]), f"Looking at {folder}", length=len(files)) as shown:
        for file, result in zip(files, shown, strict=True):
            if isinstance(result, Failure) or result.crop.score < bundle.info.stone_threshold:
                continue
            if result.prediction.like is False:
                continue
            parts.append(bundle.network.logits(result.crop.pixels[None]))
            classes.append(file.parent.name)
    if not parts:
        raise SystemExit(f"{folder}: in none of its pictures does a gem stand out.")
    return Logits.joined(parts), classes


def left_out_of_training(answers: Answers, logits: Logits) -> Scored:
    """Score known pictures out of fold, and pictures of classes that no network has learned."""
    space = LabelSpace(answers.labels)
    truth = np.array([space.index(label) for label in answers.truth], dtype=np.intp)
    strategy = TRAINED_STRATEGIES[answers.mode][-1]
    found = cross_fitted(answers.logits, truth, answers.folds, space, answers.mode)
    known = Seen(answers.logits, found, found[strategy], space)
    fitted = calibrate(answers.logits, truth, space, answers.mode)
    others = decode(logits, fitted.temperatures, fitted.fusion_weight, space).by_strategy
    unknown = Seen(logits, others, others[strategy], space)
    scores = {name: (score(known), score(unknown)) for name, score in SCORES.items()}
    every = np.ones(len(truth), dtype=np.bool_)
    once = one_of_each(answers.stones or answers.groups)
    return Scored(
        {name: own for name, (own, _) in scores.items()},
        {name: other for name, (_, other) in scores.items()},
        {name: refusals(answers, own, every) for name, (own, _) in scores.items()},
        {name: above(other, own[once]) for name, (own, other) in scores.items()},
    )


def lines(answers: Answers, rounds: list[tuple[Indices, Scored, list[str]]], families: bool) -> Iterator[str]:
    """Yield a row for each score: the means over all rounds, with their intervals."""
    stones = np.array(answers.stones or answers.groups)
    known_of = np.concatenate([stones[rows] for rows, _, _ in rounds])
    classes = [label for _, _, labels in rounds for label in labels]
    drawn = [label.partition("/")[0] for label in classes] if families else classes
    for name in SCORES:
        known = np.concatenate([found.refused_known[name] for _, found, _ in rounds])
        unknown = np.concatenate([found.refused_unknown[name] for _, found, _ in rounds])
        auroc = np.concatenate([_auroc(found.unknown[name], found.known[name]) for _, found, _ in rounds])
        yield f"| {name} | {mean(known, known_of)} | {mean(unknown, drawn)} | {mean(auroc, drawn)} |"


def _auroc(unknown: Float64, known: Float64) -> Float64:
    """(M,) the share of the known scores that each is above, ties counting half: the mean is the AUROC."""
    ordered = np.sort(known)
    sides = [np.searchsorted(ordered, unknown, side=side) for side in ("left", "right")]
    return np.asarray(np.mean(sides, axis=0) / len(known))


def mean(values: Booleans | Float64, groups: np.ndarray | list[str]) -> str:
    """Return a mean with its interval."""
    found = bootstrap_mean(values, groups)
    return f"{np.mean(values):.3f} ({found.low:.3f} to {found.high:.3f})"


def _rows(answers: Answers, kept: Booleans) -> Answers:
    """Return some of the answers."""
    chosen = np.flatnonzero(kept)
    texts = {
        name: tuple(getattr(answers, name)[row] for row in chosen)
        for name in ("sha256", "truth", "groups", *(("stones",) if answers.stones else ()))
    }
    return replace(
        answers,
        folds=answers.folds[kept],
        scores=answers.scores[kept],
        logits=answers.logits.map(lambda part: part[kept]),
        features=answers.features[kept] if answers.features.size else answers.features,
        **texts,
    )


if __name__ == "__main__":
    main()
