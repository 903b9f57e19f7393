"""A report's page in a real Chromium: it is clicked, sorted, unfolded, searched, downloaded, printed and looked at."""

import csv
import io
import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from gemhier.models.bundle import load_bundle
from gemhier.pipeline.reports.html.page import page
from gemhier.pipeline.reports.mistakes import mistakes
from gemhier.pipeline.reports.report import Report
from gemhier.pipeline.training.history import Curve
from gemhier.spreadsheet import Rows

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Locator, Page

IMAGES = 300


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """Made-up results of the shipped model on painted pictures, with nearest stones and a training."""
    from dataclasses import replace

    made = runpy.run_path(str(Path(__file__).parents[4] / "benchmarks" / "report_page.py"))
    painted = made["paint"](tmp_path_factory.mktemp("painted"), 6)
    found: Report = made["made_up_report"](load_bundle(), painted, IMAGES)
    curves = (
        Curve("train/loss", (1, 2, 3), (3.0, 2.0, 1.5)),
        Curve("curve/flat_top1", (1, 2, 3), (0.2, 0.5, 0.6)),
    )
    return replace(found, curves=curves)


@pytest.fixture(scope="module")
def file(report: Report, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(page(report), encoding="utf-8")
    return path


@pytest.fixture
def opened(browser: "Browser", file: Path) -> "Iterator[Page]":
    """The page, opened; afterwards nothing may have gone wrong in it, or left it."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, accept_downloads=True)
    yield from watched(context, file)


def watched(context: "BrowserContext", file: Path) -> "Iterator[Page]":
    wrong: list[str] = []
    tab = context.new_page()
    tab.on("console", lambda message: wrong.append(message.text))
    tab.on("pageerror", lambda error: wrong.append(str(error)))
    own = file.as_uri()
    tab.on(
        "request",
        lambda request: (
            None if request.url == own or request.url.startswith(("data:", "blob:")) else wrong.append(request.url)
        ),
    )
    tab.goto(own)
    yield tab
    context.close()
    assert wrong == []


def column(table: "Locator", number: int) -> list[str]:
    texts: list[str] = table.locator(f"tbody tr > :nth-child({number})").all_inner_texts()
    return texts


def downloaded(opened: "Page", name: str) -> list[dict[str, str]]:
    with opened.expect_download() as download:
        opened.get_by_role("button", name=f"{name} as CSV", exact=True).click()
    assert download.value.suggested_filename == f"{name}.csv"
    with Path(download.value.path()).open(encoding="utf-8", newline="") as rows:
        return list(csv.DictReader(rows))


def test_the_first_screen_says_what_how_good_and_which_way_is_better(opened: "Page", report: Report) -> None:
    assert report.comparison is not None
    for text in (report.comparison.sentence, f"{IMAGES} pictures", "top-1", "top-3", "top-5"):
        place = opened.get_by_text(text).first
        assert place.bounding_box() is not None
        assert place.bounding_box()["y"] < 800  # type: ignore[index]
    assert column(opened.locator("table[data-name=strategies]"), 1)[0] == "flat"


def test_a_column_sorts_up_and_down(opened: "Page") -> None:
    table = opened.locator("table[data-name=per-class]")
    heads = table.locator("thead th")
    heads.nth(5).get_by_role("button").click()
    counts = [int(text) for text in column(table, 6)]
    assert counts == sorted(counts, reverse=True)
    assert heads.nth(5).get_attribute("aria-sort") == "descending"
    heads.nth(5).get_by_role("button").click()
    assert [int(text) for text in column(table, 6)] == sorted(counts)
    heads.nth(0).get_by_role("button").click()
    names = [text.partition("\n")[0] for text in column(table, 1)]
    assert names == sorted(names, key=str.casefold)


def test_a_family_unfolds_into_its_labels_and_the_counts_stay(opened: "Page", report: Report) -> None:
    matrix = opened.locator("#matrix")
    total = sum(cell.count for cell in report.figures.confusion)

    def counted() -> int:
        return sum(int(text) for text in matrix.locator("td.cell").all_inner_texts())

    assert counted() == total
    assert matrix.get_by_text("Ruby", exact=True).count() == 0
    matrix.locator("button.row[data-family=corundum]").click()
    assert matrix.get_by_text("Ruby", exact=True).count() == 2
    assert counted() == total
    matrix.locator("button.row[data-family=corundum]").click()
    assert matrix.get_by_text("Ruby", exact=True).count() == 0
    opened.get_by_role("button", name="Unfold all").click()
    assert matrix.locator("tr.leaf").count() > 20
    assert counted() == total


def test_the_matrix_shows_the_percent_of_each_row(opened: "Page") -> None:
    row = opened.locator("#matrix tbody tr").filter(has=opened.locator("td.cell")).first
    images = int(row.locator("td.count").inner_text())
    counts = [int(text) for text in row.locator("td.cell").all_inner_texts()]
    assert sum(counts) == images
    opened.get_by_label("in percent of each row").check()
    shares = [int(text) for text in row.locator("td.cell").all_inner_texts()]
    assert shares == [pytest.approx(100 * count / images, abs=1) for count in counts]
    assert f"{counts[0]} of {images}, {100 * counts[0] / images:.1f}%" in str(
        row.locator("td.cell button").first.get_attribute("title")
    )


def test_a_cell_of_the_matrix_lists_its_pictures(opened: "Page") -> None:
    cell = opened.locator("#matrix td.cell button").first
    words, count = str(cell.get_attribute("title")), int(cell.inner_text())
    cell.click()
    assert opened.locator("#picture-table tbody tr").count() == count
    opened.get_by_role("button", name=words.partition(":")[0]).last.click()
    assert opened.locator("#picture-count").inner_text() == f"{IMAGES} of {IMAGES}"


def test_pictures_are_searched_filtered_and_opened(opened: "Page", report: Report) -> None:
    count = opened.locator("#picture-count")
    assert opened.locator("#picture-table tbody tr").count() == 50
    opened.get_by_role("button", name="Next", exact=True).click()
    assert opened.get_by_text("page 2 of 6").is_visible()
    opened.select_option("#picture-kind", "wrong")
    wrong = sum(image.label is not None for image in report.labelled.images) - int(report.figures.right.sum())
    assert count.inner_text() == f"{wrong} of {IMAGES}"
    opened.select_option("#picture-kind", label="failed")
    opened.locator("#picture-table .open").first.click()
    assert "a <made-up> damage" in opened.locator("#picture-table tr.more").inner_text()
    opened.select_option("#picture-kind", "all")
    opened.fill("#picture-search", "alexandrite")
    opened.locator("#picture-count", has_not_text=f"{IMAGES} of {IMAGES}").wait_for()
    assert all("alexandrite" in row.lower() for row in opened.locator("#picture-table tbody tr").all_inner_texts())


def test_the_worst_mistakes_come_first_with_five_guesses_and_their_neighbours(opened: "Page", report: Report) -> None:
    cards = opened.locator(".mistake")
    assert cards.count() == 24
    worst = mistakes(report)[0]
    assert cards.first.get_attribute("data-row") == str(worst.row)
    assert cards.first.locator(".guesses li").count() == 5
    assert cards.first.locator(".near figure").count() == 3
    cards.first.scroll_into_view_if_needed()
    for image in cards.first.locator("img").all():
        image.evaluate("image => image.decode()")
    opened.get_by_role("button", name="Show more").click()
    assert cards.count() == 48
    opened.select_option("#mistake-order", "probability")
    shares = [
        float(text.rstrip("%")) for text in opened.locator(".guesses li:first-child .share").all_text_contents()[:24]
    ]
    assert shares == sorted(shares, reverse=True)


@pytest.mark.parametrize("cell", ["=1+1", "+a", "-b", "@c", "\t=d", "'e", "-0.5", "plain", '=a,"b"', "+3 -2", ""])
def test_what_is_downloaded_is_no_formula_and_is_read_as_it_was(opened: "Page", cell: str) -> None:
    with opened.expect_download() as download:
        opened.evaluate("cell => download('cells', [['a', 'b'], [cell, 'x']])", cell)
    text = Path(download.value.path()).read_bytes().decode()
    (row,) = Rows(io.StringIO(text, newline=""))
    assert row == {"a": cell, "b": "x"}
    is_plain = cell in ("-0.5", "plain", "")
    assert ("'" + cell in text.replace('""', '"')) != is_plain


def test_tables_are_downloaded_as_csv_with_their_intervals(opened: "Page", report: Report) -> None:
    strategies = downloaded(opened, "strategies")
    assert [row["strategy"] for row in strategies] == list(report.evaluation.strategies)
    assert float(strategies[0]["top-1 low"]) == pytest.approx(report.evaluation.strategies["flat"].top1.low, abs=1e-6)
    classes = downloaded(opened, "per-class")
    assert {row["label"] for row in classes} <= set(report.space.labels)
    assert sum(int(row["pictures"]) for row in classes) == IMAGES
    assert sum(int(row["count"]) for row in downloaded(opened, "confusion")) == IMAGES
    assert len(downloaded(opened, "pictures")) == IMAGES
    assert len(downloaded(opened, "worst-mistakes")) == len(mistakes(report))


def test_every_table_has_its_csv(opened: "Page") -> None:
    assert (
        opened.locator("table").count()
        <= opened.locator(".csv button").count() + opened.locator("details table").count()
    )
    assert opened.locator("table[data-name]").count() > 10


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_telephone_shows_it_without_scrolling_sideways(browser: "Browser", file: Path, scheme: Any) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, color_scheme=scheme)
    for tab in watched(context, file):
        assert tab.evaluate("document.documentElement.scrollWidth") == 390


CONTRAST = """() => {
  const probe = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = colour => { probe.clearRect(0, 0, 1, 1); probe.fillStyle = colour; probe.fillRect(0, 0, 1, 1);
    return [...probe.getImageData(0, 0, 1, 1).data]; };
  const light = ([r, g, b]) => [r, g, b].map(c => c / 255)
    .map(c => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = element => {
    for (; element; element = element.parentElement) {
      const colour = rgba(getComputedStyle(element).backgroundColor);
      if (colour[3] === 255) return colour;
    }
    return rgba("white");
  };
  const found = {};
  for (const element of document.querySelectorAll("p, td, th, small, li, a, button, h1, h2, b, text")) {
    if (![...element.childNodes].some(n => n.nodeType === 3 && n.textContent.trim())) continue;
    if (element.disabled || !element.checkVisibility()) continue;
    const style = getComputedStyle(element);
    const a = light(rgba(element.tagName === "text" ? style.fill : style.color)), b = light(ground(element));
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const name = element.tagName + "." + element.className + " " + element.textContent.slice(0, 30);
    if (ratio < 4.5) found[name] = ratio;
  }
  return found;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_texts_stand_out_from_their_ground(browser: "Browser", file: Path, scheme: Any) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 800}, color_scheme=scheme)
    for tab in watched(context, file):
        assert tab.evaluate(CONTRAST) == {}


def test_it_prints_light_whole_and_without_what_only_a_screen_can_do(browser: "Browser", file: Path) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 800}, color_scheme="dark")
    for tab in watched(context, file):
        tab.emulate_media(media="print")
        assert tab.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert not tab.locator("#picture-search").is_visible()
        assert not tab.locator(".csv").first.is_visible()
        assert tab.locator("#matrix").evaluate("place => getComputedStyle(place).maxHeight") == "none"
        assert tab.pdf(format="A4").startswith(b"%PDF")


