"""Classify files and folders, and write a result for each as text, JSON lines or CSV."""

import glob
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import click

from gemhier.atomic import replacing
from gemhier.errors import EvidenceError, OutputError
from gemhier.hierarchy.evidence import Evidence
from gemhier.models.bundle import load_bundle
from gemhier.models.bundle.predictions import Prediction
from gemhier.models.images.files import list_pictures
from gemhier.models.images.stones import Failure
from gemhier.pipeline.data.evidence_file import read_evidence
from gemhier.pipeline.reports.prediction_formats import Layout, format_for

MANY = 20
"""From this many pictures on, a bar shows the progress, unless the results themselves show it."""


@dataclass(frozen=True)
class Outcome:
    """How a classification went.

    Attributes:
        pictures: how many results were written.
        failed: how many of them are failures.
    """

    pictures: int
    failed: int


def classify_paths(
    paths: Sequence[str],
    *,
    model: Path | None = None,
    layout: Layout = "text",
    top: int = 5,
    target_precision: float | None = None,
    output: Path | None = None,
    all_stones: bool = False,
    same_stone: bool = False,
    evidence: Evidence | None = None,
    evidence_file: Path | None = None,
) -> Outcome:
    """Classify pictures and write a result for each, in order, as soon as it is known.

    Args:
        paths: files, folders, or patterns such as `photos/*.jpg` that no file is called.
        model: the folder of a bundle; None for the one in GEMHIER_MODEL or else the shipped one.
        layout: text for people, json for one object a line, csv for one row a picture.
        top: how many families and labels to rank at most, at least 1.
        target_precision: the share of answers that shall be right, between 0 and 1; None
            for the one that the bundle was packaged with.
        output: a file, which appears when it is complete; None for the standard output.
        all_stones: a result for each stone of a picture, instead of one for the picture.
        same_stone: one result for all pictures, which show one stone.
        evidence: what else is known. Readings hold for one stone. An empty one asks for an explanation alone.
        evidence_file: a CSV file with the readings of each picture.

    Raises:
        BundleError: if there is no sound bundle.
        EvidenceError: if the evidence does not fit.
        OutputError: if the file cannot be written, or is one of the pictures.
        ValueError: if `top` or `target_precision` is outside its range, or both all stones and one are asked for.
    """
    if all_stones and same_stone:
        raise ValueError("`all_stones` and `same_stone` exclude each other.")
    bundle = load_bundle(model)
    pictures = list(find_pictures(paths))
    _check_one_stone(evidence, evidence_file, len(pictures), all_stones=all_stones, same_stone=same_stone)
    known = _known(evidence, evidence_file, pictures)
    if output is not None and any(_is_file(picture, output) for picture in pictures):
        raise OutputError(f"{output}: is one of the pictures to classify. Choose another file.")
    failed = 0
    with _opened(output) as stream, _progress(len(pictures), stream) as advance:
        form = format_for(
            layout,
            bundle,
            top,
            stream,
            all_stones=all_stones,
            same_stone=same_stone,
            with_evidence=known is not None,
        )
        stream.write(form.header)
        results: Iterable[Prediction | Failure]
        if same_stone:
            watched = _watched(pictures, advance)
            results = [bundle.classify_same(watched, top=top, target_precision=target_precision, evidence=evidence)]
        else:
            results = bundle.classify(
                pictures, top=top, target_precision=target_precision, all_stones=all_stones, evidence=known
            )
        for result in results:
            stream.write(_encodable(form.entry(result), stream))
            stream.flush()
            failed += _failed(result, len(pictures) if same_stone else 1)
            if not same_stone and _begins_picture(result):
                advance()
    return Outcome(pictures=len(pictures), failed=failed)


def _check_one_stone(
    evidence: Evidence | None, evidence_file: Path | None, n_pictures: int, *, all_stones: bool, same_stone: bool
) -> None:
    """Refuse readings for more than one stone, since a reading is of one."""
    has_readings = evidence is not None and bool(evidence.readings)
    if has_readings and evidence_file is not None:
        raise EvidenceError("Readings are given and in a file. Put all of them into the file.")
    if evidence_file is not None and same_stone:
        raise EvidenceError("With --same-stone there is one stone. Give its readings as options, not in a file.")
    if all_stones and (has_readings or evidence_file is not None):
        raise EvidenceError("A reading holds for one stone. Leave out --all-stones, or give a picture of that stone.")
    if has_readings and n_pictures > 1 and not same_stone:
        raise EvidenceError(
            f"A reading holds for one stone, and there are {n_pictures:,} pictures. Add --same-stone if they show "
            "one stone, or give the readings of each in a file with --evidence."
        )


