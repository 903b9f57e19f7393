"""Why each picture was answered as deep as it was, and no deeper."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from gemhier.hierarchy.answering import paths
from gemhier.models.bundle.decision import apart
from gemhier.models.images.stones import Failure
from gemhier.pipeline.reports.report import Report

Outcome = Literal["named", "stopped", "unsure", "no gem", "failed"]

OUTCOMES: dict[Outcome, tuple[str, str]] = {
    "named": ("Named", "as deep as the model's labels go below the likeliest family"),
    "stopped": ("Stopped higher", "sure of the family or of a variety, but of nothing below it"),
    "unsure": ("Refused, unsure", "not even a family reached the threshold"),
    "no gem": ("Refused, no gem", "the stone finder saw no gem that it is sure of"),
    "failed": ("Failed", "the picture could not be read"),
}
"""What can become of a picture: its title and its meaning."""


@dataclass(frozen=True)
class Reason:
    """What became of one picture.

    Attributes:
        outcome: of which kind it is.
        words: why, for this picture; "" where it is named in full.
    """

    outcome: Outcome
    words: str


def reasons(report: Report) -> tuple[Reason, ...]:
    """(N,) why each picture was answered as it was."""
    decided, space = report.probabilities[report.decided_by], report.space
    along, threshold = paths(decided, space), report.answers.threshold
    depths = along.depths(threshold)
    found = []
    for row, result in enumerate(report.results):
        depth = int(depths[row])
        if isinstance(result, Failure):
            found.append(Reason("failed", result.reason))
        elif result.answer is None:
            found.append(Reason("no gem" if report.without_gem[row] else "unsure", result.refused or ""))
        elif depth < along.nodes.shape[1] and along.nodes[row, depth] >= 0:
            likeliest = report.taxonomy[space.nodes[along.nodes[row, depth]]].name
            least, share = apart(threshold, float(along.probabilities[row, depth]))
            found.append(Reason("stopped", f"the likeliest below it, {likeliest}, has {share} of {least} asked for"))
        elif len(space.children[space.node_index(result.answer.id)]):
            found.append(Reason("named", f"likelier {result.answer.name} in general than any kind of it"))
        else:
            found.append(Reason("named", ""))
    return tuple(found)


def outcomes(found: Sequence[Reason]) -> dict[Outcome, int]:
    """How many pictures came to each outcome, in the order of `OUTCOMES`."""
    counts = Counter(reason.outcome for reason in found)
    return {outcome: counts[outcome] for outcome in get_args(Outcome)}
