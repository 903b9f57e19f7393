"""Drawing a taxonomy: all of it as a circle, chosen families as a tree from left to right."""

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from gemhier.atomic import check_file, replacing
from gemhier.errors import OutputError
from gemhier.hierarchy.taxonomy import Taxonomy

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FORMATS = (".svg", ".png", ".pdf")

_PNG_DOTS_PER_INCH = 144
_SETTINGS = {
    "svg.fonttype": "none",
    "svg.hashsalt": "gemhier",
    "pdf.fonttype": 42,
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans", "Verdana", "Helvetica", "Arial"],  # as wide as the first, where it is missing
}


def draw_taxonomy(taxonomy: Taxonomy, path: Path, *, families: Sequence[str] = ()) -> None:
    """Draw a taxonomy to a file.

    Colour shows the family, the marker shows the rank, and a dashed line leads to a further parent.
    The text of an SVG stays text. The same taxonomy gives the same SVG, byte for byte.

    Args:
        taxonomy: what to draw.
        path: a .svg, .png or .pdf file.
        families: ids of the families to draw, from left to right; none for a circle of them all.

    Raises:
        OutputError: if the file is of another kind or cannot be written.
        ImportError: if matplotlib is not installed.
        ValueError: if a family is not in the taxonomy, or there is nothing to draw.
    """
    if path.suffix.lower() not in FORMATS:
        raise OutputError(
            f"{path}: cannot draw {path.suffix or 'a file without a suffix'}. Use one of {', '.join(FORMATS)}."
        )
    unknown = [family for family in families if family not in taxonomy.families]
    if unknown or not taxonomy.families:
        raise ValueError(f"`families` must be some of {taxonomy.families}. Received: {tuple(families)}.")

    check_file(path)

    import matplotlib as mpl  # takes half a second

    from gemhier.pipeline.taxonomy_plot.circle import draw_circle
    from gemhier.pipeline.taxonomy_plot.tree import draw_tree

    with mpl.rc_context(_SETTINGS), warnings.catch_warnings():
        # A script that the font does not have shows as boxes in a PNG and as itself in an SVG.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        chosen = tuple(dict.fromkeys(families))
        figure = draw_tree(taxonomy, chosen) if chosen else draw_circle(taxonomy)
        _save(figure, path)


def _save(figure: "Figure", path: Path) -> None:
    kind = path.suffix.lower().removeprefix(".")
    metadata = {"svg": {"Date": None}, "pdf": {"CreationDate": None}, "png": {}}[kind]
    try:
        with replacing(path) as unfinished:
            figure.savefig(unfinished, format=kind, dpi=_PNG_DOTS_PER_INCH, metadata=metadata)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({error.strerror}). Choose another place.") from error
