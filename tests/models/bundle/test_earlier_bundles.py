"""Bundles that were made before go on working."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import cv2
import pytest

from gemhier.arrays import RGB
from gemhier.models.bundle import load_bundle
from gemhier.models.bundle.files import SHIPPED
from gemhier.models.bundle.predictions import Prediction

BUNDLE = """{
 "format": 2,
 "model_version": "lite0-both-0123456789",
 "run_id": "0123456789abcdef0123456789abcdef",
 "created": "2024-05-01T12:00:00+00:00",
 "size": 32,
 "stone_threshold": 0.808,
 "labels": [
  "beryl/aquamarine",
  "beryl/emerald",
  "beryl/emerald/colombian",
  "corundum/ruby",
  "corundum/sapphire",
  "quartz"
 ],
 "temperatures": {
  "flat": 0.75,
  "family": 0.8,
  "regional": {
   "beryl": 0.5,
   "corundum": 0.45
  }
 },
 "strategy": "fused",
 "fusion_weight": 0.7,
 "default_precision": 0.9,
 "thresholds": [
  {
   "precision": 0.5,
   "threshold": 0.0,
   "reached": true,
   "observed": 0.8,
   "answered": 1.0,
   "depths": [
    0.4,
    0.4,
    0.2
   ]
  },
  {
   "precision": 0.9,
   "threshold": 0.25,
   "reached": true,
   "observed": null,
   "answered": 0.9,
   "depths": []
  }
 ],
 "files": FILES
}
"""
"""bundle.json as the first release wrote it."""

TAXONOMY = """{
 "format": 1,
 "nodes": [
  {"id": "beryl", "name": "Beryl", "rank": "family", "aliases": [], "also": [], "excluded": null},
  {"id": "beryl/aquamarine", "name": "Aquamarine", "rank": "variety", "aliases": [], "also": [], "excluded": null},
  {"id": "beryl/emerald", "name": "Emerald", "rank": "variety", "aliases": ["Panna"], "also": [], "excluded": null},
  {"id": "beryl/emerald/colombian", "name": "Colombian Emerald", "rank": "region",
   "aliases": [], "also": [], "excluded": null},
  {"id": "corundum", "name": "Corundum", "rank": "family", "aliases": [], "also": [], "excluded": null},
  {"id": "corundum/ruby", "name": "Ruby", "rank": "variety", "aliases": [], "also": [], "excluded": null},
  {"id": "corundum/sapphire", "name": "Sapphire", "rank": "variety", "aliases": [], "also": [], "excluded": null},
  {"id": "quartz", "name": "Quartz", "rank": "family", "aliases": [], "also": [], "excluded": null}
 ]
}
"""


@pytest.fixture
def earlier_bundle(tmp_path: Path, tiny_network: bytes, tiny_finder: bytes) -> Path:
    """A bundle of the first release, byte for byte but for its networks."""
    contents = {
        "MODEL_CARD.md": b"# lite0-both-01234567\n",
        "finder.tflite": tiny_finder,
        "network.tflite": tiny_network,
        "report.json": b"{}\n",
        "taxonomy.json": TAXONOMY.encode(),
    }
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
    contents["bundle.json"] = BUNDLE.replace("FILES", json.dumps(digests)).encode()
    folder = tmp_path / "bundle"
    folder.mkdir()
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return folder


def test_a_bundle_of_the_first_release_loads_and_classifies(
    earlier_bundle: Path, tmp_path: Path, paint_stone: Callable[[str], RGB]
) -> None:
    bundle = load_bundle(earlier_bundle)
    assert bundle.info.model_version == "lite0-both-0123456789"
    assert bundle.info.temperatures.regional == {"beryl": 0.5, "corundum": 0.45}
    assert bundle.info.thresholds.threshold_for(bundle.info.default_precision) == 0.25
    assert bundle.taxonomy.resolve("Panna").id == "beryl/emerald"
    for label in bundle.info.labels:
        path = tmp_path / f"{label.replace('/', '-')}.png"
        cv2.imwrite(str(path), paint_stone(label)[..., ::-1])
        (result,) = bundle.classify([path])
        assert isinstance(result, Prediction)
        assert result.subclasses[0].id == label


def test_the_bundle_that_comes_with_gemhier_loads() -> None:
    bundle = load_bundle(SHIPPED)
    assert bundle.space.labels == bundle.info.labels
    assert bundle.taxonomy["corundum/ruby"].name == "Ruby"
