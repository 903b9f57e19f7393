"""A sheet for people: what became of each picture, on a page that opens offline and prints, and as a short table."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from gemhier.atomic import check_file, whole_file
from gemhier.errors import OutputError
from gemhier.hierarchy.gem_text import gem_facts
from gemhier.models.bundle import Bundle, StoneResult
from gemhier.models.bundle.explanation import LookAlike
from gemhier.models.bundle.predictions import Prediction
from gemhier.models.images.crop import Box
from gemhier.models.images.stones import Failure
from gemhier.pipeline.reports.thumbnails import BUDGET, crop_thumbnail, thumbnail
from gemhier.spreadsheet import csv_text
from gemhier.templates import render
from gemhier.text import percent, printable

MOST_SHOWN = 1000
"""So many results are on the page; the table beside it has all."""

SIDE = 240
"""The longer side of a picture on the page, in pixels."""

COLUMNS = ("picture", "stone", "answer", "sure", "shortlist", "perhaps", "next test", "look-alikes", "note")

_MOST_LOOK_ALIKES = 3
_MOST_PERHAPS = 3


@dataclass(frozen=True)
class Frame:
    """Where the square around the stone lies, in percent of the picture's width or height."""

    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True)
class Entry:
    """What the page shows of one result.

    Attributes:
        title: the picture, and which stone of it.
        picture: a data address; "" if there is no room for it, or it is not a file.
        crop: the same of the stone as the network saw it.
        frame: around the stone in `picture`; None if it is not known.
        answer: the answer in words; "" without one.
        sure: how probable it is, in percent.
        note: why there is no answer or no result, which photographs contradict each other, and what is promised of a
            picture that is unlike those of the training.
        failed: whether the picture could not be read.
        shortlist: in words, with what it promises; "" without one.
        perhaps: the most probable labels, with their probabilities.
        next_test: what would tell most; "" if nothing would.
        look_alikes: what is taken for the likeliest gem.
        gem: the name of the gem that the facts are of.
        facts: titles and texts.
    """

    title: str
    picture: str = ""
    crop: str = ""
    frame: Frame | None = None
    answer: str = ""
    sure: str = ""
    note: str = ""
    failed: bool = False
    shortlist: str = ""
    perhaps: tuple[str, ...] = ()
    next_test: str = ""
    look_alikes: tuple[LookAlike, ...] = ()
    gem: str = ""
    facts: tuple[tuple[str, str], ...] = ()


def check_sheet(path: Path) -> None:
    """Make sure, before the work, that a sheet and the table beside it can be written.

    Raises:
        OutputError: if they cannot, or the file is not called .html.
    """
    if path.suffix.lower() not in (".html", ".htm"):
        raise OutputError(f"{path}: a sheet is a page. Give it a name that ends in .html.")
    for file in (path, path.with_suffix(".csv")):
        check_file(file)


