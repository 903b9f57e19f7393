"""Suspected labels and pictures without a gem: from predictions, and from a bundle that is asked."""

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from gemhier.arrays import Bytes
from gemhier.cli import main
from gemhier.errors import DataError, MissingExtraError
from gemhier.hierarchy.taxonomy import Taxonomy
from gemhier.hierarchy.taxonomy_file import write_taxonomy
from gemhier.pipeline.audit import audit
from gemhier.pipeline.data_quality.findings import Audit, AuditedImage, NoGem
from gemhier.pipeline.data_quality.label_issues import label_issues
from gemhier.pipeline.data_quality.predicted import Predicted, ask_bundle, read_predictions
from gemhier.pipeline.data_quality.summary import summary
from gemhier.pipeline.data_quality.wrong_labels import suspected_labels

Paint = Callable[[str], Bytes]

RUBY, EMERALD, COLOMBIAN = "corundum/ruby", "beryl/emerald", "beryl/emerald/colombian"
HEADER = "image,source,truth,predicted_1_id,predicted_1_probability,predicted_2_id,predicted_2_probability\n"


def predicted(*rows: Sequence[float], labels: tuple[str, ...] = (EMERALD, RUBY)) -> Predicted:
    return Predicted("model", labels, np.array(rows, dtype=np.float64), np.full(len(rows), np.nan))


# P(emerald), P(ruby): four that are called emeralds, four that are called rubies.
EMERALDS = [(0.9, 0.1), (0.8, 0.2), (0.9, 0.1)]
RUBIES = [(0.1, 0.9), (0.2, 0.8), (0.1, 0.9), (0.2, 0.8)]
GIVEN = [EMERALD] * 4 + [RUBY] * 4


def test_a_label_is_suspected_in_a_case_worked_by_hand(tiny_taxonomy: Taxonomy) -> None:
    # Mean P(ruby) of the rubies is 0.85, which the fourth emerald passes with 0.9: one emerald of four is a ruby.
    # Mean P(emerald) of the emeralds is 0.675, which no ruby passes.
    (suspect,) = suspected_labels(GIVEN, predicted(*EMERALDS, (0.1, 0.9), *RUBIES), tiny_taxonomy)
    assert (suspect.image, suspect.given, suspect.suggested) == (3, EMERALD, RUBY)
    assert suspect.given_probability == pytest.approx(0.1)
    assert suspect.suggested_probability == pytest.approx(0.9)


def test_being_likelier_is_not_enough_to_be_suspected(tiny_taxonomy: Taxonomy) -> None:
    # 0.84 is above one half, but not what rubies have on average.
    assert suspected_labels(GIVEN, predicted(*EMERALDS, (0.16, 0.84), *RUBIES), tiny_taxonomy) == ()


def test_the_worst_comes_first(tiny_taxonomy: Taxonomy) -> None:
    rows = [*EMERALDS * 3, (0.08, 0.92), (0.01, 0.99), *RUBIES]
    given = [EMERALD] * 11 + [RUBY] * 4
    found = suspected_labels(given, predicted(*rows), tiny_taxonomy)
    assert [suspect.image for suspect in found] == [10, 9]


def test_a_label_above_or_below_contradicts_nothing(tiny_taxonomy: Taxonomy) -> None:
    given = [EMERALD] * 4 + [COLOMBIAN] * 4
    rows = predicted(*EMERALDS, (0.1, 0.9), *RUBIES, labels=(EMERALD, COLOMBIAN))
    assert suspected_labels(given, rows, tiny_taxonomy) == ()


def test_what_the_model_cannot_say_is_not_judged(tiny_taxonomy: Taxonomy) -> None:
    rows = predicted(*EMERALDS, (0.1, 0.9), *RUBIES, (0.0, 0.0), (0.0, 1.0), (0.0, 1.0))
    given = [*GIVEN, EMERALD, "quartz", None]
    assert [suspect.image for suspect in suspected_labels(given, rows, tiny_taxonomy)] == [3]
    assert suspected_labels([RUBY] * 2, predicted((0.9, 0.1), (0.1, 0.9)), tiny_taxonomy) == ()
    with pytest.raises(ValueError, match="a label for each of 11"):
        suspected_labels(GIVEN, rows, tiny_taxonomy)


def test_labels_that_no_picture_carries_do_no_harm(tiny_taxonomy: Taxonomy) -> None:
    rows = [(first, 0.0, second) for first, second in (*EMERALDS, (0.1, 0.9), *RUBIES)]
    found = suspected_labels(GIVEN, predicted(*rows, labels=(EMERALD, "corundum", RUBY)), tiny_taxonomy)
    assert [suspect.image for suspect in found] == [3]


