"""`gemhier classify`: what it finds, what it writes, and how it ends."""

import csv
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from gemhier.arrays import Bytes
from gemhier.cli import INTERRUPTED, main
from gemhier.errors import OutputError
from gemhier.models.bundle import Bundle
from gemhier.models.bundle.predictions import Prediction
from gemhier.models.images.stones import Failure
from gemhier.pipeline import classify
from gemhier.pipeline.classify import Outcome, classify_paths, find_images

Paint = Callable[[str], Bytes]
ROOT = Path(__file__).parents[2]


@pytest.fixture
def stones(tmp_path: Path, paint_stone: Paint, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a ruby, a quartz, a sapphire deeper down, and what is no picture; it is the current one's child."""
    folder = tmp_path / "work" / "stones"
    for name, label in (
        ("a-ruby.png", "corundum/ruby"),
        ("b-quartz.jpg", "quartz"),
        ("deeper/sapphire.PNG", "corundum/sapphire"),
    ):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(path), cv2.cvtColor(paint_stone(label), cv2.COLOR_RGB2BGR))
    (folder / "readme.txt").write_text("three stones")
    monkeypatch.chdir(folder.parent)
    return folder


def run(model: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["classify", "--model", str(model), *arguments])


def records(result: Result) -> list[dict[str, object]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


# Shortlists


def test_a_guarantee_gives_shortlists_in_every_layout(promising_bundle: Path, stones: Path) -> None:
    text = run(promising_bundle, "stones/a-ruby.png", "--guarantee", "0.95")
    assert "\n  95% sure to be " in text.stdout
    (line,) = records(run(promising_bundle, "stones/a-ruby.png", "--guarantee", "0.95", "--format", "json"))
    assert isinstance(line["shortlist"], dict)
    assert line["shortlist"]["guarantee"] == 0.95
    assert "corundum/ruby" in [label for node in line["shortlist"]["nodes"] for label in node["labels"]]
    written = run(promising_bundle, "stones", "--guarantee", "0.95", "--output", "out.parquet")
    assert written.exit_code == 0, written.output
    labels = pq.read_table("out.parquet").column("shortlist_labels").to_pylist()
    assert "corundum/ruby" in json.loads(labels[0])
    assert len(labels) == 3


def test_a_model_without_shortlists_says_so_in_one_line_and_writes_nothing(tiny_bundle: Path, stones: Path) -> None:
    result = run(tiny_bundle, "stones", "--guarantee", "0.95", "--output", "out.csv")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "tiny-1: this model promises no shortlist." in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert not list(Path().glob("out*"))
    assert run(tiny_bundle, "stones", "--guarantee", "nan").exit_code == 2


def test_a_stone_without_a_picture_has_a_shortlist_too(promising_bundle: Path) -> None:
    command = ["identify", "--model", str(promising_bundle), "--ri", "1.762-1.770", "--guarantee", "0.95"]
    assert "95% sure to be one of: corundum (all)" in CliRunner().invoke(main, command).stdout


def test_corrections_go_into_decisions_beside_them(tiny_bundle: Path, stones: Path) -> None:
    Path("wrong.csv").write_text("file,label\na-ruby.png,Sapphire\n")
    result = run(tiny_bundle, "stones", "--correct", "wrong.csv")
    assert result.exit_code == 0
    assert "decisions.csv: 1 added. `gemhier prepare --decisions decisions.csv` applies them." in result.stderr
    (row,) = csv.DictReader(io.StringIO(Path("decisions.csv").read_text()))
    assert (row["label"], Path(row["image"])) == ("corundum/sapphire", stones.resolve() / "a-ruby.png")
    Path("wrong.csv").write_text("file,label\na-ruby.png,Wobblite\n")
    result = run(tiny_bundle, "stones", "--correct", "wrong.csv", "--output", "out.csv")
    assert (result.exit_code, Path("out.csv").exists()) == (1, False)


# What is found


def found(*paths: str) -> list[str | Failure]:
    return [path if isinstance(path, Failure) else path.replace(os.sep, "/") for path in find_images(paths)]


def test_folders_are_read_in_order_and_files_are_taken_as_they_are(stones: Path) -> None:
    assert found("stones") == ["stones/a-ruby.png", "stones/b-quartz.jpg", "stones/deeper/sapphire.PNG"]
    assert found("./stones/readme.txt", "missing.jpg") == ["./stones/readme.txt", "missing.jpg"]
    assert found("stones/b-quartz.jpg", "stones/b-quartz.jpg") == ["stones/b-quartz.jpg"] * 2


def test_patterns_that_the_shell_left_are_expanded(stones: Path) -> None:
    assert found("stones/*.jpg") == ["stones/b-quartz.jpg"]
    assert found("stones/**/*.[pP]*") == ["stones/a-ruby.png", "stones/deeper/sapphire.PNG"]
    assert found("st*") == found("stones")
    assert found(str(stones / "?-ruby.*")) == [(stones / "a-ruby.png").as_posix()]


def test_a_file_whose_name_looks_like_a_pattern_is_a_file(stones: Path) -> None:
    (stones / "a-ruby.png").rename("ruby [1].png")
    assert found("ruby [1].png") == ["ruby [1].png"]


def test_what_leads_to_no_picture_is_a_failure_in_its_place(stones: Path) -> None:
    Path("empty").mkdir()
    empty_path, empty_folder, ruby, pattern = found("", "empty", "stones/a-ruby.png", "*.gif")
    assert ruby == "stones/a-ruby.png"
    for failure, path, reason in (
        (empty_path, "", "an empty path"),
        (empty_folder, "empty", "a folder without pictures"),
        (pattern, "*.gif", "no file fits this pattern"),
    ):
        assert isinstance(failure, Failure)
        assert failure.image == path
        assert failure.reason.startswith(reason)


@pytest.mark.parametrize("path", ["x" * 5000, "a\0b"], ids=["very long", "zero byte"])
def test_a_path_that_no_file_can_have_is_a_failure(tiny_bundle: Path, stones: Path, path: str) -> None:
    outcome = classify_paths([path], model=tiny_bundle, output=Path("out.txt"))
    assert outcome == Outcome(images=1, failed=1)


# What is written


def test_json_has_one_record_a_picture_in_order(tiny_bundle: Path, stones: Path) -> None:
    result = run(tiny_bundle, "stones", "--format", "json", "--top", "2")
    assert result.exit_code == 0
    assert result.stderr == ""
    images = [record["image"] for record in records(result)]
    assert images == [str(Path("stones", name)) for name in ("a-ruby.png", "b-quartz.jpg", "deeper/sapphire.PNG")]
    for record, best in zip(records(result), ("corundum/ruby", "quartz", "corundum/sapphire"), strict=True):
        assert sorted(record) == ["answer", "decided_by", "families", "image", "model_version", "subclasses"]
        assert sorted(record["answer"]) == ["id", "name", "probability", "rank"]  # type: ignore[call-overload]
        subclasses = record["subclasses"]
        assert isinstance(subclasses, list)
        assert subclasses[0]["id"] == best
        assert len(subclasses) == 2


def test_text_has_the_same_columns_for_every_picture(tiny_bundle: Path, stones: Path) -> None:
    result = run(tiny_bundle, "stones")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert [line for line in lines if line and not line.startswith(" ")] == [
        f"{Path('stones/a-ruby.png')}: Ruby (variety of corundum) 1.00",
        f"{Path('stones/b-quartz.jpg')}: Quartz (family) 1.00",
        f"{Path('stones/deeper/sapphire.PNG')}: Sapphire (variety of corundum) 1.00",
    ]
    rows = [line for line in lines if line.startswith("    ")]
    assert len(rows) == 3 * (3 + 5)
    assert {line.index(".") for line in rows} == {4 + len("Colombian Emerald") + 3}
    assert "\x1b" not in result.stdout


def test_csv_goes_to_a_file_that_is_whole(tiny_bundle: Path, stones: Path) -> None:
    result = run(tiny_bundle, "stones", "missing.png", "--format", "csv", "--output", "out.csv", "--top", "100")
    assert result.exit_code == 1
    assert (result.stdout, result.stderr) == ("", "1 of 4 pictures failed.\n")
    rows = list(csv.DictReader(io.StringIO(Path("out.csv").read_text())))
    assert [row["subclass_1_id"] for row in rows] == ["corundum/ruby", "quartz", "corundum/sapphire", ""]
    assert rows[3]["failure"] == "no such file. Check the path."
    assert [name for name in rows[0] if name.startswith("family_")][-1] == "family_3_probability"
    assert [name for name in rows[0] if name.startswith("subclass_")][-1] == "subclass_6_probability"


def test_bad_pictures_fail_in_their_places_and_the_others_are_answered(tiny_bundle: Path, stones: Path) -> None:
    (stones / "cut.png").write_bytes((stones / "a-ruby.png").read_bytes()[:60])
    (stones / "empty.jpg").write_bytes(b"")
    (stones / "text.jpg").write_text("a text")
    Path("nothing").mkdir()
    names = ["missing.png", "stones/a-ruby.png", "nothing", "stones/cut.png", "stones/b-quartz.jpg", "stones/empty.jpg"]
    result = run(tiny_bundle, *names, "stones/text.jpg", "*.tiff", "--format", "json")
    assert result.exit_code == 1
    assert [record["image"] for record in records(result)] == [*names, "stones/text.jpg", "*.tiff"]
    failed = {record["image"]: record["failure"] for record in records(result) if "failure" in record}
    assert set(failed) == {"missing.png", "nothing", "stones/cut.png", "stones/empty.jpg", "stones/text.jpg", "*.tiff"}
    assert all(isinstance(reason, str) and reason and "\n" not in reason for reason in failed.values())
    assert result.stderr == "6 of 8 pictures failed.\n"


def test_one_failed_picture_needs_no_sum(tiny_bundle: Path, stones: Path) -> None:
    result = run(tiny_bundle, "missing.png")
    assert (result.exit_code, result.stderr) == (1, "")
    assert result.stdout == "missing.png: no such file. Check the path.\n\n"


def test_asking_for_too_much_is_refused_with_the_reason(tiny_bundle: Path, stones: Path, paint_stone: Paint) -> None:
    mixed = (paint_stone("corundum/ruby") // 2 + paint_stone("beryl/emerald") // 2).astype(np.uint8)
    cv2.imwrite("mixed.png", cv2.cvtColor(mixed, cv2.COLOR_RGB2BGR))
    result = run(tiny_bundle, "mixed.png", "--format", "json", "--target-precision", "0.999")
    assert result.exit_code == 0
    (record,) = records(result)
    assert record["answer"] is None
    assert str(record["refused"]).startswith("no family reached 0.999: the likeliest, ")
    assert record["subclasses"]


def test_where_no_gem_stands_out_there_is_a_ranking_and_no_answer(tiny_bundle: Path, stones: Path) -> None:
    cv2.imwrite("plain.png", np.full((60, 80, 3), (50, 20, 190), np.uint8))
    result = run(tiny_bundle, "plain.png", "--format", "json")
    assert result.exit_code == 0
    (record,) = records(result)
    assert (record["answer"], record["refused"]) == (
        None,
        "no gem stands out: the highest score is 0.000, and a gem has at least 0.500",
    )
    assert record["subclasses"][0]["id"] == "corundum/ruby"  # type: ignore[index]


# All stones of a picture


@pytest.fixture
def pair(stones: Path, paint_stone: Paint) -> str:
    """A picture of a ruby and a smaller emerald."""
    image = np.full((120, 260, 3), 255, np.uint8)
    image[10:106, 10:138] = paint_stone("corundum/ruby")
    image[30:102, 150:246] = cv2.resize(paint_stone("beryl/emerald"), (96, 72), interpolation=cv2.INTER_AREA)
    cv2.imwrite("pair.png", cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
    return "pair.png"


def test_all_stones_have_a_record_each_with_its_place(tiny_bundle: Path, pair: str) -> None:
    result = run(tiny_bundle, "stones/b-quartz.jpg", pair, "missing.png", "--all-stones", "--format", "json")
    assert (result.exit_code, result.stderr) == (1, "1 of 3 pictures failed.\n")
    quartz, ruby, emerald, missing = records(result)
    assert [record["image"] for record in (ruby, emerald, missing)] == [pair, pair, "missing.png"]
    assert [record["stone"] for record in (quartz, ruby, emerald)] == [1, 1, 2]
    assert [record["answer"]["id"] for record in (ruby, emerald)] == ["corundum/ruby", "beryl/emerald"]  # type: ignore[index]
    box: dict[str, int] = emerald["box"]  # type: ignore[assignment]
    assert sorted(box) == ["side", "x", "y"]
    assert abs(box["x"] + box["side"] / 2 - (150 + 70 * 0.75)) < 4
    assert "stone" not in missing
    assert "stone" not in records(run(tiny_bundle, pair, "--format", "json"))[0]


def test_all_stones_in_csv_and_text(tiny_bundle: Path, pair: str) -> None:
    rows = list(csv.DictReader(io.StringIO(run(tiny_bundle, pair, "--all-stones", "--format", "csv").stdout)))
    assert [(row["stone"], row["answer_id"]) for row in rows] == [("1", "corundum/ruby"), ("2", "beryl/emerald")]
    assert all(int(row["box_side"]) > 50 for row in rows)
    text = run(tiny_bundle, pair, "--all-stones").stdout
    assert [line for line in text.splitlines() if line and not line.startswith(" ")] == [
        "pair.png, stone {stone} ({box_side} x {box_side} pixels at {box_x}, {box_y}): ".format(**row) + f"{said} 1.00"
        for row, said in zip(rows, ("Ruby (variety of corundum)", "Emerald (variety of beryl)"), strict=True)
    ]


# One stone on all pictures


def test_the_same_stone_has_one_record(tiny_bundle: Path, stones: Path) -> None:
    cv2.imwrite("plain.png", np.full((60, 80, 3), 200, np.uint8))
    paths = ["stones/a-ruby.png", "plain.png", "stones/deeper/sapphire.PNG", "stones/a-ruby.png"]
    result = run(tiny_bundle, *paths, "--same-stone", "--format", "json")
    assert (result.exit_code, result.stderr) == (0, "")
    (record,) = records(result)
    assert record["image"] == paths[0]
    assert record["images"] == [paths[0], *paths[2:]]
    assert record["without_gem"] == ["plain.png"]
    assert "failures" not in record
    assert record["subclasses"][0]["id"] == "corundum/ruby"  # type: ignore[index]


def test_of_the_same_stone_failures_are_told_and_end_with_1(tiny_bundle: Path, stones: Path) -> None:
    Path("empty").mkdir()
    paths = ["missing.png", "stones/a-ruby.png", "empty", "stones/a-ruby.png"]
    result = run(tiny_bundle, *paths, "--same-stone", "--format", "json")
    assert (result.exit_code, result.stderr) == (1, "2 of 4 pictures failed.\n")
    (record,) = records(result)
    assert (record["image"], record["images"]) == (paths[1], [paths[1], paths[3]])
    failures: list[dict[str, str]] = record["failures"]  # type: ignore[assignment]
    assert [failure["image"] for failure in failures] == ["missing.png", "empty"]
    text = run(tiny_bundle, *paths, "--same-stone").stdout.splitlines()
    assert text[:3] == [
        "stones/a-ruby.png and 1 more: Ruby (variety of corundum) 1.00",
        "  missing.png: no such file. Check the path.",
        "  empty: a folder without pictures. Name one with JPEG, PNG or other pictures in it.",
    ]


def test_of_the_same_stone_nothing_can_be_read(tiny_bundle: Path, stones: Path) -> None:
    result = run(tiny_bundle, "missing.png", "gone.png", "--same-stone")
    assert (result.exit_code, result.stderr) == (1, "2 of 2 pictures failed.\n")
    assert result.stdout == "missing.png: no such file. Check the path. gone.png: no such file. Check the path.\n\n"


def test_the_same_stone_in_csv(tiny_bundle: Path, stones: Path) -> None:
    result = run(tiny_bundle, "stones/a-ruby.png", "missing.png", "--same-stone", "--format", "csv", "--top", "1")
    assert result.exit_code == 1
    stone, failed = csv.DictReader(io.StringIO(result.stdout))
    assert (stone["image"], json.loads(stone["images"])) == ("stones/a-ruby.png", ["stones/a-ruby.png"])
    assert (stone["answer_id"], failed["image"]) == ("corundum/ruby", "missing.png")
    assert failed["failure"] == "no such file. Check the path."


def test_all_stones_and_the_same_stone_exclude_each_other(tiny_bundle: Path, stones: Path) -> None:
    result = run(tiny_bundle, "stones", "--all-stones", "--same-stone")
    assert result.exit_code == 2
    assert result.stderr.splitlines()[-1] == (
        "Error: --all-stones and --same-stone exclude each other. Give one of them."
    )
    with pytest.raises(ValueError, match="exclude each other"):
        classify_paths(["stones"], model=tiny_bundle, all_stones=True, same_stone=True)


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="file names are Unicode there")
def test_a_file_name_that_is_not_utf_8_can_be_written(tiny_bundle: Path, stones: Path) -> None:
    odd = os.fsdecode(b"r\xfcby.png")
    (stones / "a-ruby.png").rename(odd)
    (record,) = records(run(tiny_bundle, odd, "--format", "json"))
    assert record["image"] == odd
    assert run(tiny_bundle, odd).stdout.startswith("r\\udcfcby.png: Ruby")
    run(tiny_bundle, odd, "--format", "csv", "--output", "out.csv")
    assert Path("out.csv").read_text(encoding="utf-8").splitlines()[1].startswith("r\\udcfcby.png,corundum/ruby")


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("variables", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)], ids=str
)
def test_a_terminal_gets_colours_unless_they_are_not_wanted(
    tiny_bundle: Path, stones: Path, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], coloured: bool
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    classify_paths(["stones"], model=tiny_bundle)
    assert ("\x1b[" in terminal.getvalue()) is coloured


