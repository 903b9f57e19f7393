"""`evaluate` and `prepare` on other engines give what they give in this process."""

import pickle
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from gemhier.arrays import Bytes
from gemhier.cli import main
from gemhier.hierarchy.evidence import Evidence
from gemhier.hierarchy.taxonomy import Taxonomy
from gemhier.models.bundle import load_bundle
from gemhier.models.images.finder import Finder
from gemhier.pipeline.data.labelled_images import LabelledImages, find_labelled
from gemhier.pipeline.engines.job import Engine, Item, Job, Result
from gemhier.pipeline.prepare import PrepareConfig, prepare
from gemhier.pipeline.reports.measuring import evaluate_bundle

if TYPE_CHECKING:
    from gemhier.pipeline.engines.ray import RayEngine


class Elsewhere:
    """An engine that sends the job and its items, two at a time, to another place, which is this one."""

    def map(self, job: Job[Item, Result], items: Sequence[Item], label: str) -> Iterator[Result]:
        there = pickle.loads(pickle.dumps(job))  # noqa: S301
        for start in range(0, len(items), 2):
            sent = pickle.loads(pickle.dumps(items[start : start + 2]))  # noqa: S301
            yield from pickle.loads(pickle.dumps(list(there(sent))))  # noqa: S301


@pytest.fixture
def sources(tmp_path: Path, paint_stone: Callable[[str], Bytes]) -> Path:
    """Class folders: rubies, one of which is a quartz, sapphires, and a file that is no picture."""
    chance = np.random.default_rng(11)
    shown = {"Ruby": ["corundum/ruby", "corundum/ruby", "quartz"], "Sapphire": ["corundum/sapphire"] * 3}
    for folder, labels in shown.items():
        (tmp_path / "photos" / folder).mkdir(parents=True)
        for number, label in enumerate(labels):
            image = np.clip(paint_stone(label) + chance.integers(-6, 7, (96, 128, 3)), 0, 255).astype(np.uint8)
            cv2.imwrite(str(tmp_path / "photos" / folder / f"{number}.png"), image[..., ::-1])
    (tmp_path / "photos" / "Ruby" / "broken.png").write_bytes(b"no picture")
    return tmp_path / "photos"


def measured(model: Path, labelled: LabelledImages, engine: Engine | None, **options: Any) -> dict[str, Any]:
    report = evaluate_bundle(load_bundle(model), labelled, split="test", engine=engine, **options)
    return {
        "results": report.results,
        "crops": report.crops,
        "without gem": report.without_gem.tolist(),
        "probabilities": {name: rows.round(5).tolist() for name, rows in report.probabilities.items()},
        "figures": report.evaluation.to_dict(),
    }


def prepared(sources: Path, out: Path, taxonomy: Taxonomy, finder: Finder, engine: Engine) -> tuple[object, ...]:
    config = PrepareConfig(validation_share=0.3, test_share=0)
    manifest = prepare([sources], out, config, taxonomy, finder, engine=nullcontext(engine))
    return manifest.rows, manifest.info.left_out


def test_evaluating_elsewhere_gives_the_same(tiny_bundle: Path, tiny_taxonomy: Taxonomy, sources: Path) -> None:
    labelled = find_labelled([sources], "test", tiny_taxonomy)
    here = measured(tiny_bundle, labelled, None)
    assert len(here["crops"]) == 1
    assert measured(tiny_bundle, labelled, Elsewhere()) == here
    known = {image.image: Evidence(without=("Ruby",)) for image in labelled.images}
    with_evidence = measured(tiny_bundle, labelled, None, evidence=known)
    assert with_evidence != here
    assert measured(tiny_bundle, labelled, Elsewhere(), evidence=known) == with_evidence


def test_preparing_elsewhere_gives_the_same(
    tiny_taxonomy: Taxonomy, finder: Finder, sources: Path, tmp_path: Path
) -> None:
    from gemhier.pipeline.engines.local import LocalEngine

    here = prepared(sources, tmp_path / "here", tiny_taxonomy, finder, LocalEngine())
    assert len(here[0]) == 6  # type: ignore[arg-type]
    assert prepared(sources, tmp_path / "there", tiny_taxonomy, finder, Elsewhere()) == here


@pytest.mark.slow
def test_ray_evaluates_and_prepares_the_same(
    ray_engine: "RayEngine",
    tiny_bundle: Path,
    tiny_taxonomy: Taxonomy,
    finder: Finder,
    sources: Path,
    tmp_path: Path,
) -> None:
    from gemhier.pipeline.engines.local import LocalEngine

    labelled = find_labelled([sources], "test", tiny_taxonomy)
    assert measured(tiny_bundle, labelled, ray_engine) == measured(tiny_bundle, labelled, None)
    here = prepared(sources, tmp_path / "here", tiny_taxonomy, finder, LocalEngine())
    assert prepared(sources, tmp_path / "there", tiny_taxonomy, finder, ray_engine) == here


@pytest.mark.parametrize(
    "arguments", [["evaluate", "photos", "--report", "report"], ["prepare", "photos", "--out", "data"]]
)
def test_options_of_ray_need_ray(arguments: list[str]) -> None:
    result = CliRunner().invoke(main, [*arguments, "--workers", "2"])
    assert result.exit_code == 2
    assert "Add --engine ray" in result.stderr


def test_what_is_wrong_is_said_before_ray_starts(sources: Path, tiny_bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine")
    for arguments in (
        ["evaluate", str(sources), "--model", str(tiny_bundle), "--report", str(tmp_path / "mine")],
        ["prepare", str(sources), "--out", str(tmp_path / "mine")],
    ):
        result = CliRunner().invoke(main, [*arguments, "--engine", "ray", "--address", "127.0.0.1:1"])
        assert result.exit_code == 1
        assert "something other" in result.stderr or "something else" in result.stderr
