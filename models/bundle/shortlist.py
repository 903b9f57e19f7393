"""The shortlist beside a prediction: what holds the right label as often as was asked for, in names."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gemhier.arrays import Booleans, Float64
from gemhier.errors import BundleError
from gemhier.hierarchy.labels import LabelSpace
from gemhier.hierarchy.prediction_sets import SetThreshold, credible_set, fewest_nodes, prediction_sets
from gemhier.hierarchy.ranking import ranked
from gemhier.hierarchy.taxonomy import Taxonomy
from gemhier.models.bundle.candidate import DECIMALS, Candidate
from gemhier.models.bundle.info import BundleInfo

if TYPE_CHECKING:  # what readings need, and a picture alone does not
    from gemhier.hierarchy.posterior import Candidates, Posterior

MOST_NAMED = 8
"""So many entries are named to a person."""


@dataclass(frozen=True)
class Entry(Candidate):
    """One entry of a shortlist: a label, a node for all its labels, or a gem that the model cannot name.

    Attributes:
        labels: the ids of the labels that it stands for; none for such a gem.
    """

    labels: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """JSON values."""
        return {**super().to_dict(), "labels": list(self.labels)}

    def __str__(self) -> str:
        """As people read it: sapphire (all)."""
        return f"{self.name.lower()} (all)" if len(self.labels) > 1 else self.name.lower()


@dataclass(frozen=True)
class Shortlist:
    """What a stone can be, with a guarantee.

    Attributes:
        guarantee: the share of shortlists that hold the right label, as it was asked for.
        entries: the most probable first; none lies above another.
    """

    guarantee: float
    entries: tuple[Entry, ...]

    @property
    def labels(self) -> tuple[str, ...]:
        """The ids of all labels in it."""
        return tuple(label for entry in self.entries for label in entry.labels)

    def to_dict(self) -> dict[str, Any]:
        """JSON values with the keys of docs/formats.md."""
        return {"guarantee": round(self.guarantee, DECIMALS), "nodes": [entry.to_dict() for entry in self.entries]}

    @property
    def sentence(self) -> str:
        """What is promised: 95% sure to be one of: sapphire (all), tanzanite, iolite."""
        return f"{100 * self.guarantee:.6g}% sure to be {self}"

    def __str__(self) -> str:
        """As people read it: one of: sapphire (all), tanzanite, iolite."""
        names = ", ".join(map(str, self.entries[:MOST_NAMED]))
        more = f" and {len(self.entries) - MOST_NAMED} more" if len(self.entries) > MOST_NAMED else ""
        return names if len(self.entries) == 1 and len(self.labels) < 2 else f"one of: {names}{more}"


def promised(info: BundleInfo, guarantee: float) -> SetThreshold:
    """Return the thresholds of the shortlists that are asked for.

    Raises:
        BundleError: if the bundle does not promise as much.
        ValueError: if the guarantee does not lie between 0 and 1.
    """
    _check(guarantee)
    if info.sets is None:
        raise BundleError(
            f"{info.model_version}: this model promises no shortlist. Leave the guarantee out, or let "
            "`gemhier calibrate` give it one, from the out-of-fold answers of its training."
        )
    row = info.sets.row_for(guarantee)
    if row is None:
        most = info.sets.rows[-1].coverage if info.sets.rows else 0
        raise BundleError(
            f"{info.model_version}: its shortlists are promised up to {most:g}, not {guarantee:g}. Ask for less."
        )
    return row


@dataclass(frozen=True)
class Shortlister:
    """Makes the shortlists of one guarantee.

    Attributes:
        guarantee: as it was asked for.
        thresholds: of it.
        space: the labels.
        taxonomy: names them.
    """

    guarantee: float
    thresholds: SetThreshold
    space: LabelSpace
    taxonomy: Taxonomy

    def of_image(self, labels: Float64) -> Shortlist:
        """Return the shortlist of (V,) P(label) by a picture alone."""
        (chosen,) = prediction_sets(labels[None], self.thresholds, self.space)
        return _named(self.guarantee, labels, chosen, [], self.space, self.taxonomy)

    def of_posterior(self, found: "Posterior", candidates: "Candidates") -> Shortlist:
        """Return the shortlist of all that is known, without what a restriction rules out.

        Gems that the model cannot name are in it from the threshold of the small families on, without a promise. With
        readings only what is in the credible set as well is kept, and always the most probable candidate: the
        thresholds were found without readings, which make the right one more probable.
        """
        everything = np.concatenate([found.labels, found.others])
        (labels,) = prediction_sets(found.labels[None], self.thresholds, self.space)
        others = (found.others >= self.thresholds.others) & (found.others > 0)
        chosen = np.concatenate([labels, others]) & found.allowed
        if found.effects:
            chosen &= credible_set(everything, self.guarantee)
            chosen[everything.argmax()] = True
        return _of_candidates(self.guarantee, found, chosen, candidates)


def credible_shortlist(found: "Posterior", candidates: "Candidates", guarantee: float) -> Shortlist:
    """Return the most probable candidates that together have the probability that is asked for.

    This is for readings without a picture: no thresholds were found on stones that were named so. Gems that the model
    cannot name are in it as labels are.

    Raises:
        ValueError: if the guarantee does not lie between 0 and 1.
    """
    _check(guarantee)
    chosen = credible_set(np.concatenate([found.labels, found.others]), guarantee)
    return _of_candidates(guarantee, found, chosen, candidates)


def _of_candidates(guarantee: float, found: "Posterior", chosen: Booleans, candidates: "Candidates") -> Shortlist:
    """Return the shortlist of those of the (G,) candidates that were chosen."""
    labels, others = np.split(chosen, [len(candidates.space)])
    named = [
        Entry(candidates.others[place], candidates.name(candidates.others[place]), float(found.others[place]))
        for place in np.flatnonzero(others)
    ]
    return _named(guarantee, found.labels, labels, named, candidates.space, candidates.taxonomy)


def _named(
    guarantee: float,
    labels: Float64,
    chosen: Booleans,
    others: Sequence[Entry],
    space: LabelSpace,
    taxonomy: Taxonomy,
) -> Shortlist:
    entries = [
        Entry(
            id=node,
            name=taxonomy[node].name,
            probability=float(labels[columns].sum()),
            labels=tuple(space.labels[column] for column in columns),
        )
        for node, columns in fewest_nodes(chosen, space)
    ]
    entries += others
    order = ranked([entry.probability for entry in entries])
    return Shortlist(guarantee, tuple(entries[place] for place in order))


def _check(guarantee: float) -> None:
    if not 0 < guarantee < 1:
        raise ValueError(f"`guarantee` must lie between 0 and 1. Received: {guarantee}.")
