"""Which measurement would tell the present candidates apart best.

A test is worth its expected information, the mutual information between the gem and the reading
(Lindley, Annals of Mathematical Statistics 1956), for what it costs: time, a loose stone, skill. A
test that harms the stone is not proposed.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gemhier.arrays import Float64
from gemhier.hierarchy.gem import OPTIC_CHARACTERS, OTHERS, STRENGTHS
from gemhier.hierarchy.gem_table import GemTable
from gemhier.hierarchy.posterior import Candidates, Posterior
from gemhier.hierarchy.ranking import ranked
from gemhier.hierarchy.readings import (
    BIREFRINGENCE_ERROR,
    GRAVITY_ERROR,
    INDEX_ERROR,
    REFRACTOMETER_LIMIT,
    SPOT_ERROR,
    Fluorescence,
    OpticCharacter,
    Pleochroism,
    within,
)

MOST_CANDIDATES = 24
"""So many of the likeliest gems are weighed against each other."""

LEAST_WEIGHED = 1e-12
"""A gem that is less probable is not weighed: it tells nothing, and its information has no finite logarithm."""

LEAST_BITS = 0.1
"""A test that is expected to tell less is not proposed."""

MOST_PROPOSED = 2
"""So many tests are proposed."""

MOST_NAMED = 3
"""A test is shown for so many gems."""

LEAST_NAMED = 0.02
"""A gem that is less probable is not named beside a test."""

STEPS = 160
"""A number that could be read is taken to be one of so many, evenly apart."""

TAILS = 3
"""How many standard errors they go beyond the ranges of the gems."""


@dataclass(frozen=True)
class Outcome:
    """What a test would show for one of the candidates.

    Attributes:
        value: in words, "1.76 to 1.77".
        gem: the candidate's name.
        id: its id.
    """

    value: str
    gem: str
    id: str


@dataclass(frozen=True)
class NextTest:
    """A measurement that would help.

    Attributes:
        key: of the reading: ri, sg, optic_character, pleochroism or fluorescence.
        title: its name, "refractive index".
        bits: how much it is expected to tell about the gem.
        outcomes: what it would show for the likeliest candidates.
    """

    key: str
    title: str
    bits: float
    outcomes: tuple[Outcome, ...]

    def __str__(self) -> str:
        """As people read it: Refractive index: 1.76 to 1.77 is sapphire, 1.61 to 1.64 tourmaline."""
        first, *more = (f"{outcome.value} {{}}{outcome.gem.lower()}" for outcome in self.outcomes)
        said = ", ".join([first.format("is "), *(part.format("") for part in more)])
        return f"{self.title[0].upper()}{self.title[1:]}: {said}."


@dataclass(frozen=True)
class Test:
    """A measurement that can be proposed.

    Attributes:
        key: of its reading.
        title: its name.
        cost: relative to a reading on the refractometer.
    """

    key: str
    title: str
    cost: float


TESTS = (
    Test("ri", "refractive index", 1.0),
    Test("sg", "specific gravity", 1.5),
    Test("optic_character", "optic character", 1.0),
    Test("pleochroism", "pleochroism", 1.0),
    Test("fluorescence", "fluorescence under long-wave ultraviolet", 1.0),
)
"""Hardness is not among them: a scratch harms the stone."""


def next_tests(
    posterior: Posterior, candidates: Candidates, done: Sequence[str] = (), *, most: int = MOST_PROPOSED
) -> tuple[NextTest, ...]:
    """Return the tests that are worth most, best first.

    Args:
        posterior: how probable the candidates are now.
        candidates: what the stone can be.
        done: keys of the readings that there are already. After two indices the birefringence is known too.
        most: how many to give at most.
    """
    of_all = np.concatenate([posterior.labels, posterior.others])
    likeliest = ranked(of_all)[:MOST_CANDIDATES]
    likeliest = likeliest[of_all[likeliest] >= LEAST_WEIGHED]
    weights = of_all[likeliest] / of_all[likeliest].sum()
    table = GemTable([candidates.table.gems[place] for place in likeliest])
    ids = [candidates.ids[place] for place in likeliest]
    tests = [test for test in TESTS if test.key not in done]
    bits = [_bits(test.key, table, weights) for test in tests]
    found = []
    for place in ranked([worth / test.cost for worth, test in zip(bits, tests, strict=True)]):
        test = tests[place]
        outcomes = _outcomes(test.key, table, ids, weights, candidates)
        if bits[place] >= LEAST_BITS and len(outcomes) > 1:
            found.append(NextTest(test.key, test.title, bits[place], outcomes))
    return tuple(found[:most])


def _bits(key: str, table: GemTable, weights: Float64) -> float:
    """Return the mutual information of gem and reading in bits, of gems for which the property is known."""
    entropy = -float(np.sum(weights * np.log2(weights)))
    if key == "ri":
        error = SPOT_ERROR if weights[table.spot_only].sum() > 0.5 else INDEX_ERROR
        ranges = np.minimum(table.mean_index, REFRACTOMETER_LIMIT)
        both = _numeric(ranges, error, weights) + _numeric(table.birefringence, BIREFRINGENCE_ERROR, weights)
        return min(both, entropy)
    if key == "sg":
        return _numeric(table.specific_gravity, GRAVITY_ERROR, weights)
    if key == "optic_character":
        answers = np.stack([OpticCharacter("", (seen,)).density(table) for seen in OPTIC_CHARACTERS], axis=1)
    else:
        kind = Pleochroism if key == "pleochroism" else Fluorescence
        answers = np.stack([kind("", strength).density(table) for strength in STRENGTHS], axis=1)
    return _information(answers, weights)


def _numeric(ranges: Float64, error: float, weights: Float64) -> float:
    """Return the mutual information of the gem and a number with this error."""
    known = ~np.isnan(ranges).any(axis=1)
    if not known.any():
        return 0.0
    lowest, highest = ranges[known].min() - TAILS * error, ranges[known].max() + TAILS * error
    steps = np.linspace(lowest, highest, STEPS)
    densities = np.stack([within(ranges, value, max(error, (highest - lowest) / STEPS)) for value in steps], axis=1)
    return _information(densities, weights)


def _information(answers: Float64, weights: Float64) -> float:
    """Return the mutual information in bits.

    Args:
        answers: (K, A) how probable each answer of a test is for each gem, up to a factor; nan where it is not known.
        weights: (K,) how probable each gem is.
    """
    known = ~np.isnan(answers).any(axis=1) & (np.nansum(answers, axis=1) > 0)
    if not known.any():
        return 0.0
    of_gem = answers[known] / answers[known].sum(axis=1, keepdims=True)
    gems = weights[known]
    of_all = gems @ of_gem / gems.sum()
    with np.errstate(divide="ignore", invalid="ignore"):
        gain = np.where(of_gem > 0, of_gem * np.log2(of_gem / of_all), 0.0)
    return float(gems @ gain.sum(axis=1))


def _outcomes(
    key: str, table: GemTable, ids: Sequence[str], weights: Float64, candidates: Candidates
) -> tuple[Outcome, ...]:
    """Return what the likeliest gems would show: of several families, or else of several gems of one."""
    worth_naming = [row for row in range(len(ids)) if weights[row] >= LEAST_NAMED]
    by_family: dict[str, list[int]] = {}
    for row in worth_naming:
        by_family.setdefault(_family(ids[row]), []).append(row)
    groups = list(by_family.values()) if len(by_family) > 1 else [[row] for row in worth_naming]
    found: dict[str, Outcome] = {}
    for place in ranked([weights[rows].sum() for rows in groups]):
        rows = groups[place]
        value = _shown(key, table, rows)
        if value is not None and value not in found:
            found[value] = Outcome(value, _name([ids[row] for row in rows], candidates), ids[rows[0]])
    return tuple(found.values())[:MOST_NAMED]


def _shown(key: str, table: GemTable, rows: Sequence[int]) -> str | None:
    """Return what a test shows for some gems, in words; None if that is not known."""
    gems = [table.gems[row] for row in rows]
    if key in ("ri", "sg"):
        ranges = (table.refractive_index if key == "ri" else table.specific_gravity)[list(rows)]
        if np.isnan(ranges).any():
            return None
        low, high = ranges.min(), ranges.max()
        if key == "ri" and low > REFRACTOMETER_LIMIT:
            return f"over {REFRACTOMETER_LIMIT:.2f}"
        decimals = 2 if key == "sg" or any(gem.spot_only for gem in gems) else 3
        one, other = f"{low:.{decimals}f}", f"{high:.{decimals}f}"
        return one if one == other else f"{one} to {other}"
    if key == "optic_character":
        seen = {character for gem in gems for character in gem.optic_character}
        return " or ".join(character for character in OPTIC_CHARACTERS if character in seen) or None
    if key == "pleochroism":
        strengths = {gem.pleochroism for gem in gems}
        return " or ".join(strength for strength in STRENGTHS if strength in strengths) or None
    glows = {gem.fluorescence.long_wave for gem in gems if gem.fluorescence is not None}
    return glows.pop() if len(glows) == 1 else None


def _name(nodes: Sequence[str], candidates: Candidates) -> str:
    """Return the name of one node, or of what several have in common."""
    common = nodes[0].split("/")
    for node in nodes[1:]:
        shared = [one == other for one, other in zip(common, node.split("/"), strict=False)]
        common = common[: ([*shared, False]).index(False)]
    return candidates.name("/".join(common))


def _family(node: str) -> str:
    return node if node.startswith(OTHERS) else node.partition("/")[0]
