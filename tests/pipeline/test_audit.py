"""Looking a collection over: what is counted, written and said."""

import csv
import errno
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from gemhier.arrays import RGB
from gemhier.cli import main
from gemhier.errors import DataError, OutputError
from gemhier.hierarchy.taxonomy_file import load_taxonomy
from gemhier.models.images.finder import Finder
from gemhier.pipeline.audit import audit, write_audit
from gemhier.pipeline.data_quality.findings import Audit, AuditedImage, Leak, Unreadable
from gemhier.pipeline.data_quality.summary import summary
from gemhier.pipeline.duplicates.search import Match
from gemhier.pipeline.prepare import PrepareConfig, prepare


def stone(seed: int) -> RGB:
    """Paint a blue oval with random bright and dark spots on white."""
    random = np.random.default_rng(seed)
    pixels = np.full((90, 120, 3), 250, np.uint8)
    cv2.ellipse(pixels, (60, 45), (40, 32), 0, 0, 360, (40, 60, 180), -1)
    for _ in range(25):
        spot = (int(random.integers(30, 90)), int(random.integers(22, 68)))
        shade = int(random.integers(60, 255))
        cv2.circle(pixels, spot, int(random.integers(3, 9)), (shade // 3, shade // 2, shade), -1)
    return pixels


def save(path: Path, pixels: RGB) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path, quality=90)
    return path


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Two classes in two splits: a leak, a picture under two names, a turned copy, and a broken file."""
    folder = tmp_path / "photos"
    save(folder / "train/Ruby/a.png", stone(0))
    save(folder / "train/Ruby/b.png", stone(1))
    save(folder / "train/Emerald/c.png", stone(1))
    save(folder / "train/Emerald/d.png", stone(2))
    save(folder / "test/Ruby/e.jpg", stone(0))
    save(folder / "test/Emerald/f.png", stone(3))
    save(folder / "test/Emerald/g.png", np.ascontiguousarray(np.rot90(stone(3))))
    (folder / "train/Ruby/broken.jpg").write_text("no picture")
    (folder / "train/Ruby/notes.txt").write_text("not looked at")
    return folder


def names(found: Audit) -> list[tuple[str, str, str]]:
    return [
        (found.images[match.first].image.name, found.images[match.second].image.name, match.kind)
        for match in found.matches
    ]


def test_copies_within_and_across_splits_and_classes(photos: Path) -> None:
    found = audit([photos])
    assert sorted(names(found)) == [
        ("c.png", "b.png", "copy"),
        ("e.jpg", "a.png", "near-copy"),
        ("f.png", "g.png", "turned"),
    ]
    report = json.loads(found.to_json())
    assert report["format"] == "gemhier-audit"
    assert report["pictures"] == 7
    assert report["classes"] == 2
    assert report["splits"] == {"test": 3, "train": 4}
    assert (report["pairs"], report["groups"], report["pictures_with_copies"], report["largest_group"]) == (3, 3, 6, 2)
    assert (report["within_split"], report["across_splits"]) == (2, 1)
    assert (report["within_class"], report["across_classes"]) == (2, 1)
    assert report["kinds"]["near-copy"] == {
        "pairs": 1,
        "within_split": 0,
        "across_splits": 1,
        "within_class": 1,
        "across_classes": 0,
    }
    assert report["kinds"]["mirrored"]["pairs"] == 0
    assert report["leaks"] == [
        {"split": "test", "other": "train", "pictures": 1},
        {"split": "train", "other": "test", "pictures": 1},
    ]
    assert report["shared_classes"] == [{"first": "Emerald", "second": "Ruby", "pairs": 1}]
    (unreadable,) = report["unreadable"]
    assert unreadable["image"] == str(photos / "train/Ruby/broken.jpg")
    assert unreadable["reason"].startswith("not a picture in a known format")


def test_paths_are_written_as_they_were_given(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(photos.parent)
    found = audit([Path("photos")])
    rows = list(csv.reader(found.to_csv().splitlines()))
    assert rows[0] == ["first", "second", "kind", "distance"]
    assert ["photos/train/Emerald/c.png", "photos/train/Ruby/b.png", "copy", "0.0000"] in rows
    assert len(rows) == 4
    assert found.unreadable[0].image == Path("photos/train/Ruby/broken.jpg")


def test_several_sources_are_compared_with_each_other(photos: Path, tmp_path: Path) -> None:
    more = tmp_path / "more"
    save(more / "Ruby/x.png", stone(2))
    found = audit([photos, more])
    assert ("d.png", "x.png", "copy") in names(found)
    (match,) = (match for match in found.matches if found.images[match.second].image.name == "x.png")
    assert not found.across_splits(match)  # x.png is in no split
    assert not found.within_split(match)
    assert found.across_classes(match)


def test_a_prepared_folder_has_its_own_splits_and_classes(photos: Path, finder: Finder, tmp_path: Path) -> None:
    manifest = prepare([photos], tmp_path / "data", PrepareConfig(), load_taxonomy(), finder)
    found = audit([tmp_path / "data"])
    assert {image.split for image in found.images} == {row.split for row in manifest.rows}
    assert {image.label for image in found.images} == {"beryl/emerald", "corundum/ruby"}
    assert len(found.matches) == 3
    assert [file.image.name for file in found.unreadable] == ["broken.jpg"]
    both = audit([tmp_path / "data", photos])
    assert (len(both.images), len(both.matches)) == (7, 3)  # a picture is no copy of itself


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such folder"):
        audit([tmp_path / "missing"])


def test_all_files_are_written_and_nothing_else(photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "deep" / "findings"
    found = audit([photos])
    write_audit(found, out)
    (out / "mine.txt").write_text("stays")
    write_audit(found, out)
    assert sorted(path.name for path in out.iterdir()) == [
        "audit.html",
        "audit.json",
        "decisions.csv",
        "mine.txt",
        "pairs.csv",
    ]
    assert (out / "audit.json").read_text(encoding="utf-8") == found.to_json() + "\n"
    assert (out / "pairs.csv").read_bytes().decode() == found.to_csv()


def test_a_folder_that_cannot_be_made_is_an_error_before_the_work(photos: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    result = CliRunner().invoke(main, ["audit", str(photos), "--out", str(tmp_path / "file")])
    assert result.exit_code == 1
    file = tmp_path / "file"
    assert result.output == f"Error: {file}: cannot be a folder, since {file} is a file. Choose another folder.\n"


def test_a_failed_write_leaves_the_earlier_audit(photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_audit(Audit((), (), ()), tmp_path / "out")
    before = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}

    def full(self: Path, content: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OutputError, match="No space left"):
        write_audit(audit([photos]), tmp_path / "out")
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == before


def test_the_command_says_what_it_found(photos: Path, tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["audit", str(photos), "--out", str(tmp_path / "out")])
    assert result.exit_code == 0
    assert result.output.splitlines() == [
        "7 pictures in 2 classes: test 3, train 4",
        "1 file cannot be read:",
        f"  {photos}/train/Ruby/broken.jpg: not a picture in a known format, or cut short. Convert it to JPEG or PNG.",
        "3 pairs of copies, in 3 groups with 6 pictures:",
        "               pairs   across splits   across classes",
        "  copy             1               0                1   the same pixels",
        "  near-copy        1               1                0   the same picture, saved again or made smaller",
        "  cropped          0               0                0   one shows a part of the other",
        "  mirrored         0               0                0   mirrored, perhaps turned or cropped too",
        "  turned           1               0                0   turned by quarters, perhaps cropped too",
        "1 picture of test has a copy in train.",
        "1 picture of train has a copy in test.",
        "Classes with the same pictures: Emerald and Ruby (1).",
        f"Written to {tmp_path}/out: audit.html, audit.json, pairs.csv, decisions.csv",
    ]


def test_a_clean_collection_is_one_line() -> None:
    images = (AuditedImage(Path("a.png"), "Ruby", ""), AuditedImage(Path("b.png"), "Ruby", ""))
    assert list(summary(Audit(images, (), ()))) == ["2 pictures in 1 class", "No copies."]


def test_many_unreadable_files_and_classes_are_cut_short() -> None:
    broken = tuple(Unreadable(Path(f"{number}.jpg"), "an empty file.") for number in range(8))
    images = tuple(AuditedImage(Path(f"{number}.png"), f"Gem {number}", "") for number in range(14))
    matches = tuple(Match(number, number + 1, "copy", 0.0) for number in range(0, 14, 2))
    lines = list(summary(Audit(images, broken, matches)))
    assert lines[1] == "8 files cannot be read:"
    assert lines[7] == "  and 3 more, listed in audit.json"
    assert lines[-1].endswith("Gem 4 and Gem 5 (1), and others.")


def test_groups_are_chained_and_leaks_count_pictures() -> None:
    splits = ["train", "train", "test", "test", "validation", ""]
    images = tuple(AuditedImage(Path(f"{number}.png"), "Ruby", split) for number, split in enumerate(splits))
    pairs = [(0, 2), (1, 2), (2, 5), (3, 4)]
    found = Audit(images, (), tuple(Match(first, second, "near-copy", 0.01) for first, second in pairs))
    assert found.group_sizes == (4, 2)
    assert found.leaks() == (
        Leak("validation", "test", 1),
        Leak("test", "train", 1),
        Leak("test", "validation", 1),
        Leak("train", "test", 2),
    )


def test_nothing_is_left_of_an_audit_that_failed(photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "deep" / "out"
    result = CliRunner().invoke(main, ["audit", str(tmp_path / "missing"), "--out", str(out)])
    assert result.exit_code == 1

    def full(path: Path, content: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OutputError, match="No space left"):
        write_audit(audit([photos]), out)
    assert not out.parent.exists()


def test_a_damaged_data_folder_is_not_taken_for_photographs(photos: Path, finder: Finder, tmp_path: Path) -> None:
    prepare([photos], tmp_path / "data", PrepareConfig(), load_taxonomy(), finder)
    (tmp_path / "data" / "data.json").write_text("x")
    with pytest.raises(DataError, match=r"data\.json: damaged JSON"):
        audit([tmp_path / "data"])
