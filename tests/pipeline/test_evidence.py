"""Readings beside pictures: `classify`, `identify` and `evaluate` with evidence."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import pytest
from click.testing import CliRunner, Result

from gemhier.arrays import Bytes
from gemhier.cli import main

Paint = Callable[[str], Bytes]


@pytest.fixture
def stones(tmp_path: Path, paint_stone: Paint, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Class folders with two rubies and an emerald; the folder above is the current one."""
    for place, label in (
        ("Ruby/1.png", "corundum/ruby"),
        ("Ruby/2.png", "corundum/ruby"),
        ("Emerald/3.png", "beryl/emerald"),
    ):
        path = tmp_path / "stones" / place
        path.parent.mkdir(parents=True, exist_ok=True)
        assert cv2.imwrite(str(path), cv2.cvtColor(paint_stone(label), cv2.COLOR_RGB2BGR))
    monkeypatch.chdir(tmp_path)
    return Path("stones")


def run(model: Path, command: str, *arguments: str) -> Result:
    return CliRunner().invoke(main, [command, "--model", str(model), *arguments])


def objects(result: Result) -> list[dict[str, Any]]:
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def first_label(record: dict[str, Any]) -> str:
    return str(record["subclasses"][0]["id"])


def test_a_reading_can_turn_the_answer_of_a_picture(tiny_bundle: Path, stones: Path) -> None:
    (alone,) = objects(run(tiny_bundle, "classify", "stones/Ruby/1.png", "--format", "json"))
    (measured,) = objects(
        run(tiny_bundle, "classify", "stones/Ruby/1.png", "--format", "json", "--ri", "1.577-1.583", "--sg", "2.72")
    )
    assert first_label(alone) == "corundum/ruby"
    assert measured["families"][0]["id"] == "beryl"
    assert [entry["reading"] for entry in measured["evidence"]] == ["ri", "sg"]
    assert measured["evidence"][0]["given"] == "1.577-1.583"
    assert measured["evidence"][0]["probability_wrong"] < 0.2
    assert measured["others"]
    total = sum(entry["probability"] for entry in measured["subclasses"] + measured["others"])
    assert total <= 1 + 1e-5


def test_without_evidence_nothing_is_new(tiny_bundle: Path, stones: Path) -> None:
    plain = run(tiny_bundle, "classify", "stones", "--format", "json")
    same = run(tiny_bundle, "classify", "stones", "--format", "json", "--prior", "uniform")
    assert plain.stdout == same.stdout
    assert not {"evidence", "others", "next_tests", "look_alikes"} & set(objects(plain)[0])


def test_explain_says_what_to_measure_without_a_reading(tiny_bundle: Path, stones: Path) -> None:
    (plain,) = objects(run(tiny_bundle, "classify", "stones/Ruby/1.png", "--format", "json"))
    (explained,) = objects(run(tiny_bundle, "classify", "stones/Ruby/1.png", "--format", "json", "--explain"))
    assert {key: explained[key] for key in plain} == plain
    assert explained["look_alikes"][0]["difference"]
    assert explained["others"] == explained["evidence"] == []
    shown = run(tiny_bundle, "classify", "stones/Ruby/1.png", "--explain").stdout
    assert "  look-alikes\n    Red Spinel: " in shown


def test_text_says_what_each_reading_did_and_what_to_measure(tiny_bundle: Path, stones: Path) -> None:
    shown = run(tiny_bundle, "classify", "stones/Ruby/1.png", "--sg", "4.00").stdout
    assert "  evidence\n    Specific gravity 4.00 fits corundum" in shown


def test_csv_has_columns_for_it(tiny_bundle: Path, stones: Path) -> None:
    result = run(tiny_bundle, "classify", "stones/Ruby/1.png", "--format", "csv", "--ri", "1.634-1.638", "--sg", "3.18")
    (row,) = csv.DictReader(io.StringIO(result.stdout))
    assert row["other_id"] == "apatite"
    assert row["evidence"].startswith("refractive index 1.634-1.638 fits apatite")
    assert row["next_test"] == "" or row["next_test"].endswith(".")


