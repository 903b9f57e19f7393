"""The verdict of a trial, from comparisons that are written down here."""

from types import SimpleNamespace
from typing import Any

import pytest

from gemhier.hierarchy.intervals import PairedTest
from gemhier.pipeline.evaluation.estimates import NO_ESTIMATE, Estimate
from gemhier.pipeline.evaluation.paired_tests import Comparison
from gemhier.pipeline.experiments.measures import Paired
from gemhier.pipeline.experiments.outcome import Outcome


def ahead(second: str, change: float, p_value: float, first: str = "flat: flat") -> Paired:
    """A comparison on 1,000 pictures, 500 of which the first names right."""
    right = 500 + round(1000 * change)
    top1 = Comparison(
        first=first,
        second=second,
        n=1000,
        first_right=500,
        second_right=right,
        difference=Estimate(change, change - 0.01, change + 0.01),
        test=PairedTest(0, 0, 1.0),
    )
    return Paired(top1, (change,), p_value / 2, NO_ESTIMATE, 1.0, p_value, 1.0)


def verdict(*pairs: Paired) -> str:
    plan: Any = SimpleNamespace(baseline="flat: flat")
    nothing: Any = None
    return Outcome(plan, 1000, 1000, "", (), {}, pairs, {}, {}, nothing).verdict


def test_the_largest_difference_that_is_no_chance_wins() -> None:
    assert verdict(
        ahead("flat: flat", 0.5, 0.0001, first="the most frequent label"),
        ahead("lucky: flat", 0.05, 0.2),
        ahead("both: fused", 0.034, 0.002),
        ahead("both: soft", 0.02, 0.001),
        ahead("both: hard", -0.09, 0.001),
        ahead("learned: fused", 0.09, 0.001, first="both: fused"),
    ) == (
        "both: fused names 3.4 points more of the pictures right than flat: flat "
        "(53.4% against 50.0%; 95% interval +2.4 to +4.4, adjusted p = 0.002)."
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (0.01, "1.0 point more of the pictures right than"),
        (-0.02, "2.0 points fewer of the pictures right than"),
        (0.0, "as many pictures right as"),
    ],
)
def test_where_nothing_is_better_the_closest_is_named(change: float, words: str) -> None:
    found = verdict(ahead("both: hard", -0.09, 0.001), ahead("both: soft", change, 0.3))
    assert found.startswith(
        f"No arm is better than flat: flat beyond chance: the closest, both: soft, names {words} flat: flat ("
    )
    assert found.endswith("adjusted p = 0.3).")


def test_a_trial_of_one_decision_has_no_winner() -> None:
    assert verdict(ahead("flat: flat", 0.5, 0.001, first="the most frequent label")) == (
        "Nothing is compared with flat: flat."
    )
