"""From a photograph to what is exported, in the page as the command writes it, with the engine that people have."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import pytest

from gemhier.arrays import Bytes
from gemhier.hierarchy.evidence import Evidence
from gemhier.hierarchy.reading_text import parse_readings
from gemhier.models.bundle import load_bundle
from gemhier.models.bundle.bundle import StoneResult
from gemhier.pipeline.app.runtime import is_fetched
from gemhier.pipeline.write_app import write_app

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CLOSE = 0.02


@pytest.fixture
def photographs(paint_stone: Callable[[str], Bytes], tmp_path: Path) -> dict[str, Path]:
    """Painted stones, by their colours."""
    paths = {label: tmp_path / f"{label.replace('/', ' ')}.png" for label in ("corundum/ruby", "beryl/emerald")}
    for label, path in paths.items():
        image = cv2.cvtColor(paint_stone(label), cv2.COLOR_RGB2BGR)
        cv2.imwrite(str(path), cv2.resize(image, None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC))
    return paths


pytestmark = pytest.mark.skipif(
    not is_fetched(), reason="the runtime of the app is not there: run `gemhier app` once, which fetches it"
)


def test_two_stones_are_named_measured_and_exported(
    browser: "Browser", promising_bundle: Path, photographs: dict[str, Path], tmp_path: Path
) -> None:
    from app_in_browser import open_page

    write_app(tmp_path / "gemhier.html", model=promising_bundle)
    opened = open_page(browser, tmp_path / "gemhier.html")
    tab = opened.tab

    choose(tab, photographs["corundum/ruby"])
    assert tab.locator(".answer").inner_text() == "Ruby"
    tab.get_by_label("A shortlist that holds the right gem").select_option("95%")
    promised = [tab.locator(".sure").inner_text()]
    tab.get_by_label("Hardness", exact=True).fill("9")
    assert "fits" in tab.locator("#effect-hardness").inner_text()

    tab.get_by_role("button", name="Next stone").click()
    choose(tab, photographs["beryl/emerald"])
    promised.append(tab.locator(".sure").inner_text())
    tab.get_by_text("Which gems come into question").click()
    tab.get_by_label("Not", exact=True).fill("Emerald")
    tab.get_by_label("Not", exact=True).press("Enter")
    with tab.expect_download() as download:
        tab.get_by_role("button", name="JSON", exact=True).click()
    exported = [json.loads(line) for line in Path(download.value.path()).read_text("utf-8").splitlines()]
    assert opened.wrong == []
    tab.close()

    bundle = load_bundle(promising_bundle, num_threads=1)
    plain = bundle.results(list(photographs.values()), guarantee=0.95, workers=1)
    assert promised == [f"{said.prediction.shortlist.sentence}." for said in plain if isinstance(said, StoneResult)]
    known = (Evidence(readings=parse_readings({"hardness": "9"})), Evidence(without=("beryl/emerald",)))
    for path, evidence, theirs in zip(photographs.values(), known, reversed(exported), strict=True):
        (said,) = bundle.results([path], guarantee=0.95, evidence=evidence, workers=1)
        assert isinstance(said, StoneResult)
        assert_alike(said.prediction.to_dict() | {"image": path.name}, theirs)


def test_a_page_that_lacks_its_end_says_so(browser: "Browser", promising_bundle: Path, tmp_path: Path) -> None:
    from app_in_browser import open_page

    file = tmp_path / "gemhier.html"
    write_app(file, model=promising_bundle)
    whole = file.read_text("utf-8")
    file.write_text(whole[: whole.rindex('data-left="0"') - 10], encoding="utf-8")
    opened = open_page(browser, file)
    opened.tab.locator(".status.problem").wait_for()
    assert "The page lacks network" in opened.tab.locator(".status.problem").inner_text()
    opened.tab.get_by_label("Hardness", exact=True).fill("9")
    assert opened.tab.locator(".shortlist li").count() > 1
    opened.tab.close()


def choose(tab: "Page", photograph: Path) -> None:
    """Choose a photograph, and wait for the answer."""
    tab.locator("input[type=file][multiple]").set_input_files(str(photograph))
    tab.locator(".photograph[aria-busy=false] .box").wait_for()


def assert_alike(python: Any, page: Any) -> None:
    """Compare two results: probabilities and bits nearly, all else exactly."""
    if isinstance(python, dict):
        assert python.keys() == page.keys()
        for key, value in python.items():
            assert_alike(value, page[key])
    elif isinstance(python, list):
        assert len(python) == len(page)
        for ours, theirs in zip(python, page, strict=True):
            assert_alike(ours, theirs)
    else:
        assert page == (pytest.approx(python, abs=CLOSE) if isinstance(python, float) else python)
