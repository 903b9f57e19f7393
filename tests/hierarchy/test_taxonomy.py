"""The class graph: what it refuses, how it is walked, and what names it knows."""

import dataclasses
import json
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemhier.errors import TaxonomyError
from gemhier.hierarchy.taxonomy import Node, Taxonomy
from gemhier.hierarchy.taxonomy_file import load_taxonomy

ROOT = Path(__file__).parents[2]

FAMILY = Node("beryl", "Beryl", "family")
EMERALD = Node("beryl/emerald", "Emerald", "variety", aliases=("Panna", "Zamurd"))
COLOMBIAN = Node("beryl/emerald/colombian", "Colombian Emerald", "region")


@st.composite
def taxonomies(draw: st.DrawFn) -> Taxonomy:
    """A random taxonomy in which every name ends in a word of its own."""
    nodes: list[Node] = []
    words = st.sampled_from(["Opal", "Tiger’s Eye", "Bi-Color", "Émeraude", "Sang-e-Maryam", "yes", "नीलम"])
    for number in range(draw(st.integers(1, 12))):
        parent = draw(st.sampled_from([None, *nodes]))
        route = parent.route if parent else ()
        further = [node.id for node in nodes if node.id not in route]
        also = draw(st.lists(st.sampled_from(further), unique=True, max_size=2)) if parent and further else []
        nodes.append(
            Node(
                id=f"{parent.id}/n{number}" if parent else f"n{number}",
                name=f"{draw(words)} {number}",
                rank=draw(st.sampled_from(["variety", "region", "trade"])) if parent else "family",
                aliases=tuple(f"{draw(words)} a{number}x{count}" for count in range(draw(st.integers(0, 2)))),
                also=tuple(also),
                excluded=draw(st.sampled_from([None, None, "a set of stones"])),
            )
        )
    return Taxonomy.from_nodes(draw(st.permutations(nodes)))


@pytest.fixture(scope="module")
def gems() -> Taxonomy:
    return load_taxonomy()


def test_a_node_knows_its_place() -> None:
    node = Node("beryl/emerald/trapiche", "Trapiche", "trade", also=("beryl/emerald/colombian",))
    assert node.family == "beryl"
    assert node.parent == "beryl/emerald"
    assert node.parents == ("beryl/emerald", "beryl/emerald/colombian")
    assert node.route == ("beryl", "beryl/emerald", "beryl/emerald/trapiche")
    assert (FAMILY.parent, FAMILY.parents, FAMILY.route) == (None, (), ("beryl",))


def test_a_taxonomy_puts_parents_before_children() -> None:
    taxonomy = Taxonomy.from_nodes([COLOMBIAN, EMERALD, FAMILY])
    assert list(taxonomy.nodes) == ["beryl", "beryl/emerald", "beryl/emerald/colombian"]
    assert (len(taxonomy), taxonomy.depth, taxonomy.families) == (3, 3, ("beryl",))
    assert taxonomy["beryl/emerald"] == EMERALD
    assert "beryl/emerald" in taxonomy
    assert "emerald" not in taxonomy


def test_a_taxonomy_keeps_what_belongs_together_and_else_the_order_it_came_in() -> None:
    ids = ["opal", "beryl", "opal/white", "beryl/red", "beryl/emerald", "opal/black", "beryl/red/utah"]
    nodes = [Node(node_id, node_id, "variety" if "/" in node_id else "family") for node_id in ids]
    assert list(Taxonomy.from_nodes(nodes).nodes) == [
        "opal",
        "opal/white",
        "opal/black",
        "beryl",
        "beryl/red",
        "beryl/red/utah",
        "beryl/emerald",
    ]


def test_no_nodes_are_a_taxonomy_too() -> None:
    taxonomy = Taxonomy({})
    assert (len(taxonomy), taxonomy.depth, taxonomy.families) == (0, 0, ())


