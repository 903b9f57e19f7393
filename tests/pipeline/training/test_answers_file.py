from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from gemhier.errors import DataError
from gemhier.models.runtime.logits import Logits
from gemhier.pipeline.training.answers_file import Answers, read_answers, write_answers

ANSWERS = Answers(
    sha256=("a" * 64, "b" * 64, "c" * 64),
    truth=("beryl/emerald", "quartz", "quartz"),
    groups=("g0", "g1", "g1"),
    folds=np.array([0, 1, 1]),
    scores=np.array([0.9, 0.8, 1.0]),
    logits=Logits(*(np.arange(3 * width, dtype=np.float32).reshape(3, width) for width in (3, 2, 3))),
    labels=("beryl/emerald", "corundum", "quartz"),
    mode="both",
    stones=("s0", "s1", "s1"),
    features=np.array([[0.5, 1], [2, 0], [0, 0.25]], np.float32),
)


def test_what_was_written_is_read(tmp_path: Path) -> None:
    write_answers(tmp_path / "answers.npz", ANSWERS)
    read = read_answers(tmp_path / "answers.npz")
    for field in fields(Answers):
        if field.name != "logits":
            np.testing.assert_array_equal(getattr(read, field.name), getattr(ANSWERS, field.name))
    for (_, one), (_, other) in zip(read.logits.items(), ANSWERS.logits.items(), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        (replace(ANSWERS, groups=("g0", "g1")), "the shapes of groups do not fit"),
        (replace(ANSWERS, labels=("beryl/emerald", "quartz")), "the shapes of flat, regional do not fit"),
        (replace(ANSWERS, truth=("opal", "quartz", "quartz")), "its parts do not fit together"),
        (replace(ANSWERS, stones=("s0",)), "the shapes of stones do not fit"),
        (replace(ANSWERS, features=ANSWERS.features[:2]), "the shapes of features do not fit"),
        (replace(ANSWERS, mode="sideways"), "its parts do not fit together"),
    ],
)
def test_parts_that_do_not_fit_are_refused(tmp_path: Path, answers: Answers, message: str) -> None:
    write_answers(tmp_path / "answers.npz", answers)
    with pytest.raises(DataError, match=rf"answers\.npz: not out-of-fold answers \({message}"):
        read_answers(tmp_path / "answers.npz")


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04 and no more"])
def test_what_is_no_archive_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "answers.npz").write_bytes(content)
    with pytest.raises(DataError, match=r"answers\.npz: (not out-of-fold answers|cannot be read)"):
        read_answers(tmp_path / "answers.npz")


def test_what_was_written_before_features_were_kept_is_read(tmp_path: Path) -> None:
    write_answers(tmp_path / "answers.npz", ANSWERS)
    with np.load(tmp_path / "answers.npz") as archive:
        older = {name: archive[name] for name in archive if name not in ("stones", "features")}
    np.savez(tmp_path / "older.npz", allow_pickle=False, **older)
    read = read_answers(tmp_path / "older.npz")
    assert (read.stones, read.features.size, read.truth) == ((), 0, ANSWERS.truth)


def test_a_missing_or_a_foreign_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"cannot be read \(No such file or directory\)"):
        read_answers(tmp_path / "answers.npz")
    np.savez(tmp_path / "other.npz", folds=np.arange(3))
    with pytest.raises(DataError, match="it lacks sha256, truth, groups, labels, flat, family, regional, scores, mode"):
        read_answers(tmp_path / "other.npz")
