"""The page in a real Chromium: what it answers is what Python answers, and it asks nothing of anybody."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from odd_images import odd_images
from odd_images.shown import Shown, alike, read

from gemhier.models.bundle import load_bundle
from gemhier.models.bundle.bundle import Bundle, StoneResult
from gemhier.models.bundle.predictions import Prediction
from gemhier.pipeline.app.runtime import is_fetched
from gemhier.pipeline.write_app import write_app

if TYPE_CHECKING:
    from app_in_browser import Opened
    from playwright.sync_api import Browser

EXAMPLES = Path(__file__).parents[3] / "examples"
CLOSE = 0.02

ODD = (
    "odd sides.jpg",
    "subsampling 411.jpg",
    "two pictures.mpo",
    "orientation 3.jpg",
    "orientation 6.jpg",
    "orientation 7.png",
    "profile in pieces, turned round.jpg",
    "inks not of Adobe, not inverted.jpg",
    "grey 16 bits, one transparent.png",
    "palette 1 bits, transparent.png",
    "gamma 0.56.png",
    "profile Adobe RGB, 16 bits.png",
    "cICP P3.png",
    "screen larger than its frame.gif",
    "32 bits, alpha 255.bmp",
    "lossy, alpha.webp",
    "orientation 2.webp",
    "orientation 5.avif",
    "plain, 2 bytes lost.jpg",
    "plain, no end, text after.jpg",
    "large, 40 bytes lost.jpg",
    "large, 90 percent.jpg",
    "restarts, 20 percent.jpg",
    "large progressive, 20 percent.jpg",
    "20 percent.png",
    "30000 a side.png",
)
"""Pictures of every kind, and damaged ones, that the browser shows as Python reads them, or that both refuse."""


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return load_bundle(num_threads=1)


@pytest.fixture(scope="module", autouse=True)
def runtime() -> None:
    """Skip all tests where the runtime has not been fetched."""
    if not is_fetched():
        pytest.skip("the runtime of the app is not there: run `gemhier app` once, which fetches it")


@pytest.fixture(scope="module")
def engine(browser: "Browser", tmp_path_factory: pytest.TempPathFactory) -> "Iterator[Opened]":
    """The engine, opened from a file; afterwards nothing may have gone wrong in it, or left it."""
    from app_in_browser import open_page, write_engine

    file = tmp_path_factory.mktemp("engine") / "engine.html"
    write_engine(file)
    page = open_page(browser, file)
    yield page
    assert page.wrong == []


def test_pictures_are_decoded_alike(engine: "Opened", tmp_path: Path) -> None:
    painted = dict(odd_images())
    refused = 0
    for name in ODD:
        path = tmp_path / f"odd{Path(name).suffix}"
        path.write_bytes(painted[name])
        found = engine.shown(path)
        failed = "failure" in found
        theirs = None if failed else Shown(found["width"], found["height"], np.array(found["quarters"]))
        assert alike(read(path), theirs), (name, found)
        refused += failed
    assert 3 < refused < 10


@pytest.mark.parametrize(
    ("content", "key"),
    [
        (b"", "empty"),
        (b"no picture", "unreadable"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "heic"),
        (cv2.imencode(".png", np.zeros((12, 40, 3), np.uint8))[1].tobytes(), "too-small"),
    ],
)
def test_why_a_file_is_no_picture_is_said(engine: "Opened", tmp_path: Path, content: bytes, key: str) -> None:
    path = tmp_path / "file.jpg"
    path.write_bytes(content)
    assert engine.ask(path) == {"failure": key}


def two_stones(folder: Path) -> Path:
    """A large one beside a small one."""
    amethyst, emerald = (cv2.imread(str(EXAMPLES / f"{name}.jpg")) for name in ("amethyst", "emerald"))
    image = np.full((520, 900, 3), amethyst[2, 2], np.uint8)
    image[60:460, 40:440] = cv2.resize(amethyst, (400, 400), interpolation=cv2.INTER_CUBIC)
    image[160:360, 620:820] = cv2.resize(emerald, (200, 200), interpolation=cv2.INTER_AREA)
    cv2.imwrite(str(folder / "two.png"), image)
    return folder / "two.png"


def test_answers_are_those_of_python(engine: "Opened", bundle: Bundle, tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "none.jpg"), np.full((240, 320, 3), 128, np.uint8))
    examples = [EXAMPLES / f"{name}.jpg" for name in ("amethyst", "emerald", "pearl")]
    chosen = [*examples, two_stones(tmp_path), tmp_path / "none.jpg"]
    for image, ours in zip(chosen, bundle.results(chosen, top=len(bundle.space), workers=1), strict=True):
        assert isinstance(ours, StoneResult)
        theirs = engine.ask(image)
        said = ours.prediction
        assert theirs["words"]["answer"].partition(" (")[0] == str(said.answer or said.refusal).partition(" (")[0]
        assert theirs["subclasses"][0]["id"] == said.subclasses[0].id
        assert theirs["score"] == pytest.approx(ours.crop.score, abs=CLOSE)
        probabilities = {gem["id"]: gem["probability"] for gem in theirs["subclasses"]}
        for gem in said.subclasses:
            assert probabilities[gem.id] == pytest.approx(gem.probability, abs=CLOSE), image


def test_a_stone_in_a_box_is_named(engine: "Opened", bundle: Bundle, tmp_path: Path) -> None:
    image = two_stones(tmp_path)
    ours = [one for one in bundle.results([image], all_stones=True, workers=1) if isinstance(one, StoneResult)]
    stones = engine.ask(image)["stones"]
    assert len(stones) == len(ours) > 1
    for stone, our in zip(stones, ours, strict=True):
        place = our.crop.place
        assert place is not None
        assert stone["box"] == [place.x, place.y, place.x + place.side, place.y + place.side]
        theirs = engine.ask(image, stone["box"])
        assert theirs["score"] == stone["score"] == pytest.approx(our.crop.score, abs=CLOSE)
        first = our.prediction.subclasses[0]
        assert theirs["subclasses"][0]["id"] == first.id
        assert theirs["subclasses"][0]["probability"] == pytest.approx(first.probability, abs=CLOSE)
    # A box of one's own has the score of what the finder sees in its middle.
    left, top, right, bottom = stones[1]["box"]
    own = engine.ask(image, [left - 3, top + 2, right, bottom + 1])
    assert own["score"] > 0.5
    assert own["score"] != stones[1]["score"]


def test_no_host_can_be_reached(engine: "Opened") -> None:
    """What the page would ask for is stopped before it is asked for."""
    asked = "address => fetch(address).then(() => 'reached', error => error.name)"
    assert engine.tab.evaluate(asked, "http://127.0.0.1:9/") == "TypeError"
    blocked = engine.tab.evaluate(
        """() => new Promise(resolve => {
          addEventListener("securitypolicyviolation", event => resolve(event.effectiveDirective), { once: true });
          document.body.append(Object.assign(document.createElement("script"), { textContent: "1" }));
        })"""
    )
    assert blocked == "script-src-elem"
    assert all("Content Security Policy" in line for line in engine.wrong)
    engine.wrong.clear()


def test_the_page_names_a_stone(browser: "Browser", bundle: Bundle, tmp_path: Path) -> None:
    from app_in_browser import open_page
    from playwright.sync_api import expect

    file = tmp_path / "gemhier.html"
    size = write_app(file)
    assert size == file.stat().st_size < 35e6
    page = open_page(browser, file)
    page.tab.set_input_files("input[type=file]", EXAMPLES / "emerald.jpg")
    (ours,) = bundle.classify([EXAMPLES / "emerald.jpg"], workers=1)
    assert isinstance(ours, Prediction)
    assert ours.answer is not None
    expect(page.tab.get_by_text(ours.answer.name).first).to_be_visible(timeout=120_000)
    assert page.wrong == []
    page.tab.close()
