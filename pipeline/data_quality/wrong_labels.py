"""Labels that are suspected to be wrong, by confident learning."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gemhier.hierarchy.taxonomy import Taxonomy
from gemhier.pipeline.data_quality.predicted import Predicted

METHOD = (
    "Confident learning (Northcutt, Jiang and Chuang, Journal of Artificial Intelligence Research 70, 2021), as in "
    "cleanlab: a picture counts towards another label if the model is at least as sure of that label as it is, on "
    "average, of pictures that carry it. These counts estimate how many labels of each kind are wrong, and that "
    "many pictures are listed, beginning with those whose own label is least probable compared with the other. A label "
    "above or below the picture's own in the taxonomy is no contradiction and is not listed."
)
"""How labels come to be suspected, for people."""


@dataclass(frozen=True)
class Suspect:
    """A picture whose label may be wrong.

    Attributes:
        image: its index among the audited pictures.
        given: id of the label that it carries.
        suggested: id of the label that the model takes it for.
        given_probability: of the label that it carries.
        suggested_probability: of the other.
    """

    image: int
    given: str
    suggested: str
    given_probability: float
    suggested_probability: float


def judgeable(given: Sequence[str | None], predicted: Predicted) -> list[int]:
    """Return the pictures of which a label can be suspected: it is one of the model's, and the model was asked."""
    known = set(predicted.labels)
    return [row for row, label in enumerate(given) if label in known and np.any(predicted.probabilities[row])]


def suspected_labels(given: Sequence[str | None], predicted: Predicted, taxonomy: Taxonomy) -> tuple[Suspect, ...]:
    """Find the labels that are suspected to be wrong, the worst first; see `METHOD`.

    It means something only where the model has not learned from the pictures: what it has learned it
    believes, wrong labels included.

    Args:
        given: (N,) ids of the labels that the pictures carry; None where they are not known.
        predicted: what a model says of the N pictures.
        taxonomy: holds the labels; ids that it does not know are above and below none.

    Raises:
        ValueError: if there are not as many labels as pictures.
    """
    if len(given) != len(predicted.probabilities):
        raise ValueError(
            f"`given` must have a label for each of {len(predicted.probabilities)} pictures. Received: {len(given)}."
        )
    from cleanlab.filter import find_label_issues  # brings pandas and scikit-learn, of an extra

    rows = judgeable(given, predicted)
    # How sure the model is of a label that no picture carries cannot be told: such labels stay out.
    carried = sorted({given[row] or "" for row in rows})
    if len(carried) < 2:
        return ()
    column = {label: index for index, label in enumerate(carried)}
    labels = np.array([column[given[row] or ""] for row in rows], dtype=np.intp)
    probabilities = predicted.probabilities[np.ix_(rows, [predicted.labels.index(label) for label in carried])]
    ranked = find_label_issues(
        labels, probabilities, return_indices_ranked_by="normalized_margin", min_examples_per_class=0, n_jobs=1
    )
    suspects = []
    for index in ranked:
        own, other = labels[index], int(probabilities[index].argmax())
        suspect = Suspect(
            image=rows[index],
            given=carried[own],
            suggested=carried[other],
            given_probability=float(probabilities[index, own]),
            suggested_probability=float(probabilities[index, other]),
        )
        if not _on_one_route(suspect.given, suspect.suggested, taxonomy):
            suspects.append(suspect)
    return tuple(suspects)


def _on_one_route(first: str, second: str, taxonomy: Taxonomy) -> bool:
    above = {label: taxonomy.ancestors(label) | {label} if label in taxonomy else {label} for label in (first, second)}
    return first in above[second] or second in above[first]
