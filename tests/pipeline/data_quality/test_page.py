"""The page of an audit, and the file to decide in: whole, offline, and safe whatever files are called."""

import csv
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gemhier.hierarchy.node import Node
from gemhier.hierarchy.taxonomy import Taxonomy
from gemhier.pipeline.audit import write_audit
from gemhier.pipeline.data_quality.findings import Audit, AuditedImage, LabelIssues, NoGem, Unreadable
from gemhier.pipeline.data_quality.listing import Listing
from gemhier.pipeline.data_quality.page import page
from gemhier.pipeline.data_quality.questions import decisions_template, holds_decisions, questions
from gemhier.pipeline.data_quality.shared_names import shared_names
from gemhier.pipeline.data_quality.wrong_labels import Suspect
from gemhier.pipeline.duplicates.search import Match
from gemhier.pipeline.reports.thumbnails import SIDE, thumbnails

EVIL = """</script><img src=x onerror="alert(1)">'&amp;"""

TAXONOMY = Taxonomy.from_nodes(
    [Node("opal", "Opal", "family"), Node("pearl", "Pearl", "family"), Node("pearl/black", "Black Pearl", "variety")]
)


class Elements(HTMLParser):
    """The elements of a page with their attributes, its texts, and what its scripts of JSON hold."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.json: dict[str, str] = {}
        self._script = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._script = (dict(attrs).get("id") or "code") if tag == "script" else ""

    def handle_endtag(self, tag: str) -> None:
        self._script = ""

    def handle_data(self, data: str) -> None:
        if self._script:
            self.json[self._script] = self.json.get(self._script, "") + data
        else:
            self.text += data


def images(folder: Path, count: int = 8) -> tuple[AuditedImage, ...]:
    """Small pictures; the second and its class have names that would break out of a page."""
    found = []
    for number in range(count):
        path = folder / f"{number}.png"
        Image.fromarray(np.full((20, 30, 3), 40 * number % 255, np.uint8)).save(path)
        found.append(AuditedImage(path, "Ruby" if number % 2 else "Emerald", "test" if number > 3 else "train"))
    evil = folder / EVIL.replace("/", "∕")
    (folder / "1.png").rename(evil)
    found[1] = AuditedImage(evil, EVIL, "train")
    return tuple(found)


@pytest.fixture
def found(tmp_path: Path) -> Audit:
    matches = (Match(0, 1, "copy", 0.0), Match(2, 4, "near-copy", 0.01), Match(5, 7, "turned", 0.002))
    judgement = LabelIssues(
        by="model <1>",
        asked_now=True,
        judged=8,
        suspects=(Suspect(3, "corundum/ruby", "spinel/red", 0.05, 0.9),),
        stone_threshold=0.5,
        scored=8,
        no_gems=(NoGem(6, 0.12),),
    )
    listing = Listing(
        EVIL, "products", {"Pearl": frozenset("abcdefg"), "Black Pearl": frozenset("abcde"), EVIL: frozenset("a")}, 13
    )
    broken = (Unreadable(Path(EVIL), "an empty file."),)
    return Audit(images(tmp_path), broken, matches, judgement, (shared_names(listing, TAXONOMY),))


def test_each_finding_is_asked_once_in_its_section(found: Audit) -> None:
    asked = [(question.section, question.first, question.second, question.label) for question in questions(found)]
    assert asked == [
        ("names", 0, 1, ""),
        ("leak", 2, 4, ""),
        ("copy", 5, 7, ""),
        ("label", 3, None, "spinel/red"),
        ("no gem", 6, None, ""),
    ]


def test_no_name_breaks_out_and_no_request_leaves_the_page(found: Audit) -> None:
    text = page(found)
    read = Elements(text)
    assert "onerror" not in {name for _, attributes in read.elements for name in attributes}
    assert EVIL in read.text
    assert json.loads(read.json["images"])["1"] == str(found.images[1].image)
    sources = [attributes.get("src") or attributes.get("href") for _, attributes in read.elements]
    assert [source for source in sources if source and not source.startswith(("data:", "#"))] == []
    assert not re.search(r"https?:|@import|url\(", text)
    assert "default-src 'none'" in text


def test_thumbnails_are_in_the_page_once_each(found: Audit) -> None:
    read = Elements(page(found))
    thumbs = json.loads(read.json["thumbs"])
    assert set(thumbs) == {"0", "1", "2", "3", "4", "5", "6", "7"}
    shown = [attributes["data-picture"] for tag, attributes in read.elements if "data-picture" in attributes]
    assert sorted(str(number) for number in shown) == sorted(thumbs)


def test_what_can_be_decided_stands_beside_each_finding(found: Audit) -> None:
    read = Elements(page(found))
    keys = [attributes["data-key"] for _, attributes in read.elements if "data-key" in attributes]
    assert keys == ["0", "1", "0-1", "2", "4", "2-4", "5", "7", "5-7", "3", "6"]
    values = [attributes.get("value") for tag, attributes in read.elements if tag == "input"]
    assert values == [EVIL, "Emerald", "", "", "", "", "spinel/red"]  # of copies, the other's label
    assert "believes their labels" in read.text


def test_a_list_shows_its_ceiling_its_edges_and_its_heat_map(found: Audit) -> None:
    read = Elements(page(found))
    assert "Suppose an oracle that knows every product" in read.text
    heat = json.loads(read.json["heat-0"])
    assert heat["names"] == ["Pearl", "Black Pearl", EVIL]
    assert heat["shares"]["1,0"] == 1
    assert heat["shares"]["0,1"] == pytest.approx(5 / 7, abs=1e-4)


def test_an_audit_that_found_nothing_has_a_page() -> None:
    text = page(Audit((AuditedImage(Path("a.png"), "Ruby", ""),), (), ()))
    assert "data-key" not in Elements(text).json.get("images", "")
    assert "Audit of 1 pictures" not in text
    assert "Audit of 1 picture" in text


def test_thumbnails_are_small_and_stay_within_their_budget(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    for number in range(4):
        Image.fromarray(random.integers(0, 255, (300, 600, 3), dtype=np.uint8)).save(tmp_path / f"{number}.png")
    (tmp_path / "broken.png").write_text("no picture")
    images = {number: tmp_path / f"{number}.png" for number in (3, 0, 2, 1)}
    every = thumbnails({9: tmp_path / "broken.png", **images})
    assert list(every) == [3, 0, 2, 1]
    assert all(text.startswith("data:image/webp;base64,") for text in every.values())
    one = len(every[3])
    assert list(thumbnails(images, budget=2 * one + 100)) == [3, 0]
    assert one < SIDE * SIDE


def test_five_thousand_pictures_stay_below_25_megabytes(monkeypatch: pytest.MonkeyPatch) -> None:
    """With thumbnails of twice the usual size, which are then cut off."""
    monkeypatch.setattr("gemhier.pipeline.reports.thumbnails.thumbnail", lambda path: "x" * 8_000)
    every = tuple(AuditedImage(Path(f"photos/{number:05}.jpg"), f"Class {number % 9}", "") for number in range(5_000))
    matches = tuple(Match(number, number + 1, "near-copy", 0.01) for number in range(0, 5_000, 2))
    text = page(Audit(every, (), matches))
    assert len(text) < 25_000_000
    assert "no thumbnail" in text


def test_the_template_has_a_row_for_each_finding(found: Audit) -> None:
    rows = list(csv.DictReader(decisions_template(found).splitlines()))
    assert list(rows[0]) == ["decision", "image", "other", "label", "reason", "finding"]
    assert [row["decision"] for row in rows] == [""] * 5
    assert (rows[0]["image"], rows[0]["other"]) == tuple(str(found.images[number].image) for number in (0, 1))
    assert rows[3]["label"] == "spinel/red"
    assert rows[3]["finding"] == "labelled corundum/ruby (0.05), perhaps spinel/red (0.90)"


def test_decisions_that_were_made_are_not_written_over(tmp_path: Path) -> None:
    result = Audit((), (), ())
    assert "decisions.csv" in write_audit(result, tmp_path)
    assert "decisions.csv" in write_audit(result, tmp_path)
    made = "decision,image\ndrop,a.png\n"
    (tmp_path / "decisions.csv").write_text(made)
    assert "decisions.csv" not in write_audit(result, tmp_path)
    assert (tmp_path / "decisions.csv").read_text() == made


@pytest.mark.parametrize(
    ("content", "holds"),
    [(b"", False), (b"decision,image\n,a\n", False), (b"decision\nkeep\n", True), (b'"' + b"x" * 200_000, True)],
)
def test_a_file_that_may_hold_decisions_is_known(tmp_path: Path, content: bytes, holds: bool) -> None:
    (tmp_path / "d.csv").write_bytes(content)
    assert holds_decisions(tmp_path / "d.csv") is holds
    assert not holds_decisions(tmp_path / "missing.csv")
