"""Corrections of a user become decisions, which preparing applies."""

import csv
from pathlib import Path

import pytest

from gemhier.errors import DataError
from gemhier.hierarchy.node import Node
from gemhier.hierarchy.taxonomy import Taxonomy
from gemhier.pipeline.data.corrections import add_corrections
from gemhier.pipeline.data.decisions import read_decisions

TAXONOMY = Taxonomy.from_nodes(
    [
        Node("beryl", "Beryl", "family"),
        Node("beryl/emerald", "Emerald", "variety", aliases=("Panna",)),
        Node("corundum", "Corundum", "family"),
        Node("corundum/ruby", "Ruby", "variety"),
    ]
)
IMAGES = ("shop/Ruby/1.png", "shop/Ruby/2.png", "shop/Emerald/2.png")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def add(*lines: str, name: str = "wrong.csv") -> int:
    Path(name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return add_corrections(Path(name), IMAGES, TAXONOMY, Path("decisions.csv"))


def labels(here: Path) -> dict[str, str]:
    images = [here / image for image in IMAGES]
    found = read_decisions(Path("decisions.csv"), images, [here / "shop"], TAXONOMY)
    return {path.relative_to(here).as_posix(): node.id for path, node in found.labels.items()}


def test_corrections_become_decisions_that_preparing_reads(here: Path) -> None:
    assert add("file,label,remark", "1.png,Panna,seen", "shop/Emerald/2.png,,") == 1
    assert labels(here) == {"shop/Ruby/1.png": "beryl/emerald"}
    with Path("decisions.csv").open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["decision"], row["reason"]) == ("wrong label", "corrected in wrong.csv")


def test_a_table_of_decisions_keeps_what_it_holds_and_takes_each_correction_once(here: Path) -> None:
    before = "finding,decision,image,other,label,reason\r\nseen,drop,shop/Ruby/2.png,,,\r\n"
    Path("decisions.csv").write_bytes(before.encode())
    assert add("picture,answer,label", "1.png,Ruby,emerald", "Ruby/2.png,Ruby,Beryl") == 2
    assert Path("decisions.csv").read_bytes().startswith(before.encode().rstrip())
    assert labels(here) == {"shop/Ruby/1.png": "beryl/emerald", "shop/Ruby/2.png": "beryl"}
    whole = Path("decisions.csv").read_bytes()
    assert add("image,label", "1.png,Panna") == 0
    assert Path("decisions.csv").read_bytes() == whole


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (("file,answer", "1.png,Ruby"), r"line 1: there must be the columns file and label"),
        (("file,label", "9.png,Ruby"), r"line 2: 9.png is not among the pictures"),
        (("file,label", "2.png,Ruby"), r"line 2: 2.png can mean shop/Ruby/2.png or shop/Emerald/2.png. Write more"),
        (("file,label", "1.png,Wobblite"), r"wrong.csv, line 2: .*Wobblite"),
        (("file,label", "1.png,Ruby", "Ruby/1.png,Panna"), r"line 3: shop/Ruby/1.png has another label already"),
        (("file,label", ",Ruby"), r"line 2: no picture is named. Write its path in the column file"),
    ],
)
def test_what_does_not_fit_is_one_line_and_nothing_is_added(here: Path, lines: tuple[str, ...], message: str) -> None:
    with pytest.raises(DataError, match=message):
        add(*lines)
    assert not Path("decisions.csv").exists()


def test_what_contradicts_an_earlier_decision_is_refused(here: Path) -> None:
    add("file,label", "1.png,Panna")
    with pytest.raises(DataError, match="shop/Ruby/1.png is beryl/emerald there, and corundum/ruby in later.csv"):
        add("file,label", "1.png,Ruby", name="later.csv")
    with pytest.raises(DataError, match="Give them another name"):
        add_corrections(Path("decisions.csv"), IMAGES, TAXONOMY, Path("decisions.csv"))
    with pytest.raises(DataError, match="nowhere.csv: No such file or directory. Name a CSV file with corrections"):
        add_corrections(Path("nowhere.csv"), IMAGES, TAXONOMY, Path("decisions.csv"))
