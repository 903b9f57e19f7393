"""The page of the app in a real Chromium, with an engine for tests: a person with a stone goes through all of it."""

import csv
import io
import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from markupsafe import Markup
from PIL import Image

from gemhier.hierarchy.evidence import Evidence
from gemhier.hierarchy.prediction_sets import COVERAGES, SetThreshold, SetThresholds
from gemhier.hierarchy.reading_text import parse_readings
from gemhier.models.bundle import load_bundle
from gemhier.models.bundle.bundle import Bundle
from gemhier.models.bundle.decision import NOVEL, WITHOUT_IMAGE
from gemhier.models.bundle.likeness import Likeness
from gemhier.pipeline.app.description import describe
from gemhier.templates import render

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page, Route

ROOT = Path(__file__).parents[3]
APP = ROOT / "pipeline" / "app"
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
HOST = "http://app.test"

SCRIPT = """
import { start } from "/scripts/page/main.js";
import { startDouble } from "/double.js";
const read = (id) => JSON.parse(document.getElementById(id).textContent);
const broken = async () => {
  throw new Error("no machine code");
};
const ready = location.search === "?broken" ? broken() : startDouble(read("description"));
start(document.getElementById("app"), read("description"), read("strings"), ready);
"""

AS_EARLIER = """() => new Promise((resolve, reject) => {
  const asked = indexedDB.open("gemhier");
  asked.onsuccess = () => {
    const transaction = asked.result.transaction("stones", "readwrite");
    const stones = transaction.objectStore("stones");
    stones.getAll().onsuccess = ({ target }) => {
      for (const stone of target.result) {
        for (const { view } of stone.photographs) delete view.like;
        stones.put(stone);
      }
    };
    transaction.oncomplete = () => resolve(asked.result.close());
    transaction.onabort = () => reject(transaction.error);
  };
})"""
"""Makes of what is kept what an earlier page kept, which did not know whether a photograph is like others."""

RED, GREEN, BLUE = (215, 25, 40), (20, 165, 60), (35, 45, 205)


@pytest.fixture(scope="module")
def html(plain_bundle: Bundle) -> str:
    """The page as the command writes it, but for its scripts, which are served one by one.

    Its model promises shortlists, and knows unlike pictures, but has no calibration for them. Where it is torn between
    gems, it says that a picture may show none of them.
    """
    bundle = replace(plain_bundle, likeness=Likeness(np.ones((1, 1), np.float32), 0.5))
    rows = (SetThreshold(coverage=share, families={}, others=least) for share, least in ((0.9, 0.1), (0.99, 1e-9)))
    sets = SetThresholds(tuple(rows))
    return page_of(replace(bundle, info=replace(bundle.info, sets=sets, novel_entropy=1.0)))


@pytest.fixture(scope="module")
def plain_html(plain_bundle: Bundle) -> str:
    """The same of a model that promises no shortlist and knows no unlike pictures."""
    return page_of(plain_bundle)


def page_of(bundle: Bundle) -> str:
    return render(
        "pipeline/app/page.html",
        policy="default-src 'none'; img-src blob: data:; script-src 'self' 'unsafe-inline'; style-src 'unsafe-inline'",
        description=describe(bundle),
        strings=json.loads((APP / "strings" / "en.json").read_text(encoding="utf-8")),
        unpacker="",
        pieces=[],
        style=Markup((APP / "templates" / "page.css").read_text(encoding="utf-8")),
        loader="",
        script=Markup(SCRIPT),
    )


