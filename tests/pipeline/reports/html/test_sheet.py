"""The sheet that `gemhier classify --report` writes: what it shows, what it keeps in bounds, and when it is refused."""

import csv
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner, Result

from gemhier.arrays import Bytes
from gemhier.cli import main
from gemhier.models.images.crop import Box
from gemhier.pipeline.reports.html import sheet
from gemhier.pipeline.reports.html.sheet import COLUMNS, Frame, frame


@pytest.fixture
def stones(tmp_path: Path, paint_stone: Callable[[str], Bytes], monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one of a ruby, an emerald of a name that is markup, plain ground and a damaged file."""
    folder = tmp_path / "stones"
    folder.mkdir()
    plain = np.full((50, 70, 3), 120, np.uint8)
    for name, image in (
        ("1.png", paint_stone("corundum/ruby")),
        ("2<b>.png", paint_stone("beryl/emerald")),
        ("3.png", plain),
    ):
        cv2.imwrite(str(folder / name), image[..., ::-1])
    (folder / "4.png").write_bytes(b"cut")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(model: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["classify", "stones", "--model", str(model), *arguments])


def rows() -> list[dict[str, str]]:
    with Path("sheet.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_a_sheet_shows_each_picture_with_its_stone_and_all_that_is_known(promising_bundle: Path, stones: Path) -> None:
    result = run(promising_bundle, "--guarantee", "0.95", "--report", "sheet.html")
    assert result.exit_code == 1  # one picture is damaged
    assert "Ruby (variety of corundum)" in result.stdout
    page = Path("sheet.html").read_text(encoding="utf-8")
    assert page.count('<li class="entry">') == 4
    assert page.count("data:image/webp;base64,") == 3
    assert page.count('<i style="left:') == 3
    assert "http" not in page.replace("http-equiv", "")
    for shown in (
        "Ruby (variety of corundum)",
        "95% sure to be",
        "Look-alikes and facts",
        "refractive index",
        "2&lt;b&gt;.png",
    ):
        assert shown in page
    assert "<b>.png" not in page
    table = rows()
    assert list(table[0]) == list(COLUMNS)
    assert [Path(row["picture"]).name for row in table] == ["1.png", "2<b>.png", "3.png", "4.png"]
    assert table[0]["answer"] == "Ruby (variety of corundum)"
    assert table[0]["shortlist"].startswith("95% sure to be")
    assert (table[2]["shortlist"], table[2]["note"]) == ("", "No gem found.")
    assert "not a picture" in table[3]["note"]


def test_what_a_large_folder_takes_is_bounded(tiny_bundle: Path, stones: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheet, "MOST_SHOWN", 2)
    monkeypatch.setattr(sheet, "BUDGET", 10)
    run(tiny_bundle, "--report", "sheet.html")
    page = Path("sheet.html").read_text(encoding="utf-8")
    assert "The first 2 are shown; the table beside this page has all." in page
    assert page.count('<li class="entry">') == 2
    assert "data:image/webp" not in page
    assert len(rows()) == 4


def test_a_sheet_of_one_stone_from_several_photographs_names_contradictions(tiny_bundle: Path, stones: Path) -> None:
    run(tiny_bundle, "--same-stone", "--report", "sheet.html")
    (row,) = rows()
    assert row["note"].count("The photographs contradict each other: ") == 1
    assert "The photographs contradict each other" in Path("sheet.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("--report", "sheet.pdf"), 1, "Give it a name that ends in .html."),
        (("--report", "missing/sheet.html"), 1, "there is no folder missing"),
        (("--report", "sheet.html", "--output", "sheet.csv"), 1, "Choose another file for one."),
        (("--report", "sheet.html", "--output", "a.csv", "--resume"), 2, "Leave out one."),
    ],
)
def test_what_cannot_be_is_one_line_before_the_work(
    tiny_bundle: Path, stones: Path, arguments: tuple[str, ...], code: int, message: str
) -> None:
    result = run(tiny_bundle, *arguments)
    assert (result.exit_code, result.stdout) == (code, "")
    assert message in result.stderr
    assert [path.name for path in stones.iterdir()] == ["stones"]


def test_an_interruption_leaves_no_half_of_a_sheet(
    tiny_bundle: Path, stones: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    Path("sheet.html").write_text("an earlier one")
    monkeypatch.setattr(sheet, "crop_thumbnail", stop)
    run(tiny_bundle, "--report", "sheet.html")
    assert Path("sheet.html").read_text() == "an earlier one"
    assert sorted(path.name for path in stones.iterdir()) == ["sheet.html", "stones"]


def test_the_square_is_drawn_within_the_picture() -> None:
    assert frame(Box(20, 10, 50), (200, 100)) == Frame(10, 10, 25, 50)
    assert frame(Box(-50, 80, 100), (200, 100)) == Frame(0, 80, 25, 20)
