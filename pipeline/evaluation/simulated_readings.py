"""What readings would add: each picture with readings drawn from the published range of its gem.

It tells which classes a refractometer or a scale would settle, and no more: the ranges that the readings are
drawn from are those that they are judged by, and no reading is of another stone.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from gemhier.arrays import Float64
from gemhier.hierarchy.evidence import Evidence
from gemhier.hierarchy.gem import Gem, Range
from gemhier.hierarchy.metrics import family_hits, top_k_hits
from gemhier.hierarchy.posterior import Candidates, Posterior, posterior
from gemhier.hierarchy.readings import (
    GRAVITY_ERROR,
    INDEX_ERROR,
    REFRACTOMETER_LIMIT,
    SPOT_ERROR,
    OverLimit,
    Reading,
    Refractometer,
    SpecificGravity,
    Spot,
)
from gemhier.models.bundle.shortlist import Shortlister
from gemhier.pipeline.evaluation.estimates import Estimate, share
from gemhier.pipeline.evaluation.shortlists import shortlist_figures

SETS: Mapping[str, tuple[str, ...]] = {"sg": ("sg",), "ri": ("ri",), "ri_sg": ("ri", "sg")}
"""Which readings are drawn together, by the names that reports and metrics have for them."""

MEASURED = ("top1", "top3", "top5", "family_top1")


def simulated_readings(
    probabilities: Float64,
    truth: Sequence[str | None],
    groups: Sequence[str],
    candidates: Candidates,
    *,
    shortlister: Shortlister | None = None,
    seed: int = 0,
) -> dict[str, dict[str, Estimate]]:
    """Measure pictures with simulated readings.

    Args:
        probabilities: (N, V), P(label) by the picture.
        truth: (N,) node ids; pictures whose label the model cannot output, or of which nothing is known, are left out.
        groups: (N,), the same for pictures of one stone.
        candidates: what a stone can be.
        shortlister: makes shortlists; None for none.
        seed: of the draws.

    Returns:
        For each of `SETS` the figures of `MEASURED`, and `shortlist_coverage` and `shortlist_size` if there are
        shortlists; empty if nothing is known of any label.
    """
    space = candidates.space
    labels = {row: label for row, label in enumerate(truth) if label is not None and label in space}
    rows = [row for row, label in labels.items() if _is_known(candidates.gem(label))]
    if not rows:
        return {}
    columns = np.array([space.index(labels[row]) for row in rows])
    kept = [groups[row] for row in rows]
    found: dict[str, dict[str, Estimate]] = {}
    for name, kinds in SETS.items():
        generator = np.random.default_rng(seed)
        posteriors = [_posterior(probabilities[row], labels[row], kinds, candidates, generator) for row in rows]
        after = np.array([each.labels for each in posteriors])
        hits = {f"top{k}": top_k_hits(after, columns, k) for k in (1, 3, 5)}
        hits["family_top1"] = family_hits(after, space.parents[columns], space.parents)
        found[name] = {measured: share(hits[measured], kept) for measured in MEASURED}
        if shortlister is not None:
            lists = [shortlister.of_posterior(each, candidates) for each in posteriors]
            figures = shortlist_figures(lists, [labels[row] for row in rows], kept, shortlister.guarantee)
            found[name] |= {"shortlist_coverage": figures.coverage, "shortlist_size": figures.size}
    return found


def _posterior(
    image: Float64, label: str, kinds: Sequence[str], candidates: Candidates, generator: np.random.Generator
) -> Posterior:
    gem = candidates.gem(label)
    readings = tuple(_drawn(kind, gem, generator) for kind in kinds)
    return posterior(image, candidates, Evidence(readings))


def _drawn(kind: str, gem: Gem, generator: np.random.Generator) -> Reading:
    if kind == "sg":
        return SpecificGravity("", _value(gem.specific_gravity, GRAVITY_ERROR, generator), GRAVITY_ERROR)
    index = _value(gem.refractive_index, 0.0, generator)
    if index > REFRACTOMETER_LIMIT:
        return OverLimit("")
    if gem.spot_only or gem.birefringence is None:
        return Spot("", generator.normal(index, SPOT_ERROR), SPOT_ERROR)
    half = _value(gem.birefringence, 0.0, generator) / 2
    low, high = sorted(generator.normal([index - half, index + half], INDEX_ERROR))
    return Refractometer("", low, high)


def _value(known: Range | None, error: float, generator: np.random.Generator) -> float:
    if known is None:
        raise ValueError("The gem's range must be known.")
    return float(generator.normal(generator.uniform(known.low, known.high), error))


def _is_known(gem: Gem) -> bool:
    return gem.refractive_index is not None and gem.specific_gravity is not None
