"""Crawl a large replica with everything that goes wrong, once in peace and once killed again and again.

    python benchmarks/crawl.py [--products 5000] [--kills 10]

Says whether every reachable picture came once, whether anything forbidden was asked for, how much memory it took, and
whether a crawl that was killed at random moments ended with the same as the one in peace.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from gemhier.crawler.replica.faults import FORBIDDEN, REACHABLE, Faults
from gemhier.crawler.replica.painting import paint
from gemhier.crawler.replica.server import ReplicaServer
from gemhier.crawler.replica.shops import GempunditReplica
from gemhier.crawler.replica.stock import Category, Stock, StockImage, make_stock
from gemhier.crawler.storage.folder import place_of
from gemhier.crawler.storage.history import read_history


def main() -> None:
    """Run it and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--products", type=int, default=5000)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--faults", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="gemhier-crawl-") as name:
        work = Path(name)
        stock = make_stock(given.products)
        shop = GempunditReplica(stock, Faults(share=given.faults, hang=5), painted_once(work / "painted", stock))
        with ReplicaServer(shop).running() as server:
            whole, requests = in_peace(server, work / "whole")
            killed = again_and_again(server, work / "killed", given.kills, requests, random.Random(given.seed))
        print(f"the same result after {given.kills} kills: {'yes' if killed == whole else 'NO'}")


def painted_once(folder: Path, stock: Stock) -> Callable[[StockImage, Category], bytes]:
    """Return a painter that paints all pictures of a stock to files, and then reads them."""
    folder.mkdir()
    for product in stock.products:
        for image in product.images:
            (folder / image.name).write_bytes(paint(image, product.category))
    return lambda image, category: (folder / image.name).read_bytes()


def start(server: ReplicaServer, folder: Path) -> subprocess.Popen[bytes]:
    """Crawl in a process of its own."""
    words = [sys.executable, "-m", "gemhier.crawler.replica.fast", "gempundit", str(folder)]
    return subprocess.Popen([*words, json.dumps({"start": server.start})], stderr=subprocess.DEVNULL)


Result = dict[tuple[str, str], tuple[object, ...]]


def result(folder: Path) -> Result:
    """All that a crawl found, without when, and whether the files are there."""
    return {
        key: (record.labels, record.classes, record.view, record.sha256, place_of(folder, record.file) is not None)
        for key, record in read_history(folder).items()
    }


def in_peace(server: ReplicaServer, folder: Path) -> tuple[Result, int]:
    """Crawl once, and say how it went."""
    began = time.monotonic()
    _, _, used = os.wait4(start(server, folder).pid, 0)
    seconds = time.monotonic() - began
    shop = server.shop
    images = [image.name for product in shop.stock.products for image in product.images]
    reachable = {name for name in images if shop.faults.of_image(name) in REACHABLE}
    found = result(folder)
    came = Counter(address.rpartition("/")[2] for _, address in found)
    forbidden = [asked.target for asked in server.asked if "/private" in asked.target or "/cart" in asked.target]
    answered = Counter(asked.target for asked in server.asked if asked.status == 200)
    twice = sum(count > 1 for target, count in answered.items() if target.startswith("/media/"))
    faults = Counter(shop.faults.of_image(name) for name in images)
    print(f"{len(shop.stock.products):,} products, {len(images):,} pictures, {len(reachable):,} of them reachable")
    print("  what goes wrong with pictures: " + ", ".join(f"{count} {fault}" for fault, count in faults.most_common()))
    print(f"reachable pictures that came: {len(reachable & came.keys()):,}; others that came: "
          f"{len(came.keys() - reachable)}; more than once: {sum(count > 1 for count in came.values())}; "
          f"sent whole more than once: {twice - faults['shorter than announced first']}")  # fmt: skip
    print(f"asked for what robots.txt forbids: {len(forbidden)} times; pictures there: {faults[FORBIDDEN]}")
    processor = used.ru_utime + used.ru_stime
    print(f"{len(server.asked):,} requests in {seconds:.0f} s, {processor:.0f} s of the processor's")
    print(f"peak memory: {used.ru_maxrss / 1024:.0f} MB")
    return found, len(server.asked)


def again_and_again(server: ReplicaServer, folder: Path, kills: int, requests: int, chance: random.Random) -> Result:
    """Crawl with kills at random moments, spread over all of the crawl."""
    server.asked.clear()
    for goal in sorted(chance.randint(1, requests) for _ in range(kills)):
        process = start(server, folder)
        while process.poll() is None and len(server.asked) < goal:
            time.sleep(0.01)
        process.kill()
        process.wait()
    start(server, folder).wait()
    print(f"{len(server.asked):,} requests with {kills} kills")
    return result(folder)


if __name__ == "__main__":
    main()
