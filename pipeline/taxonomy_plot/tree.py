"""A few families as a tree from left to right, with all that the taxonomy says of each node."""

import textwrap
from collections.abc import Container, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, PathPatch
from matplotlib.path import Path as Outline

from gemhier.hierarchy.names import name_key
from gemhier.hierarchy.taxonomy import Node, Taxonomy
from gemhier.pipeline.taxonomy_plot.style import (
    FAINT,
    INK,
    PAPER,
    colours,
    draw_legend,
    draw_marker,
    draw_text,
    legend_width,
    paper,
    route_children,
    text_width,
    tint,
)

_ROW = 25.0  # from one leaf to the next
_BOX = 17.0  # height of the box around a name
_FONT = 9.0
_REMARK_FONT = 7.2
_LEAF_LETTERS = 72  # of a remark
_INNER_LETTERS = 40
_MARKER = 15.0  # room for the marker in the box
_REMARK_SPACE = 8.0  # from a box to its remark
_BRANCH = 40.0  # from the longest remark of a column to the next column
_FAMILY_GAP = 20.0
_MARGIN = 28.0


@dataclass(frozen=True)
class Box:
    """The box around a name, in points from the lower left of the paper, and the remark behind it."""

    left: float
    middle: float
    width: float
    remark: str

    @property
    def right(self) -> float:
        """Where the branches to the children set out."""
        return self.left + self.width

    @property
    def end(self) -> float:
        """Where the remark ends."""
        return self.right + (_REMARK_SPACE + text_width(self.remark, _REMARK_FONT) if self.remark else 0)


def tree_layout(taxonomy: Taxonomy, families: Sequence[str]) -> dict[str, Box]:
    """Place the nodes of some families: a row for each leaf, a column for each depth.

    A parent stands in the middle between its first and its last child, the first family at the top.
    A column begins behind the remarks of the inner nodes before it; those of leaves may reach past it.
    """
    below = route_children(taxonomy)
    nodes = [node for family in families for node in taxonomy.nodes.values() if node.family == family]
    middles: dict[str, float] = {}
    height = 2 * _MARGIN
    for family in reversed(families):
        for node in reversed(nodes):
            if node.family == family and not below[node.id]:
                height += _ROW
                middles[node.id] = height
        height += _FAMILY_GAP
    for node in reversed(nodes):
        if below[node.id]:
            middles[node.id] = (middles[below[node.id][0]] + middles[below[node.id][-1]]) / 2
    drawn = {node.id for node in nodes}
    boxes: dict[str, Box] = {}
    left = _MARGIN
    for depth in range(1, taxonomy.depth + 1):
        column = [node for node in nodes if len(node.route) == depth]
        for node in column:
            remark = _remark(taxonomy, node, drawn, _INNER_LETTERS if below[node.id] else _LEAF_LETTERS)
            boxes[node.id] = Box(left, middles[node.id], _box_width(node), remark)
        left = max((boxes[node.id].end for node in column if below[node.id]), default=left) + _BRANCH
    return boxes


def draw_tree(taxonomy: Taxonomy, families: Sequence[str]) -> Figure:
    """Draw some families, one below the other."""
    boxes = tree_layout(taxonomy, families)
    below = route_children(taxonomy)
    nodes = [taxonomy[node_id] for node_id in boxes]
    width = max(max(box.end for box in boxes.values()), _MARGIN + legend_width(nodes)) + _MARGIN
    figure, axes = paper(width, max(box.middle for box in boxes.values()) + _ROW / 2 + _MARGIN)
    colour_of = colours(taxonomy)
    for node in nodes:
        for child in below[node.id]:
            _draw_branch(axes, boxes[node.id], boxes[child], colour_of[node.family])
        for further in node.also:
            if further in boxes:
                _draw_further_parent(axes, boxes[further], boxes[node.id])
        _draw_box(axes, node, boxes[node.id], colour_of[node.family], inner=bool(below[node.id]))
    draw_legend(axes, _MARGIN + 6, _MARGIN, nodes, across=True)
    return figure


