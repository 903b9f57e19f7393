"""From probabilities to predictions, without a network."""

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemhier.hierarchy.labels import LabelSpace
from gemhier.models.bundle.decision import Decider, decide
from gemhier.models.bundle.predictions import Prediction

if TYPE_CHECKING:
    from gemhier.hierarchy.taxonomy import Taxonomy

SPACE = LabelSpace(
    (
        "beryl/aquamarine",
        "beryl/emerald",
        "beryl/emerald/colombian",
        "corundum/ruby",
        "corundum/sapphire",
        "quartz",
    )
)


def decided(
    taxonomy: "Taxonomy",
    probabilities: list[float],
    *,
    threshold: float = 0.6,
    top: int = 5,
    score: float = 1.0,
    stone_threshold: float = 0.5,
) -> Prediction:
    (prediction,) = decide(
        ["ring.jpg"],
        np.array([probabilities]),
        [score],
        Decider(SPACE, taxonomy, stone_threshold, "soft", "1"),
        threshold=threshold,
        top=top,
    )
    return prediction


def test_the_answer_is_the_deepest_node_that_is_sure_enough(tiny_taxonomy: "Taxonomy") -> None:
    probabilities = [0.1, 0.1, 0.6, 0.1, 0.1, 0.0]
    answers = {
        threshold: decided(tiny_taxonomy, probabilities, threshold=threshold).answer for threshold in (0.6, 0.65, 0.75)
    }
    assert {threshold: answer and (answer.id, answer.rank) for threshold, answer in answers.items()} == {
        0.6: ("beryl/emerald/colombian", "region"),
        0.65: ("beryl/emerald", "variety"),
        0.75: ("beryl", "family"),
    }
    assert [answer and round(answer.probability, 9) for answer in answers.values()] == [0.6, 0.7, 0.8]


def test_a_refusal_names_the_likeliest_family_and_what_it_lacks(tiny_taxonomy: "Taxonomy") -> None:
    prediction = decided(tiny_taxonomy, [0.2, 0.11, 0.1, 0.2, 0.2, 0.19], threshold=0.62)
    assert prediction.answer is None
    assert prediction.refused == "no family reached 0.62: the likeliest, Beryl, has 0.41"
    assert prediction.families[0].name == "Beryl"
    assert len(prediction.subclasses) == 5


@pytest.mark.parametrize(
    ("probability", "threshold", "reason"),
    [
        (0.5994, 0.5996, "no family reached 0.600: the likeliest, Beryl, has 0.599"),
        (0.75, 0.999, "no family reached 0.999: the likeliest, Beryl, has 0.750"),
        (0.9999999, 0.99999999, "no family reached 1.000000: the likeliest, Beryl, has 1.000000"),
    ],
)
def test_a_refusal_has_the_decimals_that_tell_its_numbers_apart(
    tiny_taxonomy: "Taxonomy", probability: float, threshold: float, reason: str
) -> None:
    prediction = decided(tiny_taxonomy, [probability, 0, 0, 1 - probability, 0, 0], threshold=threshold)
    assert prediction.refused == reason


def test_rankings_are_best_first_and_ties_keep_the_order_of_the_labels(tiny_taxonomy: "Taxonomy") -> None:
    prediction = decided(tiny_taxonomy, [0.05, 0.3, 0.1, 0.3, 0.05, 0.2], top=4)
    labels = [candidate.id for candidate in prediction.subclasses]
    assert labels == ["beryl/emerald", "corundum/ruby", "quartz", "beryl/emerald/colombian"]
    families = [(candidate.id, round(candidate.probability, 9)) for candidate in prediction.families]
    assert families == [("beryl", 0.45), ("corundum", 0.35), ("quartz", 0.2)]


def test_what_is_impossible_is_not_ranked(tiny_taxonomy: "Taxonomy") -> None:
    prediction = decided(tiny_taxonomy, [0, 0, 0, 0.9, 0.1, 0])
    assert [candidate.id for candidate in prediction.families] == ["corundum"]
    assert [candidate.id for candidate in prediction.subclasses] == ["corundum/ruby", "corundum/sapphire"]


@pytest.mark.parametrize(("names", "scores"), [(1, 2), (2, 1)])
def test_every_picture_needs_a_name_and_a_score(tiny_taxonomy: "Taxonomy", names: int, scores: int) -> None:
    with pytest.raises(ValueError, match=f"of all 2 pictures. Received: {names}, {scores}."):
        decide(
            ["ring.jpg"] * names,
            np.full((2, 6), 1 / 6),
            [1.0] * scores,
            Decider(SPACE, tiny_taxonomy, 0.5, "soft", "1"),
            threshold=0.5,
            top=5,
        )


def test_where_no_gem_stands_out_there_is_no_answer_but_a_ranking(tiny_taxonomy: "Taxonomy") -> None:
    sure = [0.0, 0.0, 0.0, 1.0, 0.0, 0.0]
    refused = decided(tiny_taxonomy, sure, score=0.314, stone_threshold=0.5)
    answered = decided(tiny_taxonomy, sure, score=0.5, stone_threshold=0.5)
    assert refused.answer is None
    assert refused.refused == "no gem stands out: the highest score is 0.314, and a gem has at least 0.500"
    assert answered.answer is not None
    assert answered.answer.id == "corundum/ruby"
    assert (refused.families, refused.subclasses) == (answered.families, answered.subclasses)


def test_each_picture_is_held_against_its_own_score(tiny_taxonomy: "Taxonomy") -> None:
    predictions = decide(
        ["a", "b", "c"],
        np.tile([0.0, 0.0, 0.0, 1.0, 0.0, 0.0], (3, 1)),
        [0.9, 0.0, 0.4],
        Decider(SPACE, tiny_taxonomy, 0.4, "soft", "1"),
        threshold=0.5,
        top=5,
    )
    assert [prediction.answer is not None for prediction in predictions] == [True, False, True]


distributions = st.lists(st.floats(0.001, 1), min_size=6, max_size=6).map(
    lambda weights: [weight / sum(weights) for weight in weights]
)


@given(probabilities=distributions, lower=st.floats(0, 1), higher=st.floats(0, 1))
def test_asking_for_more_never_answers_deeper(
    tiny_taxonomy: "Taxonomy", probabilities: list[float], lower: float, higher: float
) -> None:
    lower, higher = sorted((lower, higher))
    routes = []
    for threshold in (lower, higher):
        answer = decided(tiny_taxonomy, probabilities, threshold=threshold).answer
        routes.append(tiny_taxonomy[answer.id].route if answer else ())
    deep, shallow = routes
    assert deep[: len(shallow)] == shallow


@given(probabilities=distributions)
def test_no_candidate_is_more_probable_than_its_family(tiny_taxonomy: "Taxonomy", probabilities: list[float]) -> None:
    prediction = decided(tiny_taxonomy, probabilities, top=6)
    of_family = {candidate.id: candidate.probability for candidate in prediction.families}
    assert len(prediction.subclasses) == 6
    for candidate in prediction.subclasses:
        assert candidate.probability <= of_family[candidate.id.partition("/")[0]]


def test_where_the_stone_is_none_of_the_labels_there_is_no_answer(tiny_taxonomy: "Taxonomy") -> None:
    prediction = decided(tiny_taxonomy, [0.0] * len(SPACE))
    assert prediction.answer is None
    assert prediction.refused == "none of the gems that this model can name is left"
    assert prediction.families == prediction.subclasses == ()
