"""The folder of a bundle on disk: finding it, reading it whole and unchanged, writing it at once."""

import hashlib
import json
import mmap
import os
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from gemhier.atomic import check_whole_folder, names_in, write_whole_folder
from gemhier.errors import BundleError, OutputError
from gemhier.models.bundle.info import FORMAT, BundleInfo
from gemhier.models.bundle.likeness import FILE as LIKENESS_FILE
from gemhier.models.bundle.likeness import Likeness
from gemhier.models.images.finder import FILE as FINDER_FILE
from gemhier.models.images.finder import Finder, load_finder
from gemhier.models.images.untrained_finders import UNTRAINED, AnyFinder

INFO_FILE = "bundle.json"
TAXONOMY_FILE = "taxonomy.json"
NETWORK_FILE = "network.tflite"
REPORT_FILE = "report.json"
CARD_FILE = "MODEL_CARD.md"
FILES = (TAXONOMY_FILE, NETWORK_FILE, FINDER_FILE, REPORT_FILE, CARD_FILE)
"""What a bundle holds beside bundle.json; the finder only if it is a network."""

OPTIONAL = (LIKENESS_FILE,)
"""What it may hold besides."""

SHIPPED = Path(__file__).parents[1] / "shipped"
"""The bundle that comes with the package."""

SHIPPED_NAME = "shipped"
"""Stands for it where a bundle is named, unless there is a folder of this name."""

ENVIRONMENT = "GEMHIER_MODEL"
"""The environment variable that names another bundle."""


def find_folder(path: Path | str | None) -> Path:
    """Return the folder of a bundle: the named one, else the one in GEMHIER_MODEL, else the shipped one.

    The name `shipped` is the shipped one's, if there is no such folder.

    Raises:
        BundleError: if there is no bundle.
    """
    from_environment = os.environ.get(ENVIRONMENT) if path is None else None
    named = path or from_environment
    folder = Path(named or "")
    if (path is None and not named) or (str(named) == SHIPPED_NAME and not folder.exists()):
        folder = SHIPPED
    where = f"{folder} (from {ENVIRONMENT})" if from_environment else str(folder)
    if (folder / INFO_FILE).exists():
        return folder
    if folder == SHIPPED:
        raise BundleError(
            f"This installation brings no model. Name a bundle with --model or {ENVIRONMENT}, "
            "or make one with `gemhier package`."
        )
    if not folder.exists():
        raise BundleError(f"{where}: no such bundle. Name a folder that `gemhier package` wrote.")
    if not folder.is_dir():
        raise BundleError(f"{where}: a file, not a bundle. Name the folder that holds {INFO_FILE}.")
    raise BundleError(f"{where}: not a bundle, {INFO_FILE} is missing. Name a folder that `gemhier package` wrote.")


def read_info(folder: Path) -> BundleInfo:
    """Read bundle.json.

    Raises:
        BundleError: if it is of another format, malformed, or does not list the files of a bundle.
    """
    content = read_object(folder, INFO_FILE)
    version = content.get("format")
    if isinstance(version, int) and version > FORMAT:
        raise BundleError(f"{folder}: format {version} is newer than this gemhier reads ({FORMAT}). Upgrade gemhier.")
    if isinstance(version, int) and 1 <= version < FORMAT:
        raise BundleError(
            f"{folder}: format {version} is from an earlier gemhier, this one reads {FORMAT}. Train the model again."
        )
    if version != FORMAT:
        raise BundleError(f"{folder}: {INFO_FILE} has the unknown format {version!r}. Package the model again.")
    try:
        info = BundleInfo.from_dict(content)
    except (ValueError, OverflowError) as error:
        raise BundleError(f"{folder}: {INFO_FILE} cannot be used. {error} Package the model again.") from error
    missing = [name for name in FILES if name not in info.files and (name != FINDER_FILE or info.finder == Finder.name)]
    if missing:
        raise BundleError(f"{folder}: {INFO_FILE} does not list {', '.join(missing)}. Package the model again.")
    return info


def find_finder(named: Path | str | None) -> AnyFinder:
    """Load the stone finder of a file, of a bundle's folder, or of the bundle in use, with its threshold.

    Args:
        named: the file or folder, `shipped`, or `none` or `canny` for finders that need no training; None for the
            bundle in use. A file that is called none is named by ./none.

    Raises:
        BundleError: if there is none, or it cannot be used.
    """
    if str(named) in UNTRAINED:
        return UNTRAINED[str(named)]
    folder = find_folder(named) if named is None or str(named) == SHIPPED_NAME else Path(named)
    if not (folder / INFO_FILE).is_file():
        return load_finder(folder)
    info = read_info(folder)
    return UNTRAINED.get(info.finder) or load_finder(folder, threshold=info.stone_threshold)


