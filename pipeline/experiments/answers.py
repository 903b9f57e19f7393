"""What the networks of an arm say of every picture, out of fold, in the columns of the gemmological tree."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from gemhier.arrays import Booleans, Float32, Float64, Indices
from gemhier.hierarchy.decoding import Strategy
from gemhier.hierarchy.labels import LabelSpace
from gemhier.models.runtime.logits import Logits
from gemhier.pipeline.data.manifest import Manifest, Row
from gemhier.pipeline.experiments.plan import Arm
from gemhier.pipeline.experiments.trees import confusion_similarity, learned_tree, random_tree
from gemhier.pipeline.training.batches import steps_per_epoch
from gemhier.pipeline.training.calibration import cross_fitted
from gemhier.pipeline.training.class_balance import balance
from gemhier.pipeline.training.config import TrainConfig
from gemhier.pipeline.training.cross_validation import (
    Arrays,
    Others,
    answers_folder,
    fit_predict,
    remembered,
)
from gemhier.pipeline.training.fit import Images


@dataclass(frozen=True, eq=False)
class Elsewhere:
    """Pictures from elsewhere, which every network of a fold is asked about and none learns from.

    Attributes:
        others: their crops, as the data's are made.
        truth: (M,) the columns of their labels.
        folds: (M,) the fold whose network counts for each.
    """

    others: Others
    truth: Indices
    folds: Indices


@dataclass(frozen=True, eq=False)
class TrialData:
    """The pictures of a trial in one division into folds.

    Attributes:
        manifest: the data.
        rows: the N pictures.
        images: their crops, and the columns of their labels.
        space: the labels.
        folds: (N,) the fold of each.
        seed: of the division and of its trainings.
        features: size and backbone -> (N, D) frozen features, for trees that are learned from pictures.
        elsewhere: sets of further pictures.
    """

    manifest: Manifest
    rows: Sequence[Row]
    images: Images
    space: LabelSpace
    folds: Indices
    seed: int
    features: Callable[[TrainConfig], Float32]
    elsewhere: Sequence[Elsewhere] = ()

    @property
    def all_folds(self) -> Indices:
        """(N + M,) the folds of the pictures, and of those of all sets from elsewhere behind them."""
        return np.concatenate([self.folds, *(one.folds for one in self.elsewhere)])

    @property
    def all_truth(self) -> Indices:
        """(N + M,) their columns."""
        return np.concatenate([self.images.truth, *(one.truth for one in self.elsewhere)])


@dataclass(frozen=True, eq=False)
class Answers:
    """What an arm says of N pictures, those from elsewhere behind the data's own.

    Attributes:
        asked: (N,) whether each picture was asked about.
        probabilities: for each strategy (A, V), P(label) of the A pictures that were.
        families: (A, V) the family that each label stands in, in the tree of the networks that each picture was
            asked of.
    """

    asked: Booleans
    probabilities: Mapping[Strategy, Float64]
    families: Indices

    def part(self, start: int, stop: int) -> "Answers":
        """Return what it says of the pictures from `start` on, up to `stop`."""
        rows = np.flatnonzero(self.asked)
        inside = (start <= rows) & (rows < stop)
        of_part = {name: probabilities[inside] for name, probabilities in self.probabilities.items()}
        return Answers(self.asked[start:stop], of_part, self.families[inside])


def arm_answers(arm: Arm, field: TrialData, on_fold: Callable[[int], None] = lambda fold: None) -> Answers:
    """Train the networks of an arm, unless they are known, and decode what they say.

    Args:
        arm: the way to train.
        field: the pictures.
        on_fold: called with each fold when it is begun.
    """
    config = replace(arm.config, seed=field.seed, folds=int(field.folds.max()) + 1)
    truth, folds = field.all_truth, field.all_folds
    own = np.arange(len(folds)) < len(field.rows)
    asked = folds < arm.first_folds
    places = np.zeros((len(folds), len(field.space)), dtype=np.intp)
    parts: dict[str, Float32] = {}
    for fold in range(arm.first_folds):
        on_fold(fold)
        inside = field.folds == fold
        tree = _tree(arm.tree, field, inside, config)
        places[folds == fold] = tree
        if arm.separate:
            logits = _separate(field, inside, config, as_long=arm.regional == "separate-as-long")
        else:
            logits = _whole(field, inside, config, arm.tree, tree)
        answered = np.concatenate([np.flatnonzero(inside), np.flatnonzero(~own)])
        counts = folds[answered] == fold
        for head, predictions in logits.items():
            found = parts.setdefault(head, np.zeros((len(folds), predictions.shape[1]), np.float32))
            found[answered[counts]] = predictions[counts]
    in_tree = places[np.arange(len(places)), truth]
    decoded = cross_fitted(
        Logits.of(parts).map(lambda part: part[asked]),
        in_tree[asked],
        folds[asked],
        field.space,
        config.mode,
        each_family=arm.tree != "learned",
        calibrating=own[asked],
    )
    # Label v stood in column places[v] of its fold's tree.
    return Answers(
        asked=asked,
        probabilities={name: np.take_along_axis(decoded[name], places[asked], axis=1) for name in arm.strategies},
        families=field.space.parents[places[asked]],
    )


def _tree(name: str, field: TrialData, inside: Booleans, config: TrainConfig) -> Indices:
    """Return the places of the labels, from pictures that are learned from anyway.

    They are kept beside the answers, which cannot be read without them: one label in another place, by another rounding
    or version of a library, and an answer from before would be read as that of another label.
    """
    if name == "gemmological":
        return np.arange(len(field.space), dtype=np.intp)

    def plant() -> Arrays:
        random = name == "random"
        return {"places": random_tree(field.space, config.seed) if random else _learned_tree(field, ~inside, config)}

    path = _fold_folder(field, inside, config, tree=name) / "tree.npz"
    kept = remembered(path, {"learned": ~inside, "truth": field.images.truth}, plant)
    return np.asarray(kept["places"], dtype=np.intp)


def _learned_tree(field: TrialData, learned: Booleans, config: TrainConfig) -> Indices:
    similarity = confusion_similarity(
        field.features(config)[learned],
        field.images.truth[learned],
        [row.group for row, chosen in zip(field.rows, learned, strict=True) if chosen],
        len(field.space),
        config.seed,
    )
    return learned_tree(similarity, field.space)


def _whole(field: TrialData, inside: Booleans, config: TrainConfig, tree: str, places: Indices) -> Logits:
    """One network with all heads."""
    # The usual tree's answers are also those of a training with as many folds.
    further = {} if tree == "gemmological" else {"tree": tree}
    return _learn(field, field.space, places[field.images.truth], ~inside, inside, config, **further)


def _separate(field: TrialData, inside: Booleans, config: TrainConfig, *, as_long: bool) -> Logits:
    """Return a general network, and one for each family with its own backbone, trained on that family's pictures alone.

    The flat prediction is that of a flat network, which is trained beside them where it is asked for.

    Args:
        field: the pictures.
        inside: (N,) which are asked about.
        config: the settings of each network.
        as_long: whether regional networks have as many steps as the general one, and not as many passes.
    """
    space, alone = field.space, replace(config, mode="flat")
    families = space.parents[field.images.truth]
    general = _learn(field, LabelSpace(space.families), families, ~inside, inside, alone, network="general")
    nothing = np.zeros((len(general.flat), len(space)), np.float32)
    flat = nothing
    if config.mode == "both":
        flat = _learn(field, space, field.images.truth, ~inside, inside, alone).flat
    regional = nothing.copy()
    for name in space.regional_families:
        family = space.families.index(name)
        columns = np.flatnonzero(space.parents == family)
        own = LabelSpace(tuple(space.labels[column] for column in columns))
        learned = ~inside & (families == family)
        if not learned.any():  # all of its few stones are in this fold: there is nothing to tell its labels apart by
            continue
        truth = np.where(families == family, np.searchsorted(columns, field.images.truth), 0)
        chosen = replace(alone, times=_times(field.images.truth, ~inside, learned, alone)) if as_long else alone
        regional[:, columns] = _learn(field, own, truth, learned, inside, chosen, network=name).flat
    return Logits(flat=flat, family=general.flat, regional=regional)


def _times(truth: Indices, every: Booleans, few: Booleans, config: TrainConfig) -> int:
    """How many times as many passes over a few pictures have at least as many steps as passes over all of them."""

    def steps(learned: Booleans) -> int:
        shown = balance(truth[learned], config.balance, config.seed) if config.balance else truth[learned]
        return steps_per_epoch(len(shown), config.phases.batch)

    return -(-(config.times or 1) * steps(every) // steps(few))


def _learn(
    field: TrialData,
    space: LabelSpace,
    truth: Indices,
    learned: Booleans,
    asked: Booleans,
    config: TrainConfig,
    **further: str,
) -> Logits:
    return fit_predict(
        space,
        Images(field.images.crops, truth),
        learned,
        asked,
        config,
        folder=_fold_folder(field, asked, config, **further),
        features=field.manifest.folder / "features",
        others=[one.others for one in field.elsewhere],
    )


def _fold_folder(field: TrialData, asked: Booleans, config: TrainConfig, **further: str) -> Path:
    return answers_folder(field.manifest, config, **further) / f"fold-{int(field.folds[asked][0])}"
