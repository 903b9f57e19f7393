"""The page of an audit: one HTML file that opens offline, with buttons to decide on what was found."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from gemhier.pipeline.data_quality import wrong_labels
from gemhier.pipeline.data_quality.findings import Audit
from gemhier.pipeline.data_quality.listing_section import METHODS, listing_section
from gemhier.pipeline.data_quality.questions import Question, Section, questions
from gemhier.pipeline.data_quality.summary import MAY_HAVE_LEARNED
from gemhier.pipeline.duplicates.search import KINDS
from gemhier.pipeline.reports.thumbnails import thumbnails
from gemhier.templates import render
from gemhier.text import count, printable

MOST_SHOWN = 2000
"""Of each section so many findings are on the page; decisions.csv has a row for all."""

_TITLES: dict[Section, tuple[str, str]] = {
    "names": (
        "One picture under two names",
        "Copies of each other in different classes: at least one of the two labels teaches something wrong.",
    ),
    "leak": ("Copies in two splits", "A model that has learned from one of them already knows the other."),
    "copy": ("Other copies", "In one class, and not in two splits."),
    "label": ("Suspected labels", wrong_labels.METHOD),
    "no gem": ("No gem", "Pictures in which the stone finder sees no gem that it is sure of."),
}


@dataclass(frozen=True)
class _Findings:
    """A section of the page.

    Attributes:
        anchor: where links lead to.
        title: what it is of.
        meaning: what follows from such findings.
        warning: what makes them doubtful; "" if nothing does.
        note: how to read them; "" if that is plain.
        total: how many there are.
        shown: those on the page.
    """

    anchor: str
    title: str
    meaning: str
    warning: str
    note: str
    total: int
    shown: Sequence[Question]


def page(result: Audit) -> str:
    """Return the text of audit.html."""
    asked = list(questions(result))
    sections = {name: _findings(name, asked, result) for name in _TITLES}
    numbers = dict.fromkeys(
        number
        for section in sections.values()
        for each in section.shown
        for number in (each.first, each.second)
        if number is not None
    )
    names = {number: printable(str(result.images[number].image)) for number in numbers}
    title = _title(result)
    return render(
        "pipeline/data_quality/audit.html",
        title=title,
        # So that decisions kept in the browser belong to this audit alone.
        known=hashlib.sha256("\n".join([title, *names.values()]).encode()).hexdigest()[:16],
        result=result,
        counts=_counts(result, sections["names"].total),
        sections=list(sections.values()),
        asked=bool(asked),
        listings=[listing_section(found) for found in result.listings],
        methods=METHODS,
        images=names,
        thumbs=thumbnails({number: result.images[number].image for number in numbers}),
        most_shown=MOST_SHOWN,
    )


def _title(result: Audit) -> str:
    counts = [count(len(result.images), "picture")] if result.images or result.unreadable else []
    counts += [
        f"{listing.listing.name}: {len(listing.listing.names):,} {listing.listing.noun}" for listing in result.listings
    ]
    return printable(f"Audit of {', '.join(counts)}" if counts else "Audit")


def _findings(name: Section, asked: Sequence[Question], result: Audit) -> _Findings:
    found = [question for question in asked if question.section == name]
    title, meaning = _TITLES[name]
    return _Findings(
        anchor=name.replace(" ", "-"),
        title=title,
        meaning=meaning,
        warning=MAY_HAVE_LEARNED if name == "label" and result.judgement.asked_now else "",
        note="; ".join(f"{kind}: {said}" for kind, said in KINDS.items()) + "." if name == "copy" else "",
        total=len(found),
        shown=found[:MOST_SHOWN],
    )


def _counts(result: Audit, under_two_names: int) -> list[tuple[str, str, str]]:
    """Return what is counted, how much of it there is, and of what."""
    judgement = result.judgement
    splits = ", ".join(f"{name or 'in no split'} {number:,}" for name, number in result.splits.items())
    classes = len({image.label for image in result.images})
    groups = f"{sum(result.group_sizes):,} pictures in {len(result.group_sizes):,} groups"
    counts = [
        ("pictures", len(result.images), f"in {classes:,} classes: {splits}"),
        ("pairs of copies", len(result.matches), groups),
        ("under two names", under_two_names, "pairs across classes"),
        ("across splits", sum(map(result.across_splits, result.matches)), "pairs"),
    ]
    if judgement.by:
        counts.append(
            ("suspected labels", len(judgement.suspects), f"of {judgement.judged:,} judged by {judgement.by}")
        )
    if judgement.scored:
        least = f"of {judgement.scored:,}, with a score below {judgement.stone_threshold:g}"
        counts.append(("without a gem", len(judgement.no_gems), least))
    counts.append(("unreadable", len(result.unreadable), "files"))
    return [(title, f"{number:,}", meaning) for title, number, meaning in counts]
