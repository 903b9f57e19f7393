"""What pictures look like that a training learned from, and a calibration apart for those that are unlike."""

from dataclasses import replace

import numpy as np

from gemhier.hierarchy.labels import LabelSpace
from gemhier.models.runtime.logits import Logits
from gemhier.pipeline.training.answers_file import Answers
from gemhier.pipeline.training.by_likeness import LEAST_UNLIKE, calibrate_by_likeness
from gemhier.pipeline.training.calibration import calibrate, cross_fitted
from gemhier.pipeline.training.likeness import PROTOTYPES, cross_fitted_distances, fit_likeness, of_makers, one_of_each

SPACE = LabelSpace(("beryl/aquamarine", "beryl/emerald", "corundum/ruby", "quartz"))
HOME, AWAY = 300, 60
NO_SIDES = np.empty(0, np.intp)


def answers(away: int = AWAY, *, of_one_stone: int = 2) -> Answers:
    """Home pictures that are named well, and others of two makers that are named badly, so many of each stone."""
    generator = np.random.default_rng(0)
    count = HOME + away
    is_home = np.arange(count) < HOME
    truth = generator.integers(0, len(SPACE), count)
    right = np.where(is_home, 4.0, 0.5)[:, None] * np.eye(len(SPACE))[truth]
    family = right @ (np.arange(len(SPACE.families))[None] == SPACE.parents[:, None])
    kinds = np.zeros((count, 12))
    kinds[np.arange(count), np.where(is_home, np.arange(count) % 5, 5 + np.arange(count) % 2)] = 1
    return Answers(
        sha256=tuple(f"{number:064x}" for number in range(count)),
        truth=tuple(SPACE.labels[column] for column in truth),
        groups=tuple(f"stone {n}" if n < HOME else f"maker {n % 2}" for n in range(count)),
        folds=np.where(is_home, np.arange(count) % 3, np.arange(count) % 2),
        scores=np.ones(count),
        logits=Logits(
            *((part + generator.normal(0, 1, part.shape)).astype(np.float32) for part in (right, family, right))
        ),
        labels=SPACE.labels,
        mode="both",
        stones=tuple(f"stone {n if n < HOME else HOME + (n - HOME) // of_one_stone}" for n in range(count)),
        features=(kinds + generator.normal(0, 0.05, kinds.shape)).astype(np.float32),
    )


def test_one_picture_stands_for_each_stone() -> None:
    names = ["b", "a", "b", "c", "a"]
    assert one_of_each(names).tolist() == [True, True, False, True, False]
    among = np.array([False, True, True, False, True])
    assert one_of_each(names, among).tolist() == [False, True, True, False, False]


def test_a_twentieth_of_the_groups_is_unlike_and_so_are_pictures_of_other_makers() -> None:
    found = answers()
    distances = cross_fitted_distances(found.features, found.groups, found.folds)
    likeness = fit_likeness(found.features, found.groups, distances, NO_SIDES)
    assert likeness.prototypes.shape == (PROTOTYPES, 12)
    unlike = distances > likeness.threshold
    assert 0.03 <= unlike[:HOME].mean() <= 0.05
    assert unlike[HOME:].all()
    again = fit_likeness(found.features, found.groups, distances, NO_SIDES)
    assert again.to_bytes() == likeness.to_bytes()


def test_a_hundredth_is_unlike_for_its_size() -> None:
    found = answers()
    distances = cross_fitted_distances(found.features, found.groups, found.folds)
    sides = np.arange(HOME + AWAY) + 1
    likeness = fit_likeness(found.features, found.groups, distances, sides)
    assert likeness.largest == HOME - 1  # the makers' first pictures follow: 302 groups, three above it
    assert likeness.threshold > fit_likeness(found.features, found.groups, distances, NO_SIDES).threshold
    alike = replace(found, features=np.ones((HOME + AWAY, 12), np.float32), sides=sides)
    like = calibrate_by_likeness(alike, SPACE, 0.5).like
    assert like[: HOME - 1].all()
    assert not like[HOME - 1 :].any()


def test_unlike_pictures_are_calibrated_on_makers_alone_where_these_have_enough() -> None:
    groups = ("a", "b", "b", "c", "c", "b")
    assert of_makers(groups, ("1", "2", "2", "3", "4", "2")).tolist() == [False, False, False, True, True, False]
    number = np.arange(HOME + AWAY)
    folds = np.where(number < HOME, number % 3, number // 6 % 2)
    groups = tuple(f"stone {n}" if n < HOME else f"maker {n // 6 % 2}" for n in number)
    enough, few = (replace(answers(of_one_stone=of_one), folds=folds, groups=groups) for of_one in (2, 6))
    once = calibrate_by_likeness(enough, SPACE, 0.5).once
    assert (once[:HOME].sum(), once[HOME:].sum()) == (0, AWAY / 2)
    once = calibrate_by_likeness(few, SPACE, 0.5).once
    assert once[:HOME].sum() > 0
    assert once[HOME:].sum() == 10


def test_answers_without_features_are_calibrated_as_ever() -> None:
    found = replace(answers(), features=np.empty((HOME + AWAY, 0), np.float32))
    truth = np.array([SPACE.index(label) for label in found.truth])
    by_likeness = calibrate_by_likeness(found, SPACE, 0.5)
    as_ever = calibrate(found.logits, truth, SPACE, "both", with_gem=np.ones(len(truth), bool))
    assert by_likeness.calibration == as_ever
    for strategy, rows in cross_fitted(found.logits, truth, found.folds, SPACE, "both").items():
        np.testing.assert_array_equal(by_likeness.probabilities[strategy], rows)


def test_unlike_pictures_get_a_calibration_of_their_own() -> None:
    found = answers()
    by_likeness = calibrate_by_likeness(found, SPACE, 0.5)
    calibration, away = by_likeness.calibration, by_likeness.calibration.unlike
    assert away is not None
    assert by_likeness.once[HOME:].sum() == AWAY / 2  # each stone once
    assert away.stones == by_likeness.once.sum()
    assert away.temperatures.flat > 1.5 * calibration.temperatures.flat
    row, other = calibration.sets.row_for(0.9), away.sets.row_for(0.9)
    assert row is not None
    assert other is not None
    assert other.others < row.others
    alike = calibrate_by_likeness(answers(0), SPACE, 0.5).calibration
    assert calibration.temperatures.flat < 1.2 * alike.temperatures.flat  # the others did not disturb it


def test_too_few_unlike_stones_get_none() -> None:
    found = answers(of_one_stone=AWAY)
    by_likeness = calibrate_by_likeness(found, SPACE, 0.5)
    assert 0 < by_likeness.once.sum() < LEAST_UNLIKE
    assert by_likeness.calibration.unlike is None
    assert by_likeness.calibration.likeness is not None


def test_shortlists_of_unlike_pictures_are_longer() -> None:
    from gemhier.hierarchy.node import Node
    from gemhier.hierarchy.taxonomy import Taxonomy

    nodes = [Node(node, node.title(), "variety" if "/" in node else "family") for node in SPACE.nodes]
    found = answers()
    by_likeness = calibrate_by_likeness(found, SPACE, 0.5)
    lists = by_likeness.shortlists(found, 0.9, SPACE, Taxonomy.from_nodes(nodes))
    sizes = np.array([len(each.labels) if each else 0 for each in lists])
    held = np.array([label in each.labels for label, each in zip(found.truth, lists, strict=True) if each])
    assert sizes[by_likeness.like].mean() < 2 < sizes[~by_likeness.like].mean()
    assert held.mean() >= 0.85
