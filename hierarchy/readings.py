"""What a dealer measures on a stone, and how probable that is for each gem.

A gem's property is taken to lie anywhere in its published range with equal probability, and a reading to
differ from it by a normal error of the instrument. So the density of a reading x of a gem with the range
a to b is (Phi((x - a) / s) - Phi((x - b) / s)) / (b - a), with the standard error s.

A reading may also be wrong altogether (a misread shadow edge, an air bubble in the water, another stone):
then it is as probable for all gems, and can be any value that there is or that of another gem. So no single
reading rules a gem out for good.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from gemhier.arrays import Booleans, Float64
from gemhier.hierarchy.gem import OPTIC_CHARACTERS, STRENGTHS, Gem
from gemhier.hierarchy.gem_table import GemTable

INDEX_RANGE = (1.33, 2.90)
"""The refractive indices that a reading can have, from water to rutile."""

REFRACTOMETER_LIMIT = 1.81
"""The refractive index of the contact liquid, above which a refractometer shows no edge."""

BIREFRINGENCE_RANGE = (0.0, 0.30)
GRAVITY_RANGE = (1.0, 8.0)
HARDNESS_RANGE = (1.0, 10.0)

INDEX_ERROR = 0.003
"""Standard error of a reading on a flat facet."""

SPOT_ERROR = 0.01
"""Standard error of a spot reading on a curved surface (the distant vision method)."""

BIREFRINGENCE_ERROR = 0.002
GRAVITY_ERROR = 0.03
HARDNESS_ERROR = 0.5

WIDER_CHARACTERS = {
    "uniaxial": ("uniaxial+", "uniaxial-"),
    "biaxial": ("biaxial+", "biaxial-"),
    "anisotropic": ("uniaxial+", "uniaxial-", "biaxial+", "biaxial-"),
}
"""Characters that leave something open."""

BLURRED = (0.0, 0.01)
"""The birefringence that the edge of an aggregate may seem to have."""

OVERLOOKED = 0.5
"""How often an edge that is there is overlooked, where something goes wrong."""

POINT_WIDTH = 0.1
"""A range of one point is taken to be so wide, in standard errors of the reading."""

_NEIGHBOUR = 0.3
"""How often two people differ by a step about a strength, to either side, relative to how often they agree."""

_erf = np.vectorize(math.erf, otypes=[float])


@dataclass(frozen=True, eq=False)
class Weighed:
    """What a reading says of G gems.

    Attributes:
        known: (G,) whether the property is known of the gem.
        likelihood: (G,) how probable the reading is for the gem, above 0 if readings can be wrong.
        wrong: (G,) how probable it is, if it is this gem, that the reading is wrong.
    """

    known: Booleans
    likelihood: Float64
    wrong: Float64


@dataclass(frozen=True)
class Reading(ABC):
    """One thing measured.

    Attributes:
        text: as it was given.
    """

    key: ClassVar[str]
    """The option and the column it comes from."""

    title: ClassVar[str]
    """What it is called in a sentence."""

    text: str

    @abstractmethod
    def density(self, table: GemTable) -> Float64:
        """(G,) how probable the reading is for each gem, if it is not wrong; nan where nothing is known."""

    @property
    @abstractmethod
    def background(self) -> float:
        """How probable the reading is, if it can be any value that there is."""

    def weigh(self, table: GemTable, wrong: float) -> Weighed:
        """Weigh gems by the reading, right or wrong.

        A gem of which nothing is known gets what the others get on average, so that the reading neither helps nor
        harms it. A wrong reading is any value that there is (a misread scale) or that of another gem (a stone or a
        line of the notebook mixed up), both as likely.

        Args:
            table: the gems.
            wrong: the share of readings that are wrong, from 0 to 1.
        """
        density = self.density(table)
        known = ~np.isnan(density)
        average = density[known].mean() if known.any() else self.background
        by_mistake = wrong * (self.background + average) / 2
        likelihood = (1 - wrong) * np.where(known, density, average) + by_mistake
        return Weighed(known, likelihood, by_mistake / likelihood)


@dataclass(frozen=True)
class Refractometer(Reading):
    """The lowest and the highest edge that a turned stone shows; they are equal where it is singly refractive.

    Attributes:
        low: the lower index.
        high: the higher one.
        error: the standard error of one.
    """

    key: ClassVar[str] = "ri"
    title: ClassVar[str] = "refractive index"

    low: float
    high: float
    error: float = INDEX_ERROR

    def density(self, table: GemTable) -> Float64:
        """(G,) density of the mean of the two times density of their difference, which is the birefringence.

        An error of the instrument may shift both alike, so the mean is no better than one of them. An
        aggregate shows a blurred edge at most.
        """
        difference_error = self.error * math.sqrt(2)
        mean = within(table.mean_index, (self.low + self.high) / 2, self.error)
        difference = within(table.birefringence, self.high - self.low, difference_error)
        blurred = table.spot_only & np.isnan(difference)
        difference[blurred] = within(np.array([BLURRED]), self.high - self.low, difference_error)[0]
        difference[np.isnan(difference)] = 1 / _span(BIREFRINGENCE_RANGE)
        return mean * difference

    @property
    def background(self) -> float:
        """Any index, and any difference."""
        return 1 / (_span(INDEX_RANGE) * _span(BIREFRINGENCE_RANGE))


@dataclass(frozen=True)
class OverLimit(Reading):
    """A refractometer that shows no edge: the index is above its limit.

    Attributes:
        limit: the highest index that it would show.
    """

    key: ClassVar[str] = "ri"
    title: ClassVar[str] = "refractive index"

    limit: float = REFRACTOMETER_LIMIT

    def density(self, table: GemTable) -> Float64:
        """(G,) probability that a stone's lower index is above the limit."""
        low, high = table.mean_index.T
        width = np.maximum(high - low, INDEX_ERROR)
        return np.asarray(np.clip((low + width - self.limit) / width, 0.0, 1.0))

    @property
    def background(self) -> float:
        """An edge that is there is overlooked."""
        return OVERLOOKED


