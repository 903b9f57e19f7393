"""A folder of Parquet parts, written by many workers: what is done stays, and a second run does what is missing."""

import hashlib
import io
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from gemhier.atomic import check_folder, clear_unfinished
from gemhier.errors import OutputError
from gemhier.locks import locked
from gemhier.models.bundle.predictions import Prediction
from gemhier.models.images.stones import Failure
from gemhier.pipeline.engines.job import Naming
from gemhier.pipeline.engines.storage import is_url, list_files, read_file, write_file
from gemhier.pipeline.reports.part_file import changed_setting, name_of
from gemhier.pipeline.reports.prediction_formats import CsvRows
from gemhier.pipeline.reports.prediction_table import parquet_bytes, table_of
from gemhier.text import printable

SETTINGS_FILE = "_settings.json"
"""What the folder was begun with: everything that the results depend on besides the pictures.

Readers of Parquet take a folder for one table, and pass over names that begin so.
"""

_LOCK_FILE = ".running.lock"
_READERS = 8


@dataclass(frozen=True)
class Part:
    """What one part shall hold.

    Attributes:
        number: of the part.
        sources: the pictures to classify: paths, URLs, or why there is none.
        is_there: whether the part is written already, and these are the ones that failed.
    """

    number: int
    sources: tuple[str | Failure, ...]
    is_there: bool = False


@dataclass(frozen=True)
class Written:
    """What became of a part: how many pictures were classified now, and how many of these failed."""

    images: int
    failed: int


@dataclass
class Done:
    """What a folder holds.

    Attributes:
        images: a digest of each picture that needs no more work; 20 million of them take some 2 GB.
        failed: by the digest of each picture that could not be classified, the number of its part.
        next_number: the first that no part has.
    """

    images: set[bytes] = field(default_factory=set)
    failed: dict[bytes, int] = field(default_factory=dict)
    next_number: int = 0


@dataclass(frozen=True)
class Plan:
    """What is left to do of the pictures of a run, each of which counts once.

    Attributes:
        kept: how many pictures are done.
        again: by the number of their part, the pictures that failed, which are tried again.
        new: the pictures that are in no part.
        next_number: the first number of a new part.
    """

    kept: int
    again: Mapping[int, Sequence[str | Failure]]
    new: Sequence[str | Failure]
    next_number: int

    @classmethod
    def of(cls, sources: Iterable[str | Failure], done: Done) -> "Plan":
        """Compare all pictures of a run with what is done."""
        kept, again, new, seen = 0, defaultdict[int, list[str | Failure]](list), list[str | Failure](), set[bytes]()
        for source in sources:
            digest = _digest(name_of(source))
            if digest in seen:
                continue
            seen.add(digest)
            if digest in done.images:
                kept += 1
            elif digest in done.failed:
                again[done.failed[digest]].append(source)
            else:
                new.append(source)
        return cls(kept, again, new, done.next_number)

    @property
    def missing(self) -> int:
        """How many pictures there is something to do for."""
        return len(self.new) + sum(map(len, self.again.values()))

    def parts(self, size: int) -> list[Part]:
        """Return the parts to write, with so many pictures in a new one at most."""
        starts = range(0, len(self.new), size)
        return [
            *(Part(number, tuple(failed), is_there=True) for number, failed in self.again.items()),
            *(
                Part(number, tuple(self.new[start : start + size]))
                for number, start in enumerate(starts, self.next_number)
            ),
        ]


