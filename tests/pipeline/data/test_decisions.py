"""decisions.csv: how it is read, and what `gemhier prepare --decisions` does with it."""

import json
import os
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from PIL import Image, ImageDraw

from gemhier.cli import main
from gemhier.errors import DataError
from gemhier.hierarchy.node import Node
from gemhier.hierarchy.taxonomy import Taxonomy
from gemhier.models.images.finder import Finder
from gemhier.pipeline.data.decisions import Decided, read_decisions
from gemhier.pipeline.data.manifest import Manifest, read_manifest
from gemhier.pipeline.data.summary import summary
from gemhier.pipeline.prepare import PrepareConfig, prepare

TAXONOMY = Taxonomy.from_nodes(
    [
        Node("beryl", "Beryl", "family"),
        Node("beryl/emerald", "Emerald", "variety", aliases=("Panna",)),
        Node("corundum", "Corundum", "family"),
        Node("corundum/ruby", "Ruby", "variety"),
        Node("other", "Other", "family"),
        Node("other/navratna", "Navratna", "trade", excluded="a set of nine different stones"),
    ]
)


@pytest.fixture(autouse=True)
def no_near_copies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Painted stones look alike, and are no copies here."""
    monkeypatch.setattr("gemhier.pipeline.prepare.find_near_copies", lambda prints: [])


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Eight rubies and eight emeralds below the current folder."""
    monkeypatch.chdir(tmp_path)
    for number in range(16):
        path = tmp_path / "shop" / ("Ruby" if number < 8 else "Emerald") / f"{number % 8}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        image = Image.new("RGB", (48, 40), "white")
        ImageDraw.Draw(image).ellipse((10, 6, 36, 34), fill=(10 * number, 50, 90))
        image.save(path)
    return tmp_path / "shop"


def decided(*rows: str) -> Path:
    file = Path("decisions.csv")
    file.write_text("\n".join(["decision,image,other,label,reason", *rows]) + "\n", encoding="utf-8")
    return file


def prepared(shop: Path, finder: Finder, *rows: str, out: str = "data") -> Manifest:
    return prepare([shop], Path(out).absolute(), PrepareConfig(), TAXONOMY, finder, decided(*rows) if rows else None)


def test_every_decision_does_what_it_says(shop: Path, finder: Finder) -> None:
    manifest = prepared(
        shop,
        finder,
        "same stone,shop/Ruby/0.png,shop/Emerald/0.png,,the same tray",
        "wrong label,shop/Ruby/1.png,,Panna,",
        "wrong label,shop/Ruby/2.png,,,nobody knows",
        f"Drop,{shop}/Ruby/3.png,,,a certificate",
        "keep,Ruby/4.png,Ruby/5.png,,",
        ",shop/Ruby/6.png,,,not decided yet",
    )
    assert read_manifest(manifest.folder) == manifest
    rows = {Path(row.image).relative_to(shop).as_posix(): row for row in manifest.rows}
    assert len(rows) == 14
    assert rows["Ruby/0.png"].group == rows["Emerald/0.png"].group
    assert rows["Ruby/0.png"].split == rows["Emerald/0.png"].split
    assert len({row.group for row in manifest.rows}) == 13
    assert (rows["Ruby/1.png"].label, rows["Ruby/1.png"].label_given) == ("beryl/emerald", "Ruby")
    assert rows["Ruby/4.png"].label == rows["Ruby/6.png"].label == "corundum/ruby"
    assert [(Path(file.image).name, file.kind, file.reason) for file in manifest.info.left_out] == [
        ("2.png", "dropped", "decided: wrong label, nobody knows"),
        ("3.png", "dropped", "decided: drop, a certificate"),
    ]
    assert [entry.labels for entry in manifest.info.several_names] == [("beryl/emerald", "corundum/ruby")]
    assert manifest.info.decisions[1] == Decided("wrong label", f"{shop}/Ruby/1.png", "", "Ruby", "beryl/emerald", "")
    assert [entry.decision for entry in manifest.info.decisions] == [
        "same stone", "wrong label", "wrong label", "drop", "keep",
    ]  # fmt: skip
    assert "5 decisions applied: 1 drop, 1 keep, 1 same stone, 2 wrong label; listed in data.json" in summary(manifest)


def test_without_the_file_everything_is_as_before(shop: Path, finder: Finder) -> None:
    before = prepared(shop, finder)
    contents = {path.name: path.read_bytes() for path in before.folder.iterdir()}
    assert "decisions" not in json.loads(contents["data.json"])
    images = {path: path.read_bytes() for path in shop.rglob("*.png")}
    prepared(shop, finder, "drop,shop/Ruby/0.png,,,")
    assert images == {path: path.read_bytes() for path in shop.rglob("*.png")}
    prepared(shop, finder)
    assert contents == {path.name: path.read_bytes() for path in before.folder.iterdir()}


def test_a_file_without_decisions_changes_nothing(shop: Path, finder: Finder) -> None:
    before = prepared(shop, finder)
    assert prepared(shop, finder, ",shop/Ruby/0.png,,Panna,", out="other").digest == before.digest


