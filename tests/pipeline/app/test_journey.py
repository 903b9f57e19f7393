"""From a photograph to what is exported, in the page as the command writes it, with the engine that people have."""

import csv
import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest

from gemhier.arrays import Bytes
from gemhier.hierarchy.evidence import Evidence
from gemhier.hierarchy.reading_text import parse_readings
from gemhier.models.bundle import load_bundle, write_bundle
from gemhier.models.bundle.bundle import Bundle, StoneResult
from gemhier.models.bundle.files import NETWORK_FILE
from gemhier.models.bundle.info import Temperatures, Unlike
from gemhier.models.bundle.likeness import Likeness
from gemhier.models.bundle.predictions import Prediction
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


@pytest.fixture(scope="module")
def bundle_folder(promising_bundle: Path, seeing_finder: bytes, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle that promises shortlists and tells novel pictures, and to which those on grey or white are like."""
    folder = tmp_path_factory.mktemp("bundles") / "telling"
    plain = load_bundle(promising_bundle)
    assert plain.info.sets is not None
    unlike = Unlike(
        stones=30,
        temperatures=Temperatures(flat=40, family=4, regional={"corundum": 30, "beryl": 30}),
        fusion_weight=0.75,
        thresholds=plain.info.thresholds,
        sets=plain.info.sets,
    )
    write_bundle(
        folder,
        replace(plain.info, novel_entropy=0.01, unlike=unlike),
        taxonomy=plain.taxonomy,
        network=(promising_bundle / NETWORK_FILE).read_bytes(),
        finder=seeing_finder,
        report={},
        model_card="",
        likeness=Likeness(np.full((1, 3), 3**-0.5, np.float32), 0.1),
    )
    return folder


@pytest.fixture(scope="module")
def file(bundle_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of this bundle."""
    path = tmp_path_factory.mktemp("page") / "gemhier.html"
    write_app(path, model=bundle_folder)
    return path


@pytest.fixture(scope="module")
def bundle(bundle_folder: Path) -> Bundle:
    return load_bundle(bundle_folder, num_threads=1)


pytestmark = pytest.mark.skipif(
    not is_fetched(), reason="the runtime of the app is not there: run `gemhier app` once, which fetches it"
)


def test_two_stones_are_named_measured_and_exported(
    browser: "Browser", file: Path, bundle: Bundle, photographs: dict[str, Path]
) -> None:
    from app_in_browser import open_page

    opened = open_page(browser, file)
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
    exported = [json.loads(line) for line in downloaded(tab, "JSON").splitlines()]
    assert opened.wrong == []
    tab.close()

    assert [record.get("novel") for record in exported] == [True, None]  # the other one has a reading
    plain = bundle.results(list(photographs.values()), guarantee=0.95, workers=1)
    assert promised == [f"{said.prediction.shortlist.sentence}." for said in plain if isinstance(said, StoneResult)]
    known = (Evidence(readings=parse_readings({"hardness": "9"})), Evidence(without=("beryl/emerald",)))
    for path, evidence, theirs in zip(photographs.values(), known, reversed(exported), strict=True):
        (said,) = bundle.results([path], guarantee=0.95, evidence=evidence, workers=1)
        assert isinstance(said, StoneResult)
        assert_alike(said.prediction.to_dict() | {"image": path.name}, theirs)


def test_an_unlike_photograph_is_answered_by_the_calibration_of_such(
    browser: "Browser", file: Path, bundle: Bundle, photographs: dict[str, Path]
) -> None:
    from app_in_browser import open_page

    home = photographs["corundum/ruby"]
    away = home.with_name("away.png")
    image = cv2.imread(str(home))
    image[(image == 255).all(axis=2)] = (200, 40, 20)
    cv2.imwrite(str(away), image)
    opened = open_page(browser, file)
    tab = opened.tab
    caution = tab.locator(".caution")

    choose(tab, home)
    assert caution.inner_text() == ""
    tab.get_by_role("button", name="Next stone").click()
    choose(tab, away)
    tab.get_by_label("A shortlist that holds the right gem").select_option("95%")
    tab.get_by_label("Hardness", exact=True).fill("9")
    shown = [caution.inner_text()]
    tab.get_by_role("button", name="Next stone").click()
    choose(tab, home)
    choose(tab, away)
    shown.append(caution.inner_text())
    together, alone, _ = [json.loads(line) for line in downloaded(tab, "JSON").splitlines()]
    rows = list(csv.DictReader(io.StringIO(downloaded(tab, "CSV"))))
    tab.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert tab.locator(".sheet").text_content().count("unlike those") == 2
    assert opened.wrong == []
    tab.close()

    hard = Evidence(readings=parse_readings({"hardness": "9"}))
    (ours,) = bundle.classify([away], guarantee=0.95, evidence=hard, workers=1)
    both = bundle.classify_same([home, away], guarantee=0.95, evidence=Evidence(), workers=1)
    assert isinstance(ours, Prediction)
    assert isinstance(both, Prediction)
    assert "comes from 30 stones in pictures that were unlike" in ours.caution
    assert shown == [ours.caution, both.caution]
    assert [row["caution"] for row in rows] == [both.caution, ours.caution, ""]
    for said, theirs in ((ours, alone), (both, together)):
        named = json.dumps(said.to_dict()).replace(f"{home.parent}/", "")
        assert_alike(json.loads(named), theirs)
    # The calibration is another one than that of the others.
    (plain,) = bundle.classify([home], evidence=hard, workers=1)
    assert isinstance(plain, Prediction)
    assert ours.subclasses[0].probability < plain.subclasses[0].probability - 10 * CLOSE


def test_a_page_that_lacks_its_end_says_so(browser: "Browser", file: Path, tmp_path: Path) -> None:
    from app_in_browser import open_page

    whole = file.read_text("utf-8")
    torn = tmp_path / "gemhier.html"
    torn.write_text(whole[: whole.rindex('data-left="0"') - 10], encoding="utf-8")
    opened = open_page(browser, torn)
    opened.tab.locator(".status.problem").wait_for()
    assert "The page lacks network" in opened.tab.locator(".status.problem").inner_text()
    opened.tab.get_by_label("Hardness", exact=True).fill("9")
    assert opened.tab.locator(".shortlist li").count() > 1
    opened.tab.close()


def choose(tab: "Page", photograph: Path) -> None:
    """Choose a photograph, and wait for the answer."""
    tab.locator("input[type=file][multiple]").set_input_files(str(photograph))
    tab.locator(".photograph[aria-busy=false] .box").wait_for()


def downloaded(tab: "Page", name: str) -> str:
    """Return what a button exports."""
    with tab.expect_download() as download:
        tab.get_by_role("button", name=name, exact=True).click()
    return Path(download.value.path()).read_text("utf-8")


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