@pytest.fixture
def opened(browser: "Browser", html: str, plain_html: str) -> "Iterator[Page]":
    """The page on a small phone; afterwards nothing may have gone wrong in it, or been asked of another host."""
    context = browser.new_context(viewport={"width": 360, "height": 740}, accept_downloads=True, has_touch=True)
    wrong: list[str] = []
    tab = context.new_page()
    tab.on("console", lambda message: wrong.append(message.text))
    tab.on("pageerror", lambda error: wrong.append(str(error)))

    def answer(route: "Route") -> None:
        path = route.request.url.removeprefix(HOST).partition("?")[0]
        if path in ("/", "/plain"):
            route.fulfill(body=html if path == "/" else plain_html, content_type="text/html")
        elif path == "/double.js":
            route.fulfill(path=Path(__file__).with_name("engine_double.js"), content_type="text/javascript")
        elif path.startswith("/scripts/") and (APP / path[1:]).is_file():
            route.fulfill(path=APP / path[1:], content_type="text/javascript")
        else:
            wrong.append(route.request.url)
            route.abort()

    tab.route("**/*", answer)
    tab.goto(f"{HOST}/")
    yield tab
    context.close()
    assert wrong == []


def painted(path: Path, stones: "dict[int, tuple[int, int, int]]", light: Any = (1, 1, 1)) -> Path:
    """Squares of colour in grey, by their left sides, under a light; white paper lies in the lower left corner."""
    image = np.full((240, 320, 3), 120, np.uint8)
    image[200:, :60] = 190
    for place, (left, colour) in enumerate(stones.items()):
        side = 90 - 20 * place
        image[60 : 60 + side, left : left + side] = colour
    Image.fromarray(np.asarray(image * np.array(light), np.uint8)).save(path)
    return path


def choose(opened: "Page", *files: Path) -> None:
    opened.locator("input[type=file][multiple]").set_input_files([*map(str, files)])
    done(opened)


def done(opened: "Page") -> None:
    opened.locator(".photograph[aria-busy=false]").wait_for()


def answer(opened: "Page") -> str:
    return opened.locator(".answer").inner_text()


def shortlist(opened: "Page") -> dict[str, str]:
    names: list[str] = opened.locator(".shortlist .name").all_inner_texts()
    return dict(zip(names, opened.locator(".shortlist .number").all_inner_texts(), strict=True))


def test_a_shortlist_is_promised_where_it_is_asked_for(opened: "Page", tmp_path: Path) -> None:
    share = opened.get_by_label("A shortlist that holds the right gem")
    choose(opened, painted(tmp_path / "red.png", {40: RED}))
    said = opened.locator(".sure")
    assert share.locator("option").all_inner_texts() == ["none", "90%", "99%"]
    assert said.inner_text() == ""
    share.select_option("90%")
    assert said.inner_text() == "90% sure to be ruby."
    share.select_option("99%")
    assert re.fullmatch(r"99% sure to be one of: corundum \(all\), .+ and \d+ more\.", said.inner_text())
    opened.get_by_role("button", name="Next stone").click()
    choose(opened, painted(tmp_path / "blue.png", {40: BLUE}))
    assert said.inner_text().startswith("99% sure to be one of: corundum (all)")


def test_of_readings_alone_any_model_gives_the_most_probable_gems_and_promises_nothing(
    opened: "Page", tmp_path: Path
) -> None:
    opened.goto(f"{HOST}/plain")
    share, said = opened.get_by_label("A shortlist with this share of the probability"), opened.locator(".sure")
    caution, limits = opened.locator(".caution"), opened.locator(".result > .quiet")
    opened.get_by_label("Specific gravity", exact=True).fill("4.00")
    assert share.locator("option").all_inner_texts() == ["none", *(f"{round(100 * one)}%" for one in COVERAGES)]
    assert caution.inner_text() == WITHOUT_IMAGE
    assert limits.is_hidden()
    assert said.inner_text() == ""
    share.select_option("90%")
    known = Evidence(readings=parse_readings({"sg": "4.00"}))
    ours = load_bundle().identify(known, guarantee=0.9)
    assert ours.shortlist is not None
    assert said.inner_text() == f"{ours.shortlist.sentence}."
    (record,) = [json.loads(line) for line in downloaded(opened, "JSON").splitlines()]
    assert record == ours.to_dict()
    (row,) = csv.DictReader(io.StringIO(downloaded(opened, "CSV").decode()))
    assert (row["caution"], row["decided_by"]) == (WITHOUT_IMAGE, "evidence")
    assert json.loads(row["shortlist_labels"]) == list(ours.shortlist.labels)
    opened.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    sheet = opened.locator(".sheet").text_content() or ""
    assert f"{ours.shortlist.sentence}.{WITHOUT_IMAGE}" in sheet

    choose(opened, painted(tmp_path / "red.png", {40: RED}))  # of which this model promises nothing
    assert share.is_hidden()
    assert opened.get_by_label("A shortlist that holds the right gem").is_hidden()
    assert caution.is_hidden()
    assert "An answer is given where it is right" in limits.inner_text()
    assert "shortlist" not in json.loads(downloaded(opened, "JSON"))


