"""Shortlists of a bundle: which labels and nodes stand in them, and what a bundle does not promise."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gemhier.arrays import RGB
from gemhier.errors import BundleError
from gemhier.hierarchy.evidence import Evidence
from gemhier.hierarchy.reading_text import parse_readings
from gemhier.models.bundle import Bundle, load_bundle
from gemhier.models.bundle.decision import WITHOUT_IMAGE
from gemhier.models.bundle.info import BundleInfo
from gemhier.models.bundle.predictions import Prediction
from gemhier.models.bundle.shortlist import Entry, Shortlist

GUESS = [0.12, 0.05, 0.35, 0.25, 0.15, 0.08]
"""P of aquamarine, unspecified emerald, Colombian emerald, ruby, sapphire, quartz."""


@pytest.fixture(scope="module")
def bundle(promising_bundle: Path) -> Bundle:
    return load_bundle(promising_bundle)


def decided(bundle: Bundle, guess: list[float], guarantee: float | None, **others: Any) -> Prediction:
    (prediction,) = bundle.decide(["a"], np.array([guess]), [others.pop("score", 1.0)], guarantee=guarantee, **others)
    return prediction


def nodes(prediction: Prediction) -> dict[str, tuple[str, ...]]:
    assert prediction.shortlist is not None
    return {entry.id: entry.labels for entry in prediction.shortlist.entries}


def test_each_label_is_held_against_its_family_and_nodes_stand_for_all_their_labels(bundle: Bundle) -> None:
    # Beryl asks for 0.1, the others for 0.02; corundum is in it with both of its labels, emerald with one of two.
    prediction = decided(bundle, GUESS, 0.95)
    assert nodes(prediction) == {
        "corundum": ("corundum/ruby", "corundum/sapphire"),
        "beryl/emerald/colombian": ("beryl/emerald/colombian",),
        "beryl/aquamarine": ("beryl/aquamarine",),
        "quartz": ("quartz",),
    }
    assert prediction.shortlist is not None
    assert [entry.probability for entry in prediction.shortlist.entries] == pytest.approx([0.4, 0.35, 0.12, 0.08])
    assert list(nodes(decided(bundle, GUESS, 0.9))) == ["beryl/emerald/colombian", "corundum/ruby"]
    assert nodes(decided(bundle, GUESS, 0.4)) == nodes(decided(bundle, GUESS, 0.9))


def test_a_shortlist_is_said_in_words() -> None:
    ruby, corundum = (
        Entry("corundum/ruby", "Ruby", 0.9, ("corundum/ruby",)),
        Entry("corundum", "Corundum", 0.9, ("corundum/ruby", "corundum/sapphire")),
    )
    assert str(Shortlist(0.95, (corundum, ruby))) == "one of: corundum (all), ruby"
    assert (str(Shortlist(0.95, (ruby,))), str(Shortlist(0.95, (corundum,)))) == ("ruby", "one of: corundum (all)")
    assert str(Shortlist(0.975, (ruby,) * 10)).endswith("ruby, ruby and 2 more")
    assert Shortlist(0.975, (ruby,)).sentence == "97.5% sure to be ruby"


def test_json_has_the_nodes_with_their_labels(bundle: Bundle) -> None:
    found = decided(bundle, GUESS, 0.9).to_dict()["shortlist"]
    assert found == {
        "guarantee": 0.9,
        "nodes": [
            {"id": "beryl/emerald/colombian", "name": "Colombian Emerald", "probability": 0.35}
            | {"labels": ["beryl/emerald/colombian"]},
            {"id": "corundum/ruby", "name": "Ruby", "probability": 0.25, "labels": ["corundum/ruby"]},
        ],
    }
    assert "shortlist" not in decided(bundle, GUESS, None).to_dict()


def test_a_picture_without_a_gem_gets_none(bundle: Bundle) -> None:
    assert decided(bundle, GUESS, 0.95, score=0.1).shortlist is None


def test_restrictions_rule_labels_out_even_where_every_label_would_be_in(bundle: Bundle) -> None:
    known = [Evidence(without=("Corundum",))]
    without = {"quartz", "beryl/aquamarine", "beryl/emerald/colombian"}
    assert set(nodes(decided(bundle, GUESS, 0.95, evidence=known))) == without
    assert bundle.info.sets is not None
    every = tuple(replace(row, families={"beryl": 0.0}, others=0.0) for row in bundle.info.sets.rows)
    helpless = replace(bundle, info=replace(bundle.info, sets=replace(bundle.info.sets, rows=every)))
    assert set(nodes(decided(helpless, GUESS, 0.95, evidence=known))) == {"quartz", "beryl"}


def test_readings_make_it_shorter_and_name_gems_that_the_model_does_not_know(bundle: Bundle) -> None:
    ruby = [Evidence(parse_readings({"ri": "1.762-1.770", "sg": "4.00"}))]
    assert nodes(decided(bundle, GUESS, 0.95, evidence=ruby)) == {"corundum": ("corundum/ruby", "corundum/sapphire")}
    glass = [Evidence(parse_readings({"ri": "1.46", "sg": "2.20"}))]
    found = nodes(decided(bundle, GUESS, 0.95, evidence=glass))
    assert () in found.values()
    for node, labels in found.items():
        assert (labels == ()) == (node in bundle.candidates.others)


def test_with_readings_it_is_within_the_credible_set_and_never_empty(bundle: Bundle) -> None:
    assert bundle.info.sets is not None
    everything, nothing = (
        replace(bundle, info=replace(bundle.info, sets=replace(bundle.info.sets, rows=rows)))
        for rows in (
            tuple(replace(row, families={"beryl": least}, others=least) for row in bundle.info.sets.rows)
            for least in (0.0, 1.0)
        )
    )
    ruby = [Evidence(parse_readings({"ri": "1.762-1.770", "sg": "4.00"}))]
    assert nodes(decided(everything, GUESS, 0.5, evidence=ruby)) == {"corundum/ruby": ("corundum/ruby",)}
    assert nodes(decided(everything, GUESS, 0.95, evidence=ruby)).keys() == {"corundum"}
    assert len(nodes(decided(everything, GUESS, 0.5))) == len(bundle.space.families)  # no reading, so the promise alone
    glass = [Evidence(parse_readings({"ri": "1.46", "sg": "2.20"}))]
    unpromised = nodes(decided(nothing, GUESS, 0.5, evidence=glass))
    assert [*unpromised.values()] == [()]
    assert unpromised.keys() <= set(bundle.candidates.others)


def test_without_a_picture_it_is_the_fewest_that_have_the_probability(bundle: Bundle, tiny_bundle: Path) -> None:
    known = Evidence(parse_readings({"sg": "2.70"}))
    found = {share: bundle.identify(known, guarantee=share) for share in (0.5, 0.9, 0.99)}
    for share, prediction in found.items():
        assert prediction.shortlist is not None
        assert prediction.shortlist.guarantee == share
        probabilities = [entry.probability for entry in prediction.shortlist.entries]
        assert sum(probabilities) >= share
        assert sum(probabilities) - min(probabilities) < share
        assert prediction.caution == WITHOUT_IMAGE
    glass = bundle.identify(Evidence(parse_readings({"ri": "1.46", "sg": "2.20"})), guarantee=0.9)
    assert () in nodes(glass).values()  # gems that the model cannot name
    assert len(nodes(found[0.5])) < len(nodes(found[0.99]))
    # It needs no thresholds, and so no calibration.
    assert nodes(load_bundle(tiny_bundle).identify(known, guarantee=0.9)) == nodes(found[0.9])
    with pytest.raises(ValueError, match=r"`guarantee` must lie between 0 and 1. Received: 1.0"):
        bundle.identify(known, guarantee=1.0)
    assert bundle.identify(known).shortlist is None


def test_all_ways_to_classify_take_a_guarantee(bundle: Bundle, paint_stone: Callable[[str], RGB]) -> None:
    ruby = paint_stone("corundum/ruby")
    (one,) = bundle.classify([ruby], guarantee=0.95)
    same = bundle.classify_same([ruby, ruby], guarantee=0.95)
    known = bundle.identify(Evidence(parse_readings({"ri": "1.762-1.770"})), guarantee=0.95)
    for prediction in (one, same, known):
        assert isinstance(prediction, Prediction)
        assert prediction.shortlist is not None
        assert "corundum/ruby" in prediction.shortlist.labels
    (none,) = bundle.classify([ruby])
    assert isinstance(none, Prediction)
    assert none.shortlist is None


@pytest.mark.parametrize("ask", [Bundle.classify, Bundle.classify_same, Bundle.results])
def test_what_is_not_promised_is_refused_before_any_picture_is_read(
    ask: Callable[..., Any], bundle: Bundle, tiny_bundle: Path
) -> None:
    with pytest.raises(BundleError, match="tiny-1: this model promises no shortlist.*`gemhier calibrate` give it one"):
        ask(load_bundle(tiny_bundle), ["nowhere.jpg"], guarantee=0.9)
    with pytest.raises(BundleError, match=r"promised up to 0.95, not 0.97. Ask for less"):
        ask(bundle, ["nowhere.jpg"], guarantee=0.97)
    with pytest.raises(ValueError, match=r"`guarantee` must lie between 0 and 1. Received: 1.0"):
        ask(bundle, ["nowhere.jpg"], guarantee=1.0)


def test_bundle_json_round_trips_with_and_without_shortlists(bundle: Bundle, tiny_bundle: Path) -> None:
    assert BundleInfo.from_dict(json.loads(json.dumps(bundle.info.to_dict()))) == bundle.info
    assert "shortlists" not in load_bundle(tiny_bundle).info.to_dict()


@pytest.mark.parametrize(
    ("shortlists", "message"),
    [
        ([{"coverage": 0.9, "families": {"opal": 0.1}, "others": 0.1}], "threshold for `opal`, which is no family"),
        ([{"coverage": 0.9}], "Not a table of thresholds of sets"),
        (7, "`shortlists` must be a list of objects"),
        ([{"coverage": 0.9, "families": {"beryl": "0.3"}, "others": 0.1}], "Not a table of thresholds"),
    ],
)
def test_a_table_that_does_not_fit_is_one_line(tiny_bundle_copy: Path, shortlists: Any, message: str) -> None:
    path = tiny_bundle_copy / "bundle.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"shortlists": shortlists}))
    with pytest.raises(BundleError, match=message):
        load_bundle(tiny_bundle_copy)
