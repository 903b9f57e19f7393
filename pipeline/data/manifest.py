"""A prepared data set: which pictures there are, what they show, and in which split they are.

A data folder holds `manifest.csv` with one row for each picture, `taxonomy.json` with the
taxonomy that its labels belong to, `finder.tflite`, which found the stones if a network did, and `data.json`
with how it came about. The pictures stay where they are.
"""

import csv
import hashlib
import io
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, astuple, dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any

from gemhier.atomic import write_files
from gemhier.errors import DataError, GemhierError
from gemhier.hierarchy.labels import LabelSpace, label_space
from gemhier.hierarchy.taxonomy import Taxonomy
from gemhier.models.images.finder import FILE as FINDER_FILE
from gemhier.models.images.finder import STONE_THRESHOLD, Finder, load_finder
from gemhier.models.images.untrained_finders import FINDERS, UNTRAINED, AnyFinder
from gemhier.pipeline.data.info import DataInfo, info_from_json

FORMAT = "gemhier-data"
FORMAT_VERSION = 2

MANIFEST_FILE = "manifest.csv"
TAXONOMY_FILE = "taxonomy.json"
DATA_FILE = "data.json"

SPLITS = ("train", "validation", "test", "leaking", "unused")
"""Where a row can be. `leaking` is an official test picture with a near-copy or another view of its
stone in the training, `unused` a picture that would itself leak into an official split."""

_SHA256 = re.compile("[0-9a-f]{64}")
_PREPARE_AGAIN = "Run `gemhier prepare` again"


@dataclass(frozen=True)
class Row:
    """One picture of one stone.

    Attributes:
        image: absolute path of the original file.
        x: left side of the square around the stone, in pixels of the decoded picture; may be negative.
        y: upper side of that square.
        side: width and height of that square, at least 1.
        score: how sure the finder is that this is a gem, from 0 to 1.
        label_given: the name that the source gives it, as written there.
        label: the id of the node that this name means.
        stone: what tells the stone from others, the same for all its photographs; "" if unknown.
        group: the same for all near-copies and all photographs of a stone; never in two splits.
        split: one of `SPLITS`.
        sha256: of the file, in lower-case hexadecimal digits.
        width: of the decoded picture, in pixels.
        height: of the decoded picture, in pixels.
        source: the name of the source folder, as in `DataInfo.sources`.
    """

    image: str
    x: int
    y: int
    side: int
    score: float
    label_given: str
    label: str
    stone: str
    group: str
    split: str
    sha256: str
    width: int
    height: int
    source: str


@dataclass(frozen=True)
class Manifest:
    """The rows of a data set, with the taxonomy of their labels.

    Attributes:
        folder: the data folder.
        rows: one for each picture.
        taxonomy: holds every row's label.
        info: how the data set came about.
    """

    folder: Path
    rows: tuple[Row, ...]
    taxonomy: Taxonomy
    info: DataInfo

    def split(self, name: str) -> tuple[Row, ...]:
        """Return the rows of one split, in order.

        Raises:
            ValueError: if there is no such split.
        """
        if name not in SPLITS:
            raise ValueError(f"`name` must be one of {', '.join(SPLITS)}. Received: {name!r}.")
        return tuple(row for row in self.rows if row.split == name)

    @cached_property
    def learnable(self) -> tuple[Row, ...]:
        """The rows of training and of validation whose label a network can output: a validation picture of a label
        without training pictures teaches nothing.

        Raises:
            DataError: if there are no training pictures.
        """
        return tuple(row for row in (*self.split("train"), *self.split("validation")) if row.label in self.label_space)

    @cached_property
    def finder(self) -> AnyFinder:
        """The stone finder that found the boxes.

        Raises:
            BundleError: if its file is missing or damaged.
            DataError: if `data.json` names one that this version does not have.
        """
        name = self.info.config.get("finder", Finder.name)
        if name not in FINDERS:
            raise DataError(
                f"{self.folder / DATA_FILE}: the finder {name!r} is not one of {', '.join(FINDERS)}. {_PREPARE_AGAIN}."
            )
        if name in UNTRAINED:
            return UNTRAINED[name]
        return load_finder(self.folder / FINDER_FILE, threshold=self.stone_threshold)

    @property
    def stone_threshold(self) -> float:
        """From which score of the finder on a stone is a gem."""
        return float(self.info.config.get("stone_threshold", STONE_THRESHOLD))

    @cached_property
    def digests(self) -> dict[str, str]:
        """What tells the crops of this data set from all others: digests of its rows and of its finder."""
        return {"data": self.digest, "finder": self.finder.digest}

    @cached_property
    def label_space(self) -> LabelSpace:
        """The labels of the training pictures.

        Raises:
            DataError: if there are no training pictures.
        """
        labels = [row.label for row in self.rows if row.split == "train"]
        if not labels:
            raise DataError(f"{self.folder}: no picture is in the split train. {_PREPARE_AGAIN} with more pictures.")
        return label_space(labels)

    @cached_property
    def digest(self) -> str:
        """The sha256 of what was prepared, wherever the pictures lie and in whatever order."""
        return digest_of(self.rows)

    def counts(self) -> dict[str, int]:
        """Return the number of rows in each split, in the order of `SPLITS`."""
        found = Counter(row.split for row in self.rows)
        return {name: found[name] for name in SPLITS}


