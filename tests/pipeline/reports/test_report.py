"""What a report says and looks like, and which folders it may replace."""

import csv
import importlib.util
import io
import json
import re
from collections.abc import Sequence
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from gemhier.errors import OutputError
from gemhier.hierarchy.answering import Threshold, Thresholds
from gemhier.hierarchy.decoding import STRATEGIES
from gemhier.hierarchy.labels import LabelSpace
from gemhier.hierarchy.node import Node
from gemhier.hierarchy.taxonomy import Taxonomy
from gemhier.models.bundle.decision import Decider, decide
from gemhier.models.bundle.predictions import Prediction
from gemhier.models.images.stones import Failure
from gemhier.pipeline.data.labelled_images import LabelledImage, LabelledImages, NoLabel
from gemhier.pipeline.evaluation.evaluation import evaluate_probabilities
from gemhier.pipeline.evaluation.paired_tests import compare
from gemhier.pipeline.evaluation.selective_answers import answer_figures
from gemhier.pipeline.reports.folder import FILES, FORMAT, check_report_folder, write_report_folder
from gemhier.pipeline.reports.html.classes_section import RANKED
from gemhier.pipeline.reports.html.first_screen import first_screen
from gemhier.pipeline.reports.html.losses_section import MOST_LISTED
from gemhier.pipeline.reports.html.page import page
from gemhier.pipeline.reports.report import Report, classes_table, confusion_table, predictions_table
from gemhier.pipeline.reports.summary import summary

pytestmark = pytest.mark.usefixtures("no_drawings")

LABELS = ("beryl/aquamarine", "beryl/emerald", "quartz", "topaz")
TAXONOMY = Taxonomy.from_nodes(
    [
        Node("beryl", "Beryl", "family"),
        Node("beryl/aquamarine", "Aquamarine", "variety"),
        Node("beryl/emerald", "Emerald <Panna & Co>", "variety"),
        Node("opal", "Opal", "family"),
        Node("quartz", "Quartz", "family"),
        Node("topaz", "Topaz", "family"),
    ]
)
THRESHOLD = 0.5


def reported(
    seen: Sequence[tuple[str | None, str | None]],
    *,
    unknown: tuple[NoLabel, ...] = (),
    excluded: tuple[NoLabel, ...] = (),
    sure: float = 0.7,
) -> Report:
    """The report of pictures of which truth and prediction are given; no prediction is a failure."""
    space = LabelSpace(LABELS)
    found = np.zeros((len(seen), len(LABELS)))
    images, results = [], list[Prediction | Failure]()
    for row, (truth, guess) in enumerate(seen):
        image = f"stones/{row}.jpg"
        images.append(LabelledImage(image, truth or "Wobblite", truth, image, "stones"))
        if guess is None:
            results.append(Failure(image, "not a <picture>."))
            continue
        found[row] = (1 - sure) / (len(LABELS) - 1)
        found[row, LABELS.index(guess)] = sure
        results += decide(
            [image],
            found[row : row + 1],
            [1.0],
            Decider(space, TAXONOMY, 0.5, "soft", "gems-1"),
            threshold=THRESHOLD,
            top=5,
        )
    known = [row for row, (truth, _) in enumerate(seen) if truth in LABELS]
    asked = Threshold(precision=0.9, threshold=THRESHOLD, reached=True, observed=None, answered=1.0, depths=())
    answers = [
        result.answer.id if isinstance(result, Prediction) and result.answer is not None else None for result in results
    ]
    return Report(
        model_version="gems-1",
        run_id="0123",
        decided_by="soft",
        created="2024-05-01T12:00:00+00:00",
        split="test",
        labelled=LabelledImages(tuple(images), ("stones",), unknown, excluded),
        results=tuple(results),
        evaluation=evaluate_probabilities(
            dict.fromkeys(STRATEGIES, found),
            [truth for truth, _ in seen],
            [image.group for image in images],
            space=space,
            taxonomy=TAXONOMY,
        ),
        answers=answer_figures(
            [answers[row] for row in known],
            [str(seen[row][0]) for row in known],
            [images[row].group for row in known],
            taxonomy=TAXONOMY,
            target_precision=0.9,
            threshold=THRESHOLD,
        ),
        space=space,
        taxonomy=TAXONOMY,
        thresholds=Thresholds((asked,)),
        probabilities=dict.fromkeys(STRATEGIES, found),
        without_gem=np.zeros(len(seen), dtype=np.bool_),
    )


