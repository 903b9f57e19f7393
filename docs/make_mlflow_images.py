"""Take the pictures of docs/mlflow.md from MLflow's running pages.

    python docs/make_mlflow_images.py mlruns docs/mlflow

Beforehand, in an empty folder, with USER and LOGNAME set to a name that may be seen:

    gemhier sample photos && gemhier prepare photos --out data
    gemhier train data --schedule quick --epochs 10 --mode flat
    gemhier train data --schedule quick --epochs 10 --mode hierarchical
    gemhier train data --schedule quick --epochs 10
    gemhier evaluate data --model latest --report report

It needs Playwright (pip install playwright) and a Chromium, whose program the variable CHROMIUM names.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from urllib.parse import quote

from PIL import Image
from playwright.sync_api import sync_playwright

from gemhier.pipeline.tracking.names import EXPERIMENT, KIND, REGISTERED_MODEL
from gemhier.pipeline.tracking.runs import nested_strategies
from gemhier.pipeline.tracking.store import open_tracking
from gemhier.pipeline.tracking.views import view_address

PORT = 5055
PAGES = f"http://127.0.0.1:{PORT}"
WIDTH = 1200
COLOURS = 96
PATIENCE = 1000 * int(os.environ.get("PATIENCE", "6"))
"""Milliseconds until a page stands still: its requests never end, so they tell nothing."""

TRAINING = "workflowType=machine_learning"
"""Shows the face of MLflow that is for training."""

SCROLL = """
heading => {
  const named = [...document.querySelectorAll("*")].filter(e => new RegExp(heading).test(e.textContent.trim()));
  named.at(-1)?.scrollIntoView();
}
"""

HIDE_FOLDER = """
folder => {
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) texts.currentNode.data = texts.currentNode.data.replaceAll(folder, "/home/you");
}
"""
"""Where the store lies is nobody's business."""

SCROLLED = {"precision": r"^precision\s*\(\d+\)$", "compare": "^Metrics$"}
"""The heading down to which a page is scrolled."""

CLOSE_ASSISTANT = '[data-component-id="mlflow.assistant.chat_panel.close"]'
CLOSE_NOTE = '[data-component-id="mlflow.experiment_page.shared_view.dismiss"]'


def main(store: str, out: str, *names: str) -> None:
    """Start the pages on a store and take all pictures, or those that are named."""
    mlflow = open_tracking(store)
    experiment = mlflow.get_experiment_by_name(EXPERIMENT).experiment_id
    runs = mlflow.search_runs(
        [experiment], f"tags.{KIND} = 'comparison'", order_by=["start_time ASC"], output_format="list"
    )
    by_mode = {run.data.tags["mode"]: run.info.run_id for run in runs}
    strategy = {name: run_id for run_id, name in nested_strategies(mlflow, by_mode["both"]).items()}
    one, other = strategy["flat"], strategy["hierarchical_soft"]
    compared = f"runs={quote(json.dumps([one, other]))}&experiments={quote(json.dumps([experiment]))}&{TRAINING}"
    run = f"{PAGES}/#/experiments/{experiment}/runs/{by_mode['both']}"
    trainings, decisions = (view_address(PAGES, experiment, key) for key in ("trainings", "decisions"))
    pages = {
        "trainings": trainings,
        "list": trainings.replace("=CHART", "=TABLE"),
        "decisions": decisions,
        "precision": decisions,
        "compare": f"{PAGES}/#/compare-runs?{compared}",
        "report": f"{run}/artifacts/report/report.html?{TRAINING}",
        "figure": f"{run}/artifacts/figures/strategies.png?{TRAINING}",
        "registry": f"{PAGES}/#/models/{REGISTERED_MODEL}?{TRAINING}",
    }
    Path(out).mkdir(parents=True, exist_ok=True)
    with pages_of(store), sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"),
            args=["--no-sandbox"] if os.geteuid() == 0 else [],
        )
        for name in names or pages:
            # A browser that remembers nothing, as that of somebody who comes for the first time.
            page = browser.new_context(viewport={"width": 1400, "height": 880}).new_page()
            page.set_default_timeout(180_000)
            page.goto(pages[name])
            page.wait_for_timeout(2 * PATIENCE)
            for button in (CLOSE_ASSISTANT, CLOSE_NOTE):
                if page.locator(button).count():
                    page.locator(button).first.click()
            page.wait_for_timeout(PATIENCE)
            if name in SCROLLED:
                page.evaluate(SCROLL, SCROLLED[name])
                page.wait_for_timeout(PATIENCE)
            page.evaluate(HIDE_FOLDER, str(Path(store).resolve().parent))
            write_small(page.screenshot(), Path(out) / f"{name}.png")
            page.context.close()
        browser.close()


@contextmanager
def pages_of(store: str) -> Iterator[None]:
    """MLflow's pages on a store, for as long as they are needed."""
    command = [sys.executable, "-m", "gemhier", "ui", "--tracking", store, "--port", str(PORT)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            for line in server.stdout:
                if "Ctrl-C" in line:
                    break
            yield
        finally:
            server.terminate()


def write_small(screenshot: bytes, path: Path) -> None:
    """Write a picture with few colours and no wider than a page of text needs."""
    image = Image.open(BytesIO(screenshot)).convert("RGB")
    image = image.resize((WIDTH, round(image.height * WIDTH / image.width)), Image.Resampling.LANCZOS)
    image.quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
    print(f"{path}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main(*sys.argv[1:])
