"""One posterior over the tree, by the rule of Bayes, from the picture, the readings and how common gems are.

P(label | all) is proportional to prior(label) x P(picture | label) x product of P(reading | label). The
network's output is a posterior under the prior of its training, which is all but uniform, so it stands
for P(picture | label) as it is.

Shapes: V labels of the model, O other gems, G = V + O candidates.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from gemhier.arrays import Booleans, Float64
from gemhier.errors import DataError, EvidenceError, TaxonomyError
from gemhier.hierarchy.evidence import Evidence
from gemhier.hierarchy.gem import Gem
from gemhier.hierarchy.gem_table import GemTable
from gemhier.hierarchy.labels import LabelSpace, route
from gemhier.hierarchy.ranking import ranked
from gemhier.hierarchy.readings import Reading, Weighed
from gemhier.hierarchy.taxonomy import Taxonomy

if TYPE_CHECKING:  # it reads YAML, which a picture alone does not need
    from gemhier.hierarchy.properties import Properties

OTHERS_SHARE = 0.05
"""How probable it is, before any reading, that a stone is none of what the model can name."""

IMAGE_MISLEADS = 0.05
"""How often, where there is a reading, the picture is taken to say nothing: in other light it can be wrong and sure."""


@dataclass(frozen=True)
class Effect:
    """What one reading did.

    Attributes:
        reading: the reading.
        fits: ids of the candidates that it fits, the most probable first.
        wrong: how probable it is that this reading is wrong.
        without: the id of the most probable candidate without this reading.
        without_probability: how probable that one would be.
    """

    reading: Reading
    fits: tuple[str, ...]
    wrong: float
    without: str
    without_probability: float


@dataclass(frozen=True, eq=False)
class Posterior:
    """How probable each candidate is, given everything.

    Attributes:
        labels: (V,) of the model's labels; sums to 1 with `others`.
        others: (O,) of the gems that the model cannot name; all 0 without a reading.
        allowed: (G,) which candidates no restriction rules out.
        effects: one for each reading.
    """

    labels: Float64
    others: Float64
    allowed: Booleans
    effects: tuple[Effect, ...] = ()


@dataclass(frozen=True, eq=False)
class Candidates:
    """What a stone can be: the labels of a model, and the gems that it cannot name.

    Attributes:
        space: the labels of the model.
        taxonomy: of the model.
        properties: what is known of gems.
    """

    space: LabelSpace
    taxonomy: Taxonomy
    properties: "Properties"

    @cached_property
    def others(self) -> tuple[str, ...]:
        """(O,) ids of the families that the model does not know, and of synthetics and imitations."""
        known = set(self.space.families)
        outside = self.properties.outside(self.space.labels)
        return tuple(gem for gem in outside if gem.partition("/")[0] not in known)

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """(G,) the labels, then the others."""
        return (*self.space.labels, *self.others)

    @cached_property
    def table(self) -> GemTable:
        """The properties of all G."""
        return GemTable(tuple(self.gem(node) for node in self.ids))

    def gem(self, node: str) -> Gem:
        """Return what is known of a node, or of the nearest above it of which anything is; else an empty gem."""
        for known in reversed(route(node)):
            if known in self.properties:
                return self.properties.gem(known)
        return Gem(id=node, name=self.name(node))

    def name(self, node: str) -> str:
        """Return the name of a label, a node or another gem."""
        return self.taxonomy[node].name if node in self.taxonomy else self.properties.gem(node).name

    def resolve(self, name: str) -> str:
        """Return the id of a gem by its name, an alias or its id.

        Raises:
            EvidenceError: if nothing is called so; it gives the nearest names.
        """
        try:
            return self.taxonomy.resolve(name).id
        except TaxonomyError as error:
            try:
                return self.properties.find(name).id
            except DataError:
                raise EvidenceError(str(error)) from error

    def below(self, name: str) -> Booleans:
        """(G,) which candidates are meant by a name: the node and all below it.

        Raises:
            EvidenceError: if nothing is called so, or no candidate is meant.
        """
        node = self.resolve(name)
        meant = np.array([node in route(candidate) for candidate in self.ids])
        if not meant.any():
            nearest = next((self.name(above) for above in reversed(route(node)) if above in self.space), None)
            instead = f" Name {nearest} instead." if nearest else " `gemhier gems` lists what it can."
            raise EvidenceError(f"{self.name(node)}: this model has no name for it.{instead}")
        return meant


def posterior(image: Float64 | None, candidates: Candidates, evidence: Evidence) -> Posterior:
    """Join what the picture says with the evidence.

    Without any evidence the picture's probabilities come back as they are.

    Args:
        image: (V,) P(label) by the network, sums to 1; None without a picture.
        candidates: what the stone can be.
        evidence: what else is known.

    Raises:
        EvidenceError: if a name in it is not known, or it leaves nothing that the stone can be.
    """
    n_labels, n_others = len(candidates.space), len(candidates.others)
    if image is None:
        image = np.full(n_labels, 1 / n_labels)
    if not evidence:
        return Posterior(image, np.zeros(n_others), np.ones(n_labels + n_others, dtype=np.bool_))
    weighed = [_weighed(reading, candidates, evidence.wrong) for reading in evidence.readings]
    allowed = _allowed(candidates, evidence)
    before = _before_readings(image, candidates, evidence, allowed)
    likelihoods = [of_gem.likelihood for of_gem in weighed]
    after = _normalised(np.prod([before, *likelihoods], axis=0))
    effects = []
    for place, reading in enumerate(evidence.readings):
        without = _normalised(np.prod([before, *likelihoods[:place], *likelihoods[place + 1 :]], axis=0))
        effects.append(_effect(reading, weighed[place], candidates, after, without))
    return Posterior(after[:n_labels], after[n_labels:], allowed, tuple(effects))


def _weighed(reading: Reading, candidates: Candidates, wrong: float) -> Weighed:
    weighed = reading.weigh(candidates.table, wrong)
    if not weighed.known[: len(candidates.space)].any():
        raise EvidenceError(
            f"The {reading.title} of none of this model's gems is known, so a reading says nothing. Leave it out."
        )
    return weighed


def _before_readings(image: Float64, candidates: Candidates, evidence: Evidence, allowed: Booleans) -> Float64:
    """(G,) how probable each candidate is by the picture, the prior and the restrictions.

    A picture that gives all that is allowed a probability of 0, as hard routing to another family does, says nothing.
    """
    n_labels, n_others = len(candidates.space), len(candidates.others)
    if not (image * allowed[:n_labels]).sum() > 0:
        image = np.full(n_labels, 1 / n_labels)
    others = np.zeros(n_others)
    if evidence.readings:
        image = (1 - IMAGE_MISLEADS) * image + IMAGE_MISLEADS / n_labels
        others = np.full(n_others, OTHERS_SHARE / max(n_others, 1))
    if evidence.prior is not None:
        image = image * label_shares(evidence.prior, candidates)
        if not image.sum() > 0:
            raise EvidenceError("The prior gives none of the gems that the picture can show a share. Leave it out.")
        image = _normalised(image)
    labels = (1 - others.sum()) * image
    possible = np.concatenate([labels, others]) * allowed
    if not possible.sum() > 0:
        raise EvidenceError(f"{_restriction(evidence)}: nothing is left that the stone can be. Leave one of them out.")
    return _normalised(possible)


def label_shares(prior: Mapping[str, float], candidates: Candidates) -> Float64:
    """(V,) the share of each label: a node's is spread evenly over the labels below it that have none of their own.

    A label that no node of the prior covers gets the smallest share that any label has.

    Raises:
        EvidenceError: if a name is not known to the model, or no label gets a share.
    """
    space = candidates.space
    by_node = {candidates.resolve(name): share for name, share in prior.items()}
    nearest = [next((node for node in reversed(route(label)) if node in by_node), None) for label in space.labels]
    counts = {node: nearest.count(node) for node in by_node}
    shares = np.array([np.nan if node is None else by_node[node] / counts[node] for node in nearest])
    covered = shares[~np.isnan(shares)]
    if not covered.sum() > 0:
        raise EvidenceError("The prior gives none of the model's labels a share. Name some of them.")
    shares[np.isnan(shares)] = covered[covered > 0].min()
    return _normalised(shares)


def _allowed(candidates: Candidates, evidence: Evidence) -> Booleans:
    allowed = np.ones(len(candidates.ids), dtype=np.bool_)
    if evidence.only:
        allowed = np.any([candidates.below(name) for name in evidence.only], axis=0)
    for name in evidence.without:
        allowed = allowed & ~candidates.below(name)
    return np.asarray(allowed)


def _restriction(evidence: Evidence) -> str:
    only = f"only {', '.join(evidence.only)}" if evidence.only else ""
    without = f"without {', '.join(evidence.without)}" if evidence.without else ""
    return " and ".join(part for part in (only, without) if part)


def _effect(reading: Reading, weighed: Weighed, candidates: Candidates, after: Float64, without: Float64) -> Effect:
    """Say what a reading did.

    Args:
        reading: the reading.
        weighed: what it says of the candidates.
        candidates: what the stone can be.
        after: (G,) how probable they are with it.
        without: (G,) and without it.
    """
    fitting = np.flatnonzero((weighed.wrong < 0.5) & weighed.known & (without > 0))
    best = fitting[ranked(after[fitting])]
    top = int(ranked(without)[0])
    return Effect(
        reading=reading,
        fits=tuple(candidates.ids[place] for place in best),
        wrong=float(np.minimum(after @ weighed.wrong, 1.0)),
        without=candidates.ids[top],
        without_probability=float(without[top]),
    )


def _normalised(weights: Float64) -> Float64:
    return np.asarray(weights / weights.sum())