SEEN: list[tuple[str | None, str | None]] = [
    ("beryl/emerald", "beryl/emerald"),
    ("beryl/emerald", "topaz"),
    ("beryl/emerald", "topaz"),
    ("beryl/emerald", "quartz"),
    ("beryl/emerald", None),
    ("beryl/aquamarine", "beryl/aquamarine"),
    ("quartz", "quartz"),
    ("topaz", "quartz"),
    ("opal", "quartz"),
    (None, "quartz"),
]


@pytest.fixture(scope="module")
def report() -> Report:
    return reported(
        SEEN,
        unknown=(NoLabel("Wobblite", 1, "No gem is called 'Wobblite'."),),
        excluded=(NoLabel("Navratna", 3, "nine stones"),),
    )


class Outline(HTMLParser):
    """Reads a page and notes its tags, the texts below each heading, and whether all that is opened is closed."""

    VOID = frozenset({"meta", "link", "br", "input"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.sections: dict[str, str] = {"": ""}
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in self.VOID:
            self.open.append(tag)
        if tag in ("h1", "h2", "h3"):
            self.sections[""] = ""

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in ("h1", "h2", "h3"):
            self.sections[data] = ""
        elif data.strip() and self.open and self.open[-1] not in ("style", "script"):
            last = next(reversed(self.sections))
            self.sections[last] += f"{' '.join(data.split())}|"

    def section(self, title: str) -> str:
        return next(text for name, text in self.sections.items() if name.startswith(title))


def test_pictures_that_may_show_no_gem_with_a_name_are_counted(report: Report) -> None:
    assert report.novelty is None
    assert "novel" not in report.to_dict()
    results = tuple(
        result if isinstance(result, Failure) else replace(result, novel=row in (1, 8))
        for row, result in enumerate(report.results)
    )
    told = replace(report, results=results)  # one failed, and one of the others is an opal, which the model has not
    counted = {name: told.to_dict()[name] for name in ("novelty_n", "novel", "novelty_n_beyond_model")}
    assert counted == {"novelty_n": 9, "novel": 2, "novelty_n_beyond_model": 1}
    assert told.to_dict()["novel_beyond_model"] == 1
    rows = list(csv.DictReader(io.StringIO(predictions_table(told))))
    assert [row["novel"] for row in rows] == ["0", "1", "0", "0", "", "0", "0", "0", "1", "0"]
    said = "It says of 2 of 9 pictures that they may show no gem that it can name, 1 of the 1 whose gem it cannot name."
    assert said in first_screen(told).said


# The page


def test_the_page_is_sound_and_reaches_for_nothing(report: Report) -> None:
    text = page(report)
    outline = Outline(text)
    addresses = [value for _, name, value in outline.attributes if name in ("src", "href", "srcset", "action")]
    assert [address for address in addresses if not address.startswith("#")] == ["data:,"]
    anchors = {value for _, name, value in outline.attributes if name == "id"}
    assert {address[1:] for address in addresses if address.startswith("#")} <= anchors
    assert not re.search(r"https?:|@import|url\((?!#)|fetch\(|XMLHttp", text)
    assert "default-src 'none'" in text
    assert "prefers-color-scheme: dark" in text
    assert ("meta", "name", "viewport") in outline.attributes


def test_the_page_shows_the_figures_with_their_intervals(report: Report) -> None:
    outline = Outline(page(report))
    top1 = report.figures.top1
    assert top1.value == 3 / 8
    assert "top-1|37.5%|13.7% to 69.4%|" in outline.section("gems-1 on stones")
    assert "10 pictures, of 4 of the 4 labels that the model knows. 2 show what it does not know." in outline.section(
        "gems-1 on stones"
    )
    strategies = outline.section("Flat against hierarchical")
    assert [name for name in STRATEGIES if f"{name}|" in strategies] == list(STRATEGIES)
    assert report.comparison is not None
    assert f"{report.comparison.sentence}|" in outline.section("gems-1 on stones")


def test_without_matplotlib_the_page_says_what_brings_it(report: Report, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "matplotlib" not in page(report)
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "matplotlib" else found(name))
    outline = Outline(page(report))
    assert 'pip install "gemhier[train]"' in outline.section("Reliability")
    assert 'pip install "gemhier[train]"' in outline.section("Precision against coverage")


def test_names_and_reasons_are_escaped(report: Report) -> None:
    text = page(report)
    assert "<Panna" not in text
    assert "Emerald &lt;Panna &amp; Co&gt;" in text
    assert "not a &lt;picture&gt;." in text


def test_best_and_worst_by_precision(report: Report) -> None:
    outline = Outline(page(report))
    # Aquamarine and emerald 1 of 1, quartz 1 of 3, topaz 0 of 2.
    best, worst = outline.sections["Best"], outline.sections["Worst"]
    order = ["Aquamarine", "Emerald", "Quartz", "Topaz"]
    assert sorted(order, key=best.index) == order
    assert sorted(order, key=worst.index) == ["Topaz", "Quartz", "Aquamarine", "Emerald"]
    assert "Quartz|33.3%|3|" in worst


def test_at_most_ten_are_best(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gemhier.pipeline.reports.html.classes_section.RANKED", 1)
    outline = Outline(page(reported(SEEN)))
    assert "Aquamarine" in outline.sections["Best"]
    assert "Emerald" not in outline.sections["Best"]
    assert RANKED == 10


def test_the_most_misclassified_are_shown_with_what_they_were_taken_for(report: Report) -> None:
    mistaken = Outline(page(report)).section("Most misclassified")
    assert "Emerald <Panna & Co>|Beryl|4 of 5|Topaz|2x|Quartz|1x|Topaz|1 of 1|Quartz|1x|–|" in mistaken
    assert "Aquamarine" not in mistaken


def test_the_table_of_labels_can_be_sorted(report: Report) -> None:
    text = page(report)
    start = text.index('<section id="labels"')
    labels = text[start : text.index("</section>", start) + len("</section>")]
    outline = Outline(labels)
    assert labels.count("<button>") == 7
    values = [value for tag, name, value in outline.attributes if (tag, name) == ("td", "data-value")]
    assert values[:7] == ["Aquamarine", "1.0", "1.0", "1.0", "1", "1", "0"]


def test_answers_by_depth(report: Report) -> None:
    answers = Outline(page(report)).section("Answers")
    assert "at least 0.500" in answers
    # Quartz and topaz are families: five of eight pictures, of which one is right.
    assert "the family|5|62.5%|" in answers
    assert "any depth|7|87.5%|" in answers


def test_what_could_not_be_used_is_listed(report: Report) -> None:
    outline = Outline(page(report))
    assert "stones/4.jpg: not a <picture>." in outline.section("Pictures that could not be read")
    assert "Wobblite: 1. No gem is called 'Wobblite'." in outline.section("Class names")
    assert "Opal (opal): 1" in outline.section("Labels that the model has not learned")
    assert "Navratna: 3, nine stones" in outline.section("Classes that the taxonomy leaves out")
    assert not [title for title in outline.sections if title.startswith("Refused (")]


def test_long_lists_are_cut() -> None:
    many = reported([("quartz", "quartz")] * (MOST_LISTED + 3), sure=0.4)
    outline = Outline(page(many))
    refused = outline.section(f"Refused ({MOST_LISTED + 3})")
    assert refused.count("no family reached") == MOST_LISTED
    assert "and 3 more|" in refused


@pytest.mark.parametrize(
    "seen",
    [[(None, "quartz")], [("opal", None)], [("quartz", None)], [("quartz", "quartz")]],
    ids=["unknown only", "beyond the model and failed", "failed", "right"],
)
def test_a_page_with_little_to_say(seen: list[tuple[str | None, str | None]]) -> None:
    few = reported(seen)
    assert "None" not in re.sub("<style>.*?</style>", "", page(few), flags=re.DOTALL)
    Outline(page(few))
    assert summary(few)[0].startswith("gems-1 on 1 picture of stones")
    json.loads(few.to_json())


def test_a_file_name_that_is_not_utf_8(report: Report) -> None:
    odd = replace(report, results=(Failure("r\udcfcby.jpg", "damaged"), *report.results[1:]))
    assert "r\\udcfcby.jpg: damaged" in page(odd)


# Figures and tables


def test_numbers_have_at_most_six_decimals(report: Report) -> None:
    content = report.to_dict()
    assert content["family_top1"] == 0.3
    assert content["top1_low"] == round(report.figures.top1.low or 0, 6)
    assert content["answers"]["depths"][0]["share"] == 0.625
    assert list(content)[:2] == ["format", "format_version"]


def test_a_very_small_p_value_stays_above_0(report: Report) -> None:
    surely = compare("flat", "soft", np.zeros(40, np.bool_), np.ones(40, np.bool_), np.arange(40))
    content = replace(report, evaluation=replace(report.evaluation, comparisons=(surely,))).to_dict()
    assert content["comparisons"][0]["p_value"] == 2 / 2**40


def test_tables_have_a_row_for_each(report: Report) -> None:
    assert len(predictions_table(report).splitlines()) == 1 + len(SEEN)
    assert len(classes_table(report).splitlines()) == 1 + len(LABELS)
    assert sum(int(row["count"]) for row in csv.DictReader(confusion_table(report).splitlines())) == 8


def test_f1_is_the_harmonic_mean_of_precision_and_recall(report: Report) -> None:
    # Emerald: 1 of 5 is found and 1 of 1 predictions right; topaz: neither of both.
    rows = {row["label"]: row for row in csv.DictReader(classes_table(report).splitlines())}
    emerald = rows["beryl/emerald"]
    assert float(emerald["f1"]) == pytest.approx(
        2 / (1 / float(emerald["precision"]) + 1 / float(emerald["recall"])), abs=1e-6
    )
    assert {label: row["f1"] for label, row in rows.items()} == {
        "beryl/aquamarine": "1.0",
        "beryl/emerald": "0.333333",
        "quartz": "0.5",
        "topaz": "0.0",
    }
    assert "Emerald <Panna & Co>|Beryl|100.0%|20.0%|33.3%|5|1|4|" in Outline(page(report)).section("Every label")
    assert (
        classes_table(reported([("quartz", "quartz")])).splitlines()[1].endswith(",0,0,,,,,")
    )  # neither seen nor predicted


def test_confusions_have_their_share_of_the_true_labels_pictures(report: Report) -> None:
    rows = list(csv.DictReader(confusion_table(report).splitlines()))
    assert {(row["truth"], row["predicted"]): row["share"] for row in rows if row["truth"] == "beryl/emerald"} == {
        ("beryl/emerald", "beryl/emerald"): "0.2",
        ("beryl/emerald", "topaz"): "0.4",
        ("beryl/emerald", "quartz"): "0.2",
        ("beryl/emerald", ""): "0.2",
    }


def test_the_summary_names_what_could_not_be_counted(report: Report) -> None:
    assert summary(report)[-4:] == [
        "1 could not be read and counts as wrong: stones/4.jpg: not a <picture>.",
        "1 show what the model has not learned and count for the family only: opal",
        "Class names that the taxonomy does not know, counted as wrong families only: Wobblite (1)",
        "Left out, as the taxonomy excludes them: Navratna (3)",
    ]


def test_the_summary_counts_failures() -> None:
    lines = summary(reported([("quartz", None), ("quartz", None)]))
    assert lines[-1] == "2 could not be read and count as wrong, such as stones/0.jpg: not a <picture>."


# The folder

CONTENTS = {**dict.fromkeys(FILES, "text"), "report.json": json.dumps({"format": FORMAT})}


def test_an_earlier_report_is_replaced_whole(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "report"
    write_report_folder(folder, CONTENTS)
    write_report_folder(folder, {**CONTENTS, "report.html": "newer"})
    assert (folder / "report.html").read_text() == "newer"
    assert [path.name for path in folder.parent.iterdir()] == ["report"]


def test_what_a_file_manager_left_in_a_report_does_not_keep_it(tmp_path: Path) -> None:
    write_report_folder(tmp_path / "report", CONTENTS)
    (tmp_path / "report" / ".DS_Store").touch()
    write_report_folder(tmp_path / "report", CONTENTS)
    assert sorted(path.name for path in (tmp_path / "report").iterdir()) == sorted(FILES)


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    write_report_folder(tmp_path, CONTENTS)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(FILES)


@pytest.mark.parametrize(
    ("name", "text"),
    [("notes.txt", "mine"), ("report.json", "{"), ("report.json", "[]"), ("report.json", "{}")],
)
def test_anything_else_is_refused(tmp_path: Path, name: str, text: str) -> None:
    if name not in CONTENTS:
        write_report_folder(tmp_path, CONTENTS)
    (tmp_path / name).write_text(text)
    with pytest.raises(OutputError, match="holds something other than a report"):
        check_report_folder(tmp_path)
    with pytest.raises(OutputError, match="holds something other than a report"):
        write_report_folder(tmp_path, CONTENTS)
    assert (tmp_path / name).read_text() == text


def test_a_folder_below_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="cannot be a folder, since"):
        check_report_folder(tmp_path / "file" / "report")


def test_a_disk_that_fills_up_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Path, content: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OutputError, match=r"cannot be written \(No space left on device\)"):
        write_report_folder(tmp_path / "report", CONTENTS)
    assert list(tmp_path.iterdir()) == []