def test_gems_that_are_out_of_the_question_are_left_out(opened: "Page", tmp_path: Path) -> None:
    choose(opened, painted(tmp_path / "red.png", {40: RED}))
    opened.get_by_text("Which gems come into question").click()
    leave_out = opened.get_by_label("Not", exact=True)
    leave_out.fill("ruby")
    leave_out.press("Enter")
    assert "Ruby" not in shortlist(opened)
    opened.get_by_label("Only", exact=True).fill("Beryl")
    opened.get_by_role("button", name="Add to Only").click()
    assert "Emerald" in shortlist(opened)
    assert opened.locator(".families").inner_text() == "Families: Beryl 100%"
    opened.get_by_label("Only", exact=True).fill("beryllium")
    opened.get_by_role("button", name="Add to Only").click()
    assert "beryllium is no name that the model knows" in opened.locator(".gems [role=alert]").first.inner_text()
    opened.get_by_role("button", name="Leave out Beryl").click()
    opened.get_by_role("button", name="Leave out Ruby").click()
    assert answer(opened) == "Ruby"
    # What leaves nothing is said in words, and the photograph counts alone.
    for kind in ("Not", "Only"):
        opened.get_by_label(kind, exact=True).fill("Garnet")
        opened.get_by_label(kind, exact=True).press("Enter")
    assert "nothing is left that the stone can be" in opened.locator(".readings > .problem").inner_text()
    assert answer(opened) == "Ruby"
    opened.get_by_role("button", name="Next stone").click()
    assert opened.locator(".chosen li").count() == 0


def test_a_photograph_is_named_and_another_stone_of_it_can_be_meant(opened: "Page", tmp_path: Path) -> None:
    choose(opened, painted(tmp_path / "two.png", {40: RED, 200: GREEN}))
    assert answer(opened) == "Ruby"
    assert "variety of corundum" in opened.locator(".about").inner_text()
    boxes = opened.locator(".box")
    assert [box.get_attribute("aria-pressed") for box in boxes.all()] == ["true", "false"]
    assert "Several stones" in opened.locator(".notices").inner_text()

    boxes.nth(1).tap()
    done(opened)
    assert answer(opened) == "Emerald"
    assert boxes.nth(1).get_attribute("aria-pressed") == "true"

    # By the keyboard alone: a box is drawn around the first stone again.
    opened.get_by_role("button", name="Draw a box").press("Enter")
    for key in ["ArrowLeft"] * 25 + ["ArrowDown"] + ["+"] * 3 + ["Enter"]:
        opened.keyboard.press(key)
    done(opened)
    assert answer(opened) == "Ruby"
    assert boxes.count() == 3
    assert "Your box" in opened.evaluate("document.activeElement.getAttribute('aria-label')")

    # With a finger: a stroke over the second one.
    opened.get_by_role("button", name="Draw a box").tap()
    place = opened.locator(".pad").bounding_box()
    assert place is not None
    scale = place["width"] / 320
    opened.mouse.move(place["x"] + 195 * scale, place["y"] + 55 * scale)
    opened.mouse.down()
    opened.mouse.move(place["x"] + 285 * scale, place["y"] + 135 * scale, steps=3)
    opened.mouse.up()
    done(opened)
    assert answer(opened) == "Emerald"


