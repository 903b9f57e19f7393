"""From P(label) and all else that is known of a stone to its prediction, with what is promised of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from gemhier.arrays import Float64
from gemhier.hierarchy.evidence import Evidence
from gemhier.hierarchy.labels import LabelSpace
from gemhier.hierarchy.novelty import entropies
from gemhier.hierarchy.taxonomy import Taxonomy
from gemhier.models.bundle.decision import NOVEL, WITHOUT_IMAGE, Decider, caution, decide
from gemhier.models.bundle.info import BundleInfo
from gemhier.models.bundle.predictions import Prediction

if TYPE_CHECKING:  # what readings and guarantees need, and a picture alone does not
    from gemhier.hierarchy.posterior import Candidates, Posterior
    from gemhier.models.bundle.shortlist import Shortlister


@dataclass(frozen=True)
class Asked:
    """What is asked for.

    Attributes:
        top: how many families and labels to rank at most, at least 1.
        target_precision: the share of answers that should be right; None for the one that the bundle was packaged with.
        guarantee: the share of shortlists that should hold the right label; None for no shortlist.

    Raises:
        ValueError: if there is nothing to rank.
    """

    top: int = 5
    target_precision: float | None = None
    guarantee: float | None = None

    def __post_init__(self) -> None:
        check_numbers(top=self.top)


@dataclass(frozen=True, eq=False)
class Judge:
    """Decides on stones whose probabilities are known. Threads may share it.

    Attributes:
        info: what the bundle.json says.
        taxonomy: knows every node on the routes of the labels.
        space: the labels.
        stone_threshold: the least score of a gem.
    """

    info: BundleInfo
    taxonomy: Taxonomy
    space: LabelSpace
    stone_threshold: float

    @cached_property
    def candidates(self) -> "Candidates":
        """What a stone can be where there are readings: the labels, and gems that the network cannot name."""
        from gemhier.hierarchy.posterior import Candidates  # not needed for a picture alone
        from gemhier.hierarchy.properties import load_properties

        return Candidates(self.space, self.taxonomy, load_properties())

    def check(self, asked: Asked) -> None:
        """Raise what deciding would, before any picture is read: the errors of `decide`."""
        self.info.threshold_for(asked.target_precision)
        if asked.guarantee is not None:
            self.shortlister(asked.guarantee)

    def shortlister(self, guarantee: float, *, unlike: bool = False) -> "Shortlister":
        """Return what makes the shortlists of a guarantee.

        Args:
            guarantee: the share of shortlists that should hold the right label.
            unlike: whether they are of pictures that are unlike those of the calibration.

        Raises:
            BundleError: if the bundle does not promise as much.
            ValueError: if `guarantee` does not lie between 0 and 1.
        """
        from gemhier.models.bundle.shortlist import Shortlister, promised  # which few ask for

        info = self.info.away if unlike else self.info
        return Shortlister(guarantee, promised(info, guarantee), self.space, self.taxonomy)

    def decide(
        self,
        images: Sequence[str],
        probabilities: Float64,
        scores: Sequence[float],
        asked: Asked,
        *,
        evidence: Sequence[Evidence | None] | None = None,
        like: Sequence[bool | None] | None = None,
    ) -> list[Prediction]:
        """Decide on N stones.

        Args:
            images: (N,) what to call the pictures.
            probabilities: (N, V), P(label).
            scores: (N,) how sure the stone finder is that it sees a gem.
            asked: what is asked for.
            evidence: (N,) what else is known about each stone.
            like: (N,) whether each picture is like those that the bundle was calibrated on; None if that is not known.

        Raises:
            ValueError: if what is asked for is outside its range, or the shapes do not fit.
            BundleError: if the bundle does not promise as much as the guarantee.
            EvidenceError: if a name in the evidence is not known, or it leaves nothing that a stone can be.
        """
        self.check(asked)
        known = evidence or [None] * len(probabilities)
        likeness = like or [None] * len(probabilities)
        unlike = [each is False for each in likeness]
        sides = {side: self.info.away if side else self.info for side in set(unlike)}
        least = {side: info.threshold_for(asked.target_precision) for side, info in sides.items()}
        shortlisters = (
            {}
            if asked.guarantee is None
            else {side: self.shortlister(asked.guarantee, unlike=side) for side in set(unlike)}
        )
        posteriors = [
            None if found is None else self._posterior(row, found)
            for row, found in zip(probabilities, known, strict=True)
        ]
        labels = np.array(
            [row if after is None else after.labels for row, after in zip(probabilities, posteriors, strict=True)]
        )
        threshold = np.array([least[side] for side in unlike])
        novel = self._novel(probabilities, known, unlike)
        predictions = decide(images, labels, scores, self._decider, threshold=threshold, top=asked.top)
        for row, (prediction, after, found) in enumerate(zip(predictions, posteriors, known, strict=True)):
            if after is not None and found is not None:
                prediction = self._explained(prediction, after, found, asked.top)
            if scores[row] >= self.stone_threshold:
                if shortlisters:
                    shortlister = shortlisters[unlike[row]]
                    sure = (
                        shortlister.of_image(labels[row])
                        if after is None
                        else shortlister.of_posterior(after, self.candidates)
                    )
                    prediction = replace(prediction, shortlist=sure)
                caution = self._caution(asked) if unlike[row] else NOVEL if novel[row] else ""
                prediction = replace(prediction, caution=caution, novel=novel[row])
            predictions[row] = replace(prediction, like=likeness[row])
        return predictions

    def identify(self, evidence: Evidence, asked: Asked) -> Prediction:
        """Decide on a stone without a picture, whose shortlist is a credible set: nothing is calibrated for it.

        Raises:
            ValueError: if what is asked for is outside its range.
            EvidenceError: if a name in the evidence is not known, or it leaves nothing that the stone can be.
        """
        from gemhier.models.bundle.shortlist import credible_shortlist  # which few ask for

        even = np.full((1, len(self.space)), 1 / len(self.space))
        (decided,) = self.decide([""], even, [1.0], replace(asked, guarantee=None), evidence=[evidence])
        shortlist = (
            None
            if asked.guarantee is None
            else credible_shortlist(self._posterior(even[0], evidence), self.candidates, asked.guarantee)
        )
        return replace(decided, shortlist=shortlist, novel=None, caution=WITHOUT_IMAGE, decided_by="evidence")

    @cached_property
    def _decider(self) -> Decider:
        info = self.info
        return Decider(self.space, self.taxonomy, self.stone_threshold, info.strategy, info.model_version)

    def _novel(
        self, probabilities: Float64, evidence: Sequence[Evidence | None], unlike: Sequence[bool]
    ) -> list[bool | None]:
        """Return whether each of N pictures may show none of the labels; None where that is not known.

        With readings the posterior has other gems for that, and of unlike pictures nothing is known.
        """
        limit = self.info.novel_entropy
        if limit is None:
            return [None] * len(probabilities)
        return [
            None if is_unlike or (known and known.readings) else bool(entropy > limit)
            for entropy, known, is_unlike in zip(entropies(probabilities), evidence, unlike, strict=True)
        ]

    def _caution(self, asked: Asked) -> str:
        """Say what is promised of a picture that is unlike those that the bundle was calibrated on."""
        precision = self.info.default_precision if asked.target_precision is None else asked.target_precision
        return caution(self.info.unlike, precision, asked.guarantee)

    def _posterior(self, row: Float64, evidence: Evidence) -> "Posterior":
        from gemhier.hierarchy.posterior import posterior  # not needed for a picture alone

        return posterior(row, self.candidates, evidence)

    def _explained(self, prediction: Prediction, after: "Posterior", evidence: Evidence, top: int) -> Prediction:
        from gemhier.models.bundle.explanation import explain  # not needed for a picture alone

        return replace(prediction, explanation=explain(after, self.candidates, evidence, top=top))


def check_numbers(**numbers: int | None) -> None:
    """Raise a ValueError for a number, by its argument's name, that is below 1; None is none."""
    for name, number in numbers.items():
        if number is not None and number < 1:
            raise ValueError(f"`{name}` must be at least 1. Received: {number}.")
