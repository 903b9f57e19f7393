"""Lists of links and crawls without pictures: what their shared names say."""

import csv
import itertools
import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from gemhier.cli import main
from gemhier.errors import DataError
from gemhier.hierarchy.node import Node
from gemhier.hierarchy.taxonomy import Taxonomy
from gemhier.pipeline.audit import audit
from gemhier.pipeline.data_quality.ceiling import ceiling
from gemhier.pipeline.data_quality.containment import find_edges, shares
from gemhier.pipeline.data_quality.listing import Listing, address_key, read_links, read_listings
from gemhier.pipeline.data_quality.shared_names import shared_names

TAXONOMY = Taxonomy.from_nodes(
    [
        Node("opal", "Opal", "family"),
        Node("opal/fire", "Fire Opal", "variety"),
        Node("pearl", "Pearl", "family"),
        Node("pearl/south-sea", "South Sea Pearl", "region"),
        Node("pearl/tahitian", "Tahitian Pearl", "region"),
        Node("pearl/black", "Black Pearl", "variety"),
        Node("quartz", "Quartz", "family"),
        Node("quartz/amethyst", "Amethyst", "variety"),
        Node("other", "Other", "family"),
        Node("other/navratna", "Navratna", "trade", excluded="a set of nine different stones"),
    ]
)


def listing(**classes: str) -> Listing:
    """Classes whose products are letters: Opal="abc"; an underscore stands for a space."""
    named = {name.replace("_", " "): frozenset(keys) for name, keys in classes.items()}
    return Listing("links", "products", named, sum(map(len, classes.values())))


def nodes_of(found: Listing) -> dict[str, Node]:
    return {name: TAXONOMY.resolve(name) for name in found.classes}


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """Link lists as shops give them: with an index column, with one column, without a head, with doubled lines."""
    folder = tmp_path / "shop" / "product_links"
    folder.mkdir(parents=True)
    (folder / "Opal.csv").write_text(
        ",Opal\n0,https://shop.example/opal/gp1\n1,https://shop.example/opal/gp2/?from=x\n"
        "2,https://shop.example/opal/gp1\n3,not listed any more\n"
    )
    (folder / "Fire Opal_Red.csv").write_text("Fire Opal\nhttps://shop.example/fire-opal/gp2\n\n")
    (folder / "Pearl.txt").write_text("https://shop.example/pearl/gp3\n")
    (folder / "Amethyst.csv").write_text(",Amethyst\n")
    (folder / ".hidden.csv").write_text("https://shop.example/gp9\n")
    (folder / "notes.md").write_text("https://shop.example/gp9\n")
    return tmp_path / "shop"


def test_link_lists_are_read_whatever_their_columns(shop: Path) -> None:
    (found,) = read_listings(shop, TAXONOMY)
    assert found.classes == {
        "Opal": {"gp1", "gp2"},
        "Fire Opal": {"gp2"},
        "Pearl": {"gp3"},
        "Amethyst": frozenset(),
    }
    assert (found.name, found.noun, found.rows, found.skipped, found.entries) == ("product_links", "products", 6, 1, 4)
    assert found.filled == ("Opal", "Fire Opal", "Pearl")
    assert found.names == {"gp1": ("Opal",), "gp2": ("Fire Opal", "Opal"), "gp3": ("Pearl",)}
    assert read_listings(shop / "product_links", TAXONOMY) == (found,)


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("https://shop.example/opal/gp1", "gp1"),
        ("http://shop.example/opal/gp1/?page=2#top", "gp1"),
        ("https://shop.example/", ""),
        ("https://shop.example", ""),
        ("https://[shop/gp1", ""),
        ("ftp://shop.example/gp1", ""),
        ("gp1", ""),
        ("", ""),
    ],
)
def test_a_product_is_known_by_the_last_part_of_its_address(address: str, key: str) -> None:
    assert address_key(address) == key


def test_a_damaged_list_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "Opal.csv").write_text('"' + "x" * 200_000)
    with pytest.raises(DataError, match=r"Opal\.csv: line 1 is not CSV"):
        read_links(tmp_path, "products")


def test_lists_of_nothing_are_an_error(tmp_path: Path) -> None:
    (tmp_path / "product_links").mkdir()
    (tmp_path / "product_links" / "Opal.csv").write_text(",Opal\n")
    with pytest.raises(DataError, match="product_links lists no products"):
        audit([tmp_path], taxonomy=TAXONOMY)


