from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from gemhier.pipeline.data.contamination import Foreign, foreign_products

FAMILIES = {
    "Opal": {"opal"},
    "Fire Opal": {"opal"},
    "Pearl": {"pearl"},
    "South Sea Pearl": {"pearl"},
    "Ruby": {"corundum"},
    "Quartz": {"quartz"},
    "Cats Eye": {"beryl", "chrysoberyl"},
}


def judged(products: Mapping[str, int]) -> tuple[Foreign, ...]:
    """So many products for the names given with commas; the order of the products must not matter."""
    sets = [frozenset(names.split(", ")) for names, number in products.items() for _ in range(number)]
    found = foreign_products(sets, FAMILIES)
    assert foreign_products(sets[::-1], FAMILIES) == found
    return found


def names_of(found: tuple[Foreign, ...]) -> list[str]:
    return [one.name for one in found if one.contaminated]


def test_a_class_of_mostly_another_family_is_contaminated() -> None:
    found = judged({"Fire Opal, Pearl": 6, "Fire Opal, South Sea Pearl": 1, "Fire Opal, Opal": 3, "Pearl": 20})
    (fire,) = found
    assert fire == Foreign("Fire Opal", "opal", 10, 7, ("pearl",), True)
    assert (fire.share, fire.mostly) == (0.7, "pearl")


def test_half_is_not_most_and_two_products_prove_nothing() -> None:
    assert [one.contaminated for one in judged({"Fire Opal, Pearl": 5, "Fire Opal": 5, "Pearl": 10})] == [False] * 2
    assert names_of(judged({"Fire Opal, Pearl": 2, "Pearl": 10})) == []
    assert names_of(judged({"Fire Opal, Pearl": 3, "Pearl": 10})) == ["Fire Opal"]


def test_a_product_with_any_other_name_of_the_family_belongs_to_it() -> None:
    assert judged({"Fire Opal, Opal, Pearl, South Sea Pearl": 9}) == ()


def test_products_that_stand_alone_belong_to_their_class() -> None:
    (fire,) = judged({"Fire Opal, Pearl, South Sea Pearl": 2, "Fire Opal": 6, "Pearl": 9})
    assert (fire.name, fire.foreign, fire.products, fire.contaminated) == ("Fire Opal", 2, 8, False)


def test_a_class_that_sorts_by_something_else_than_the_gem_is_contaminated_before_those_that_it_accuses() -> None:
    found = judged({"Cats Eye": 60, "Cats Eye, Quartz": 20, "Cats Eye, Ruby": 3, "Cats Eye, Opal": 3})
    assert found == (Foreign("Cats Eye", "beryl", 86, 26, ("quartz", "corundum", "opal"), True),)
    found = judged({"Cats Eye": 60, "Cats Eye, Quartz": 20, "Cats Eye, Ruby": 3})
    assert names_of(found) == ["Quartz", "Ruby"]


def test_a_few_strays_in_a_large_class_are_too_little() -> None:
    strays = {"Opal, Pearl": 3, "Opal, Ruby": 3, "Opal, Quartz": 3, "Pearl": 9, "Ruby": 9, "Quartz": 9}
    assert names_of(judged({"Opal": 900, **strays})) == ["Opal"]
    assert names_of(judged({"Opal": 1000, **strays})) == []


def test_of_two_that_accuse_each_other_the_larger_share_is_wrong_then_the_first_by_name() -> None:
    assert names_of(judged({"Opal, Ruby": 8, "Opal": 1, "Ruby": 3})) == ["Opal"]
    assert names_of(judged({"Opal, Ruby": 8})) == ["Opal"]


def test_names_that_mean_nothing_do_not_count() -> None:
    assert judged({"Opal, Unheard": 9, "Opal, Ruby, Unheard": 1, "Ruby": 9})[0].share == 0.1


def test_a_name_with_several_meanings_accuses_only_what_it_cannot_mean() -> None:
    assert names_of(judged({"Cats Eye, Ruby": 5, "Ruby": 9})) == ["Cats Eye"]
    assert foreign_products([frozenset({"Cats Eye", "Emerald"})] * 5, FAMILIES | {"Emerald": {"beryl"}}) == ()


@given(st.lists(st.frozensets(st.sampled_from(sorted(FAMILIES)), min_size=1), max_size=30))
def test_what_is_left_accuses_no_further_class(products: list[frozenset[str]]) -> None:
    found = foreign_products(products, FAMILIES)
    wrong = {one.name for one in found if one.contaminated}
    again = foreign_products([names - wrong for names in products], FAMILIES)
    assert again == tuple(one for one in found if not one.contaminated)
