"""How large the report of many pictures is, and how smoothly Chromium scrolls, sorts and searches it.

    python benchmarks/report_page.py
    python benchmarks/report_page.py --page report/report.html

Without a page, one is made of made-up results on a few painted pictures, each of which stands for many; a third of
them is named wrongly, so that there are more mistakes than a page shows. Frames are timed from one to the next that
the browser shows, 17 ms at best. On a busy machine they wait for a processor, as the frames show in which nothing
happens; the processor time that the page's longest task takes does not depend on that, and bounds what a frame takes
where a processor is free.
"""

import json
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import cv2
import numpy as np
from in_chromium import some_chromium

from gemhier.hierarchy.decoding import STRATEGIES
from gemhier.models.bundle import Bundle, load_bundle
from gemhier.models.bundle.predictions import Prediction
from gemhier.models.images.stones import Failure, StoneCrop
from gemhier.pipeline.data.labelled_images import LabelledImage, LabelledImages
from gemhier.pipeline.evaluation.neighbours import Neighbour
from gemhier.pipeline.reports.html.page import page
from gemhier.pipeline.reports.measuring import Classified, report_on
from gemhier.pipeline.reports.mistakes import MOST_SHOWN, mistakes
from gemhier.pipeline.reports.report import Report
from gemhier.pipeline.reports.thumbnails import crop_thumbnail

PAINTED = 40

FRAMES = """async () => {
  const times = [];
  let going = true, last;
  const note = now => {
    if (last !== undefined) times.push(now - last);
    last = now;
    if (going) requestAnimationFrame(note);
  };
  requestAnimationFrame(note);
  const frame = () => new Promise(requestAnimationFrame);
  await frame();
  ACT
  await frame(); await frame();
  going = false;
  return times.sort((a, b) => b - a);
}"""

STEPS = {
    "nothing": "for (let i = 0; i < 120; i += 1) await frame();",
    "scroll": "scrollTo(0, 0); while (scrollY + innerHeight < document.documentElement.scrollHeight - 2) "
    "{ scrollBy(0, 300); await frame(); }",
    "sort pictures": "for (const button of document.querySelectorAll('#picture-table th button')) "
    "for (let i = 0; i < 2; i += 1) { button.click(); await frame(); await frame(); }",
    "sort labels": "for (const button of document.querySelectorAll('#labels th button')) "
    "for (let i = 0; i < 2; i += 1) { button.click(); await frame(); await frame(); }",
    "search": "const field = document.getElementById('picture-search'); "
    "for (const text of ['e', 'em', 'eme', 'emer', '']) { field.value = text; "
    "field.dispatchEvent(new Event('input')); for (let i = 0; i < 15; i += 1) await frame(); }",
    "unfold": "const all = document.getElementById('unfold'); "
    "for (let i = 0; i < 4; i += 1) { all.click(); await frame(); await frame(); }",
    "more mistakes": "const more = document.getElementById('more-mistakes'); "
    "while (more && !more.hidden) { more.click(); await frame(); await frame(); }",
    "scroll again": "scrollTo(0, 0); while (scrollY + innerHeight < document.documentElement.scrollHeight - 2) "
    "{ scrollBy(0, 300); await frame(); }",
}


def paint(folder: Path, count: int = PAINTED) -> list[Path]:
    """Round stones of all colours on a white ground, as photographs of 600 x 450 pixels."""
    found = []
    for number in range(count):
        random = np.random.default_rng(number)
        image = np.full((450, 600, 3), 245, dtype=np.uint8)
        colour = [int(part) for part in random.integers(20, 230, 3)]
        cv2.circle(image, (300, 225), 150, colour, -1)
        noise = random.normal(0, 8, image.shape)
        path = folder / f"stone_{number}.jpg"
        cv2.imwrite(str(path), np.clip(image + noise, 0, 255).astype(np.uint8))
        found.append(path)
    return found