def test_readings_are_of_one_stone(tiny_bundle: Path, stones: Path) -> None:
    result = run(tiny_bundle, "classify", "stones", "--sg", "4.00")
    assert result.exit_code == 1
    assert result.stderr == (
        "Error: A reading holds for one stone, and there are several pictures. Add --same-stone if they show "
        "one stone, or give the readings of each in a file with --evidence.\n"
    )
    assert "--all-stones" in run(tiny_bundle, "classify", "stones/Ruby/1.png", "--all-stones", "--sg", "4").stderr
    together = run(
        tiny_bundle,
        "classify",
        "stones/Ruby",
        "--same-stone",
        "--sg",
        "2.72",
        "--ri",
        "1.577-1.583",
        "--format",
        "json",
    )
    assert objects(together)[0]["families"][0]["id"] == "beryl"


def test_a_prior_and_a_restriction_hold_for_all_pictures(tiny_bundle: Path, stones: Path) -> None:
    result = run(tiny_bundle, "classify", "stones", "--format", "json", "--without", "ruby", "--prior", "trade")
    for record in objects(result):
        assert first_label(record) != "corundum/ruby"
        assert record["evidence"] == []
        assert record["others"] == []


def test_a_file_gives_each_picture_its_readings(tiny_bundle: Path, stones: Path) -> None:
    Path("readings.csv").write_text("image,ri,sg\n1.png,1.577-1.583,2.72\nEmerald/3.png,,4.00\n", encoding="utf-8")
    emerald, turned, plain = objects(
        run(tiny_bundle, "classify", "stones", "--format", "json", "--evidence", "readings.csv")
    )
    assert turned["image"].endswith("1.png")
    assert turned["families"][0]["id"] == "beryl"
    assert [entry["reading"] for entry in emerald["evidence"]] == ["sg"]
    assert plain["evidence"] == []
    assert first_label(plain) == "corundum/ruby"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("image,colour\n1.png,red\n", "line 1: the column 'colour' is not known. Choose of image, ri, birefringence"),
        ("ri\n1.5\n", "line 1: there is no column image"),
        ("image,ri,ri\n1.png,1.5,1.5\n", "line 1: a column stands there twice"),
        ("image,ri\n9.png,1.5\n", "line 2: 9.png is not among the pictures"),
        ("image,ri\n1.png,1.5\n1.png,1.6\n", "line 3: a second row for "),
        ("image,ri\n,1.5\n", "line 2: no picture is named"),
        ('image,sg\n1.png,"4,0"\n', "line 2: specific gravity '4,0': write a point for the comma, 4.0."),
        ("image,ri\n1.png,1.5,1.6\n", "line 2: there are more cells than columns"),
    ],
)
def test_a_file_that_does_not_fit_names_the_line(content: str, message: str, tiny_bundle: Path, stones: Path) -> None:
    Path("readings.csv").write_text(content, encoding="utf-8")
    result = run(tiny_bundle, "classify", "stones", "--evidence", "readings.csv")
    assert result.exit_code == 1
    assert result.stderr.startswith(f"Error: readings.csv, {message}")
    assert result.stderr.count("\n") == 1


def test_a_name_that_a_table_guards_is_known_again(tiny_bundle: Path, stones: Path) -> None:
    Path("stones/Ruby/=1.png").write_bytes(Path("stones/Ruby/1.png").read_bytes())
    Path("readings.csv").write_text("image,sg\n'=1.png,2.72\n", encoding="utf-8")
    records = objects(run(tiny_bundle, "classify", "stones", "--format", "json", "--evidence", "readings.csv"))
    read = [record["image"] for record in records if record["evidence"]]
    assert [Path(image).name for image in read] == ["=1.png"]


def test_a_name_that_means_several_pictures_is_refused(tiny_bundle: Path, stones: Path) -> None:
    Path("stones/Emerald/1.png").write_bytes(Path("stones/Ruby/1.png").read_bytes())
    Path("readings.csv").write_text("image,sg\n1.png,4\n", encoding="utf-8")
    result = run(tiny_bundle, "classify", "stones", "--evidence", "readings.csv")
    assert "1.png can mean stones/Emerald/1.png or stones/Ruby/1.png. Write more of it." in result.stderr