class Sheet:
    """Takes results one after the other; what it keeps in memory is bounded.

    Args:
        bundle: what predicts.
        title: of the page.
        table: what the rows of the table are written to.
    """

    def __init__(self, bundle: Bundle, title: str, table: BinaryIO) -> None:
        self._bundle = bundle
        self._title = title
        self._table = table
        self._entries: list[Entry] = []
        self._budget = BUDGET
        self._n = 0

    def add(self, result: StoneResult | Prediction | Failure) -> None:
        """Take a result, and write its row of the table."""
        self._n += 1
        prediction = result.prediction if isinstance(result, StoneResult) else result
        entry = self._entry(prediction)
        if len(self._entries) < MOST_SHOWN:
            self._entries.append(self._drawn(entry, result))
        self._table.write(printable(csv_text([_row(entry, prediction)])).encode())

    def page(self) -> str:
        """Return the text of the page."""
        return render(
            "pipeline/reports/html/sheet.html",
            title=self._title,
            model=self._bundle.info.model_version,
            entries=self._entries,
            n=self._n,
        )

    def _entry(self, prediction: Prediction | Failure) -> Entry:
        if isinstance(prediction, Failure):
            return Entry(title=prediction.image, note=prediction.reason, failed=True)
        explanation, found = prediction.explanation, prediction.shortlist
        contradictions = prediction.multi_view.contradictions if prediction.multi_view else ()
        contradiction = f"The photographs contradict each other: {contradictions[0]}." if contradictions else ""
        gem = self._gem(prediction)
        return Entry(
            title=prediction.title,
            answer="" if prediction.answer is None else str(prediction.answer),
            sure="" if prediction.answer is None else percent(prediction.answer.probability),
            note=" ".join(filter(None, [prediction.refusal, contradiction, prediction.caution])),
            shortlist="" if found is None else found.sentence,
            perhaps=tuple(
                f"{label.name} {percent(label.probability)}" for label in prediction.subclasses[:_MOST_PERHAPS]
            ),
            next_test=str(explanation.next_tests[0]) if explanation and explanation.next_tests else "",
            look_alikes=explanation.look_alikes[:_MOST_LOOK_ALIKES] if explanation else (),
            gem=self._bundle.candidates.name(gem) if gem else "",
            facts=tuple(gem_facts(self._bundle.candidates.gem(gem))) if gem else (),
        )

    def _gem(self, prediction: Prediction) -> str:
        """Return the id of the gem that the facts are of: the answer, or else the most probable label."""
        if prediction.answer is not None:
            return prediction.answer.id
        return prediction.subclasses[0].id if prediction.subclasses else ""

    def _drawn(self, entry: Entry, result: StoneResult | Prediction | Failure) -> Entry:
        """Return an entry with its pictures, as long as there is room for them on the page."""
        if isinstance(result, Failure):
            return entry
        image = result.crop.image if isinstance(result, StoneResult) else result.image
        crop = crop_thumbnail(result.crop.pixels) if isinstance(result, StoneResult) else ""
        picture = (thumbnail(Path(image), SIDE) if Path(image).is_file() else None) or ""
        size = len(picture) + len(crop)
        if size > self._budget:
            self._budget = 0  # so that no later one is shown without those before it
            return entry
        self._budget -= size
        box = result.crop.box if isinstance(result, StoneResult) else None
        square = frame(box, result.crop.of) if isinstance(result, StoneResult) and box is not None else None
        return replace(entry, picture=picture, crop=crop, frame=square)


@contextmanager
def written_sheet(path: Path, bundle: Bundle, title: str) -> Iterator[Sheet]:
    """Give a sheet that appears, with its table, when all went well.

    Args:
        path: of the page; the table has the same name and ends in .csv.
        bundle: what predicts.
        title: of the page.

    Raises:
        OutputError: if they cannot be written.
    """
    with whole_file(path) as page, whole_file(path.with_suffix(".csv")) as table:
        table.write(b"\xef\xbb\xbf")  # by which spreadsheets know that it is UTF-8
        table.write(csv_text([COLUMNS]).encode())
        sheet = Sheet(bundle, title, table)
        yield sheet
        page.write(printable(sheet.page()).encode())


def _row(entry: Entry, prediction: Prediction | Failure) -> list[str]:
    """Return the cells of the table."""
    place = prediction.place if isinstance(prediction, Prediction) else None
    return [
        prediction.image,
        "" if place is None else str(place.stone),
        entry.answer,
        entry.sure,
        entry.shortlist,
        ", ".join(entry.perhaps),
        entry.next_test,
        "; ".join(f"{gem.name}: {gem.difference}" for gem in entry.look_alikes),
        entry.note,
    ]


def frame(box: Box, of: tuple[int, int]) -> Frame:
    """Return where a square lies in a picture of so many pixels, without what reaches over the edge."""
    width, height = of
    left, top = max(box.x, 0), max(box.y, 0)
    right, bottom = min(box.x + box.side, width), min(box.y + box.side, height)
    return Frame(100 * left / width, 100 * top / height, 100 * (right - left) / width, 100 * (bottom - top) / height)
