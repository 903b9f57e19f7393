from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemhier.hierarchy.node import Node
from gemhier.hierarchy.taxonomy import Taxonomy
from gemhier.hierarchy.taxonomy_file import load_taxonomy
from gemhier.pipeline.data.crawl_labels import Labels, ResolvedSets, resolve_sets
from gemhier.pipeline.data.info import Contamination

BUILT_IN = load_taxonomy()

TAXONOMY = Taxonomy.from_nodes(
    [
        Node("beryl", "Beryl", "family"),
        Node("beryl/emerald", "Emerald", "variety", aliases=("Panna",)),
        Node("beryl/emerald/colombian", "Colombian Emerald", "region"),
        Node("beryl/emerald/zambian", "Zambian Emerald", "region"),
        Node("beryl/cats-eye", "Cat's Eye", "trade"),
        Node("corundum", "Corundum", "family"),
        Node("corundum/ruby", "Ruby", "variety"),
        Node("corundum/sapphire", "Sapphire", "variety"),
        Node("corundum/sapphire/star", "Star Sapphire", "trade", also=("corundum/star",)),
        Node("corundum/star", "Star Corundum", "trade"),
        Node("quartz", "Quartz", "family"),
        Node("quartz/cats-eye", "Cat's Eye", "trade"),
        Node("opal", "Opal", "family"),
        Node("other", "Other", "family"),
        Node("other/navratna", "Navratna", "trade", excluded="a set of nine different stones"),
    ]
)


def resolve(*sets: Iterable[str]) -> ResolvedSets:
    return resolve_sets([frozenset(labels) for labels in sets], TAXONOMY)


@pytest.mark.parametrize(
    ("labels", "node"),
    [
        ({"Emerald"}, "beryl/emerald"),
        ({"Panna", "Emerald", "Colombian Emerald"}, "beryl/emerald/colombian"),
        ({"Colombian Emerald", "Zambian Emerald"}, "beryl/emerald"),
        ({"Colombian Emerald", "Zambian Emerald", "Emerald"}, "beryl/emerald"),
        ({"Ruby", "Sapphire"}, "corundum"),
        ({"Star Sapphire", "Star Corundum"}, "corundum/sapphire/star"),
        ({"Star Sapphire", "Star Corundum", "Sapphire"}, "corundum/sapphire/star"),
        ({"Cats Eye", "Quartz"}, "quartz/cats-eye"),
        ({"Cats Eye", "Beryl", "Cat’s-Eye"}, "beryl/cats-eye"),
        ({"Emerald", "Under $100", "Astrology"}, "beryl/emerald"),
        ({"Ruby", "Navratna"}, "other/navratna"),
    ],
)
def test_names_mean_the_deepest_node_that_they_share_a_line_to(labels: set[str], node: str) -> None:
    meaning = resolve(labels).meanings[frozenset(labels)]
    assert meaning.node is not None
    assert meaning.node.id == node


@pytest.mark.parametrize(
    ("labels", "kind", "reason"),
    [
        ({"Ruby", "Quartz"}, "several families", "it stands under Ruby, Quartz, which have nothing in common"),
        ({"Under $100"}, "unknown name", "Under $100: is not known to the taxonomy"),
        ({"Cats Eye"}, "unknown name", "Cats Eye: can mean several things"),
    ],
)
def test_names_that_agree_on_nothing_are_told(labels: set[str], kind: str, reason: str) -> None:
    meaning = resolve(labels, {"Ruby", "Corundum"}, {"Ruby"}, {"Quartz"}, {"Quartz"}).meanings[frozenset(labels)]
    assert (meaning.node, meaning.kind, meaning.reason) == (None, kind, reason)


def test_names_that_are_left_out_beside_others_are_listed() -> None:
    assert resolve({"Emerald", "Astrology"}, {"Under $100"}).ignored == ("Astrology",)


def test_a_class_most_of_whose_products_belong_to_another_family_is_not_believed() -> None:
    strays = [{"Opal", "Ruby"}] * 7
    found = resolve(*strays, *[{"Opal"}] * 3, *[{"Ruby"}] * 20)
    assert found.contamination == (
        Contamination(label="Opal", family="opal", products=10, elsewhere=7, families=("corundum",)),
    )
    nodes = {labels: meaning.node.id for labels, meaning in found.meanings.items() if meaning.node}
    assert nodes == {
        frozenset({"Opal", "Ruby"}): "corundum/ruby",
        frozenset({"Opal"}): "opal",
        frozenset({"Ruby"}): "corundum/ruby",
    }


def test_a_class_that_sorts_by_something_else_than_the_gem_is_not_believed() -> None:
    own = [{"Opal"}] * 20
    strays = [{"Opal", name} for name in ("Ruby", "Quartz", "Emerald") for _ in range(4)]
    found = resolve(*own, *strays)
    assert [one.label for one in found.contamination] == ["Opal"]
    assert found.contamination[0].families == ("beryl", "corundum", "quartz")


def test_a_contaminated_name_counts_where_another_bears_it_out() -> None:
    found = resolve_sets(
        [frozenset({"Mexican Fire Opal", "Pearl"})] * 8
        + [frozenset({"Mexican Fire Opal", "Opal"})]
        + [frozenset({"Pearl"})] * 30,
        BUILT_IN,
    )
    assert [one.label for one in found.contamination] == ["Mexican Fire Opal"]
    meaning = found.meanings[frozenset({"Mexican Fire Opal", "Opal"})]
    assert meaning.node is not None
    assert meaning.node.id == "opal/fire/mexican"


names = st.sampled_from([*(node.name for node in BUILT_IN.nodes.values()), "Cats Eye", "Astrology", "Under $100"])


@given(st.lists(st.frozensets(names, min_size=1, max_size=4), min_size=1, max_size=30))
def test_a_set_has_one_meaning_or_a_reason_and_it_lies_above_or_on_a_name(products: list[Labels]) -> None:
    found = resolve_sets(products, BUILT_IN)
    assert found.meanings.keys() == set(products)
    for labels, meaning in found.meanings.items():
        if meaning.node is None:
            assert meaning.reason
            continue
        nodes = {node for label in labels for node in BUILT_IN.meanings(label)}
        assert any(meaning.node.id in {node, *BUILT_IN.ancestors(node)} for node in nodes)
    assert resolve_sets(products[::-1], BUILT_IN) == found


@given(names)
def test_one_name_means_what_the_taxonomy_says(name: str) -> None:
    found = BUILT_IN.meanings(name)
    meaning = resolve_sets([frozenset({name})], BUILT_IN).meanings[frozenset({name})]
    assert (meaning.node.id if meaning.node else None) == (found[0] if len(found) == 1 else None)
