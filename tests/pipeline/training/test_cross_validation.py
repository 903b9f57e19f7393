"""Each picture is answered by a network that has learned from no picture of its fold."""

from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from gemhier.arrays import Booleans, Bytes, Indices
from gemhier.hierarchy.labels import LabelSpace
from gemhier.locks import locked
from gemhier.models.runtime.logits import Logits
from gemhier.pipeline.training.config import TrainConfig

pytest.importorskip("keras", reason="training comes with an extra")

SPACE = LabelSpace(("beryl/aquamarine", "beryl/emerald", "corundum/ruby", "spinel"))
TRUTH = np.arange(24) % 4
FOLDS = np.arange(24) // 4 % 3


def some_logits(seed: int = 0) -> Logits:
    """Right more often than not."""
    generator = np.random.default_rng(seed)
    right = 2 * np.eye(4)[TRUTH]
    flat, regional = (right + generator.normal(0, 1, (24, 4)) for _ in range(2))
    family = right @ (np.arange(3)[None] == SPACE.parents[:, None]) + generator.normal(0, 1, (24, 3))
    return Logits(*(part.astype(np.float32) for part in (flat, family, regional)))


@pytest.mark.parametrize("fold", [0, 1, 2])
def test_what_a_fold_shows_does_not_calibrate_its_own_answers(fold: int) -> None:
    from gemhier.pipeline.training.calibration import cross_fitted

    inside = np.isin(FOLDS, fold)
    changed = np.where(inside, (TRUTH + 1) % 4, TRUTH)
    before, after = (cross_fitted(some_logits(), truth, FOLDS, SPACE, "both") for truth in (TRUTH, changed))
    assert set(before) == {"flat", "hard", "soft", "fused"}
    for strategy, probabilities in before.items():
        np.testing.assert_allclose(probabilities.sum(axis=1), 1)
        np.testing.assert_array_equal(probabilities[inside], after[strategy][inside])
    assert np.abs(before["flat"][~inside] - after["flat"][~inside]).max() > 1e-3


class Network:
    """Says of each picture, whose only pixel is its number, what `some_logits` says; remembers what it learned."""

    size = 1

    def __init__(self, learned: Bytes) -> None:
        self.learned = set(learned.ravel().tolist())


def test_every_picture_is_asked_once_and_only_of_a_network_that_does_not_know_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gemhier.pipeline.training import cross_validation as module

    trainings: list[Path] = []

    def fit(space: Any, train: Any, validation: Any, config: TrainConfig, *, work: Path, cache: Path) -> Any:
        trainings.append(work)
        if len(trainings) == 2:
            raise KeyboardInterrupt
        np.testing.assert_array_equal(train.truth, TRUTH[train.crops(1).ravel()])
        return SimpleNamespace(network=Network(train.crops(1)))

    def predict(network: Network, crops: Bytes) -> Logits:
        asked = crops.ravel()
        assert not network.learned & set(asked.tolist())
        assert network.learned | set(asked.tolist()) == set(range(24))
        every = some_logits()
        return Logits(every.flat[asked], every.family[asked], every.regional[asked])

    monkeypatch.setattr(module, "fit_network", fit)
    monkeypatch.setattr(module, "predict_logits", predict)
    images = module.Images(lambda size: np.arange(24, dtype=np.uint8).reshape(24, size, size), TRUTH)
    config = TrainConfig(folds=3)
    done: list[tuple[int, float]] = []

    def run() -> Any:
        return module.out_of_fold(
            SPACE,
            images,
            FOLDS,
            config,
            folder=tmp_path,
            features=tmp_path / "features",
            on_fold=lambda fold, measures: done.append((fold, measures["flat_top1"])),
        )

    with pytest.raises(KeyboardInterrupt):
        run()
    found = run()
    right = some_logits().flat.argmax(axis=1) == TRUTH
    each = [(fold, float(right[fold == FOLDS].mean())) for fold in range(3)]
    # What was answered before the interruption is not asked again, but told again.
    assert done == [each[0], *each]
    assert [work.parent.name for work in trainings] == ["fold-0", "fold-1", "fold-1", "fold-2"]
    for head in ("flat", "family", "regional"):
        np.testing.assert_array_equal(getattr(found.logits, head), getattr(some_logits(), head))


