"""How probable a reading is."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemhier.hierarchy.gem import Fluorescence, Gem, Range
from gemhier.hierarchy.gem_table import GemTable
from gemhier.hierarchy.reading_text import parse_readings
from gemhier.hierarchy.readings import STRENGTHS, Strength, within
from gemhier.hierarchy.readings import Fluorescence as FluorescenceReading

RUBY = Gem(
    id="corundum/ruby",
    name="Ruby",
    refractive_index=Range(1.762, 1.778),
    birefringence=Range(0.008, 0.010),
    optic_character=("uniaxial-",),
    pleochroism="strong",
    fluorescence=Fluorescence("weak to strong red", "none"),
)
SPINEL = Gem(
    id="spinel",
    name="Spinel",
    refractive_index=Range(1.712, 1.736),
    birefringence=Range(0, 0),
    optic_character=("isotropic",),
    pleochroism="none",
)
JADE = Gem(id="jade", name="Jade", refractive_index=Range(1.60, 1.68), spot_only=True, optic_character=("aggregate",))


def density(gem: Gem, **texts: str) -> float:
    (reading,) = parse_readings(texts)
    return float(reading.density(GemTable([gem]))[0])


@given(st.floats(1, 3), st.floats(0, 1), st.floats(0.01, 0.5))
def test_a_density_integrates_to_one(low: float, width: float, error: float) -> None:
    ranges = np.array([[low, low + width]])
    values = np.linspace(low - 8 * error, low + width + 8 * error, 4001)
    total = np.trapezoid([within(ranges, value, error)[0] for value in values], values)
    assert total == pytest.approx(1, abs=1e-3)


def test_a_range_of_one_point_is_a_normal_density() -> None:
    found = within(np.array([[9.0, 9.0]]), 9.5, 0.5)
    assert found[0] == pytest.approx(np.exp(-0.5) / (0.5 * np.sqrt(2 * np.pi)), rel=0.01)


def test_two_indices_count_by_their_mean_and_their_difference() -> None:
    doubled, single = density(RUBY, ri="1.762-1.770"), density(RUBY, ri="1.766-1.766")
    assert doubled > 3 * single
    assert density(SPINEL, ri="1.718-1.718") > 3 * density(SPINEL, ri="1.714-1.722")


def test_an_aggregate_shows_one_blurred_edge() -> None:
    assert density(JADE, ri="1.64-1.64") > 10 * density(JADE, ri="1.62-1.66")


def test_over_the_limit_is_a_share_of_the_range() -> None:
    zircon = Gem(id="zircon", name="Zircon", refractive_index=Range(1.78, 1.84), birefringence=Range(0, 0))
    assert density(zircon, ri=">1.81") == pytest.approx(0.5)
    assert density(RUBY, ri=">1.81") == 0


def test_an_optic_character_fits_or_not() -> None:
    assert density(RUBY, optic_character="uniaxial") == 1
    assert density(RUBY, optic_character="DR") == 1
    assert density(RUBY, optic_character="SR") == 0


@pytest.mark.parametrize("known", STRENGTHS)
def test_strengths_are_distributions_with_their_own_the_likeliest(known: str) -> None:
    gem = Gem(id="a", name="A", pleochroism=known)
    found = [density(gem, pleochroism=seen) for seen in STRENGTHS]
    assert sum(found) == pytest.approx(1)
    assert STRENGTHS[int(np.argmax(found))] == known


def test_a_strength_from_one_to_another_covers_what_lies_between() -> None:
    assert FluorescenceReading.known_of(RUBY) == ("weak", "moderate", "strong")
    assert FluorescenceReading.known_of(SPINEL) == ()
    assert issubclass(FluorescenceReading, Strength)


def test_what_is_not_known_gets_what_the_others_get_on_average() -> None:
    (reading,) = parse_readings({"sg": "3.6"})
    known = Gem(id="a", name="A", specific_gravity=Range(3.5, 3.7))
    other = Gem(id="b", name="B", specific_gravity=Range(4.5, 4.7))
    found = reading.weigh(GemTable([known, other, SPINEL]), 0.02).likelihood
    assert found[2] == pytest.approx(found[:2].mean())
