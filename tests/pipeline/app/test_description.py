"""What the scripts must know of a bundle."""

import base64
import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from gemhier.hierarchy.prediction_sets import COVERAGES
from gemhier.hierarchy.priors import load_prior
from gemhier.models.bundle import load_bundle
from gemhier.models.bundle.bundle import Bundle
from gemhier.pipeline.app.description import describe


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return load_bundle()


def test_it_is_json_without_nan(bundle: Bundle) -> None:
    description = describe(bundle)
    assert json.loads(json.dumps(description, allow_nan=False))["format"] == 1


def test_columns_point_to_what_they_are_of(bundle: Bundle) -> None:
    description = describe(bundle)
    nodes, labels = description["nodes"], description["labels"]
    assert [label["id"] for label in labels] == list(bundle.info.labels)
    for column, label in enumerate(labels):
        assert nodes[label["route"][-1]]["id"] == label["id"]
        assert nodes[label["route"][-1]]["label"] == column
        assert label["route"][0] == label["family"] < description["families"]
    for node in nodes:
        assert all(nodes[child]["id"].rpartition("/")[0] == node["id"] for child in node["children"])
    assert [gem["id"] for gem in description["candidates"]] == list(bundle.candidates.ids)


def test_what_is_not_known_of_a_gem_is_null_or_empty(bundle: Bundle) -> None:
    candidates = bundle.candidates
    for entry, gem in zip(describe(bundle)["candidates"], candidates.table.gems, strict=True):
        for name in ("refractive_index", "birefringence", "specific_gravity", "hardness"):
            known = getattr(gem, name)
            assert entry[name] == (None if known is None else [known.low, known.high])
        assert (entry["mean_index"] is None) == (gem.refractive_index is None)
        assert (entry["glow"] is None) == (gem.fluorescence is None)


def test_shares_of_the_trade_are_by_ids(bundle: Bundle) -> None:
    trade = describe(bundle)["posterior"]["trade"]
    assert sum(trade.values()) == sum((load_prior("trade") or {}).values())
    assert all(node in bundle.taxonomy or node in bundle.candidates.properties for node in trade)


def test_the_shares_to_ask_for_are_those_that_are_promised_or_all_that_there_are(models: Sequence[Any]) -> None:
    bundle = models[0].bundle
    assert describe(bundle)["shortlists"]["shares"] == [0.5, 0.9, 0.99]
    silent = describe(replace(bundle, info=replace(bundle.info, sets=None)))["shortlists"]
    assert (silent["rows"], silent["shares"]) == ([], COVERAGES)


def test_what_tells_unlike_and_novel_pictures_is_in_it_only_where_it_is_known(models: Sequence[Any]) -> None:
    said = {model.name: describe(model.bundle) for model in models}
    assert {name: {"likeness", "novelty", "unlike"} & found.keys() for name, found in said.items()} == {
        "shipped": {"novelty"},
        "tiny": {"likeness", "novelty", "unlike"},
        "deep": {"likeness"},
    }
    bundle = next(model.bundle for model in models if model.name == "tiny")
    assert said["tiny"]["novelty"] == {"entropy": bundle.info.novel_entropy}
    likeness, unlike = said["tiny"]["likeness"], said["tiny"]["unlike"]
    prototypes = np.frombuffer(base64.b64decode(likeness["prototypes"]), "<f2").reshape(-1, 8)
    assert np.array_equal(prototypes.astype(np.float32), bundle.likeness.prototypes)
    assert likeness["threshold"] == bundle.likeness.threshold
    assert unlike["decoding"].keys() < said["tiny"]["decoding"].keys()
    assert [row["assured"] for row in unlike["thresholds"]] == [True, False]
    assert [(row["coverage"], row["assured"]) for row in unlike["shortlists"]] == [
        (0.5, True),
        (0.9, True),
        (0.99, False),
    ]
