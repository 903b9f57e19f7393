"""`gemhier compare`: two models, or two reports, on the same pictures."""

import csv
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from gemhier.arrays import Bytes
from gemhier.cli import main
from gemhier.errors import DataError
from gemhier.hierarchy.intervals import mcnemar
from gemhier.models.bundle import load_bundle, write_bundle
from gemhier.models.bundle.files import NETWORK_FILE
from gemhier.pipeline.evaluation.model_comparison import CHANGES, MEASURES, Judged, Side, compare_sides, to_dict
from gemhier.pipeline.reports.comparison_tables import summary

Paint = Callable[[str], Bytes]


def judged(image: str, place: int | None, truth: str = "corundum/ruby", predicted: str = "", **others: Any) -> Judged:
    right = place == 1
    values = {
        "image": image,
        "source": "photos",
        "truth_given": truth,
        "truth": truth,
        "group": image,
        "predicted": predicted or (truth if right else "beryl/emerald"),
        "probability": 0.5,
        "place": place,
        "family_right": right,
    }
    return Judged(**(values | others))


def side(name: str, *images: Judged, by: str = "fused") -> Side:
    return Side(name, name, f"{name}-1", by, "test", ("photos",), images)


# The figures


def test_shortlists_are_compared_where_both_models_give_one_under_the_same_guarantee() -> None:
    def listed(image: str, right: bool | None, size: int | None) -> Judged:
        return judged(image, 1, shortlist_right=right, shortlist_size=size)

    one = replace(side("a", listed("1", True, 4), listed("2", True, 2), listed("3", None, None)), guarantee=0.95)
    other = replace(side("b", listed("1", False, 1), listed("2", True, 2), listed("3", True, 2)), guarantee=0.95)
    found = compare_sides(one, other)
    assert found.shortlists is not None
    assert (found.shortlists.n, found.shortlists.coverage.second.value) == (2, 0.5)
    values = to_dict(found)["shortlists"]
    assert (values["size"]["first"], values["size"]["second"], values["size"]["difference"]) == (3, 1.5, -1.5)
    assert any("Shortlists of 95%: 100.0% of A's and 50.0% of B's hold the label" in line for line in summary(found))
    assert compare_sides(one, replace(other, guarantee=0.9)).shortlists is None
    assert "shortlists" not in to_dict(compare_sides(side("a", judged("1", 1)), side("b", judged("1", 1))))


@given(st.lists(st.tuples(st.integers(1, 6), st.integers(1, 6), st.integers(0, 3)), min_size=1, max_size=12))
def test_each_picture_has_one_change_and_turning_the_models_round_turns_the_changes(
    places: list[tuple[int, int, int]],
) -> None:
    one = side("a", *(judged(f"{row}.jpg", first, group=str(group)) for row, (first, _, group) in enumerate(places)))
    other = side(
        "b", *(judged(f"{row}.jpg", second, group=str(group)) for row, (_, second, group) in enumerate(places))
    )
    forth, back = compare_sides(one, other), compare_sides(other, one)
    assert sum(forth.counts.values()) == len(places)
    turned = {"better": "worse", "worse": "better"}
    assert all(forth.counts[change] == back.counts[turned.get(change, change)] for change in CHANGES)
    test = mcnemar([first == 1 for first, _, _ in places], [second == 1 for _, second, _ in places])
    assert (forth.counts["worse"], forth.counts["better"]) == (test.first_only, test.second_only)
    found = forth.measures["top1"].comparison
    assert found.test.p_value == pytest.approx(back.measures["top1"].comparison.test.p_value)
    assert sum(row.gain for row in forth.classes) == forth.counts["better"] - forth.counts["worse"]
    for k, measure in ((1, "top1"), (3, "top3"), (5, "top5")):
        assert forth.measures[measure].second.value == pytest.approx(np.mean([place <= k for _, place, _ in places]))


