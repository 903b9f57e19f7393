"""The engine of the app in a headless Chromium, asked about files; the tests use it too."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from in_chromium import some_chromium
from playwright.sync_api import Browser, Page

from gemhier.models.bundle import load_bundle
from gemhier.models.bundle.files import NETWORK_FILE, find_folder
from gemhier.pipeline.app.page import page
from gemhier.pipeline.app.runtime import load_runtime


def write_engine(path: Path, *, model: Path | None = None, runtime: Path | None = None) -> None:
    """Write a page that holds the engine, and answers in JSON instead of showing anything."""
    folder = find_folder(model)
    main = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")
    content = page(load_bundle(folder), (folder / NETWORK_FILE).read_bytes(), load_runtime(runtime), main=main)
    path.write_text(content, encoding="utf-8")


@dataclass(frozen=True)
class Opened:
    """A page, opened from its file.

    Attributes:
        tab: where it is open.
        wrong: what went wrong in it, and every address that it asked for and does not hold itself.
    """

    tab: Page
    wrong: list[str] = field(default_factory=list)

    def ask(self, image: Path, box: list[int] | None = None) -> dict[str, Any]:
        """Return what the engine says of the stone in a file."""
        return self._of(image, "box => ask(box)", box)

    def shown(self, image: Path) -> dict[str, Any]:
        """Return the size and the mean colours of the quarters of a file."""
        return self._of(image, "() => shown()", None)

    def _of(self, image: Path, question: str, given: Any) -> dict[str, Any]:
        self.tab.set_input_files("input", image)
        found: dict[str, Any] = self.tab.evaluate(question, given)
        return found


def open_page(browser: Browser, file: Path) -> Opened:
    """Open a page from its file."""
    page = Opened(browser.new_page())
    page.tab.on("console", lambda message: page.wrong.append(message.text))
    page.tab.on("pageerror", lambda error: page.wrong.append(str(error)))
    own = (file.as_uri(), "blob:", "data:")
    page.tab.on("request", lambda asked: None if asked.url.startswith(own) else page.wrong.append(asked.url))
    page.tab.goto(file.as_uri())
    return page


@contextmanager
def opened(file: Path, *flags: str) -> Iterator[Opened]:
    """Open a page in a browser of its own."""
    with some_chromium(*flags) as browser:
        yield open_page(browser, file)