def test_dropping_has_the_last_word(shop: Path, finder: Finder) -> None:
    rows = [
        "wrong label,shop/Ruby/0.png,,Panna,",
        "drop,shop/Ruby/0.png,,,",
        "same stone,shop/Ruby/0.png,shop/Ruby/1.png,,",
    ]
    manifest = prepared(shop, finder, *rows)
    assert [Path(file.image).name for file in manifest.info.left_out] == ["0.png"]
    assert len(manifest.rows) == 15


def test_a_label_of_what_teaches_nothing_leaves_the_picture_out(shop: Path, finder: Finder) -> None:
    (file,) = prepared(shop, finder, "wrong label,shop/Ruby/0.png,,Navratna,").info.left_out
    assert (file.kind, file.reason) == ("excluded", "Navratna: a set of nine different stones")


def test_a_name_that_nobody_knows_may_be_decided_picture_by_picture(shop: Path, finder: Finder) -> None:
    (shop / "Ruby").rename(shop / "Unheard of")
    with pytest.raises(DataError, match="Unheard of"):
        prepared(shop, finder)
    rows = [f"wrong label,shop/Unheard of/{number}.png,,Ruby," for number in range(7)]
    manifest = prepared(shop, finder, *rows, "drop,shop/Unheard of/7.png,,,")
    assert len(manifest.rows) == 15


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (["drop,shop/Ruby/9.png,,,"], r"decisions\.csv: line 2: shop/Ruby/9\.png is no picture of the sources"),
        (["drop,,,,"], "an empty path is no picture"),
        (["same stone,shop/Ruby/0.png,shop/Ruby/9.png,,"], "shop/Ruby/9.png is no picture"),
        (["same stone,shop/Ruby/0.png,,,"], "needs two pictures"),
        (["same stone,shop/Ruby/0.png,Ruby/0.png,,"], "needs two pictures"),
        (["burn,shop/Ruby/0.png,,,"], "'burn' is no decision. Use same stone, wrong label, drop, keep"),
        ([",,,,", "wrong label,shop/Ruby/0.png,,Rubby,"], "line 3: No gem is called 'Rubby'"),
        (["wrong label,Ruby/0.png,,Panna,", "wrong label,Ruby/0.png,,,"], "given two labels, beryl/emerald and none"),
        (['"' + "x" * 200_000], "is not CSV"),
    ],
)
def test_a_decision_that_does_not_fit_is_one_line(shop: Path, rows: list[str], message: str) -> None:
    images = sorted(shop.rglob("*.png"))
    with pytest.raises(DataError, match=message) as caught:
        read_decisions(decided(*rows), images, [shop], TAXONOMY)
    assert "\n" not in str(caught.value)


def test_the_same_label_twice_is_no_contradiction(shop: Path) -> None:
    rows = ["wrong label,Ruby/0.png,,Panna,", "wrong label,Ruby/0.png,,beryl/emerald,"]
    found = read_decisions(decided(*rows), sorted(shop.rglob("*.png")), [shop], TAXONOMY)
    assert [node.id for node in found.labels.values()] == ["beryl/emerald"]


def test_a_file_of_other_columns_or_none_is_one_line(shop: Path) -> None:
    Path("other.csv").write_text("first,second\n")
    with pytest.raises(DataError, match="line 1 must name the columns decision, image"):
        read_decisions(Path("other.csv"), [], [], TAXONOMY)
    with pytest.raises(DataError, match="cannot be read"):
        read_decisions(Path("missing.csv"), [], [], TAXONOMY)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere names are text")
def test_names_that_are_not_utf8_are_known_as_a_page_shows_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / os.fsdecode(b"r\xfcby.png")
    for written in (str(path), str(path).encode("utf-8", "backslashreplace").decode()):
        Path("d.csv").write_text(f"decision,image\ndrop,{written}\n", encoding="utf-8", errors="surrogateescape")
        assert list(read_decisions(Path("d.csv"), [path], [], TAXONOMY).dropped) == [path]


def test_the_template_of_an_audit_can_be_filled_in_and_given_to_prepare(shop: Path, tiny_finder: bytes) -> None:
    Path("finder.tflite").write_bytes(tiny_finder)
    (shop / "Emerald/copy.png").write_bytes((shop / "Ruby/0.png").read_bytes())
    assert CliRunner().invoke(main, ["audit", "shop", "--out", "out"]).exit_code == 0
    template = Path("out/decisions.csv").read_text(encoding="utf-8").splitlines()
    row = next(line for line in template if "Emerald/copy.png,shop/Ruby/0.png" in line)
    Path("filled.csv").write_text(f"{template[0]}\nwrong label{row.replace(',,,', ',Ruby,,')}\n", encoding="utf-8")
    words = ["prepare", "shop", "--out", "data", "--finder", "finder.tflite", "--decisions", "filled.csv"]
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 0, result.output
    assert "1 decision applied: 1 wrong label" in result.output
    rows = {Path(row.image).name: row.label for row in read_manifest(Path("data")).rows}
    assert rows["copy.png"] == "corundum/ruby"
