"""`classify --engine ray`: the same answers as on one machine, nothing lost and nothing twice, whatever ends midway."""

import os
import signal
import sys
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner, Result

from gemhier.cli import INTERRUPTED, main
from gemhier.errors import OutputError
from gemhier.models.bundle import load_bundle
from gemhier.models.images.stones import Failure
from gemhier.pipeline.classify import find_images
from gemhier.pipeline.engines.job import CarriedBundle, Naming
from gemhier.pipeline.reports.parts_folder import Done, Part, PartsFolder, Plan, WritingParts
from gemhier.pipeline.reports.prediction_formats import columns_for

if TYPE_CHECKING:
    from gemhier.pipeline.engines.ray import RayEngine

pq = pytest.importorskip("pyarrow.parquet", reason="pyarrow comes with the extra parquet")


def rows_in(folder: Path) -> list[dict[str, Any]]:
    return pq.read_table(folder).to_pylist()


def job_for(model: Path, folder: Path, **options: Any) -> WritingParts:
    bundle = load_bundle(model)
    naming = Naming(CarriedBundle(bundle), top=3, target_precision=0.9, **options)
    return WritingParts(naming, PartsFolder(str(folder)), columns_for(bundle, 3, **options))


def expected_rows(model: Path, *paths: str) -> dict[str, dict[str, Any]]:
    """What classifying one after the other gives, by the picture, with null where nothing applies."""
    bundle = load_bundle(model)
    form = columns_for(bundle, 3)
    results = bundle.classify(find_images(paths), top=3, target_precision=0.9)
    cells = [row for result in results for row in form.cells(result)]
    return {row["image"]: {column: row.get(column) for column in form.columns} for row in cells}


# What one worker does, without Ray


def test_a_part_has_the_columns_of_the_csv_with_their_types(
    tiny_bundle: Path, photographs: Path, tmp_path: Path
) -> None:
    sources = tuple(find_images([str(photographs), "*.nothing"]))
    (written,) = job_for(tiny_bundle, tmp_path)([Part(3, sources)])
    assert (written.images, written.failed) == (14, 2)
    assert [path.name for path in tmp_path.iterdir()] == ["part-00000003.parquet"]
    table = pq.read_table(tmp_path / "part-00000003.parquet")
    assert table.column_names == columns_for(load_bundle(tiny_bundle), 3).columns
    assert {name: str(table.schema.field(name).type) for name in ("image", "family_1_probability", "failure")} == {
        "image": "string",
        "family_1_probability": "double",
        "failure": "string",
    }
    assert {row["image"]: row for row in table.to_pylist()} == expected_rows(tiny_bundle, str(photographs), "*.nothing")


def test_pictures_in_a_store_have_the_same_answers(tiny_bundle: Path, photographs: Path, tmp_path: Path) -> None:
    fsspec = pytest.importorskip("fsspec", reason="fsspec comes with the extra ray")
    memory = fsspec.filesystem("memory")
    for path in photographs.rglob("*.png"):
        memory.pipe_file(f"/archive/{path.relative_to(photographs).as_posix()}", path.read_bytes())
    sources = tuple(find_images(["memory://archive"]))
    list(job_for(tiny_bundle, tmp_path)([Part(0, sources)]))
    memory.rm("/archive", recursive=True)
    local = expected_rows(tiny_bundle, str(photographs))
    rows = rows_in(tmp_path)
    assert len(rows) == 12
    for row in rows:
        name = row.pop("image").removeprefix("memory://archive/")
        assert row == {column: value for column, value in local[str(photographs / name)].items() if column != "image"}


def test_stones_of_a_picture_have_rows_with_their_places(tiny_bundle: Path, photographs: Path, tmp_path: Path) -> None:
    list(job_for(tiny_bundle, tmp_path, all_stones=True)([Part(0, (str(photographs / "00.png"),))]))
    (row,) = rows_in(tmp_path)
    assert row["stone"] == 1
    assert row["box_side"] > 0


def test_a_failure_that_is_tried_again_takes_the_place_of_the_first(
    tiny_bundle: Path, photographs: Path, tmp_path: Path
) -> None:
    job = job_for(tiny_bundle, tmp_path / "out")
    late = tmp_path / "late.png"
    list(job([Part(0, (str(late), str(photographs / "00.png")))]))
    done = job.folder.done()
    assert len(done.images) == len(done.failed) == 1
    late.write_bytes((photographs / "01.png").read_bytes())
    plan = Plan.of([str(late), str(photographs / "00.png"), str(photographs / "02.png")], done)
    assert (plan.kept, plan.missing) == (1, 2)
    assert plan.parts(10) == [Part(0, (str(late),), is_there=True), Part(1, (str(photographs / "02.png"),))]
    list(job(plan.parts(10)))
    rows = rows_in(tmp_path / "out")
    assert sorted(row["image"] for row in rows) == sorted(
        [str(late), str(photographs / "00.png"), str(photographs / "02.png")]
    )
    assert all(row["failure"] is None for row in rows)


def test_each_picture_counts_once_and_new_parts_have_new_numbers() -> None:
    plan = Plan.of(["a", "b", "a", Failure("c", "none"), "c"], Done(next_number=7))
    assert plan.parts(2) == [Part(7, ("a", "b")), Part(8, (Failure("c", "none"),))]


# The folder


def test_a_folder_with_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with (
        pytest.raises(OutputError, match=r"holds something else, such as notes\.txt"),
        PartsFolder(str(tmp_path)).begun({}),
    ):
        pass