def _remark(taxonomy: Taxonomy, node: Node, drawn: Container[str], letters: int) -> str:
    """Return what else the taxonomy says of a node.

    That is why it is excluded, parents that are not drawn, and aliases.
    """
    elsewhere = [taxonomy[parent].name for parent in node.also if parent not in drawn]
    remarks = [f"excluded: {textwrap.shorten(node.excluded, letters, placeholder=' …')}"] if node.excluded else []
    remarks += [f"also {' and '.join(elsewhere)}"] if elsewhere else []
    aliases = ""
    for alias in _telling_aliases(node):
        if aliases and len(aliases) + len(alias) > letters:
            aliases += ", …"
            break
        aliases += f", {alias}" if aliases else alias
    return " · ".join([*remarks, aliases] if aliases else remarks)


def _telling_aliases(node: Node) -> list[str]:
    """Return the aliases that add a new word, shortest first.

    This leaves out "Onyx Black" for Black Onyx, or "Emerald (Panna)" after "Panna".
    """
    told = set(name_key(node.name).split())
    telling = []
    for alias in sorted(node.aliases, key=lambda alias: len(alias.split())):
        words = set(name_key(alias).split())
        if not words <= told:
            telling.append(alias)
            told |= words
    return telling


def _box_width(node: Node) -> float:
    return _MARKER + text_width(node.name, _FONT, "bold" if node.parent is None else "normal") + 9


def _draw_branch(axes: Axes, parent: Box, child: Box, colour: str) -> None:
    """Draw the line from a parent to a child.

    It runs straight below the parent's remark and past those of its siblings, then bends to the child.
    """
    turn = child.left - _BRANCH
    half = child.left - _BRANCH / 2
    points = [
        (parent.right, parent.middle),
        (turn, parent.middle),
        (half, parent.middle),
        (half, child.middle),
        (child.left, child.middle),
    ]
    codes = [Outline.MOVETO, Outline.LINETO, Outline.CURVE4, Outline.CURVE4, Outline.CURVE4]
    line = PathPatch(Outline(points, codes))
    line.set(facecolor="none", edgecolor=tint(colour, 0.6), linewidth=1.1, zorder=1)
    axes.add_patch(line)


def _draw_further_parent(axes: Axes, parent: Box, child: Box) -> None:
    """Draw a dashed line to a further parent.

    It goes from one column to the other, or round the left side within a column.
    """
    left, right = sorted((parent, child), key=lambda box: box.left)
    if left.right < right.left:
        start = left.end + 3 if left.end + 3 < right.left else left.right
        half = (start + right.left) / 2
        turns = (half, half)
    else:
        start = left.left
        turns = (left.left - 0.75 * _BRANCH, right.left - 0.75 * _BRANCH)
    points = [(start, left.middle), (turns[0], left.middle), (turns[1], right.middle), (right.left, right.middle)]
    line = PathPatch(Outline(points, [Outline.MOVETO, Outline.CURVE4, Outline.CURVE4, Outline.CURVE4]))
    line.set(facecolor="none", edgecolor=INK, linewidth=0.8, linestyle=(0, (4, 2.5)), zorder=2)
    axes.add_patch(line)


def _draw_box(axes: Axes, node: Node, box: Box, colour: str, *, inner: bool) -> None:
    is_family = node.parent is None
    outline = FancyBboxPatch(
        (box.left, box.middle - _BOX / 2), box.width, _BOX, boxstyle="round,pad=0,rounding_size=8.5", zorder=3
    )
    family_colour = FAINT if node.excluded else colour
    outline.set(facecolor=family_colour if is_family else tint(colour, 0.13 if inner else 0.06))
    outline.set(edgecolor=FAINT if node.excluded else tint(colour, 0.55), linewidth=0.8)
    axes.add_patch(outline)
    draw_marker(axes, box.left + 9, box.middle, node, PAPER if is_family else colour)
    draw_text(
        axes,
        box.left + _MARKER + 2,
        box.middle,
        node.name,
        size=_FONT,
        color=PAPER if is_family else FAINT if node.excluded else INK,
        weight="bold" if is_family else "normal",
        style="italic" if node.excluded else "normal",
    )
    above_the_line = 6 if inner else 0
    draw_text(axes, box.right + _REMARK_SPACE, box.middle + above_the_line, box.remark, size=_REMARK_FONT, color=FAINT)
