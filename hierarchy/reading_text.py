"""Readings as people write them: 1.762-1.770, >1.80, 4.00, uniaxial-, strong."""

import math
import re
from collections.abc import Callable, Mapping

from gemhier.errors import EvidenceError
from gemhier.hierarchy.gem import OPTIC_CHARACTERS, STRENGTHS
from gemhier.hierarchy.readings import (
    BIREFRINGENCE_ERROR,
    BIREFRINGENCE_RANGE,
    GRAVITY_ERROR,
    GRAVITY_RANGE,
    HARDNESS_ERROR,
    HARDNESS_RANGE,
    INDEX_ERROR,
    INDEX_RANGE,
    SPOT_ERROR,
    WIDER_CHARACTERS,
    Birefringence,
    Fluorescence,
    Hardness,
    OpticCharacter,
    OverLimit,
    Pleochroism,
    Reading,
    Refractometer,
    SpecificGravity,
    Spot,
)

KEYS = ("ri", "birefringence", "optic_character", "sg", "hardness", "pleochroism", "fluorescence")
"""What can be measured, as options, columns and arguments call it."""

WEIGHTS = ("weight_in_air", "weight_in_water")
"""Two weighings, which stand for a specific gravity."""

WEIGHT_ERROR = 0.01
"""Standard error of a weighing in carat."""

WATER = 0.9982
"""Density of water at 20 degrees Celsius in grams per cubic centimetre."""

LIMITS = (1.4, 2.2)
"""What a refractometer's highest index can be."""

WEIGHT_RANGE = (0.0, 100_000.0)
"""What a stone can weigh in carat."""

NUMBER = r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)"
TWO = rf"({NUMBER})\s*(?:-|–|—|to)\s*({NUMBER})"
ABOVE = rf"(?:>|over|above)\s*({NUMBER})"
COMMA = r"\d,\d"

CHARACTER_NAMES = {
    "sr": "isotropic",
    "singly refractive": "isotropic",
    "dr": "anisotropic",
    "doubly refractive": "anisotropic",
    "agg": "aggregate",
    **{f"{short}{sign}": f"{name}{sign}" for short, name in (("u", "uniaxial"), ("b", "biaxial")) for sign in "+-"},
    "uniaxial positive": "uniaxial+",
    "uniaxial negative": "uniaxial-",
    "biaxial positive": "biaxial+",
    "biaxial negative": "biaxial-",
}

STRENGTH_NAMES = {"distinct": "moderate"}


def parse_readings(texts: Mapping[str, str], errors: Mapping[str, float] | None = None) -> tuple[Reading, ...]:
    """Read what was measured on one stone.

    Args:
        texts: keys of `KEYS` and `WEIGHTS`, each with what was read; empty ones are left out.
        errors: other standard errors of `ri`, `birefringence`, `sg` and `hardness`.

    Returns:
        One reading for each property, in the order of `KEYS`.

    Raises:
        EvidenceError: if a key is not known, a text is no reading, or one property is given twice.
    """
    if unknown := [key for key in texts if key not in (*KEYS, *WEIGHTS)]:
        raise EvidenceError(f"No reading is called {unknown[0]!r}. Choose of {', '.join((*KEYS, *WEIGHTS))}.")
    given = {key: text.strip() for key, text in texts.items() if text.strip()}
    errors = errors or {}
    found = {key: _PARSERS[key](given[key], errors.get(key)) for key in KEYS if key in given}
    if isinstance(found.get("ri"), Refractometer) and "birefringence" in found:
        raise EvidenceError(
            f"Two readings of the refractive index, {given['ri']}, give the birefringence already. "
            "Leave the birefringence out."
        )
    if weighed := [key for key in WEIGHTS if key in given]:
        if "sg" in found:
            raise EvidenceError("The specific gravity is given and weighed. Give one of the two.")
        if len(weighed) == 1:
            (missing,) = set(WEIGHTS) - set(weighed)
            raise EvidenceError(f"The {_title(weighed[0])} is given alone. Give the {_title(missing)} too.")
        found["sg"] = _weighed(given["weight_in_air"], given["weight_in_water"], errors.get("sg"))
    return tuple(found[key] for key in KEYS if key in found)


def _refractive_index(text: str, error: float | None) -> Reading:
    if above := re.fullmatch(ABOVE, text, re.IGNORECASE):
        limit = _number(above[1], "refractive index", LIMITS, text)
        return OverLimit(text, limit)
    if two := re.fullmatch(TWO, text):
        low, high = (_number(part, "refractive index", INDEX_RANGE, text) for part in two.groups())
        if low > high:
            raise EvidenceError(f"refractive index {text!r}: the lower reading comes first. Write {two[2]}-{two[1]}.")
        if high - low > BIREFRINGENCE_RANGE[1]:
            raise EvidenceError(
                f"refractive index {text!r}: no gem has two indices {high - low:.3f} apart. Read both again."
            )
        return Refractometer(text, low, high, error or INDEX_ERROR)
    return Spot(text, _number(text, "refractive index", INDEX_RANGE, text), error or SPOT_ERROR)