def test_of_names_on_one_route_a_crawl_counts_the_deepest(tmp_path: Path) -> None:
    records: list[dict[str, object]] = [
        {"site": "a.example", "product": "gp1", "labels": ["Opal", "Fire Opal"]},
        {"site": "a.example", "product": "gp1", "labels": ["Opal", "Fire Opal"], "view": 2},
        {"site": "b.example", "product": "gp1", "labels": ["Fire Opal", "Pearl", "Unheard"]},
        {"site": "b.example", "page": "https://b.example/x/agate-7", "labels": ["Opal"]},
        {"site": "b.example", "labels": ["Opal"]},
        {"site": "b.example", "product": "gp2", "labels": []},
    ]
    lines = [json.dumps(record) for record in records]
    (tmp_path / "images.jsonl").write_text("\n\n".join(lines) + "\n")
    (found,) = read_listings(tmp_path, TAXONOMY)
    assert found.classes == {
        "Fire Opal": {"a.example/gp1", "b.example/gp1"},
        "Pearl": {"b.example/gp1"},
        "Unheard": {"b.example/gp1"},
        "Opal": {"b.example/agate-7"},
    }
    assert (found.rows, found.skipped) == (6, 2)


@pytest.mark.parametrize("line", ["{", "[]", '{"labels": "Opal"}', '{"labels": [1]}', "{}"])
def test_a_damaged_line_of_a_crawl_is_named(tmp_path: Path, line: str) -> None:
    (tmp_path / "images.jsonl").write_text('{"product": "a", "labels": ["Opal"]}\n' + line + "\n")
    with pytest.raises(DataError, match=r"images\.jsonl: line 2"):
        audit([tmp_path], taxonomy=TAXONOMY)


def test_the_ceiling_of_a_case_worked_by_hand() -> None:
    # p and q stand in both: named after the smaller class, Fire Opal is right on 2 of 2, Opal on 3 of 5.
    found = listing(Opal="pqabc", Fire_Opal="pq", Pearl="z")
    best = ceiling(found, ["Opal", "Fire Opal", "Pearl"])
    assert (best.classes, best.products, best.listings) == (3, 6, 8)
    assert best.by_listing == pytest.approx(6 / 8)
    assert best.over_classes == pytest.approx((3 / 5 + 2 / 2 + 1) / 3)
    with pytest.raises(ValueError, match="with products"):
        ceiling(listing(Opal=""), ["Opal"])


@given(
    st.dictionaries(st.sampled_from("ABCD"), st.frozensets(st.sampled_from("pqrst"), min_size=1), min_size=1),
)
def test_no_oracle_is_above_the_ceiling_and_one_reaches_it(classes: Mapping[str, frozenset[str]]) -> None:
    found = Listing("links", "products", classes, 0)
    best = ceiling(found, found.filled)
    shares_right, class_means = [], []
    for named in itertools.product(*found.names.values()):
        given_name = dict(zip(found.names, named, strict=True))
        right = {name: sum(given_name[key] == name for key in keys) for name, keys in classes.items()}
        shares_right.append(sum(right.values()) / found.entries)
        class_means.append(sum(right[name] / len(keys) for name, keys in classes.items()) / len(classes))
    assert max(shares_right) == pytest.approx(best.by_listing)
    assert max(class_means) == pytest.approx(best.over_classes)


def test_names_that_mean_nothing_accuse_nobody() -> None:
    found = shared_names(listing(Opal="abcdef", Unheard="abcdef", Navratna="abcdef"), TAXONOMY)
    assert list(found.unknown) == ["Unheard"]
    assert found.foreign == ()


def edges_of(found: Listing, *without: str) -> list[tuple[str, str, str]]:
    nodes = {name: node for name, node in nodes_of(found).items() if name != "Amethyst"}
    return [(edge.child, edge.parent, edge.standing) for edge in find_edges(found, nodes, TAXONOMY, without)]


def test_classes_within_others_become_edges() -> None:
    found = listing(Pearl="abcdefghijklm", South_Sea_Pearl="abcdef", Black_Pearl="ghijkl", Tahitian_Pearl="ghijk")
    assert edges_of(found) == [
        ("Black Pearl", "Pearl", "known"),
        ("South Sea Pearl", "Pearl", "known"),
        ("Tahitian Pearl", "Black Pearl", "proposed"),  # Pearl lies around Black Pearl: no edge of its own
    ]
    assert ("South Sea Pearl", "Pearl", "known") not in edges_of(found, "Pearl")


