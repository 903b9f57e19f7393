"""What a long classification has done so far: kept beside its output, so that it can go on after an interruption."""

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from gemhier.atomic import check_file, replacing, take_place, write_whole
from gemhier.errors import OutputError
from gemhier.models.images.stones import Failure
from gemhier.pipeline.reports.prediction_formats import Layout
from gemhier.pipeline.reports.prediction_table import write_table
from gemhier.spreadsheet import unguarded
from gemhier.text import printable

PART = ".part"
"""What is done so far stands in a file with this behind the name of the output."""

SETTINGS = ".settings"
"""With this behind the part's own name, what it was begun with."""


@dataclass(frozen=True)
class Kept:
    """What a part holds of one picture.

    Attributes:
        image: the picture, as the file has it.
        failed: whether it could not be classified.
        text: its lines.
    """

    image: str
    failed: bool
    text: str


@dataclass(frozen=True)
class PartFile:
    """The results of a run that has not ended.

    Attributes:
        output: the file that it takes the place of at the end.
        layout: of the results; a run in text cannot go on.
        all_stones: whether a picture may have several results.
    """

    output: Path
    layout: Layout
    all_stones: bool = False

    @property
    def path(self) -> Path:
        """Where the results are until they are complete."""
        return self._target.with_name(self._target.name + PART)

    @property
    def _target(self) -> Path:
        return self.output.resolve() if self.output.is_symlink() else self.output

    @property
    def _settings(self) -> Path:
        return self.path.with_name(self.path.name + SETTINGS)

    @property
    def _way_out(self) -> str:
        return "Delete it or move it away." if self.layout == "text" else "Go on from it with --resume, or delete it."

    def exists(self) -> bool:
        """Whether a run left one."""
        return self.path.exists()

    def check(self, *, resume: bool) -> None:
        """Make sure, before the work, that it can be written.

        Raises:
            OutputError: if it cannot, or without `resume` if one is there already.
        """
        for path in (self.output, self.path, self._settings):
            check_file(path)
        if self.exists() and not resume:
            raise OutputError(f"{self.path}: left by a run that was interrupted or is still going. {self._way_out}")

    @contextmanager
    def opened(self, header: str, settings: Mapping[str, object]) -> Iterator[TextIO]:
        """Open it to write on; it takes the output's name when all went well, and stays if not.

        Args:
            header: what a new one begins with.
            settings: what the results depend on besides the pictures, JSON values by the words of the command line.

        Raises:
            OutputError: if it cannot be written.
            KeyboardInterrupt: after Ctrl-C, with what to do next.
        """
        try:
            if not self.exists():
                write_whole(self._settings, json.dumps(settings).encode())
                with self._open(self.path, "x") as new:
                    new.write(header)
            with self._open(self.path, "a") as stream:
                yield stream
            if self.layout == "parquet":
                write_table(self.path, self._target)
                self.path.unlink()
            else:
                take_place(self.path, self._target)
            self._settings.unlink(missing_ok=True)
        except BaseException as error:
            left = self._left(header)
            if isinstance(error, KeyboardInterrupt):
                raise KeyboardInterrupt(left) from None
            if isinstance(error, FileNotFoundError) and not self.path.exists():
                problem = (
                    f"{self.path}: gone while this run wrote to it. Perhaps another run has completed {self.output}."
                )
                raise OutputError(problem) from error
            if isinstance(error, OSError):
                reason = error.strerror or str(error)
                problem = f"{self.output}: cannot be written ({reason}). Free some space or choose another file. {left}"
                raise OutputError(problem.rstrip()) from error
            raise

    def _left(self, header: str) -> str:
        """Say where what is done is; where nothing is done, leave nothing."""
        with suppress(OSError):  # it may not have come to be
            if self.path.stat().st_size > len(header.encode()):
                return f"What is done is in {self.path}. {self._way_out}"
        for path in (self.path, self._settings):
            with suppress(OSError):
                path.unlink(missing_ok=True)
        return ""

    def renew(
        self,
        header: str,
        settings: Mapping[str, object],
        images: Iterator[str | Failure],
        again: Callable[[str | Failure], Kept],
    ) -> tuple[int, int]:
        """Write what an earlier run has done anew, with another try for what failed.

        A last line that is half-written is dropped. After an interruption what is there is as good as before.

        Args:
            header: what it begins with.
            settings: what the results depend on now.
            images: all pictures; those that are done are taken.
            again: classifies one.

        Returns:
            How many pictures are done, and how many of them failed.

        Raises:
            OutputError: if it was begun with other settings or pictures, or is damaged or cannot be written.
            KeyboardInterrupt: after Ctrl-C, with what to do next.
        """
        self._check_settings(settings)
        done, failed, stopped = 0, 0, False
        try:
            with replacing(self.path) as place, self._open(place, "w") as new, self._open(self.path, "r") as old:
                new.write(header)
                for before in self._kept(old):
                    image = next(images, None)
                    kept = before
                    if image is None or printable(name_of(image)) != printable(before.image):
                        raise self._other_images(before, image)
                    if before.failed and not stopped:
                        try:
                            kept = again(image)
                        except KeyboardInterrupt:  # what is left of the part is kept as it is
                            stopped = True
                    new.write(kept.text)
                    done, failed = done + 1, failed + kept.failed
        except OSError as error:
            raise OutputError(f"{self.path}: cannot be written anew ({error.strerror}). Free some space.") from error
        if stopped:
            raise KeyboardInterrupt(self._left(header))
        return done, failed

    def _check_settings(self, settings: Mapping[str, object]) -> None:
        try:
            then = dict(json.loads(self._settings.read_bytes()))
        except (OSError, ValueError, TypeError) as error:
            raise OutputError(
                f"{self.path}: {self._settings.name}, which says what it was begun with, is missing or damaged. "
                "Delete both to begin anew."
            ) from error
        if changed := changed_setting(then, settings):
            raise OutputError(f"{self.path}: {changed}. Give the same again, or delete the file to begin anew.")

    def _other_images(self, before: Kept, image: str | Failure | None) -> OutputError:
        now = "there is none" if image is None else f"{printable(name_of(image))!r} comes"
        return OutputError(
            f"{self.path}: was begun with other pictures: where it has {printable(before.image)!r}, now {now}. "
            "Give the same pictures, or delete the file to begin anew."
        )

    def _kept(self, lines: Iterable[str]) -> Iterator[Kept]:
        """Yield what the lines hold of each picture, but of a last one that may be half-written."""
        if self.layout == "parquet":
            next(iter(lines), "")  # the names of the columns
        rows = (_csv_rows if self.layout == "csv" else _json_rows)(lines)
        kept: Kept | None = None
        try:
            for values, text in rows:
                if kept is not None and str(values.get("stone") or 1) == "1":
                    yield kept
                    kept = None
                so_far = "" if kept is None else kept.text
                kept = Kept(values["image"], bool(values.get("failure")), so_far + text)
        except (ValueError, KeyError, TypeError, AttributeError, csv.Error) as error:
            raise OutputError(
                f"{self.path}: damaged, and nothing can go on from it. Delete it to begin anew."
            ) from error
        if kept is not None and not self.all_stones:  # of many stones, some may be missing
            yield kept

    @staticmethod
    def _open(path: Path, mode: str) -> TextIO:
        # A last character may be half-written as well: reading one must not fail.
        errors = "surrogateescape" if mode == "r" else "strict"
        return path.open(mode, encoding="utf-8", errors=errors, newline="\n")  # type: ignore[return-value]