def _birefringence(text: str, error: float | None) -> Reading:
    return Birefringence(text, _number(text, "birefringence", BIREFRINGENCE_RANGE, text), error or BIREFRINGENCE_ERROR)


def _gravity(text: str, error: float | None) -> Reading:
    return SpecificGravity(text, _number(text, "specific gravity", GRAVITY_RANGE, text), error or GRAVITY_ERROR)


def _hardness(text: str, error: float | None) -> Reading:
    if two := re.fullmatch(TWO, text):
        low, high = (_number(part, "hardness", HARDNESS_RANGE, text) for part in two.groups())
        if low > high:
            raise EvidenceError(f"hardness {text!r}: the lower value comes first. Write {two[2]}-{two[1]}.")
        return Hardness(text, (low + high) / 2, max(error or HARDNESS_ERROR, (high - low) / 2))
    return Hardness(text, _number(text, "hardness", HARDNESS_RANGE, text), error or HARDNESS_ERROR)


def _weighed(air_text: str, water_text: str, error: float | None) -> Reading:
    """Return the specific gravity by Archimedes' principle: weight in air over loss of weight in water."""
    text = f"{air_text} in air, {water_text} in water"
    air = _number(air_text, "weight in air", WEIGHT_RANGE, air_text)
    water = _number(water_text, "weight in water", WEIGHT_RANGE, water_text)
    if not 0 < water < air:
        raise EvidenceError(f"A stone weighs less in water than in air. Received: {text}. Weigh again.")
    gravity = WATER * air / (air - water)
    if not GRAVITY_RANGE[0] <= gravity <= GRAVITY_RANGE[1]:
        raise EvidenceError(
            f"{text}: that is a specific gravity of {gravity:.2f}, which no gem has. Weigh again, in one unit."
        )
    # First order: d(air / (air - water)) by both weighings, each with the error of the balance.
    by_weights = gravity * WEIGHT_ERROR * math.hypot(water / air, 1.0) / (air - water)
    return SpecificGravity(text, gravity, error or max(GRAVITY_ERROR, by_weights))


def _optic_character(text: str, _: float | None) -> Reading:
    key = " ".join(text.lower().replace("−", "-").split()).replace(" +", "+").replace(" -", "-")
    named = CHARACTER_NAMES.get(key, key)
    characters = WIDER_CHARACTERS.get(named, (named,))
    if not set(characters) <= set(OPTIC_CHARACTERS):
        raise EvidenceError(
            f"optic character {text!r} is not known. Choose one of {', '.join((*OPTIC_CHARACTERS, *WIDER_CHARACTERS))}."
        )
    return OpticCharacter(text, characters)


def _strength(title: str, text: str) -> str:
    named = STRENGTH_NAMES.get(text.lower(), text.lower())
    if named not in STRENGTHS:
        raise EvidenceError(f"{title} {text!r} is not known. Choose one of {', '.join(STRENGTHS)}.")
    return named


def _number(text: str, title: str, bounds: tuple[float, float], whole: str) -> float:
    if re.fullmatch(NUMBER, text):
        number = float(text)
        if bounds[0] <= number <= bounds[1]:
            return number
        raise EvidenceError(f"{title} {whole!r}: it lies between {bounds[0]:g} and {bounds[1]:g}. Read it again.")
    if re.search(COMMA, text):
        raise EvidenceError(f"{title} {whole!r}: write a point for the comma, {whole.replace(',', '.')}.")
    if re.match(NUMBER, text):
        raise EvidenceError(f"{title} {whole!r}: give the number alone, without a unit or a word.")
    raise EvidenceError(f"{title} {whole!r} is not a number. Write it like {EXAMPLES.get(title, OTHER_EXAMPLE)}.")


def _title(key: str) -> str:
    return key.replace("_", " ")


EXAMPLES = {
    "refractive index": "1.762-1.770, 1.54 or >1.80",
    "birefringence": "0.008",
    "specific gravity": "4.00",
    "hardness": "9",
}
OTHER_EXAMPLE = "1.25"

_PARSERS: Mapping[str, Callable[[str, float | None], Reading]] = {
    "ri": _refractive_index,
    "birefringence": _birefringence,
    "optic_character": _optic_character,
    "sg": _gravity,
    "hardness": _hardness,
    "pleochroism": lambda text, _: Pleochroism(text, _strength("pleochroism", text)),
    "fluorescence": lambda text, _: Fluorescence(text, _strength("fluorescence", text)),
}
