"""No command writes among what it reads."""

from collections.abc import Callable
from pathlib import Path

import cv2
import pytest
from click.testing import CliRunner, Result

from gemhier.arrays import Bytes
from gemhier.cli import main


@pytest.fixture
def photos(here: Path, paint_stone: Callable[[str], Bytes]) -> Path:
    """A ruby and a quartz in their class folders."""
    for name, label in (("Ruby", "corundum/ruby"), ("Quartz", "quartz")):
        (here / "photos" / name).mkdir(parents=True)
        cv2.imwrite(f"photos/{name}/1.png", paint_stone(label)[..., ::-1])
    return here / "photos"


def run(*words: object) -> Result:
    return CliRunner().invoke(main, list(map(str, words)))


@pytest.mark.parametrize(
    "words",
    [
        ("audit", "photos", "--out", "photos/train"),
        ("audit", "more", "photos", "--out", "photos"),
        ("prepare", "photos", "--out", "photos/data", "--finder", "none"),
        ("evaluate", "photos", "--model", "BUNDLE", "--report", "photos/report"),
        ("compare", "BUNDLE", "BUNDLE@flat", "photos", "--report", "photos/report"),
        ("train-finder", "DATA", "--background", "photos", "--out", "photos/finder.tflite"),
        ("train-finder", "DATA", "--background", "photos", "--out", "DATA/finder.tflite"),
    ],
    ids=lambda words: " ".join(words).replace("/", "-"),
)
def test_no_command_writes_among_what_it_reads(
    photos: Path, here: Path, tiny_bundle: Path, tiny_data: Path, words: tuple[str, ...]
) -> None:
    (here / "more").mkdir()
    before = {path: path.read_bytes() for path in (*photos.rglob("*.*"), *tiny_data.glob("*.*"))}
    given = [word.replace("BUNDLE", str(tiny_bundle)).replace("DATA", str(tiny_data)) for word in words]
    result = run(*given)
    assert result.exit_code == 1, result.output
    assert "lies within the source" in result.output
    assert {path: path.read_bytes() for path in (*photos.rglob("*.*"), *tiny_data.glob("*.*"))} == before
    assert {path.name for path in photos.iterdir()} == {"Ruby", "Quartz"}


def test_results_do_not_take_the_place_of_a_picture(photos: Path, tiny_bundle: Path) -> None:
    image = photos / "Ruby" / "1.png"
    before = image.read_bytes()
    result = run("classify", "photos", "--model", tiny_bundle, "--output", image)
    assert result.exit_code == 1
    assert "1.png: is one of the pictures to classify. Choose another file." in result.output
    assert image.read_bytes() == before
    assert run("classify", "photos", "--model", tiny_bundle, "--output", photos / "1.png").exit_code == 0


def test_a_report_may_lie_in_a_prepared_data_folder(tiny_data: Path, tiny_bundle: Path, here: Path) -> None:
    from gemhier.pipeline.data.sources import check_outside_sources

    check_outside_sources(tiny_data / "report", [tiny_data])
