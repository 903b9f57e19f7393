"""Plots that a run keeps: curves, the strategies side by side, the classes, the confusion between families."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from gemhier.hierarchy.taxonomy import Taxonomy
from gemhier.pipeline.evaluation.evaluation import Evaluation, StrategyFigures
from gemhier.pipeline.training.history import Epoch

if TYPE_CHECKING:
    from matplotlib.figure import Figure

STRATEGY_COLOURS = {"flat": "#2196F3", "hard": "#FF9800", "soft": "#4CAF50", "fused": "#E91E63"}
"""The first four that MLflow gives the bars of one chart, so that a strategy has one colour everywhere."""


def curves_plot(history: Sequence[Epoch]) -> "Figure":
    """Training loss and validation top-1 of flat and general network, over the epochs."""
    figure = _figure(9, 3.6)
    losses, accuracies = figure.subplots(1, 2)
    numbers = [epoch.number for epoch in history]
    losses.plot(numbers, [epoch.loss for epoch in history], color="#39424e")
    losses.set(title="Training loss", xlabel="epoch", ylabel="nats")
    for measure, label, colour in (
        ("flat_top1", "flat: label", STRATEGY_COLOURS["flat"]),
        ("family_top1", "general: family", STRATEGY_COLOURS["soft"]),
    ):
        accuracies.plot(
            numbers, [epoch.validation.get(measure, np.nan) for epoch in history], label=label, color=colour
        )
    accuracies.set(title="Validation top-1", xlabel="epoch")
    accuracies.legend(frameon=False)
    # Where the backbone was set free.
    tuned = [epoch.number for epoch in history if epoch.phase == "everything"]
    if tuned and tuned[0] > 1:
        for axes in (losses, accuracies):
            axes.axvline(tuned[0] - 0.5, color="#c0c4cc", linestyle="--", linewidth=1)
    return figure


def strategies_plot(evaluation: Evaluation) -> "Figure":
    """Top-1, top-3 and top-5 of each strategy, with 95% intervals."""
    figure = _figure(7, 3.6)
    axes = figure.subplots()
    names = list(evaluation.strategies)
    width = 0.8 / len(names)
    for position, name in enumerate(names):
        figures = evaluation.strategies[name]
        measures = [figures.top1, figures.top3, figures.top5]
        values, low, high = (
            np.array([getattr(measure, part) for measure in measures], dtype=np.float64)
            for part in ("value", "low", "high")
        )
        places = np.arange(3) + (position - (len(names) - 1) / 2) * width
        axes.bar(
            places,
            values,
            width * 0.92,
            yerr=[values - low, high - values],
            label=name,
            color=STRATEGY_COLOURS[name],
            capsize=2,
        )
    axes.set_xticks(np.arange(3), ["top-1", "top-3", "top-5"])
    axes.set_ylim(0, 1.02)  # an interval that ends at 1 keeps its cap
    axes.set_title("Right among the first k, with 95% intervals")
    figure.legend(frameon=False, ncols=len(names), loc="outside lower center")
    return figure


def precision_plot(evaluation: Evaluation, taxonomy: Taxonomy) -> "Figure":
    """Return the precision of each class by each strategy; no mark where a class was never predicted."""
    labels = [row.label for row in next(iter(evaluation.strategies.values())).per_class]
    figure = _figure(7, 1.4 + 0.2 * len(labels))
    axes = figure.subplots()
    places = np.arange(len(labels))
    names = list(evaluation.strategies)
    for position, name in enumerate(names):
        precisions = [row.precision for row in evaluation.strategies[name].per_class]
        axes.plot(
            np.array(precisions, dtype=np.float64),
            places + (position - (len(names) - 1) / 2) * 0.15,
            label=name,
            color=STRATEGY_COLOURS[name],
            marker="o",
            markersize=4,
            linestyle="",
        )
    axes.set_yticks(places, [taxonomy[label].name for label in labels], fontsize=6)
    axes.set_ylim(len(labels) - 0.4, -0.6)
    axes.set_xlim(-0.02, 1.02)
    axes.grid(axis="y", color="#eceef2")
    axes.set_axisbelow(True)
    axes.set_title("Precision of each class")
    figure.legend(frameon=False, ncols=len(names), loc="outside lower center")
    return figure


def confusion_plot(figures: StrategyFigures, taxonomy: Taxonomy) -> "Figure":
    """How often each family was taken for each, as shares of the true family's pictures."""
    families = sorted({label.partition("/")[0] for row in figures.confusion for label in (row.truth, row.predicted)})
    column = {family: index for index, family in enumerate(families)}
    counts = np.zeros((len(families), len(families)))
    for row in figures.confusion:
        counts[column[row.truth.partition("/")[0]], column[row.predicted.partition("/")[0]]] += row.count
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    side = max(4.0, 0.22 * len(families) + 2)
    figure = _figure(side, side)
    axes = figure.subplots()
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    names = [taxonomy[family].name for family in families]
    axes.set_xticks(range(len(names)), names, rotation=90, fontsize=6)
    axes.set_yticks(range(len(names)), names, fontsize=6)
    axes.set(xlabel="taken for", ylabel="is")
    return figure


def _figure(width: float, height: float) -> "Figure":
    """Return a figure of its own, in inches: no global state, so that trainings can run side by side."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained", dpi=120)
