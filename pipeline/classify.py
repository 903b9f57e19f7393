"""Classify files and folders, and write a result for each as text, JSON lines, CSV or Parquet."""

import glob
import os
import stat
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from gemhier import __version__
from gemhier.errors import EvidenceError, OutputError
from gemhier.extras import require
from gemhier.hierarchy.evidence import Evidence
from gemhier.models.bundle import Bundle, load_bundle
from gemhier.models.bundle.predictions import Prediction, StoneResult
from gemhier.models.images.files import IMAGE_SUFFIXES, list_images
from gemhier.models.images.stones import Encoded, Failure
from gemhier.pipeline.engines.job import CarriedBundle, Naming, digest
from gemhier.pipeline.engines.storage import MOST_BYTES, find_in_storage, is_url
from gemhier.pipeline.reports.prediction_formats import Layout, columns_for, format_for, layout_of
from gemhier.progress import counted, counted_late, say
from gemhier.text import printable

if TYPE_CHECKING:
    from gemhier.models.images.white_balance import Point
    from gemhier.pipeline.reports.html.sheet import Sheet
    from gemhier.pipeline.reports.part_file import Kept, PartFile

STANDARD_INPUT = "-"
"""The path that stands for a picture on the standard input, and what results call it."""

MANY = 20
"""From this many pictures on, a bar shows the progress, unless the results themselves show it."""


@dataclass(frozen=True)
class Outcome:
    """How a classification went.

    Attributes:
        images: how many results were written.
        failed: how many of them are failures.
    """

    images: int
    failed: int


def classify_paths(
    paths: Sequence[str],
    *,
    model: Path | None = None,
    layout: Layout | None = None,
    top: int = 5,
    target_precision: float | None = None,
    guarantee: float | None = None,
    output: Path | None = None,
    report: Path | None = None,
    correct: Path | None = None,
    resume: bool = False,
    all_stones: bool = False,
    same_stone: bool = False,
    evidence: Evidence | None = None,
    evidence_file: Path | None = None,
    white: "Point | None" = None,
) -> Outcome:
    """Classify pictures and write a result for each, in order, as soon as it is known.

    Args:
        paths: files, folders, patterns such as `photos/*.jpg` that no file is called, or - for the standard input.
        model: the folder of a bundle; None for the one in GEMHIER_MODEL or else the shipped one.
        layout: text for people, json for one object a line, csv and parquet for one row a picture; None for what the
            output's ending says.
        top: how many families and labels to rank at most, at least 1.
        target_precision: the share of answers that shall be right, between 0 and 1; None
            for the one that the bundle was packaged with.
        guarantee: the share of shortlists that shall hold the right label, between 0 and 1; None for no shortlists.
        output: a file, which appears when it is complete, and is `<output>.part` until then; None for the standard
            output.
        report: a page for people, with a table beside it; None for none. Predictions then have an explanation.
        correct: a CSV file of pictures and their right labels, which are added to the decisions.csv beside it.
        resume: whether to go on from such a part, if there is one; pictures that failed are tried again.
        all_stones: a result for each stone of a picture, instead of one for the picture.
        same_stone: one result for all pictures, which show one stone.
        evidence: what else is known. Readings hold for one stone. An empty one asks for an explanation alone.
        evidence_file: a CSV file with the readings of each picture.
        white: where each picture shows white paper; a picture that shows none there fails.

    Raises:
        BundleError: if there is no sound bundle, or it does not promise as much as `guarantee`.
        DataError: if the corrections do not fit.
        EvidenceError: if the evidence does not fit.
        OutputError: if the file cannot be written or is one of the pictures, or there is a part that may not be gone on
            from.
        KeyboardInterrupt: after Ctrl-C, with where the results are.
        ValueError: if `top`, `target_precision` or `guarantee` is outside its range, or options exclude each other.
    """
    layout = layout or layout_of(output)
    if layout == "parquet":
        require("pyarrow")
        if output is None or _is_pipe_or_device(output):
            raise ValueError("Parquet needs an `output` that is a file.")
    if all_stones and same_stone:
        raise ValueError("`all_stones` and `same_stone` exclude each other.")
    if resume and (output is None or layout == "text" or same_stone or report is not None):
        raise ValueError("`resume` needs an `output` in JSON, CSV or Parquet, with results for each picture.")
    if report is not None:
        from gemhier.pipeline.reports.html.sheet import check_sheet  # only for people

        check_sheet(report)
        if output is not None and output.resolve() in (report.resolve(), report.with_suffix(".csv").resolve()):
            raise OutputError(f"{output}: the sheet and its table are written there. Choose another file for one.")
        evidence = evidence or Evidence()
    _check_evidence(evidence, evidence_file, paths, all_stones=all_stones, same_stone=same_stone)
    if output is not None and _is_image_of(output, paths):
        raise OutputError(f"{output}: is one of the pictures to classify. Choose another file.")
    part = None if output is None or _is_pipe_or_device(output) else _part_of(output, layout, all_stones)
    if part:
        part.check(resume=resume)
    naming = _naming(model, paths, top, target_precision, guarantee, all_stones, evidence, evidence_file, white)
    bundle = naming.model.bundle
    if correct is not None:
        _add_corrections(correct, paths, bundle)
    form = format_for(
        layout,
        bundle,
        top,
        output,
        all_stones=all_stones,
        same_stone=same_stone,
        with_evidence=naming.evidence is not None,
        with_shortlist=guarantee is not None,
    )
    settings = {  # everything that the results depend on besides the pictures
        **_settings(naming),
        "--format": layout,
    }

    def again(image: str | Failure) -> "Kept":
        from gemhier.pipeline.reports.part_file import Kept

        results = list(naming(_read([image])))
        text = "".join(printable(form.entry(result)) for result in results)
        return Kept(results[0].image, isinstance(results[0], Failure), text)

    images = find_images(paths)
    kept, failed = part.renew(form.header, settings, images, again) if part and resume and part.exists() else (0, 0)
    seen = 0
    with _opened(output, part, form.header, settings) as stream, _sheet(report, bundle, paths) as sheet:
        first = list(islice(images, MANY))
        with _progress(len(first) == MANY and not stream.isatty(), paths, kept) as advance:

            def taken() -> Iterator[str | Failure]:
                nonlocal seen
                for image in chain(first, images):
                    seen += 1
                    yield image
                    if same_stone:
                        advance()

            read = _read(taken())
            results: Iterable[StoneResult | Prediction | Failure]
            precision = naming.target_precision
            together = partial(
                bundle.classify_same,
                top=top,
                target_precision=precision,
                guarantee=guarantee,
                evidence=evidence,
                white=white,
            )
            each = naming if sheet is None else naming.results
            results = [together(read)] if same_stone else each(read)
            for found in results:
                result = found.prediction if isinstance(found, StoneResult) else found
                if sheet is not None:
                    sheet.add(found)
                stream.write(printable(form.entry(result), stream.encoding or "utf-8"))
                stream.flush()
                failed += _failed(result, seen if same_stone else 1)
                if not same_stone and _begins_image(result):
                    advance()
    return Outcome(images=kept + seen, failed=failed)


