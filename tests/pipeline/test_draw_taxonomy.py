"""Drawings of a taxonomy: nothing missing, nothing on top of another, nothing left behind."""

import math
import re
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from gemhier.errors import OutputError
from gemhier.hierarchy.taxonomy import Node, Taxonomy
from gemhier.hierarchy.taxonomy_file import load_taxonomy
from gemhier.pipeline.draw_taxonomy import draw_taxonomy
from gemhier.pipeline.taxonomy_plot.circle import circle_layout
from gemhier.pipeline.taxonomy_plot.tree import tree_layout

SMALL = Taxonomy.from_nodes(
    [
        Node("beryl", "Beryl", "family"),
        Node("beryl/emerald", "Emerald", "variety", aliases=("Panna", "Emerald (Panna)")),
        Node("beryl/emerald/colombian", "Colombian Emerald", "region"),
        Node("beryl/emerald/trapiche", "Trapiche Emerald", "trade", also=("beryl/emerald/colombian", "opal")),
        Node("beryl/price", "Under $5 or over $9", "trade"),
        Node("opal", "Opal", "family", excluded="a test & nothing <else>"),
    ]
)


def texts(path: Path) -> list[str]:
    """All that is written in an SVG, as text."""
    root = ElementTree.parse(path).getroot()
    return ["".join(element.itertext()) for element in root.iter("{http://www.w3.org/2000/svg}text")]


@st.composite
def taxonomies(draw: st.DrawFn) -> Taxonomy:
    nodes: list[Node] = []
    for number in range(draw(st.integers(1, 25))):
        parent = draw(st.sampled_from([None, *nodes]))
        name = f"{draw(st.sampled_from(['Opal', 'Cornflower Blue Sapphire', 'I']))} {number}"
        node_id = f"{parent.id}/n{number}" if parent else f"n{number}"
        nodes.append(Node(node_id, name, "variety" if parent else "family"))
    return Taxonomy.from_nodes(nodes)


@pytest.mark.parametrize("families", [(), ("beryl",), ("opal", "beryl")])
def test_every_name_is_in_the_drawing_as_text(tmp_path: Path, families: tuple[str, ...]) -> None:
    draw_taxonomy(SMALL, tmp_path / "gems.svg", families=families)
    names = [node.name for node in SMALL.nodes.values() if not families or node.family in families]
    assert set(names) <= set(texts(tmp_path / "gems.svg"))
    assert [path.name for path in tmp_path.iterdir()] == ["gems.svg"]


def test_the_built_in_taxonomy_is_drawn_whole(tmp_path: Path) -> None:
    gems = load_taxonomy()
    draw_taxonomy(gems, tmp_path / "gems.svg")
    written = texts(tmp_path / "gems.svg")
    assert {node.name for node in gems.nodes.values()} <= set(written)
    assert str(len(gems)) in written


def test_a_family_is_drawn_with_its_other_names_and_its_parents_elsewhere(tmp_path: Path) -> None:
    draw_taxonomy(SMALL, tmp_path / "beryl.svg", families=["beryl"])
    written = texts(tmp_path / "beryl.svg")
    assert "Panna" in written
    assert "also Opal" in written
    assert "Opal" not in written


def test_why_something_is_excluded_is_drawn(tmp_path: Path) -> None:
    draw_taxonomy(SMALL, tmp_path / "opal.svg", families=["opal"])
    assert "excluded: a test & nothing <else>" in texts(tmp_path / "opal.svg")


def test_the_same_taxonomy_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("first.svg", "second.svg"):
        draw_taxonomy(SMALL, tmp_path / name)
    assert (tmp_path / "first.svg").read_bytes() == (tmp_path / "second.svg").read_bytes()


def test_a_png_shows_the_paper_and_more(tmp_path: Path) -> None:
    draw_taxonomy(SMALL, tmp_path / "gems.png", families=["beryl"])
    with Image.open(tmp_path / "gems.png") as image:
        colours = image.convert("RGB").getcolors(image.width * image.height)
    assert colours is not None
    assert max(colours)[1] == (253, 252, 250)
    assert len(colours) > 10


def test_names_in_scripts_that_the_font_lacks_are_drawn_without_a_warning(tmp_path: Path) -> None:
    draw_taxonomy(Taxonomy.from_nodes([Node("neelam", "नीलम 玉", "family")]), tmp_path / "gems.svg")
    assert "नीलम 玉" in texts(tmp_path / "gems.svg")


@pytest.mark.parametrize("name", ["gems.txt", "gems", "gems.svg.gz"])
def test_other_kinds_of_files_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(OutputError, match=re.escape("Use one of .svg, .png, .pdf")):
        draw_taxonomy(SMALL, tmp_path / name)


def test_a_place_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "gems.svg").mkdir()
    for path in (tmp_path / "gems.svg", tmp_path / "missing" / "gems.svg"):
        with pytest.raises(OutputError, match=r"since it is a folder|there is no folder"):
            draw_taxonomy(SMALL, path, families=["opal"])
    assert [path.name for path in tmp_path.iterdir()] == ["gems.svg"]


def test_an_unknown_family_is_a_mistake_of_the_caller(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="`families` must be some of"):
        draw_taxonomy(SMALL, tmp_path / "gems.svg", families=["Beryl"])
    with pytest.raises(ValueError, match="`families` must be some of"):
        draw_taxonomy(Taxonomy({}), tmp_path / "gems.svg")


@settings(max_examples=40)
@given(taxonomies())
def test_in_the_circle_children_stand_further_out_and_within_their_parents_part(taxonomy: Taxonomy) -> None:
    spots = circle_layout(taxonomy)
    assert spots.keys() == taxonomy.nodes.keys()
    for node in taxonomy.nodes.values():
        if node.parent:
            parent, child = spots[node.parent], spots[node.id]
            assert child.radius > parent.radius
            assert abs(child.angle - parent.angle) + child.width / 2 <= parent.width / 2 + 1e-9


@settings(max_examples=40)
@given(taxonomies())
def test_in_the_circle_a_line_of_text_fits_between_leaves(taxonomy: Taxonomy) -> None:
    spots = circle_layout(taxonomy)
    leaves = sorted(
        (spots[node] for node in taxonomy.nodes if not taxonomy.children(node)), key=lambda spot: spot.angle
    )
    for first, second in pairwise(leaves):
        assert (second.angle - first.angle) * min(first.radius, second.radius) > 9
    assert leaves[-1].angle - leaves[0].angle < 2 * math.pi


@settings(max_examples=40)
@given(taxonomies())
def test_in_the_tree_no_box_touches_another(taxonomy: Taxonomy) -> None:
    boxes = list(tree_layout(taxonomy, taxonomy.families).values())
    for place, box in enumerate(boxes):
        for other in boxes[place + 1 :]:
            beside = box.right < other.left or other.right < box.left
            assert beside or abs(box.middle - other.middle) > 20


def test_in_the_tree_families_stand_in_the_order_they_were_asked_for() -> None:
    boxes = tree_layout(SMALL, ["opal", "beryl"])
    assert boxes["opal"].middle > boxes["beryl"].middle
    assert boxes["beryl"].left < boxes["beryl/emerald"].left < boxes["beryl/emerald/colombian"].left