OVERFLOWING = """() => {
  const right = document.documentElement.clientWidth + 0.5;
  const beyond = [...document.querySelectorAll("table, svg, p, li, .card, .mistake")]
    .filter(element => element.checkVisibility() && element.getBoundingClientRect().right > right);
  const cut = [...document.querySelectorAll("#matrix .cell button")]
    .filter(button => button.scrollWidth > button.clientWidth);
  return [...beyond, ...cut].map(element => element.tagName + " " + element.textContent.slice(0, 30));
}"""


@pytest.mark.parametrize("folded", [True, False], ids=["folded", "unfolded"])
def test_on_paper_colours_stay_and_no_column_is_cut(browser: "Browser", file: Path, folded: bool) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    for tab in watched(context, file):
        if not folded:
            tab.click("#unfold")
            tab.check("#in-percent")
        tab.emulate_media(media="print")
        # A4 without the margins that the page asks for, at 96 pixels for each inch.
        tab.set_viewport_size({"width": int((210 - 2 * 12) / 25.4 * 96), "height": 1000})
        assert tab.evaluate(OVERFLOWING) == []
        for part in (".bar i", "#matrix .cell button", ".guesses .bar i"):
            style = "element => getComputedStyle(element)"
            assert tab.locator(part).first.evaluate(f"{style}.printColorAdjust") == "exact"
            assert tab.locator(part).first.evaluate(f"{style}.backgroundColor") != "rgba(0, 0, 0, 0)"