def test_predictions_are_read_and_the_rest_is_spread_evenly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "predictions.csv"
    file.write_text(
        HEADER
        + f"a.jpg,x,,{RUBY},0.7,{EMERALD},0.1\n{tmp_path}/b.jpg,x,,quartz,0.5,{COLOMBIAN},0.5\nc.jpg,x,,,,,\n"
        + f"not asked for.jpg,x,,{RUBY},1,,\n"
    )
    found = read_predictions(file, [Path("a.jpg"), Path("b.jpg"), tmp_path / "c.jpg", Path("d.jpg")])
    assert found.by == "predictions.csv"
    assert found.labels == (EMERALD, COLOMBIAN, RUBY, "quartz")
    np.testing.assert_allclose(found.probabilities[0], [0.1, 0.1, 0.7, 0.1])  # 0.2 left for two
    np.testing.assert_allclose(found.probabilities[1], [0, 0.5, 0, 0.5])
    assert not found.probabilities[2:].any()
    assert not found.asked_now


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1 must name the columns"),
        ("image,label\na.jpg,x\n", "line 1 must name the columns"),
        (HEADER, "names none of the 1 pictures, but such as nothing"),
        (HEADER + f"b.jpg,x,,{RUBY},0.7,,\n", "names none of the 1 pictures, but such as .*b.jpg"),
        (HEADER + f"a.jpg,x,,{RUBY},much,,\n", "line 2, column predicted_1_probability: 'much' is no probability"),
        (HEADER + f"a.jpg,x,,{RUBY},1.5,,\n", "is no probability"),
        (HEADER + f"a.jpg,x,,{RUBY}\n", "None is no probability"),
        (HEADER + '"' + "x" * 200_000, "is not CSV"),
    ],
)
def test_predictions_that_do_not_fit_are_one_line(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "p.csv").write_text(text)
    with pytest.raises(DataError, match=message):
        read_predictions(tmp_path / "p.csv", [Path("a.jpg")])


def test_missing_predictions_are_one_line(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        read_predictions(tmp_path / "p.csv", [])


@pytest.fixture
def photos(tmp_path: Path, paint_stone: Paint) -> Path:
    """Rubies and emeralds, of which one ruby lies among the emeralds, and a picture of nothing."""
    random = np.random.default_rng(0)
    painted = {f"Ruby/{number}": RUBY for number in range(4)} | {f"Emerald/{number}": EMERALD for number in range(4)}
    for place, label in (painted | {"Emerald/4": RUBY}).items():
        path = tmp_path / "photos" / f"{place}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        noisy = np.clip(paint_stone(label) + random.normal(0, 2, (96, 128, 3)), 0, 255).astype(np.uint8)
        assert cv2.imwrite(str(path), noisy[..., ::-1])
    assert cv2.imwrite(str(tmp_path / "photos/Ruby/white.png"), np.full((96, 128, 3), 255, np.uint8))
    return tmp_path / "photos"


def test_a_bundle_is_asked_once_for_each_picture(photos: Path, tiny_bundle: Path) -> None:
    images = [photos / "Ruby/0.png", photos / "Ruby/missing.png", photos / "Ruby/white.png"]
    found = ask_bundle(tiny_bundle, images)
    assert (found.by, found.stone_threshold, found.asked_now) == ("tiny-1", 0.5, True)
    assert found.labels[int(found.probabilities[0].argmax())] == RUBY
    assert not found.probabilities[1].any()
    assert np.isnan(found.scores[1])
    assert found.scores[0] > 0.5 > found.scores[2]


def test_the_command_lists_suspects_and_pictures_of_nothing(
    photos: Path, tmp_path: Path, tiny_bundle: Path, tiny_taxonomy: Taxonomy
) -> None:
    write_taxonomy(tiny_taxonomy, tmp_path / "taxonomy.yaml")
    words = ["audit", str(photos), "--out", str(tmp_path / "out"), "--model", str(tiny_bundle)]
    result = CliRunner().invoke(main, [*words, "--taxonomy", str(tmp_path / "taxonomy.yaml")])
    assert result.exit_code == 0, result.output
    assert "1 label of 10 is suspected to be wrong, by tiny-1.\n  If this model has learned from" in result.output
    assert "In 1 picture of 10 no gem stands out (its score is below 0.5)." in result.output
    report = json.loads((tmp_path / "out" / "audit.json").read_text(encoding="utf-8"))
    (suspect,) = report["suspected_labels"]
    assert (suspect["image"], suspect["given"], suspect["suggested"]) == (str(photos / "Emerald/4.png"), EMERALD, RUBY)
    assert [entry["image"] for entry in report["no_gem"]] == [str(photos / "Ruby/white.png")]
    assert (report["judged_by"], report["judged"], report["may_have_learned_from_them"]) == ("tiny-1", 10, True)


def test_predictions_suspect_labels_and_the_bundle_looks_for_gems(
    photos: Path, tmp_path: Path, tiny_bundle: Path, tiny_taxonomy: Taxonomy
) -> None:
    rows = [f"{path},x,,{RUBY},0.9,{EMERALD},0.1\n" for path in sorted(photos.glob("Ruby/*"))]
    rows += [f"{path},x,,{EMERALD},0.9,{RUBY},0.1\n" for path in sorted(photos.glob("Emerald/*"))]
    (tmp_path / "p.csv").write_text(HEADER + "".join(rows))
    found = audit([photos], taxonomy=tiny_taxonomy, predictions=tmp_path / "p.csv", model=tiny_bundle).judgement
    assert (found.by, found.judged, found.suspects, found.asked_now) == ("p.csv", 10, (), False)
    assert (found.scored, len(found.no_gems)) == (10, 1)


def test_a_prepared_data_set_brings_its_scores(tiny_taxonomy: Taxonomy) -> None:
    scores = [0.9, 0.2, None, 0.1]
    images = [AuditedImage(Path(f"{number}.png"), RUBY, "", score) for number, score in enumerate(scores)]
    found = label_issues(images, tiny_taxonomy, predictions=None, model=None)
    assert found.no_gems == (NoGem(3, 0.1), NoGem(1, 0.2))
    assert (found.scored, found.by) == (3, "")
    assert list(summary(Audit(tuple(images), (), (), found)))[-1].startswith("In 2 pictures of 3 no gem stands out")


def test_without_the_extra_it_says_so_before_the_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "cleanlab", raising=False)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"gemhier\[audit\]"):
        audit([tmp_path / "missing"], predictions=tmp_path / "p.csv")
