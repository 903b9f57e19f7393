"""Which networks an arm trains, on what, and how their answers are put together and kept."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from gemhier.arrays import Indices

pytest.importorskip("keras", reason="training comes with an extra")

from gemhier.hierarchy.labels import LabelSpace
from gemhier.models.runtime.logits import Logits
from gemhier.pipeline.experiments import answers as module
from gemhier.pipeline.experiments.plan import Arm
from gemhier.pipeline.training.config import TrainConfig
from gemhier.pipeline.training.fit import Images

SPACE = LabelSpace(("beryl/aquamarine", "beryl/emerald", "corundum/ruby", "corundum/sapphire", "quartz"))
TRUTH = np.arange(30) % 5
FOLDS = np.arange(30) // 5 % 3


def field(folder: Path, folds: Indices = FOLDS) -> module.TrialData:
    manifest: Any = SimpleNamespace(folder=folder, digests={})
    rows: Any = [SimpleNamespace(group=str(image)) for image in range(30)]
    return module.TrialData(
        manifest=manifest,
        rows=rows,
        images=Images(lambda size: np.zeros((30, size, size, 4), np.uint8), TRUTH),
        space=SPACE,
        folds=folds,
        seed=0,
        features=lambda config: np.random.default_rng(0).normal(0, 1, (30, 2)).astype(np.float32),
    )


def arm(**further: Any) -> Arm:
    mode = further.pop("mode", "both")
    return Arm(name="arm", config=TrainConfig(mode=mode, schedule="quick"), first_folds=3, **further)


@pytest.fixture
def passes() -> list[int]:
    """How many passes the heads of each network that is asked have had."""
    return []


@pytest.fixture
def asked_networks(monkeypatch: pytest.MonkeyPatch, passes: list[int]) -> list[tuple[LabelSpace, int]]:
    """The labels and the number of learned pictures of each network that is asked; each is sure of the truth.

    Of other pictures the networks of the first fold, and of no other, are sure that they show the first label.
    """
    asked_so_far: list[tuple[LabelSpace, int]] = []

    def learn(
        space: Any, images: Any, learned: Any, asked: Any, config: Any, *, folder: Any, features: Any, others: Any
    ) -> Logits:
        assert learned.any()
        asked_so_far.append((space, int(learned.sum())))
        passes.append(config.phases.head_epochs)
        of_others = sum(len(other.crops(1)) for other in others)
        named = np.append(images.truth[asked], np.full(of_others, 0 if asked[0] else len(space) - 1))
        sure = 5 * np.eye(len(space), dtype=np.float32)[named]
        families = 5 * np.eye(len(space.families), dtype=np.float32)[space.parents[named]]
        return Logits(flat=sure, family=families, regional=sure)

    monkeypatch.setattr(module, "fit_predict", learn)
    return asked_so_far


@pytest.mark.parametrize("tree", ["learned", "random"])
def test_answers_are_read_in_the_tree_that_they_were_given_in(
    tree: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked_networks: list[Any]
) -> None:
    drawn: list[Indices] = []

    def another_each_time(*_: Any) -> Indices:
        drawn.append(np.roll(np.arange(5), len(drawn)))
        return drawn[-1]

    monkeypatch.setattr(module, f"{tree}_tree", another_each_time)
    first = module.arm_answers(arm(tree=tree), field(tmp_path))
    assert len(drawn) == 3
    for strategy in ("flat", "hard", "soft", "fused"):
        np.testing.assert_array_equal(first.probabilities[strategy].argmax(axis=1), TRUTH)
    for fold in range(3):
        np.testing.assert_array_equal(first.families[fold == FOLDS], [SPACE.parents[drawn[fold]]] * 10)
    second = module.arm_answers(arm(tree=tree), field(tmp_path))
    assert len(drawn) == 3  # a fourth would put the remembered answers under other labels
    np.testing.assert_array_equal(first.probabilities["soft"], second.probabilities["soft"])
    # Of another division a tree of before may have learned from what is asked now.
    module.arm_answers(arm(tree=tree), field(tmp_path, (FOLDS + 1) % 3))
    assert len(drawn) == 6


def test_separate_networks_learn_of_their_family_alone(tmp_path: Path, asked_networks: list[Any]) -> None:
    found = module.arm_answers(arm(regional="separate"), field(tmp_path))
    assert set(found.probabilities) == {"flat", "hard", "soft", "fused"}
    general, flat, beryl, corundum = asked_networks[:4]
    assert general == (LabelSpace(("beryl", "corundum", "quartz")), 20)
    assert flat == (SPACE, 20)
    assert beryl == (LabelSpace(("beryl/aquamarine", "beryl/emerald")), 8)
    assert corundum == (LabelSpace(("corundum/ruby", "corundum/sapphire")), 8)
    assert len(asked_networks) == 3 * 4
    for probabilities in found.probabilities.values():
        np.testing.assert_array_equal(probabilities.argmax(axis=1), TRUTH)


def test_separate_networks_can_have_as_many_steps_as_one_over_all(
    tmp_path: Path, asked_networks: list[Any], passes: list[int]
) -> None:
    config = TrainConfig(schedule="quick", batch_size=3)  # 20 pictures in 7 steps, the 8 of a family in 3
    usual = config.phases.head_epochs
    for regional, times in (("separate", 1), ("separate-as-long", 3)):
        found = module.arm_answers(Arm(name="arm", config=config, first_folds=3, regional=regional), field(tmp_path))
        np.testing.assert_array_equal(found.probabilities["fused"].argmax(axis=1), TRUTH)
        assert passes == [usual, usual, times * usual, times * usual] * 3
        passes.clear()


def test_pictures_from_elsewhere_are_named_by_the_networks_of_one_fold(
    tmp_path: Path, asked_networks: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    calibrated: list[int] = []
    cross_fitted = module.cross_fitted

    def watched(*given: Any, calibrating: Any, **settings: Any) -> Any:
        calibrated.append(int(calibrating.sum()))
        return cross_fitted(*given, calibrating=calibrating, **settings)

    monkeypatch.setattr(module, "cross_fitted", watched)
    others = module.Others(lambda size: np.zeros((4, size, size, 4), np.uint8), "some")
    elsewhere = module.Elsewhere(others, np.array([0, 1, 2, 3]), np.array([0, 1, 0, 1]))
    found = module.arm_answers(arm(), replace(field(tmp_path), elsewhere=[elsewhere]))
    own, of_others = found.part(0, 30), found.part(30, 34)
    np.testing.assert_array_equal(own.probabilities["flat"].argmax(axis=1), TRUTH)
    np.testing.assert_array_equal(of_others.probabilities["flat"].argmax(axis=1), [0, 4, 0, 4])
    assert of_others.asked.all()
    assert calibrated == [30]  # never on pictures from elsewhere
    few = replace(arm(), first_folds=2)
    found = module.arm_answers(few, replace(field(tmp_path), elsewhere=[elsewhere]))
    assert found.part(0, 30).asked.sum() == 20
    assert len(found.part(30, 34).families) == 4


def test_a_flat_voice_that_nobody_asks_for_is_not_trained(tmp_path: Path, asked_networks: list[Any]) -> None:
    found = module.arm_answers(arm(mode="hierarchical", regional="separate"), field(tmp_path))
    assert set(found.probabilities) == {"hard", "soft"}
    assert SPACE not in [space for space, _ in asked_networks]


def test_a_family_without_learned_pictures_does_not_end_a_trial(tmp_path: Path, asked_networks: list[Any]) -> None:
    beryl = TRUTH < 2
    folds = np.where(beryl, 1, FOLDS)
    found = module.arm_answers(arm(regional="separate"), field(tmp_path, folds))
    assert len(asked_networks) == 3 * 4 - 1
    soft = found.probabilities["soft"][beryl]
    np.testing.assert_allclose(soft[:, 0], soft[:, 1])
