"""Photographs to compose scenes from: plain ones from a data set, and those outlined by hand."""

import csv
import hashlib
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import cv2
import numpy as np

from gemhier.arrays import RGB, Float64
from gemhier.atomic import whole_file
from gemhier.errors import DataError, ImageError
from gemhier.models.images.decode import read_image
from gemhier.models.images.files import list_images
from gemhier.pipeline.data.manifest import Row, require_images
from gemhier.pipeline.synthetic.scenes.cutouts import WORKING_SIDE, PlainPhotograph, outline_stones
from gemhier.progress import map_with_progress

Corners = Float64
"""(corners, 2) x and y, as shares of a picture's width and height."""

VERSION = 1
"""Counts up when the same photograph would give other outlines."""

LARGEST_BACKGROUND = 640
"""Backgrounds are kept at this longer side, in pixels: a scene shows a third of one at least."""


def plain_photographs(rows: Sequence[Row], cache_folder: Path) -> list[PlainPhotograph]:
    """Outline the photographs among `rows`, or take them from the cache.

    Those that cannot be outlined are left out.

    Args:
        rows: pictures of a data set.
        cache_folder: where the cache is, or is to be made.

    Raises:
        DataError: if a picture is missing or cannot be read.
        OutputError: if the cache cannot be written.
    """
    digest = hashlib.sha256(f"outlines {VERSION}\n".encode())
    for row in rows:
        digest.update(f"{row.sha256}\n".encode())
    path = cache_folder / f"outlines-{digest.hexdigest()[:32]}.npz"
    with suppress(OSError, ValueError, KeyError):
        return _read(path)
    require_images(rows)
    found = map_with_progress(_outlined, rows, "Cutting out stones")
    plain = [photograph for photograph in found if photograph is not None]
    _write(path, plain)
    return plain


def background_images(folders: Sequence[Path]) -> list[RGB]:
    """Read the pictures in folders, (H, W, 3) uint8 RGB.

    They are at most `LARGEST_BACKGROUND` long.

    Raises:
        DataError: if a folder holds no picture, or a picture cannot be read.
    """
    found = []
    for folder in folders:
        paths = list(list_images([folder])) if folder.is_dir() else []
        if not paths:
            raise DataError(f"{folder}: no folder with pictures. Name one that holds backgrounds without gems.")
        found += list(map_with_progress(_background, paths, "Reading backgrounds"))
    return found


def _background(path: Path) -> RGB:
    try:
        return _at_most(read_image(path), LARGEST_BACKGROUND)
    except ImageError as error:
        raise DataError(str(error)) from error


def read_outlines(table: Path) -> dict[str, list[Corners]]:
    """Read the stones that were outlined by hand on photographs.

    They are keyed by the photographs' names in the table.

    Args:
        table: a CSV file with the columns `file` and `outline`, a row for each stone: the corners of its outline
            as `x y` in thousandths of the picture's width and height, with semicolons between them.

    Raises:
        DataError: if the table cannot be read.
    """
    found: dict[str, list[Corners]] = {}
    try:
        with table.open(encoding="utf-8", newline="") as file:
            for line in csv.DictReader(file, restval=""):
                corners = np.array([corner.split() for corner in line["outline"].split(";")], np.float64) / 1000
                if corners.ndim != 2 or corners.shape[1] != 2 or len(corners) < 3:
                    raise ValueError(f"{line['file']} has the outline {line['outline']!r}")
                found.setdefault(line["file"], []).append(corners)
    except (OSError, KeyError, ValueError, csv.Error) as error:
        raise DataError(f"{table}: outlines cannot be read from it ({error}). Check its columns.") from error
    return found


def outlined_photographs(table: Path, folder: Path) -> dict[str, PlainPhotograph]:
    """Read photographs outlined by hand, by their names in the table.

    Args:
        table: as `read_outlines` reads it.
        folder: what the names in it are relative to.

    Raises:
        DataError: if the table or a picture cannot be read.
    """
    outlines = read_outlines(table)
    try:
        return {name: _by_hand(folder / name, corners) for name, corners in outlines.items()}
    except ImageError as error:
        raise DataError(
            f"{table}: outlines cannot be read from it ({error}). Check its columns and {folder}."
        ) from error


def _by_hand(path: Path, outlines: Sequence[Corners]) -> PlainPhotograph:
    image = _at_most(read_image(path), 2 * WORKING_SIDE)
    size = np.array([image.shape[1], image.shape[0]])
    alphas = []
    for corners in outlines:
        alpha = np.zeros(image.shape[:2], np.uint8)
        cv2.fillPoly(alpha, [np.round(corners * size * 16).astype(np.int32)], 255, cv2.LINE_AA, shift=4)
        alphas.append(alpha)
    return PlainPhotograph(image, tuple(alphas))


def _outlined(row: Row) -> PlainPhotograph | None:
    try:
        return outline_stones(read_image(Path(row.image)))
    except ImageError as error:
        raise DataError(f"{error} Run `gemhier prepare` again.") from error


def _at_most(image: RGB, side: int) -> RGB:
    scale = side / max(image.shape[:2])
    if scale >= 1:
        return image
    size = max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def _read(path: Path) -> list[PlainPhotograph]:
    with np.load(path, allow_pickle=False) as archive:
        return [
            PlainPhotograph(archive[f"pixels-{number}"], tuple(archive[f"outlines-{number}"]))
            for number in range(int(archive["count"]))
        ]


def _write(path: Path, plain: Sequence[PlainPhotograph]) -> None:
    arrays = {"count": np.array(len(plain))}
    for number, photograph in enumerate(plain):
        arrays[f"pixels-{number}"] = photograph.pixels
        arrays[f"outlines-{number}"] = np.stack(photograph.outlines)
    with whole_file(path) as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]
