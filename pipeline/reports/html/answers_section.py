"""The part of a report's page that tells how deep pictures are answered, and why no deeper."""

from dataclasses import dataclass

from gemhier.pipeline.reports.measured import Measured
from gemhier.pipeline.reports.reasons import OUTCOMES, Outcome, outcomes


@dataclass(frozen=True)
class OutcomeRow:
    """What became of pictures.

    Attributes:
        title: of the outcome.
        meaning: of it.
        count: how many pictures came to it.
        share: of all pictures.
        example: what was said of one of them; "" if nothing was.
    """

    title: str
    meaning: str
    count: int
    share: float
    example: str


@dataclass(frozen=True)
class AnswersSection:
    """What the page shows of answers.

    Attributes:
        given: how many pictures were answered, at any depth.
        outcomes: what became of all of them.
    """

    given: int
    outcomes: list[OutcomeRow]


def answers_section(found: Measured) -> AnswersSection:
    """Return how many pictures were answered, and why others were not."""
    return AnswersSection(
        given=sum(each.answered for each in found.report.answers.depths),
        outcomes=[
            OutcomeRow(*OUTCOMES[outcome], count, count / len(found.reasons), _example(found, outcome))
            for outcome, count in outcomes(found.reasons).items()
            if count
        ],
    )


def _example(found: Measured, outcome: Outcome) -> str:
    for reason, result in zip(found.reasons, found.report.results, strict=True):
        if reason.outcome == outcome and reason.words:
            answer = getattr(result, "answer", None)
            return f"{answer.name}: {reason.words}" if answer is not None else reason.words
    return ""
