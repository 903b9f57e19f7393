"""Readings as people write them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemhier.errors import EvidenceError
from gemhier.hierarchy.reading_text import KEYS, WEIGHTS, parse_readings
from gemhier.hierarchy.readings import (
    INDEX_ERROR,
    SPOT_ERROR,
    Fluorescence,
    Hardness,
    OpticCharacter,
    OverLimit,
    Pleochroism,
    Refractometer,
    SpecificGravity,
    Spot,
)


def one(**texts: str) -> object:
    """Return the only reading."""
    (reading,) = parse_readings(texts)
    return reading


@pytest.mark.parametrize("text", ["1.762-1.770", "1.762 - 1.770", "1.762–1.770", "1.762 to 1.770", " 1.762-1.770 "])
def test_two_readings_of_a_refractometer(text: str) -> None:
    assert one(ri=text) == Refractometer(text.strip(), 1.762, 1.77, INDEX_ERROR)


def test_one_index_is_a_spot_reading() -> None:
    assert one(ri="1.54") == Spot("1.54", 1.54, SPOT_ERROR)


@pytest.mark.parametrize("text", [">1.80", "> 1.80", "over 1.80", "Above 1.80"])
def test_an_index_over_the_limit(text: str) -> None:
    assert one(ri=text) == OverLimit(text, 1.8)


def test_two_weighings_give_a_specific_gravity() -> None:
    reading = one(weight_in_air="4.00", weight_in_water="3.00")
    assert isinstance(reading, SpecificGravity)
    assert reading.value == pytest.approx(3.993, abs=0.001)  # 0.9982 g/cm3 of water at 20 degrees
    assert reading.error == pytest.approx(3.993 * 0.01 * math.hypot(0.75, 1) / 1.0, rel=0.01)


def test_a_small_stone_is_weighed_less_well() -> None:
    small, large = one(weight_in_air="0.40", weight_in_water="0.30"), one(weight_in_air="40", weight_in_water="30")
    assert isinstance(small, SpecificGravity)
    assert isinstance(large, SpecificGravity)
    assert small.error > 0.4
    assert large.error == 0.03


def test_a_range_of_hardness_has_a_wider_error() -> None:
    assert one(hardness="7-9") == Hardness("7-9", 8.0, 1.0)


@pytest.mark.parametrize(
    ("text", "characters"),
    [
        ("SR", ("isotropic",)),
        ("isotropic", ("isotropic",)),
        ("DR", ("uniaxial+", "uniaxial-", "biaxial+", "biaxial-")),
        ("Uniaxial -", ("uniaxial-",)),
        ("U-", ("uniaxial-",)),
        ("biaxial positive", ("biaxial+",)),
        ("uniaxial", ("uniaxial+", "uniaxial-")),
        ("AGG", ("aggregate",)),
    ],
)
def test_optic_characters(text: str, characters: tuple[str, ...]) -> None:
    assert one(optic_character=text) == OpticCharacter(text, characters)


def test_strengths() -> None:
    assert one(pleochroism="Distinct") == Pleochroism("Distinct", "moderate")
    assert one(fluorescence="none") == Fluorescence("none", "none")


def test_readings_come_in_one_order_and_empty_cells_are_none() -> None:
    readings = parse_readings({"sg": "4.0", "hardness": " ", "ri": "1.76"})
    assert [reading.key for reading in readings] == ["ri", "sg"]


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ({"colour": "red"}, "No reading is called 'colour'. Choose of ri, birefringence"),
        ({"ri": "abc"}, "refractive index 'abc' is not a number. Write it like 1.762-1.770, 1.54 or >1.80."),
        ({"ri": "1.770-1.762"}, "the lower reading comes first. Write 1.762-1.770."),
        ({"ri": "1,76"}, "write a point for the comma, 1.76."),
        ({"ri": "nan"}, "is not a number"),
        ({"ri": "inf"}, "is not a number"),
        ({"ri": "0.9"}, "it lies between 1.33 and 2.9"),
        ({"ri": "1.4-1.9"}, "no gem has two indices 0.500 apart"),
        ({"ri": "1.76 nm"}, "give the number alone"),
        ({"sg": "4.0 g/cm3"}, "specific gravity '4.0 g/cm3': give the number alone, without a unit or a word."),
        ({"sg": "-4"}, "it lies between 1 and 8"),
        ({"hardness": "12"}, "it lies between 1 and 10"),
        ({"hardness": "9-7"}, "Write 7-9."),
        ({"optic_character": "triaxial"}, "Choose one of isotropic, uniaxial+"),
        ({"pleochroism": "very"}, "Choose one of none, weak, moderate, strong."),
        ({"ri": "1.762-1.770", "birefringence": "0.008"}, "give the birefringence already"),
        ({"sg": "4", "weight_in_air": "4", "weight_in_water": "3"}, "given and weighed"),
        ({"weight_in_air": "4"}, "The weight in air is given alone. Give the weight in water too."),
        ({"weight_in_air": "3", "weight_in_water": "4"}, "weighs less in water than in air"),
        ({"weight_in_air": "4", "weight_in_water": "3.9"}, "a specific gravity of 39.93, which no gem has"),
    ],
)
def test_what_is_no_reading_is_said_in_one_line(texts: dict[str, str], message: str) -> None:
    with pytest.raises(EvidenceError) as caught:
        parse_readings(texts)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@given(st.dictionaries(st.sampled_from((*KEYS, *WEIGHTS)), st.text(max_size=12)))
def test_any_text_is_read_or_refused_in_words(texts: dict[str, str]) -> None:
    try:
        readings = parse_readings(texts)
    except EvidenceError:
        return
    assert len(readings) <= len(KEYS)
