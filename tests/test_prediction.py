"""What a prediction says, to people and to programs."""

import json

import pytest

from gemhier.models.prediction import Answer, Candidate, Failure, Prediction

EMERALD = Answer("beryl/emerald", "Emerald", "variety", 0.87)


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
        (Answer("garnet/pyrope", "Pyrope", "species", 0.9), "Pyrope (species of garnet)"),
        (
            Answer("beryl/emerald/colombian", "Colombian Emerald", "region", 0.9),
            "Colombian Emerald (region of emerald)",
        ),
        (Answer("tiger-eye/red", "Red Tiger Eye", "trade", 0.9), "Red Tiger Eye (trade name of tiger eye)"),
    ],
)
def test_an_answer_is_read_with_its_place(answer: Answer, words: str) -> None:
    assert str(answer) == words


def test_a_prediction_is_read_in_one_line() -> None:
    assert str(prediction()) == "ring.jpg: Emerald (variety of beryl) 0.87"
    assert str(prediction(None, "no family reached 0.62")) == "ring.jpg: not sure, no family reached 0.62"
