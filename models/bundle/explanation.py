"""What stands beside a prediction: what each reading did, which test comes next, and what looks alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gemhier.hierarchy.evidence import Evidence
from gemhier.hierarchy.next_tests import NextTest, next_tests
from gemhier.hierarchy.posterior import Candidates, Effect, Posterior
from gemhier.hierarchy.ranking import ranked
from gemhier.models.bundle.candidate import DECIMALS, Candidate

MOST_FITS = 6
"""So many gems that a reading fits are listed."""

MOST_NAMED = 3
"""So many are named in a sentence."""

PROBABLY = 0.5
"""Readings contradict each other if so many of them are expected to be wrong."""

SURELY = 0.8
"""A reading that is wrong with this probability is said to be."""

LEAST = 1e-6
"""Other gems that are less probable are left out."""


@dataclass(frozen=True)
class LookAlike:
    """A gem that is taken for the likeliest one.

    Attributes:
        id: its id.
        name: its name.
        difference: what tells the two apart.
    """

    id: str
    name: str
    difference: str


@dataclass(frozen=True)
class ReadingEffect:
    """What one reading did, in names.

    Attributes:
        key: of the reading: ri, sg and so on.
        title: its name, "refractive index".
        given: as it was given.
        fits: ids of the candidates that it fits, the most probable first.
        fits_names: their names, a family's where it fits all of it.
        wrong: how probable it is that the reading is wrong.
        without: the most probable candidate without this reading.
    """

    key: str
    title: str
    given: str
    fits: tuple[str, ...]
    fits_names: tuple[str, ...]
    wrong: float
    without: Candidate

    def __str__(self) -> str:
        """As people read it: refractive index 1.762-1.770 fits blue sapphire, ruby."""
        doubt = f"; with the rest it is probably wrong ({self.wrong:.2f})" if self.wrong >= SURELY else ""
        return f"{self.title} {self.given} {self.fits_in_words}{doubt}"

    @property
    def fits_in_words(self) -> str:
        """What it fits: fits blue sapphire, ruby."""
        if not self.fits:
            return "fits none of the gems that are left"
        more = " and others" if len(self.fits_names) > MOST_NAMED else ""
        return f"fits {', '.join(name.lower() for name in self.fits_names[:MOST_NAMED])}{more}"


@dataclass(frozen=True)
class Explanation:
    """What stands beside a prediction.

    Attributes:
        others: gems that the model cannot name, the most probable first; empty without a reading.
        effects: one for each reading.
        next_tests: what would tell most, best first.
        look_alikes: what is taken for the likeliest gem.
    """

    others: tuple[Candidate, ...] = ()
    effects: tuple[ReadingEffect, ...] = ()
    next_tests: tuple[NextTest, ...] = ()
    look_alikes: tuple[LookAlike, ...] = ()

    @property
    def contradiction(self) -> str:
        """That no gem fits all readings, and what each fits, in a sentence; empty if one does."""
        if len(self.effects) < 2 or sum(effect.wrong for effect in self.effects) < PROBABLY:
            return ""
        fits = ", ".join(f"the {effect.title} {effect.given} {effect.fits_in_words}" for effect in self.effects)
        return f"No gem fits all readings: {fits}. Measure again."

    def to_dict(self) -> dict[str, Any]:
        """JSON values with the keys of docs/formats.md."""
        return {
            "others": [gem.to_dict() for gem in self.others],
            "evidence": [
                {
                    "reading": effect.key,
                    "given": effect.given,
                    "fits": list(effect.fits),
                    "probability_wrong": round(effect.wrong, DECIMALS),
                    "without": effect.without.to_dict(),
                }
                for effect in self.effects
            ],
            "next_tests": [
                {
                    "reading": test.key,
                    "name": test.title,
                    "bits": round(test.bits, 3),
                    "outcomes": [
                        {"value": outcome.value, "id": outcome.id, "name": outcome.gem} for outcome in test.outcomes
                    ],
                }
                for test in self.next_tests
            ],
            "look_alikes": [{"id": gem.id, "name": gem.name, "difference": gem.difference} for gem in self.look_alikes],
        }


def explain(posterior: Posterior, candidates: Candidates, evidence: Evidence, *, top: int) -> Explanation:
    """Return what stands beside a prediction.

    Args:
        posterior: how probable the candidates are.
        candidates: what the stone can be.
        evidence: what it was made from, besides the picture.
        top: how many other gems to rank at most.
    """
    best = ranked(posterior.others)[:top]
    others = tuple(
        _other(candidates, candidates.others[place], posterior.others[place])
        for place in best
        if posterior.others[place] >= LEAST
    )
    of_all = np.concatenate([posterior.labels, posterior.others])
    likeliest = candidates.gem(candidates.ids[ranked(of_all)[0]])
    return Explanation(
        others=others,
        effects=tuple(_named(effect, candidates) for effect in posterior.effects),
        next_tests=next_tests(posterior, candidates, [reading.key for reading in evidence.readings]),
        look_alikes=tuple(
            LookAlike(node, candidates.name(node), difference) for node, difference in likeliest.confused_with
        ),
    )


def _named(effect: Effect, candidates: Candidates) -> ReadingEffect:
    return ReadingEffect(
        key=effect.reading.key,
        title=effect.reading.title,
        given=effect.reading.text,
        fits=effect.fits[:MOST_FITS],
        fits_names=_by_family(effect.fits, candidates),
        wrong=effect.wrong,
        without=_other(candidates, effect.without, effect.without_probability),
    )


def _by_family(fits: Sequence[str], candidates: Candidates) -> tuple[str, ...]:
    """Return the names of gems, in their order, with a family for all of its labels."""
    fitting = set(fits)
    partly = {label.partition("/")[0] for label in candidates.space.labels if label not in fitting}
    families = set(candidates.space.families) - partly
    nodes = (node.partition("/")[0] if node.partition("/")[0] in families else node for node in fits)
    return tuple(dict.fromkeys(candidates.name(node) for node in nodes))


def _other(candidates: Candidates, node: str, probability: float) -> Candidate:
    return Candidate(node, candidates.name(node), float(probability))
