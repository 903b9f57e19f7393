"""The page of an audit: one HTML file that opens offline, with buttons to decide on what was found."""

import hashlib
from collections.abc import Sequence
from html import escape

from gemhier.pipeline.data_quality import wrong_labels
from gemhier.pipeline.data_quality.findings import Audit
from gemhier.pipeline.data_quality.listing_section import listing_section
from gemhier.pipeline.data_quality.questions import Question, Section, questions
from gemhier.pipeline.data_quality.summary import MAY_HAVE_LEARNED
from gemhier.pipeline.duplicates.search import KINDS
from gemhier.pipeline.reports.html.style import framed, json_script, printable
from gemhier.pipeline.reports.thumbnails import thumbnails
from gemhier.text import count

MOST_SHOWN = 2000
"""Of each section so many findings are on the page; decisions.csv has a row for all."""

_TITLES: dict[Section, tuple[str, str]] = {
    "names": (
        "One picture under two names",
        "Copies of each other in different classes: at least one of the two labels teaches something wrong.",
    ),
    "leak": ("Copies in two splits", "What is tested on such pictures was learned by heart."),
    "copy": ("Other copies", "In one class, and not in two splits."),
    "label": ("Suspected labels", wrong_labels.METHOD),
    "no gem": ("No gem", "Pictures in which the stone finder sees no gem that it is sure of."),
}

_HOW_TO_DECIDE = (
    "Decide what you can; the rest stays as it is. <b>Same stone</b> keeps two pictures in one split. "
    "<b>Wrong label</b> gives the picture the label that you write, by name or id, or leaves it out if you write none. "
    "<b>Drop</b> leaves it out. <b>Keep</b> says that you have looked at it. Then download <code>decisions.csv</code> "
    "and give it to <code>gemhier prepare --decisions decisions.csv</code>. No picture is changed. "
    "Your decisions also stay in this browser until you clear them."
)


def page(result: Audit) -> str:
    """Return the text of audit.html."""
    asked = list(questions(result))
    sections = {section: [each for each in asked if each.section == section] for section in _TITLES}
    shown = {section: found[:MOST_SHOWN] for section, found in sections.items()}
    numbers = dict.fromkeys(
        number
        for found in shown.values()
        for each in found
        for number in (each.first, each.second)
        if number is not None
    )
    thumbs = thumbnails({number: result.pictures[number].image for number in numbers})
    title = _title(result)
    body = [f"<h1>{escape(title)}</h1>", _head(result, sections)]
    if result.pictures or result.unreadable:
        body += [_cards(result, sections)]
        body += [f'<p class="said">{_HOW_TO_DECIDE}</p>'] if asked else []
        body += [_section(section, shown[section], len(sections[section]), result, thumbs) for section in _TITLES]
        body += [_unreadable(result)]
    body += [listing_section(listing, number) for number, listing in enumerate(result.listings)]
    body += [_bar()] if asked else []
    names = {number: printable(str(result.pictures[number].image)) for number in numbers}
    body += [json_script("images", names), json_script("thumbs", thumbs)]
    known = hashlib.sha256("\n".join([title, *names.values()]).encode()).hexdigest()[:16]
    # So that decisions kept in the browser belong to this audit alone.
    return framed(
        title,
        "\n".join(body),
        package=__package__,
        styles=["audit.css"],
        scripts=["audit.js"],
        data={"audit": known},
    )


def _title(result: Audit) -> str:
    counts = [count(len(result.pictures), "picture")] if result.pictures or result.unreadable else []
    counts += [
        f"{listing.listing.name}: {len(listing.listing.names):,} {listing.listing.noun}" for listing in result.listings
    ]
    return f"Audit of {', '.join(counts)}" if counts else "Audit"


def _head(result: Audit, sections: dict[Section, list[Question]]) -> str:
    links = [
        f'<a href="#{_anchor(section)}">{_TITLES[section][0]} ({len(found):,})</a>'
        for section, found in sections.items()
        if found
    ]
    links += ['<a href="#unreadable">Unreadable</a>'] if result.unreadable else []
    links += [
        f'<a href="#list-{number}">{escape(listing.listing.name)}</a>' for number, listing in enumerate(result.listings)
    ]
    return f"<nav>{''.join(links)}</nav>"


