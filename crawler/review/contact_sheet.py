"""One page that shows the pictures that were set aside, to be looked through and put back."""

import os
import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from itertools import groupby
from pathlib import Path
from urllib.parse import quote

SHEET_FILE = "set-aside.html"

ID_DIGITS = 12
"""So many digits of a picture's sha256 are enough to name it."""

_STYLE = """
body { font: 15px/1.4 system-ui, sans-serif; margin: 1.5rem; background: #fff; color: #222; padding-bottom: 6rem }
ul { list-style: none; padding: 0; display: grid; gap: .8rem }
ul { grid-template-columns: repeat(auto-fill, minmax(11rem, 1fr)) }
li { border: 1px solid #ccc; border-radius: 6px; padding: .5rem; font-size: .8rem; overflow-wrap: anywhere }
li:has(:checked) { border-color: #17823b; background: #eaf6ee }
img { width: 100%; height: 10rem; object-fit: contain; background: #f4f4f4; display: block }
#bar { position: fixed; inset: auto 0 0 0; padding: .8rem 1.5rem; background: #222; color: #fff }
#bar code { font-size: .85rem; overflow-wrap: anywhere; user-select: all }
@media (prefers-color-scheme: dark) {
  body { background: #181818; color: #ddd } li { border-color: #444 } li:has(:checked) { background: #16301e }
}
"""

_SCRIPT = """
const commands = document.getElementById("commands");
document.addEventListener("change", () => {
  const chosen = new Map();
  for (const box of document.querySelectorAll("input:checked")) {
    const before = chosen.get(box.dataset.command) || "";
    chosen.set(box.dataset.command, before + " --put-back " + box.value);
  }
  commands.textContent = [...chosen].map(([command, ids]) => command + ids).join(" && ") || "nothing chosen";
});
"""


@dataclass(frozen=True)
class SetAsidePicture:
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


def contact_sheet(pictures: Iterable[SetAsidePicture], folder: Path) -> str:
    """Return the contact sheet as the text of an HTML page.

    Args:
        pictures: in any order.
        folder: where the page will lie; pictures are linked from there.
    """
    ordered = sorted(pictures, key=lambda picture: (picture.reason, picture.why, picture.path))
    sections = []
    for reason, several in groupby(ordered, key=lambda picture: picture.reason):
        items = [_item(picture, folder) for picture in several]
        sections.append(f"<h2>{escape(reason)}: {len(items):,}</h2>\n<ul>\n" + "\n".join(items) + "\n</ul>")
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>Set aside</title>\n'
        f"<style>{_STYLE}</style>\n</head>\n<body>\n<h1>Set aside: {len(ordered):,}</h1>\n"
        "<p>Nothing was deleted. Tick what shows a stone, and run the command at the bottom to put it back.</p>\n"
        + "\n".join(sections)
        + '\n<p id="bar"><code id="commands">nothing chosen</code></p>\n'
        f"<script>{_SCRIPT}</script>\n</body>\n</html>\n"
    )


def _item(picture: SetAsidePicture, folder: Path) -> str:
    link = quote(Path(os.path.relpath(picture.path, folder)).as_posix())
    command = f"gemhier clean {shlex.quote(str(picture.crawl))}"
    caption = f"<br>{escape(picture.caption)}" if picture.caption else ""
    return (
        f'<li><a href="{link}"><img loading="lazy" src="{link}" alt="{escape(picture.id)}"></a>'
        f'<label><input type="checkbox" value="{picture.id}" data-command="{escape(command)}"> '
        f"{escape(picture.why)}{caption}</label></li>"
    )
