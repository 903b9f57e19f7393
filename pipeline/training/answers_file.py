"""A file of out-of-fold answers: what networks say of pictures that they have not learned from, and what these show."""

import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from gemhier.arrays import Float32, Float64, Indices
from gemhier.atomic import whole_file
from gemhier.errors import DataError
from gemhier.models.networks.modes import MODES
from gemhier.models.runtime.litert import FEATURES
from gemhier.models.runtime.logits import HEADS, Logits

STONES, SIDES = "stones", "sides"
_TEXTS = ("sha256", "truth", "groups", "labels")


@dataclass(frozen=True, eq=False)
class Answers:
    """What is known of N pictures that a training learned from, and what networks of the other folds say of them.

    Attributes:
        sha256: (N,) of each picture's file.
        truth: (N,) the label of each.
        groups: (N,) the same for near-copies and photographs of one stone.
        folds: (N,) from 0.
        scores: (N,) how sure the stone finder is that it sees a gem.
        logits: of N pictures.
        labels: (V,) the columns of the logits.
        mode: which heads were trained.
        stones: (N,) the same for photographs of one stone; empty in files of before it was kept.
        features: (N, D) of each whole picture, by the stone finder; D is 0 where that gives none.
        sides: (N,) pixels of each picture's shorter side; empty in files of before it was kept.
    """

    sha256: tuple[str, ...]
    truth: tuple[str, ...]
    groups: tuple[str, ...]
    folds: Indices
    scores: Float64
    logits: Logits
    labels: tuple[str, ...]
    mode: str
    stones: tuple[str, ...] = ()
    features: Float32 = field(default_factory=lambda: np.empty((0, 0), np.float32))
    sides: Indices = field(default_factory=lambda: np.empty(0, np.intp))


def write_answers(path: Path, answers: Answers) -> None:
    """Write answers as a compressed archive of NumPy arrays.

    Raises:
        OutputError: if the file cannot be written.
    """
    texts = {name: np.array(getattr(answers, name), dtype=np.str_) for name in (*_TEXTS, STONES)}
    numbers: dict[str, npt.NDArray[Any]] = {
        "folds": answers.folds,
        "scores": answers.scores,
        FEATURES: answers.features.astype(np.float16),
        SIDES: answers.sides,
    }
    with whole_file(path) as file:
        np.savez_compressed(
            file, mode=np.array(answers.mode), **texts, **numbers, **dict(answers.logits.items()), allow_pickle=False
        )


def read_answers(path: Path) -> Answers:
    """Read what `write_answers` wrote.

    Raises:
        DataError: if the file is missing or damaged, or holds something else.
    """
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            found = dict(archive)
    except OSError as error:
        why = error.strerror or "not such a file"
        raise DataError(f"{path}: cannot be read ({why}). Name the out_of_fold.npz of a training.") from error
    except (ValueError, EOFError, zipfile.BadZipFile, AttributeError) as error:
        raise _damaged(path, str(error)) from error
    missing = [name for name in (*_TEXTS, *HEADS, "folds", "scores", "mode") if name not in found]
    if missing:
        raise _damaged(path, f"it lacks {', '.join(missing)}")
    answers = Answers(
        **{name: tuple(found[name].tolist()) for name in _TEXTS},
        folds=found["folds"].astype(np.intp),
        scores=found["scores"].astype(np.float64),
        logits=Logits.of(found),
        mode=str(found["mode"]),
        stones=tuple(found[STONES].tolist()) if STONES in found else (),
        features=found.get(FEATURES, np.empty((0, 0))).astype(np.float32),
        sides=found.get(SIDES, np.empty(0)).astype(np.intp),
    )
    pictures, columns = len(answers.truth), len(answers.labels)
    shapes = {
        "sha256": (len(answers.sha256),),
        "groups": (len(answers.groups),),
        "folds": answers.folds.shape,
        "scores": answers.scores.shape,
        "flat": answers.logits.flat.shape[:1],
        "family": answers.logits.family.shape[:1],
        "regional": answers.logits.regional.shape[:1],
    }
    if answers.stones:
        shapes[STONES] = (len(answers.stones),)
    if answers.features.size:
        shapes[FEATURES] = answers.features.shape[:1]
    if answers.sides.size:
        shapes[SIDES] = answers.sides.shape
    wrong = [name for name, shape in shapes.items() if shape != (pictures,)]
    wrong += [head for head in ("flat", "regional") if getattr(answers.logits, head).shape[1:] != (columns,)]
    if wrong or not pictures or answers.mode not in MODES or not set(answers.truth) <= set(answers.labels):
        raise _damaged(
            path, f"the shapes of {', '.join(wrong)} do not fit" if wrong else "its parts do not fit together"
        )
    return answers


def _damaged(path: Path, why: str) -> DataError:
    return DataError(f"{path}: not out-of-fold answers ({why}). Name the out_of_fold.npz of a training with --folds.")
