"""Matplotlib's figures as SVG inside a page: in the page's colours, with text as text."""

import io
import re
from collections.abc import Callable
from html import escape
from typing import TYPE_CHECKING

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


def figure_svg(
    name: str, meaning: str, draw: Callable[["Axes"], None], *, width: float = 5, height: float = 3.6
) -> str:
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
    return _for_page(text.getvalue(), name, meaning)


def _for_page(svg: str, name: str, meaning: str) -> str:
    inner = svg[svg.index("<svg") :]
    inner = re.sub(r"<metadata>.*?</metadata>", "", inner, flags=re.DOTALL)
    inner = re.sub(r"<style type=\"text/css\">.*?</style>", "", inner, flags=re.DOTALL)
    size = re.search(r'viewBox="([^"]+)"', inner)
    start = (
        f'<svg class="plot" role="img" aria-label="{escape(meaning)}" viewBox="{size[1] if size else "0 0 360 260"}">'
    )
    inner = start + inner[inner.index(">") + 1 :]
    inner = re.sub(r"<!--.*?-->", "", inner, flags=re.DOTALL)
    inner = re.sub(r'\bid="', f'id="{name}-', inner)
    inner = re.sub(r'(?:xlink:)?href="#', f'href="#{name}-', inner)
    inner = inner.replace("url(#", f"url(#{name}-")
    # Fonts of the page, in matplotlib's sizes.
    inner = re.sub(r"font: ([\d.]+px)[^;\"]*", r"font: \1 system-ui, sans-serif", inner)
    inner = re.sub(r"font-family: [^;\"]*", "font-family: system-ui, sans-serif", inner)
    for colour, variable in _VARIABLES.items():
        inner = inner.replace(colour, f"var(--{variable})")
    return re.sub(r"\n\s*", "\n", inner).strip()
