"""The shipped model beside three gemmologists, on the classes and the test pictures that they were given.

    python benchmarks/gemmologists.py DATA --model shipped

Chow & Reyes-Aldasoro (Automatic Gemstone Classification Using Computer Vision, Minerals 12(1):60, 2022) had 284 of the
363 official test pictures of "Gemstones Images" named by three gemmologists, who chose among their 68 classes; the
other 19 are listed in the README of github.com/hybchow/gems. DATA is a folder that `gemhier prepare` wrote from that
collection and whatever the model learned from. Its test split are the official test pictures without a near-copy in the
training; those of the 68 classes are named, and the model may answer with these classes alone. No other picture is
looked at.
"""

from collections.abc import Iterator
from pathlib import Path

import click

from gemhier.errors import DataError
from gemhier.hierarchy.evidence import Evidence
from gemhier.models.bundle import Bundle
from gemhier.pipeline.data.labelled_images import LabelledImage, LabelledImages
from gemhier.pipeline.data.manifest import Manifest, read_manifest, require_images
from gemhier.pipeline.data.sources import resolve_labels
from gemhier.pipeline.evaluation.estimate_text import estimate_text
from gemhier.pipeline.reports.measuring import evaluate_bundle
from gemhier.pipeline.tracking.finding import find_model

LEFT_OUT = (
    "Andalusite",
    "Cats Eye",
    "Danburite",
    "Garnet Red",
    "Goshenite",
    "Grossular",
    "Hiddenite",
    "Jade",
    "Labradorite",
    "Larimar",
    "Moonstone",
    "Morganite",
    "Opal",
    "Pearl",
    "Quartz Rose",
    "Scapolite",
    "Spinel",
    "Spodumene",
    "Variscite",
)
"""The classes of the 87 that the gemmologists were not asked about."""

PUBLISHED = (
    ("three gemmologists, the best and the worst", "0.669 and 0.426"),
    ("random forest on colours and textures", "0.694"),
    ("ResNet-50", "0.634"),
    ("ResNet-18", "0.620"),
)
"""Their top-1 on all 284 pictures."""


def asked_about(manifest: Manifest) -> tuple[LabelledImages, Evidence]:
    """Return the test pictures of the classes that were asked about, and what an answer can be.

    Raises:
        DataError: if there are none.
    """
    left_out = {node.id for node in resolve_labels(LEFT_OUT, manifest.taxonomy).nodes.values()}
    official = {row.label for row in (*manifest.split("test"), *manifest.split("leaking"))}
    classes = sorted(official - left_out)
    rows = [row for row in manifest.split("test") if row.label in classes]
    if not rows:
        raise DataError(f"{manifest.folder}: no test picture of the classes. Prepare it with the test folder.")
    require_images(rows)
    images = tuple(LabelledImage(row.image, row.label_given, row.label, row.group, row.source) for row in rows)
    # A class is allowed with all that stands below it, among which a class that is left out can be.
    without = [label for label in sorted(left_out) if not any(name.startswith(f"{label}/") for name in classes)]
    sources = tuple(dict.fromkeys(row.source for row in rows))
    return LabelledImages(images, sources, unknown=(), excluded=()), Evidence(
        only=tuple(classes), without=tuple(without)
    )


def lines(bundle: Bundle, manifest: Manifest) -> Iterator[str]:
    """Yield a table in Markdown: the model by its own strategy and flat, and what was published."""
    labelled, restriction = asked_about(manifest)
    report = evaluate_bundle(
        bundle, labelled, split="test", evidence={image.image: restriction for image in labelled.images}
    )
    stones = len({image.group for image in labelled.images})
    yield f"{len(labelled.images)} pictures of {stones} stones, {len(restriction.only)} classes"
    yield ""
    yield "| named by | top-1 (95% interval) | top-3 | top-5 |"
    yield "| --- | --- | --- | --- |"
    for strategy in dict.fromkeys((report.decided_by, "flat")):
        figures = report.evaluation.strategies[strategy]
        cells = [estimate_text(getattr(figures, f"top{k}")) for k in (1, 3, 5)]
        yield f"| {bundle.info.model_version}, {strategy} | {' | '.join(cells)} |"
    for who, top1 in PUBLISHED:
        yield f"| {who}, on all 284 | {top1} | | |"


@click.command()
@click.argument("data", type=click.Path(path_type=Path))
@click.option("--model", default="shipped", show_default=True, help="A bundle's folder, or a tracked run.")
def main(data: Path, model: str) -> None:
    """Name the test pictures of DATA that three gemmologists were given, among the classes that they were given."""
    for line in lines(find_model(model, None), read_manifest(data)):
        click.echo(line)


if __name__ == "__main__":
    main()
