"""What the crawler costs beside a plain scrapy ImagesPipeline, on the same pictures from the same server.

    python benchmarks/crawl_speed.py [--products 800] [--rounds 3]

Both fetch with 16 requests at a time and without delays, in turns. Seconds of the clock say how fast they are, seconds
of the processor what they cost: the latter do not depend on what else the machine does.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from crawl import painted_once

from gemhier.crawler.replica.server import ReplicaServer
from gemhier.crawler.replica.shops import GempunditReplica
from gemhier.crawler.replica.stock import make_stock
from gemhier.crawler.storage.history import read_history

PLAIN = """
import json, sys
import scrapy
from scrapy.crawler import AsyncCrawlerProcess

class Plain(scrapy.Spider):
    name = "plain"
    start_urls = [sys.argv[3]]
    def parse(self, response):
        for addresses in json.load(open(sys.argv[1])):
            yield {"image_urls": addresses}

process = AsyncCrawlerProcess({
    "ITEM_PIPELINES": {"scrapy.pipelines.images.ImagesPipeline": 1},
    "IMAGES_STORE": sys.argv[2],
    "ROBOTSTXT_OBEY": True,
    "CONCURRENT_REQUESTS": 16,
    "CONCURRENT_REQUESTS_PER_DOMAIN": 16,
    "TELNETCONSOLE_ENABLED": False,
    "REMOTE_CONTROL_ENABLED": False,
    "LOG_LEVEL": "INFO",
    "LOG_FILE": sys.argv[2] + ".log",
})
process.crawl(Plain)
process.start()
"""


class Cost(NamedTuple):
    """Seconds of the clock and of the processor."""

    clock: float
    processor: float


def main() -> None:
    """Run it and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--products", type=int, default=800)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="gemhier-speed-") as name:
        work = Path(name)
        stock = make_stock(given.products)
        shop = GempunditReplica(stock, None, painted_once(work / "painted", stock))
        with ReplicaServer(shop).running() as server:
            addresses = [
                [server.address + shop.image_path(image) for image in product.images] for product in stock.products
            ]
            (work / "addresses.json").write_text(json.dumps(addresses))
            images = sum(map(len, addresses))
            costs: dict[str, list[Cost]] = {"gemhier": [], "ImagesPipeline": []}
            for turn in range(given.rounds):
                costs["gemhier"].append(ours(server, work / f"ours-{turn}", images))
                costs["ImagesPipeline"].append(plain(server, work / f"plain-{turn}", work / "addresses.json", images))
    rates = {}
    for name, several in costs.items():
        clock, processor = (statistics.median(images / cost[which] for cost in several) for which in (0, 1))
        rates[name] = (clock, processor)
        print(f"{name:>15}: {clock:.0f} of {images} pictures/s of the clock, {processor:.0f}/s of the processor")
    ratios = [rates["gemhier"][which] / rates["ImagesPipeline"][which] for which in (0, 1)]
    print(f"gemhier / ImagesPipeline: {ratios[0]:.2f} by the clock, {ratios[1]:.2f} by the processor")


def measured(words: list[str]) -> Cost:
    """Time a program."""
    began = time.monotonic()
    _, status, used = os.wait4(subprocess.Popen(words, stderr=subprocess.DEVNULL).pid, 0)
    if status:
        raise SystemExit(f"{words[:4]} failed")
    return Cost(time.monotonic() - began, used.ru_utime + used.ru_stime)


def ours(server: ReplicaServer, folder: Path, images: int) -> Cost:
    """Return the stage of the pictures, for when the others are through."""
    words = [sys.executable, "-m", "gemhier.crawler.replica.fast", "gempundit", str(folder)]
    measured([*words, json.dumps({"start": server.start, "stages": ["index", "products"]})])
    cost = measured([*words, json.dumps({"start": server.start, "stages": ["pictures"]})])
    came = len(read_history(folder))
    if came < images:
        raise SystemExit(f"only {came} of {images} pictures came")
    return cost


def plain(server: ReplicaServer, folder: Path, addresses: Path, images: int) -> Cost:
    """Fetch the same pictures by scrapy's own pipeline."""
    cost = measured([sys.executable, "-c", PLAIN, str(addresses), str(folder), server.start])
    came = sum(1 for _ in folder.rglob("*.jpg"))
    if came < images:
        raise SystemExit(f"only {came} of {images} pictures came")
    return cost


if __name__ == "__main__":
    main()
