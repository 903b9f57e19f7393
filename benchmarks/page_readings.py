"""How long the page takes from a reading changed to a ranking changed.

    python benchmarks/page_readings.py gemhier.html examples/ruby.jpg

Opens the page in Chromium as wide as a small phone, has a photograph named, and moves two sliders in turn: from the
event of the slider until the new shortlist is laid out, which leaves only the painting. Says the median, the ninetieth
percentile and the longest of 200 moves.
"""

from pathlib import Path

import click
from in_chromium import some_chromium

MOVES = 200

MOVE = """
async (moves) => {
  const sliders = ["First reading, slider", "Specific gravity, slider"].map((name) =>
    document.querySelector(`[aria-label="${name}"]`));
  const took = [];
  for (let move = 0; move < moves; move += 1) {
    const slider = sliders[move % 2];
    const [low, high] = [Number(slider.min), Number(slider.max)];
    slider.value = String(low + (high - low) * ((37 * move) % 100) / 100);
    const began = performance.now();
    slider.dispatchEvent(new Event("input", { bubbles: true }));
    document.querySelector(".shortlist").getBoundingClientRect();
    took.push(performance.now() - began);
    await new Promise((done) => setTimeout(done, 30));
  }
  return took.sort((one, other) => one - other);
}
"""


@click.command()
@click.argument("page", type=click.Path(exists=True, path_type=Path))
@click.argument("photograph", type=click.Path(exists=True, path_type=Path))
def main(page: Path, photograph: Path) -> None:
    """Move the sliders of PAGE."""
    with some_chromium() as browser:
        tab = browser.new_page(viewport={"width": 360, "height": 740})
        tab.goto(page.resolve().as_uri())
        tab.locator("input[type=file][multiple]").set_input_files(str(photograph))
        tab.locator(".shortlist li").first.wait_for()
        took = tab.evaluate(MOVE, MOVES)
    median, ninetieth, longest = took[MOVES // 2], took[9 * MOVES // 10], took[-1]
    click.echo(f"median {median:.1f} ms, ninetieth percentile {ninetieth:.1f} ms, longest {longest:.1f} ms")


if __name__ == "__main__":
    main()
