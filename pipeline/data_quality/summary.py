"""What an audit found, in a few lines for people."""

from collections.abc import Iterator

from gemhier.pipeline.data_quality.findings import Audit
from gemhier.pipeline.duplicates.search import KINDS
from gemhier.text import count

MAY_HAVE_LEARNED = (
    "If this model has learned from these very pictures it believes their labels, and few can be suspected. "
    "Trust it only on others, or give predictions of a model that has not seen them."
)
"""What must be said wherever a bundle judges pictures."""

_MOST_NAMED = 5


def summary(result: Audit) -> Iterator[str]:
    """Say in a few lines what was found."""
    for listing in result.listings:
        yield from listing.summary()
    if result.images or result.unreadable or not result.listings:
        yield from _images(result)
        yield from _judgement(result)


def _images(result: Audit) -> Iterator[str]:
    splits = ", ".join(f"{name or 'in no split'} {count:,}" for name, count in result.splits.items())
    classes = len({image.label for image in result.images})
    yield f"{count(len(result.images), 'picture')} in {count(classes, 'class', 'classes')}" + (
        f": {splits}" if any(result.splits) else ""
    )
    if result.unreadable:
        yield f"{count(len(result.unreadable), 'file')} cannot be read:"
        yield from (f"  {file.image}: {file.reason}" for file in result.unreadable[:_MOST_NAMED])
        if len(result.unreadable) > _MOST_NAMED:
            yield f"  and {len(result.unreadable) - _MOST_NAMED:,} more, listed in audit.json"
    if not result.matches:
        yield "No copies."
        return
    yield (
        f"{count(len(result.matches), 'pair')} of copies, in {count(len(result.group_sizes), 'group')} "
        f"with {count(sum(result.group_sizes), 'picture')}:"
    )
    yield f"  {'':<10}{'pairs':>8}{'across splits':>16}{'across classes':>17}"
    for kind, meaning in KINDS.items():
        counts = result.counts(kind)
        numbers = f"{counts['pairs']:>8,}{counts['across_splits']:>16,}{counts['across_classes']:>17,}"
        yield f"  {kind:<10}{numbers}   {meaning}"
    for leak in result.leaks():
        yield f"{count(leak.pictures, 'picture')} of {leak.split} {_has(leak.pictures)} a copy in {leak.other}."
    shared = result.shared_classes()
    if shared:
        named = ", ".join(f"{first} and {second} ({pairs:,})" for first, second, pairs in shared[:_MOST_NAMED])
        yield f"Classes with the same pictures: {named}{', and others' if len(shared) > _MOST_NAMED else ''}."


def _judgement(result: Audit) -> Iterator[str]:
    judgement = result.judgement
    if judgement.by:
        suspects = len(judgement.suspects)
        verb = "is" if suspects == 1 else "are"
        yield f"{count(suspects, 'label')} of {judgement.judged:,} {verb} suspected to be wrong, by {judgement.by}."
        if judgement.asked_now:
            yield f"  {MAY_HAVE_LEARNED}"
        for suspect in judgement.suspects[:_MOST_NAMED]:
            image, sure = result.images[suspect.image].image, suspect.suggested_probability
            yield f"  {image}: {suspect.given}, or {suspect.suggested} ({sure:.2f})?"
    if judgement.scored:
        none = len(judgement.no_gems)
        yield (
            f"In {count(none, 'picture')} of {judgement.scored:,} no gem stands out (its score is below "
            f"{judgement.stone_threshold:g})."
        )


def _has(number: int) -> str:
    return "has" if number == 1 else "have"
