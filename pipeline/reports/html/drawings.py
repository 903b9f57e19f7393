"""The figures of a report's page. Without matplotlib they are empty, and the tables beside them stay."""

import importlib.util
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from markupsafe import Markup

from gemhier.hierarchy.error_budget import ErrorBudget
from gemhier.hierarchy.taxonomy import Taxonomy
from gemhier.pipeline.evaluation.coverage import Coverage
from gemhier.pipeline.evaluation.reliability import ReliabilityBin
from gemhier.pipeline.reports.html.svg import BAD, CARD, FAINT, INK, LINE, MAIN, OTHER, Drawing, draw_figure
from gemhier.pipeline.training.history import FAMILY_CURVE, FLAT_CURVE, Curve

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MOST_FAMILIES = 14


def reliability_drawing(bins: Sequence[ReliabilityBin], ece: float | None) -> Drawing:
    """Stated probability against how often it came true, with 95% intervals."""

    def draw(axes: "Axes") -> None:
        axes.plot([0, 1], [0, 1], color=FAINT, linestyle="--", linewidth=1)
        values = [found.right.value or 0 for found in bins]
        low = [max(value - (found.right.low or 0), 0) for value, found in zip(values, bins, strict=True)]
        high = [max((found.right.high or 0) - value, 0) for value, found in zip(values, bins, strict=True)]
        stated = [found.stated for found in bins]
        axes.errorbar(stated, values, yerr=[low, high], color=MAIN, marker="o", markersize=4, linewidth=1.2, capsize=2)
        axes.set(xlabel="stated probability of the first label", ylabel="right", xlim=(0, 1.02), ylim=(0, 1.02))
        axes.text(0.03, 0.95, "underconfident", color=FAINT, va="top")
        axes.text(0.99, 0.05, "overconfident", color=FAINT, ha="right")
        axes.grid(linewidth=0.5)

    error = "" if ece is None else f" Expected calibration error {ece:.3f}."
    return _drawn("reliability", f"Reliability diagram of {len(bins)} bins.{error}", draw)


def coverage_drawing(found: Coverage, asked: float) -> Drawing:
    """Precision of the answers against the share of pictures answered, with the thresholds that can be asked for."""

    def draw(axes: "Axes") -> None:
        axes.plot(found.answered, found.precision, color=MAIN, linewidth=1.6)
        lowest = min([1.0, *(value for value in found.precision if value == value)])
        for row in found.chosen:
            if row.answered.value is None or row.precision.value is None:
                continue
            ours = abs(row.asked - asked) < 1e-9
            axes.plot(
                row.answered.value,
                row.precision.value,
                marker="o",
                markersize=7 if ours else 4,
                color=BAD if ours else CARD,
                markeredgecolor=BAD if ours else INK,
            )
            if ours:
                axes.annotate(
                    f"{row.asked:.0%} asked for",
                    (row.answered.value, row.precision.value),
                    xytext=(-8, -14),
                    textcoords="offset points",
                    ha="right",
                )
        axes.set(xlabel="share of the pictures answered", ylabel="precision of the answers", xlim=(0, 1.02))
        axes.set_ylim(max(0, lowest - 0.1 * (1.02 - lowest) - 0.01), 1.005)
        axes.grid(linewidth=0.5)

    return _drawn("coverage", "Precision of the answers against the share of pictures that are answered.", draw)


def budget_drawing(budgets: Sequence[ErrorBudget], taxonomy: Taxonomy) -> Drawing | None:
    """Where hard routing loses pictures, of the families that lose most; None if none loses any."""
    losing = sorted(
        (row for row in budgets if row.family and row.right < row.pictures),
        key=lambda row: (row.right - row.pictures, row.family),
    )[:_MOST_FAMILIES]
    if not losing:
        return None

    def draw(axes: "Axes") -> None:
        from matplotlib.ticker import MaxNLocator

        names = [taxonomy[row.family].name for row in losing]
        routing = [row.lost_by_routing for row in losing]
        axes.barh(names, routing, color=BAD, height=0.7, label="lost by routing: another family")
        region = [row.lost_by_subclass for row in losing]
        axes.barh(names, region, left=routing, color=OTHER, height=0.7, label="lost by region: family right")
        axes.invert_yaxis()
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.set_xlabel("pictures that hard routing loses")
        axes.tick_params(axis="y", colors=INK, length=0)
        axes.grid(axis="x", linewidth=0.5)
        axes.figure.legend(loc="outside upper left", ncols=2)

    return _drawn("budget", "Pictures lost by routing and by region, by family.", draw, 7, 1.2 + 0.24 * len(losing))


def curves_drawings(curves: Sequence[Curve]) -> list[Drawing]:
    """Loss and validation top-1 over the epochs, a figure each."""
    shares = [curve for curve in curves if "top1" in curve.name]
    losses = [curve for curve in curves if curve not in shares]
    made = []
    for name, group, label in (("loss", losses, "training loss, nats"), ("shares", shares, "validation top-1")):
        if not group:
            continue

        def draw(axes: "Axes", group: Sequence[Curve] = group, label: str = label) -> None:
            from matplotlib.ticker import MaxNLocator

            for curve, colour in zip(group, (MAIN, OTHER, BAD), strict=False):
                axes.plot(curve.epochs, curve.values, color=colour, label=_plain(curve.name), linewidth=1.6)
            axes.set(xlabel="epoch", ylabel=label)
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
            axes.grid(color=LINE, linewidth=0.5)
            if len(group) > 1:
                axes.legend()

        made.append(_drawn(f"curves-{name}", f"{label} over the epochs", draw))
    return made


def _plain(name: str) -> str:
    return {FLAT_CURVE: "flat: label", FAMILY_CURVE: "general: family"}.get(name, name)


def _drawn(name: str, meaning: str, draw: Callable[["Axes"], None], width: float = 5, height: float = 3.6) -> Drawing:
    if importlib.util.find_spec("matplotlib") is None:
        return Drawing(meaning, "", Markup())
    return draw_figure(name, meaning, draw, width=width, height=height)