@pytest.mark.parametrize(
    ("nodes", "words"),
    [
        ([Node("beryl/emerald", "Emerald", "variety")], "orphan: there is no `beryl`"),
        ([FAMILY, FAMILY], "`beryl` is given twice"),
        ([Node("Beryl", "Beryl", "family")], "not an id"),
        ([Node("be ryl", "Beryl", "family")], "not an id"),
        ([Node("beryl-", "Beryl", "family")], "not an id"),
        ([Node("/beryl", "Beryl", "family")], "not an id"),
        ([Node("beryl", "Beryl", "genus")], "rank `genus`"),
        ([Node("beryl", "Beryl", "variety")], "stands at the top"),
        ([FAMILY, Node("beryl/emerald", "Emerald", "family")], "Only the top holds families"),
        (
            [FAMILY, Node("beryl/us", "Utah Beryl", "region"), Node("beryl/us/red", "Red Beryl", "species")],
            "below the region `beryl/us`",
        ),
        ([Node("beryl", "!", "family")], "without a letter or digit"),
        ([Node("beryl", "Beryl", "family", aliases=("--",))], "without a letter or digit"),
        ([Node("beryl", "Be\nryl", "family")], "not one line"),
        ([Node("beryl", "Be\ud800ryl", "family")], "not one line"),
        ([Node("beryl", "Beryl", "family", excluded=" ")], "Say why"),
        ([Node("beryl", "Beryl", "family", also=("emerald",))], "which is no node"),
        ([FAMILY, Node("beryl/emerald", "Emerald", "variety", also=("beryl",))], "two routes to `beryl`"),
        (
            [FAMILY, Node("opal", "Opal", "family", also=("beryl", "beryl"))],
            "two routes to `beryl`",
        ),
        ([FAMILY, EMERALD, Node("beryl/green", "Emeralds", "variety")], "given twice in `beryl`"),
        ([FAMILY, EMERALD, Node("opal", "Opal", "family", aliases=("panna",))], "also names `beryl/emerald`"),
        ([FAMILY, EMERALD, Node("opal", "Opal", "family", aliases=("Beryls",))], "also names `beryl`"),
        ([Node("beryl", "Beryl", "family", also=("beryl/emerald",)), EMERALD], "its own ancestor"),
        ([Node("beryl", "Beryl", "family", also=("beryl",))], "its own ancestor"),
        (
            [Node("beryl", "Beryl", "family", also=("opal",)), Node("opal", "Opal", "family", also=("beryl",))],
            "Remove one `also` from the cycle",
        ),
    ],
)
def test_nodes_that_contradict_each_other_are_refused(nodes: list[Node], words: str) -> None:
    with pytest.raises(TaxonomyError) as caught:
        Taxonomy.from_nodes(nodes)
    assert words in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_a_node_under_another_id_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="must map each id to its node"):
        Taxonomy({"opal": FAMILY})


def test_two_families_may_share_a_name_and_resolving_it_asks_which() -> None:
    cats_eyes = [Node(f"{family}/cats-eye", "Cat's Eye", "variety") for family in ("chrysoberyl", "quartz")]
    families = [Node("chrysoberyl", "Chrysoberyl", "family"), Node("quartz", "Quartz", "family")]
    taxonomy = Taxonomy.from_nodes([*families, *cats_eyes])
    with pytest.raises(TaxonomyError, match="can mean `chrysoberyl/cats-eye`, `quartz/cats-eye`"):
        taxonomy.resolve("cats eye")
    assert taxonomy.resolve("Quartz/Cats Eye").id == "quartz/cats-eye"


@given(taxonomies())
def test_json_brings_back_an_equal_taxonomy(taxonomy: Taxonomy) -> None:
    again = Taxonomy.from_dict(json.loads(json.dumps(taxonomy.to_dict())))
    assert again == taxonomy
    assert list(again.nodes) == list(taxonomy.nodes)
    assert hash(again) == hash(taxonomy)


@given(taxonomies(), st.randoms())
def test_the_digest_does_not_know_the_order(taxonomy: Taxonomy, random: Any) -> None:
    content = taxonomy.to_dict()
    random.shuffle(content["nodes"])
    for entry in content["nodes"]:
        entry["aliases"] = random.sample(entry["aliases"], len(entry["aliases"]))
        entry["also"] = random.sample(entry["also"], len(entry["also"]))
    content["nodes"] = [dict(reversed(entry.items())) for entry in content["nodes"]]
    assert Taxonomy.from_dict(content).digest == taxonomy.digest


@pytest.mark.parametrize(
    "change",
    [
        {"id": "beryl/panna"},
        {"name": "Emeralds"},
        {"rank": "trade"},
        {"aliases": ("Panna",)},
        {"also": ("opal",)},
        {"excluded": "a set of stones"},
    ],
    ids=str,
)
def test_the_digest_changes_with_the_content(change: dict[str, Any]) -> None:
    opal = Node("opal", "Opal", "family")
    before = Taxonomy.from_nodes([FAMILY, EMERALD, opal])
    after = Taxonomy.from_nodes([FAMILY, dataclasses.replace(EMERALD, **change), opal])
    assert after.digest != before.digest
    assert after != before


@given(taxonomies())
def test_every_name_and_alias_resolves_to_its_node(taxonomy: Taxonomy) -> None:
    for node in taxonomy.nodes.values():
        for name in (node.id, node.name, node.name.upper(), *node.aliases):
            assert taxonomy.resolve(name) == node


@given(taxonomies())
def test_a_path_of_names_resolves_to_its_end(taxonomy: Taxonomy) -> None:
    for node in taxonomy.nodes.values():
        assert taxonomy.resolve("/".join(taxonomy[node_id].name for node_id in node.route)) == node


