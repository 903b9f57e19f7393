"""Matplotlib's figures as SVG inside a page: in the page's colours, with text as text."""

import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from markupsafe import Markup

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INK, FAINT, LINE, MAIN, OTHER, BAD, CARD = (f"#0{number}0{number}0{number}" for number in range(1, 8))
"""Colours that stand for those of the page, in whose place its variables are put."""

_VARIABLES = {INK: "ink", FAINT: "faint", LINE: "line", MAIN: "main", OTHER: "other", BAD: "bad", CARD: "card"}

_SETTINGS = {
    "svg.fonttype": "none",
    "font.size": 9,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": LINE,
    "axes.facecolor": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "figure.facecolor": "none",
    "grid.color": LINE,
    "xtick.color": FAINT,
    "ytick.color": FAINT,
    "legend.frameon": False,
}


@dataclass(frozen=True)
class Drawing:
    """A figure of a page.

    Attributes:
        meaning: what it shows, for those who cannot see it.
        view_box: where it lies, as SVG has it.
        content: the elements of the SVG; empty if there is no matplotlib to draw it.
    """

    meaning: str
    view_box: str
    content: Markup


def draw_figure(
    name: str, meaning: str, draw: Callable[["Axes"], None], *, width: float = 5, height: float = 3.6
) -> Drawing:
    """Draw a figure of one plot.

    Args:
        name: tells its parts from those of the page's other figures.
        meaning: what it shows, for those who cannot see it.
        draw: draws on the axes.
        width: in inches; on the page it takes the room there is.
        height: in inches.

    Raises:
        ImportError: if matplotlib is not installed.
    """
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    text = io.StringIO()
    with rc_context({**_SETTINGS, "svg.hashsalt": name}):
        figure = Figure(figsize=(width, height), layout="constrained")
        draw(figure.subplots())
        figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    root = ElementTree.fromstring(text.getvalue())
    _fit_into_page(root, name)
    inner = "".join(ElementTree.tostring(child, encoding="unicode") for child in root)
    return Drawing(meaning, root.attrib["viewBox"], Markup(re.sub(r"\n\s*", "\n", inner).strip()))


def _fit_into_page(root: ElementTree.Element, name: str) -> None:
    """Take out what pages have no use for, and give names, fonts and colours those of the page."""
    for element in root.iter():
        element.tag = _local(element.tag)
        attributes = {_local(key): value for key, value in element.items()}
        element.attrib.clear()
        for key, value in attributes.items():
            element.set(key, _of_page(key, value, name))
    for parent in list(root.iter()):
        for child in [child for child in parent if child.tag in ("metadata", "style")]:
            parent.remove(child)


def _local(tag: str) -> str:
    """Return a name without its namespace, which HTML has no use for."""
    return tag.rpartition("}")[2]


def _of_page(key: str, value: str, name: str) -> str:
    if key == "id":
        return f"{name}-{value}"
    if key == "href":
        return value.replace("#", f"#{name}-", 1)
    value = value.replace("url(#", f"url(#{name}-")
    # Fonts of the page, in matplotlib's sizes.
    value = re.sub(r"font: ([\d.]+px)[^;]*", r"font: \1 system-ui, sans-serif", value)
    value = re.sub(r"font-family: [^;]*", "font-family: system-ui, sans-serif", value)
    for colour, variable in _VARIABLES.items():
        value = value.replace(colour, f"var(--{variable})")
    return value
