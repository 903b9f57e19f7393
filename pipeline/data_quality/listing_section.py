"""The part of audit.html that shows what a list of products says about its labels."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from gemhier.pipeline.data import contamination
from gemhier.pipeline.data_quality import ceiling
from gemhier.pipeline.data_quality.containment import CONTAINED, FEWEST, STANDINGS, Edge, shares
from gemhier.pipeline.data_quality.shared_names import SharedNames

_VISIBLE = 0.05
"""Classes that share no larger part with another are left out of the heat map."""

_CELL = 12
"""Side of a cell of the heat map, in CSS pixels; the style and the script of the page know it too."""

_COLOUR_BGR = (92, 150, 46)

_ORDER = ("reversed", "same", "proposed", "unknown name", "known")
"""Of edges, by what the taxonomy says of them."""

METHODS = {
    "ceiling": ceiling.METHOD,
    "foreign": contamination.METHOD,
    "fewest": FEWEST,
    "contained": CONTAINED,
    "standings": STANDINGS,
}
"""How what is shown of lists was found, and what it means."""


@dataclass(frozen=True)
class HeatMap:
    """Which part of each class stands in each other one, as a picture with a pixel for each cell.

    Attributes:
        names: of the classes, in the order of the rows and of the columns.
        image: a data address; the browser enlarges it.
        side: how large it is shown, in CSS pixels.
        content: the same in numbers, for the script.
    """

    names: tuple[str, ...]
    image: str
    side: int
    content: Mapping[str, Any]


@dataclass(frozen=True)
class ListingSection:
    """All that is shown of one list.

    Attributes:
        found: what was found in it.
        edges: classes within others, those that ask for a look first.
        heat: None if no two classes share enough.
    """

    found: SharedNames
    edges: Sequence[Edge]
    heat: HeatMap | None


def listing_section(found: SharedNames) -> ListingSection:
    """Return all that is shown of one list."""
    edges = sorted(found.edges, key=lambda edge: _ORDER.index(edge.standing))
    return ListingSection(found, edges, _heat_map(found))


def _heat_map(found: SharedNames) -> HeatMap | None:
    listing = found.listing
    every = np.array(shares(listing, listing.filled))
    apart = every - np.eye(len(every))
    wanted = np.flatnonzero((apart.max(axis=0) >= _VISIBLE) | (apart.max(axis=1) >= _VISIBLE))
    if not len(wanted):
        return None
    order = sorted(wanted, key=lambda index: (_family(found, listing.filled[index]), index))
    names = tuple(listing.filled[index] for index in order)
    values = every[np.ix_(order, order)]
    pixels = np.zeros((*values.shape, 4), np.uint8)
    pixels[..., :3] = _COLOUR_BGR
    pixels[..., 3] = np.round(255 * values)
    _, encoded = cv2.imencode(".png", pixels)
    sparse = {
        f"{row},{column}": round(float(values[row, column]), 4)
        for row, column in zip(*np.nonzero(values), strict=True)
        if row != column
    }
    return HeatMap(
        names=names,
        image="data:image/png;base64," + base64.b64encode(encoded.tobytes()).decode("ascii"),
        side=_CELL * len(names),
        content={"names": names, "sizes": [len(listing.classes[name]) for name in names], "shares": sparse},
    )


def _family(found: SharedNames, name: str) -> str:
    return found.nodes[name].family if name in found.nodes else "~"
