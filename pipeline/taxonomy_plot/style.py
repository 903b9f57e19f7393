"""What the drawings of a taxonomy have in common: paper, colours, markers, legend.

All lengths are points, 1/72 inch, with the origin at the lower left: the same unit as
font sizes, so that a layout can make room for its text.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from matplotlib import colors
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextPath

from gemhier.hierarchy.node import Node, count_by_rank
from gemhier.hierarchy.taxonomy import Taxonomy

INK = "#2b2b33"
FAINT = "#8d8d99"
PAPER = "#fdfcfa"

# Jewel colours, each dark enough for text on paper; neighbours differ in hue.
_PALETTE = (
    "#a3173d",  # ruby
    "#0d7a4e",  # emerald
    "#b5720c",  # citrine
    "#2350a8",  # sapphire
    "#c14a78",  # rhodonite
    "#5d7f16",  # peridot
    "#7a3d9e",  # amethyst
    "#11808a",  # turquoise
    "#c64a1f",  # coral
    "#46409c",  # tanzanite
    "#86592c",  # topaz
    "#2a7db0",  # aquamarine
)
_MARKERS = {
    "family": ("o", 6.5),
    "species": ("D", 4.4),
    "variety": ("o", 4.4),
    "region": ("^", 5.2),
    "trade": ("*", 7.5),
}
_LEGEND_FONT = 9.0
_LEGEND_SPACE = 36.0  # a marker, and the distance to the next one


def colours(taxonomy: Taxonomy) -> dict[str, str]:
    """Give each family a colour, in turn."""
    return {family: _PALETTE[place % len(_PALETTE)] for place, family in enumerate(taxonomy.families)}


def route_children(taxonomy: Taxonomy) -> dict[str, list[str]]:
    """Return, for each node, the nodes right below it on their route."""
    children: dict[str, list[str]] = {node_id: [] for node_id in taxonomy.nodes}
    for node in taxonomy.nodes.values():
        if node.parent is not None:
            children[node.parent].append(node.id)
    return children


def tint(colour: str, strength: float) -> tuple[float, float, float]:
    """Mix a colour into that of the paper: 0 is the paper, 1 the colour."""
    paper, full = colors.to_rgb(PAPER), colors.to_rgb(colour)
    red, green, blue = (strength * f + (1 - strength) * p for f, p in zip(full, paper, strict=True))
    return red, green, blue


@lru_cache(maxsize=4096)
def text_width(text: str, size: float, weight: str = "normal") -> float:
    """Measure how long a text is, in points."""
    if not text.strip():
        return 0.0
    measured = text.replace("$", "S")  # matplotlib would take what is between two for a formula
    return float(TextPath((0, 0), measured, size=size, prop=FontProperties(weight=weight)).get_extents().width)


def paper(width: float, height: float) -> tuple[Figure, Axes]:
    """Make an empty sheet of a size in points, and axes in points."""
    figure = Figure(figsize=(width / 72, height / 72), facecolor=PAPER)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, width), ylim=(0, height))
    axes.set_axis_off()
    return figure, axes


def draw_text(axes: Axes, x: float, y: float, text: str, *, size: float, **look: Any) -> None:
    """Write a text literally, centred vertically on the point."""
    settings: dict[str, Any] = {"color": INK, "va": "center_baseline", "parse_math": False, "zorder": 5}
    axes.text(x, y, text, fontsize=size, **(settings | look))


def draw_marker(axes: Axes, x: float, y: float, node: Node, colour: str) -> None:
    """Draw the marker of a node's rank, hollow if the node is excluded."""
    shape, size = _MARKERS[node.rank]
    face = PAPER if node.excluded else colour
    edge = FAINT if node.excluded else colour
    axes.plot([x], [y], marker=shape, markersize=size, markerfacecolor=face, markeredgecolor=edge, zorder=4)


def draw_legend(axes: Axes, x: float, y: float, nodes: Sequence[Node], *, across: bool = False) -> None:
    """Name the markers in use and count their nodes.

    The entries run downwards from a point, or across.
    """
    for sample, text in _legend(nodes):
        if sample is None:
            axes.plot([x - 6, x + 6], [y, y], color=INK, linewidth=0.9, linestyle=(0, (3, 2)))
        else:
            draw_marker(axes, x, y, sample, INK)
        draw_text(axes, x + 12, y, text, size=_LEGEND_FONT)
        x, y = (x + _LEGEND_SPACE + text_width(text, _LEGEND_FONT), y) if across else (x, y - 15)


def legend_width(nodes: Sequence[Node]) -> float:
    """Return how wide a legend across is, in points."""
    return sum(_LEGEND_SPACE + text_width(text, _LEGEND_FONT) for _, text in _legend(nodes))


def _legend(nodes: Sequence[Node]) -> list[tuple[Node | None, str]]:
    """Return a sample and its text for each marker.

    None stands for the line to a further parent.
    """
    entries: list[tuple[Node | None, str]] = [
        (Node("", "", rank), count) for rank, count in count_by_rank(nodes).items()
    ]
    if excluded := sum(node.excluded is not None for node in nodes):
        entries.append((Node("", "", "variety", excluded="yes"), f"{excluded} excluded"))
    if any(node.also for node in nodes):
        entries.append((None, "further parent"))
    return entries
