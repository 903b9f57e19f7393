"""What a prediction says, to people and to programs."""

import json
from dataclasses import replace

import pytest

from gemhier.models.bundle.candidate import Candidate
from gemhier.models.bundle.predictions import NO_GEM, Answer, MultiView, Prediction
from gemhier.models.images.stones import Failure, Place

EMERALD = Answer("beryl/emerald", "Emerald", "variety", 0.87, above="Beryl")


def prediction(answer: Answer | None = EMERALD, refused: str | None = None) -> Prediction:
    return Prediction(
        image="ring.jpg",
        answer=answer,
        refused=refused,
        families=(Candidate("beryl", "Beryl", 0.912345678), Candidate("quartz", "Quartz", 0.05)),
        subclasses=(Candidate("beryl/emerald", "Emerald", 0.87),),
        decided_by="fused",
        model_version="tiny-1",
    )


def test_an_answered_prediction_has_the_keys_of_the_contract() -> None:
    assert prediction().to_dict() == {
        "image": "ring.jpg",
        "answer": {"id": "beryl/emerald", "name": "Emerald", "rank": "variety", "probability": 0.87},
        "families": [
            {"id": "beryl", "name": "Beryl", "probability": 0.912346},
            {"id": "quartz", "name": "Quartz", "probability": 0.05},
        ],
        "subclasses": [{"id": "beryl/emerald", "name": "Emerald", "probability": 0.87}],
        "decided_by": "fused",
        "model_version": "tiny-1",
    }


def test_a_refused_prediction_says_why_and_keeps_its_ranking() -> None:
    content = prediction(None, "no family reached 0.62: the likeliest, Beryl, has 0.41").to_dict()
    assert content["answer"] is None
    assert content["refused"] == "no family reached 0.62: the likeliest, Beryl, has 0.41"
    assert [candidate["id"] for candidate in content["families"]] == ["beryl", "quartz"]


def test_a_failure_has_the_keys_of_the_contract() -> None:
    failure = Failure("notes.jpg", "not a picture.")
    assert failure.to_dict() == {"image": "notes.jpg", "failure": "not a picture."}
    assert str(failure) == "notes.jpg: not a picture."


def test_what_to_dict_gives_is_json() -> None:
    content = prediction().to_dict()
    assert json.loads(json.dumps(content)) == content


@pytest.mark.parametrize(("answer", "refused"), [(None, None), (EMERALD, "no family reached 0.9")])
def test_a_prediction_is_either_answered_or_refused(answer: Answer | None, refused: str | None) -> None:
    with pytest.raises(ValueError, match="either"):
        prediction(answer, refused)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (EMERALD, "Emerald (variety of beryl)"),
        (Answer("beryl", "Beryl", "family", 0.9), "Beryl (family)"),
        (Answer("garnet/red/pyrope", "Pyrope", "species", 0.9, "Red Garnet"), "Pyrope (species of red garnet)"),
        (
            Answer("beryl/emerald/colombian", "Colombian Emerald", "region", 0.9, "Emerald"),
            "Colombian Emerald (region of emerald)",
        ),
        (
            Answer("tiger-eye/red", "Red Tiger Eye", "trade", 0.9, "Tiger Eye"),
            "Red Tiger Eye (trade name of tiger eye)",
        ),
    ],
)
def test_an_answer_is_read_with_its_place(answer: Answer, words: str) -> None:
    assert str(answer) == words


def test_a_prediction_is_read_in_one_line() -> None:
    assert str(prediction()) == "ring.jpg: Emerald (variety of beryl) 0.87"


@pytest.mark.parametrize(
    ("families", "labels", "words"),
    [
        (
            [("corundum", 0.61), ("garnet", 0.32)],
            [("corundum/ruby", 0.60), ("garnet/red", 0.20)],
            "Not sure. Perhaps Corundum (0.61: ruby 0.60) or Garnet (0.32).",
        ),
        ([("quartz", 0.5), ("beryl", 0.09)], [("quartz", 0.5)], "Not sure. Perhaps Quartz (0.50)."),
        ([("quartz", 0.04), ("beryl", 0.03)], [("beryl/emerald", 0.03)], "Not sure. Perhaps Quartz (0.04)."),
    ],
    ids=["two families", "an unlikely second", "all unlikely"],
)
def test_a_refusal_says_what_it_may_be(
    families: list[tuple[str, float]], labels: list[tuple[str, float]], words: str
) -> None:
    def candidates(ranked: list[tuple[str, float]]) -> tuple[Candidate, ...]:
        return tuple(Candidate(node, node.rpartition("/")[2].capitalize(), value) for node, value in ranked)

    unsure = replace(
        prediction(None, "no family reached 0.70: the likeliest, Corundum, has 0.61"),
        families=candidates(families),
        subclasses=candidates(labels),
    )
    assert str(unsure) == f"ring.jpg: {words}"
    assert prediction().refusal == ""


def test_a_picture_without_a_gem_is_said_to_have_none() -> None:
    assert (
        str(prediction(None, f"{NO_GEM}: the highest score is 0.020, and a gem has at least 0.810"))
        == "ring.jpg: No gem found."
    )


def test_one_of_several_stones_says_which_and_where() -> None:
    second = replace(prediction(), place=Place(stone=2, x=-4, y=30, side=120))
    content = second.to_dict()
    assert (content["stone"], content["box"]) == (2, {"x": -4, "y": 30, "side": 120})
    assert {key: value for key, value in content.items() if key not in ("stone", "box")} == prediction().to_dict()
    assert str(second) == "ring.jpg, stone 2 (120 x 120 pixels at -4, 30): Emerald (variety of beryl) 0.87"


def test_one_stone_on_several_pictures_names_them_all() -> None:
    together = MultiView(("ring.jpg", "b.jpg", "c.jpg"))
    several = replace(prediction(), multi_view=together)
    content = several.to_dict()
    assert (content["image"], content["images"]) == ("ring.jpg", ["ring.jpg", "b.jpg", "c.jpg"])
    assert {key: value for key, value in content.items() if key != "images"} == prediction().to_dict()
    assert str(several) == "ring.jpg and 2 more: Emerald (variety of beryl) 0.87"
    assert str(replace(several, multi_view=MultiView(("ring.jpg",)))) == str(prediction())


def test_pictures_that_do_not_count_are_there_with_the_reason() -> None:
    together = MultiView(("ring.jpg",), without_gem=("dark.jpg",), failures=(Failure("notes.jpg", "not a picture."),))
    content = replace(prediction(), multi_view=together).to_dict()
    assert content["without_gem"] == ["dark.jpg"]
    assert content["failures"] == [{"image": "notes.jpg", "failure": "not a picture."}]
    assert json.loads(json.dumps(content)) == content