def classify_into_parts(
    paths: Sequence[str],
    output: str,
    *,
    address: str | None = None,
    workers: int | None = None,
    model: Path | None = None,
    top: int = 5,
    target_precision: float | None = None,
    guarantee: float | None = None,
    all_stones: bool = False,
    evidence: Evidence | None = None,
    evidence_file: Path | None = None,
    white: "Point | None" = None,
) -> Outcome:
    """Classify pictures on Ray, each once, and write the results as parts of a table into a folder.

    Pictures that parts in the folder have are not classified again, but those that failed are tried again.

    Args:
        paths: files, folders and patterns, on this machine or by URLs.
        output: the folder, a path or a URL.
        address: of a cluster; None for this machine.
        workers: how many processes classify, each on one core; None for one a core.
        model: the folder of a bundle, which every machine has; None for the one in GEMHIER_MODEL or else the shipped
            one.
        top: how many families and labels to rank at most, at least 1.
        target_precision: the share of answers that shall be right, as for `classify_paths`.
        guarantee: the share of shortlists that shall hold the right label, as for `classify_paths`.
        all_stones: a result for each stone of a picture, instead of one for the picture.
        evidence: what else is known of every picture, without readings.
        evidence_file: a CSV file with the readings of each picture.
        white: where each picture shows white paper; a picture that shows none there fails.

    Raises:
        BundleError: if there is no sound bundle, or it does not promise as much as `guarantee`.
        EngineError: if Ray cannot be started or its workers fail.
        EvidenceError: if the evidence does not fit.
        MissingExtraError: if Ray is not installed.
        OutputError: if the folder holds something else, was begun with other settings or cannot be written.
        KeyboardInterrupt: after Ctrl-C, with what to do next.
        ValueError: if an argument is outside its range.
    """
    if STANDARD_INPUT in paths:
        raise ValueError("Workers cannot read the standard input.")
    for library in ("ray", "pyarrow"):
        require(library)
    from gemhier.pipeline.engines.ray import started, unit_size
    from gemhier.pipeline.reports.parts_folder import PartsFolder, Plan, WritingParts

    _check_evidence(evidence, evidence_file, paths, all_stones=all_stones, same_stone=False)
    naming = _naming(model, paths, top, target_precision, guarantee, all_stones, evidence, evidence_file, white)
    folder = PartsFolder(output)
    columns = columns_for(
        naming.model.bundle,
        top,
        all_stones=all_stones,
        with_evidence=naming.evidence is not None,
        with_shortlist=guarantee is not None,
    )
    job = WritingParts(naming, folder, columns)
    with folder.begun(_settings(naming)):
        plan = Plan.of(find_images(paths), folder.done())
        failed = 0
        if plan.missing:
            try:
                with started(address, workers) as engine, counted("Classifying", plan.missing) as advance:
                    parts = plan.parts(unit_size(len(plan.new), engine.workers))
                    for _, (written,) in engine.each(job, [[part] for part in parts]):
                        failed += written.failed
                        advance(written.images)
            except KeyboardInterrupt:
                raise KeyboardInterrupt(f"What is done is in {output}. Give the same command again.") from None
    return Outcome(images=plan.kept + plan.missing, failed=failed)