@given(taxonomies())
def test_children_and_parents_are_inverse(taxonomy: Taxonomy) -> None:
    for node in taxonomy.nodes.values():
        assert all(node.id in taxonomy.children(parent) for parent in node.parents)
        assert all(node.id in taxonomy[child].parents for child in taxonomy.children(node.id))


@given(taxonomies())
def test_ancestors_are_those_of_the_graph(taxonomy: Taxonomy) -> None:
    assert nx.is_directed_acyclic_graph(taxonomy.graph)
    assert set(taxonomy.graph.nodes) == set(taxonomy.nodes)
    for node_id in taxonomy.nodes:
        assert taxonomy.ancestors(node_id) == nx.ancestors(taxonomy.graph, node_id)
        assert set(taxonomy.children(node_id)) == set(taxonomy.graph.successors(node_id))


@given(taxonomies())
def test_the_routes_alone_are_a_forest(taxonomy: Taxonomy) -> None:
    routes = nx.DiGraph([edge[:2] for edge in taxonomy.graph.edges(data="route") if edge[2]])
    routes.add_nodes_from(taxonomy.nodes)
    assert nx.is_branching(routes)
    assert sum(degree == 0 for _, degree in routes.in_degree()) == len(taxonomy.families)


@given(st.integers(2, 6).flatmap(lambda n: st.tuples(st.just(n), st.sets(st.sampled_from(range(n * n))))))
def test_cycles_are_found_where_networkx_finds_them(drawn: tuple[int, set[int]]) -> None:
    count, picked = drawn
    further = {(number // count, number % count) for number in picked}
    nodes = [
        Node(f"n{child}", f"n{child}", "family", also=tuple(f"n{parent}" for c, parent in further if c == child))
        for child in range(count)
    ]
    if nx.is_directed_acyclic_graph(nx.DiGraph([(parent, child) for child, parent in further])):
        assert len(Taxonomy.from_nodes(nodes)) == count
    else:
        with pytest.raises(TaxonomyError, match="its own ancestor"):
            Taxonomy.from_nodes(nodes)


def test_the_graph_cannot_be_changed() -> None:
    with pytest.raises(nx.NetworkXError):
        Taxonomy.from_nodes([FAMILY]).graph.add_node("opal")


def test_a_taxonomy_reaches_other_processes() -> None:
    taxonomy = Taxonomy.from_nodes([FAMILY, EMERALD])
    assert taxonomy.resolve("panna") == pickle.loads(pickle.dumps(taxonomy)).resolve("panna")  # noqa: S301


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ([], "not a taxonomy of format 1"),
        ({"format": 2, "nodes": []}, "`format` is 2"),
        ({"format": 1}, "`nodes` must be a list"),
        ({"format": 1, "nodes": ["beryl"]}, "must be an object"),
        ({"format": 1, "nodes": [{"id": "beryl", "name": "Beryl"}]}, "`rank` must be text"),
        ({"format": 1, "nodes": [{"id": 1, "name": "Beryl", "rank": "family"}]}, "`id` must be text"),
        ({"format": 1, "nodes": [{"id": "b", "name": "B", "rank": "family", "colour": "green"}]}, "unknown key"),
        ({"format": 1, "nodes": [{"id": "b", "name": "B", "rank": "family", "aliases": "C"}]}, "list of texts"),
        ({"format": 1, "nodes": [{"id": "b", "name": "B", "rank": "family", "also": [1]}]}, "list of texts"),
        ({"format": 1, "nodes": [{"id": "b", "name": "B", "rank": "family", "excluded": True}]}, "reason as text"),
    ],
)
def test_what_is_no_taxonomy_is_refused(content: Any, words: str) -> None:
    with pytest.raises(TaxonomyError, match=words):
        Taxonomy.from_dict(content)


def test_an_unknown_name_gets_the_nearest_and_what_to_do() -> None:
    taxonomy = Taxonomy.from_nodes([FAMILY, EMERALD, COLOMBIAN])
    with pytest.raises(TaxonomyError) as caught:
        taxonomy.resolve("Emrald")
    assert str(caught.value) == (
        "No gem is called 'Emrald'; nearest: Emerald. "
        "Check the spelling, or add it to the aliases in your taxonomy file."
    )


@pytest.mark.parametrize("name", ["", " ", "/", "//", "()", " - ", "\n", "xyz/", "Emerald/Zambian", "Ruby (Emerald)"])
def test_what_names_nothing_is_an_error_in_one_line(name: str) -> None:
    taxonomy = Taxonomy.from_nodes([FAMILY, EMERALD, COLOMBIAN])
    with pytest.raises(TaxonomyError, match="No gem is called") as caught:
        taxonomy.resolve(name)
    assert len(str(caught.value).splitlines()) == 1


