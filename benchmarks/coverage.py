"""How many pictures can be answered at a precision, by several ways to be sure of an answer.

    python benchmarks/coverage.py DATA --backbone lite0+lite1 --folds 3

Out-of-fold answers, which `gemhier train DATA --folds 3` leaves in DATA (without them, they are made first). What an
answer takes is chosen on the pictures of the other folds, and counted on those of the fold.
"""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import click
import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from gemhier.arrays import Booleans, Float64, Indices
from gemhier.hierarchy.answering import CONFIDENCE, Paths, fit_thresholds, paths
from gemhier.hierarchy.decoding import Strategy, node_probabilities
from gemhier.hierarchy.intervals import bootstrap, bootstrap_mean, wilson
from gemhier.hierarchy.labels import LabelSpace
from gemhier.pipeline.data.crops import prepared_crops
from gemhier.pipeline.data.manifest import read_manifest
from gemhier.pipeline.data.split import grouped_folds
from gemhier.pipeline.training.config import TrainConfig
from gemhier.pipeline.training.start_tensorflow import start_tensorflow


class Known:
    """Pictures whose answers and truth are known: N of them.

    Args:
        predictions: (N, V) of each strategy, P(label).
        truth: (N,) the column of each picture's label.
        folds: (N,) the fold of each.
        space: the labels.
    """

    def __init__(self, predictions: dict[Strategy, Float64], truth: Indices, folds: Indices, space: LabelSpace) -> None:
        self.predictions, self.truth, self.folds, self.space = predictions, truth, folds, space
        self.decided = predictions["fused"]
        self.paths: Paths = paths(self.decided, space)
        on_path = self.paths.nodes >= 0
        self.right = space.membership[truth[:, None], np.maximum(self.paths.nodes, 0)] & on_path

    def signs(self) -> Float64:
        """(N, K) what a learned confidence looks at: how probable, how far ahead, how torn, and do the heads agree."""
        space, first = self.space, len(self.space.families)  # of the nodes, families come first
        families = {
            strategy: node_probabilities(predictions, space.membership)[:, :first]
            for strategy, predictions in self.predictions.items()
        }
        of_family, of_label = families["fused"], self.decided
        best = of_family.argmax(axis=1)
        rows = np.arange(len(best))
        others = [families[strategy][rows, best] for strategy in ("flat", "soft")]
        ranked, labels = np.sort(of_family)[:, ::-1], np.sort(of_label)[:, ::-1]
        columns = [ranked[:, 0], labels[:, 0], *others]
        return np.stack(
            [
                *(np.log(column + 1e-6) - np.log(1 - column + 1e-6) for column in columns),
                ranked[:, 0] - ranked[:, 1],
                labels[:, 0] - labels[:, 1],
                *(np.log(ranked[:, place] + 1e-6) for place in (1, 2)),
                *(-np.sum(each * np.log(each + 1e-9), axis=1) for each in (of_family, of_label)),
                *(families[strategy].argmax(axis=1) == best for strategy in ("flat", "hard")),
            ],
            axis=1,
        )


def one_threshold(known: Known, learned: Booleans, asked: Booleans, target: float, confidence: float) -> Indices:
    """As gemhier does: the deepest node that is at least as probable as one threshold."""
    fitted = fit_thresholds(
        known.decided[learned], known.truth[learned], known.space, precisions=(target,), confidence=confidence
    )
    return known.paths.depths(fitted.rows[0].threshold)[asked]


def one_of_each_depth(known: Known, learned: Booleans, asked: Booleans, target: float) -> Indices:
    """Choose a threshold for each depth, the deepest first, on the pictures that no deeper one answers."""
    given = np.zeros(int(asked.sum()), np.intp)
    left = np.ones(int(learned.sum()), bool)
    for depth in range(known.paths.nodes.shape[1], 0, -1):
        sure = known.paths.probabilities[:, depth - 1]
        threshold = _least(sure[learned][left], known.right[learned][left, depth - 1], target)
        given = np.where((given == 0) & (sure[asked] >= threshold), depth, given)
        left &= sure[learned] < threshold
    return given


def families_alone(known: Known, learned: Booleans, asked: Booleans, target: float) -> Indices:
    """Nothing but the family is named."""
    sure = known.paths.probabilities[:, 0]
    return (sure[asked] >= _least(sure[learned], known.right[learned, 0], target)).astype(np.intp)