def test_figures_and_classes_worked_out_by_hand() -> None:
    emerald = "beryl/emerald"
    one = side("a", judged("1", 1), judged("2", 4), judged("3", 2, emerald, "corundum/ruby"), judged("4", 1, emerald))
    other = side("b", judged("1", 1), judged("2", 1), judged("3", 1, emerald), judged("4", 3, emerald, "corundum/ruby"))
    found = compare_sides(one, other)
    assert dict(found.counts) == {"better": 2, "worse": 1, "same-right": 1, "same-wrong": 0}
    top1, top3 = found.measures["top1"], found.measures["top3"]
    assert (top1.first.value, top1.second.value, top1.comparison.difference.value) == (0.5, 0.75, 0.25)
    assert (top3.first.value, top3.second.value) == (0.75, 1)
    first, second = found.classes
    assert (first.label, first.pictures, first.better, first.worse, first.gain) == (emerald, 2, 1, 1, 0)
    assert (second.label, second.gain) == ("corundum/ruby", 1)
    # Of rubies: the first says it twice and is right once, the second three times and is right twice.
    assert (second.first_precision, second.second_precision) == (0.5, pytest.approx(2 / 3))
    assert found.moved(5) == ((second,), ())
    assert "b is ahead, but chance alone can explain it" in found.sentence


def test_pictures_of_one_stone_are_no_independent_evidence() -> None:
    def difference(group: Callable[[int], str]) -> Any:
        one = side("a", *(judged(str(row), 2, group=group(row)) for row in range(12)), judged("x", 1))
        other = side("b", *(judged(str(row), 1, group=group(row)) for row in range(12)), judged("x", 2))
        return compare_sides(one, other).measures["top1"].comparison

    alone, together = difference(str), difference(lambda row: "one stone")
    assert alone.real
    assert together.test == alone.test
    assert not together.real


def test_what_one_model_cannot_output_is_counted_and_not_compared() -> None:
    one = side("a", judged("1", 1), judged("2", None), judged("3", 1), judged("4", None), judged("5", 1))
    other = side("b", judged("1", 1), judged("2", 1), judged("3", None), judged("4", None), judged("6", 1))
    found = compare_sides(one, other)
    assert [pair.first.image for pair in found.pairs] == ["1"]
    assert to_dict(found)["left_out"] == {
        "only_first": 1,
        "only_second": 1,
        "unknown_to_first": 2,
        "unknown_to_second": 2,
        "unknown": 3,
    }
    lines = "\n".join(summary(found))
    assert "Not compared: 3 pictures of labels that A (2) or B (2) cannot output." in lines
    assert "1 pictures that only A was given, 1 that only B was given" in lines


def test_where_taxonomies_differ_each_model_is_held_to_its_own() -> None:
    one = side("a", judged("1", 1, truth_given="Ruby"), judged("2", 1))
    other = side("b", judged("1", 1, "gems/ruby", truth_given="Ruby"), judged("2", 1))
    found = compare_sides(one, other)
    assert (found.counts["same-right"], found.relabelled) == (2, 1)
    assert found.pairs[0].truth == "corundum/ruby | gems/ruby"
    assert "The taxonomies give 1 pictures another label" in summary(found)[-1]


def test_a_picture_that_is_listed_twice_is_two_pictures() -> None:
    one = side("a", judged("1", 1), judged("1", 2))
    found = compare_sides(one, side("b", judged("1", 2), judged("1", 2)))
    assert [pair.change for pair in found.pairs] == ["worse", "same-wrong"]


def test_models_of_one_name_are_told_apart() -> None:
    one = side("a", judged("1", 1))
    assert compare_sides(one, replace(one, decided_by="flat")).titles == ("a by fused", "a by flat")
    assert compare_sides(one, one).titles == ("a (first)", "a (second)")
    there = replace(one, name="june/a")
    assert compare_sides(one, there).titles == ("a", "june/a")
    assert compare_sides(one, replace(there, title="fused")).titles == ("a", "fused")


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (side("b", judged("elsewhere", 1)), "a and b have no picture in common"),
        (side("b", judged("1", None)), "No picture of photos shows what both a and b can name"),
    ],
)
def test_nothing_to_compare_is_one_line(other: Side, message: str) -> None:
    with pytest.raises(DataError, match=message):
        compare_sides(side("a", judged("1", 1)), other)


