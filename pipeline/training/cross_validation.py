"""Out-of-fold answers: each picture answered by a network that has learned from no picture of its group."""

import hashlib
import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from gemhier import __version__
from gemhier.arrays import Booleans, Bytes, Float32, Float64, Indices
from gemhier.atomic import whole_file
from gemhier.hierarchy.decoding import Strategy
from gemhier.hierarchy.labels import LabelSpace
from gemhier.locks import locked
from gemhier.models.networks.gem_network import GemNetwork
from gemhier.models.runtime.logits import Logits
from gemhier.pipeline.data.manifest import Manifest
from gemhier.pipeline.training.calibration import cross_fitted
from gemhier.pipeline.training.config import TrainConfig
from gemhier.pipeline.training.fit import Images, fit_network, predict_logits, validation_measures
from gemhier.progress import say

Arrays = Mapping[str, npt.NDArray[Any]]


@dataclass(frozen=True)
class OutOfFold:
    """What networks say of pictures that they have not learned from.

    Attributes:
        folds: (N,) the fold of each picture.
        logits: of N pictures.
        probabilities: for each strategy (N, V), P(label), each fold calibrated on the other folds.
    """

    folds: Indices
    logits: Logits
    probabilities: Mapping[Strategy, Float64]


@dataclass(frozen=True, eq=False)
class Others:
    """Pictures that networks are asked about beside those of their fold, and that none learns from.

    Attributes:
        crops: side in pixels -> (M, side, side, 4) uint8, as those of `Images`.
        digest: what tells these crops from all others.
    """

    crops: Callable[[int], Bytes]
    digest: str


def answers_folder(manifest: Manifest, config: TrainConfig, **further: str | int) -> Path:
    """Where the answers of such networks are kept, beside the data: a cache that can be thrown away.

    Args:
        manifest: the data.
        config: the settings, folds and seed among them.
        further: what else the answers depend on, such as the tree.
    """
    settings = {
        "version": __version__,
        **manifest.digests,
        "config": config.to_dict(),
        "details": config.details,
        **further,
    }
    key = hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()
    return manifest.folder / "answers" / key[:16]


def out_of_fold(
    space: LabelSpace,
    images: Images,
    folds: Indices,
    config: TrainConfig,
    *,
    folder: Path,
    features: Path,
    on_fold: Callable[[int, Mapping[str, float]], None] = lambda fold, measures: None,
) -> OutOfFold:
    """Train a network without each fold, and ask it about the fold.

    Args:
        space: the labels.
        images: N of them.
        folds: (N,) the fold of each, from 0.
        config: the settings of each network.
        folder: of answers and checkpoints. The same call with the same folder goes on where it stood.
        features: folder for frozen features.
        on_fold: called with each fold and what its network came to on it.
    """
    found: dict[str, Float32] = {}
    for fold in range(int(folds.max()) + 1):
        inside = folds == fold
        answers = fit_predict(space, images, ~inside, inside, config, folder=folder / f"fold-{fold}", features=features)
        for head, part in answers.items():
            found.setdefault(head, np.zeros((len(folds), part.shape[1]), np.float32))[inside] = part
        on_fold(fold, validation_measures(answers, images.truth[inside], space))
    logits = Logits.of(found)
    return OutOfFold(folds, logits, cross_fitted(logits, images.truth, folds, space, config.mode))


def fit_predict(
    space: LabelSpace,
    images: Images,
    learned: Booleans,
    asked: Booleans,
    config: TrainConfig,
    *,
    folder: Path,
    features: Path,
    others: Sequence[Others] = (),
) -> Logits:
    """Train a network on some pictures and ask it about others, or remember what it said.

    What it said is kept with the question, and forgotten when that is another: other pictures, another division of them
    or another order, as after preparing the data anew. The network is not kept: whatever it was never asked about takes
    another training.

    Args:
        space: the labels.
        images: N of them; the truth of those that are only asked is not looked at.
        learned: (N,) whether each is learned from.
        asked: (N,) whether each is asked about; none that is learned from.
        config: the settings of the network.
        folder: of answers and checkpoints. The same call with the same folder goes on where it stood.
        features: folder for frozen features.
        others: further pictures to ask it about.

    Returns:
        The logits of the pictures that are asked about, and of all others behind them, in order.

    Raises:
        ValueError: if a picture is both learned from and asked about.
    """
    if np.any(learned & asked):
        raise ValueError(f"`asked` must hold no learned picture. Received: {int(np.sum(learned & asked))} in both.")
    work = folder / "training"

    @cache
    def network() -> GemNetwork:
        train_set = images.part(np.flatnonzero(learned))
        return fit_network(space, train_set, None, replace(config, folds=0), work=work, cache=features).network

    def ask(crops: Callable[[int], Bytes]) -> Arrays:
        return dict(predict_logits(network(), crops(network().size)).items())

    known = {"learned": learned, "truth": images.truth}
    questions = [(folder / "answers.npz", {**known, "asked": asked}, images.part(np.flatnonzero(asked)).crops)]
    questions += [(folder / f"others-{other.digest[:16]}.npz", known, other.crops) for other in others]
    found = [_kept(path, question) for path, question, _ in questions]
    if any(answers is None for answers in found):
        folder.mkdir(parents=True, exist_ok=True)
        wait = partial(say, f"{folder}: waiting for another process that trains the same ...")
        with locked(folder / "lock", wait):
            found = [remembered(path, question, partial(ask, crops)) for path, question, crops in questions]
            shutil.rmtree(work, ignore_errors=True)
    return Logits.joined([Logits.of(answers) for answers in found if answers is not None])


def remembered(path: Path, question: Arrays, answer: Callable[[], Arrays]) -> Arrays:
    """Return the answer to a question, from a file if it holds the answer to this one.

    A file that says of no question is taken at its folder's name.

    Args:
        path: an archive of arrays, the question among them; it is written where there is none, or one of another
            question.
        question: such as which of N pictures are learned from, and what they show.
        answer: finds the answer, under other names than the question's.
    """
    if (known := _kept(path, question)) is not None:
        return known
    kept: dict[str, Any] = {**answer(), **question}
    with whole_file(path) as file:
        np.savez(file, **kept)
    return kept


def _kept(path: Path, question: Arrays) -> Arrays | None:
    """Return the answer that a file holds; None if there is none, or that of another question."""
    if path.exists():
        with np.load(path, allow_pickle=False) as archive:
            if all(name not in archive or np.array_equal(archive[name], part) for name, part in question.items()):
                return dict(archive)
    return None
