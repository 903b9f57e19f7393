"""Crawl a replica without waiting: for tests and benchmarks, in a program of its own.

`gemhier crawl` has no such option. `crawl` refuses other limits for a server that is not on this machine.
"""

import json
import sys
from pathlib import Path
from typing import Any

from gemhier.crawler.crawl import CrawlConfig, crawl
from gemhier.crawler.scraping.rate_limits import RateLimits
from gemhier.crawler.sites.site_file import load_site

FAST = RateLimits(
    delay=0.0,
    first_delay=0.0,
    at_a_time=16,
    timeout=30.0,
    retries=3,
    backoff=0.05,
    refusals=50,
    silences=60,
)


def main(site: str, folder: str, settings: str) -> int:
    """Crawl, and return 1 if there is something for a person to look at."""
    given: dict[str, Any] = json.loads(settings)
    for name in {"classes", "stages"} & given.keys():
        given[name] = tuple(given[name])
    summary = crawl(CrawlConfig(site=load_site(site), **given), Path(folder), limits=FAST)
    return 0 if summary.is_good else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
