"""Whole crawls of replicas on this machine, each in a program of its own, since scrapy runs once in one."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("scrapy")

import gemhier.crawler.replica
from gemhier.crawler.replica.faults import FORBIDDEN, MISSING, REACHABLE, Faults
from gemhier.crawler.replica.server import ReplicaServer
from gemhier.crawler.replica.shops import GempunditReplica, MarketReplica, Reply, Shop
from gemhier.crawler.replica.stock import CATEGORIES, PRIVATE, Stock, make_stock
from gemhier.crawler.storage.folder import place_of, read_rejections
from gemhier.crawler.storage.history import read_history

ROOT = Path(__file__).parents[2]
MARKET = str(Path(gemhier.crawler.replica.__file__).with_name("market.yaml"))


def command(site: str, folder: Path, server: ReplicaServer, **settings: Any) -> list[str]:
    given = json.dumps({"start": server.start} | settings)
    return [sys.executable, "-m", "gemhier.crawler.replica.fast", site, str(folder), given]


def crawl(site: str, folder: Path, server: ReplicaServer, **settings: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(site, folder, server, **settings), cwd=ROOT, capture_output=True, text=True, timeout=300
    )


def summary(folder: Path) -> dict[str, Any]:
    """What crawl.json says of the last crawl."""
    found: dict[str, Any] = json.loads((folder / "crawl.json").read_text())["crawls"][-1]["summary"]
    return found


def result(folder: Path, server: ReplicaServer) -> dict[tuple[str, str], tuple[object, ...]]:
    """All that a crawl found, without when, and without the port of the server."""

    def path(address: str) -> str:
        return address.removeprefix(server.address)

    return {
        (record.product, path(record.image_url)): (
            path(record.page),
            record.view,
            record.labels,
            tuple(map(path, record.classes)),
            dict(record.texts),
            record.sha256,
            record.file,
        )
        for record in read_history(folder).values()
    }


def targets(server: ReplicaServer, status: int | None = None) -> Counter[str]:
    """How often each target was asked for."""
    return Counter(asked.target for asked in server.asked if status is None or asked.status == status)


def public(stock: Stock) -> list[str]:
    """The names of all pictures of products that are not in the private collection alone."""
    return [image.name for product in stock.products for image in product.images]


@pytest.fixture
def serve() -> Iterator[Any]:
    """Serves shops until the end of the test."""
    running = []

    def start(shop: Shop) -> ReplicaServer:
        context = ReplicaServer(shop).running()
        running.append(context)
        return context.__enter__()

    yield start
    for context in running:
        context.__exit__(None, None, None)


def faulty_shop() -> Shop:
    """A shop in which everything goes wrong that can."""
    return GempunditReplica(make_stock(30, first=117_000), Faults(share=2.5, retry_after=0, hang=0.2))


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ReplicaServer, Path, int]]:
    """That shop, crawled once."""
    folder = tmp_path_factory.mktemp("faulty") / "crawl"
    with ReplicaServer(faulty_shop()).running() as server:
        yield server, folder, crawl("gempundit", folder, server).returncode


def test_every_reachable_picture_comes_once_and_nothing_forbidden_is_asked_for(
    faulty: tuple[ReplicaServer, Path, int],
) -> None:
    server, folder, _ = faulty
    shop = server.shop
    names = public(shop.stock)
    assert len(set(map(shop.faults.of_image, names))) == 12
    expected = {name for name in names if shop.faults.of_image(name) in REACHABLE}
    records = read_history(folder)
    assert {record.image_url.rpartition("/")[2] for record in records.values()} == expected
    assert len(records) == len(expected)
    assert all(place_of(folder, record.file) for record in records.values())
    assert len(list(folder.glob("images/*/*"))) + len(list(folder.glob("rejected/*/*"))) == len(
        {record.file for record in records.values()}
    )
    asked = targets(server)
    assert not [target for target in asked if "private" in target or "cart" in target]
    answered = targets(server, 200)
    whole = [f"/media/catalog/product/g/p/{name}" for name in names if shop.faults.of_image(name) == "none"]
    assert {answered[target] for target in whole} == {1}
    assert {asked.agent for asked in server.asked} == {"gemhier (collects photographs of gems to train a classifier)"}


def test_labels_are_all_that_the_shop_gave_in_all_its_classes(faulty: tuple[ReplicaServer, Path, int]) -> None:
    server, folder, _ = faulty
    labels = {
        product.slug: tuple(sorted(category.label for category in product.categories if category != PRIVATE))
        for product in server.shop.stock.products
    }
    records = read_history(folder).values()
    assert {record.product: record.labels for record in records} == {
        record.product: labels[record.product] for record in records
    }
    assert max(map(len, labels.values())) >= 3
    record = next(iter(records))
    product = next(product for product in server.shop.stock.products if product.slug == record.product)
    assert record.texts == {
        "title": product.title,
        "price": product.price,
        "origin": product.origin or None,
        "treatment": product.treatment or None,
    }


def test_what_went_wrong_is_in_the_summary(faulty: tuple[ReplicaServer, Path, int]) -> None:
    server, folder, code = faulty
    kinds = Counter(map(server.shop.faults.of_image, public(server.shop.stock)))
    found = summary(folder)
    assert found["counts"]["pictures"]["gone"] == kinds[MISSING]
    assert found["counts"]["pictures"]["disallowed"] == kinds[FORBIDDEN]
    assert found["counts"]["pictures"]["unusable"] == kinds["cut short"] + kinds["a page called a picture"]
    away = kinds["moved to another host"]
    assert len(found["problems"]) == away > 0
    assert all("elsewhere.invalid is not a host of this shop" in reason for _, _, reason in found["problems"])
    assert code == 1


def test_names_of_files_set_pictures_aside_with_the_reason(faulty: tuple[ReplicaServer, Path, int]) -> None:
    server, folder, _ = faulty
    reasons = {rejection.file: rejection.reason for rejection in read_rejections(folder).values()}
    for record in read_history(folder).values():
        kind = server.shop.images()[record.image_url.rpartition("/")[2]][0].kind
        assert reasons.get(record.file, "stone") == kind
        assert (folder / record.file).is_file() == (kind == "stone")
    assert set(reasons.values()) == {"certificate", "hand", "card"}


def test_a_later_crawl_asks_conditionally_adds_what_is_new_and_notes_what_is_gone(tmp_path: Path, serve: Any) -> None:
    stock = make_stock(30)
    server = serve(GempunditReplica(stock))
    assert crawl("gempundit", tmp_path, server).returncode == 0
    before = result(tmp_path, server)
    sold = {stock.products[0].number, stock.products[3].number}
    server.shop = GempunditReplica(stock.without(sold).with_more(make_stock(2, first=500_000, seed=9)))
    server.asked.clear()
    done = crawl("gempundit", tmp_path, server)
    assert done.returncode == 0, done.stderr
    records = read_history(tmp_path)
    assert {int(key[0].rpartition("gp")[2]) for key, record in records.items() if record.gone_at} == sold
    added = {int(key[0].rpartition("gp")[2]) for key in result(tmp_path, server).keys() - before.keys()}
    assert added == {500_000, 500_001}
    assert before.items() <= result(tmp_path, server).items()
    again = [asked for asked in server.asked if asked.target.startswith("/media/") and "gp5000" not in asked.target]
    assert {asked.status for asked in again} == {304}
    assert summary(tmp_path)["counts"]["pictures"]["no longer shown"] == sum(
        r.gone_at is not None for r in records.values()
    )


@pytest.mark.slow
def test_killed_again_and_again_it_ends_with_the_same(
    faulty: tuple[ReplicaServer, Path, int], tmp_path: Path, serve: Any
) -> None:
    whole, folder, _ = faulty
    server = serve(faulty_shop())
    chance = random.Random(4)
    most = len(whole.asked)
    for goal in sorted(chance.randint(5, most - 20) for _ in range(3)):
        process = subprocess.Popen(command("gempundit", tmp_path, server), cwd=ROOT, stderr=subprocess.DEVNULL)
        while process.poll() is None and len(server.asked) < goal:
            time.sleep(0.01)
        assert process.poll() is None
        process.kill()
        process.wait()
    crawl("gempundit", tmp_path, server)
    assert result(tmp_path, server) == result(folder, whole)
    assert not list(tmp_path.glob("**/*.part"))
    assert len(json.loads((tmp_path / "crawl.json").read_text())["crawls"]) == 1
    settled = Counter(asked.target for asked in server.asked if asked.status == 200 and asked.target != "/robots.txt")
    # What was under way when a kill came may be asked for again, and no more than that.
    again = sum(settled.values()) - sum(targets(whole, 200)[target] for target in settled)
    assert again <= 3 * 16


def test_a_shop_built_differently_needs_only_a_site_file(tmp_path: Path, serve: Any) -> None:
    stock = make_stock(60)
    server = serve(MarketReplica(stock))
    done = crawl(MARKET, tmp_path, server)
    assert done.returncode == 0, done.stderr
    listed = [product for product in stock.products if any(not category.within for category in product.categories)]
    records = read_history(tmp_path).values()
    assert {record.product for record in records} == {str(product.number) for product in listed}
    assert len(records) == sum(len(product.images) for product in listed)
    labels = {category.label for category in CATEGORIES if category.within}
    assert any(labels & set(record.labels) for record in records)
    assert {read.reason for read in read_rejections(tmp_path).values()} == {"certificate", "hand", "card"}
    assert any(target.startswith("/api/collection/") for target in targets(server))


def test_a_shop_that_names_a_base_for_its_addresses(tmp_path: Path, serve: Any) -> None:
    class Based(GempunditReplica):
        def reply(self, target: str) -> Reply | None:
            found = super().reply(target)
            if found is None or not found.kind.startswith("text/html"):
                return found
            body = found.body.replace(b'="/', b'="').replace(b"<head>", b'<head><base href="/">')
            assert b"<base" in body
            return Reply(found.kind, body)

    server = serve(Based(make_stock(60)))
    done = crawl("gempundit", tmp_path, server, classes=["Emerald"], limit=3)
    assert done.returncode == 0, summary(tmp_path)
    assert len({record.product for record in read_history(tmp_path).values()}) == 3


def test_a_crawl_without_its_pictures_ends_with_an_error(tmp_path: Path, serve: Any) -> None:
    class Emptied(GempunditReplica):
        def reply(self, target: str) -> Reply | None:
            return None if target.startswith("/media/") else super().reply(target)

    server = serve(Emptied(make_stock(60)))
    assert crawl("gempundit", tmp_path, server, classes=["Emerald"], limit=3).returncode == 1
    ((address, _, reason),) = summary(tmp_path)["problems"]
    assert address.startswith(f"{server.address}/media/")
    assert "pictures did not come" in reason


def test_classes_limit_and_stages_narrow_a_crawl_and_the_rest_comes_later(tmp_path: Path, serve: Any) -> None:
    server = serve(GempunditReplica(make_stock(60)))
    settings = {"classes": ["Emerald", "Ruby (Manik)"], "limit": 5}
    crawl("gempundit", tmp_path, server, **settings, stages=["index", "products"])
    assert not (tmp_path / "images").exists()
    assert sum("-gp" in target for target in targets(server)) == 5
    done = crawl("gempundit", tmp_path, server, **settings)
    assert done.returncode == 0, done.stderr
    assert max(targets(server)[target] for target in targets(server) if target != "/robots.txt") == 1
    records = read_history(tmp_path).values()
    assert len({record.product for record in records}) == 5
    assert {label for record in records for label in record.labels} >= {"Emerald (Panna)", "Ruby (Manik)"}
    done = crawl("gempundit", tmp_path, server, classes=["Emeruld"])
    assert "The shop has no class 'Emeruld'. The nearest are Emerald (Panna)" in done.stderr


def test_a_page_that_no_longer_fits_is_an_error_with_address_and_selector(tmp_path: Path, serve: Any) -> None:
    class Redesigned(GempunditReplica):
        def reply(self, target: str) -> Reply | None:
            found = super().reply(target)
            if found is not None and target.endswith("-gp100003"):
                return Reply(found.kind, found.body.replace(b"product_thumb_forHeight", b"product-thumb"))
            if found is not None and "/peridot/" in target:
                return Reply(found.kind, found.body.replace(b"dataimage", b"image"))
            return found

    server = serve(Redesigned(make_stock(30)))
    assert crawl("gempundit", tmp_path, server, stages=["index", "products"]).returncode == 1
    found = summary(tmp_path)["problems"]
    problems = {address.removeprefix(server.address): (selector, reason) for address, selector, reason in found}
    thumbs = ("div.item.product_thumb_forHeight img::attr(src)", "the product has no pictures")
    assert thumbs in problems.values()
    empty = ("a.product-image.dataimage::attr(href)", "the category 'Peridot' is empty")
    assert problems["/gemstones/peridot/page/1"] == empty


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signal")
def test_the_command_stops_at_ctrl_c_and_goes_on_later(tmp_path: Path, serve: Any) -> None:
    server = serve(GempunditReplica(make_stock(10)))
    folder = tmp_path / "crawl"
    words = [sys.executable, "-m", "gemhier", "crawl", "gempundit", "--start", server.start, "--out", str(folder)]
    process = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while process.poll() is None and len(server.asked) < 2:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=120)
    assert process.returncode == 130, errors
    assert "Interrupted. What came is kept; give the same command to go on." in output
    assert "Traceback" not in errors
    assert len(server.asked) < 20
    assert json.loads((folder / "crawl.json").read_text())["crawls"][0]["ended_at"] is None
