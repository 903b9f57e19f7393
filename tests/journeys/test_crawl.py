"""The whole line: from a shop on this machine to a bundle that classifies, as docs/crawling.md shows it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("scrapy")

from gemhier.crawler.replica.server import ReplicaServer
from gemhier.crawler.replica.shops import GempunditReplica
from gemhier.crawler.replica.stock import make_stock

CLASSES = ["Emerald", "Ruby", "Amethyst", "Citrine"]


@pytest.mark.slow
def test_from_a_crawl_to_a_bundle(tmp_path: Path, run: Callable[..., str]) -> None:
    with ReplicaServer(GempunditReplica(make_stock(360))).running() as server:
        settings = json.dumps({"start": server.start, "classes": CLASSES, "limit": 80})
        run("gemhier.crawler.replica.fast", "gempundit", "crawl", settings)
    run("gemhier", "clean", "crawl")
    assert "certificate" in (tmp_path / "crawl" / "set-aside.html").read_text("utf-8")
    assert "set aside" in run("gemhier", "prepare", "crawl", "--out", "data")
    run("gemhier", "train", "data", "--schedule", "quick")
    run("gemhier", "evaluate", "data", "--model", "latest", "--report", "report")
    report = json.loads((tmp_path / "report" / "report.json").read_text("utf-8"))
    # Their colours tell the four classes apart.
    assert report["top1"] > 0.8
    run("gemhier", "package", "latest", "--out", "bundle")
    image = next((tmp_path / "crawl" / "images").rglob("*.jpg"))
    answer = json.loads(run("gemhier", "classify", str(image), "--model", "bundle", "--format", "json"))
    assert answer["image"] == str(image)
