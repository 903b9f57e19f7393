"""`gemhier evaluate`: which pictures it takes, what it writes, and how it ends."""

import csv
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partialmethod
from pathlib import Path
from typing import Any

import click
import cv2
import numpy as np
import pytest
from click.testing import CliRunner, Result

from gemhier.arrays import Bytes
from gemhier.cli import INTERRUPTED, main
from gemhier.errors import DataError, OutputError
from gemhier.hierarchy.decoding import STRATEGIES
from gemhier.hierarchy.split_folders import SPLIT_OF
from gemhier.hierarchy.taxonomy import Taxonomy
from gemhier.models.bundle import Bundle, load_bundle
from gemhier.models.bundle.predictions import Prediction
from gemhier.models.images.stones import Failure
from gemhier.pipeline import evaluate as step
from gemhier.pipeline.data.info import DataInfo, SourceFolder
from gemhier.pipeline.data.labelled_images import find_labelled
from gemhier.pipeline.data.manifest import SPLITS, Manifest, Row, write_manifest
from gemhier.pipeline.evaluate import evaluate
from gemhier.pipeline.evaluation.evaluation import FIGURES
from gemhier.pipeline.reports.folder import FILES
from gemhier.pipeline.reports.measuring import evaluate_bundle
from gemhier.pipeline.reports.report import Report

Paint = Callable[[str], Bytes]
Put = Callable[..., Path]
ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.usefixtures("no_drawings")


@pytest.fixture
def put(tmp_path: Path, paint_stone: Paint, monkeypatch: pytest.MonkeyPatch) -> Put:
    """Paints a stone of a label into a file below the current folder, which is new."""
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)

    def paint(place: str, label: str) -> Path:
        path = Path(place)
        path.parent.mkdir(parents=True, exist_ok=True)
        assert cv2.imwrite(str(path), cv2.cvtColor(paint_stone(label), cv2.COLOR_RGB2BGR))
        return path

    return paint


@pytest.fixture
def photos(put: Put) -> Path:
    """Six pictures: three as labelled, one of another family, one of a name nobody knows, one that is damaged."""
    put("photos/Ruby/1.png", "corundum/ruby")
    put("photos/Ruby/2.png", "beryl/emerald")
    put("photos/Panna/1.png", "beryl/emerald")
    put("photos/Colombian Emerald/1.png", "beryl/emerald/colombian")
    put("photos/Wobblite/1.png", "quartz")
    Path("photos/Quartz").mkdir()
    Path("photos/Quartz/cut.png").write_bytes(b"cut")
    return Path("photos")


def run(model: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["evaluate", "--model", str(model), *arguments])


def report_json(folder: str = "report") -> dict[str, Any]:
    def refuse(name: str) -> None:
        raise AssertionError(f"{name} is no JSON")

    text = Path(folder, "report.json").read_text(encoding="utf-8")
    content: dict[str, Any] = json.loads(text, parse_constant=refuse)
    return content


