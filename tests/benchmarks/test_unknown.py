"""Classes are left out as the benchmarks say, and what networks say of them is held against what is known."""

import numpy as np
import pytest
from leave_classes_out import drawn
from unknown import SCORES, Scored, counted, divided, left_out_of_training, masked

from gemhier.hierarchy.labels import LabelSpace
from gemhier.models.runtime.logits import Logits
from gemhier.pipeline.training.answers_file import Answers

SPACE = LabelSpace(
    ("beryl/aquamarine", "beryl/emerald", "corundum/ruby", "corundum/sapphire", "opal", "quartz", "spinel", "topaz")
)
ENTROPY = "entropy of P(label), as in bundles"


def logits_of(truth: np.ndarray) -> Logits:
    """Of a network that is right, and has no idea where the truth is -1."""
    generator = np.random.default_rng(0)
    right = np.where(truth[:, None] == np.arange(len(SPACE)), 6.0, 0.0)
    family = right @ (np.arange(len(SPACE.families))[None] == SPACE.parents[:, None])
    return Logits(*((part + generator.normal(0, 1, part.shape)).astype(np.float32) for part in (right, family, right)))


@pytest.fixture(scope="module")
def answers() -> Answers:
    """The answers to 240 pictures of as many stones; in the first of each class no gem stands out."""
    truth = np.arange(240) % len(SPACE)
    return Answers(
        sha256=tuple(f"{number:064x}" for number in range(240)),
        truth=tuple(SPACE.labels[column] for column in truth),
        groups=tuple(f"stone {number}" for number in range(240)),
        folds=np.arange(240) // len(SPACE) % 3,
        scores=np.where(np.arange(240) < len(SPACE), 0.1, 1.0),
        logits=logits_of(truth),
        labels=SPACE.labels,
        mode="both",
    )


def shares(found: Scored) -> tuple[float, float]:
    return float(found.refused_known[ENTROPY].mean()), float(found.refused_unknown[ENTROPY].mean())


@pytest.mark.parametrize("families", [False, True])
def test_each_label_is_masked_once_and_refused_as_one_that_nobody_knows(answers: Answers, families: bool) -> None:
    shown = counted(answers, 0.5)
    assert len(shown.truth) == 232
    sets = divided(shown.labels, 3, families, 0)
    assert sorted(label for each in sets for label in each) == list(SPACE.labels)
    if families:
        assert all(("beryl/emerald" in each) == ("beryl/aquamarine" in each) for each in sets)
    for left_out, (rows, found, labels) in zip(sets, masked(shown, sets), strict=True):
        assert set(labels) == left_out
        assert not {shown.truth[row] for row in rows} & left_out
        assert set(found.known) == set(SCORES)
        known, unknown = shares(found)
        assert known < 0.1
        assert unknown > 0.9  # the network of this test has no idea of them once they are masked


def test_classes_that_training_left_out_are_held_against_all_known_ones(answers: Answers) -> None:
    known, unknown = shares(left_out_of_training(counted(answers, 0.5), logits_of(np.full(50, -1))))
    assert known < 0.1
    assert unknown > 0.9


def test_a_label_stays_of_each_family_that_is_not_left_out_as_a_whole() -> None:
    left = drawn(SPACE, 2, 0, 0)
    assert sorted(label.partition("/")[0] for label in left) == ["beryl", "corundum"]
    for seed in range(5):
        left = drawn(SPACE, 1, 2, seed)
        families = [
            family
            for family in SPACE.families
            if all(label in left for label in SPACE.labels if label.startswith(family))
        ]
        assert len(families) == 2
        assert len(left - {label for label in SPACE.labels if label.partition("/")[0] in families}) <= 1
