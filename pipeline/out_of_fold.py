"""Out-of-fold answers: each picture answered by a network that has learned from no picture of its group."""

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from gemhier.hierarchy.decoding import Strategy
from gemhier.hierarchy.labels import LabelSpace
from gemhier.models.probabilities import Floats, decode
from gemhier.models.runtime import Logits
from gemhier.pipeline.calibrate import calibrate
from gemhier.pipeline.fit import Fitted, Pictures, fit_network, predict_logits
from gemhier.pipeline.schedules import TrainConfig
from gemhier.pipeline.whole_file import whole_file

Folds = npt.NDArray[np.intp]


@dataclass(frozen=True)
class OutOfFold:
    """What networks say of pictures that they have not learned from.

    Attributes:
        logits: of N pictures.
        probabilities: for each strategy (N, V), P(label), each fold calibrated on the other folds.
    """

    logits: Logits
    probabilities: Mapping[Strategy, Floats]


_HEADS = ("flat", "family", "regional")


def out_of_fold(
    space: LabelSpace,
    pictures: Pictures,
    folds: Folds,
    config: TrainConfig,
    *,
    work: Path,
    on_fold: Callable[[int, Fitted], None] = lambda fold, fitted: None,
) -> OutOfFold:
    """Train a network without each fold, and ask it about the fold.

    Args:
        space: the labels.
        pictures: N of them.
        folds: (N,) the fold of each, from 0.
        config: the settings of each network.
        work: folder of the checkpoints. The same call with the same folder goes on where it stood.
        on_fold: called when the network without that fold is trained.
    """
    found: dict[str, npt.NDArray[np.float32]] = {}
    for fold in range(int(folds.max()) + 1):
        path = work / f"fold-{fold}.npz"
        if not path.exists():
            fitted = _without(fold, space, pictures, folds, config, work / f"fold-{fold}")
            logits = predict_logits(fitted.network, _part(pictures, folds == fold).crops(fitted.network.size))
            with whole_file(path) as file:
                np.savez(file, **{head: getattr(logits, head) for head in _HEADS})
            on_fold(fold, fitted)
            shutil.rmtree(work / f"fold-{fold}", ignore_errors=True)
        with np.load(path, allow_pickle=False) as archive:
            for head in _HEADS:
                whole = found.setdefault(head, np.zeros((len(folds), archive[head].shape[1]), np.float32))
                whole[folds == fold] = archive[head]
    logits = Logits(**found)
    return OutOfFold(logits, cross_fitted(logits, pictures.truth, folds, space, config.mode))


def cross_fitted(
    logits: Logits, truth: npt.NDArray[np.intp], folds: Folds, space: LabelSpace, mode: str
) -> dict[Strategy, Floats]:
    """Decode out-of-fold logits, those of each fold with what was calibrated on the other folds.

    Args:
        logits: of N pictures.
        truth: (N,) the column of each picture's label.
        folds: (N,) the fold of each.
        space: the labels.
        mode: which heads were trained.

    Returns:
        For each strategy (N, V), P(label).
    """
    found: dict[Strategy, Floats] = {}
    for fold in range(int(folds.max()) + 1):
        inside = folds == fold
        calibration = calibrate(_rows(logits, ~inside), truth[~inside], space, mode)
        decoded = decode(_rows(logits, inside), calibration.temperatures, calibration.fusion_weight, space)
        for strategy, probabilities in decoded.by_strategy.items():
            found.setdefault(strategy, np.zeros((len(folds), len(space))))[inside] = probabilities
    return found


def _without(fold: int, space: LabelSpace, pictures: Pictures, folds: Folds, config: TrainConfig, work: Path) -> Fitted:
    train, rest = _part(pictures, folds != fold), _part(pictures, folds == fold)
    return fit_network(space, train, rest, replace(config, folds=0), work=work, cache=work)


def _part(pictures: Pictures, chosen: npt.NDArray[np.bool_]) -> Pictures:
    return Pictures(lambda size: pictures.crops(size)[chosen], pictures.truth[chosen])


def _rows(logits: Logits, chosen: npt.NDArray[np.bool_]) -> Logits:
    return Logits(**{head: getattr(logits, head)[chosen] for head in _HEADS})