def learned_families(known: Known, learned: Booleans, asked: Booleans, target: float, *, trees: bool) -> Indices:
    """Nothing but the family, as sure as a model of right and wrong, learned from the other folds, is of it."""
    signs, right = known.signs(), known.right[:, 0]
    sure, least = np.zeros(int(asked.sum())), []
    choosers = np.unique(known.folds[learned])
    for chooser in choosers:  # each fold chooses a threshold for a model that the others teach
        choosing = learned & (known.folds == chooser)
        teaching = learned & ~choosing
        model = (
            HistGradientBoostingClassifier(max_depth=3, learning_rate=0.05, max_iter=120, l2_regularization=5.0)
            if trees
            else make_pipeline(StandardScaler(), LogisticRegression(C=0.3, max_iter=2000))
        )
        model.fit(signs[teaching], right[teaching])
        least.append(_least(model.predict_proba(signs[choosing])[:, 1], right[choosing], target))
        sure += model.predict_proba(signs[asked])[:, 1] / len(choosers)
    return (sure >= np.mean(least)).astype(np.intp)


METHODS: dict[str, Callable[[Known, Booleans, Booleans, float], Indices]] = {
    "one threshold (gemhier)": partial(one_threshold, confidence=CONFIDENCE),
    "one threshold, no margin": partial(one_threshold, confidence=0.5),
    "one for each depth": one_of_each_depth,
    "families alone": families_alone,
    "families, logistic regression": partial(learned_families, trees=False),
    "families, boosted trees": partial(learned_families, trees=True),
}


def _least(sure: Float64, right: Booleans, target: float) -> float:
    """Find the lowest threshold that keeps a precision with the margin of `fit_thresholds`; infinite if none does."""
    order = np.argsort(-sure)
    given = np.arange(1, len(order) + 1)
    keeping = np.flatnonzero(wilson(np.cumsum(right[order]), given, 2 * CONFIDENCE - 1)[0] >= target)
    return float(sure[order[keeping[-1]]]) if len(keeping) else np.inf


def _share(part: Booleans, whole: Booleans, drawn: Indices) -> float:
    return float(part[drawn].sum() / max(1, whole[drawn].sum()))


def _lines(known: Known, groups: list[str], targets: tuple[float, ...]) -> Iterator[str]:
    folds, rows = known.folds, np.arange(len(known.folds))
    for target in targets:
        for name, method in METHODS.items():
            depths = np.zeros(len(folds), np.intp)
            for fold in range(int(folds.max()) + 1):
                depths[folds == fold] = method(known, folds != fold, folds == fold, target)
            given = depths > 0
            right = given & known.right[rows, np.maximum(depths - 1, 0)]
            answered, kept = bootstrap_mean(given, groups), bootstrap(partial(_share, right, given), groups)
            yield (
                f"| {target:.2f} | {name} | {given.mean():.3f} ({answered.low:.3f} to {answered.high:.3f}) | "
                f"{right.sum() / max(1, given.sum()):.3f} ({kept.low:.3f} to {kept.high:.3f}) | "
                f"{np.mean(depths > 1):.3f} |"
            )


@click.command()
@click.argument("data", type=click.Path(path_type=Path))
@click.option("--backbone", default="lite0", show_default=True)
@click.option("--folds", type=click.IntRange(min=3), default=5, show_default=True)
@click.option("--schedule", default="standard", show_default=True)
@click.option("--target", "targets", type=float, multiple=True, default=(0.9, 0.95), show_default=True)
def main(data: Path, backbone: str, folds: int, schedule: str, targets: tuple[float, ...]) -> None:
    """Count the pictures of DATA that are answered, and the share of these that are answered right."""
    manifest, config = read_manifest(data), TrainConfig(backbone=backbone, schedule=schedule, folds=folds)
    space = manifest.label_space
    rows = manifest.learnable
    groups = [row.group for row in rows]
    fold_of = grouped_folds([row.label for row in rows], groups, folds, config.seed)
    start_tensorflow()
    from gemhier.pipeline.training.cross_validation import answers_folder, out_of_fold
    from gemhier.pipeline.training.fit import Images

    images = Images(
        partial(prepared_crops, manifest, rows),
        np.array([space.index(row.label) for row in rows], dtype=np.intp),
    )
    answers = out_of_fold(
        space, images, fold_of, config, folder=answers_folder(manifest, config), features=manifest.folder / "features"
    )
    click.echo(f"{len(rows)} pictures\n")
    click.echo("| asked for | sure by | answered | right of these | deeper than the family |")
    click.echo("| --- | --- | --- | --- | --- |")
    for line in _lines(Known(dict(answers.probabilities), images.truth, fold_of, space), groups, targets):
        click.echo(line)


if __name__ == "__main__":
    main()