def _cards(result: Audit, sections: dict[Section, list[Question]]) -> str:
    judgement = result.judgement
    splits = ", ".join(f"{name or 'in no split'} {number:,}" for name, number in result.splits.items())
    cards = [
        (
            "pictures",
            len(result.pictures),
            f"in {len({picture.label for picture in result.pictures}):,} classes: {splits}",
        ),
        (
            "pairs of copies",
            len(result.matches),
            f"{sum(result.group_sizes):,} pictures in {len(result.group_sizes):,} groups",
        ),
        ("under two names", len(sections["names"]), "pairs across classes"),
        ("across splits", sum(map(result.across_splits, result.matches)), "pairs"),
    ]
    if judgement.by:
        cards.append(("suspected labels", len(judgement.suspects), f"of {judgement.judged:,} judged by {judgement.by}"))
    if judgement.scored:
        least = f"of {judgement.scored:,}, with a score below {judgement.stone_threshold:g}"
        cards.append(("without a gem", len(judgement.no_gems), least))
    cards.append(("unreadable", len(result.unreadable), "files"))
    shown = "".join(
        f'<div class="card">{title}<b>{number:,}</b><small>{escape(meaning)}</small></div>'
        for title, number, meaning in cards
    )
    return f'<div class="cards">{shown}</div>'


def _section(section: Section, shown: Sequence[Question], total: int, result: Audit, thumbs: dict[int, str]) -> str:
    if not total:
        return ""
    title, meaning = _TITLES[section]
    notes = [f"<p>{escape(meaning)}</p>"]
    if section == "label" and result.judgement.asked_now:
        notes.append(f'<p class="said">{escape(MAY_HAVE_LEARNED)}</p>')
    if section == "copy":
        notes.append(f'<p class="faint">{escape("; ".join(f"{kind}: {said}" for kind, said in KINDS.items()))}.</p>')
    if total > len(shown):
        notes.append(f'<p class="faint">The first {len(shown):,} of {total:,}; decisions.csv has a row for each.</p>')
    cards = "".join(_pair(question, result, thumbs) for question in shown)
    return f'<h2 id="{_anchor(section)}">{title} ({total:,})</h2>{"".join(notes)}<div class="pairs">{cards}</div>'


def _anchor(section: Section) -> str:
    return section.replace(" ", "-")


def _pair(question: Question, result: Audit, thumbs: dict[int, str]) -> str:
    first, second = question.first, question.second
    if second is None:
        verdicts = ("wrong label", "drop", "keep") if question.section == "label" else ("drop", "keep")
        sides = _figure(first, result, thumbs, "")
        buttons = _choices(str(first), verdicts, question.label)
    else:
        labels = [result.pictures[number].label for number in (second, first)]
        other = labels if labels[0] != labels[1] else ["", ""]
        sides = "".join(
            _figure(number, result, thumbs, _choices(str(number), ("wrong label", "drop"), label))
            for number, label in zip((first, second), other, strict=True)
        )
        buttons = _choices(f"{first}-{second}", ("same stone", "keep"), "")
    return (
        f'<div class="pair"><div class="sides">{sides}</div>'
        f'<div class="said-of">{escape(printable(question.finding))}</div>{buttons}</div>'
    )


def _figure(number: int, result: Audit, thumbs: dict[int, str], choices: str) -> str:
    picture = result.pictures[number]
    image = f'<img data-picture="{number}" alt="">' if number in thumbs else "<small>no thumbnail</small>"
    split = f" · {escape(picture.split)}" if picture.split else ""
    return (
        f'<figure><div class="frame">{image}</div><figcaption><b>{escape(printable(picture.label))}{split}</b>'
        f"<small>{escape(printable(str(picture.image)))}</small></figcaption>{choices}</figure>"
    )


def _choices(key: str, verdicts: Sequence[str], label: str) -> str:
    buttons = "".join(
        f'<button type="button" value="{verdict}" aria-pressed="false">{verdict.capitalize()}</button>'
        for verdict in verdicts
    )
    field = (
        f'<input hidden value="{escape(printable(label))}" placeholder="right label, or none" aria-label="right label">'
        if "wrong label" in verdicts
        else ""
    )
    return f'<div class="choices" data-key="{key}">{buttons}{field}</div>'


def _unreadable(result: Audit) -> str:
    if not result.unreadable:
        return ""
    items = "".join(
        f"<li>{escape(printable(f'{file.image}: {file.reason}'))}</li>" for file in result.unreadable[:MOST_SHOWN]
    )
    return f'<h2 id="unreadable">Unreadable ({len(result.unreadable):,})</h2><ul>{items}</ul>'


def _bar() -> str:
    return (
        '<div class="bar-below"><span id="count" aria-live="polite">0 decisions</span>'
        '<button type="button" id="download" class="main" disabled>Download decisions.csv</button>'
        '<button type="button" id="clear" disabled>Clear</button></div>'
    )
