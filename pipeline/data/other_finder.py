"""The same pictures with their stones found by another finder, and labelled pictures as rows of a data set."""

import hashlib
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

from gemhier.errors import DataError
from gemhier.models.images.decode import read_image
from gemhier.models.images.untrained_finders import AnyFinder, UntrainedFinder
from gemhier.models.runtime.litert import run_on_one_core
from gemhier.pipeline.data.crops import read_prepared
from gemhier.pipeline.data.labelled_images import LabelledImage
from gemhier.pipeline.data.manifest import Manifest, Row, read_manifest, require_images, write_manifest
from gemhier.progress import map_with_progress

FINDERS = "finders"
"""The folder, within a prepared one, of the same data with the stones found by other finders."""


def found_by(manifest: Manifest, finder: UntrainedFinder) -> Manifest:
    """Return the same pictures, groups and splits, with the squares of another finder.

    They are kept as a data folder of their own within the data folder; it can be thrown away.

    Raises:
        DataError: if a picture is missing, cannot be read or is not the one that was prepared.
        OutputError: if the folder cannot be written.
    """
    if manifest.finder.digest == finder.digest:
        return manifest
    folder = manifest.folder / FINDERS / finder.name
    with suppress(DataError):
        kept = read_manifest(folder)
        if kept.finder.digest == finder.digest and _unfound(kept.rows) == _unfound(manifest.rows):
            return kept
    require_images(manifest.rows)
    label = f"Finding the stones by {finder.name}"
    rows = tuple(map_with_progress(partial(_found_again, finder=finder), manifest.rows, label))
    config = {**manifest.info.config, "finder": finder.name, "stone_threshold": finder.threshold}
    found = replace(manifest, folder=folder, rows=rows, info=replace(manifest.info, config=config))
    write_manifest(found, finder.content)
    return found


def found_rows(images: Sequence[LabelledImage], finder: AnyFinder) -> tuple[Row, ...]:
    """Find the most prominent stone in pictures whose labels are known.

    Raises:
        DataError: if a picture is missing.
        ImageError: if one cannot be read.
        ValueError: if one has no label.
    """
    found = partial(_found, finder=finder)
    return tuple(map_with_progress(found, images, "Finding the stones", initializer=run_on_one_core))


def _unfound(rows: Iterable[Row]) -> list[Row]:
    return [replace(row, x=0, y=0, side=1, score=0.0) for row in rows]


def _found_again(row: Row, finder: AnyFinder) -> Row:
    stone = finder.find_best(read_prepared(row))
    return replace(row, x=stone.box.x, y=stone.box.y, side=stone.box.side, score=round(stone.score, 4))


def _found(labelled: LabelledImage, finder: AnyFinder) -> Row:
    if labelled.label is None:
        raise ValueError(f"`images` must have labels. Received: {labelled.image} without one.")
    path = Path(labelled.image).resolve()
    try:
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}). Move it back, or leave its folder out.") from error
    image = read_image(path)
    stone = finder.find_best(image)
    return Row(
        image=str(path),
        x=stone.box.x,
        y=stone.box.y,
        side=stone.box.side,
        score=round(stone.score, 4),
        label_given=labelled.label_given,
        label=labelled.label,
        stone="",
        group=labelled.group,
        split="test",
        sha256=sha256,
        width=image.shape[1],
        height=image.shape[0],
        source=labelled.source,
    )