def table(name: str, folder: str = "report") -> list[dict[str, str]]:
    with Path(folder, name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def images(report: Report) -> list[str]:
    return [Path(image.image).as_posix() for image in report.labelled.images]


# What is written


def test_a_report_has_the_keys_of_the_contract(tiny_bundle: Path, photos: Path) -> None:
    result = run(tiny_bundle, "photos", "--report", "report")
    assert (result.exit_code, result.stderr) == (0, "")
    assert sorted(path.name for path in Path("report").iterdir()) == sorted(FILES)
    report = report_json()
    figures = {f"{name}{end}" for name in FIGURES for end in ("", "_low", "_high")}
    counts = {"n", "n_unknown", "unknown_labels", "refused", "failures"}
    assert figures | counts | {"strategies", "answers", "comparison", "split", "sources"} <= report.keys()
    assert list(report["strategies"]) == list(STRATEGIES)
    assert all(set(of_strategy) == figures for of_strategy in report["strategies"].values())
    assert {name: report["strategies"]["fused"][name] for name in figures} == {name: report[name] for name in figures}
    assert (report["model_version"], report["decided_by"], report["sources"]) == ("tiny-1", "fused", ["photos"])


def test_figures_worked_out_by_hand(tiny_bundle: Path, photos: Path) -> None:
    run(tiny_bundle, "photos", "--report", "report")
    report = report_json()
    assert (report["n"], report["n_unknown"], report["failures"]) == (6, 1, 1)
    assert report["unknown_labels"] == [
        {"name": "Wobblite", "pictures": 1, "reason": report["unknown_labels"][0]["reason"]}
    ]
    # Three of the five whose label is known; the damaged one and the emerald among the rubies are wrong.
    assert report["top1"] == pytest.approx(3 / 5)
    assert report["tolerant_top1"] == pytest.approx(3 / 5)
    assert report["family_top1"] == pytest.approx(3 / 6)
    # Shared 2 + 2 + 3, predicted 2 + 2 + 2 + 3 and none, true 2 + 2 + 2 + 3 + 1.
    assert report["hierarchical_f1"] == pytest.approx(2 * 7 / (9 + 10), abs=1e-6)
    assert report["mistake_severity"] == pytest.approx(3)
    answers = report["answers"]
    assert (answers["target_precision"], answers["threshold"], answers["n"]) == (0.9, 0.7, 5)
    assert answers["answered"] == pytest.approx(4 / 5)
    assert answers["precision"] == pytest.approx(3 / 4)
    assert [(depth["depth"], depth["n"]) for depth in answers["depths"]] == [(1, 0), (2, 3), (3, 1)]


def test_shortlists_are_measured_where_the_model_promises_them(
    promising_bundle: Path, tiny_bundle: Path, photos: Path
) -> None:
    result = run(promising_bundle, "photos", "--report", "report")
    assert result.exit_code == 0, result.output
    report, rows = report_json(), table("predictions.csv")
    # Of the five pictures whose label is known one cannot be read, and the emerald among the rubies is not held.
    assert (report["shortlist_guarantee"], report["shortlist_n"]) == (0.95, 5)
    assert (report["shortlist_given"], report["shortlist_coverage"]) == (4 / 5, 3 / 4)
    known = [row for row in rows if row["shortlist_size"] and row["truth"]]
    assert report["shortlist_size"] == pytest.approx(np.mean([int(row["shortlist_size"]) for row in known]))
    assert [row["shortlist_right"] for row in known].count("1") == 3
    assert "Asked to hold the right label for 95%, the shortlists hold it for 75.0%" in result.stdout
    assert "it holds the right label" in Path("report/report.html").read_text()
    assert run(promising_bundle, "photos", "--report", "report", "--guarantee", "0.9").exit_code == 0
    assert report_json()["shortlist_guarantee"] == 0.9
    assert run(tiny_bundle, "photos", "--report", "report").exit_code == 0
    assert not [key for key in report_json() if key.startswith("shortlist")]
    refused = run(tiny_bundle, "photos", "--report", "report", "--guarantee", "0.9")
    assert (refused.exit_code, "promises no shortlist" in refused.stderr) == (1, True)


def test_every_picture_has_a_row_in_order(tiny_bundle: Path, photos: Path) -> None:
    run(tiny_bundle, "photos", "--report", "report")
    rows = {Path(row["image"]).as_posix(): row for row in table("predictions.csv")}
    assert list(rows) == [
        "photos/Colombian Emerald/1.png",
        "photos/Panna/1.png",
        "photos/Quartz/cut.png",
        "photos/Ruby/1.png",
        "photos/Ruby/2.png",
        "photos/Wobblite/1.png",
    ]
    panna = rows["photos/Panna/1.png"]
    assert (panna["truth"], panna["truth_given"], panna["source"]) == ("beryl/emerald", "Panna", "photos")
    assert (panna["predicted_1_id"], panna["answer"], panna["answer_right"]) == ("beryl/emerald", "beryl/emerald", "1")
    assert float(panna["predicted_1_probability"]) > 0.9 > float(panna["predicted_5_probability"])
    mistaken = rows["photos/Ruby/2.png"]
    assert [mistaken[key] for key in ("right", "family_right", "answer_right", "failure")] == ["0", "0", "0", ""]
    unknown = rows["photos/Wobblite/1.png"]
    assert [unknown[key] for key in ("truth", "right", "family_right", "answer_right")] == ["", "", "0", ""]
    damaged = rows["photos/Quartz/cut.png"]
    assert [damaged[key] for key in ("predicted_1_id", "answer", "right", "family_right")] == ["", "", "0", "0"]
    assert damaged["failure"].startswith("not a picture")


def test_the_tables_agree_with_the_figures(tiny_bundle: Path, photos: Path) -> None:
    run(tiny_bundle, "photos", "--report", "report")
    classes = {row["label"]: row for row in table("per_class.csv")}
    assert tuple(classes) == load_bundle(tiny_bundle).info.labels
    ruby, emerald = classes["corundum/ruby"], classes["beryl/emerald"]
    assert [ruby[key] for key in ("name", "precision", "recall", "support")] == ["Ruby", "1.0", "0.5", "2"]
    assert [ruby["taken_for_1"], ruby["taken_for_1_count"], ruby["taken_for_2"]] == ["beryl/emerald", "1", ""]
    assert [emerald["precision"], emerald["predicted"]] == ["0.5", "2"]
    assert [classes["corundum/sapphire"][key] for key in ("precision", "recall", "support")] == ["", "", "0"]
    assert {(row["truth"], row["predicted"]): row["count"] for row in table("confusion.csv")} == {
        ("beryl/emerald", "beryl/emerald"): "1",
        ("beryl/emerald/colombian", "beryl/emerald/colombian"): "1",
        ("corundum/ruby", "beryl/emerald"): "1",
        ("corundum/ruby", "corundum/ruby"): "1",
        ("quartz", ""): "1",
    }


def test_rows_agree_with_classifying(tiny_bundle: Path, photos: Path) -> None:
    evaluate([photos], out=Path("report"), model=str(tiny_bundle))
    done = CliRunner().invoke(main, ["classify", "--model", str(tiny_bundle), "photos", "--format", "json"])
    classified = [json.loads(line) for line in done.stdout.splitlines()]
    rows = table("predictions.csv")
    assert [row["image"] for row in rows] == [entry["image"] for entry in classified]
    for row, entry in zip(rows, classified, strict=True):
        for place, label in enumerate(entry.get("subclasses", []), start=1):
            assert row[f"predicted_{place}_id"] == label["id"]
            assert float(row[f"predicted_{place}_probability"]) == label["probability"]
        assert row["answer"] == (entry.get("answer") or {"id": ""})["id"]
        assert row["failure"] == entry.get("failure", "")


def test_many_pictures_in_several_batches_are_each_in_their_row(
    tiny_bundle: Path, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = {"Ruby": "corundum/ruby", "Aquamarine": "beryl/aquamarine", "Quartz": "quartz"}
    for name, label in names.items():
        for number in range(3):
            put(f"photos/{name}/{number}.png", label)
    Path("photos/Aquamarine/1.png").write_bytes(b"")
    whole = evaluate([Path("photos")], out=Path("report"), model=str(tiny_bundle))
    monkeypatch.setattr(Bundle, "results", partialmethod(Bundle.results, batch_size=2))
    pieces = evaluate([Path("photos")], out=Path("report"), model=str(tiny_bundle))
    assert [str(result) for result in whole.results] == [str(result) for result in pieces.results]
    assert whole.figures.right.tolist() == pieces.figures.right.tolist() == [True, False, True, *[True] * 6]


def test_a_higher_precision_refuses_and_hides_no_ranking(tiny_bundle: Path, put: Put, paint_stone: Paint) -> None:
    mixed = (paint_stone("corundum/ruby") // 2 + paint_stone("beryl/emerald") // 2).astype(np.uint8)
    path = put("photos/Ruby/mixed.png", "corundum/ruby")
    cv2.imwrite(str(path), cv2.cvtColor(mixed, cv2.COLOR_RGB2BGR))
    result = run(tiny_bundle, "photos", "--report", "report", "--target-precision", "0.999")
    assert result.exit_code == 0
    report = report_json()
    assert (report["refused"], report["answers"]["answered"], report["answers"]["precision"]) == (1, 0, None)
    (row,) = table("predictions.csv")
    assert row["refused"].startswith("no family reached 0.999")
    assert row["predicted_1_id"]
    assert report["top5"] == 1


def test_where_no_gem_stands_out_the_answer_is_refused_and_the_ranking_counts(
    tiny_bundle: Path, put: Put, paint_stone: Paint
) -> None:
    put("photos/Ruby/1.png", "corundum/ruby")
    path = put("photos/Ruby/2.png", "corundum/ruby")
    cv2.imwrite(str(path), np.full((90, 120, 3), (50, 20, 190), np.uint8))
    assert run(tiny_bundle, "photos", "--report", "report").exit_code == 0
    report = report_json()
    assert (report["refused"], report["answers"]["answered"], report["top1"]) == (1, 0.5, 1)
    answered, plain = table("predictions.csv")
    assert (answered["answer"], plain["answer"]) == ("corundum/ruby", "")
    assert plain["refused"] == "no gem stands out: the highest score is 0.000, and a gem has at least 0.500"
    assert plain["predicted_1_id"] == "corundum/ruby"


def test_the_terminal_shows_the_figures_the_sentence_and_the_page(tiny_bundle: Path, photos: Path) -> None:
    result = run(tiny_bundle, "photos", "--report", "report")
    lines = result.stdout.splitlines()
    assert lines[0] == "tiny-1 on 6 pictures of photos, 5 of them of its labels:"
    strategies = {line.split()[0]: line for line in lines[2:6]}
    assert list(strategies) == list(STRATEGIES)
    assert strategies["fused"].split()[1:4] == ["60.0%", "[23.1%,", "88.2%]"]
    assert strategies["fused"].endswith("  decides")
    assert lines[6] == report_json()["comparison"]
    assert lines[7].startswith("At a precision of 90% it answers 80.0%, and 75.0% of the answers are right.")
    assert any(line.startswith("1 could not be read and counts as wrong: photos") for line in lines)
    assert "Class names that the taxonomy does not know, counted as wrong families only: Wobblite (1)" in lines
    assert lines[-1] == f"Report: {Path('report', 'report.html')}"


# What is taken


def test_a_split_folder_gives_the_asked_split(tiny_bundle: Path, put: Put) -> None:
    put("photos/train/Ruby/1.png", "corundum/ruby")
    put("photos/test/Ruby/2.png", "corundum/ruby")
    put("photos/Ruby/3.png", "corundum/ruby")
    put("more/Quartz/4.png", "quartz")
    model = str(tiny_bundle)
    found = evaluate([Path("photos"), Path("more")], out=Path("report"), model=model)
    assert images(found) == ["photos/test/Ruby/2.png", "more/Quartz/4.png"]
    assert found.labelled.sources == ("photos", "more")
    found = evaluate([Path("photos")], out=Path("report"), model=model, split="train")
    assert images(found) == ["photos/train/Ruby/1.png"]
    with pytest.raises(
        DataError, match=r"photos: no picture is in the split validation. It has: test 1, train 1. Choose"
    ):
        evaluate([Path("photos")], out=Path("report"), model=model, split="validation")


def test_views_of_one_stone_are_one_group(tiny_bundle: Path, put: Put) -> None:
    for view in (1, 2):
        put(f"photos/Ruby/gp77-{view}.png", "corundum/ruby")
    put("photos/Quartz/1.png", "quartz")
    found = evaluate([Path("photos")], out=Path("report"), model=str(tiny_bundle))
    groups = [image.group for image in found.labelled.images]
    assert groups[1] == groups[2] != groups[0]
    assert found.evaluation.grouped


def data_folder(folder: Path, taxonomy: Taxonomy, images: dict[Path, tuple[str, str]]) -> Path:
    """A prepared data set of pictures, each with its label and split."""
    rows = tuple(
        Row(
            image=str(path.absolute()),
            x=0,
            y=0,
            side=10,
            score=0.9,
            label_given=label,
            label=label,
            stone="",
            group=f"g{number}",
            split=split,
            sha256="0" * 64,
            width=128,
            height=96,
            source="shop",
        )
        for number, (path, (label, split)) in enumerate(images.items())
    )
    info = DataInfo(config={}, sources=(SourceFolder("shop", "/shop"),))
    write_manifest(Manifest(folder, rows, taxonomy, info), b"a finder that evaluating does not use")
    return folder


def test_a_data_folder_gives_its_split_with_stones_found_again(
    tiny_bundle: Path, put: Put, tiny_taxonomy: Taxonomy
) -> None:
    stones = {
        put("a.png", "corundum/ruby"): ("corundum/ruby", "test"),
        put("b.png", "quartz"): ("quartz", "train"),
        put("c.png", "beryl/emerald"): ("beryl", "test"),
    }
    data = data_folder(Path("data"), tiny_taxonomy, stones)
    put("photos/Quartz/1.png", "quartz")
    found = evaluate([data, Path("photos")], out=Path("report"), model=str(tiny_bundle))
    assert [Path(image).name for image in images(found)] == ["a.png", "c.png", "1.png"]
    assert [image.group for image in found.labelled.images][:2] == ["g0", "g2"]
    # Beryl is a family that this model cannot give as a label.
    assert found.to_dict()["labels_beyond_model"] == [{"id": "beryl", "pictures": 1}]
    assert (found.evaluation.n_unknown, found.figures.top1.value, found.figures.family_top1.value) == (1, 1, 1)
    with pytest.raises(DataError, match=r"data: no picture is in the split leaking. It has: train 1, test 2. Choose"):
        evaluate([data], out=Path("report"), model=str(tiny_bundle), split="leaking")
    Path("a.png").unlink()
    with pytest.raises(DataError, match="1 of 2 pictures are missing"):
        evaluate([data], out=Path("report"), model=str(tiny_bundle))


def test_a_label_that_only_the_data_folder_knows_is_unknown(
    tiny_bundle: Path, put: Put, tiny_taxonomy: Taxonomy
) -> None:
    from gemhier.hierarchy.node import Node

    wider = Taxonomy.from_nodes([*tiny_taxonomy.nodes.values(), Node("topaz", "Topaz", "family")])
    images = {
        put("a.png", "corundum/ruby"): ("corundum/ruby", "test"),
        put("b.png", "quartz"): ("topaz", "test"),
    }
    found = evaluate([data_folder(Path("data"), wider, images)], out=Path("report"), model=str(tiny_bundle))
    assert [(label.name, label.pictures) for label in found.labelled.unknown] == [("topaz", 1)]
    assert found.evaluation.n_unknown == 1


def test_excluded_classes_are_left_out_and_named(tiny_bundle: Path, put: Put, tiny_taxonomy: Taxonomy) -> None:
    from gemhier.hierarchy.node import Node

    put("photos/Navratna/1.png", "quartz")
    put("photos/Quartz/1.png", "quartz")
    node = Node("navratna", "Navratna", "family", excluded="nine stones")
    taxonomy = Taxonomy.from_nodes([*tiny_taxonomy.nodes.values(), node])
    found = find_labelled([Path("photos")], "test", taxonomy)
    assert [image.label for image in found.images] == ["quartz"]
    assert [(label.name, label.pictures, label.reason) for label in found.excluded] == [("Navratna", 1, "nine stones")]
    report = evaluate_bundle(load_bundle(tiny_bundle), found, split="test").to_dict()
    assert report["excluded_labels"] == [{"name": "Navratna", "pictures": 1, "reason": "nine stones"}]
    shutil.rmtree("photos/Quartz")
    with pytest.raises(DataError, match=r"\(1 tried\). Its classes are all excluded"):
        find_labelled([Path("photos")], "test", taxonomy)


def test_a_run_is_found_by_the_tracking(tiny_bundle: Path, photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def find_bundle(name: str, tracking: str | None) -> Path:
        asked.append((name, tracking))
        return tiny_bundle

    monkeypatch.setattr("gemhier.pipeline.tracking.finding.find_bundle", find_bundle)
    result = run(Path("latest"), "photos", "--report", "report", "--tracking", "runs", "--no-record")
    assert (result.exit_code, asked) == (0, [("latest", "runs")])


def test_the_environment_names_the_model(tiny_bundle: Path, photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEMHIER_MODEL", str(tiny_bundle))
    result = CliRunner().invoke(main, ["evaluate", "photos", "--report", "report"])
    assert result.exit_code == 0
    assert report_json()["model_version"] == "tiny-1"


def test_the_splits_are_those_of_a_manifest() -> None:
    command = main.commands["evaluate"]
    (choice,) = (option.type for option in command.params if option.name == "split")
    assert isinstance(choice, click.Choice)
    assert tuple(choice.choices) == SPLITS
    assert set(SPLIT_OF.values()) <= set(SPLITS)


# What goes wrong


def one_line(result: Result) -> str:
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.count("\n") == 1
    return result.stderr


def test_a_folder_without_pictures(tiny_bundle: Path, put: Put) -> None:
    Path("photos/Ruby").mkdir(parents=True)
    assert "photos: no pictures in it" in one_line(run(tiny_bundle, "photos", "--report", "report"))
    assert "nowhere: no such folder" in one_line(run(tiny_bundle, "nowhere", "--report", "report"))
    assert not Path("report").exists()


def test_only_unknown_classes(tiny_bundle: Path, put: Put) -> None:
    put("photos/Wobblite/1.png", "quartz")
    error = one_line(run(tiny_bundle, "photos", "--report", "report"))
    assert "No picture has a class that the model's taxonomy can name (1 tried). No gem is called 'Wobblite'" in error
    assert not Path("report").exists()


@pytest.mark.parametrize(
    ("model", "words"), [("models/none", "no such bundle"), ("photos", "not a bundle"), ("a.txt", "a file, not")]
)
def test_a_missing_bundle(photos: Path, model: str, words: str) -> None:
    Path("a.txt").touch()
    assert words in one_line(run(Path(model), "photos", "--report", "report"))


def test_only_failures_still_make_a_report(tiny_bundle: Path, put: Put) -> None:
    put("photos/Ruby/1.png", "quartz").write_bytes(b"no picture")
    assert run(tiny_bundle, "photos", "--report", "report").exit_code == 0
    report = report_json()
    assert (report["n"], report["failures"], report["top1"], report["family_top1"]) == (1, 1, 0, 0)
    assert (report["ece"], report["ece_low"]) == (None, None)


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("photos",),
        ("photos", "--report", "report", "--split", "all"),
        ("photos", "--report", "report", "--target-precision", "1"),
    ],
    ids=" ".join,
)
def test_bad_usage_ends_with_2(tiny_bundle: Path, photos: Path, arguments: tuple[str, ...]) -> None:
    result = run(tiny_bundle, *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert not Path("report").exists()


def test_something_else_in_the_report_folder_is_found_before_the_work(
    tiny_bundle: Path, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def classify(*_: object) -> None:
        raise AssertionError("too early")

    monkeypatch.setattr(step, "evaluate_bundle", classify)
    Path("file").touch()
    for folder, words in (
        ("photos", "photos: holds something other than a report"),
        (str(tiny_bundle), "holds something other than a report"),
        ("file", "file: cannot be a folder"),
    ):
        assert words in one_line(run(tiny_bundle, "photos", "--report", folder))


def test_a_read_only_place(tiny_bundle: Path, photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Permissions do not bind every user who runs the tests.
    monkeypatch.setattr(os, "access", lambda _, mode: not mode & os.W_OK)
    assert "cannot be written to. Choose another folder" in one_line(run(tiny_bundle, "photos", "--report", "report"))


def test_an_interruption_leaves_the_earlier_report(
    tiny_bundle: Path, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(self: Bundle, *_: object, **__: object) -> Iterator[Prediction | Failure]:
        raise KeyboardInterrupt

    run(tiny_bundle, "photos", "--report", "report")
    earlier = report_json()
    monkeypatch.setattr(Bundle, "results", interrupted)
    result = run(tiny_bundle, "photos", "--report", "report")
    assert (result.exit_code, result.stderr) == (INTERRUPTED, "Interrupted.\n")
    assert report_json() == earlier
    assert sorted(path.name for path in Path.cwd().iterdir()) == ["photos", "report"]


def test_a_rename_that_fails_puts_the_earlier_report_back(
    tiny_bundle: Path, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(tiny_bundle, "photos", "--report", "report")
    earlier = report_json()
    rename = Path.rename

    def full(self: Path, target: Path) -> Path:
        if self.name.endswith(".part"):
            raise OSError(28, "No space left on device")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", full)
    with pytest.raises(OutputError, match=r"report: cannot be written \(No space left on device\)"):
        evaluate([photos], out=Path("report"), model=str(tiny_bundle))
    assert report_json() == earlier
    assert sorted(path.name for path in Path.cwd().iterdir()) == ["photos", "report"]


def test_evaluating_needs_no_training_library() -> None:
    script = (
        "import sys, gemhier.pipeline.evaluate, gemhier.pipeline.reports.summary\n"
        "print(*{name.partition('.')[0] for name in sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert not {"tensorflow", "keras", "mlflow", "sklearn", "matplotlib", "pandas"} & set(done.stdout.split())
