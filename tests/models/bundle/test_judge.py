"""What is said of stones beside their names: that a picture may show none of the gems that have one."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from gemhier.hierarchy.evidence import Evidence
from gemhier.hierarchy.labels import LabelSpace
from gemhier.hierarchy.reading_text import parse_readings
from gemhier.hierarchy.taxonomy import Taxonomy
from gemhier.models.bundle.decision import NOVEL, UNLIKE
from gemhier.models.bundle.info import BundleInfo
from gemhier.models.bundle.judge import Asked, Judge
from gemhier.models.bundle.predictions import Prediction

SURE, TORN = [0.9, 0.02, 0.02, 0.02, 0.02, 0.02], [1 / 6] * 6
NONE: Any = (None, "")


@pytest.fixture(scope="module")
def judge(tiny_info: BundleInfo, tiny_taxonomy: Taxonomy) -> Judge:
    """It says of a picture with an entropy above 1 nat that it may show no known gem."""
    return Judge(replace(tiny_info, novel_entropy=1.0), tiny_taxonomy, LabelSpace(tiny_info.labels), 0.5)


def decided(judge: Judge, rows: Sequence[Sequence[float]], **others: Any) -> list[Prediction]:
    scores = others.pop("scores", [1.0] * len(rows))
    return judge.decide([str(row) for row in range(len(rows))], np.array(rows), scores, Asked(), **others)


def said(predictions: Sequence[Prediction]) -> list[tuple[bool | None, str]]:
    return [(each.novel, each.caution) for each in predictions]


def test_a_picture_that_is_torn_between_all_gems_may_show_none_of_them(judge: Judge) -> None:
    sure, torn = decided(judge, [SURE, TORN])
    assert said([sure, torn]) == [(False, ""), (True, NOVEL)]
    assert (torn.to_dict()["novel"], torn.to_dict()["caution"]) == (True, NOVEL)
    assert sure.to_dict()["novel"] is False
    assert sure.answer is not None


def test_nothing_is_said_where_nothing_is_known(judge: Judge) -> None:
    assert said(decided(judge, [TORN], scores=[0.1])) == [NONE]
    ((novel, caution),) = said(decided(judge, [TORN], like=[False]))
    assert novel is None
    assert caution.startswith(UNLIKE)
    silent = replace(judge, info=replace(judge.info, novel_entropy=None))
    assert said(decided(silent, [SURE, TORN])) == [NONE, NONE]
    assert "novel" not in decided(silent, [TORN])[0].to_dict()


def test_with_a_reading_other_gems_are_named_in_its_place(judge: Judge) -> None:
    reading = Evidence(parse_readings({"sg": "4.00"}))
    assert said(decided(judge, [TORN, TORN], evidence=[reading, Evidence(without=("Quartz",))])) == [
        NONE,
        (True, NOVEL),
    ]
    assert judge.identify(reading, Asked()).novel is None


def test_bundle_json_round_trips_with_it_and_refuses_what_cannot_be(judge: Judge, tiny_info: BundleInfo) -> None:
    content = judge.info.to_dict()
    assert content["novelty"] == {"entropy": 1.0}
    assert BundleInfo.from_dict(json.loads(json.dumps(content))) == judge.info
    assert "novelty" not in tiny_info.to_dict()
    for wrong, message in (
        ({"entropy": "1"}, r"`novelty\.entropy` must be a number"),
        ({}, r"`novelty\.entropy` is missing"),
        (2.0, "`novelty` must be an object"),
        ({"entropy": -1.0}, "must be 0 or more"),
    ):
        with pytest.raises(ValueError, match=message):
            BundleInfo.from_dict(content | {"novelty": wrong})


def test_at_least_one_gem_is_ranked() -> None:
    with pytest.raises(ValueError, match="`top` must be at least 1. Received: 0"):
        Asked(top=0)