def test_answers_to_another_question_are_not_taken_for_these(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from gemhier.pipeline.training import cross_validation as module

    fits: list[int] = []

    def fit(space: Any, train: Any, validation: Any, config: TrainConfig, *, work: Path, cache: Path) -> Any:
        fits.append(len(train.truth))
        return SimpleNamespace(network=SimpleNamespace(size=1))

    def predict(network: Any, crops: Bytes) -> Logits:
        every = some_logits()
        return Logits(every.flat[: len(crops)], every.family[: len(crops)], every.regional[: len(crops)])

    monkeypatch.setattr(module, "fit_network", fit)
    monkeypatch.setattr(module, "predict_logits", predict)

    def ask(truth: Indices, asked: Booleans) -> Logits:
        images = module.Images(lambda size: np.zeros((len(truth), size, size, 4), np.uint8), truth)
        return module.fit_predict(SPACE, images, ~asked, asked, TrainConfig(), folder=tmp_path, features=tmp_path)

    ask(TRUTH, FOLDS == 0)
    ask(TRUTH, FOLDS == 0)
    assert len(fits) == 1
    ask(TRUTH, FOLDS == 1)  # as many pictures, but others
    ask(TRUTH[::-1], FOLDS == 1)  # the same in another order
    ask(TRUTH[:-1], FOLDS[:-1] == 1)
    assert len(fits) == 4
    # What was kept before questions were is taken as it is.
    with np.load(tmp_path / "answers.npz") as archive:
        heads = {head: archive[head] for head in ("flat", "family", "regional")}
    np.savez(tmp_path / "answers.npz", **heads)
    ask(TRUTH, FOLDS == 0)
    assert len(fits) == 4


def test_others_are_asked_of_the_same_network_and_what_it_said_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gemhier.pipeline.training import cross_validation as module

    fits: list[Path] = []
    predicted: list[int] = []

    def fit(space: Any, train: Any, validation: Any, config: TrainConfig, *, work: Path, cache: Path) -> Any:
        fits.append(work)
        return SimpleNamespace(network=SimpleNamespace(size=1))

    def predict(network: Any, crops: Bytes) -> Logits:
        asked = crops[:, 0, 0].astype(int)
        predicted.append(len(asked))
        every = some_logits()
        return Logits(every.flat[asked], every.family[asked], every.regional[asked])

    monkeypatch.setattr(module, "fit_network", fit)
    monkeypatch.setattr(module, "predict_logits", predict)
    images = module.Images(lambda size: np.arange(24, dtype=np.uint8).reshape(24, size, size), TRUTH)
    asked = FOLDS == 0
    own = np.flatnonzero(asked)

    def ask(**others: list[int]) -> Logits:
        further = [
            module.Others(lambda size, shown=shown: np.array(shown, np.uint8).reshape(-1, size, size), digest)
            for digest, shown in others.items()
        ]
        settings = {"folder": tmp_path, "features": tmp_path, "others": further}
        return module.fit_predict(SPACE, images, ~asked, asked, TrainConfig(), **settings)

    for _ in range(2):
        found = ask(shops=[3, 4], phones=[5])
        np.testing.assert_array_equal(found.flat, some_logits().flat[[*own, 3, 4, 5]])
    assert (len(fits), predicted) == (1, [len(own), 2, 1])
    np.testing.assert_array_equal(ask(phones=[5]).flat, some_logits().flat[[*own, 5]])
    assert len(ask().flat) == len(own)
    assert len(fits) == 1
    # A network is not kept: what it was never asked takes another, and what is known stays as it is.
    assert len(ask(phones=[5], rings=[6, 7]).flat) == len(own) + 3
    assert (len(fits), predicted) == (2, [len(own), 2, 1, 2])


def test_what_another_process_is_being_taught_is_waited_for_and_not_taught_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gemhier.pipeline.training import cross_validation as module

    said: list[str] = []
    asked = FOLDS == 0
    answers = Logits(*(part[asked] for part in (some_logits().flat, some_logits().family, some_logits().regional)))

    def answered_meanwhile(line: str) -> None:
        said.append(line)
        question = {"learned": ~asked, "asked": asked, "truth": TRUTH}
        module.remembered(tmp_path / "answers.npz", question, lambda: dict(answers.items()))
        other.close()

    def fit(*_: Any, **__: Any) -> None:
        raise AssertionError("must not be trained")

    monkeypatch.setattr(module, "say", answered_meanwhile)
    monkeypatch.setattr(module, "fit_network", fit)
    images = module.Images(lambda size: np.zeros((24, size, size, 4), np.uint8), TRUTH)
    with ExitStack() as other:
        other.enter_context(locked(tmp_path / "lock", lambda: None))
        found = module.fit_predict(SPACE, images, ~asked, asked, TrainConfig(), folder=tmp_path, features=tmp_path)
    np.testing.assert_array_equal(found.flat, answers.flat)
    assert said == [f"{tmp_path}: waiting for another process that trains the same ..."]
    assert [path.name for path in tmp_path.iterdir()] == ["answers.npz"]


def test_no_picture_is_learned_from_and_asked_about(tmp_path: Path) -> None:
    from gemhier.pipeline.training import cross_validation as module

    images = module.Images(lambda size: np.zeros((24, size, size, 4), np.uint8), TRUTH)
    everything = np.ones(24, dtype=np.bool_)
    with pytest.raises(ValueError, match="24 in both"):
        module.fit_predict(SPACE, images, everything, everything, TrainConfig(), folder=tmp_path, features=tmp_path)
