"""The figures of a page: in the page's colours, with text as text."""

import re

import numpy as np

from gemhier.hierarchy.error_budget import ErrorBudget
from gemhier.hierarchy.taxonomy import Taxonomy
from gemhier.pipeline.evaluation.coverage import ChosenThreshold, Coverage
from gemhier.pipeline.evaluation.estimates import NO_ESTIMATE, Estimate
from gemhier.pipeline.evaluation.reliability import ReliabilityBin
from gemhier.pipeline.reports.html.drawings import (
    budget_drawing,
    coverage_drawing,
    curves_drawings,
    reliability_drawing,
)
from gemhier.pipeline.reports.html.svg import Drawing
from gemhier.pipeline.training.history import Curve

BINS = (
    ReliabilityBin(10, 0.2, 0.4, 0.3, Estimate(0.4, 0.2, 0.6)),
    ReliabilityBin(9, 0.5, 0.9, 0.8, Estimate(1, 0.7, 1)),
)
COVERAGE = Coverage(
    np.array([0.1, 0.5, 0.9]),
    np.array([1.0, 0.6, 0.0]),
    np.array([0.7, 0.9, np.nan]),
    (
        ChosenThreshold(0.9, 0.5, True, Estimate(0.6, 0.5, 0.7), Estimate(0.9, 0.8, 0.95)),
        ChosenThreshold(0.99, 0.99, False, Estimate(0, 0, 0.1), NO_ESTIMATE),
    ),
)


def budget(family: str, images: int, routing: int, region: int) -> ErrorBudget:
    return ErrorBudget(
        family=family,
        pictures=images,
        right=images - routing - region,
        lost_by_routing=routing,
        lost_by_subclass=region,
        won_by_soft=0,
        lost_by_soft=0,
        won_by_fusion=0,
        lost_by_fusion=0,
    )


def every_drawing(taxonomy: Taxonomy) -> dict[str, Drawing]:
    budgets = (budget("", 30, 3, 2), budget("beryl", 20, 3, 2), budget("quartz", 10, 0, 0))
    curves = (Curve("train/loss", (1, 2), (2.0, 1.0)), Curve("curve/flat_top1", (1, 2), (0.1, 0.4)))
    drawn = budget_drawing(budgets, taxonomy)
    assert drawn is not None
    loss, shares = curves_drawings(curves)
    return {
        "reliability": reliability_drawing(BINS, 0.1),
        "coverage": coverage_drawing(COVERAGE, 0.9),
        "budget": drawn,
        "loss": loss,
        "shares": shares,
    }


def test_figures_have_the_colours_of_the_page_and_nothing_of_elsewhere(tiny_taxonomy: Taxonomy) -> None:
    drawn = [drawing.content for drawing in every_drawing(tiny_taxonomy).values()]
    together = "".join(drawn)
    for text in drawn:
        assert "var(--main)" in text or "var(--bad)" in text
        assert not re.search(r"https?:|xmlns|DejaVu|<metadata|#0[1-7]0[1-7]0[1-7]", text)
    names = re.findall(r'\bid="([^"]+)"', together)
    assert len(names) == len(set(names))
    assert set(re.findall(r'(?:href="|url\()#([^")]+)', together)) <= set(names)


def test_words_stay_words(tiny_taxonomy: Taxonomy) -> None:
    drawn = {name: drawing.content for name, drawing in every_drawing(tiny_taxonomy).items()}
    assert ">90% asked for<" in drawn["coverage"]
    assert ">Beryl<" in drawn["budget"]
    assert ">Quartz<" not in drawn["budget"]  # which loses nothing
    assert ">training loss, nats<" in drawn["loss"]


def test_it_is_told_to_those_who_cannot_see_it(tiny_taxonomy: Taxonomy) -> None:
    drawn = every_drawing(tiny_taxonomy)
    assert drawn["reliability"].meaning == "Reliability diagram of 2 bins. Expected calibration error 0.100."
    assert {drawing.view_box for name, drawing in drawn.items() if name != "budget"} == {"0 0 360 259.2"}


def test_the_same_numbers_give_the_same_figure() -> None:
    assert reliability_drawing(BINS, 0.1) == reliability_drawing(BINS, 0.1)


def test_families_that_lose_nothing_are_not_drawn(tiny_taxonomy: Taxonomy) -> None:
    assert budget_drawing((budget("", 10, 0, 0), budget("quartz", 10, 0, 0)), tiny_taxonomy) is None
