import io

import numpy as np
import pytest
from matplotlib.figure import Figure

from gemhier.hierarchy.taxonomy import Taxonomy
from gemhier.pipeline.evaluation.evaluation import Evaluation
from gemhier.pipeline.reports.plots import confusion_plot, curves_plot, precision_plot, strategies_plot
from gemhier.pipeline.training.history import Epoch


def drawn(figure: Figure) -> bytes:
    image = io.BytesIO()
    figure.savefig(image, format="png")
    return image.getvalue()


def test_curves_mark_where_the_backbone_was_set_free() -> None:
    history = [
        Epoch("heads" if number < 3 else "everything", number, 3.0 - 0.5 * number, {"flat_top1": 0.1 * number})
        for number in range(1, 6)
    ]
    figure = curves_plot(history)
    losses, accuracies = figure.axes
    assert losses.lines[0].get_ydata().tolist() == [2.5, 2.0, 1.5, 1.0, 0.5]
    assert accuracies.lines[-1].get_xdata() == [2.5, 2.5]
    assert len(drawn(figure)) > 1000


def test_bars_and_their_intervals_are_the_figures(evaluation: Evaluation) -> None:
    figure = strategies_plot(evaluation)
    (axes,) = figure.axes
    heights = [bar.get_height() for bar in axes.patches]
    strategies = evaluation.strategies.values()
    assert heights == [found.value for figures in strategies for found in (figures.top1, figures.top3, figures.top5)]
    assert len(drawn(figure)) > 1000


def test_each_class_has_its_precision_by_each_way_to_decide(evaluation: Evaluation, tiny_taxonomy: Taxonomy) -> None:
    figure = precision_plot(evaluation, tiny_taxonomy)
    (axes,) = figure.axes
    assert [line.get_label() for line in axes.lines] == ["flat", "fused"]
    for line, figures in zip(axes.lines, evaluation.strategies.values(), strict=True):
        expected = [np.nan if row.precision is None else row.precision for row in figures.per_class]
        np.testing.assert_array_equal(line.get_xdata(), expected)
    assert [label.get_text() for label in axes.get_yticklabels()] == ["Emerald", "Ruby", "Quartz"]
    assert len(drawn(figure)) > 1000


def test_the_confusion_counts_families_as_shares_of_the_true_one(
    evaluation: Evaluation, tiny_taxonomy: Taxonomy
) -> None:
    figure = confusion_plot(evaluation.strategies["flat"], tiny_taxonomy)
    (axes,) = figure.axes
    shares = axes.images[0].get_array()
    assert shares.shape == (3, 3)
    assert np.asarray(shares).sum(axis=1).tolist() == pytest.approx([1, 1, 1])
    assert [label.get_text() for label in axes.get_yticklabels()] == ["Beryl", "Corundum", "Quartz"]
