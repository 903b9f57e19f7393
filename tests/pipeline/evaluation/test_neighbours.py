"""Which training stones a network takes for most alike."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from gemhier.arrays import Bytes
from gemhier.errors import DataError
from gemhier.hierarchy.decoding import softmax
from gemhier.models.bundle import load_bundle
from gemhier.models.bundle.predictions import Prediction
from gemhier.pipeline.evaluate import evaluate
from gemhier.pipeline.evaluation.neighbours import known_stones, views
from gemhier.pipeline.prepare import PrepareConfig, prepare


@given(st.integers(0, 2**32 - 1), st.floats(0.2, 5), st.floats(-9, 9))
def test_views_are_of_the_logits_whatever_the_temperature(seed: int, temperature: float, shift: float) -> None:
    logits = np.random.default_rng(seed).normal(0, 2, (4, 6))
    first, second = views(softmax(logits)), views(softmax(logits + shift, temperature))
    np.testing.assert_allclose(first, second, atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(first, axis=1), 1)


def test_a_label_that_is_out_of_the_question_does_no_harm() -> None:
    assert np.isfinite(views([[1.0, 0.0, 0.0], [1 / 3, 1 / 3, 1 / 3]])).all()


@pytest.fixture
def photos(tmp_path: Path, paint_stone: "Callable[[str], Bytes]") -> Path:
    """Three stones of each of three labels, each a little different."""
    for name, label in (("Ruby", "corundum/ruby"), ("Sapphire", "corundum/sapphire"), ("Quartz", "quartz")):
        for number in range(3):
            path = tmp_path / "photos" / "train" / name / f"{number}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            random = np.random.default_rng(len(name) + 10 * number)
            noisy = paint_stone(label) + random.normal(0, 6, (96, 128, 3))
            Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8)).save(path)
    return tmp_path / "photos"


@pytest.fixture
def data(photos: Path, tiny_bundle: Path, tmp_path: Path) -> Path:
    bundle = load_bundle(tiny_bundle)
    shares = PrepareConfig(validation_share=0, test_share=0)
    return prepare([photos], tmp_path / "data", shares, bundle.taxonomy, bundle.finder).folder


def test_the_nearest_to_a_stone_are_of_its_colour(data: Path, photos: Path, tiny_bundle: Path) -> None:
    bundle = load_bundle(tiny_bundle)
    known = known_stones(data, bundle)
    asked = [row for row, each in enumerate(known.rows) if each.label == "corundum/ruby"]
    found = known.nearest(bundle.probabilities(_seen(known.crops[asked])).flat, 3)
    assert [[each.label for each in nearest] for nearest in found] == [["corundum/ruby"] * 3] * 3
    assert [nearest[0].image for nearest in found] == [known.rows[row].image for row in asked]
    assert all(nearest[0].likeness == pytest.approx(1) for nearest in found)
    assert found[0][0].crop.shape == (32, 32, 3)
    assert len(known.nearest(np.full((1, len(bundle.space)), 1 / len(bundle.space)), 99)[0]) == len(known.rows)


def _seen(crops: Bytes) -> Bytes:
    from gemhier.models.images.crop import mask_background

    return mask_background(np.asarray(crops))


def test_an_evaluation_shows_them_beside_its_mistakes(
    data: Path, photos: Path, tiny_bundle: Path, tmp_path: Path, no_drawings: None
) -> None:
    wrong = tmp_path / "wrong" / "Quartz" / "1.png"
    wrong.parent.mkdir(parents=True)
    wrong.write_bytes((photos / "train" / "Ruby" / "0.png").read_bytes())
    report = evaluate([wrong.parents[1]], out=tmp_path / "report", model=str(tiny_bundle), neighbours=data)
    assert isinstance(report.results[0], Prediction)
    assert report.neighbours_in == "data"
    assert [each.label for each in report.neighbours[0]] == ["corundum/ruby"] * 3
    text = (tmp_path / "report" / "report.html").read_text(encoding="utf-8")
    assert '"near":[["Ruby",' in text
    assert "the training stones of data that are nearest" in text


def test_a_folder_that_was_not_prepared_is_refused_before_the_work(
    photos: Path, tiny_bundle: Path, tmp_path: Path
) -> None:
    with pytest.raises(DataError, match="not written by `gemhier prepare`|data.json"):
        evaluate([photos], out=tmp_path / "report", model=str(tiny_bundle), split="train", neighbours=photos)
    assert not (tmp_path / "report").exists()