def test_the_nearest_names_are_of_different_gems() -> None:
    taxonomy = Taxonomy.from_nodes([FAMILY, dataclasses.replace(EMERALD, aliases=("Emeralda", "Emerald!")), COLOMBIAN])
    assert taxonomy.nearest("Emrald", n=2) == ("Emerald",)
    assert taxonomy.nearest("Emeraldo Colombian") == ("Colombian Emerald", "Emeralda")


@pytest.mark.parametrize(
    ("path", "node_id"),
    [
        ("Emerald/Colombian", "beryl/emerald/colombian"),
        ("Beryl/Colombian Emeralds", "beryl/emerald/colombian"),
        ("Panna\\Colombian", "beryl/emerald/colombian"),
        ("/beryl/emerald/", "beryl/emerald"),
    ],
)
def test_a_path_may_use_names_and_leave_out_nodes(path: str, node_id: str) -> None:
    assert Taxonomy.from_nodes([FAMILY, EMERALD, COLOMBIAN]).resolve(path).id == node_id


def test_two_names_that_disagree_are_not_guessed_at() -> None:
    taxonomy = Taxonomy.from_nodes([FAMILY, EMERALD, Node("opal", "Opal", "family")])
    with pytest.raises(TaxonomyError, match="can mean `beryl/emerald`, `opal`"):
        taxonomy.resolve("Emerald (Opal)")


# The resolutions that a gemmologist would look at first in the built-in taxonomy.
TELLING = {
    "Neelam": "corundum/sapphire/blue",
    "Blue Sapphire (Neelam)": "corundum/sapphire/blue",
    "Sapphire Blue": "corundum/sapphire/blue",
    "Indraneelam": "corundum/sapphire/blue",
    "Khooni Neelam": "corundum/sapphire/purple/khooni",
    "Padparadscha": "corundum/sapphire/padparadscha",
    "Mogok Ruby": "corundum/ruby/burmese/mogok",
    "Manik": "corundum/ruby",
    "Panna": "beryl/emerald",
    "Swat Emerald": "beryl/emerald/pakistani",
    "Bixbite": "beryl/red",
    "Heliodor": "beryl/golden",
    "Tigers Eye": "quartz/tigers-eye",
    "Green Amethyst (Prasiolite)": "quartz/prasiolite",
    "Carnelians": "quartz/chalcedony/carnelian",
    "Onyx Black": "quartz/chalcedony/onyx/black",
    "Zultanite": "diaspore/zultanite",
    "Tsavorite": "garnet/grossular/tsavorite",
    "Hessonite (Gomed)": "garnet/grossular/hessonite",
    "Demantoid Garnet": "garnet/andradite/demantoid",
    "Cats Eye": "chrysoberyl/cats-eye",
    "Chrysoberyl Cat’s Eye (Lehsunia)": "chrysoberyl/cats-eye",
    "Cats Eye Quartz": "quartz/cats-eye",
    "Kunzite": "spodumene/kunzite",
    "Tanzanite": "zoisite/tanzanite",
    "Titanite (Sphene)": "sphene",
    "Persian Turquoise": "turquoise/iranian",
    "Tibetian Turquoise": "turquoise/tibetan",
    "South Sea Pearls": "pearl/cultured/south-sea",
    "Lightning Ridge": "opal/australian/lightning-ridge",
    "Green Tanzanite": "zoisite/green",
    "Spectrolite": "feldspar/labradorite/spectrolite",
    "Moldavite": "glass/moldavite",
}


@pytest.mark.parametrize(("name", "node_id"), TELLING.items())
def test_the_built_in_taxonomy_knows_the_trade(gems: Taxonomy, name: str, node_id: str) -> None:
    assert gems.resolve(name).id == node_id


def test_a_set_of_nine_stones_teaches_nothing(gems: Taxonomy) -> None:
    assert gems.resolve("Navratna").excluded == "a set of nine different stones"


def test_mixed_crystals_count_with_both_their_minerals(gems: Taxonomy) -> None:
    parents = gems.ancestors(gems.resolve("Rhodolite").id)
    assert {gems.resolve("Pyrope").id, gems.resolve("Almandine").id} <= parents


def test_every_regional_name_has_one_route(gems: Taxonomy) -> None:
    assert all(node.route[0] in gems.families for node in gems.nodes.values())
    assert len({node.route for node in gems.nodes.values()}) == len(gems)


def test_the_taxonomy_needs_no_graph_library() -> None:
    code = (
        "import sys, gemhier.hierarchy.taxonomy_file as file; taxonomy = file.load_taxonomy();"
        "taxonomy.resolve('Panna'); taxonomy.digest; taxonomy.from_dict(taxonomy.to_dict());"
        "print(sorted({'networkx', 'numpy', 'matplotlib'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