def test_several_photographs_are_one_stone(opened: "Page", tmp_path: Path) -> None:
    red = painted(tmp_path / "red.png", {40: RED})
    mixed = painted(tmp_path / "mixed.png", {40: (170, 100, 40)})
    none = painted(tmp_path / "none.png", {})
    choose(opened, mixed)
    alone = shortlist(opened)["Ruby"]
    choose(opened, red, none)
    assert opened.locator(".thumbnail").count() == 3
    assert "No cut gem stands out" in opened.locator(".notices").inner_text()
    assert shortlist(opened)["Ruby"] > alone
    opened.get_by_role("button", name="Remove").tap()
    assert opened.locator(".thumbnail").count() == 2


def test_a_caution_stands_in_the_place_of_the_promise(opened: "Page", tmp_path: Path) -> None:
    red, dark = painted(tmp_path / "red.png", {40: RED}), painted(tmp_path / "dark.png", {40: RED}, light=0.5)
    caution, limits = opened.locator(".caution"), opened.locator(".result > .quiet")
    choose(opened, red)
    assert caution.is_hidden()
    assert re.match(r"An answer is given where it is right for .* A gem that the model does not", limits.inner_text())
    choose(opened, dark)  # one of several is enough
    said = "This picture is unlike those that the model was calibrated on: what is asked for is not promised here."
    assert caution.inner_text() == said
    assert limits.inner_text() == "A gem that the model does not know can get another's name."
    opened.get_by_role("button", name="Remove").tap()
    assert caution.is_hidden()

    choose(opened, dark)
    opened.get_by_role("button", name="Next stone").tap()
    choose(opened, painted(tmp_path / "none.png", {}, light=0.5))
    assert caution.is_hidden()  # no gem, no promise
    records = [json.loads(line) for line in downloaded(opened, "JSON").splitlines()]
    assert [(record["like"], record.get("caution")) for record in records] == [(False, None), (False, said)]


def test_a_picture_that_may_show_none_of_the_gems_says_so_until_there_is_a_reading(
    opened: "Page", tmp_path: Path
) -> None:
    caution = opened.locator(".caution")
    choose(opened, painted(tmp_path / "red.png", {40: RED}))
    assert caution.is_hidden()
    opened.get_by_role("button", name="Next stone").tap()
    choose(opened, painted(tmp_path / "mixed.png", {40: (170, 100, 40)}))
    assert caution.inner_text() == NOVEL
    assert "An answer is given where it is right" in opened.locator(".result > .quiet").inner_text()  # as ever
    opened.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert (opened.locator(".sheet").text_content() or "").count(NOVEL) == 1
    records = [json.loads(line) for line in downloaded(opened, "JSON").splitlines()]
    assert [(record["novel"], record.get("caution")) for record in records] == [(True, NOVEL), (False, None)]
    rows = list(csv.DictReader(io.StringIO(downloaded(opened, "CSV").decode())))
    assert [row["caution"] for row in rows] == [NOVEL, ""]

    opened.get_by_label("Hardness", exact=True).fill("9")
    caution.wait_for(state="hidden")
    assert "novel" not in json.loads(downloaded(opened, "JSON").splitlines()[0])


