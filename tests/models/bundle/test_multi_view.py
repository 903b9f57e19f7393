"""Several photographs of one stone: the laws of pooling, and one answer from all of them."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gemhier.arrays import RGB, Float64
from gemhier.models.bundle import Bundle, load_bundle
from gemhier.models.bundle.multi_view import LEAST_AGREEMENT, View, all_failed, by_gem, contradictions, pool
from gemhier.models.bundle.predictions import MultiView, Prediction
from gemhier.models.images.stones import Failure

Paint = Callable[[str], RGB]

distributions = st.lists(st.floats(1e-3, 1), min_size=4, max_size=4).map(
    lambda weights: [weight / sum(weights) for weight in weights]
)
several = st.lists(distributions, min_size=1, max_size=5).map(np.array)


# Pooling


def test_two_photographs_worked_out_by_hand() -> None:
    # The products are 0.45 and 0.05, their roots as 3 to 1.
    np.testing.assert_allclose(pool(np.array([[0.5, 0.5], [0.9, 0.1]])), [0.75, 0.25])


@given(several)
def test_what_is_pooled_sums_to_one_in_any_order(probabilities: Float64) -> None:
    pooled = pool(probabilities)
    assert pooled.sum() == pytest.approx(1)
    np.testing.assert_allclose(pool(probabilities[::-1]), pooled, rtol=1e-9)


@given(distributions, st.integers(1, 6))
def test_the_same_said_again_is_no_louder(distribution: list[float], times: int) -> None:
    np.testing.assert_allclose(pool(np.array([distribution] * times)), distribution, rtol=1e-9)


@given(several, distributions)
def test_what_is_learned_later_may_be_pooled_before_or_after(probabilities: Float64, likelihood: list[float]) -> None:
    """The pool is externally Bayesian (Genest and Zidek 1986): updating and pooling commute."""
    updated = probabilities * likelihood
    before = pool(updated / updated.sum(axis=1, keepdims=True))
    after = pool(probabilities) * likelihood
    np.testing.assert_allclose(before, after / after.sum(), rtol=1e-6)


def test_one_photograph_alone_rules_nothing_out() -> None:
    pooled = pool(np.array([[1.0, 0.0, 0.0, 0.0], [0.0, 0.7, 0.3, 0.0], [0.0, 0.7, 0.3, 0.0]]))
    assert np.all(np.isfinite(pooled))
    assert pooled.argmax() == 1
    assert pooled[0] > 0
    assert pooled[3] == 0  # no photograph has it


def views(*scores: float) -> list[View]:
    return [View(f"{position}.jpg", score, np.full(2, 0.5)) for position, score in enumerate(scores)]


def test_views_without_a_gem_do_not_count_unless_there_are_no_others() -> None:
    seen = views(0.2, 0.5, 0.9)
    assert by_gem(seen, 0.5) == (seen[1:], seen[:1])
    assert by_gem(seen, 0.0) == (seen, [])
    assert by_gem(seen, 0.95) == (seen, [])


def test_failures_are_told_together_under_the_first() -> None:
    assert all_failed([Failure("a.jpg", "cut short.")]) == Failure("a.jpg", "cut short.")
    assert str(all_failed([Failure("a.jpg", "cut short."), Failure("b.jpg", "empty.")])) == (
        "a.jpg: cut short. b.jpg: empty."
    )


# Contradictions


def test_photographs_that_hardly_agree_on_a_family_contradict_each_other_the_worst_first() -> None:
    seen = np.array([[0.99, 0.01, 0.0], [0.0, 0.99, 0.01], [0.985, 0.005, 0.01], [0.3, 0.4, 0.3]])
    # They agree with 0.0099, and with 0.00495 + 0.0001; the last photograph is sure of nothing.
    assert contradictions(seen) == [(1, 2), (0, 1)]
    assert contradictions(np.full((2, 42), 1 / 42)) == []


@given(several.map(lambda rows: rows**9 / (rows**9).sum(axis=1, keepdims=True)), st.randoms(use_true_random=False))
def test_who_contradicts_whom_does_not_depend_on_the_order(probabilities: Float64, random: Any) -> None:
    order = random.sample(range(len(probabilities)), len(probabilities))
    found = {frozenset(pair) for pair in contradictions(probabilities)}
    assert {frozenset(order[place] for place in pair) for pair in contradictions(probabilities[order])} == found
    for first, second in found:
        assert probabilities[first] @ probabilities[second] < LEAST_AGREEMENT


# Classifying


@pytest.fixture(scope="module")
def bundle(tiny_bundle: Path) -> Bundle:
    return load_bundle(tiny_bundle)


PLAIN = np.full((50, 70, 3), (30, 50, 170), np.uint8)
"""No stone stands out, and what the network says of it is sapphire."""


def mixed(paint: Paint, one: str, other: str, share: float) -> RGB:
    return np.asarray(np.rint(paint(one) * (1 - share) + paint(other) * share), np.uint8)


def predicted(result: Prediction | Failure) -> Prediction:
    assert isinstance(result, Prediction)
    return result


def same(one: Prediction, other: Prediction) -> None:
    """Two predictions are the same up to rounding."""
    assert (one.answer and one.answer.id) == (other.answer and other.answer.id)
    for left, right in zip(one.families + one.subclasses, other.families + other.subclasses, strict=True):
        assert left.id == right.id
        assert left.probability == pytest.approx(right.probability, abs=1e-6)


def test_photographs_of_different_gems_are_named_with_what_each_shows(bundle: Bundle, paint_stone: Paint) -> None:
    ruby, emerald = paint_stone("corundum/ruby"), paint_stone("beryl/emerald")
    found = predicted(bundle.classify_same([ruby, emerald, ruby])).multi_view
    assert found is not None
    assert [pair.images for pair in found.contradictions] == [("array 0", "array 1"), ("array 1", "array 2")]
    assert [family.id for family in found.contradictions[0].families] == ["corundum", "beryl"]
    assert str(found.contradictions[0]) == "array 0 looks like corundum (1.00), array 1 like beryl (1.00)"
    assert found.to_dict()["contradictions"][1]["images"] == ["array 1", "array 2"]
    agreeing = predicted(bundle.classify_same([ruby, mixed(paint_stone, "corundum/ruby", "corundum/sapphire", 0.3)]))
    assert agreeing.multi_view is not None
    assert "contradictions" not in agreeing.multi_view.to_dict()


def test_one_photograph_gets_the_answer_that_it_gets_anyway(bundle: Bundle, paint_stone: Paint) -> None:
    image = mixed(paint_stone, "corundum/ruby", "beryl/emerald", 0.4)
    (alone,) = bundle.classify([image], top=6)
    together = predicted(bundle.classify_same([image], top=6))
    same(together, predicted(alone))
    assert together.multi_view == MultiView(("array 0",))
    same(predicted(bundle.classify_same([image] * 3, top=6)), together)


def test_photographs_are_pooled_by_the_strategy_of_the_bundle(bundle: Bundle, paint_stone: Paint) -> None:
    images = [mixed(paint_stone, "beryl/emerald", "beryl/aquamarine", share) for share in (0.3, 0.45, 0.8)]
    together = predicted(bundle.classify_same(images, top=6))
    found = np.zeros((3, 6))
    for row, result in enumerate(bundle.classify(images, top=6)):
        for candidate in predicted(result).subclasses:
            found[row, bundle.space.index(candidate.id)] = candidate.probability
    pooled = pool(found)
    for candidate in together.subclasses:
        assert candidate.probability == pytest.approx(pooled[bundle.space.index(candidate.id)], abs=1e-6)
    assert (together.decided_by, together.model_version) == ("fused", "tiny-1")


def test_two_sure_photographs_outweigh_one_that_is_mistaken(bundle: Bundle, paint_stone: Paint) -> None:
    ruby, mistaken = paint_stone("corundum/ruby"), mixed(paint_stone, "corundum/ruby", "corundum/sapphire", 0.6)
    (alone,) = bundle.classify([mistaken])
    assert predicted(alone).subclasses[0].id == "corundum/sapphire"
    assert predicted(bundle.classify_same([mistaken, ruby, ruby])).subclasses[0].id == "corundum/ruby"


def test_the_most_prominent_stone_of_each_photograph_counts(bundle: Bundle, paint_stone: Paint) -> None:
    image = np.full((120, 260, 3), 255, np.uint8)
    image[10:106, 10:138] = paint_stone("corundum/ruby")
    image[30:78, 160:224] = cv2.resize(paint_stone("quartz"), (64, 48), interpolation=cv2.INTER_AREA)
    assert len(bundle.finder.find(image)) == 2
    together = predicted(bundle.classify_same([image, paint_stone("corundum/ruby")]))
    assert together.answer is not None
    assert together.answer.id == "corundum/ruby"


def test_a_photograph_without_a_gem_does_not_count(bundle: Bundle, paint_stone: Paint) -> None:
    ruby = paint_stone("corundum/ruby")
    result = predicted(bundle.classify_same([PLAIN, ruby, PLAIN, ruby], top=6))
    same(result, predicted(bundle.classify_same([ruby], top=6)))
    assert (result.image, result.multi_view) == ("array 1", MultiView(("array 1", "array 3"), ("array 0", "array 2")))


def test_where_no_photograph_shows_a_gem_all_count_and_the_answer_is_refused(bundle: Bundle) -> None:
    result = predicted(bundle.classify_same([PLAIN, PLAIN]))
    assert result.answer is None
    assert result.refused == "no gem stands out: the highest score is 0.000, and a gem has at least 0.500"
    assert result.subclasses[0].id == "corundum/sapphire"
    assert result.multi_view == MultiView(("array 0", "array 1"))


def test_what_cannot_be_read_is_told_and_the_others_answer(bundle: Bundle, paint_stone: Paint, tmp_path: Path) -> None:
    path = tmp_path / "ruby.png"
    cv2.imwrite(str(path), cv2.cvtColor(paint_stone("corundum/ruby"), cv2.COLOR_RGB2BGR))
    (tmp_path / "empty.jpg").touch()
    result = predicted(bundle.classify_same([tmp_path / "empty.jpg", path, Failure("later", "asked for")]))
    assert result.image == str(path)
    assert result.answer is not None
    assert result.multi_view is not None
    assert result.multi_view.images == (str(path),)
    assert [failure.image for failure in result.multi_view.failures] == [str(tmp_path / "empty.jpg"), "later"]


def test_where_nothing_can_be_read_there_is_no_answer(bundle: Bundle, tmp_path: Path) -> None:
    result = bundle.classify_same([tmp_path / "a.jpg", str(tmp_path / "b.jpg")])
    assert isinstance(result, Failure)
    assert (
        str(result)
        == f"{tmp_path}/a.jpg: no such file. Check the path. {tmp_path}/b.jpg: no such file. Check the path."
    )


@given(st.permutations(range(4)), st.integers(1, 3))
@settings(max_examples=8)
def test_order_and_workers_change_nothing(bundle: Bundle, paint_stone: Paint, order: list[int], workers: int) -> None:
    images = [mixed(paint_stone, "corundum/ruby", "beryl/emerald", share) for share in (0.2, 0.4, 0.5)] + [PLAIN]
    straight = predicted(bundle.classify_same(images, top=6, workers=1))
    mixed_up = predicted(bundle.classify_same([images[place] for place in order], top=6, workers=workers))
    same(straight, mixed_up)


def test_a_strategy_that_gives_no_probability_to_other_families_pools_too(bundle: Bundle, paint_stone: Paint) -> None:
    hard = replace(bundle, info=replace(bundle.info, strategy="hard"))
    images = [paint_stone("corundum/ruby"), paint_stone("quartz"), paint_stone("corundum/ruby")]
    result = predicted(hard.classify_same(images, top=6))
    assert result.subclasses[0].id == "corundum/ruby"
    assert {candidate.id for candidate in result.families} == {"corundum", "quartz"}
    assert sum(candidate.probability for candidate in result.subclasses) == pytest.approx(1)


@pytest.mark.parametrize(
    ("images", "arguments", "message"),
    [
        ([], {}, "`images` must hold at least one picture"),
        ("ruby.jpg", {}, "must be a list of pictures. Received one path"),
        ([PLAIN], {"top": 0}, "`top` must be at least 1"),
        ([PLAIN], {"workers": 0}, "`workers` must be at least 1"),
        ([PLAIN], {"target_precision": 1.0}, "`target_precision`"),
        ([np.zeros((8, 8), np.uint8)], {}, "A picture must be"),
    ],
)
def test_wrong_arguments(bundle: Bundle, images: Any, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        bundle.classify_same(images, **arguments)
