from pathlib import Path

from gemhier.hierarchy.node import Node
from gemhier.hierarchy.taxonomy import Taxonomy
from gemhier.pipeline.data.info import DataInfo, LeftOut, SeveralNames
from gemhier.pipeline.data.manifest import Manifest, Row
from gemhier.pipeline.data.summary import summary

TAXONOMY = Taxonomy.from_nodes(
    [Node("beryl", "Beryl", "family"), Node("beryl/emerald", "Emerald", "variety"), Node("ruby", "Ruby", "family")]
)


def row(label: str, split: str, group: str) -> Row:
    return Row("/1.jpg", 0, 0, 9, 0.9, label, label, "", group, split, "0f" * 32, 9, 9, "shop")


def test_everything_worth_knowing() -> None:
    rows = (
        *(row("ruby", "train", f"g{number}") for number in range(1200)),
        row("beryl/emerald", "test", "h"),
        row("ruby", "test", "h"),
        row("beryl", "test", "i"),
        row("ruby", "leaking", "g1"),
        row("ruby", "unused", "h"),
    )
    left_out = (
        *(LeftOut(f"/shop/{number}.jpg", "unreadable", "an empty file.") for number in range(7)),
        LeftOut("/shop/prices.csv", "not a picture", "its name ends in '.csv'"),
    )
    info = DataInfo({}, (), left_out, (SeveralNames("h", ("beryl/emerald", "ruby"), ()),))
    assert summary(Manifest(Path("data"), rows, TAXONOMY, info)) == [
        "1,205 pictures of 3 classes in 2 families",
        "  train           1,200",
        "  test                3",
        "  leaking             1  official test pictures with a near-copy, or another view of the stone, in training",
        "  unused              1  pictures with a near-copy, or another view of the stone, in an official split",
        "2 groups of near-copies or photographs of one stone, the largest of 3 pictures, 1 under several names",
        "2 classes without a training picture: beryl, beryl/emerald",
        "Left out: 1 not a picture, 7 unreadable; listed in data.json",
        *(f"  /shop/{number}.jpg: an empty file." for number in range(5)),
    ]


def test_a_plain_data_set_needs_few_lines() -> None:
    manifest = Manifest(Path("data"), (row("ruby", "train", "g"),), TAXONOMY, DataInfo({}, ()))
    assert summary(manifest) == ["1 picture of 1 class in 1 family", "  train               1"]
