"""Which spellings are one name, and which name was meant."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemhier.hierarchy.names import name_key, nearest_names


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Pearls", "Pearl"),
        ("Tigers Eye", "Tiger's Eye"),
        ("Tiger Eye", "Tiger’s Eye"),
        ("tiger-eyes", "TIGERS_EYE"),
        ("BlueSapphire", "blue sapphire"),
        ("Rubies", "Ruby"),
        ("Onyxes", "onyx"),
        ("Topazes", "Topaz"),
        ("Tourmaline, Paraíba", "tourmaline paraiba"),
        ("Emerald (Panna)", "Emerald Panna"),
        ("Ruby & Sapphire", "Ruby and Sapphire"),
        ("  Lapis   Lazuli ", "lapis-lazuli"),
        ("Yellow Sapphire - Pukhraj", "Yellow Sapphire Pukhraj"),
        ("ＯＰＡＬ", "opal"),
    ],
)
def test_spellings_of_one_name(first: str, second: str) -> None:
    assert name_key(first) == name_key(second)


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Iris", "iris"),
        ("Lapis", "lapis"),
        ("Glass", "glass"),
        ("Citrus", "citrus"),
        ("Chrysoprase", "chrysoprase"),
        ("Turquoises", "turquoise"),
        ("Gas", "gas"),
        ("Sphene", "sphene"),
        ("Andamooka Sands", "andamooka sand"),
        ("Rose de France", "rose de france"),
        ("नीलम", "नीलम"),
        ("&", ""),
        ("", ""),
    ],
)
def test_what_is_left_of_a_name(name: str, key: str) -> None:
    assert name_key(name) == key


def test_the_order_of_words_tells_names_apart() -> None:
    assert name_key("Sapphire Blue") != name_key("Blue Sapphire")


@given(st.text())
def test_the_key_of_a_key_is_itself(name: str) -> None:
    assert name_key(name_key(name)) == name_key(name)


@given(st.text(st.characters(codec="ascii")))
def test_case_and_punctuation_around_words_do_not_matter(name: str) -> None:
    assert name_key(f" -{name_key(name).upper()}_! ") == name_key(name)


KNOWN = ("Emerald", "Colombian Emerald", "Diamond", "Ruby", "Blue Sapphire", "Amethyst", "Pearl (Moti)")


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("Emrald", "Emerald"),
        ("amethist", "Amethyst"),
        ("Sapphire, Blue", "Blue Sapphire"),
        ("Emerald from Colombia", "Emerald"),
        ("pearl moti", "Pearl (Moti)"),
    ],
)
def test_the_nearest_name_comes_first(name: str, nearest: str) -> None:
    assert nearest_names(name, KNOWN)[0] == nearest


@pytest.mark.parametrize("name", ["", "xqzw", "certificate of analysis"])
def test_what_is_like_nothing_has_no_nearest_name(name: str) -> None:
    assert nearest_names(name, KNOWN) == ()


def test_no_more_names_than_asked_for_and_none_twice() -> None:
    known = ["Red Spinel", "red spinels", "Pink Spinel", "Blue Spinel", "Black Spinel"]
    assert nearest_names("Spinel Red", known, n=2) == ("Red Spinel", "Black Spinel")


@given(st.lists(st.text(min_size=1), min_size=1, unique_by=name_key).filter(lambda names: all(map(name_key, names))))
def test_a_known_name_is_the_nearest_to_itself(known: list[str]) -> None:
    assert nearest_names(known[0], known, n=1) == (known[0],)