@contextmanager
def files_checked(folder: Path, info: BundleInfo) -> Iterator[None]:
    """Compare every listed file with its digest, on other threads, while a block runs.

    Raises:
        BundleError: at the end of the block, if one is missing, unreadable or has changed. It comes in the place of an
            error of the block, which that would explain.
    """
    with ThreadPoolExecutor() as threads:
        found = {name: threads.submit(_file_digest, folder, name) for name in info.files}
        try:
            yield
        finally:
            for name, digest in found.items():
                if digest.result() != info.files[name]:
                    raise BundleError(
                        f"{folder}: {name} has changed since the bundle was packaged. Package the model again."
                    )


def read_object(folder: Path, name: str) -> Mapping[str, Any]:
    """Return the JSON object in a file of a bundle.

    Raises:
        BundleError: if the file is missing, unreadable or holds something else.
    """
    content = _read(folder, name)
    try:
        found = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise BundleError(f"{folder}: {name} is not JSON ({error}). Package the model again.") from error
    if not isinstance(found, dict):
        raise BundleError(f"{folder}: {name} must hold a JSON object. Package the model again.")
    return found


def read_likeness(folder: Path, info: BundleInfo) -> Likeness | None:
    """Return what the pictures of the training look like; None if the bundle does not say.

    Raises:
        BundleError: if the file is missing, unreadable or holds something else.
    """
    if LIKENESS_FILE not in info.files:
        return None
    content = _read(folder, LIKENESS_FILE)
    try:
        return Likeness.from_bytes(content)
    except BundleError as error:
        raise BundleError(f"{folder}: {error}") from error


def json_bytes(content: Mapping[str, Any]) -> bytes:
    """JSON as the files of a bundle hold it; ValueError for a number that JSON cannot say."""
    return (json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False) + "\n").encode()


def digests(contents: Mapping[str, bytes]) -> dict[str, str]:
    """Return the SHA-256 of each file, in hexadecimal, by its name."""
    return {name: _digest(content) for name, content in contents.items()}


def check_bundle_folder(folder: Path) -> None:
    """Make sure, before the work, that a bundle can be written to a folder, new or in place of an older bundle.

    Raises:
        OutputError: if the folder cannot be written, or holds something else.
    """
    try:
        found = names_in(folder) if folder.is_dir() else frozenset()
        taken = folder.exists() and (not folder.is_dir() or (bool(found) and not (folder / INFO_FILE).is_file()))
    except OSError as error:
        raise OutputError(f"{folder}: cannot be read ({error.strerror}). Choose another folder.") from error
    if taken:
        raise OutputError(f"{folder}: exists already and is not a bundle. Choose another folder.")
    others = sorted(found - {INFO_FILE, *FILES, *OPTIONAL})
    if others:
        raise OutputError(f"{folder}: holds {others[0]} beside a bundle. Move it away, or choose another folder.")
    check_whole_folder(folder)


def write_folder(folder: Path, contents: Mapping[str, bytes]) -> None:
    """Write the files of a bundle, in place of an older bundle; after an error all is as it was before.

    Raises:
        OutputError: if the folder cannot be written, or holds something else.
    """
    check_bundle_folder(folder)
    write_whole_folder(folder, contents)


def _read(folder: Path, name: str) -> bytes:
    with _told(folder, name):
        return (folder / name).read_bytes()


def _file_digest(folder: Path, name: str) -> str:
    with _told(folder, name), (folder / name).open("rb") as file:
        if os.fstat(file.fileno()).st_size == 0:  # which cannot be mapped
            return _digest(b"")
        # Mapped it is hashed in one go, which leaves Python's lock to other threads.
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            return _digest(content)


@contextmanager
def _told(folder: Path, name: str) -> Iterator[None]:
    """Say in a line what is wrong where a file of a bundle cannot be read."""
    try:
        yield
    except FileNotFoundError as error:
        raise BundleError(f"{folder}: {name} is missing. Package the model again.") from error
    except OSError as error:
        raise BundleError(f"{folder}: {name} cannot be read ({error.strerror}). Check its permissions.") from error


def _digest(content: bytes | mmap.mmap) -> str:
    return hashlib.sha256(content).hexdigest()
