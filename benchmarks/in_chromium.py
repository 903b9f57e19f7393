"""A headless Chromium, which scripts and tests open pages in."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

NONE_FOUND = "no chromium, chromium-browser or google-chrome on the PATH, nor one of playwright's own"


@contextmanager
def chromium(*flags: str) -> Iterator[Browser | None]:
    """Start a headless browser; None where there is none.

    Args:
        *flags: further ones of Chromium.
    """
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    with sync_playwright() as driver:
        if found is None and not Path(driver.chromium.executable_path).exists():
            yield None
            return
        options = ["--no-sandbox", "--force-color-profile=srgb", *flags]
        browser = driver.chromium.launch(executable_path=found, args=options)
        yield browser
        browser.close()


@contextmanager
def some_chromium(*flags: str) -> Iterator[Browser]:
    """Start a headless browser, as `chromium` does; RuntimeError where there is none."""
    with chromium(*flags) as browser:
        if browser is None:
            raise RuntimeError(f"There is {NONE_FOUND}.")
        yield browser
