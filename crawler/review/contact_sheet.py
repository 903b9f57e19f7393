"""One page that shows the pictures that were set aside, to be looked through and put back."""

import os
import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from urllib.parse import quote

SHEET_FILE = "set-aside.html"

ID_DIGITS = 12
"""So many digits of a picture's sha256 are enough to name it."""


@dataclass(frozen=True)
class SetAsideImage:
    """A picture on a contact sheet.

    Attributes:
        path: where it lies.
        crawl: the crawl folder to which it belongs.
        reason: why it was set aside, in a word or two; pictures are shown by it.
        why: what gave it away.
        caption: what else a person wants to know of it.
    """

    path: Path
    crawl: Path
    reason: str
    why: str
    caption: str = ""

    @property
    def id(self) -> str:
        """What names it to `gemhier clean --put-back`."""
        return self.path.stem[:ID_DIGITS]

    @property
    def command(self) -> str:
        """The command that cleans its crawl folder."""
        return f"gemhier clean {shlex.quote(str(self.crawl))}"


def contact_sheet(images: Iterable[SetAsideImage], folder: Path) -> str:
    """Return the contact sheet as the text of an HTML page.

    Args:
        images: in any order.
        folder: where the page will lie; pictures are linked from there.
    """
    from gemhier.templates import render  # jinja2 takes longer than the rest of `gemhier prepare`'s own modules

    ordered = sorted(images, key=lambda image: (image.reason, image.why, image.path))
    sections = {
        reason: [(image, _link(image.path, folder)) for image in several]
        for reason, several in groupby(ordered, key=lambda image: image.reason)
    }
    return render("crawler/review/set-aside.html", count=len(ordered), sections=sections)


def _link(path: Path, folder: Path) -> str:
    return quote(os.fsencode(Path(os.path.relpath(path, folder)).as_posix()))