@dataclass(frozen=True)
class Measured(Reading):
    """One number.

    Attributes:
        value: as it was read.
        error: its standard error.
    """

    property_name: ClassVar[str]
    bounds: ClassVar[tuple[float, float]]

    value: float
    error: float

    def density(self, table: GemTable) -> Float64:
        """(G,) density of the value."""
        return within(getattr(table, self.property_name), self.value, self.error)

    @property
    def background(self) -> float:
        """Any value that there is."""
        return 1 / _span(self.bounds)


class Spot(Measured):
    """One refractive index, of a curved or an opaque stone."""

    key = "ri"
    title = "refractive index (spot)"
    property_name = "refractive_index"
    bounds = INDEX_RANGE


class Birefringence(Measured):
    """The difference of the two refractive indices."""

    key = "birefringence"
    title = "birefringence"
    property_name = "birefringence"
    bounds = BIREFRINGENCE_RANGE


class SpecificGravity(Measured):
    """How many times heavier than water."""

    key = "sg"
    title = "specific gravity"
    property_name = "specific_gravity"
    bounds = GRAVITY_RANGE


class Hardness(Measured):
    """On the scale of Mohs."""

    key = "hardness"
    title = "hardness"
    property_name = "hardness"
    bounds = HARDNESS_RANGE


@dataclass(frozen=True)
class OpticCharacter(Reading):
    """What a polariscope shows.

    Attributes:
        characters: those of `OPTIC_CHARACTERS` that fit what was seen.
    """

    key: ClassVar[str] = "optic_character"
    title: ClassVar[str] = "optic character"

    characters: tuple[str, ...]

    def density(self, table: GemTable) -> Float64:
        """(G,) the share of what a gem can show that fits."""
        fits = [
            sum(seen in self.characters for seen in gem.optic_character) / len(gem.optic_character)
            if gem.optic_character
            else np.nan
            for gem in table.gems
        ]
        return np.array(fits, dtype=np.float64)

    @property
    def background(self) -> float:
        """Any character."""
        return len(self.characters) / len(OPTIC_CHARACTERS)


@dataclass(frozen=True)
class Strength(Reading):
    """How strong an effect is.

    Attributes:
        strength: one of `STRENGTHS`.
    """

    strength: str

    def density(self, table: GemTable) -> Float64:
        """(G,) probability that a person calls the gem's effect so strong."""
        return np.array([self._probability(self.known_of(gem)) for gem in table.gems])

    @staticmethod
    @abstractmethod
    def known_of(gem: Gem) -> tuple[str, ...]:
        """Return the strengths that the gem can have; empty if that is not known."""

    def _probability(self, known: Sequence[str]) -> float:
        if not known:
            return math.nan
        seen = STRENGTHS.index(self.strength)
        return float(np.mean([called(STRENGTHS.index(strength))[seen] for strength in known]))

    @property
    def background(self) -> float:
        """Any strength."""
        return 1 / len(STRENGTHS)


class Pleochroism(Strength):
    """How much the colour changes with the direction that one looks from."""

    key = "pleochroism"
    title = "pleochroism"

    @staticmethod
    def known_of(gem: Gem) -> tuple[str, ...]:
        """Return the strength that the gem has."""
        return () if gem.pleochroism is None else (gem.pleochroism,)


class Fluorescence(Strength):
    """How a stone glows under long-wave ultraviolet light."""

    key = "fluorescence"
    title = "fluorescence"

    @staticmethod
    def known_of(gem: Gem) -> tuple[str, ...]:
        """Return the strengths that the gem can have: "none to moderate" names the two ends."""
        if gem.fluorescence is None:
            return ()
        words = gem.fluorescence.long_wave.split()
        ends = [place for place, strength in enumerate(STRENGTHS) if strength in words]
        return STRENGTHS[min(ends) : max(ends) + 1] if ends else ()


def within(ranges: Float64, value: float, error: float) -> Float64:
    """Return the density of a reading whose true value lies anywhere in a range.

    Args:
        ranges: (G, 2) lowest and highest true value; nan where they are not known.
        value: what was read.
        error: its standard error, above 0.

    Returns:
        (G,), nan where the range is. A range of one point gives the normal density.
    """
    low, high = ranges.T
    width = np.maximum(high - low, error * POINT_WIDTH)
    low = (low + high - width) / 2
    above, below = (value - low) / error, (value - low - width) / error
    return np.asarray((_erf(above / math.sqrt(2)) - _erf(below / math.sqrt(2))) / 2 / width)


def called(strength: int) -> Float64:
    """(4,) the probability of each of `STRENGTHS` for one that is really the `strength`th."""
    weights = _NEIGHBOUR ** np.abs(np.arange(len(STRENGTHS)) - strength, dtype=np.float64)
    return np.asarray(weights / weights.sum())


def _span(bounds: tuple[float, float]) -> float:
    return bounds[1] - bounds[0]
