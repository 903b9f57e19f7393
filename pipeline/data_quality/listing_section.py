"""The part of audit.html that shows what a list of products says about its labels."""

import base64
import json
from collections.abc import Iterable
from html import escape

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


def listing_section(found: SharedNames, number: int) -> str:
    """All that is shown of one list; `number` tells it from the others of the page."""
    listing, noun = found.listing, found.listing.noun
    parts = [
        f'<h2 id="list-{number}">{escape(listing.name)}</h2>',
        f"<p>{len(listing.names):,} {noun} in {len(listing.filled):,} classes, {found.several:,} of them "
        f"({found.share:.1%}) in two or more. {len(listing.classes) - len(listing.filled):,} more classes list "
        f"nothing; {listing.skipped:,} of {listing.rows:,} lines lead nowhere.</p>",
        _cards(found),
        _numbers(found),
        _ceilings(found),
        _contaminated(found),
        _edges(found.edges, noun),
        _heat_map(found, number),
        _unknown(found),
    ]
    return "".join(parts)


def _cards(found: SharedNames) -> str:
    narrowest = found.ceilings[-1]
    cards = (
        ("under several names", f"{found.share:.1%}", f"of {len(found.listing.names):,} {found.listing.noun}"),
        ("ceiling by listing", f"{narrowest.by_listing:.3f}", f"top-1, {narrowest.classes:,} largest classes"),
        ("ceiling over classes", f"{narrowest.over_classes:.3f}", f"mean top-1, {narrowest.classes:,} largest classes"),
        (
            "contaminated classes",
            f"{len(found.contaminated):,}",
            "most of them belong to another family, or some to each of several",
        ),
    )
    shown = "".join(f'<div class="card">{a}<b>{b}</b><small>{c}</small></div>' for a, b, c in cards)
    return f'<div class="cards">{shown}</div>'


def _numbers(found: SharedNames) -> str:
    most = max(found.by_number.values())
    bars = "".join(
        f'<span>{count}</span><span class="bar"><i style="width:{products / most:.1%}"></i></span>'
        f"<span>{products:,}</span>"
        for count, products in found.by_number.items()
    )
    return f'<h3>In how many classes</h3><div class="bars">{bars}</div>'


def _ceilings(found: SharedNames) -> str:
    rows = [
        [
            "all" if entry.classes == len(found.listing.filled) else f"the {entry.classes:,} largest",
            f"{entry.classes:,}",
            f"{entry.products:,}",
            f"{entry.listings:,}",
            f"{entry.by_listing:.3f}",
            f"{entry.over_classes:.3f}",
        ]
        for entry in found.ceilings
    ]
    head = ("", "classes", found.listing.noun, "listings", "by listing", "mean over classes")
    return f'<h3>The ceiling of top-1</h3>{_table(head, rows)}<p class="faint">{escape(ceiling.METHOD)}</p>'


def _contaminated(found: SharedNames) -> str:
    rows = [
        [
            escape(judged.name) + ("<small>contaminated</small>" if judged.contaminated else ""),
            escape(judged.family),
            escape(judged.mostly),
            f"{judged.foreign:,} of {judged.products:,}",
            f"{judged.share:.1%}",
        ]
        for judged in found.foreign
    ]
    head = ("class", "its family", "others belong to", found.listing.noun, "share")
    table = _table(head, rows, texts=3) if rows else "<p>None.</p>"
    return f'<h3>Products of another family</h3>{table}<p class="faint">{escape(contamination.METHOD)}</p>'


def _edges(edges: Iterable[Edge], noun: str) -> str:
    order = {
        standing: place for place, standing in enumerate(("reversed", "same", "proposed", "unknown name", "known"))
    }
    rows = [
        [
            f"{escape(edge.child)}<small>{escape(edge.child_id)}</small>",
            f"{escape(edge.parent)}<small>{escape(edge.parent_id)}</small>",
            escape(edge.standing),
            f"{edge.share:.1%}",
            f"{edge.covered:.1%}",
        ]
        for edge in sorted(edges, key=lambda edge: order[edge.standing])
    ]
    head = ("class", "lies within", "taxonomy", "share of it", "share of the other")
    meanings = "; ".join(f"{standing}: {meaning}" for standing, meaning in STANDINGS.items())
    table = f'<div class="scroll">{_table(head, rows, texts=3)}</div>' if rows else "<p>None.</p>"
    return (
        f"<h3>Classes within others</h3>{table}"
        f'<p class="faint">A class with {FEWEST} {noun} or more lies within another if {CONTAINED:.0%} of them stand '
        f"there too; the innermost is named. Contaminated classes prove nothing. {escape(meanings)}.</p>"
    )


def _heat_map(found: SharedNames, number: int) -> str:
    """Return the shares as a picture with a pixel for each cell, which the browser enlarges."""
    listing = found.listing
    every = np.array(shares(listing, listing.filled))
    apart = every - np.eye(len(every))
    wanted = np.flatnonzero((apart.max(axis=0) >= _VISIBLE) | (apart.max(axis=1) >= _VISIBLE))
    if not len(wanted):
        return ""
    order = sorted(wanted, key=lambda index: (_family(found, listing.filled[index]), index))
    names = [listing.filled[index] for index in order]
    values = every[np.ix_(order, order)]
    pixels = np.zeros((*values.shape, 4), np.uint8)
    pixels[..., :3] = _COLOUR_BGR
    pixels[..., 3] = np.round(255 * values)
    _, encoded = cv2.imencode(".png", pixels)
    side = _CELL * len(names)
    spans = "".join(f"<span>{escape(name)}</span>" for name in names)
    sparse = {
        f"{row},{column}": round(float(values[row, column]), 4)
        for row, column in zip(*np.nonzero(values), strict=True)
        if row != column
    }
    told = {"names": names, "sizes": [len(listing.classes[name]) for name in names], "shares": sparse}
    text = json.dumps(told, separators=(",", ":")).replace("<", "\\u003c")
    source = base64.b64encode(encoded.tobytes()).decode("ascii")
    return (
        "<h3>Which part of a row stands in a column</h3>"
        f'<p class="read-out faint" id="read-{number}">By family, large classes first. Point at a cell to read it.</p>'
        f'<div class="wide"><div class="heat"><div class="columns">{spans}</div><div class="rows">{spans}</div>'
        f'<img src="data:image/png;base64,{source}" width="{side}" height="{side}" alt="Heat map of shared products" '
        f'data-values="heat-{number}" data-read-out="read-{number}"></div></div>'
        f'<script type="application/json" id="heat-{number}">{text}</script>'
    )


def _family(found: SharedNames, name: str) -> str:
    return found.nodes[name].family if name in found.nodes else "~"


def _unknown(found: SharedNames) -> str:
    if not found.unknown:
        return ""
    items = "".join(f"<li>{escape(name)}: {escape(reason)}</li>" for name, reason in found.unknown.items())
    return f"<h3>Names that the taxonomy does not know ({len(found.unknown):,})</h3><ul>{items}</ul>"


def _table(head: Iterable[str], rows: Iterable[Iterable[str]], *, texts: int = 1) -> str:
    """Return a table of HTML cells whose first columns are texts and whose others are numbers."""
    heads = "".join(f"<th{_kind(place, texts)}>{title}</th>" for place, title in enumerate(head))
    body = "".join(
        f"<tr>{''.join(f'<td{_kind(place, texts)}>{cell}</td>' for place, cell in enumerate(row))}</tr>" for row in rows
    )
    return f'<div class="wide"><table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table></div>'


def _kind(place: int, texts: int) -> str:
    return "" if place < texts else ' class="number"'
