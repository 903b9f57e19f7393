"""Models of other things than gems: from pictures that the stone finder refuses to a bundle that names them."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from gemhier.arrays import RGB
from gemhier.cli import main
from gemhier.models.bundle import load_bundle
from gemhier.models.bundle.files import find_finder
from gemhier.models.images.decode import read_image
from gemhier.models.images.untrained_finders import UNTRAINED
from gemhier.pipeline.data.crops import prepared_crops
from gemhier.pipeline.data.manifest import read_manifest

COLOURS = {"copper": (150, 90, 50), "silver": (180, 180, 190), "gold": (215, 180, 60)}


def coin(colour: tuple[int, int, int], chance: np.random.Generator) -> RGB:
    """A coin with a rim on a dark cloth, (72, 108, 3), somewhere in the picture."""
    image = np.full((72, 108, 3), 25, np.uint8)
    middle = int(chance.integers(30, 78)), int(chance.integers(26, 46))
    cv2.circle(image, middle, 22, colour, -1)
    cv2.circle(image, middle, 18, (15, 15, 15), 1)
    return np.clip(image + chance.integers(-4, 5, image.shape), 0, 255).astype(np.uint8)


@pytest.fixture
def coins(here: Path) -> Path:
    """Twelve coins each of three metals."""
    chance = np.random.default_rng(5)
    for name, colour in COLOURS.items():
        (here / "coins" / "coin" / name).mkdir(parents=True)
        for number in range(12):
            cv2.imwrite(f"coins/coin/{name}/{number:02}.png", coin(colour, chance)[..., ::-1])
    return here / "coins"


def run(*words: str) -> str:
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture
def no_near_copies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gemhier.pipeline.prepare.find_near_copies", lambda prints: [])


@pytest.mark.usefixtures("no_near_copies", "no_drawings")
@pytest.mark.parametrize("name", ["canny", pytest.param("none", marks=pytest.mark.slow)])
def test_from_coins_to_a_model_of_coins(name: str, coins: Path, tiny_backbone: str) -> None:
    run("prepare", "coins", "--out", "data", "--start-taxonomy", "--finder", name)
    data = json.loads(Path("data/data.json").read_text())
    assert (data["config"]["finder"], data["config"]["stone_threshold"]) == (name, 0)
    assert not Path("data/finder.tflite").exists()
    assert not data["left_out"]

    run("train", "data", "--mode", "flat", "--schedule", "quick", "--backbone", tiny_backbone)
    run("package", "latest", "--out", "bundle")
    assert json.loads(Path("bundle/bundle.json").read_text())["finder"] == name
    assert not Path("bundle/finder.tflite").exists()
    assert "takes every picture for one of its labels" in Path("bundle/MODEL_CARD.md").read_text()

    printed = run("classify", "coins", "--model", "bundle", "--format", "json", "--target-precision", "0.01")
    answers = [json.loads(line) for line in printed.splitlines()]
    right = [answer["subclasses"][0]["id"].split("/")[-1] == Path(answer["image"]).parent.name for answer in answers]
    assert len(right) == 36
    assert sum(right) > 18  # by chance it would be twelve
    assert not any("no gem" in answer.get("refused", "") for answer in answers)
    run("evaluate", "data", "--model", "bundle", "--report", "report")
    assert "No gem" not in run("audit", "coins", "--model", "bundle", "--out", "findings")

    # Classifying sees the very crops that training saw.
    manifest, bundle = read_manifest(Path("data")), load_bundle("bundle")
    assert manifest.finder is bundle.finder
    learned = prepared_crops(manifest, manifest.rows, bundle.info.size)
    for row, cut in zip(manifest.rows, learned, strict=True):
        image = read_image(Path(row.image))
        stone = bundle.finder.find_best(image)
        assert (stone.box.x, stone.box.y, stone.box.side) == (row.x, row.y, row.side)
        assert np.array_equal(bundle.finder.cut(image, stone.box, bundle.info.size), cut)


@pytest.mark.slow
@pytest.mark.usefixtures("no_near_copies")
def test_a_threshold_of_what_looks_for_nothing_is_refused(coins: Path, tiny_backbone: str) -> None:
    run("prepare", "coins", "--out", "data", "--start-taxonomy", "--finder", "none")
    run("train", "data", "--schedule", "quick", "--backbone", tiny_backbone)
    result = CliRunner().invoke(main, ["package", "latest", "--out", "bundle", "--stone-threshold", "0.5"])
    assert result.exit_code == 1
    assert "looks for no stone (finder none), so it has no threshold. Leave --stone-threshold out." in result.output


@pytest.mark.usefixtures("no_near_copies")
def test_preparing_again_with_another_finder_leaves_nothing_of_the_first(
    coins: Path, here: Path, tiny_finder: bytes
) -> None:
    Path("a finder.tflite").write_bytes(tiny_finder)
    for name in ("a finder.tflite", "canny", "a finder.tflite", "none"):
        Path("data/taxonomy.yaml").unlink(missing_ok=True)
        run("prepare", "coins", "--out", "data", "--start-taxonomy", "--finder", name)
        manifest = read_manifest(Path("data"))
        assert manifest.finder.name == (name if name in UNTRAINED else "network")
        assert Path("data/finder.tflite").exists() == (name not in UNTRAINED)


def test_a_finder_is_named_by_a_word_or_by_a_file(here: Path, tiny_finder: bytes) -> None:
    assert find_finder("canny") is UNTRAINED["canny"]
    Path("none").write_bytes(tiny_finder)
    assert find_finder("none") is UNTRAINED["none"]
    assert find_finder("./none").content == tiny_finder
    assert find_finder("shipped").digest == find_finder(None).digest


@pytest.mark.usefixtures("here")
def test_data_that_name_an_unknown_finder(tiny_data: Path, tmp_path: Path) -> None:
    data = json.loads((tiny_data / "data.json").read_text())
    data["config"]["finder"] = "hough"
    folder = tmp_path / "data"
    folder.mkdir()
    for file in tiny_data.iterdir():
        if file.is_file():
            (folder / file.name).write_bytes(file.read_bytes())
    (folder / "data.json").write_text(json.dumps(data))
    result = CliRunner().invoke(main, ["train", str(folder), "--schedule", "quick"])
    assert result.exit_code == 1
    assert "the finder 'hough' is not one of network, none, canny" in result.output
