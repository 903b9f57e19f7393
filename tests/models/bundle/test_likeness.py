"""Pictures that are unlike those of the training: told apart, answered by thresholds of their own, and named."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from gemhier.arrays import RGB, Float32
from gemhier.errors import BundleError
from gemhier.hierarchy.answering import Threshold, Thresholds
from gemhier.hierarchy.prediction_sets import SetThreshold, SetThresholds
from gemhier.models.bundle import Bundle, load_bundle, write_bundle
from gemhier.models.bundle.decision import UNLIKE, caution
from gemhier.models.bundle.info import BundleInfo, Temperatures, Unlike
from gemhier.models.bundle.likeness import FILE, Likeness
from gemhier.models.bundle.predictions import Prediction
from gemhier.models.images.crop import Box
from gemhier.models.images.finder import Finder

LIKENESS = Likeness(np.array([[1, 0, 0], [0.6, 0.8, 0]], np.float32), 0.1)


class Seeing(Finder):
    """A finder whose features are the colour of the darkest corner of the picture, however that is turned."""

    def _look(self, image: RGB, view: Box) -> tuple[Float32, float, Float32]:
        maps, present, _ = super()._look(image, view)
        corners = image[[0, 0, -1, -1], [0, -1, 0, -1]]
        return maps, present, corners[corners.sum(axis=1).argmin()].astype(np.float32)


def unlike(*, stones: int = 40, reached: bool = True, threshold: float = 0.99) -> Unlike:
    row = Threshold(precision=0.9, threshold=threshold, reached=reached, observed=None, answered=1.0, depths=())
    sets = (SetThreshold(coverage=0.9, families={}, others=0.3), SetThreshold(coverage=0.95, families={}, others=0.0))
    return Unlike(
        stones=stones,
        temperatures=Temperatures(flat=9.0, family=9.0),
        fusion_weight=0.5,
        thresholds=Thresholds((row,)),
        sets=SetThresholds(sets),
    )


@pytest.fixture(scope="module")
def bundle(promising_bundle: Path, tiny_finder: bytes) -> Bundle:
    """A bundle to which reddish pictures are like."""
    found = load_bundle(promising_bundle)
    return replace(found, finder=Seeing(tiny_finder, threshold=found.finder.threshold), likeness=LIKENESS)


@pytest.fixture
def pictures(paint_stone: Callable[[str], RGB]) -> list[RGB]:
    """A ruby in a picture with a red corner, and with a blue one."""
    found = []
    for colour in ((200, 1, 0), (0, 0, 200)):
        image = np.array(paint_stone("corundum/ruby"))
        image[0, 0] = colour
        found.append(image)
    return found


def named(bundle: Bundle, pictures: list[RGB], **asked: float) -> list[Prediction]:
    found = list(bundle.classify(pictures, **asked))
    assert all(isinstance(each, Prediction) for each in found)
    return [each for each in found if isinstance(each, Prediction)]


def test_what_is_far_from_all_prototypes_is_unlike() -> None:
    features = np.array([[5, 0, 0], [3, 4, 0], [1, 0, 1], [0, 0, 2]])
    np.testing.assert_allclose(LIKENESS.distances(features), [0, 0, 1 - np.sqrt(0.5), 1], atol=1e-7)
    assert LIKENESS.like(features, [9999] * 4).tolist() == [True, True, False, False]
    sized = replace(LIKENESS, largest=600)
    assert sized.like(features, [600, 601, 600, 601]).tolist() == [True, False, False, False]


def test_it_is_read_as_it_was_written_and_nothing_else_is() -> None:
    read = Likeness.from_bytes(LIKENESS.to_bytes())
    np.testing.assert_allclose(read.prototypes, LIKENESS.prototypes, atol=1e-3)
    assert read.threshold == LIKENESS.threshold
    assert read.largest == LIKENESS.largest == np.inf
    assert read.to_bytes() == LIKENESS.to_bytes()
    assert Likeness.from_bytes(replace(LIKENESS, largest=600).to_bytes()).largest == 600
    of_before = LIKENESS.to_bytes()[:-136]  # without its third array
    assert Likeness.from_bytes(of_before).to_bytes() == LIKENESS.to_bytes()
    for content in (b"", b"no array", LIKENESS.to_bytes()[:40], LIKENESS.to_bytes()[:-4]):
        with pytest.raises(BundleError, match=r"likeness\.npy cannot be used"):
            Likeness.from_bytes(content)


@pytest.mark.parametrize(
    ("prototypes", "threshold"), [([[2.0, 0]], 0.1), ([[np.nan, 1]], 0.1), ([[1.0, 0]], 3), ([[1.0, 0]], np.nan)]
)
def test_what_cannot_be_is_refused(prototypes: list[list[float]], threshold: float) -> None:
    with pytest.raises(ValueError, match="must"):
        Likeness(np.array(prototypes, np.float32), threshold)


def test_a_bundle_that_knows_nothing_of_it_says_nothing(bundle: Bundle, pictures: list[RGB]) -> None:
    silent = named(replace(bundle, likeness=None), pictures)
    assert [(each.like, each.caution) for each in silent] == [(None, ""), (None, "")]
    assert not {"like", "caution"} & silent[0].to_dict().keys()


def test_an_unlike_picture_without_a_calibration_of_its_own_gets_the_same_answer_and_no_promise(
    bundle: Bundle, pictures: list[RGB]
) -> None:
    like, other = named(bundle, pictures, guarantee=0.9)
    silent = named(replace(bundle, likeness=None), pictures, guarantee=0.9)
    assert [replace(each, like=None, caution="") for each in (like, other)] == silent
    assert (like.like, like.caution, other.like) == (True, "", False)
    assert other.caution == f"{UNLIKE}: what is asked for is not promised here."
    assert like.to_dict()["like"] is True
    assert (other.to_dict()["like"], other.to_dict()["caution"]) == (False, other.caution)


def test_an_unlike_picture_is_answered_by_the_calibration_of_such(bundle: Bundle, pictures: list[RGB]) -> None:
    away = replace(bundle, info=replace(bundle.info, unlike=unlike()))
    before, _ = named(bundle, pictures, guarantee=0.9)
    like, other = named(away, pictures, guarantee=0.9)
    assert like == before
    assert like.answer is not None
    assert other.answer is None
    assert other.subclasses[0].probability < like.subclasses[0].probability
    assert other.shortlist is not None
    assert other.caution == f"{UNLIKE}: what is promised comes from 40 stones in pictures that were unlike them too."
    together = away.classify_same(pictures, guarantee=0.9)
    assert isinstance(together, Prediction)
    assert (together.like, together.caution) == (False, other.caution)
    alone = away.classify_same(pictures[:1])
    assert isinstance(alone, Prediction)
    assert alone.like


def test_a_picture_without_a_gem_gets_no_caution(bundle: Bundle) -> None:
    (empty,) = named(bundle, [np.full((64, 64, 3), (0, 0, 200), np.uint8)])
    assert (empty.like, empty.caution) == (False, "")


@pytest.mark.parametrize(
    ("known", "guarantee", "said"),
    [
        (unlike(), 0.95, "comes from 40 stones"),
        (unlike(stones=18), 0.95, ", and 18 stones in such pictures do not assure a shortlist that is 95% sure"),
        (unlike(stones=19), 0.95, "comes from 19 stones"),
        (unlike(reached=False), None, ", and 40 stones in such pictures do not assure 90% right"),
        (unlike(stones=1, reached=False), 0.9, ", and 1 stone in such pictures do not assure 90% right or a shortlist"),
    ],
)
def test_the_caution_says_what_so_many_stones_assure(known: Unlike, guarantee: float | None, said: str) -> None:
    assert said in caution(known, 0.9, guarantee)


def test_it_lies_in_the_bundle_and_older_bundles_have_none(promising_bundle: Path, tmp_path: Path) -> None:
    old = load_bundle(promising_bundle)
    assert old.likeness is None
    assert old.finder.content is not None
    write_bundle(
        tmp_path / "new",
        replace(old.info, unlike=unlike()),
        taxonomy=old.taxonomy,
        network=(promising_bundle / "network.tflite").read_bytes(),
        finder=old.finder.content,
        report={},
        model_card="",
        likeness=LIKENESS,
    )
    new = load_bundle(tmp_path / "new")
    assert new.likeness is not None
    assert new.likeness.to_bytes() == LIKENESS.to_bytes()
    assert new.info.unlike == unlike()
    assert FILE in new.info.files
    assert new.like([np.empty(0, np.float32)], [300]) == [None]  # its finder is older
    (tmp_path / "new" / FILE).write_bytes(b"changed")
    with pytest.raises(BundleError, match=r"likeness\.npy has changed"):
        load_bundle(tmp_path / "new")


def test_a_calibration_that_is_damaged_is_refused(bundle: Bundle) -> None:
    content = json.loads(json.dumps(replace(bundle.info, unlike=unlike()).to_dict()))
    assert BundleInfo.from_dict(content).unlike == unlike()
    del content["unlike"]["temperatures"]["flat"]
    with pytest.raises(ValueError, match=r"`unlike\.temperatures\.flat` is missing"):
        BundleInfo.from_dict(content)
    with pytest.raises(ValueError, match="There must be stones"):
        unlike(stones=0)
