"""The stones of a data set, cut out and brought to one size: a cache that can be thrown away."""

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

import numpy as np

from gemhier.arrays import RGB, Bytes, Float32
from gemhier.atomic import whole_file
from gemhier.errors import DataError, ImageError, OutputError
from gemhier.models.images.crop import Box
from gemhier.models.images.decode import read_image
from gemhier.models.images.untrained_finders import AnyFinder
from gemhier.models.runtime.litert import run_on_one_core
from gemhier.pipeline.data.manifest import Manifest, Row, require_images
from gemhier.progress import map_with_progress


def prepared_crops(manifest: Manifest, rows: Sequence[Row], size: int) -> Bytes:
    """Return the crops of rows of a data set, cut out by its finder and kept in its folder: see `load_crops`."""
    return load_crops(rows, size, manifest.finder, manifest.folder / "crops")


def load_crops(rows: Sequence[Row], size: int, finder: AnyFinder, cache_folder: Path) -> Bytes:
    """Return the crops of rows, from the cache if they are in it.

    They are kept as one file for each sequence of rows and each size. So load a whole manifest
    once and index the result, rather than one split after the other.

    Args:
        rows: (N,) pictures.
        size: side of the crops, in pixels.
        finder: tells which pixels are stone.
        cache_folder: where the cache lies, or is to be made.

    Returns:
        (N, size, size, 4) uint8, RGB and how much of each pixel is stone, mapped from the disk and read-only.

    Raises:
        DataError: if a picture is missing, cannot be read or is not the one that was prepared.
        OutputError: if the cache cannot be written.
        ValueError: if there are no rows, or the size is less than 1.
    """
    if not rows or size < 1:
        raise ValueError(f"There must be rows and a size of 1 or more. Received: {len(rows)} rows, size {size}.")
    path = cache_folder / f"crops-{size}-{_digest(rows, size, finder)[:32]}.npy"
    shape = (len(rows), size, size, 4)
    crops = _mapped(path, shape)
    if crops is None:
        require_images(rows)
        _write(path, rows, shape, finder)
        crops = _mapped(path, shape)
        if crops is None:
            raise OutputError(f"{path}: cannot be read back. Check the disk.")
    return crops


def _digest(rows: Sequence[Row], size: int, finder: AnyFinder) -> str:
    digest = hashlib.sha256(f"{finder.digest} size {size}\n".encode())
    for row in rows:
        digest.update(f"{row.sha256} {row.x} {row.y} {row.side}\n".encode())
    return digest.hexdigest()


def _mapped(path: Path, shape: tuple[int, ...]) -> Bytes | None:
    """Return the array in a file; None if there is no such file, or it is damaged."""
    with suppress(OSError, ValueError):
        array: Bytes = np.lib.format.open_memmap(path, mode="r")
        if array.shape == shape and array.dtype == np.uint8:
            return array
    return None


def _write(path: Path, rows: Sequence[Row], shape: tuple[int, ...], finder: AnyFinder) -> None:
    """Cut out the crops and write them one after the other.

    Written in order rather than through a memory map, where a full disk would kill the process.
    """
    with whole_file(path) as file:
        header = {"descr": "|u1", "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(file, header)
        cut = partial(_crop, size=shape[1], finder=finder)
        for crop in map_with_progress(cut, rows, "Cutting out stones", initializer=run_on_one_core):
            file.write(crop.tobytes())


def read_prepared(row: Row) -> RGB:
    """Return the picture of a row, (H, W, 3) uint8 RGB.

    Raises:
        DataError: if it cannot be read or is not the one that was prepared.
    """
    try:
        with Path(row.image).open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        if sha256 != row.sha256:
            raise DataError(f"{row.image}: changed since it was prepared. Run `gemhier prepare` again.")
        return read_image(Path(row.image))
    except OSError as error:
        raise DataError(f"{row.image}: cannot be read ({error.strerror}). Run `gemhier prepare` again.") from error
    except ImageError as error:
        raise DataError(f"{error} It could be read when it was prepared: run `gemhier prepare` again.") from error


def whole_features(rows: Sequence[Row], finder: AnyFinder) -> Float32:
    """Return the features of the whole pictures of N rows by the stone finder, (N, D); D is 0 where it gives none.

    Raises:
        DataError: if a picture is missing, cannot be read or is not the one that was prepared.
    """
    if not finder.gives_features:
        return np.empty((len(rows), 0), np.float32)
    of_row = partial(_features, finder=finder)
    return np.stack(list(map_with_progress(of_row, rows, "Looking at pictures", initializer=run_on_one_core)))


def _features(row: Row, finder: AnyFinder) -> Float32:
    return finder.features(read_prepared(row))


def _crop(row: Row, size: int, finder: AnyFinder) -> Bytes:
    return finder.cut(read_prepared(row), Box(row.x, row.y, row.side), size)