def name_of(image: str | Failure) -> str:
    """Return what results call a picture."""
    return image.image if isinstance(image, Failure) else image


def changed_setting(then: Mapping[str, object], now: Mapping[str, object]) -> str:
    """Say in words which of the settings is another than at the beginning; "" if none is."""
    for name in sorted({*then, *now}):
        if then.get(name) != now.get(name):
            return f"was begun with {name} {json.dumps(then.get(name))}, and now it is {json.dumps(now.get(name))}"
    return ""


def _json_rows(lines: Iterable[str]) -> Iterator[tuple[Mapping[str, str], str]]:
    """Each object and its line, without a last line that has no end."""
    for line in lines:
        if line.endswith("\n"):
            yield json.loads(line), line


def _csv_rows(lines: Iterable[str]) -> Iterator[tuple[Mapping[str, str], str]]:
    """Each row by its columns and its lines, without the row of their names and a last row that has no end."""
    taken: list[str] = []

    def taking() -> Iterator[str]:
        for line in lines:
            taken.append(line)
            yield line

    columns: list[str] | None = None
    try:
        for cells in csv.reader(taking(), strict=True):
            text = "".join(taken)
            taken.clear()
            if columns is None:
                columns = cells
            elif text.endswith("\n"):
                yield dict(zip(columns, map(unguarded, cells), strict=True)), text
    except csv.Error as error:
        if "end of data" not in str(error):
            raise