def _check_evidence(
    evidence: Evidence | None,
    evidence_file: Path | None,
    paths: Sequence[str],
    *,
    all_stones: bool,
    same_stone: bool,
) -> None:
    """Refuse readings for more than one stone, since a reading is of one."""
    has_readings = evidence is not None and bool(evidence.readings)
    if has_readings and evidence_file is not None:
        raise EvidenceError("Readings are given and in a file. Put all of them into the file.")
    if evidence_file is not None and same_stone:
        raise EvidenceError("With --same-stone there is one stone. Give its readings as options, not in a file.")
    if all_stones and (has_readings or evidence_file is not None):
        raise EvidenceError("A reading holds for one stone. Leave out --all-stones, or give a picture of that stone.")
    if has_readings and not same_stone and len(list(islice(find_images(paths), 2))) > 1:
        raise EvidenceError(
            "A reading holds for one stone, and there are several pictures. Add --same-stone if they show one stone, "
            "or give the readings of each in a file with --evidence."
        )


def _naming(
    model: Path | None,
    paths: Sequence[str],
    top: int,
    target_precision: float | None,
    guarantee: float | None,
    all_stones: bool,
    evidence: Evidence | None,
    evidence_file: Path | None,
    white: "Point | None",
) -> Naming:
    """Load the bundle, and return what either way of classifying runs."""
    bundle = load_bundle(model)
    if guarantee is not None:
        bundle.shortlister(guarantee)  # which raises before anything is written
    known = evidence if evidence_file is None else _of_each(evidence_file, paths, evidence)
    precision = bundle.info.default_precision if target_precision is None else target_precision
    return Naming(CarriedBundle(bundle), top, precision, all_stones, known, guarantee, white)


def _of_each(evidence_file: Path, paths: Sequence[str], known: Evidence | None) -> dict[str, Evidence]:
    """Return what is known of each picture, by its name."""
    from gemhier.pipeline.data.evidence_file import read_evidence  # which a picture alone does not need

    images = [image for image in find_images(paths) if isinstance(image, str)]
    return read_evidence(evidence_file, images, known or Evidence())


def _is_image_of(output: Path, paths: Sequence[str]) -> bool:
    """Whether a file would take the place of a picture that is to be classified."""
    if output.suffix.lower() not in IMAGE_SUFFIXES or not output.is_file():
        return False
    place = output.resolve()
    return any(place.is_relative_to(Path(path).resolve()) for path in paths if path not in ("", STANDARD_INPUT))


def _settings(naming: Naming) -> dict[str, object]:
    """Return everything that results depend on besides the pictures, by the words of the command line."""
    return {
        "the model": naming.model.fingerprint,
        "gemhier": __version__,
        "--top": naming.top,
        "--target-precision": naming.target_precision,
        **(
            {} if naming.guarantee is None else {"--guarantee": naming.guarantee}
        ),  # as parts of earlier releases have it
        "--all-stones": naming.all_stones,
        **({} if naming.white is None else {"--white-point": str(naming.white)}),
        "the evidence": None if naming.evidence is None else digest(repr(naming.evidence)),
    }


def _failed(result: Prediction | Failure, images: int) -> int:
    """How many of the pictures that a result is about could not be read."""
    if isinstance(result, Failure):
        return images
    return len(result.multi_view.failures) if result.multi_view else 0


