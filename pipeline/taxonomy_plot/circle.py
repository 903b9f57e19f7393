"""A whole taxonomy as a circle: families around the middle, what is below them further out."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, PathPatch, Wedge
from matplotlib.path import Path as Outline

from gemhier.hierarchy.taxonomy import Node, Taxonomy
from gemhier.pipeline.taxonomy_plot.style import (
    FAINT,
    INK,
    PAPER,
    colours,
    draw_legend,
    draw_marker,
    draw_text,
    paper,
    route_children,
    text_width,
    tint,
)

_LINE = 9.6  # from one label to the next
_FONT = 7.6
_CORE = 58.0  # radius of the disc in the middle
_ELBOW = 9.0  # from a node to the arc where its branches part
_SPACE = 8.0  # between a node and its label
_GAP = 0.7  # between families, in lines
_MARGIN = 26.0


@dataclass(frozen=True)
class Spot:
    """Where a node stands, in polar coordinates: radians clockwise from the top, and points.

    Attributes:
        angle: the direction of the node.
        start: the radius at which the branch to the node sets out.
        radius: the radius of the node.
        width: the angle that the node and all below it have for themselves.
    """

    angle: float
    start: float
    radius: float
    width: float


def circle_layout(taxonomy: Taxonomy) -> dict[str, Spot]:
    """Place every node so that no two labels touch.

    Each leaf has its own direction, and stands so far out that a line of text fits between it and
    the next. A branch points to the middle of its leaves, and is as long as the label on it; branches
    of one depth end on one ring, but for thin ones that must reach further out to be legible.
    """
    below = route_children(taxonomy)
    leaves: dict[str, int] = {}
    for node_id in reversed(list(taxonomy.nodes)):
        leaves[node_id] = sum(leaves[child] for child in below[node_id]) or 1
    turn = 2 * math.pi / sum(leaves[family] + _GAP for family in taxonomy.families)
    rings = _rings(taxonomy, below, leaves, turn)
    spots: dict[str, Spot] = {}
    first: dict[str, float] = {}
    place = _GAP / 2
    for node_id, node in taxonomy.nodes.items():
        if node.parent is None:
            first[node_id], place = place, place + leaves[node_id] + _GAP
        inner_place = first[node_id]
        for child in below[node_id]:
            first[child], inner_place = inner_place, inner_place + leaves[child]
        start = spots[node.parent].radius + _ELBOW if node.parent else _CORE
        if below[node_id]:
            radius = max(rings[node_id.count("/")], _least_radius(node, leaves[node_id], start, turn))
        else:
            radius = max(start + 14, _LINE / turn)
        angle = (first[node_id] + leaves[node_id] / 2) * turn
        spots[node_id] = Spot(angle, start, radius, leaves[node_id] * turn)
    return spots


def _rings(taxonomy: Taxonomy, below: Mapping[str, list[str]], leaves: Mapping[str, int], turn: float) -> list[float]:
    """Return the radius for the inner nodes of each depth.

    The thinnest nodes are left out.
    """
    rings: list[float] = []
    start = _CORE
    for depth in range(taxonomy.depth):
        inner = [node for node in taxonomy.nodes.values() if node.id.count("/") == depth and leaves[node.id] > 2]
        rings.append(max((_least_radius(node, leaves[node.id], start, turn) for node in inner), default=start))
        start = rings[-1] + _ELBOW
    return rings


def _least_radius(node: Node, leaves: int, start: float, turn: float) -> float:
    """Return the least radius of an inner node that leaves room for its label.

    The label stands between the node and its parent.
    """
    length = text_width(node.name, _FONT, "bold") + _SPACE
    return length + max(start + 8, _LINE / (leaves * turn))


def draw_circle(taxonomy: Taxonomy) -> Figure:
    """Draw all families around a disc with their number."""
    spots = circle_layout(taxonomy)
    below = route_children(taxonomy)
    colour_of = colours(taxonomy)
    reach = {
        node_id: spot.radius + (0 if below[node_id] else _SPACE + text_width(taxonomy[node_id].name, _FONT))
        for node_id, spot in spots.items()
    }
    half = max(reach.values()) + _MARGIN
    figure, axes = paper(2 * half, 2 * half)
    axes.set(xlim=(-half, half), ylim=(-half, half))
    for family in taxonomy.families:
        outermost = max(reach[node_id] for node_id in spots if taxonomy[node_id].family == family)
        _draw_petal(axes, spots[family], outermost + 5, colour_of[family])
    label_starts = {
        node_id: spot.radius - (text_width(taxonomy[node_id].name, _FONT, "bold") + _SPACE + 4 if below[node_id] else 0)
        for node_id, spot in spots.items()
    }
    for parent, child, on_route in taxonomy.graph.edges(data="route"):
        if not on_route:
            ends = [(spots[node_id].angle, label_starts[node_id]) for node_id in (parent, child)]
            _draw_further_parent(axes, ends[0], ends[1], colour_of[taxonomy[parent].family])
    for node_id, node in taxonomy.nodes.items():
        colour = colour_of[node.family]
        _draw_branch(axes, spots[node_id], spots.get(node.parent or ""), label_starts[node_id], colour)
        draw_marker(axes, *_point(spots[node_id].angle, spots[node_id].radius), node, colour)
        _draw_name(axes, node, spots[node_id], colour, inner=bool(below[node_id]))
    axes.add_patch(Circle((0, 0), _CORE - 6, facecolor=INK, edgecolor="none", zorder=4))
    draw_text(axes, 0, 6, str(len(taxonomy)), size=25, color=PAPER, ha="center", weight="bold")
    draw_text(axes, 0, -17, f"gems in {len(taxonomy.families)} families", size=8, color=PAPER, ha="center")
    draw_legend(axes, 26 - half, half - 28, list(taxonomy.nodes.values()))
    return figure


def _point(angle: float, radius: float) -> tuple[float, float]:
    return radius * math.sin(angle), radius * math.cos(angle)


def _draw_petal(axes: Axes, spot: Spot, outermost: float, colour: str) -> None:
    """Draw the ground on which a family stands."""
    middle, half = 90 - math.degrees(spot.angle), math.degrees(spot.width) / 2
    wedge = Wedge((0, 0), outermost, middle - half, middle + half, width=outermost - _CORE)
    wedge.set(facecolor=tint(colour, 0.09), edgecolor="none", zorder=0)
    axes.add_patch(wedge)


def _draw_branch(axes: Axes, spot: Spot, parent: Spot | None, end: float, colour: str) -> None:
    """Draw the line from a parent to a node.

    It goes out to the arc, along it, and out to the radius of the node or of its label.
    """
    if parent is not None:
        steps = max(2, int(abs(spot.angle - parent.angle) * spot.start / 4))
        turns = [parent.angle + (spot.angle - parent.angle) * step / steps for step in range(steps + 1)]
        points = [_point(parent.angle, parent.radius), *(_point(angle, spot.start) for angle in turns)]
    else:
        points = [_point(spot.angle, spot.start)]
    points.append(_point(spot.angle, max(spot.start, end)))
    strength = 0.35 if parent is None and end == spot.radius else 0.75  # families of one gem step back
    axes.plot(*zip(*points, strict=True), color=tint(colour, strength), linewidth=0.9, zorder=2)


def _draw_further_parent(axes: Axes, parent: tuple[float, float], child: tuple[float, float], colour: str) -> None:
    """Draw a curve between two polar points that bows towards the middle.

    It bows more, the further apart they are.
    """
    (x1, y1), (x2, y2) = _point(*parent), _point(*child)
    apart = math.acos(math.cos(parent[0] - child[0])) / math.pi
    pull = (1 - 0.75 * math.sqrt(apart)) / 2
    points = [(x1, y1), (pull * (x1 + x2), pull * (y1 + y2)), (x2, y2)]
    curve = PathPatch(Outline(points, [Outline.MOVETO, Outline.CURVE3, Outline.CURVE3]))
    curve.set(facecolor="none", edgecolor=colour, linewidth=0.9, linestyle=(0, (4, 2.5)), zorder=3)
    axes.add_patch(curve)


def _draw_name(axes: Axes, node: Node, spot: Spot, colour: str, *, inner: bool) -> None:
    """Draw a node's name, never upside down.

    A leaf's name stands outside it, an inner node's name inside.
    """
    on_left = math.pi < spot.angle < 2 * math.pi
    draw_text(
        axes,
        *_point(spot.angle, spot.radius + (-_SPACE if inner else _SPACE)),
        node.name,
        size=_FONT,
        color=FAINT if node.excluded else colour if inner or node.parent is None else INK,
        weight="bold" if inner else "normal",
        style="italic" if node.excluded else "normal",
        rotation=(270 if on_left else 90) - math.degrees(spot.angle),
        rotation_mode="anchor",
        ha="left" if inner == on_left else "right",
    )
