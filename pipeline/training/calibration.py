"""Fit what turns logits into honest answers, on validation pictures: temperatures, fusion, thresholds."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gemhier.arrays import Booleans, Float64, Indices
from gemhier.hierarchy.answering import Thresholds, fit_thresholds
from gemhier.hierarchy.calibration import fit_conditional_temperatures, fit_fusion_weight, fit_temperature
from gemhier.hierarchy.decoding import Strategy, conditional, soft, softmax, strategies
from gemhier.hierarchy.labels import LabelSpace
from gemhier.hierarchy.novelty import entropies, highest_of_known
from gemhier.hierarchy.prediction_sets import SetThresholds, fit_set_thresholds
from gemhier.hierarchy.taxonomy import Taxonomy
from gemhier.models.bundle.info import Temperatures, Unlike
from gemhier.models.bundle.likeness import Likeness
from gemhier.models.bundle.probabilities import decode
from gemhier.models.bundle.shortlist import Shortlister
from gemhier.models.networks.modes import TRAINED_STRATEGIES
from gemhier.models.runtime.logits import Logits


@dataclass(frozen=True)
class Calibration:
    """What a bundle needs beside its network.

    Attributes:
        strategy: how the outputs become one distribution. Where that is by fusion, the weight can still come out as
            one of the two classifiers that it fuses.
        temperatures: one for each head.
        fusion_weight: the say of the flat classifier in `fused`.
        thresholds: how probable an answer must be for each asked-for precision.
        sets: how probable a label must be to stand in a shortlist of each guarantee. They hold for a network that has
            nothing to do with these pictures: out of fold.
        novel_entropy: above which entropy of P(label) a picture may show a gem that has no label; None if there are too
            few pictures to tell. It holds as the sets do.
        likeness: what the pictures look like; None if that is not known.
        unlike: what holds for pictures that are unlike the others; None if there are too few to tell.
    """

    strategy: Strategy
    temperatures: Temperatures
    fusion_weight: float
    thresholds: Thresholds
    sets: SetThresholds
    novel_entropy: float | None = None
    likeness: Likeness | None = None
    unlike: Unlike | None = None


def calibrate(
    logits: Logits,
    truth: Indices,
    space: LabelSpace,
    mode: str,
    *,
    with_gem: Booleans | None = None,
    each_family: bool = True,
) -> Calibration:
    """Fit temperatures, fusion weight and thresholds.

    Args:
        logits: of N validation pictures.
        truth: (N,) the column of each picture's label.
        space: the labels.
        mode: which heads were trained, a key of `TRAINED_STRATEGIES`.
        with_gem: (N,) whether a gem stands out, as no other picture gets a shortlist; None if one does in all.
        each_family: whether each regional network has a temperature of its own, or all have one.
    """
    strategy, parents = TRAINED_STRATEGIES[mode][-1], space.parents
    flat_temperature = fit_temperature(logits.flat, truth)
    family_temperature = fit_temperature(logits.family, parents[truth])
    regional_temperatures = fit_conditional_temperatures(logits.regional, truth, parents, each_family=each_family)
    flat = softmax(logits.flat, flat_temperature)
    families = softmax(logits.family, family_temperature)
    within = conditional(logits.regional, parents, regional_temperatures)
    weight = fit_fusion_weight(flat, soft(families, within, parents), truth)
    decided = strategies(flat, families, within, parents, weight)[strategy]
    shown = np.ones(len(truth), dtype=np.bool_) if with_gem is None else with_gem
    return Calibration(
        strategy=strategy,
        temperatures=Temperatures(
            flat=flat_temperature,
            family=family_temperature,
            regional={
                family: float(temperature)
                for family, temperature in zip(space.families, regional_temperatures, strict=True)
                if family in space.regional_families
            },
        ),
        fusion_weight=weight,
        thresholds=fit_thresholds(decided, truth, space),
        sets=fit_set_thresholds(decided[shown], truth[shown], space),
        novel_entropy=highest_of_known(entropies(decided[shown])),
    )


def cross_fitted(
    logits: Logits,
    truth: Indices,
    folds: Indices,
    space: LabelSpace,
    mode: str,
    *,
    each_family: bool = True,
    calibrating: Booleans | None = None,
) -> dict[Strategy, Float64]:
    """Decode out-of-fold logits, those of each fold with what was calibrated on the other folds.

    Args:
        logits: of N pictures.
        truth: (N,) the column of each picture's label.
        folds: (N,) the fold of each.
        space: the labels.
        mode: which heads were trained.
        each_family: whether each regional network has a temperature of its own. One for all where a family holds
            other labels in other folds, and so says nothing of its own in this one.
        calibrating: (N,) which of the pictures may be calibrated on; None for all.

    Returns:
        For each strategy (N, V), P(label).
    """
    found: dict[Strategy, Float64] = {}
    for fold in range(int(folds.max()) + 1):
        inside = folds == fold
        others = ~inside if calibrating is None else ~inside & calibrating
        calibration = calibrate(_rows(logits, others), truth[others], space, mode, each_family=each_family)
        decoded = decode(_rows(logits, inside), calibration.temperatures, calibration.fusion_weight, space)
        for strategy, probabilities in decoded.by_strategy.items():
            found.setdefault(strategy, np.zeros((len(folds), len(space))))[inside] = probabilities
    return found


def cross_fitted_shortlisters(
    probabilities: Float64,
    truth: Indices,
    folds: Indices,
    with_gem: Booleans,
    guarantee: float,
    *,
    space: LabelSpace,
    taxonomy: Taxonomy,
    calibrating: Booleans | None = None,
) -> Sequence[Shortlister | None]:
    """Return what makes the shortlist of each picture, with thresholds that were found on the other folds.

    Args:
        probabilities: (N, V), P(label) out of fold, as `cross_fitted` gives it.
        truth: (N,) the column of each picture's label.
        folds: (N,) the fold of each.
        with_gem: (N,) whether a gem stands out.
        guarantee: the share of shortlists that shall hold the right label.
        space: the labels.
        taxonomy: names them.
        calibrating: (N,) which of the pictures may set thresholds; None for all.

    Returns:
        (N,); None where no gem stands out.
    """
    found: list[Shortlister | None] = [None] * len(truth)
    for fold in range(int(folds.max()) + 1):
        others = with_gem & (folds != fold) & (True if calibrating is None else calibrating)
        (row,) = fit_set_thresholds(probabilities[others], truth[others], space, coverages=(guarantee,)).rows
        for image in np.flatnonzero(with_gem & (folds == fold)):
            found[image] = Shortlister(guarantee, row, space, taxonomy)
    return found


def _rows(logits: Logits, chosen: Booleans) -> Logits:
    return logits.map(lambda part: part[chosen])