def test_readings_alone_name_a_stone(opened: "Page") -> None:
    assert opened.locator(".result").is_hidden()
    opened.get_by_label("First reading", exact=True).fill("1.770")
    opened.get_by_label("Second reading", exact=True).fill("1.762")
    assert "refractive index 1.762-1.770 fits" in opened.locator("#effect-ri").inner_text().lower()
    opened.get_by_role("combobox", name="Pleochroism").select_option("strong")
    before = shortlist(opened)
    opened.get_by_label("Specific gravity, slider").fill("4")
    assert opened.get_by_label("Specific gravity", exact=True).input_value() == "4.00"
    assert shortlist(opened) != before
    # The bar at the thumb says the same as the answer.
    assert answer(opened) in opened.locator(".summary").inner_text()

    opened.get_by_label("Specific gravity", exact=True).fill("4,0")
    assert "write a point for the comma" in opened.locator("#effect-sg").inner_text()
    assert opened.get_by_label("Specific gravity", exact=True).get_attribute("aria-invalid") == "true"
    opened.get_by_role("button", name="Clear Specific gravity").tap()
    opened.get_by_label("Hardness", exact=True).fill("2")
    assert "No gem fits all readings" in opened.locator(".result .problem").inner_text()
    opened.get_by_role("button", name="Clear all readings").tap()
    assert opened.locator(".result").is_hidden()

    opened.get_by_text("Weigh it instead").tap()
    opened.get_by_label("In air, carat").fill("2.00")
    assert "The weight in air is given alone." in opened.locator(".readings > .problem").inner_text()
    opened.get_by_label("In water, carat").fill("1.50")
    assert opened.locator(".readings > .problem").inner_text() == ""
    assert "2.00 in air, 1.50 in water fits" in opened.locator("#effect-sg").inner_text()


def test_facts_unfold_a_test_leads_to_its_field_and_a_switch_counts_how_common_gems_are(
    opened: "Page", tmp_path: Path
) -> None:
    choose(opened, painted(tmp_path / "red.png", {40: (170, 100, 40)}))
    opened.locator(".shortlist summary").first.tap()
    facts = opened.locator(".facts").first.inner_text()
    assert "Specific gravity" in facts
    assert "3.95–4.10" in facts
    assert opened.locator(".alike li").count() > 0
    opened.get_by_role("button", name="Enter the refractive index").tap()
    assert opened.evaluate("document.activeElement.getAttribute('aria-describedby')") == "effect-ri"

    before = shortlist(opened)
    opened.get_by_label("Count how common gems are").check()
    assert shortlist(opened) != before
    opened.get_by_label("Count how common gems are").uncheck()
    assert shortlist(opened) == before


def test_white_paper_takes_out_the_colour_of_the_light(opened: "Page", tmp_path: Path) -> None:
    choose(opened, painted(tmp_path / "lamp.png", {120: (90, 165, 40)}, light=(1, 0.74, 0.69)))
    assert "Put white paper beside the stone" in opened.locator(".notices").inner_text()
    in_lamp_light = shortlist(opened)

    opened.get_by_role("button", name="White paper").tap()
    place = opened.locator(".pad").bounding_box()
    assert place is not None
    opened.locator(".pad").tap(position={"x": 0.08 * place["width"], "y": 0.92 * place["height"]})
    done(opened)
    share = {name: int(number.strip("<>%")) for name, number in shortlist(opened).items()}
    assert share["Emerald"] > int(in_lamp_light["Emerald"].strip("<>%")) + 10
    assert "white paper" not in opened.locator(".notices").inner_text()

    opened.get_by_role("button", name="Undo white").tap()
    done(opened)
    assert shortlist(opened) == in_lamp_light

    # The stone is no white paper, which the page says.
    opened.get_by_role("button", name="White paper").press("Enter")
    opened.keyboard.press("Enter")
    done(opened)
    assert "Tap white paper." in opened.locator(".photograph > .problem").inner_text()


def test_a_file_that_is_no_picture_is_said_in_words(opened: "Page", tmp_path: Path) -> None:
    (tmp_path / "notes.png").write_text("not a picture")
    choose(opened, tmp_path / "notes.png")
    assert "cannot be read as a picture" in opened.locator(".photograph > .problem").inner_text()
    choose(opened, painted(tmp_path / "red.png", {40: RED}))
    assert opened.locator(".photograph > .problem").inner_text() == ""
    assert answer(opened) == "Ruby"


