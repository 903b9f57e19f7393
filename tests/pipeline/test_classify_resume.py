"""`gemhier classify --resume`: after an interruption of any kind the output is as if there had been none."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gemhier.arrays import Bytes
from gemhier.cli import INTERRUPTED, main
from gemhier.errors import OutputError
from gemhier.models.bundle import Bundle
from gemhier.models.bundle.predictions import Prediction
from gemhier.models.images.stones import Failure
from gemhier.pipeline.classify import classify_paths

ROOT = Path(__file__).parents[2]
PATHS = ["pictures", "pictures/ruby.png", "missing.png", "pictures/ruby.png"]


@pytest.fixture
def here(tmp_path: Path, paint_stone: Callable[[str], Bytes], monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with pictures: one stone, two stones, none that can be read, and odd names."""
    monkeypatch.chdir(tmp_path)
    Path("pictures").mkdir()
    ruby = cv2.cvtColor(paint_stone("corundum/ruby"), cv2.COLOR_RGB2BGR)
    cv2.imwrite("pictures/ruby.png", ruby)
    cv2.imwrite("pictures/two.png", np.hstack([ruby, ruby]))
    Path("pictures/a broken.jpg").write_bytes(b"no picture")
    for odd in ('b, "quoted".png', "c\nlines.png", "d ü 玉.png") if sys.platform != "win32" else ("b.png", "c.png"):
        shutil.copy("pictures/ruby.png", Path("pictures", odd))
    return tmp_path


def run(model: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["classify", "--model", str(model), *arguments])


