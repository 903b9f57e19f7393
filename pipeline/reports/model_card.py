"""The model card of a bundle: what it is for, what it learned from, how good it is, what it cannot do.

In the form of Mitchell et al., "Model Cards for Model Reporting" (FAT* 2019).
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gemhier.hierarchy.labels import LabelSpace
from gemhier.hierarchy.novelty import KNOWN
from gemhier.hierarchy.taxonomy import Taxonomy
from gemhier.models.bundle import Bundle, load_bundle, write_bundle
from gemhier.models.bundle.files import NETWORK_FILE
from gemhier.models.bundle.info import BundleInfo
from gemhier.models.images.untrained_finders import UNTRAINED
from gemhier.pipeline.evaluation.estimate_text import estimate_text
from gemhier.pipeline.evaluation.estimates import Estimate
from gemhier.text import count

_STRATEGIES = {
    "flat": "one softmax over all labels",
    "hard": "the likeliest family, then its regional network",
    "soft": "P(family) times P(label | family)",
    "fused": "the weighted product of flat and soft, normalised",
}

VALIDATION = "validation pictures"
OUT_OF_FOLD = "pictures out of fold"
"""What a training's own figures are called in a report: by what they were measured on."""

NOTES = "notes"
"""What Markdown for the card, written by hand, is called in a report."""

_CALIBRATED_ON = {
    VALIDATION: "its validation pictures, which also calibrated it",
    OUT_OF_FOLD: "its own pictures out of fold: each answered by a network of the same kind that had not "
    "learned from it, calibrated on the other folds",
}

_SHOWN = {
    "top1": "top-1",
    "top3": "top-3",
    "top5": "top-5",
    "family_top1": "family",
    "ece": "calibration error",
    "brier": "Brier score",
}

_LIMITS = """\
## What it cannot do

- Where a stone comes from is a hint: origin is not determinable from a photograph.
- Natural, synthetic, treated and imitated stones can look alike. It does not tell them apart, and does not
  replace a laboratory. Do not buy, sell, insure or value a stone by its answer.
- {other_things}
- It has learned mostly from photographs of single stones on plain ground, changed as cameras change them.
  Settings, coloured light and stones that are small in the picture are harder than such pictures.
- {promises}
- A gem that is not among its labels may get the name of one that is.
"""

_OTHER_THINGS = (
    "Glass, plastic and minerals that look like gems are taken for gems: its stone finder learned what is no gem from\n"
    "  everyday pictures.",
    "Whatever a picture shows is taken for one of its labels, for it has no stone finder to refuse other things.",
)
"""What becomes of pictures of other things, with a trained finder and without."""

_PROMISES = (
    "The precision and the guarantee that are asked for hold on such pictures only: on photographs from elsewhere far\n"
    "  fewer of the answers are right, and fewer shortlists hold the right label.",
    "The precision and the guarantee that are asked for hold on pictures like those it was calibrated on. Of unlike\n"
    "  ones it has seen few: on photographs by others, of other stones or in other light, they may hold less.",
)
"""How far promises go, without a calibration of unlike pictures and with one."""

_SEEN = {
    "network": "the stone found and cut out by a network of its own, its backdrop covered",
    "none": "all of the picture, grey beside it",
    "canny": "the square around the picture's edges as Canny's method finds them, grey beside the picture",
}
"""What the network sees of a picture, by the finder."""


_NOVEL = (
    f"- says where a picture may show none of these gems; out of fold it said so of {KNOWN:.0%} of the pictures that "
    "do show one"
)


def model_card(info: BundleInfo, taxonomy: Taxonomy, report: Mapping[str, Any], *, knows_likeness: bool = False) -> str:
    """Write the card in Markdown.

    Args:
        info: of the bundle.
        taxonomy: names the families.
        report: `data` (pictures by split), `config`, and the evaluations by the name of what was
            evaluated: each with `n` and `strategies`; `notes`, Markdown, if there are any.
        knows_likeness: whether it tells which pictures are unlike those of its training.
    """
    space = LabelSpace(info.labels)
    families = ", ".join(taxonomy[family].name for family in space.families)
    counts = report.get("data", {})
    lines = [
        f"# {info.model_version}",
        "",
        f"Names a cut gemstone in a photograph: {len(space)} labels in {len(space.families)} families, "
        f"{len(space.regional_families)} of which have a regional network.",
        "",
        f"- made: {info.created}, run {info.run_id}",
        f"- input: {info.size} x {info.size} pixels, {_SEEN[info.finder]}",
        "- looks for no gem, and so takes every picture for one of its labels"
        if info.finder in UNTRAINED
        else f"- refuses a picture whose most prominent stone has a score below {info.stone_threshold:.3g}",
        f"- decides by: {info.strategy}, {_STRATEGIES[info.strategy]}",
        f"- answers as deep as a precision of {info.default_precision:.0%} allows, by thresholds set on "
        f"{'answers out of fold' if OUT_OF_FOLD in report else 'validation pictures'}",
        "- promises no shortlist (`--guarantee`)"
        if info.sets is None or not info.sets.rows
        else f"- promises shortlists (`--guarantee`) up to {info.sets.rows[-1].coverage:.0%}, by "
        "thresholds set on answers out of fold",
        *(_unlike(info) if knows_likeness else ()),
        *([_NOVEL] if info.novel_entropy is not None else ()),
        "",
        "## What it learned from",
        "",
        f"{_images(counts, report)} Near-copies and photographs of one stone are never in two folds or splits. "
        "The pictures themselves are not redistributed.",
        "",
        f"Families: {families}.",
        "",
        "## How good it is",
        "",
    ]
    for name, evaluation in report.items():
        if isinstance(evaluation, Mapping) and "strategies" in evaluation:
            lines += _table(name, evaluation, info)
    notes = report.get(NOTES)
    if isinstance(notes, str) and notes.strip():  # and not an evaluation of that name
        lines += [notes.strip(), ""]
    limits = _LIMITS.format(
        other_things=_OTHER_THINGS[info.finder in UNTRAINED],
        promises=_PROMISES[knows_likeness and info.unlike is not None],
    )
    return "\n".join(lines) + "\n" + limits


