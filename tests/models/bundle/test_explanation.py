"""What stands beside a prediction, in words."""

from dataclasses import replace

from gemhier.models.bundle.candidate import Candidate
from gemhier.models.bundle.explanation import Explanation, ReadingEffect

INDEX = ReadingEffect(
    key="ri",
    title="refractive index",
    given="1.762-1.770",
    fits=("corundum/ruby", "garnet/red"),
    fits_names=("Corundum", "Red Garnet"),
    wrong=0.4,
    without=Candidate("quartz/amethyst", "Amethyst", 0.3),
)
GRAVITY = replace(
    INDEX, key="sg", title="specific gravity", given="2.65", fits_names=("Quartz", "Beryl", "Iolite", "Opal")
)


def test_a_reading_names_what_it_fits() -> None:
    assert str(INDEX) == "refractive index 1.762-1.770 fits corundum, red garnet"
    assert str(GRAVITY) == "specific gravity 2.65 fits quartz, beryl, iolite and others"
    assert str(replace(INDEX, fits=(), fits_names=())).endswith("1.762-1.770 fits none of the gems that are left")


def test_a_reading_that_is_surely_wrong_is_said_to_be() -> None:
    assert str(replace(INDEX, wrong=0.91)).endswith("red garnet; with the rest it is probably wrong (0.91)")


def test_readings_that_contradict_each_other_are_said_with_what_each_fits() -> None:
    assert Explanation(effects=(INDEX, GRAVITY)).contradiction == (
        "No gem fits all readings: the refractive index 1.762-1.770 fits corundum, red garnet, the specific gravity "
        "2.65 fits quartz, beryl, iolite and others. Measure again."
    )
    assert Explanation(effects=(replace(INDEX, wrong=0.1), replace(GRAVITY, wrong=0.2))).contradiction == ""
    assert Explanation(effects=(replace(INDEX, wrong=0.9),)).contradiction == ""
