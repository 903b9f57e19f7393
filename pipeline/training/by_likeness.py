"""Calibrate from out-of-fold answers, and apart from these for pictures that are unlike most of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from gemhier.arrays import Booleans, Float64, Indices
from gemhier.hierarchy.decoding import Strategy
from gemhier.hierarchy.labels import LabelSpace
from gemhier.hierarchy.taxonomy import Taxonomy
from gemhier.models.bundle.info import Unlike
from gemhier.models.bundle.shortlist import Shortlist, Shortlister
from gemhier.pipeline.training.answers_file import Answers
from gemhier.pipeline.training.calibration import Calibration, calibrate, cross_fitted, cross_fitted_shortlisters
from gemhier.pipeline.training.likeness import cross_fitted_likeness, of_makers, one_of_each

LEAST_UNLIKE = 20
"""With fewer stones in unlike pictures nothing is fitted to these: no guarantee above 0.95 could come of it."""


@dataclass(frozen=True, eq=False)
class ByLikeness:
    """A calibration from N answers.

    Attributes:
        calibration: of a bundle.
        probabilities: for each strategy (N, V), P(label), each fold with what the others gave.
        like: (N,) whether each picture is like those of the other folds; all, if that is not known.
        once: (N,) one picture of each stone in unlike pictures, which these are calibrated on.
        with_gem: (N,) whether a gem stands out.
        truth: (N,) the column of each picture's label.
    """

    calibration: Calibration
    probabilities: Mapping[Strategy, Float64]
    like: Booleans
    once: Booleans
    with_gem: Booleans
    truth: Indices

    def shortlists(
        self, answers: Answers, guarantee: float, space: LabelSpace, taxonomy: Taxonomy
    ) -> Sequence[Shortlist | None]:
        """Make the shortlists of each fold with thresholds that were found on the other folds, (N,).

        The arguments are those of `shortlisters`.
        """
        of_image = zip(
            self.shortlisters(answers, guarantee, space, taxonomy),
            self.probabilities[self.calibration.strategy],
            strict=True,
        )
        return [None if shortlister is None else shortlister.of_image(row) for shortlister, row in of_image]

    def shortlisters(
        self, answers: Answers, guarantee: float, space: LabelSpace, taxonomy: Taxonomy
    ) -> Sequence[Shortlister | None]:
        """Return what makes the shortlist of each picture, (N,); None where no gem stands out.

        Args:
            answers: that this was calibrated from.
            guarantee: the share of shortlists that shall hold the right label.
            space: the labels.
            taxonomy: names them.
        """
        sides = [
            cross_fitted_shortlisters(
                self.probabilities[self.calibration.strategy],
                self.truth,
                answers.folds,
                self.with_gem,
                guarantee,
                space=space,
                taxonomy=taxonomy,
                calibrating=calibrating,
            )
            for calibrating in ((self.like, self.once) if self.calibration.unlike else (self.like,))
        ]
        return [sides[0 if like else -1][row] for row, like in enumerate(self.like)]


def calibrate_by_likeness(answers: Answers, space: LabelSpace, stone_threshold: float) -> ByLikeness:
    """Calibrate on pictures that are like each other, and apart from these on others, each stone once.

    Of the others those of makers count alone, if there are enough: what is promised of an unlike picture is to hold for
    another maker, and not for the odd ones of the pictures that most was learned from.

    Mondrian conformal prediction, with likeness as the category: Vovk, Gammerman & Shafer, Algorithmic Learning in a
    Random World, 2005. Where the answers hold no features all pictures count as alike.

    Args:
        answers: of N pictures.
        space: their labels.
        stone_threshold: from which score on a stone is a gem.
    """
    truth = np.array([space.index(label) for label in answers.truth], dtype=np.intp)
    with_gem = answers.scores >= stone_threshold
    likeness, like = None, np.ones(len(truth), dtype=np.bool_)
    if answers.features.size:
        likeness, like = cross_fitted_likeness(answers.features, answers.groups, answers.folds, answers.sides)
    once = _unlike_stones(answers, ~like & with_gem)
    found = calibrate(
        answers.logits.map(lambda part: part[like]), truth[like], space, answers.mode, with_gem=with_gem[like]
    )
    crossed = cross_fitted(answers.logits, truth, answers.folds, space, answers.mode, calibrating=like)
    unlike = None
    if _is_enough(once, answers.folds):
        unlike = _unlike(answers, once, truth, space)
        others = cross_fitted(answers.logits, truth, answers.folds, space, answers.mode, calibrating=once)
        crossed = {strategy: np.where(like[:, None], rows, others[strategy]) for strategy, rows in crossed.items()}
    return ByLikeness(replace(found, likeness=likeness, unlike=unlike), crossed, like, once, with_gem, truth)


def _unlike_stones(answers: Answers, unlike: Booleans) -> Booleans:
    """Return one picture of each unlike stone to calibrate on, (N,): of makers alone, if they have enough."""
    stones = answers.stones or answers.groups
    makers = one_of_each(stones, unlike & of_makers(answers.groups, stones))
    return makers if _is_enough(makers, answers.folds) else one_of_each(stones, unlike)


def _is_enough(once: Booleans, folds: Indices) -> bool:
    """Whether something can be fitted to these pictures, and each of them be calibrated on others."""
    return once.sum() >= LEAST_UNLIKE and len(np.unique(folds[once])) > 1


def _unlike(answers: Answers, once: Booleans, truth: Indices, space: LabelSpace) -> Unlike:
    found = calibrate(answers.logits.map(lambda part: part[once]), truth[once], space, answers.mode)
    return Unlike(
        stones=int(once.sum()),
        temperatures=found.temperatures,
        fusion_weight=found.fusion_weight,
        thresholds=found.thresholds,
        sets=found.sets,
    )
