"""From probabilities to predictions: how deep to answer, and the ranking beside it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gemhier.arrays import Float64
from gemhier.hierarchy.answering import paths
from gemhier.hierarchy.decoding import node_probabilities
from gemhier.hierarchy.labels import LabelSpace
from gemhier.hierarchy.ranking import ranked
from gemhier.hierarchy.taxonomy import Taxonomy
from gemhier.models.bundle.candidate import Candidate
from gemhier.models.bundle.info import Unlike
from gemhier.models.bundle.predictions import NO_GEM, Answer, Prediction
from gemhier.text import count

NONE_LEFT = "none of the gems that this model can name is left"
"""The reason of a refusal where the stone can only be one of the others."""

WITHOUT_IMAGE = (
    "Without a picture this rests on published ranges, instrument errors and how common gems are taken to be, "
    "and not on stones that were counted: it is not promised."
)
"""The caution beside an answer from readings alone."""

NOVEL = "This may be none of the gems that the model can name."
"""The caution beside an answer to a picture that says hardly more of one gem than of many others."""

UNLIKE = "This picture is unlike those that the model was calibrated on"
"""With these words begins the caution beside an answer."""


@dataclass(frozen=True)
class Decider:
    """What of a model decides, besides the probabilities.

    Attributes:
        space: the labels.
        taxonomy: knows every node on their routes.
        stone_threshold: the least score of a gem.
        decided_by: what made the probabilities.
        model_version: of the bundle.
    """

    space: LabelSpace
    taxonomy: Taxonomy
    stone_threshold: float
    decided_by: str
    model_version: str


def decide(
    images: Sequence[str],
    probabilities: Float64,
    scores: Sequence[float],
    decider: Decider,
    *,
    threshold: float | Float64,
    top: int,
) -> list[Prediction]:
    """Turn the probabilities of N pictures into predictions; classifying and evaluating share it.

    Args:
        images: (N,) what to call the pictures.
        probabilities: (N, V), P(label); each row sums to 1.
        scores: (N,) how sure the stone finder is that it sees a gem.
        decider: the model.
        threshold: the least probability of an answer, for all pictures or (N,) for each.
        top: how many families and labels to rank at most. Those of probability 0 are left out.

    Raises:
        ValueError: if the shapes do not fit together.
    """
    space, taxonomy, stone_threshold = decider.space, decider.taxonomy, decider.stone_threshold
    of_node = node_probabilities(probabilities, space.membership)
    of_family = of_node[:, : len(space.families)]
    answers = paths(probabilities, space).answers(threshold)
    if not len(images) == len(scores) == len(answers):
        raise ValueError(
            f"`images` and `scores` must be of all {len(answers)} pictures. Received: {len(images)}, {len(scores)}."
        )
    least = np.broadcast_to(threshold, len(answers)).tolist()
    predictions = []
    for row, image in enumerate(images):
        families = _ranking(space.families, of_family[row], taxonomy, top)
        no_gem = scores[row] < stone_threshold
        column = -1 if no_gem else answers[row]
        refusal = _no_gem(scores[row], stone_threshold) if no_gem else _refusal(families, least[row])
        predictions.append(
            Prediction(
                image=image,
                answer=_answer(space.nodes[column], of_node[row, column], taxonomy) if column >= 0 else None,
                refused=None if column >= 0 else refusal,
                families=families,
                subclasses=_ranking(space.labels, probabilities[row], taxonomy, top),
                decided_by=decider.decided_by,
                model_version=decider.model_version,
            )
        )
    return predictions


def _answer(node_id: str, probability: float, taxonomy: Taxonomy) -> Answer:
    node = taxonomy[node_id]
    above = node_id.rpartition("/")[0]
    return Answer(
        id=node.id,
        name=node.name,
        rank=node.rank,
        probability=float(probability),
        above=taxonomy[above].name if above else "",
    )


def _ranking(ids: Sequence[str], probabilities: Float64, taxonomy: Taxonomy, top: int) -> tuple[Candidate, ...]:
    """Return the most probable first; of equally probable ones, the first in `ids`."""
    best = ranked(probabilities)[:top]
    return tuple(
        Candidate(id=ids[column], name=taxonomy[ids[column]].name, probability=float(probabilities[column]))
        for column in best
        if probabilities[column] > 0
    )


def _no_gem(score: float, threshold: float) -> str:
    return f"{NO_GEM}: the highest score is {score:.3f}, and a gem has at least {threshold:.3f}"


def _refusal(families: Sequence[Candidate], threshold: float) -> str:
    if not families:
        return NONE_LEFT
    likeliest = families[0]
    least, probability = apart(threshold, likeliest.probability)
    return f"no family reached {least}: the likeliest, {likeliest.name}, has {probability}"


def caution(unlike: Unlike | None, precision: float, guarantee: float | None) -> str:
    """Say what is promised of a picture that is unlike those that the model was calibrated on.

    Args:
        unlike: the calibration of such pictures; None if there is none.
        precision: the share of answers that should be right.
        guarantee: the share of shortlists that should hold the right label; None if there are none.
    """
    if unlike is None:
        return f"{UNLIKE}: what is asked for is not promised here."
    missed = [] if unlike.keeps_precision(precision) else [f"{100 * precision:.6g}% right"]
    if guarantee is not None and not unlike.keeps_guarantee(guarantee):
        missed.append(f"a shortlist that is {100 * guarantee:.6g}% sure")
    stones = count(unlike.stones, "stone")
    if not missed:
        return f"{UNLIKE}: what is promised comes from {stones} in pictures that were unlike them too."
    return f"{UNLIKE}, and {stones} in such pictures do not assure {' or '.join(missed)}: that is not promised here."


def apart(threshold: float, probability: float) -> tuple[str, str]:
    """Both with as many decimals as it takes to tell the two apart, and a threshold below 1 from 1."""
    decimals = 2
    while decimals < 6 and round(threshold, decimals) in (round(probability, decimals), 1):
        decimals += 1
    return f"{threshold:.{decimals}f}", f"{probability:.{decimals}f}"