def test_readings_given_and_in_a_file_are_refused(tiny_bundle: Path, stones: Path) -> None:
    Path("readings.csv").write_text("image,sg\n1.png,4\n", encoding="utf-8")
    result = run(tiny_bundle, "classify", "stones/Ruby/1.png", "--sg", "4", "--evidence", "readings.csv")
    assert result.stderr == "Error: Readings are given and in a file. Put all of them into the file.\n"


# Without a picture


def test_identify_names_a_stone_from_readings(tiny_bundle: Path) -> None:
    (record,) = objects(run(tiny_bundle, "identify", "--ri", "1.544-1.553", "--sg", "2.65", "--format", "json"))
    assert record["answer"]["id"] == "quartz"
    assert record["decided_by"] == "evidence"
    assert "not promised" in record["caution"]
    assert "image" not in record
    (row,) = csv.DictReader(io.StringIO(run(tiny_bundle, "identify", "--sg", "2.65", "--format", "csv").stdout))
    assert row["caution"] == record["caution"]


def test_identify_says_what_would_tell_more(tiny_bundle: Path) -> None:
    shown = run(tiny_bundle, "identify", "--hardness", "8").stdout
    assert shown.startswith("Stone: ")
    assert "  next test\n" in shown
    assert "Refractive index: " in shown


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "There is nothing to go by."),
        (["--ri", "abc"], "refractive index 'abc' is not a number."),
        (["--ri", "1.5", "--ri", "1.6"], "--ri is given 2 times. Give one reading."),
        (["--ri", "1.5", "--ri-error", "-1"], "-1.0 is not between 0 and 1."),
    ],
)
def test_bad_readings_are_bad_usage(arguments: list[str], message: str, tiny_bundle: Path) -> None:
    result = run(tiny_bundle, "identify", *arguments)
    assert result.exit_code == 2
    assert message in result.stderr


# Measured


def test_evaluate_measures_with_evidence_and_says_so(tiny_bundle: Path, stones: Path, no_drawings: None) -> None:
    Path("readings.csv").write_text("image,ri\nRuby/1.png,1.577-1.583\n", encoding="utf-8")
    plain = run(tiny_bundle, "evaluate", "stones", "--report", "plain")
    assert plain.exit_code == 0, plain.output
    before = json.loads(Path("plain/report.json").read_text(encoding="utf-8"))
    assert before["top1"] == 1
    assert "evidence" not in before
    assert set(before["with_simulated_readings"]) == {"sg", "ri", "ri_sg"}
    assert before["with_simulated_readings"]["ri_sg"]["family_top1"] == 1
    result = run(
        tiny_bundle, "evaluate", "stones", "--report", "read", "--evidence", "readings.csv", "--without", "opal"
    )
    assert result.exit_code == 0, result.output
    after = json.loads(Path("read/report.json").read_text(encoding="utf-8"))
    assert after["top1"] == pytest.approx(2 / 3, abs=1e-5)
    assert after["evidence"] == {
        "prior": "uniform",
        "only": [],
        "without": ["opal"],
        "file": "readings.csv",
        "readings": {"ri": 1},
    }


# Facts


def test_gem_prints_what_is_known(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["gem", "Manik"])
    assert result.exit_code == 0
    assert result.stdout.startswith("Ruby (variety of corundum)\n")
    assert "  refractive index" in result.stdout
    glass = CliRunner().invoke(main, ["gem", "cubic zirconia", "--format", "json"])
    known = json.loads(glass.stdout)
    assert known["kind"] == "imitation"
    assert any("GIA Gem Reference Guide" in source for source in known["sources"])
    assert {"id", "difference"} <= set(known["confused_with"][0])
    unknown = CliRunner().invoke(main, ["gem", "wobblite"])
    assert unknown.exit_code == 1
    assert unknown.stderr.startswith("Error: No gem is called 'wobblite'")


def test_gems_lists_what_the_model_can_name(tiny_bundle: Path) -> None:
    shown = run(tiny_bundle, "gems").stdout
    assert "Corundum\n  Ruby *\n" in shown
    entries = objects(run(tiny_bundle, "gems", "--format", "json"))
    assert {"id": "corundum/ruby", "name": "Ruby", "rank": "variety", "label": True} in entries