def test_without_an_engine_readings_still_work(opened: "Page") -> None:
    opened.goto(f"{HOST}/?broken")
    opened.get_by_text("Photographs cannot be named here (no machine code).").wait_for()
    opened.get_by_label("Specific gravity", exact=True).fill("4.01")
    assert opened.locator(".result").is_visible()


def test_a_session_is_kept_only_if_asked_and_deleted_on_demand(opened: "Page", tmp_path: Path) -> None:
    databases = "async () => (await indexedDB.databases()).map(({name}) => name)"
    choose(opened, painted(tmp_path / "red.png", {40: RED}))
    opened.get_by_role("button", name="Next stone").tap()
    assert opened.locator(".result").is_hidden()
    choose(opened, painted(tmp_path / "green.png", {40: GREEN}))
    stones = opened.locator(".session li")
    opened.locator(".session li >> nth=1").wait_for()
    assert opened.evaluate(databases) == []
    opened.reload()
    assert stones.count() == 0

    choose(opened, painted(tmp_path / "red.png", {40: RED}))
    opened.get_by_label("Keep the session on this device").check()
    opened.get_by_label("Specific gravity", exact=True).fill("4.01")
    opened.wait_for_timeout(400)
    assert opened.evaluate(databases) == ["gemhier"]
    opened.evaluate(AS_EARLIER)
    opened.reload()
    opened.get_by_role("button", name="Ruby").first.tap()
    assert answer(opened) == "Ruby"
    assert opened.get_by_label("Specific gravity", exact=True).input_value() == "4.01"
    assert "was not kept" in opened.locator(".notices").inner_text()
    assert "like" not in json.loads(downloaded(opened, "JSON"))
    assert opened.get_by_role("button", name="Draw a box").is_disabled()

    opened.get_by_role("button", name="Delete everything").tap()
    opened.locator("dialog[open]").get_by_role("button", name="Cancel").tap()
    assert stones.count() == 1
    opened.get_by_role("button", name="Delete everything").tap()
    opened.locator("dialog[open]").get_by_role("button", name="Delete everything").tap()
    opened.wait_for_function("async () => !(await indexedDB.databases()).length")
    assert stones.count() == 0
    opened.reload()
    assert opened.locator(".session li").count() == 0
    assert not opened.get_by_label("Keep the session on this device").is_checked()


def downloaded(opened: "Page", name: str) -> bytes:
    with opened.expect_download() as download:
        opened.get_by_role("button", name=name, exact=True).tap()
    return Path(download.value.path()).read_bytes()


