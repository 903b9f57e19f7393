"""What the plots of a trial say is whole, whatever its decisions are called."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from gemhier.hierarchy.intervals import PairedTest
from gemhier.pipeline.evaluation.estimates import NO_ESTIMATE, Estimate
from gemhier.pipeline.evaluation.paired_tests import Comparison
from gemhier.pipeline.experiments.measures import Paired
from gemhier.pipeline.experiments.outcome import Outcome
from gemhier.pipeline.experiments.plots import decisions_plot, differences_plot

BASELINE, OTHER = "with as many passes as the flat one: flat", "separate networks for each family: least cost"


@pytest.fixture
def outcome() -> Outcome:
    decisions: Any = tuple(
        SimpleNamespace(
            name=name, arm=name, asked=np.ones(500, bool), figures=SimpleNamespace(top1=Estimate(0.5, 0.4, 0.6))
        )
        for name in (BASELINE, OTHER)
    )
    plan: Any = SimpleNamespace(baseline=BASELINE, repeats=2, arms=[SimpleNamespace(name=one.arm) for one in decisions])
    top1 = Comparison(BASELINE, OTHER, 1000, 500, 520, Estimate(0.02, 0.01, 0.03), PairedTest(0, 20, 1e-6))
    pair = Paired(top1, (0.02,), 0.001, NO_ESTIMATE, 1.0, 0.001, 1.0)
    spread = {BASELINE: (0.5, 0.51), OTHER: (0.52, 0.53)}
    return Outcome(plan, 1000, 1000, "", decisions, spread, (pair,), {}, {}, decisions[0])


def beyond_the_edge(figure: Figure) -> list[str]:
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    edge = figure.bbox.padded(1)  # a pixel is lost to rounding
    (axes,) = figure.axes
    texts: list[Text] = [*figure.texts, axes.title, axes.xaxis.label, *axes.get_yticklabels()]
    boxes = [(text.get_text(), text.get_window_extent()) for text in texts if text.get_text()]
    assert any(BASELINE in text for text, _ in boxes)
    return [text for text, box in boxes if not (edge.contains(*box.min) and edge.contains(*box.max))]


@pytest.mark.parametrize("plot", [decisions_plot, differences_plot])
def test_long_names_leave_room_for_what_is_said(outcome: Outcome, plot: Callable[[Outcome], Figure]) -> None:
    assert beyond_the_edge(plot(outcome)) == []