# The command


@pytest.fixture
def here(tmp_path: Path, paint_stone: Paint, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with four painted pictures, one of which no model can read."""
    monkeypatch.chdir(tmp_path)
    images = {
        "Ruby": ("corundum/ruby", "corundum/ruby"),
        "Aquamarine": ("beryl/aquamarine",),
        "Panna": ("beryl/emerald",),
    }
    for name, labels in images.items():
        for number, label in enumerate(labels):
            path = Path("photos", name, f"{number}.png")
            path.parent.mkdir(parents=True, exist_ok=True)
            assert cv2.imwrite(str(path), cv2.cvtColor(paint_stone(label), cv2.COLOR_RGB2BGR))
    Path("photos/Ruby/cut.png").write_bytes(b"cut")
    return tmp_path


@pytest.fixture
def swapped(tiny_bundle: Path, here: Path) -> Path:
    """A bundle that has two other labels in the place of aquamarine and ruby."""
    bundle = load_bundle(tiny_bundle)
    labels = list(bundle.info.labels)
    labels[0], labels[3] = "beryl/bixbite", "corundum/padparadscha"
    from gemhier.hierarchy.node import Node
    from gemhier.hierarchy.taxonomy import Taxonomy

    more = [Node("beryl/bixbite", "Bixbite", "variety"), Node("corundum/padparadscha", "Padparadscha", "variety")]
    write_bundle(
        here / "swapped",
        replace(bundle.info, labels=tuple(labels), model_version="swapped-1"),
        taxonomy=Taxonomy.from_nodes([*bundle.taxonomy.nodes.values(), *more]),
        network=(bundle.folder / NETWORK_FILE).read_bytes(),
        finder=bundle.finder.content,
        report={"n": 0},
        model_card="# Swapped\n",
    )
    return here / "swapped"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["compare", *map(str, arguments)])


def rows_of(path: str) -> list[dict[str, str]]:
    with Path(path).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_two_models_are_compared_picture_by_picture(tiny_bundle: Path, swapped: Path) -> None:
    result = run(tiny_bundle, swapped, "photos", "--report", "out")
    assert (result.exit_code, result.stderr) == (0, ""), result.output
    assert "On 1 picture of photos" in result.stdout
    assert "Not compared: 4 pictures of labels that A (0) or B (4) cannot output." in result.stdout
    content = json.loads(Path("out/compare.json").read_text())
    assert (content["format"], content["n"], set(content["measures"])) == ("gemhier-comparison", 1, set(MEASURES))
    assert content["first"]["model_version"] == "tiny-1"
    assert (content["first"]["title"], content["second"]["title"]) == (tiny_bundle.name, "swapped")
    text = Path("out/compare.html").read_text(encoding="utf-8")
    assert f"<h1>{tiny_bundle.name} against swapped</h1>" in text
    assert "tiny-1" not in text
    (row,) = rows_of("out/changes.csv")
    assert (row["truth"], row["first_predicted"], row["change"]) == ("beryl/emerald", "beryl/emerald", "same-right")
    assert run(tiny_bundle, swapped, "photos", "--report", "out").exit_code == 0


def test_the_reports_of_earlier_evaluations_say_the_same_as_classifying(promising_bundle: Path, here: Path) -> None:
    for folder, path in (("one", promising_bundle), ("two", here / "flat")):
        if folder == "two":
            bundle = load_bundle(promising_bundle)
            shutil.copytree(promising_bundle, path)
            info = json.loads((path / "bundle.json").read_text())
            info["strategy"] = "hard"
            (path / "bundle.json").write_text(json.dumps(info))
            assert load_bundle(path).info.strategy != bundle.info.strategy
        outcome = CliRunner().invoke(main, ["evaluate", "photos", "--model", str(path), "--report", folder])
        assert outcome.exit_code == 0, outcome.output
    reported = run("one", "two", "--report", "from-reports")
    assert reported.exit_code == 0, reported.output
    classified = run(f"{promising_bundle}@fused", f"{promising_bundle}@hard", "photos", "--report", "from-pictures")
    assert classified.exit_code == 0, classified.output
    assert Path("from-reports/changes.csv").read_text() == Path("from-pictures/changes.csv").read_text()
    one, other = (json.loads(Path(name, "compare.json").read_text()) for name in ("from-reports", "from-pictures"))
    for content in (one, other):
        del content["sentence"]
        for model in (content["first"], content["second"]):
            del model["name"], model["title"]
    assert one == other
    assert one["shortlists"]["guarantee"] == 0.95
    assert "Shortlists of 95%" in reported.stdout
    assert "Shortlists of 95%" in Path("from-reports/compare.html").read_text()
    assert [row["first_predicted"] for row in rows_of("from-reports/changes.csv")].count("") == 1


def test_the_page_shows_what_changed_and_runs_nothing_from_a_file_name(
    tiny_bundle: Path, here: Path, paint_stone: Paint
) -> None:
    from gemhier.pipeline.reports.html.comparison import page

    cut, seen = str(here / "<script>.png"), str(here / "photos" / "Ruby" / "0.png")
    one = side("a<b", judged(seen, 1), judged(cut, 1))
    other = side("b", judged(seen, 2), judged(cut, 2, predicted="", probability=None))
    text = page(compare_sides(one, other))
    assert text.count('<img src="data:image/webp') == 1
    assert "&lt;script&gt;.png" in text
    assert "<script>.png" not in text
    assert "a&lt;b against b" in text
    assert text.count('<td class="bad">worse</td>') == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["shipped", "shipped"], "shipped: not a report. Name the pictures"),
        (["report", "report", "photos"], "report: a report, made on pictures of its own. Leave out photos"),
        (
            ["emptied", "old"],
            "emptied/predictions.csv: cannot be read (No such file or directory). Run `gemhier evaluate`",
        ),
        (["old", "old"], "has no column group, as older reports have none. Run `gemhier evaluate` again"),
        (["shipped", "nothing/here", "photos"], "nothing/here: no such bundle"),
        (["shipped", "shipped@best", "photos"], "@best is no strategy. Use @flat, @hard, @soft, @fused"),
    ],
)
def test_what_cannot_be_compared_is_one_line(arguments: list[str], message: str, here: Path) -> None:
    for folder in ("report", "old", "emptied"):
        Path(folder).mkdir()
        Path(folder, "report.json").write_text(json.dumps({"format": "gemhier-report"}))
    header = "image,source,truth,truth_given,predicted_1_id,predicted_1_probability,family_right,failure,place"
    Path("old/predictions.csv").write_text(header + "\n")
    result = run(*arguments)
    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()
    assert message in line


def test_a_second_model_that_is_missing_is_told_before_pictures_are_classified(
    tiny_bundle: Path, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gemhier.pipeline.compare.evaluate_bundle", lambda *_, **__: pytest.fail("classified"))
    result = run(str(tiny_bundle), "nothing/here", "photos")
    assert result.exit_code == 1
    assert "nothing/here: no such bundle" in result.stderr


def test_a_folder_of_something_else_is_not_replaced(tiny_bundle: Path, here: Path) -> None:
    result = run(tiny_bundle, tiny_bundle, "photos", "--report", "photos")
    assert result.exit_code == 1
    assert "photos: holds something other than a comparison" in result.stderr
    assert Path("photos/Ruby/0.png").exists()