def test_twins_an_edge_upside_down_and_a_name_without_a_node() -> None:
    assert edges_of(listing(Black_Pearl="abcdefghij", Tahitian_Pearl="abcdefghij")) == [
        ("Black Pearl", "Tahitian Pearl", "same")
    ]
    assert edges_of(listing(Pearl="abcde", Black_Pearl="abcdefgh")) == [("Pearl", "Black Pearl", "reversed")]
    assert edges_of(listing(Amethyst="abcde", Quartz="abcdefgh")) == [("Amethyst", "Quartz", "unknown name")]


def test_four_products_prove_nothing_and_a_tenth_may_stand_elsewhere() -> None:
    assert edges_of(listing(Tahitian_Pearl="abcd", Pearl="abcdefgh")) == []
    assert edges_of(listing(Tahitian_Pearl="abcdefghij", Pearl="abcdefghixyz")) == [
        ("Tahitian Pearl", "Pearl", "known")
    ]
    assert edges_of(listing(Tahitian_Pearl="abcdefgh", Pearl="abcdefgxyz")) == []


def test_the_matrix_tells_which_part_of_a_row_stands_in_a_column() -> None:
    assert shares(listing(Opal="abcd", Fire_Opal="ab", Pearl="z"), ["Opal", "Fire Opal", "Pearl"]) == [
        [1, 0.5, 0],
        [1, 1, 0],
        [0, 0, 1],
    ]


def test_the_command_writes_figures_and_tables(shop: Path, tmp_path: Path) -> None:
    (shop / "image_links").mkdir()
    (shop / "image_links" / "Opal.csv").write_text(",Opal\n0,https://cdn.example/gp1-1-250124.jpg\n")
    out = tmp_path / "out"
    result = CliRunner().invoke(main, ["audit", str(shop), "--out", str(out), "--largest", "2"])
    assert result.exit_code == 0, result.output
    assert result.output.splitlines()[:6] == [
        "product_links: 3 products in 3 classes, 1 of them (33.3%) in two or more",
        "  1 more class lists nothing.",
        "  1 of 6 lines leads nowhere, and does not count.",
        "  One name for each of the products allows a top-1 of at most 0.750 by listing and 0.833 as the mean over "
        "classes, on all 3 classes.",
        "  One name for each of the products allows a top-1 of at most 0.667 by listing and 0.750 as the mean over "
        "classes, on the 2 largest.",
        "image_links: 1 picture in 1 class, 0 of them (0.0%) in two or more",
    ]
    report = json.loads((out / "audit.json").read_text(encoding="utf-8"))
    links, images = report["listings"]
    assert (report["pictures"], report["pairs"]) == (0, 0)
    assert (links["products"], links["classes"], links["empty_classes"], links["in_several_classes"]) == (3, 4, 1, 1)
    assert links["in_several_classes_share"] == 0.333333
    assert links["by_number_of_classes"] == {"1": 2, "2": 1}
    assert [entry["by_listing"] for entry in links["ceilings"]] == [0.75, 0.666667]
    assert "oracle" in links["ceiling_method"]
    assert images["of"] == "pictures"
    rows = list(csv.reader((out / "product_links-names.csv").read_text(encoding="utf-8").splitlines()))
    assert rows == [["key", "count", "classes"], ["gp2", "2", "Fire Opal | Opal"]]
    rows = list(csv.reader((out / "product_links-containment.csv").read_text(encoding="utf-8").splitlines()))
    assert rows[0] == ["of_row_in_column", "Opal", "Fire Opal", "Pearl"]
    assert rows[1] == ["Opal", "1.0", "0.5", "0.0"]
    classes = list(csv.DictReader((out / "product_links-classes.csv").read_text(encoding="utf-8").splitlines()))
    assert [row["products"] for row in classes] == ["0", "1", "2", "1"]
    assert (out / "product_links-edges.csv").is_file()


def test_lists_of_one_name_are_told_apart(shop: Path, tmp_path: Path) -> None:
    other = tmp_path / "other" / "product_links"
    other.mkdir(parents=True)
    (other / "Opal.csv").write_text("https://other.example/gp1\n")
    found = audit([shop, other.parent], taxonomy=TAXONOMY)
    assert [entry.listing.name for entry in found.listings] == ["product_links", "product_links-2"]