def digest_of(rows: Iterable[Row]) -> str:
    """Return the sha256 over the sorted pictures, labels, splits and boxes of rows."""
    lines = sorted(f"{row.sha256} {row.label} {row.split} {row.x} {row.y} {row.side}\n" for row in rows)
    return hashlib.sha256("".join(lines).encode("utf-8", "surrogateescape")).hexdigest()


def require_images(rows: Iterable[Row]) -> None:
    """Make sure that the pictures are where the manifest says.

    Raises:
        DataError: if any is missing; it says where the first was expected.
    """
    expected = [row.image for row in rows]
    missing = [image for image in expected if not Path(image).is_file()]
    if missing:
        raise DataError(
            f"{len(missing)} of {len(expected)} pictures are missing, the first was expected at {missing[0]}. "
            f"Move them back there, or run `gemhier prepare` again on where they are now."
        )


def is_prepared(folder: Path) -> bool:
    """Whether a folder is one that `write_manifest` wrote, damaged or not."""
    try:
        data = json.loads((folder / DATA_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(data, dict) and data.get("format") == FORMAT


def is_data_folder(folder: Path) -> bool:
    """Whether a folder is to be read by `read_manifest`, which says what is wrong with a damaged one."""
    return (folder / MANIFEST_FILE).is_file() or is_prepared(folder)


def read_manifest(folder: Path) -> Manifest:
    """Read a prepared data folder. The pictures themselves are not looked at.

    Raises:
        DataError: if it is not one, is damaged, or was changed since it was prepared.
    """
    data = _read_json(folder, DATA_FILE)
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise DataError(f"{folder / DATA_FILE}: not written by `gemhier prepare`. {_PREPARE_AGAIN}.")
    version = data.get("format_version", "unknown")
    if version != FORMAT_VERSION:
        raise DataError(
            f"{folder / DATA_FILE}: format version {version}, this gemhier reads {FORMAT_VERSION}. {_PREPARE_AGAIN}."
        )
    try:
        info = info_from_json(data)
        digests = (str(data["digest"]), str(data["taxonomy_digest"]))
    except (KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{folder / DATA_FILE}: damaged, {error} is missing or wrong. {_PREPARE_AGAIN}.") from error
    described = _read_json(folder, TAXONOMY_FILE)
    try:
        taxonomy = Taxonomy.from_dict(described)
    except (GemhierError, KeyError, TypeError, AttributeError, ValueError) as error:
        raise DataError(f"{folder / TAXONOMY_FILE}: damaged ({error}). {_PREPARE_AGAIN}.") from error
    rows = _read_rows(folder / MANIFEST_FILE, taxonomy)
    if (digest_of(rows), taxonomy.digest) != digests:
        changed = MANIFEST_FILE if taxonomy.digest == digests[1] else TAXONOMY_FILE
        raise DataError(f"{folder / changed}: changed or cut short since it was prepared. {_PREPARE_AGAIN}.")
    return Manifest(folder=folder, rows=rows, taxonomy=taxonomy, info=info)


def write_manifest(manifest: Manifest, finder: bytes | None) -> None:
    """Write a data folder with its stone finder, or replace what an earlier preparation left in it.

    Without the bytes of a finder, that of an earlier preparation goes away. All files are written in full under other
    names before the first takes its place, so that after an error the folder is as it was before.

    Raises:
        OutputError: if the folder or its files cannot be written.
    """
    texts = {
        TAXONOMY_FILE: json.dumps(manifest.taxonomy.to_dict(), indent=1, sort_keys=True) + "\n",
        MANIFEST_FILE: _table(manifest.rows),
        DATA_FILE: json.dumps(_info_to_json(manifest), indent=1) + "\n",
    }
    contents = {name: text.encode("utf-8", "surrogateescape") for name, text in texts.items()}
    if finder is not None:
        contents[FINDER_FILE] = finder
    write_files(manifest.folder, contents)
    if finder is None:
        (manifest.folder / FINDER_FILE).unlink(missing_ok=True)


def _table(rows: Iterable[Row]) -> str:
    text = io.StringIO(newline="")
    table = csv.writer(text)
    table.writerow([field.name for field in fields(Row)])
    table.writerows(astuple(row) for row in rows)
    return text.getvalue()


def _info_to_json(manifest: Manifest) -> dict[str, Any]:
    info = asdict(manifest.info)
    for later in ("decisions", "notes"):  # without any, the file is as it was before there could be some
        if not info[later]:
            del info[later]
    return {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "digest": manifest.digest,
        "taxonomy_digest": manifest.taxonomy.digest,
        "counts": manifest.counts(),
        **info,
    }


def _read_text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8", "surrogateescape")
    except FileNotFoundError as error:
        raise DataError(
            f"{path}: no such file, so this is not a prepared data set. Run `gemhier prepare SOURCE --out DATA` first."
        ) from error
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}). Check the path and its permissions.") from error


def _read_json(folder: Path, name: str) -> Any:
    text = _read_text(folder / name)
    try:
        return json.loads(text)
    except ValueError as error:
        raise DataError(f"{folder / name}: damaged JSON ({error}). {_PREPARE_AGAIN}.") from error


def _read_rows(path: Path, taxonomy: Taxonomy) -> tuple[Row, ...]:
    columns = [field.name for field in fields(Row)]
    table = csv.reader(io.StringIO(_read_text(path), newline=""), strict=True)
    rows: list[Row] = []
    try:
        header = next(table, [])
        if header != columns:
            raise DataError(
                f"{path}: line 1 must name the columns {','.join(columns)}. "
                f"Received: {','.join(header) or 'nothing'}. {_PREPARE_AGAIN}."
            )
        for cells in table:
            place = f"{path}: line {table.line_num}"
            if len(cells) != len(columns):
                raise DataError(f"{place} has {len(cells)} columns instead of {len(columns)}. {_PREPARE_AGAIN}.")
            rows.append(_row(dict(zip(columns, cells, strict=True)), taxonomy, place))
    except csv.Error as error:
        raise DataError(f"{path}: line {table.line_num} is not CSV ({error}). {_PREPARE_AGAIN}.") from error
    return tuple(rows)


def _row(cells: dict[str, str], taxonomy: Taxonomy, place: str) -> Row:
    for column, cell in cells.items():
        if not (cell in taxonomy if column == "label" else _FITS[column](cell)):
            raise DataError(f"{place}, column {column}: {cell!r} does not fit. {_PREPARE_AGAIN}.")
    numbers = {column: int(cells[column]) for column in ("x", "y", "side", "width", "height")}
    return Row(**{**cells, **numbers, "score": float(cells["score"])})  # type: ignore[arg-type]


def _is_anything(_: str) -> bool:
    return True


def _is_integer(cell: str) -> bool:
    return cell.removeprefix("-").isdecimal() and cell.isascii()


def _is_share(cell: str) -> bool:
    try:
        return 0 <= float(cell) <= 1
    except ValueError:
        return False


def _is_size(cell: str) -> bool:
    return _is_integer(cell) and int(cell) >= 1


_FITS: Mapping[str, Callable[[str], bool]] = {
    "image": lambda cell: Path(cell).is_absolute(),
    "x": _is_integer,
    "y": _is_integer,
    "side": _is_size,
    "score": _is_share,
    "label_given": _is_anything,
    "stone": _is_anything,
    "group": bool,
    "split": SPLITS.__contains__,
    "sha256": lambda cell: _SHA256.fullmatch(cell) is not None,
    "width": _is_size,
    "height": _is_size,
    "source": bool,
}
"""What a cell of each column must be; a label must be in the taxonomy."""
