"""How long pages of `gemhier app` take from being opened to being ready, in turns.

    python benchmarks/page_start.py before.html after.html --rounds 15

Opens each page from its file in a Chromium of its own, one after the other and over again, so that whatever else the
machine does weighs on all alike. Says of each the medians until the page is shown, until its HTML is read to the end
and until it can name a photograph, the processor time of the page's main thread until then (Linux only), and the median
of the ratio to the first page in the same round.
"""

import statistics
from collections.abc import Sequence
from pathlib import Path

import click
from in_chromium import some_chromium

WATCH = """
const watcher = new MutationObserver(() => {
  if (!document.querySelector("main > header")) return;
  globalThis.shownAfter ??= performance.now();
  if (document.querySelector("main > p.status")) return;
  globalThis.readyAfter = performance.now();
  watcher.disconnect();
});
watcher.observe(document, { childList: true, subtree: true });
document.addEventListener("DOMContentLoaded", () => (globalThis.readAfter = performance.now()));
"""

COLUMNS = ("shown", "read", "ready", "main thread")


def start(page: Path) -> list[float]:
    """Open a page, and return the milliseconds of `COLUMNS`."""
    with some_chromium() as browser:
        tab = browser.new_page()
        tab.add_init_script(WATCH)
        tab.goto(page.resolve().as_uri())
        tab.wait_for_function("() => globalThis.readyAfter", timeout=120_000)
        found: list[float] = tab.evaluate("() => [shownAfter, readAfter, readyAfter]")
        processes = browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")["processInfo"]
        renderers = [process["id"] for process in processes if process["type"] == "renderer"]
        return [*found, max(map(processor_time, renderers))]


def processor_time(process: int) -> float:
    """Return the processor time of a process's first thread, in milliseconds."""
    return int(Path(f"/proc/{process}/task/{process}/schedstat").read_text().split()[0]) / 1e6


@click.command()
@click.argument("pages", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--rounds", default=15, show_default=True)
def main(pages: Sequence[Path], rounds: int) -> None:
    """Open PAGES in turns."""
    found = [[start(page) for page in pages] for _ in range(rounds)]
    for place, page in enumerate(pages):
        columns = list(zip(*(one[place] for one in found), strict=True))
        said = ", ".join(
            f"{name} {statistics.median(column):.0f} (least {min(column):.0f})"
            for name, column in zip(COLUMNS, columns, strict=True)
        )
        ratios = [statistics.median(one[place][column] / one[0][column] for one in found) for column in (2, 3)]
        click.echo(f"{page.name}: {said} ms; ready {ratios[0]:.2f} and main thread {ratios[1]:.2f} of the first page's")


if __name__ == "__main__":
    main()
