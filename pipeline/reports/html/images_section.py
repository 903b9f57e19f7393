"""The part of a report's page about single pictures: the worst mistakes with thumbnails, and all of them in a table.

The page's scripts draw both from what is embedded as JSON, a part at a time, so that thousands stay quick.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gemhier.models.images.stones import Failure
from gemhier.pipeline.reports.measured import Measured
from gemhier.pipeline.reports.mistakes import MOST_SHOWN
from gemhier.pipeline.reports.reasons import OUTCOMES
from gemhier.pipeline.reports.report import TOP
from gemhier.pipeline.reports.thumbnails import crop_thumbnail, thumbnails
from gemhier.text import printable


@dataclass(frozen=True)
class ImagesSection:
    """What the page shows of single pictures.

    Attributes:
        mistakes: how many there are.
        shown: how many of them are shown as pictures.
        mistakes_data: what the script of the page draws of these.
        kinds: what the table can be narrowed to: value and title.
        images_data: what the script draws of all pictures.
    """

    mistakes: int
    shown: int
    mistakes_data: dict[str, Any]
    kinds: list[tuple[str, str]]
    images_data: dict[str, Any]


def images_section(found: Measured) -> ImagesSection:
    """Return the worst mistakes, with their five guesses and their nearest stones, and all pictures."""
    return ImagesSection(
        mistakes=len(found.mistakes),
        shown=min(len(found.mistakes), MOST_SHOWN),
        mistakes_data=_mistakes(found),
        kinds=[
            ("all", "all pictures"),
            ("wrong", "label not ranked first"),
            ("right", "label ranked first"),
            *((f"outcome:{number}", heading.lower()) for number, (heading, _) in enumerate(OUTCOMES.values())),
        ],
        images_data=_images(found),
    )


def _mistakes(found: Measured) -> dict[str, Any]:
    """Return the worst mistakes; stones near several of them are held once."""
    report, shown = found.report, found.mistakes[:MOST_SHOWN]
    whole = thumbnails({each.row: Path(report.labelled.images[each.row].image) for each in shown})
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

    return {
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


def _images(found: Measured) -> dict[str, Any]:
    """All pictures as columns; nodes and sources by their numbers, -1 for none, probabilities in ten-thousandths."""
    report = found.report
    nodes: dict[str, int] = {}

    def node(name: str | None) -> int:
        return -1 if name is None else nodes.setdefault(name, len(nodes))

    severity = {mistake.row: mistake.severity for mistake in found.mistakes}
    kinds = list(OUTCOMES)
    columns: dict[str, list[Any]] = {}
    for row, (image, result) in enumerate(zip(report.labelled.images, report.results, strict=True)):
        ranked = () if isinstance(result, Failure) else result.subclasses[:TOP]
        answer = None if isinstance(result, Failure) else result.answer
        for name, value in {
            "image": printable(image.image),
            "source": report.labelled.sources.index(image.source) if image.source in report.labelled.sources else -1,
            "given": printable(image.label_given),
            "truth": node(image.label),
            "guesses": [node(candidate.id) for candidate in ranked],
            "shares": [round(1e4 * candidate.probability) for candidate in ranked],
            "answer": node(answer.id if answer else None),
            "sure": round(1e4 * answer.probability) if answer else 0,
            "outcome": kinds.index(found.reasons[row].outcome),
            "reason": printable(found.reasons[row].words),
            "right": int(report.figures.right[row]),
            "known": int(image.label in report.space),
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