def test_results_and_corrections_are_exported_and_printed(opened: "Page", tmp_path: Path) -> None:
    red, green = painted(tmp_path / "a red.png", {40: RED}), painted(tmp_path / "green.png", {40: GREEN})
    choose(opened, red)
    opened.get_by_label("Hardness", exact=True).fill("9")
    opened.get_by_role("button", name="Next stone").tap()
    choose(opened, green, red)
    opened.get_by_role("button", name="This is wrong").tap()
    name = opened.locator("dialog[open]").get_by_label("Name")
    name.fill("Unobtainium")
    name.press("Enter")
    assert "is no name that the model knows" in opened.locator("#wrong-problem").inner_text()
    name.fill("tourmaline")
    name.press("Enter")
    assert "By your word: Tourmaline." in opened.locator(".right").inner_text()
    opened.get_by_role("button", name="Corrected pictures").wait_for()

    records = [json.loads(line) for line in downloaded(opened, "JSON").splitlines()]
    assert [record["image"] for record in records] == ["green.png", "a red.png"]
    assert records[0]["images"] == ["green.png", "a red.png"]
    assert records[1]["answer"]["id"] == "corundum/ruby"
    assert records[1]["evidence"][0]["reading"] == "hardness"
    rows = list(csv.DictReader(io.StringIO(downloaded(opened, "CSV").decode())))
    assert [row["answer_id"] for row in rows][1] == "corundum/ruby"

    with zipfile.ZipFile(io.BytesIO(downloaded(opened, "Corrected pictures"))) as archive:
        assert archive.testzip() is None
        archive.extractall(tmp_path / "corrections")
    corrected = sorted((tmp_path / "corrections" / "Tourmaline").iterdir())
    assert [path.read_bytes() for path in corrected] == [green.read_bytes(), red.read_bytes()]
    listed = list(csv.DictReader(io.StringIO((tmp_path / "corrections" / "corrections.csv").read_text("utf-8"))))
    assert {row["right"] for row in listed} == {"tourmaline"}
    assert [row["file"] for row in listed] == [f"Tourmaline/{path.name}" for path in corrected]

    opened.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    opened.emulate_media(media="print")
    sheet = opened.locator(".sheet")
    assert sheet.locator("article").count() == 2
    assert "hardness 9 fits" in sheet.inner_text()
    assert opened.locator(".photograph").is_hidden()


def test_nothing_is_wider_than_a_small_phone(opened: "Page", tmp_path: Path) -> None:
    choose(opened, painted(tmp_path / "two.png", {40: RED, 200: GREEN}), painted(tmp_path / "green.png", {40: GREEN}))
    opened.get_by_label("Hardness", exact=True).fill("9")
    for width in (320, 360):
        opened.set_viewport_size({"width": width, "height": 700})
        assert opened.evaluate("document.documentElement.scrollWidth") == width
    small: Any = opened.locator("button:visible, summary:visible, select:visible, label.button:visible")
    heights = [box["height"] for box in map(element_box, small.all()) if box]
    assert min(heights) >= 44


def element_box(element: "Locator") -> Any:
    """Where an element lies; nothing for the boxes of stones, which are as large as these."""
    return None if element.get_attribute("class") == "box" else element.bounding_box()


@pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not there: npm ci")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_accessible(opened: "Page", tmp_path: Path, scheme: Any) -> None:
    opened.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    opened.evaluate(AXE.read_text(encoding="utf-8"))
    check = """async () => (await axe.run({runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}))
        .violations.map(({id, nodes}) => `${id}: ${nodes[0].html} ${nodes[0].failureSummary}`)"""
    assert opened.evaluate(check) == []
    dark = painted(tmp_path / "dark.png", {40: GREEN}, light=0.5)  # which gets a caution
    choose(opened, painted(tmp_path / "two.png", {40: RED, 200: GREEN}), dark)
    opened.get_by_label("Hardness", exact=True).fill("2")
    opened.get_by_label("Specific gravity", exact=True).fill("4.0")
    opened.locator(".shortlist summary").first.tap()
    opened.get_by_text("Weigh it instead").tap()
    opened.get_by_text("Which gems come into question").tap()
    opened.get_by_label("Not", exact=True).fill("Garnet")
    opened.get_by_label("Not", exact=True).press("Enter")
    opened.get_by_label("A shortlist that holds the right gem").select_option("99%")
    opened.wait_for_timeout(300)
    assert opened.evaluate(check) == []
    opened.get_by_role("button", name="This is wrong").tap()
    assert opened.evaluate(check) == []


def test_every_string_is_used_and_every_string_that_is_used_is_there() -> None:
    strings = json.loads((APP / "strings" / "en.json").read_text(encoding="utf-8"))
    sources = [*(APP / "scripts").rglob("*.js"), APP / "templates" / "page.html"]
    text = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    groups = "|".join({key.partition(".")[0] for key in strings})
    assert set(re.findall(rf'"((?:{groups})\.[a-z-]+)"', text)) == set(strings)
    assert all(value.strip() for value in strings.values())
