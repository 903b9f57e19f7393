"""What a prepared data set holds, in a few lines for people."""

from collections import Counter
from collections.abc import Sequence

from gemhier.crawler.review.contact_sheet import SHEET_FILE
from gemhier.pipeline.data.manifest import DATA_FILE, Manifest
from gemhier.text import count

_MOST_NAMED = 5
_MEANING = {
    "leaking": "  official test pictures with a near-copy, or another view of the stone, in training",
    "unused": "  pictures with a near-copy, or another view of the stone, in an official split",
}


def summary(manifest: Manifest) -> list[str]:
    """Return what a person wants to know of a data set that was just prepared, in a few lines."""
    rows, info = manifest.rows, manifest.info
    labels = {row.label for row in rows}
    families = {manifest.taxonomy[label].family for label in labels}
    lines = [
        f"{count(len(rows), 'picture')} of {count(len(labels), 'class', 'classes')} "
        f"in {count(len(families), 'family', 'families')}"
    ]
    lines += [f"  {name:<12}{count:>9,}{_MEANING.get(name, '')}" for name, count in manifest.counts().items() if count]
    shared = [size for size in Counter(row.group for row in rows).values() if size > 1]
    if shared:
        several = f", {len(info.several_names):,} under several names" if info.several_names else ""
        lines.append(
            f"{count(len(shared), 'group')} of near-copies or photographs of one stone, "
            f"the largest of {max(shared):,} pictures{several}"
        )
    untrained = sorted(labels - {row.label for row in manifest.split("train")})
    if untrained:
        lines.append(f"{count(len(untrained), 'class', 'classes')} without a training picture: {_some(untrained)}")
    lines += [f"{entry.folder}: {count(entry.pictures, 'picture')} {entry.note}" for entry in info.notes]
    if info.decisions:
        verdicts = Counter(entry.decision for entry in info.decisions)
        counts = ", ".join(f"{count:,} {verdict}" for verdict, count in sorted(verdicts.items()))
        lines.append(f"{count(len(info.decisions), 'decision')} applied: {counts}; listed in {DATA_FILE}")
    for found in info.contamination:
        products = f"{found.elsewhere:,} of its {count(found.products, 'product')}"
        lines.append(f"The class {found.label!r} is not believed: {products} belong to {_some(found.families)}")
    if info.ignored_names:
        names = count(len(info.ignored_names), "name")
        lines.append(f"{names} left out beside others that the taxonomy knows: {_some(info.ignored_names)}")
    if info.left_out:
        kinds = Counter(entry.kind for entry in info.left_out)
        counts = ", ".join(f"{count:,} {kind}" for kind, count in sorted(kinds.items()))
        sheet = f", shown in {SHEET_FILE}" if kinds["set aside"] + kinds["no gem"] else ""
        lines.append(f"Left out: {counts}; listed in {DATA_FILE}{sheet}")
        unreadable = [entry for entry in info.left_out if entry.kind == "unreadable"]
        lines += [f"  {entry.image}: {entry.reason}" for entry in unreadable[:_MOST_NAMED]]
    return lines


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:_MOST_NAMED]) + (", ..." if len(names) > _MOST_NAMED else "")