def write_with_report(source: Bundle, out: Path, report: Mapping[str, Any], *, network: bytes | None = None) -> Bundle:
    """Write a bundle with another report, and the card that tells of it, to `out`; its own folder will do too.

    Args:
        source: the bundle.
        out: the folder to write.
        report: JSON values.
        network: the exported network in the place of its own; None to keep that.

    Raises:
        OutputError: if the folder cannot be written, or holds something else.
    """
    write_bundle(
        out,
        source.info,
        taxonomy=source.taxonomy,
        network=(source.folder / NETWORK_FILE).read_bytes() if network is None else network,
        finder=source.finder.content,
        report=report,
        model_card=model_card(source.info, source.taxonomy, report, knows_likeness=source.likeness is not None),
        likeness=source.likeness,
    )
    return load_bundle(out)


def _unlike(info: BundleInfo) -> list[str]:
    """Return what is promised of pictures that are unlike those of the training."""
    if info.unlike is None:
        return ["- says which pictures are unlike those it was calibrated on, for which it promises nothing"]
    kept = [row.coverage for row in info.unlike.sets.rows if info.unlike.keeps_guarantee(row.coverage)]
    reached = [row.precision for row in info.unlike.thresholds.rows if row.reached]
    return [
        "- says which pictures are unlike those it was calibrated on; thresholds of their own, from "
        f"{count(info.unlike.stones, 'stone')} in such pictures out of fold, assure "
        f"{f'a precision of {max(reached):.0%}' if reached else 'no precision'} and "
        f"{f'shortlists up to {max(kept):.0%}' if kept else 'no shortlist'}"
    ]


def _images(counts: Mapping[str, int], report: Mapping[str, Any]) -> str:
    train, validation = (counts.get(name, 0) for name in ("train", "validation"))
    if OUT_OF_FOLD in report:
        return f"{train + validation:,} pictures; out-of-fold answers chose temperatures, fusion and thresholds."
    return f"{train:,} training pictures; {validation:,} validation pictures chose temperatures, fusion and thresholds."


def _table(name: str, evaluation: Mapping[str, Any], info: BundleInfo) -> list[str]:
    title = f"On {_CALIBRATED_ON.get(name, name)}"
    measured = evaluation.get("model_version", info.model_version)
    if measured != info.model_version:
        title += f", before the refit: by {measured}, made in the same way, which had not learned from them"
    lines = [
        f"{title} ({evaluation['n']:,} pictures, 95% intervals):",
        "",
        f"| strategy | {' | '.join(_SHOWN.values())} |",
        "| --- " * (1 + len(_SHOWN)) + "|",
    ]
    for strategy, figures in evaluation["strategies"].items():
        lines.append(f"| {strategy} | {' | '.join(_cell(figures, key) for key in _SHOWN)} |")
    return [*lines, "", *_answered(evaluation), *_shortlisted(evaluation)]


def _answered(evaluation: Mapping[str, Any]) -> list[str]:
    """How deep the pictures were answered, and how many of the answers are right."""
    answers = evaluation.get("answers")
    if not answers or answers["precision"] is None:
        return []
    depths = ", ".join(
        f"{depth['share']:.1%} at depth {depth['depth']} ({depth['precision']:.1%})"
        for depth in answers["depths"]
        if depth["n"]
    )
    return [
        f"Asked for a precision of {answers['target_precision']:.0%}, {answers['answered']:.1%} were answered, and "
        f"{_cell(answers, 'precision')} of the answers are right; from the families down: {depths}.",
        "",
    ]


def _shortlisted(evaluation: Mapping[str, Any]) -> list[str]:
    """How often the shortlists hold the right label, and how short they are."""
    if evaluation.get("shortlist_coverage") is None:
        return []
    size = _cell(evaluation, "shortlist_size", ".1f")
    return [
        f"Asked for a guarantee of {evaluation['shortlist_guarantee']:.0%}, "
        f"{_cell(evaluation, 'shortlist_coverage')} of the shortlists hold the right label; they have "
        f"{size} labels on average, and three at most for {_cell(evaluation, 'shortlist_at_most_3')}.",
        "",
    ]


def _cell(figures: Mapping[str, Any], key: str, form: str = ".3f") -> str:
    # Reports of before a measure was made have none of it.
    return estimate_text(Estimate(figures.get(key), figures.get(f"{key}_low"), figures.get(f"{key}_high")), form)