@dataclass(frozen=True)
class PartsFolder:
    """The folder.

    Attributes:
        address: a path or a URL.
    """

    address: str

    @contextmanager
    def begun(self, settings: Mapping[str, object]) -> Iterator[None]:
        """Hold the folder for one run, which is begun or gone on with.

        Args:
            settings: what the results depend on, JSON values by the words of the command line.

        Raises:
            OutputError: if it holds something else, was begun with other settings, is in use by another run, or cannot
                be written.
        """
        if is_url(self.address):  # a store has no locks: two runs at once write the same parts twice
            self._check(settings)
            yield
            return
        check_folder(Path(self.address))
        self._check(settings)
        with locked(Path(self.address) / _LOCK_FILE, self._refuse):
            clear_unfinished(Path(self.address))
            yield

    def _refuse(self) -> None:
        raise OutputError(f"{self.address}: another run is writing there. Wait for its end, or choose another folder.")

    def _check(self, settings: Mapping[str, object]) -> None:
        names = [name for name in list_files(self.address) if not name.startswith(".")]
        if not names:
            write_file(self._place(SETTINGS_FILE), json.dumps(settings).encode())
            return
        if SETTINGS_FILE not in names:
            raise OutputError(
                f"{self.address}: holds something else, such as {names[0]}. Choose a new or empty folder."
            )
        try:
            then = dict(json.loads(read_file(self._place(SETTINGS_FILE))))
        except (OSError, ValueError, TypeError) as error:
            raise OutputError(f"{self._place(SETTINGS_FILE)}: damaged. Choose another folder.") from error
        if changed := changed_setting(then, settings):
            raise OutputError(f"{self.address}: {changed}. Give the same again, or choose another folder.")

    def done(self) -> Done:
        """Return what is there.

        Raises:
            OutputError: if a part is damaged.
        """
        done = Done()
        numbers = [number for name in list_files(self.address) if (number := _number(name)) is not None]
        with ThreadPoolExecutor(_READERS) as readers:
            for number, results in zip(numbers, readers.map(self._results, numbers), strict=True):
                done.next_number = number + 1
                for image, failed in results:
                    if failed:
                        done.failed[_digest(image)] = number
                    else:
                        done.images.add(_digest(image))
        return done

    def _results(self, number: int) -> list[tuple[str, bool]]:
        """Return each row's picture, and whether it failed."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            content = io.BytesIO(read_file(self._place(part_name(number))))
            columns = pq.read_table(content, columns=["image", "failure"])
            return [(row["image"], row["failure"] is not None) for row in columns.to_pylist()]
        except (OSError, pa.ArrowException, KeyError) as error:
            raise self._damaged(number) from error

    def _damaged(self, number: int) -> OutputError:
        return OutputError(f"{self._place(part_name(number))}: damaged. Delete it to have its pictures done again.")

    def write(self, part: Part, results: Sequence[Prediction | Failure], rows: CsvRows) -> None:
        """Write a part, whole or not at all; of one that is there, the rows of its sources are replaced."""
        import pyarrow as pa
        import pyarrow.compute as pc
        import pyarrow.parquet as pq

        table = table_of(results, rows)
        if part.is_there:
            try:
                before = pq.read_table(io.BytesIO(read_file(self._place(part_name(part.number)))))
            except (OSError, pa.ArrowException) as error:
                raise self._damaged(part.number) from error
            tried = pa.array([printable(name_of(source)) for source in part.sources])
            table = pa.concat_tables([before.filter(pc.invert(pc.is_in(before["image"], tried))), table])
        write_file(self._place(part_name(part.number)), parquet_bytes(table))

    def _place(self, name: str) -> str:
        return f"{self.address.rstrip('/')}/{name}" if is_url(self.address) else str(Path(self.address, name))


@dataclass(frozen=True)
class WritingParts:
    """The job of classifying the pictures of parts and writing these.

    Attributes:
        naming: classifies.
        folder: where the parts go.
        rows: their columns.
    """

    naming: Naming
    folder: PartsFolder
    rows: CsvRows

    def __call__(self, items: Iterable[Part]) -> Iterator[Written]:
        """Write each part."""
        for part in items:
            results = list(self.naming(part.sources))
            self.folder.write(part, results, self.rows)
            yield Written(len(part.sources), sum(isinstance(result, Failure) for result in results))


def part_name(number: int) -> str:
    """Return the name of a part's file."""
    return f"part-{number:08d}.parquet"


def _number(name: str) -> int | None:
    digits = name.removeprefix("part-").removesuffix(".parquet")
    return int(digits) if name == f"part-{digits}.parquet" and digits.isdecimal() else None


def _digest(image: str) -> bytes:
    return hashlib.blake2b(printable(image).encode(), digest_size=16).digest()
