"""gemhier benchmark: the figures of a machine, on a tiny bundle and a picture or two."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from PIL import Image

from gemhier.arrays import Bytes
from gemhier.cli import main
from gemhier.pipeline import benchmark

TIMES = (
    "python_start",
    "cold_start",
    "read",
    "find",
    "outline",
    "name",
    "one",
    "decode",
    "runtime",
    "batch",
    "bare_batch",
)


@pytest.fixture(autouse=True)
def few_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(benchmark, "STARTS", 1)


def test_painted_pictures_give_every_figure(tiny_bundle: Path, tmp_path: Path) -> None:
    given: list[list[str]] = []

    def prepare(source: Path, out: Path) -> None:
        given.append(sorted(path.relative_to(source).as_posix() for path in source.rglob("*.jpg")))
        assert out.parent == source.parent
        assert not out.exists()

    found = benchmark.benchmark(None, images=2, prepare=prepare, model=tiny_bundle)
    values = found.to_dict()
    assert (values["format"], values["source"], values["images"]) == ("gemhier-benchmark", "painted", 2)
    assert all(values[key] > 0 for key in TIMES)
    assert values["prepare"] is not None
    assert len(given) == 1  # both pictures, in folders that prepare understands
    assert len(given[0]) == 2
    assert found.cold_start > found.python_start
    assert found.one >= max(found.read, found.name)
    assert values["versions"]["gemhier"]
    assert values["machine"]["cores"] >= 1
    table = "\n".join(benchmark.lines(found))
    assert "one picture, one thread" in table
    assert f"{found.one:.1f} ms" in table


def test_a_folder_of_ones_own_is_measured_and_not_prepared(
    tiny_bundle: Path, tmp_path: Path, paint_stone: Callable[[str], Bytes]
) -> None:
    for name in ("a.png", "b.png"):
        Image.fromarray(paint_stone("corundum/ruby")).save(tmp_path / name)
    (tmp_path / "c.jpg").write_bytes(b"no picture")
    options = ["--model", str(tiny_bundle), "--images", "3", "--format", "json"]
    done = CliRunner().invoke(main, ["benchmark", str(tmp_path), *options])
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert (found["source"], found["images"], found["prepare"]) == ("folder", 2, None)
    assert found["megapixels"] == pytest.approx(96 * 128 / 1e6, abs=0.005)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.png", "b.png", "c.jpg"]


def test_a_folder_without_pictures_is_refused_in_a_line(tiny_bundle: Path, tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["benchmark", str(tmp_path), "--model", str(tiny_bundle)])
    assert done.exit_code == 1
    assert done.stderr.startswith("Error: There is no picture to measure with.")
    assert done.stderr.count("\n") == 1
