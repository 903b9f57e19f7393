"""Take the README's picture of the page on a small phone.

    python docs/make_app_image.py examples/emerald.jpg docs/app.png

It needs the extra "app", Playwright (pip install playwright) and a Chromium.
"""

import shutil
import sys
import tempfile
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from gemhier.pipeline.write_app import write_app

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
PHONE = {"width": 360, "height": 1000}
COLOURS = 96


def main(photograph: str, out: str) -> None:
    """Let the page name a photograph, and keep what the phone shows."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        file = Path(folder) / "gemhier.html"
        write_app(file)
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--force-color-profile=srgb"])
        tab = browser.new_page(viewport=PHONE, device_scale_factor=1.5, color_scheme="light", has_touch=True)
        tab.goto(file.as_uri())
        tab.locator("input[type=file][multiple]").set_input_files(photograph)
        tab.locator(".photograph[aria-busy=false]").wait_for()
        taken = tab.screenshot()
        browser.close()
    with Image.open(BytesIO(taken)) as image:
        image.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(out, optimize=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