def stop_after(results: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the next classification be interrupted after so many results."""
    classify = Bundle.classify

    def stopped(self: Bundle, *arguments: object, **options: object) -> Iterator[Prediction | Failure]:
        for number, result in enumerate(classify(self, *arguments, **options)):  # type: ignore[arg-type]
            if number == results:
                raise KeyboardInterrupt
            yield result

    monkeypatch.setattr(Bundle, "classify", stopped)


def held() -> list[str]:
    return sorted(path.name for path in Path.cwd().iterdir())


@pytest.mark.parametrize("all_stones", [False, True], ids=["one stone", "all stones"])
@pytest.mark.parametrize("name", ["out.json", "out.csv"])
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(share=st.floats(0, 1))
def test_wherever_it_was_cut_the_file_is_as_if_it_was_not(
    tiny_bundle: Path, here: Path, name: str, all_stones: bool, share: float
) -> None:
    output, part = Path(name), Path(f"{name}.part")
    whole = Path(f"whole-{name}")
    if not whole.exists():
        classify_paths(PATHS, model=tiny_bundle, output=whole, all_stones=all_stones)
        with pytest.MonkeyPatch.context() as patch:
            stop_after(1, patch)
            with pytest.raises(KeyboardInterrupt):
                classify_paths(PATHS, model=tiny_bundle, output=output, all_stones=all_stones)
        shutil.copy(f"{name}.part.settings", "settings")
    content = whole.read_bytes()
    part.write_bytes(content[: round(share * len(content))])
    shutil.copy("settings", f"{name}.part.settings")
    outcome = classify_paths(PATHS, model=tiny_bundle, output=output, all_stones=all_stones, resume=True)
    assert output.read_bytes() == content
    assert (outcome.images, outcome.failed) == (len(list(Path("pictures").iterdir())) + 3, 2)
    assert held() == sorted([name, "pictures", "settings", f"whole-{name}"])


@pytest.mark.parametrize("name", ["out.json", "out.csv"])
def test_what_failed_is_tried_again_and_the_rest_is_not(
    tiny_bundle: Path, here: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        stop_after(6, patch)
        assert run(tiny_bundle, *PATHS, "--output", name).exit_code == INTERRUPTED
    shutil.copy("pictures/ruby.png", "pictures/a broken.jpg")
    whole = run(tiny_bundle, *PATHS, "--output", f"whole-{name}")
    seen: list[str] = []
    classify = Bundle.classify

    def noted(self: Bundle, images: object, **options: object) -> Iterator[Prediction | Failure]:
        for result in classify(self, images, **options):  # type: ignore[arg-type]
            seen.append(result.image)
            yield result

    monkeypatch.setattr(Bundle, "classify", noted)
    result = run(tiny_bundle, *PATHS, "--output", name, "--resume")
    assert (result.exit_code, result.stderr) == (whole.exit_code, whole.stderr)
    assert seen[0] == str(Path("pictures/a broken.jpg"))
    assert seen[1:] == ["pictures/ruby.png", "missing.png", "pictures/ruby.png"]
    assert Path(name).read_bytes() == Path(f"whole-{name}").read_bytes()


def test_an_interruption_while_failures_are_tried_again_loses_nothing(
    tiny_bundle: Path, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        stop_after(6, patch)
        run(tiny_bundle, *PATHS, "--output", "out.json")
    before = Path("out.json.part").read_bytes()
    with monkeypatch.context() as patch:
        stop_after(0, patch)
        result = run(tiny_bundle, *PATHS, "--output", "out.json", "--resume")
    assert result.exit_code == INTERRUPTED
    assert result.stderr.startswith("Interrupted. What is done is in out.json.part.")
    assert Path("out.json.part").read_bytes() == before
    assert held() == ["out.json.part", "out.json.part.settings", "pictures"]


@pytest.mark.parametrize("name", ["out.json", "out.csv"])
def test_names_that_tables_guard_are_known_again(
    tiny_bundle: Path, here: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = ["=sum.png", "@cell.png", "'quoted.png", "pictures/ruby.png"]
    for path in paths[:3]:
        shutil.copy("pictures/ruby.png", path)
    with monkeypatch.context() as patch:
        stop_after(3, patch)
        assert run(tiny_bundle, *paths, "--output", name).exit_code == INTERRUPTED
    assert run(tiny_bundle, *paths, "--output", name, "--resume").exit_code == 0
    run(tiny_bundle, *paths, "--output", f"whole-{name}")
    assert Path(name).read_bytes() == Path(f"whole-{name}").read_bytes()


def test_other_readings_are_refused(tiny_bundle: Path, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("readings.csv").write_text("image,ri\nruby.png,1.76\n")
    paths = ["pictures/ruby.png", "pictures/two.png", "--evidence", "readings.csv"]
    with monkeypatch.context() as patch:
        stop_after(1, patch)
        assert run(tiny_bundle, *paths, "--output", "out.json").exit_code == INTERRUPTED
    Path("readings.csv").write_text("image,ri\nruby.png,1.77\n")
    result = run(tiny_bundle, *paths, "--output", "out.json", "--resume")
    assert result.exit_code == 1
    assert "was begun with the evidence" in result.stderr


def test_without_resume_a_part_is_not_lost(tiny_bundle: Path, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        stop_after(3, patch)
        run(tiny_bundle, *PATHS, "--output", "out.csv")
    before = Path("out.csv.part").read_bytes()
    result = run(tiny_bundle, *PATHS, "--output", "out.csv")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == (
        "Error: out.csv.part: left by a run that was interrupted or is still going. "
        "Go on from it with --resume, or delete it.\n"
    )
    assert Path("out.csv.part").read_bytes() == before


def test_where_there_is_no_part_it_begins(tiny_bundle: Path, here: Path) -> None:
    assert run(tiny_bundle, "pictures/ruby.png", "--output", "out.json", "--resume").exit_code == 0
    assert held() == ["out.json", "pictures"]


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("--top", "2"), "was begun with --top 5, and now it is 2."),
        (("--all-stones",), "was begun with --all-stones false, and now it is true."),
        (("--target-precision", "0.5"), "was begun with --target-precision 0.9, and now it is 0.5."),
        (("--format", "csv"), 'was begun with --format "json", and now it is "csv".'),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_a_changed_option_is_refused_in_one_line(
    tiny_bundle: Path, here: Path, arguments: tuple[str, ...], problem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        stop_after(3, patch)
        run(tiny_bundle, *PATHS, "--output", "out.json")
    before = Path("out.json.part").read_bytes()
    result = run(tiny_bundle, *PATHS, "--output", "out.json", "--resume", *arguments)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == (
        f"Error: out.json.part: {problem} Give the same again, or delete the file to begin anew.\n"
    )
    assert Path("out.json.part").read_bytes() == before


def test_another_model_is_refused(
    tiny_bundle: Path, tiny_bundle_copy: Path, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        stop_after(3, patch)
        run(tiny_bundle, *PATHS, "--output", "out.json")
    described = json.loads((tiny_bundle_copy / "bundle.json").read_text())
    (tiny_bundle_copy / "bundle.json").write_text(json.dumps(described | {"fusion_weight": 0.25}))
    result = run(tiny_bundle_copy, *PATHS, "--output", "out.json", "--resume")
    assert result.exit_code == 1
    assert result.stderr.startswith('Error: out.json.part: was begun with the model "tiny-1 (')


@pytest.mark.parametrize(
    ("paths", "now"),
    [(["pictures/two.png"], "'pictures/two.png' comes"), (["pictures/a broken.jpg"], "there is none")],
)
def test_other_pictures_are_refused(
    tiny_bundle: Path, here: Path, paths: list[str], now: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        stop_after(3, patch)
        run(tiny_bundle, *PATHS, "--output", "out.csv")
    before = Path("out.csv.part").read_bytes()
    result = run(tiny_bundle, *paths, "--output", "out.csv", "--resume")
    assert result.exit_code == 1
    assert f"was begun with other pictures: where it has 'pictures{os.sep}" in result.stderr
    assert now in result.stderr
    assert result.stderr.count("\n") == 1
    assert Path("out.csv.part").read_bytes() == before


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("out.json.part", b"[]\n"),
        ("out.json.part", b"{}\n"),
        ("out.json.part", b"\xff\n"),
        ("out.json.part.settings", b"{"),
        ("out.json.part.settings", b"[1]"),
        ("out.json.part.settings", None),
    ],
)
def test_a_damaged_part_is_refused_in_one_line(
    tiny_bundle: Path, here: Path, file: str, content: bytes | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        stop_after(3, patch)
        run(tiny_bundle, *PATHS, "--output", "out.json")
    Path(file).unlink()
    if content is not None:
        Path(file).write_bytes(content)
    with pytest.raises(OutputError, match="damaged"):
        classify_paths(PATHS, model=tiny_bundle, output=Path("out.json"), resume=True)


@pytest.mark.parametrize(
    "arguments", [(), ("--output", "out.txt"), ("--output", "out.json", "--same-stone")], ids=" ".join
)
def test_what_nothing_can_go_on_from_is_bad_usage(tiny_bundle: Path, here: Path, arguments: tuple[str, ...]) -> None:
    result = run(tiny_bundle, "pictures", "--resume", *arguments)
    assert result.exit_code == 2
    assert "--resume needs an --output in JSON, CSV or Parquet" in result.stderr


def test_a_disk_that_is_full_keeps_what_is_done(tiny_bundle: Path, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    classify = Bundle.classify

    def full(self: Bundle, *arguments: object, **options: object) -> Iterator[Prediction | Failure]:
        yield from list(classify(self, *arguments, **options))[:2]  # type: ignore[arg-type]
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Bundle, "classify", full)
        result = run(tiny_bundle, *PATHS, "--output", "out.json")
    assert result.stderr.startswith("Error: out.json: cannot be written (No space left on device).")
    assert result.stderr.endswith("What is done is in out.json.part. Go on from it with --resume, or delete it.\n")
    assert len(Path("out.json.part").read_text().splitlines()) == 2
    assert run(tiny_bundle, *PATHS, "--output", "out.json", "--resume").exit_code == 1
    assert held() == ["out.json", "pictures"]


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such signals")
@pytest.mark.parametrize(
    "number", [signal.SIGTERM, *(pytest.param(s, marks=pytest.mark.slow) for s in (signal.SIGINT, signal.SIGKILL))]
)
def test_after_a_signal_it_goes_on(tiny_bundle: Path, here: Path, number: signal.Signals) -> None:
    paths = ["pictures"] * 200
    command = [sys.executable, "-m", "gemhier", "classify", *paths, "--model", str(tiny_bundle), "--output", "out.csv"]
    part = Path("out.csv.part")
    with subprocess.Popen(command, stderr=subprocess.PIPE, env=os.environ | {"PYTHONPATH": str(ROOT)}) as process:
        until = time.monotonic() + 60
        while not part.exists() or part.read_bytes().count(b"\n") < 20:
            assert time.monotonic() < until
            time.sleep(0.01)
        process.send_signal(number)
        _, said = process.communicate(timeout=60)
    assert process.returncode == (INTERRUPTED if number == signal.SIGINT else -number)
    assert (b"--resume" in said) == (number == signal.SIGINT)
    assert part.read_bytes().count(b"\n") >= 20
    first = part.read_bytes()
    outcome = classify_paths(paths, model=tiny_bundle, output=Path("out.csv"), resume=True)
    assert outcome.failed == 200
    assert Path("out.csv").read_bytes().startswith(first[: first.rindex(b"\n") + 1])
    assert held() == ["out.csv", "pictures"]
