"""The part of a report's page about single pictures: the worst mistakes with thumbnails, and all of them in a table.

The page's scripts draw both from what is embedded as JSON, a part at a time, so that thousands stay quick.
"""

from html import escape
from pathlib import Path
from typing import Any

from gemhier.models.images.stones import Failure
from gemhier.pipeline.reports.html.markup import note, section
from gemhier.pipeline.reports.html.style import json_script, printable
from gemhier.pipeline.reports.measured import Measured
from gemhier.pipeline.reports.mistakes import MOST_SHOWN
from gemhier.pipeline.reports.reasons import OUTCOMES
from gemhier.pipeline.reports.report import TOP
from gemhier.pipeline.reports.thumbnails import crop_thumbnail, thumbnails

_NEAR = (
    "Near means: the logits of the flat classifier, centred, point the same way (1 is the same direction, 0 none in "
    "common). They are what the network makes of its features to tell labels apart."
)


def mistakes_section(found: Measured) -> str:
    """Return the worst mistakes, with their five guesses and their nearest stones."""
    report = found.report
    if not found.mistakes:
        return section("mistakes", "Worst mistakes", "<p>No picture is taken for another label.</p>")
    shown = found.mistakes[:MOST_SHOWN]
    whole = thumbnails({each.row: Path(report.labelled.pictures[each.row].image) for each in shown})
    addresses: list[str] = []
    places: dict[str, int] = {}

    def near(row: int) -> list[list[Any]]:
        entries: list[list[Any]] = []
        for neighbour in report.neighbours.get(row, ()):
            if neighbour.image not in places:
                places[neighbour.image] = len(addresses)
                addresses.append(crop_thumbnail(neighbour.crop))
            name = report.taxonomy[neighbour.label].name if neighbour.label in report.taxonomy else neighbour.label
            entries.append([name, round(neighbour.likeness, 3), places[neighbour.image], printable(neighbour.image)])
        return entries

    content = {
        "mistakes": [
            {
                "row": each.row,
                "severity": each.severity,
                "whole": whole.get(each.row, ""),
                "crop": report.crops.get(each.row, ""),
                "near": near(each.row),
            }
            for each in shown
        ],
        "stones": addresses,
    }
    count = f"All {len(shown):,}" if len(shown) == len(found.mistakes) else f"The worst {len(shown):,}"
    asked = (
        f" Beside each: the training stones of {report.neighbours_in} that are nearest. {_NEAR}"
        if report.neighbours_in
        else " Their nearest training stones are shown too with --neighbours DATA."
    )
    return section(
        "mistakes",
        "Worst mistakes",
        f"<p>{count} of {len(found.mistakes):,}. The severity is how far up the tree the label and the first guess "
        "meet. Where the model is very sure of another label, look at the label first: it may be wrong.</p>",
        note(f"Left the picture, right the stone as the network saw it.{asked}"),
        '<div class="tools"><label>Order <select id="mistake-order"><option value="severity">most severe first</option>'
        '<option value="probability">surest first</option></select></label>'
        '<label>Class <input type="search" id="mistake-class" placeholder="any" size="14"></label>'
        '<span class="faint" id="mistake-count" aria-live="polite"></span></div>',
        '<div class="mistakes" id="gallery"></div>',
        '<div class="tools"><button type="button" id="more-mistakes" hidden>Show more</button></div>',
        json_script("mistakes-data", content),
    )


def pictures_section(found: Measured) -> str:
    """Every picture, to search and to filter."""
    options = "".join(
        f'<option value="{value}">{escape(words)}</option>'
        for value, words in (
            ("all", "all pictures"),
            ("wrong", "label not ranked first"),
            ("right", "label ranked first"),
            *((f"outcome:{number}", heading.lower()) for number, (heading, _) in enumerate(OUTCOMES.values())),
        )
    )
    return section(
        "pictures",
        "Every picture",
        '<div class="tools"><label>Search <input type="search" id="picture-search" '
        'placeholder="file, label, guess" size="18"></label>'
        f'<label>Show <select id="picture-kind">{options}</select></label>'
        '<button type="button" id="picture-cell" hidden></button>'
        '<span class="faint" id="picture-count" aria-live="polite"></span></div>',
        '<div class="wide" id="picture-table"><noscript><p>The table needs JavaScript; predictions.csv has the same '
        "pictures.</p></noscript></div>",
        '<div class="tools" id="picture-pages"></div>',
        json_script("pictures-data", _pictures(found)),
    )


def _pictures(found: Measured) -> dict[str, Any]:
    """All pictures as columns; nodes and sources by their numbers, -1 for none, probabilities in ten-thousandths."""
    report = found.report
    nodes: dict[str, int] = {}

    def node(name: str | None) -> int:
        return -1 if name is None else nodes.setdefault(name, len(nodes))

    severity = {mistake.row: mistake.severity for mistake in found.mistakes}
    kinds = list(OUTCOMES)
    columns: dict[str, list[Any]] = {}
    for row, (picture, result) in enumerate(zip(report.labelled.pictures, report.results, strict=True)):
        ranked = () if isinstance(result, Failure) else result.subclasses[:TOP]
        answer = None if isinstance(result, Failure) else result.answer
        for name, value in {
            "image": printable(picture.image),
            "source": report.labelled.sources.index(picture.source)
            if picture.source in report.labelled.sources
            else -1,
            "given": printable(picture.label_given),
            "truth": node(picture.label),
            "guesses": [node(candidate.id) for candidate in ranked],
            "shares": [round(1e4 * candidate.probability) for candidate in ranked],
            "answer": node(answer.id if answer else None),
            "sure": round(1e4 * answer.probability) if answer else 0,
            "outcome": kinds.index(found.reasons[row].outcome),
            "reason": printable(found.reasons[row].words),
            "right": int(report.figures.right[row]),
            "known": int(picture.label in report.space),
            "severity": severity.get(row, 0),
        }.items():
            columns.setdefault(name, []).append(value)
    return {
        **columns,
        "nodes": [
            {"id": name, "name": report.taxonomy[name].name, "family": report.taxonomy[name.partition("/")[0]].name}
            for name in nodes
        ],
        "sources": list(report.labelled.sources),
        "outcomes": [heading for heading, _ in OUTCOMES.values()],
    }