def _begins_image(result: Prediction | Failure) -> bool:
    return isinstance(result, Failure) or result.place is None or result.place.stone == 1


def find_images(paths: Iterable[str]) -> Iterator[str | Failure]:
    """Yield each named file, the pictures in each named folder, and the files that fit a pattern.

    What leads to no picture at all is a Failure in its place. A file that is missing is
    yielded itself, so that reading it says so.

    Args:
        paths: as typed; - is yielded as it is. Patterns have the wildcards of a shell; `**` stands for any folders.
    """
    for path in paths:
        if path == STANDARD_INPUT:
            yield path
        elif not path:
            yield Failure(path, "an empty path. Name a picture or a folder.")
        elif is_url(path):
            yield from find_in_storage(path)
        elif _is_folder(path):
            yield from _in_folder(path)
        elif glob.has_magic(path) and not os.path.lexists(path):
            found = sorted(glob.glob(path, recursive=True))  # noqa: PTH207  # Path.glob takes no absolute pattern
            found = [f"./{name}" if name == STANDARD_INPUT else name for name in found]
            if found:
                yield from find_images(found)
            else:
                yield Failure(path, "no file fits this pattern. Check the path.")
        else:
            yield path


def _read(images: Iterable[str | Failure]) -> Iterator[str | Failure | Encoded]:
    """Read what comes from the standard input, when its turn comes."""
    for image in images:
        if image != STANDARD_INPUT:
            yield image
        else:
            content = sys.stdin.buffer.read(MOST_BYTES + 1) if sys.stdin else b""
            if len(content) > MOST_BYTES:
                yield Failure(STANDARD_INPUT, f"more than {MOST_BYTES >> 20} MB. Name a file, or make it smaller.")
            else:
                yield Encoded(STANDARD_INPUT, content)


def _is_folder(path: str) -> bool:
    try:
        return Path(path).is_dir()
    except OSError:  # a name that is too long, a folder above that may not be entered
        return False


def _in_folder(folder: str) -> Iterator[str | Failure]:
    empty = True
    for image in list_images([Path(folder)]):
        empty = False
        yield str(image)
    if empty:
        yield Failure(folder, "a folder without pictures. Name one with JPEG, PNG or other pictures in it.")


def _is_pipe_or_device(path: Path) -> bool:
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        return False
    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)


def _part_of(output: Path, layout: Layout, all_stones: bool) -> "PartFile":
    from gemhier.pipeline.reports.part_file import PartFile  # which pictures shown on the screen do not need

    return PartFile(output, layout, all_stones)


@contextmanager
def _opened(
    output: Path | None, part: "PartFile | None", header: str, settings: Mapping[str, object]
) -> Iterator[TextIO]:
    """Open what results are written to; a file takes its name only when all went well."""
    if part is not None:
        with part.opened(header, settings) as stream:
            yield stream
    elif output is None:
        sys.stdout.write(header)
        yield sys.stdout
    else:  # a pipe or a device is written to as it is
        try:
            with output.open("w", encoding="utf-8", newline="\n") as stream:
                stream.write(header)
                yield stream
        except OSError as error:
            reason = error.strerror or str(error)
            raise OutputError(f"{output}: cannot be written ({reason}). Choose another file.") from error


def _add_corrections(file: Path, paths: Sequence[str], bundle: Bundle) -> None:
    from gemhier.pipeline.data.corrections import add_corrections  # which few need

    images = [image for image in find_images(paths) if isinstance(image, str)]
    decisions = file.with_name("decisions.csv")
    added = add_corrections(file, images, bundle.taxonomy, decisions)
    say(f"{decisions}: {added} added. `gemhier prepare --decisions {decisions}` applies them.")


def _sheet(report: Path | None, bundle: Bundle, paths: Sequence[str]) -> AbstractContextManager["Sheet | None"]:
    if report is None:
        return nullcontext()
    from gemhier.pipeline.reports.html.sheet import written_sheet  # only for people

    return written_sheet(report, bundle, ", ".join(Path(path).name or path for path in paths))


@contextmanager
def _progress(is_wanted: bool, paths: Sequence[str], kept: int) -> Iterator[Callable[[], None]]:
    """Give a function to call after each picture, which moves a bar on a terminal."""
    if not is_wanted or not sys.stderr.isatty():
        yield lambda: None
        return
    with counted_late("Classifying", lambda: sum(1 for _ in find_images(paths)) - kept) as advance:
        yield advance
