"""What the app says of photographs in headless Chromium, against what Python says of them.

    python benchmarks/app_against_python.py FOLDER...
    python benchmarks/app_against_python.py FOLDER... --images 300 --seed 1 --speed

Of so many photographs, drawn from all that lie in the folders: how many have the same first label and the same
answer, how far the probabilities of all labels are apart, and the photographs that differ most. With `--speed`,
figures of the page too: from opening to ready (the median of five), from choosing a photograph of 12 megapixels to
its answer (the median of ten), and the memory that it holds after 20 and after 200 photographs.
"""

import csv
import resource
import statistics
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click
import cv2
import numpy as np
from app_in_browser import Opened, opened, write_engine

from gemhier.models.bundle import load_bundle
from gemhier.models.bundle.bundle import StoneResult
from gemhier.models.images.files import list_images
from gemhier.models.images.stones import Failure

CLOSE = 0.02


@dataclass(frozen=True)
class Compared:
    """A photograph that both have named.

    Attributes:
        image: its path.
        first: the first label by Python, and by the app.
        answers: what they answer, or nothing.
        apart: how far the probabilities of a label are apart at most.
        score_apart: how far the finder's scores are apart.
    """

    image: Path
    first: tuple[str, str]
    answers: tuple[str, str]
    apart: float
    score_apart: float


def compare(image: Path, python: StoneResult | Failure, page: Opened) -> Compared | str:
    """Ask the app about a photograph that Python has named; a line where one of them cannot read it."""
    app = page.ask(image)
    if isinstance(python, Failure) or "failure" in app:
        reason = python.reason if isinstance(python, Failure) else "read"
        return f"{image}: Python: {reason}; app: {app.get('failure', 'read')}"
    theirs = {gem["id"]: gem["probability"] for gem in app["subclasses"]}
    said = python.prediction
    ours = {gem.id: gem.probability for gem in said.subclasses}
    return Compared(
        image,
        (said.subclasses[0].id, app["subclasses"][0]["id"]),
        (said.answer.id if said.answer else "", (app["answer"] or {}).get("id", "")),
        max(abs(ours[label] - theirs[label]) for label in ours),
        abs(python.crop.score - app["score"]),
    )


def photograph_of_12_megapixels(folder: Path) -> Path:
    """Put one of the painted examples on a large ground, as large as phones take photographs, with their noise."""
    ruby = cv2.imread(str(Path(__file__).parents[1] / "examples" / "ruby.jpg"))
    image = np.full((3000, 4000, 3), ruby[2, 2], np.float32)
    image[700:2300, 1300:2900] = cv2.resize(ruby, (1600, 1600), interpolation=cv2.INTER_CUBIC)
    noise = np.random.default_rng(12).normal(0, 4, image.shape)
    path = folder / "12-megapixels.jpg"
    cv2.imwrite(str(path), np.clip(image + noise, 0, 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, 92])
    return path


def memory_of(page: Opened) -> float:
    """Return how much memory the process of the page holds, in MB, after garbage is collected; Linux only."""
    page.tab.evaluate("() => gc()")
    browser = page.tab.context.browser
    assert browser is not None
    processes = browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")["processInfo"]
    renderers = [process["id"] for process in processes if process["type"] == "renderer"]
    pages = sum(int(Path(f"/proc/{number}/statm").read_text().split()[1]) for number in renderers)
    return pages * resource.getpagesize() / 1e6


def tell_speed(file: Path, folder: Path) -> None:
    """Print the figures of a page."""
    large = photograph_of_12_megapixels(folder)
    times = []
    for _ in range(9):
        with opened(file) as page:
            page.ask(large)
            times.append(page.tab.evaluate("() => [shownAfter, readyAfter]"))
    shown, ready = (statistics.median(column) / 1000 for column in zip(*times, strict=True))
    click.echo(f"open to the page's script: {shown:.2f} s; to ready: {ready:.2f} s")
    with opened(file, "--js-flags=--expose-gc") as page:
        parts = [page.ask(large)["milliseconds"] for _ in range(12)][2:]
        seconds = [sum(part.values()) / 1000 for part in parts]
        steps = {step: statistics.median(part[step] for part in parts) for step in parts[0]}
        said = ", ".join(f"{step} {milliseconds:.0f} ms" for step, milliseconds in steps.items())
        click.echo(f"12 megapixels to answer: {statistics.median(seconds):.2f} s ({said})")
    small = folder / "small.jpg"
    cv2.imwrite(str(small), cv2.resize(cv2.imread(str(large)), (800, 600), interpolation=cv2.INTER_AREA))
    with opened(file, "--js-flags=--expose-gc") as page:
        for number in range(1, 201):
            page.ask(small)
            if number in (20, 200):
                click.echo(f"memory after {number} photographs: {memory_of(page):.1f} MB")


def tell(found: Sequence[Compared], failures: Sequence[str]) -> None:
    """Print how far both agree."""
    same = sum(one.first[0] == one.first[1] for one in found)
    answers = sum(one.answers[0] == one.answers[1] for one in found)
    apart = np.array([one.apart for one in found])
    click.echo(
        f"{len(found)} photographs: the same first label {same / len(found):.2%}, answer {answers / len(found):.2%}"
    )
    click.echo(
        f"probabilities apart: median {np.median(apart):.5f}, 99th percentile {np.quantile(apart, 0.99):.4f}, "
        f"most {apart.max():.4f}; within {CLOSE}: {(apart <= CLOSE).mean():.2%}"
    )
    click.echo(f"the finder's scores apart: most {max(one.score_apart for one in found):.4f}")
    for line in failures:
        click.echo(line)
    for one in sorted(found, key=lambda one: -one.apart)[:10]:
        click.echo(f"{one.apart:.4f} {one.image} {one.first[0]} {one.first[1]}")


@click.command()
@click.argument("folders", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option("--images", default=300, show_default=True, help="How many to draw.")
@click.option("--seed", default=1, show_default=True)
@click.option("--model", type=click.Path(exists=True, path_type=Path), help="Another bundle than the one in use.")
@click.option("--speed", is_flag=True, help="Times and memory too.")
@click.option("--output", type=click.Path(path_type=Path), help="A CSV file of all photographs.")
def main(folders: Sequence[Path], images: int, seed: int, model: Path | None, speed: bool, output: Path | None) -> None:
    """Compare the app with Python."""
    paths = sorted(list_images(folders))
    drawn = np.random.default_rng(seed).permutation(len(paths))[:images]
    chosen = [paths[number] for number in drawn]
    bundle = load_bundle(model)
    with tempfile.TemporaryDirectory() as place:
        file = Path(place) / "engine.html"
        write_engine(file, model=model)
        click.echo(f"page: {file.stat().st_size / 1e6:.1f} MB")
        found: list[Compared] = []
        failures: list[str] = []
        if chosen:
            said = bundle.results(chosen, top=len(bundle.space), workers=1)
            with opened(file) as page:
                for image, python in zip(chosen, said, strict=True):
                    one = compare(image, python, page)
                    if isinstance(one, str):
                        failures.append(one)
                    else:
                        found.append(one)
            tell(found, failures)
        if speed:
            tell_speed(file, Path(place))
    if output:
        with output.open("w", newline="", encoding="utf-8") as table:
            rows = csv.writer(table)
            rows.writerow(["image", "python", "app", "answer_python", "answer_app", "apart", "score_apart"])
            rows.writerows(
                [one.image, *one.first, *one.answers, f"{one.apart:.6f}", f"{one.score_apart:.6f}"] for one in found
            )


if __name__ == "__main__":
    main()