def test_a_bar_shows_the_progress_of_many_pictures(
    tiny_bundle: Path, stones: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = Terminal()
    monkeypatch.setattr(sys, "stderr", shown)
    classify_paths(["stones/a-ruby.png"] * (classify.MANY - 1), model=tiny_bundle, output=Path("few.txt"))
    assert shown.getvalue() == ""
    classify_paths(["stones/a-ruby.png"] * classify.MANY, model=tiny_bundle, output=Path("many.txt"))
    assert "Classifying" in shown.getvalue()
    assert "100%" in shown.getvalue()


@pytest.mark.parametrize("way", ["all_stones", "same_stone"])
def test_the_bar_counts_pictures_and_not_stones(
    tiny_bundle: Path, pair: str, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    moves: list[int] = []

    class Bar:
        def __enter__(self) -> "Bar":
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def update(self, steps: int) -> None:
            moves.append(steps)

    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setattr("gemhier.progress.click.progressbar", lambda *_, **__: Bar())
    classify_paths([pair] * classify.MANY, model=tiny_bundle, output=Path("many.txt"), **{way: True})  # type: ignore[arg-type]
    assert moves == [1] * classify.MANY


# Where it is written


def test_an_older_file_is_replaced_and_nothing_else_is_left(tiny_bundle: Path, stones: Path) -> None:
    Path("out.jsonl").write_text("older")
    assert run(tiny_bundle, "stones", "--format", "json", "--output", "out.jsonl").exit_code == 0
    assert len(Path("out.jsonl").read_text().splitlines()) == 3
    assert sorted(path.name for path in Path.cwd().iterdir()) == ["out.jsonl", "stones"]


def test_a_file_below_a_file_cannot_be_written(tiny_bundle: Path, stones: Path) -> None:
    result = run(tiny_bundle, "stones", "--output", "stones/readme.txt/out.txt")
    assert result.exit_code == 1
    assert result.stderr.startswith(f"Error: {Path('stones/readme.txt/out.txt')}: cannot be written, since ")


def test_a_disk_that_fills_up_leaves_nothing(tiny_bundle: Path, stones: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(source: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    Path("out.txt").write_text("older")
    with pytest.raises(OutputError, match=r"out.txt: cannot be written \(No space left on device\)"):
        classify_paths(["stones"], model=tiny_bundle, output=Path("out.txt"))
    assert Path("out.txt").read_text() == "older"
    assert sorted(path.name for path in Path.cwd().iterdir()) == ["out.txt", "stones"]


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such devices")
def test_a_device_is_written_to_and_not_replaced(tiny_bundle: Path, stones: Path) -> None:
    assert run(tiny_bundle, "stones", "--output", os.devnull).exit_code == 0
    assert not Path(os.devnull).is_file()


def interrupted_after_one(self: Bundle, *arguments: object, **options: object) -> Iterator[Prediction | Failure]:
    yield Failure("first.jpg", "seen")
    raise KeyboardInterrupt


def test_an_interruption_keeps_what_is_done_and_says_where(
    tiny_bundle: Path, stones: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Bundle, "classify", interrupted_after_one)
    for name, way_out in (("out.txt", "Delete it or move it away."), ("out.csv", "Go on from it with --resume")):
        result = run(tiny_bundle, "stones", "--output", name)
        assert result.exit_code == INTERRUPTED
        assert result.stderr.startswith(f"Interrupted. What is done is in {name}.part. {way_out}")
        assert result.stderr.count("\n") == 1
        assert "first.jpg" in Path(f"{name}.part").read_text()
        assert not Path(name).exists()


def interrupted_at_once(self: Bundle, *arguments: object, **options: object) -> Iterator[Prediction | Failure]:
    raise KeyboardInterrupt
    yield


@pytest.mark.parametrize("name", ["out.txt", "out.csv", "out.json"])
def test_an_interruption_before_the_first_result_leaves_nothing(
    tiny_bundle: Path, stones: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Bundle, "classify", interrupted_at_once)
    result = run(tiny_bundle, "stones", "--output", name)
    assert (result.exit_code, result.stderr) == (INTERRUPTED, "Interrupted.\n")
    assert [path.name for path in Path.cwd().iterdir()] == ["stones"]


# The layout


@pytest.mark.parametrize(
    ("arguments", "start"),
    [
        (("--output", "out.csv"), "image,answer_id"),
        (("--output", "out.JSON"), '{"image"'),
        (("--output", "out.jsonl"), '{"image"'),
        (("--output", "out.txt"), "stones/a-ruby.png: Ruby"),
        (("--output", "out.xyz"), "stones/a-ruby.png: Ruby"),
        (("--output", "out.csv", "--format", "json"), '{"image"'),
        (("--output", "out.json", "--format", "text"), "stones/a-ruby.png: Ruby"),
    ],
    ids=" ".join,
)
def test_the_ending_of_the_output_says_the_layout_unless_an_option_does(
    tiny_bundle: Path, stones: Path, arguments: tuple[str, ...], start: str
) -> None:
    assert run(tiny_bundle, "stones/a-ruby.png", *arguments).exit_code == 0
    assert Path(arguments[1]).read_text().startswith(start)


# The standard input


def test_a_picture_comes_from_the_standard_input(tiny_bundle: Path, stones: Path) -> None:
    arguments = ["classify", "--model", str(tiny_bundle), "-", "stones/b-quartz.jpg", "-", "--format", "json"]
    result = CliRunner().invoke(main, arguments, input=(stones / "a-ruby.png").read_bytes())
    piped, file, again = records(result)
    assert (piped["image"], piped["answer"]) == (
        "-",
        records(run(tiny_bundle, "stones/a-ruby.png", "--format", "json"))[0]["answer"],
    )
    assert file["image"] == "stones/b-quartz.jpg"
    assert again == {"image": "-", "failure": "an empty file. Download or export it again."}


@pytest.mark.parametrize("content", [b"", b"no picture", b"\xff\xd8\xff\xe0 cut short"])
def test_what_is_no_picture_on_the_standard_input_fails(tiny_bundle: Path, stones: Path, content: bytes) -> None:
    result = CliRunner().invoke(main, ["classify", "--model", str(tiny_bundle), "-"], input=content)
    assert result.exit_code == 1
    assert result.stdout.startswith("-: ")


def test_too_much_on_the_standard_input_is_not_read(
    tiny_bundle: Path, stones: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(classify, "MOST_BYTES", 1 << 20)
    result = CliRunner().invoke(main, ["classify", "--model", str(tiny_bundle), "-"], input=bytes((1 << 20) + 1))
    assert (result.exit_code, result.stdout) == (1, "-: more than 1 MB. Name a file, or make it smaller.\n\n")


def test_a_file_that_is_called_like_the_standard_input_can_be_meant(stones: Path) -> None:
    (stones / "a-ruby.png").rename("-")
    assert found("?", "./-", "-") == ["./-", "./-", "-"]


# Many pictures


def test_a_folder_is_read_as_it_is_classified(tiny_bundle: Path, stones: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[Path] = []

    def endless(folders: list[Path]) -> Iterator[Path]:
        while True:
            taken.append(stones / "a-ruby.png")
            yield taken[-1]

    shown = io.StringIO()

    def written(text: str) -> int:
        if len(taken) > 500:
            pytest.fail("the folder is read to its end first")
        if shown.tell() > 500:
            raise KeyboardInterrupt
        return io.StringIO.write(shown, text)

    monkeypatch.setattr(classify, "list_images", endless)
    monkeypatch.setattr(sys, "stdout", shown)
    monkeypatch.setattr(shown, "write", written, raising=False)
    with pytest.raises(KeyboardInterrupt):
        classify_paths(["stones"], model=tiny_bundle, layout="json")
    assert len(taken) < 100


@pytest.mark.skipif(sys.platform == "win32", reason="pipes end otherwise there")
def test_a_reader_that_leaves_ends_it_quietly(tiny_bundle: Path, stones: Path) -> None:
    command = [sys.executable, "-m", "gemhier", "classify", *["stones"] * 30, "--model", str(tiny_bundle)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == ""


# Bad usage


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--top", "0"),
        ("--top", "many"),
        ("--target-precision", "0"),
        ("--target-precision", "1"),
        ("--target-precision", "nan"),
        ("--format", "xml"),
        ("--output", "stones"),
        ("--deep",),
        ("--all-stones", "--same-stone"),
    ],
    ids=" ".join,
)
def test_bad_usage_ends_with_2(tiny_bundle: Path, stones: Path, arguments: tuple[str, ...]) -> None:
    paths = ("stones",) if arguments else ()
    result = run(tiny_bundle, *paths, *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.splitlines()[-1].startswith("Error: ")


def test_a_bundle_that_cannot_be_used_ends_in_one_line(tiny_bundle_copy: Path, stones: Path) -> None:
    (tiny_bundle_copy / "network.tflite").write_bytes(b"")
    result = run(tiny_bundle_copy, "stones")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == (
        f"Error: {tiny_bundle_copy}: network.tflite has changed since the bundle was packaged. "
        "Package the model again.\n"
    )


def test_the_environment_names_the_model(tiny_bundle: Path, stones: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEMHIER_MODEL", str(tiny_bundle))
    result = CliRunner().invoke(main, ["classify", "stones", "--format", "json"])
    assert result.exit_code == 0
    assert {record["model_version"] for record in records(result)} == {"tiny-1"}


def test_a_missing_folder_for_the_output_is_named(tiny_bundle: Path, stones: Path) -> None:
    result = run(tiny_bundle, "stones", "--output", "missing/stones.csv")
    assert result.exit_code == 1
    assert result.stderr == (
        "Error: missing/stones.csv: there is no folder missing. Make it first, or choose another file.\n"
    )
