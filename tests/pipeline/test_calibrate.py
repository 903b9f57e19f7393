import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from gemhier.arrays import RGB
from gemhier.cli import main
from gemhier.errors import DataError
from gemhier.hierarchy.labels import LabelSpace
from gemhier.models.bundle import load_bundle
from gemhier.models.bundle.predictions import Prediction
from gemhier.models.runtime.logits import Logits
from gemhier.pipeline.calibrate import calibrate_model
from gemhier.pipeline.reports.model_card import model_card
from gemhier.pipeline.training.answers_file import Answers, read_answers, write_answers

N = 60


def answers_of(space: LabelSpace, *, scale: float, mode: str = "both") -> Answers:
    """Answers of which most are right, and `scale` times too sure."""
    generator = np.random.default_rng(0)
    truth = np.arange(N) % len(space)
    right = 2 * np.eye(len(space))[truth]
    family = right @ (np.arange(len(space.families))[None] == space.parents[:, None])
    parts = (part + generator.normal(0, 1, part.shape) for part in (right, family, right))
    return Answers(
        sha256=tuple(f"{number:064x}" for number in range(N)),
        truth=tuple(space.labels[column] for column in truth),
        groups=tuple(f"stone {number}" for number in range(N)),
        folds=np.arange(N) // len(space) % 3,
        scores=np.ones(N),
        logits=Logits(*((scale * part).astype(np.float32) for part in parts)),
        labels=space.labels,
        mode=mode,
    )


@pytest.fixture
def answers(tiny_bundle: Path, tmp_path: Path) -> Path:
    path = tmp_path / "out_of_fold.npz"
    write_answers(path, answers_of(load_bundle(tiny_bundle).space, scale=5))
    return path


def test_answers_that_are_too_sure_bring_higher_temperatures(tiny_bundle: Path, answers: Path, tmp_path: Path) -> None:
    space = load_bundle(tiny_bundle).space
    write_answers(tmp_path / "calm.npz", answers_of(space, scale=1))
    calm = calibrate_model(str(tiny_bundle), tmp_path / "calm", answers=tmp_path / "calm.npz").bundle.info
    sure = calibrate_model(str(tiny_bundle), tmp_path / "sure", answers=answers).bundle.info
    for one, other in (
        (calm.temperatures.flat, sure.temperatures.flat),
        (calm.temperatures.family, sure.temperatures.family),
    ):
        assert other > 2 * one
    assert calm.thresholds.rows != load_bundle(tiny_bundle).info.thresholds.rows


def test_a_calibration_has_a_version_of_its_own_until_it_changes_nothing(
    tiny_bundle: Path, answers: Path, tmp_path: Path
) -> None:
    before = load_bundle(tiny_bundle).info.model_version
    first = calibrate_model(str(tiny_bundle), tmp_path / "first", answers=answers)
    assert first.changed
    assert first.bundle.info.model_version.startswith(f"{before}+cal")
    again = calibrate_model(str(tmp_path / "first"), tmp_path / "again", answers=answers)
    assert not again.changed
    assert again.bundle.info.model_version == first.bundle.info.model_version
    assert load_bundle(tmp_path / "again").info == again.bundle.info
    card = (tmp_path / "again/MODEL_CARD.md").read_text()
    assert "calibrated on the other folds (60 pictures, 95% intervals)" in card


def test_a_calibrated_model_promises_shortlists_and_says_where_they_were_measured(
    tiny_bundle: Path, answers: Path, tmp_path: Path, paint_stone: Callable[[str], RGB]
) -> None:
    found = calibrate_model(str(tiny_bundle), tmp_path / "out", answers=answers)
    (prediction,) = load_bundle(tmp_path / "out").classify([paint_stone("corundum/ruby")], guarantee=0.95)
    assert isinstance(prediction, Prediction)
    assert prediction.shortlist is not None
    assert "corundum/ruby" in prediction.shortlist.labels
    measured = json.loads((tmp_path / "out/report.json").read_text())["pictures out of fold"]
    assert measured["shortlist_coverage"] == found.shortlists.coverage.value
    assert 0.85 <= measured["shortlist_coverage"] <= 1
    assert (measured["shortlist_guarantee"], measured["shortlist_n"]) == (0.95, N)
    card = (tmp_path / "out/MODEL_CARD.md").read_text()
    assert "promises shortlists (`--guarantee`) up to 99%, by thresholds set on answers out of fold" in card
    assert f"Asked for a guarantee of 95%, {measured['shortlist_coverage']:.3f} (" in card
    limit = load_bundle(tmp_path / "out").info.novel_entropy
    assert limit is not None
    assert 0 < limit < np.log(len(found.bundle.space))
    assert "says where a picture may show none of these gems" in card
    assert "promises no shortlist" in model_card(load_bundle(tiny_bundle).info, load_bundle(tiny_bundle).taxonomy, {})


def test_features_in_the_answers_tell_pictures_that_are_unlike(
    tiny_bundle: Path, answers: Path, tmp_path: Path
) -> None:
    generator = np.random.default_rng(0)
    features = generator.uniform(0, 1, (N, 8)).astype(np.float32)
    write_answers(tmp_path / "seen.npz", replace(read_answers(answers), features=features))
    first = calibrate_model(str(tiny_bundle), tmp_path / "first", answers=tmp_path / "seen.npz")
    assert first.bundle.likeness is not None
    assert 1 <= np.sum(~first.bundle.likeness.like(generator.normal(0, 1, (N, 8)), [300] * N)) <= N
    assert first.bundle.info.unlike is None
    card = (tmp_path / "first/MODEL_CARD.md").read_text()
    assert "says which pictures are unlike those it was calibrated on, for which it promises nothing" in card
    assert not calibrate_model(str(tmp_path / "first"), tmp_path / "again", answers=tmp_path / "seen.npz").changed
    assert calibrate_model(str(tmp_path / "first"), tmp_path / "blind", answers=answers).bundle.likeness is None


def test_answers_of_another_training_are_refused(tiny_bundle: Path, tmp_path: Path) -> None:
    others = LabelSpace(("beryl/emerald", "opal"))
    for name, found, message in (
        ("labels", answers_of(others, scale=1), "are of 2 labels that are not the"),
        ("mode", answers_of(load_bundle(tiny_bundle).space, scale=1, mode="flat"), "in the mode flat"),
    ):
        write_answers(tmp_path / f"{name}.npz", found)
        with pytest.raises(DataError, match=message):
            calibrate_model(str(tiny_bundle), tmp_path / "out", answers=tmp_path / f"{name}.npz")
    assert not (tmp_path / "out").exists()


def test_a_bundle_needs_a_file_of_answers(tiny_bundle: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="a bundle holds no out-of-fold answers. Name their file with --answers"):
        calibrate_model(str(tiny_bundle), tmp_path / "out")


def test_the_command_says_what_the_answers_come_to(tiny_bundle: Path, answers: Path, tmp_path: Path) -> None:
    out = tmp_path / "calibrated"
    outcome = CliRunner().invoke(main, ["calibrate", str(tiny_bundle), "--answers", str(answers), "--out", str(out)])
    assert outcome.exit_code == 0, outcome.output
    assert f"{N} pictures out of fold:" in outcome.output
    assert "Asked for 90%, it answers" in outcome.output
    assert "Asked to hold the right label for 95%, the shortlists hold it for" in outcome.output
    assert outcome.output.rstrip().endswith(f"{out}: {load_bundle(out).info.model_version}")