def test_a_folder_begun_with_other_settings_is_refused(tmp_path: Path) -> None:
    folder = PartsFolder(str(tmp_path / "new"))
    with folder.begun({"--top": 5, "the model": "a"}):
        pass
    with folder.begun({"--top": 5, "the model": "a"}):
        pass
    with pytest.raises(OutputError, match="was begun with the model"), folder.begun({"--top": 5, "the model": "b"}):
        pass


def test_two_runs_at_once_are_refused(tmp_path: Path) -> None:
    folder = PartsFolder(str(tmp_path))
    with folder.begun({}), pytest.raises(OutputError, match="another run"), folder.begun({}):
        pass
    with folder.begun({}):
        pass


def test_a_damaged_part_is_named(tmp_path: Path) -> None:
    (tmp_path / "part-00000004.parquet").write_bytes(b"PAR1")
    with pytest.raises(OutputError, match=r"part-00000004\.parquet: damaged"):
        PartsFolder(str(tmp_path)).done()


def test_a_part_that_cannot_be_finished_does_not_appear(
    tiny_bundle: Path, photographs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OutputError, match="No space left"):
        list(job_for(tiny_bundle, tmp_path)([Part(0, (str(photographs / "00.png"),))]))
    assert list(tmp_path.iterdir()) == []


# On Ray


class Interrupted:
    """An engine that is stopped by Ctrl-C after its first unit."""

    workers = 2

    def each(self, job: WritingParts, units: list[list[Part]]) -> Iterator[tuple[int, list[object]]]:
        yield 0, list(job(units[0]))
        raise KeyboardInterrupt


def test_after_an_interruption_two_workers_do_what_is_missing_with_the_same_answers(
    ray_engine: "RayEngine", tiny_bundle: Path, photographs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import ray

    out = tmp_path / "out"
    command = [str(photographs), "--model", str(tiny_bundle), "--top", "3", "--target-precision", "0.9"]
    command += ["--engine", "ray", "--output", str(out)]
    with monkeypatch.context() as patch:
        patch.setattr("gemhier.pipeline.engines.ray.started", lambda *_: nullcontext(Interrupted()))
        result = run(*command)
    assert result.exit_code == INTERRUPTED
    assert f"What is done is in {out}. Give the same command again." in result.stderr
    assert [path.name for path in out.glob("part-*")] == ["part-00000000.parquet"]
    before = (out / "part-00000000.parquet").read_bytes()

    result = run(*command)
    assert (result.exit_code, result.stdout, result.stderr) == (1, "", "1 of 13 pictures failed.\n")
    assert (out / "part-00000000.parquet").read_bytes() == before
    rows = rows_in(out)
    assert len(rows) == 13
    assert {row["image"]: row for row in rows} == expected_rows(tiny_bundle, str(photographs))
    assert {node["NodeManagerAddress"] for node in ray.nodes()} == {"127.0.0.1"}
    assert os.environ["RAY_USAGE_STATS_ENABLED"] == "0"

    result = run(*command, "--all-stones")
    assert result.exit_code == 1
    assert "was begun with --all-stones false, and now it is true" in result.stderr


@dataclass(frozen=True)
class KilledOnce:
    """A job whose process is killed in the middle of one part, the first time."""

    job: WritingParts
    victim: int
    marker: Path

    def __call__(self, items: Iterable[Part]) -> Iterator[object]:
        for part in items:
            if part.number == self.victim and not self.marker.exists():
                self.marker.write_text(str(os.getpid()))
                list(self.job.naming(part.sources[:1]))
                os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
            yield from self.job([part])


def test_a_worker_that_is_killed_loses_nothing_and_doubles_nothing(
    ray_engine: "RayEngine", tiny_bundle: Path, photographs: Path, tmp_path: Path
) -> None:
    from ray import cloudpickle

    cloudpickle.register_pickle_by_value(sys.modules[__name__])
    out, marker = tmp_path / "out", tmp_path / "killed"
    plan = Plan.of(find_images([str(photographs)]), Done())
    parts = plan.parts(3)
    job = KilledOnce(job_for(tiny_bundle, out), victim=2, marker=marker)
    done = dict(ray_engine.each(job, [[part] for part in parts]))
    assert int(marker.read_text()) != os.getpid()
    assert sorted(done) == list(range(len(parts)))
    rows = rows_in(out)
    assert len(rows) == 13
    assert {row["image"]: row for row in rows} == expected_rows(tiny_bundle, str(photographs))
    assert [path.name for path in out.iterdir() if path.suffix != ".parquet"] == []


# The command line


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["classify", *arguments])


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["a.jpg", "--engine", "ray"], "needs an --output"),
        (["a.jpg", "--engine", "ray", "-o", "out", "--resume"], "goes on by itself"),
        (["a.jpg", "--engine", "ray", "-o", "out", "--format", "csv"], "writes Parquet"),
        (["-", "--engine", "ray", "-o", "out"], "cannot read the standard input"),
        (["a.jpg", "--workers", "2"], "Add --engine ray"),
        (["a.jpg", "--address", "auto"], "Add --engine ray"),
    ],
)
def test_options_that_do_not_fit_are_refused(arguments: list[str], complaint: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert complaint in " ".join(result.stderr.split())


def test_without_ray_the_command_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("gemhier.extras.importlib.util.find_spec", lambda name: None)
    result = run("a.jpg", "--engine", "ray", "--output", str(tmp_path / "out"))
    assert result.exit_code == 1
    assert 'pip install "gemhier[ray]"' in result.stderr
    assert not (tmp_path / "out").exists()
