"""What the scripts must know of a bundle."""

import json

import pytest

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