def made_up_report(bundle: Bundle, painted: list[Path], count: int, *, seed: int = 0) -> Report:
    """Make a report of pictures whose probabilities are drawn by chance, in favour of their labels."""
    random, space = np.random.default_rng(seed), bundle.space
    truth = random.integers(0, len(space), count)
    probabilities = {}
    for strategy in STRATEGIES:
        logits = random.normal(0, 1.5, (count, len(space)))
        logits[np.arange(count), truth] += random.normal(5, 2.5, count)
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        probabilities[strategy] = powers / powers.sum(axis=1, keepdims=True)
    images = tuple(
        LabelledImage(
            str(painted[number % len(painted)]),
            bundle.taxonomy[space.labels[label]].name,
            space.labels[label],
            f"stone {number}",
            "painted",
        )
        for number, label in enumerate(truth)
    )
    seen = [cv2.resize(cv2.imread(str(path)), (bundle.info.size,) * 2)[..., ::-1] for path in painted]
    scores = np.where(random.random(count) < 0.02, 0.1, 0.99)
    stones = [
        StoneCrop(image.image, np.asarray(seen[number % len(seen)], np.uint8), float(scores[number]))
        for number, image in enumerate(images)
    ]
    decided = probabilities[bundle.info.strategy]
    results: list[Prediction | Failure] = list(
        bundle.decide([stone.image for stone in stones], decided, [stone.score for stone in stones])
    )
    for number in range(0, count, max(count // 5, 1)):
        results[number] = Failure(images[number].image, "a <made-up> damage. Export it again.")
        for of_strategy in probabilities.values():
            of_strategy[number] = 0
    wrong = np.flatnonzero((decided.argmax(axis=1) != truth) & decided.any(axis=1))
    crops = {int(row): crop_thumbnail(stones[row].pixels) for row in wrong}
    found = Classified(tuple(results), probabilities, scores < bundle.finder.threshold, crops)
    labelled = LabelledImages(images, ("painted",), (), ())
    report = report_on(bundle, labelled, found, split="test", target_precision=bundle.info.default_precision)
    near = tuple(Neighbour(str(painted[place]), space.labels[place], 0.9, stones[place].pixels) for place in range(3))
    neighbours = {mistake.row: near for mistake in mistakes(report)[:MOST_SHOWN]}
    return replace(report, neighbours=neighbours, neighbours_in="painted")


def longest_task(trace: dict[str, Any]) -> float:
    """Return the most processor time that a task of the page's main thread took, in milliseconds."""
    events = trace["traceEvents"]
    named = [event for event in events if event.get("name") == "thread_name"]
    mains = {(each["pid"], each["tid"]) for each in named if each["args"]["name"] == "CrRendererMain"}
    took = [
        event["tdur"] / 1e3
        for event in events
        if event.get("ph") == "X" and "tdur" in event and (event["pid"], event["tid"]) in mains
    ]
    return max(took, default=0.0)


def measure(path: Path) -> None:
    """Open a page in Chromium and print the longest frames of each step."""
    with some_chromium() as browser:
        for name, size in (("1280 px", (1280, 800)), ("390 px", (390, 844))):
            tab = browser.new_page(viewport={"width": size[0], "height": size[1]})
            started = time.perf_counter()
            tab.goto(path.resolve().as_uri())
            click.echo(f"{name}: opened in {time.perf_counter() - started:.1f} s")
            for step, act in STEPS.items():
                browser.start_tracing(page=tab, categories=["toplevel", "disabled-by-default-devtools.timeline"])
                times = tab.evaluate(FRAMES.replace("ACT", act))
                busy = longest_task(json.loads(browser.stop_tracing()))
                longest = ", ".join(f"{each:.0f}" for each in times[:3])
                click.echo(
                    f"  {step:<14} {busy:4.0f} ms of processor time for the longest task; {len(times)} frames, "
                    f"the longest {longest} ms, {np.median(times):.0f} ms usual"
                )
            tab.close()


@click.command()
@click.option("--page", "given", type=click.Path(path_type=Path), help="A page to measure, instead of a made-up one.")
@click.option("--images", default=5000, show_default=True, help="How many pictures the made-up report has.")
@click.option("--keep", type=click.Path(path_type=Path), help="Where to keep the made-up page.")
def main(given: Path | None, images: int, keep: Path | None) -> None:
    """Make a page, or take one, and measure it."""
    with tempfile.TemporaryDirectory() as scratch:
        target = given or keep or Path(scratch) / "report.html"
        if given is None:
            report = made_up_report(load_bundle(), paint(Path(scratch)), images)
            started = time.process_time()
            text = page(report)
            click.echo(f"made in {time.process_time() - started:.1f} s of processor time")
            target.write_text(text, encoding="utf-8")
            wrong = len(mistakes(report))
            click.echo(f"{images:,} pictures, {wrong:,} of them named wrongly")
        click.echo(f"{target.stat().st_size / 1e6:.1f} MB")
        measure(target)


if __name__ == "__main__":
    main()
