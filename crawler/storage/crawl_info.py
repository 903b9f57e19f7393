"""crawl.json: which shop a crawl folder is for, and the crawls made into it."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from gemhier.atomic import write_whole
from gemhier.errors import DataError

FORMAT = "gemhier-crawl"
FORMAT_VERSION = 1
CRAWL_FILE = "crawl.json"


@dataclass(frozen=True, kw_only=True)
class CrawlRun:
    """One crawl of a shop, which may have taken several attempts.

    Attributes:
        number: from 1.
        rules: the digest of the site file.
        began_at: in UTC, ISO 8601.
        ended_at: when all stages were done; None if it was interrupted or left stages out.
        stages: the stages that are done.
        classes: the names of the classes to which it was narrowed; empty if it was not.
        limit: the number of products to which it was narrowed; None if it was not.
        summary: its outcome, as far as it got.
    """

    number: int
    rules: str
    began_at: str
    ended_at: str | None = None
    stages: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    limit: int | None = None
    summary: Mapping[str, Any] | None = None


@dataclass(frozen=True, kw_only=True)
class CrawlInfo:
    """What crawl.json says.

    Attributes:
        site: the name of the site.
        start: the address where it was begun.
        crawls: from the first on.
    """

    site: str
    start: str
    crawls: tuple[CrawlRun, ...] = ()

    def with_last(self, run: CrawlRun) -> "CrawlInfo":
        """Return a copy with a crawl added, replacing one of the same number."""
        return replace(self, crawls=(*(other for other in self.crawls if other.number != run.number), run))


def is_crawl_folder(folder: Path) -> bool:
    """Tell whether `gemhier crawl` wrote a folder, damaged or not."""
    try:
        content = json.loads((folder / CRAWL_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(content, dict) and content.get("format") == FORMAT


def read_crawl_info(folder: Path) -> CrawlInfo | None:
    """Read a crawl folder's crawl.json; None if there is none.

    Raises:
        DataError: if it is damaged or of another format.
    """
    path = folder / CRAWL_FILE
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: cannot be read ({error}). Restore it, or crawl into another folder.") from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise DataError(f"{path}: not written by `gemhier crawl`. Choose another folder.")
    if content.get("format_version") != FORMAT_VERSION:
        version = content.get("format_version", "unknown")
        raise DataError(f"{path}: format version {version}, this gemhier reads {FORMAT_VERSION}. Use a newer gemhier.")
    try:
        runs = tuple(
            CrawlRun(**run | {name: tuple(run[name]) for name in ("stages", "classes")}) for run in content["crawls"]
        )
        return CrawlInfo(site=str(content["site"]), start=str(content["start"]), crawls=runs)
    except (KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{path}: damaged, {error} is missing or wrong. Restore it.") from error


def write_crawl_info(folder: Path, info: CrawlInfo) -> None:
    """Replace crawl.json in one step."""
    content = {"format": FORMAT, "format_version": FORMAT_VERSION, **asdict(info)}
    write_whole(folder / CRAWL_FILE, (json.dumps(content, indent=1) + "\n").encode())