def _known(
    evidence: Evidence | None, evidence_file: Path | None, pictures: Sequence[str | Failure]
) -> Evidence | dict[str, Evidence] | None:
    """Return what is known besides the pictures: of all alike, or of each by its name."""
    if evidence_file is None:
        return evidence
    images = [picture for picture in pictures if isinstance(picture, str)]
    return read_evidence(evidence_file, images, evidence or Evidence())


def _is_file(picture: str | Failure, output: Path) -> bool:
    with suppress(OSError, ValueError):
        return isinstance(picture, str) and Path(picture).name == output.name and Path(picture).samefile(output)
    return False


def _watched(pictures: Iterable[str | Failure], advance: Callable[[], None]) -> Iterator[str | Failure]:
    for picture in pictures:
        yield picture
        advance()


def _failed(result: Prediction | Failure, pictures: int) -> int:
    """How many of the pictures that a result is about could not be read."""
    if isinstance(result, Failure):
        return pictures
    return len(result.multi_view.failures) if result.multi_view else 0


def _begins_picture(result: Prediction | Failure) -> bool:
    return isinstance(result, Failure) or result.place is None or result.place.stone == 1


def find_pictures(paths: Iterable[str]) -> Iterator[str | Failure]:
    """Yield each named file, the pictures in each named folder, and the files that fit a pattern.

    What leads to no picture at all is a Failure in its place. A file that is missing is
    yielded itself, so that reading it says so.

    Args:
        paths: as typed. Patterns have the wildcards of a shell; `**` stands for any folders.
    """
    for path in paths:
        if not path:
            yield Failure(path, "an empty path. Name a picture or a folder.")
        elif _is_folder(path):
            yield from _in_folder(path)
        elif glob.has_magic(path) and not os.path.lexists(path):
            found = sorted(glob.glob(path, recursive=True))  # noqa: PTH207  # Path.glob takes no absolute pattern
            if found:
                yield from find_pictures(found)
            else:
                yield Failure(path, "no file fits this pattern. Check the path.")
        else:
            yield path


def _is_folder(path: str) -> bool:
    try:
        return Path(path).is_dir()
    except OSError:  # a name that is too long, a folder above that may not be entered
        return False


def _in_folder(folder: str) -> Iterator[str | Failure]:
    empty = True
    for picture in list_pictures([Path(folder)]):
        empty = False
        yield str(picture)
    if empty:
        yield Failure(folder, "a folder without pictures. Name one with JPEG, PNG or other pictures in it.")


@contextmanager
def _opened(output: Path | None) -> Iterator[TextIO]:
    """Open what results are written to; a file takes its name only when all went well."""
    if output is None:
        yield sys.stdout
        return
    target = output.resolve()
    replaceable = target.is_file() or not target.exists()  # a pipe or a device is written to as it is
    try:
        with (
            replacing(target) if replaceable else nullcontext(target) as place,
            place.open("w", encoding="utf-8", newline="\n") as stream,
        ):
            yield stream
    except OSError as error:
        if not target.parent.exists():
            raise OutputError(
                f"{output}: there is no folder {output.parent}. Make it first, or choose another file."
            ) from error
        reason = error.strerror or str(error)
        raise OutputError(f"{output}: cannot be written ({reason}). Choose another file.") from error


def _encodable(text: str, stream: TextIO) -> str:
    """Return the text with escapes for what the stream cannot say, such as a file name that is not UTF-8."""
    encoding = stream.encoding or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)


@contextmanager
def _progress(n_pictures: int, stream: TextIO) -> Iterator[Callable[[], None]]:
    """Give a function to call after each picture, which moves a bar on a terminal."""
    if n_pictures < MANY or stream.isatty() or not sys.stderr.isatty():
        yield lambda: None
        return
    with click.progressbar(length=n_pictures, label="Classifying", file=sys.stderr) as shown:
        yield lambda: shown.update(1)
