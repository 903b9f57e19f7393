"""Writing whole or not at all, and trying before the work whether it can be written."""

import os
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from gemhier.atomic import check_file, check_folder, check_outside, check_whole_folder, write_files
from gemhier.errors import OutputError

check_new_file = partial(check_file, makes_folder=True)
CHECKS: list[Callable[[Path], None]] = [check_new_file, check_folder, check_whole_folder]


def held(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


@pytest.mark.parametrize("check", CHECKS)
def test_what_can_be_written_passes_and_nothing_is_made(check: Callable[[Path], None], tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for place in ("new", "not there/nor this/new"):
        check(tmp_path / place)
    if check is not check_new_file:
        check(tmp_path / "empty")
    assert held(tmp_path) == ["empty"]


@pytest.mark.parametrize("check", CHECKS)
def test_what_lies_below_a_file_is_refused(check: Callable[[Path], None], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("here")
    for place in ("file/new", "file/not there/new"):
        with pytest.raises(OutputError, match=r"file is a file. Choose another folder"):
            check(tmp_path / place)
    assert held(tmp_path) == ["file"]


def test_a_file_may_be_replaced_and_a_folder_not(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("here")
    check_file(tmp_path / "file")
    with pytest.raises(OutputError, match="since it is a folder"):
        check_file(tmp_path)
    for check in (check_folder, check_whole_folder):
        with pytest.raises(OutputError, match="cannot be a folder, since"):
            check(tmp_path / "file")
    assert (tmp_path / "file").read_text() == "here"


def test_a_missing_folder_is_named_where_none_is_made(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"there is no folder .*missing. Make it first"):
        check_file(tmp_path / "missing" / "file")


@pytest.mark.parametrize("name", ["x" * 300, "a\0b"], ids=["too long", "a zero byte"])
def test_a_name_that_the_disk_refuses_is_refused(name: str, tmp_path: Path) -> None:
    for place in (tmp_path / name, tmp_path / "not there" / name):
        with pytest.raises(OutputError, match="Choose another name or folder"):
            check_new_file(place)
    for place in (tmp_path / name, tmp_path / name / "below"):
        with pytest.raises(OutputError, match="Choose another name or folder"):
            check_folder(place)
    assert held(tmp_path) == []


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root may write everywhere")
@pytest.mark.parametrize("check", CHECKS)
def test_a_folder_without_permission_is_refused(check: Callable[[Path], None], tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(OutputError, match="cannot be written to"):
            check(tmp_path / "new")
    finally:
        tmp_path.chmod(0o700)


def test_a_disk_that_is_read_only_is_noticed_by_trying(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def read_only(path: Path, **_: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(Path, "touch", read_only)
    for check in CHECKS:
        with pytest.raises(OutputError, match="Read-only file system"):
            check(tmp_path / "new")


def test_files_take_their_places_together_in_their_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    replaced: list[str] = []
    replace = os.replace

    def noted(source: Path, target: Path) -> None:
        assert len(held(tmp_path / "data")) == 3
        replaced.append(target.name)
        replace(source, target)

    monkeypatch.setattr(os, "replace", noted)
    write_files(tmp_path / "data", {"a": b"1", "b": b"2", "c": b"3"})
    assert replaced == ["a", "b", "c"]
    assert held(tmp_path) == ["data", "data/a", "data/b", "data/c"]


def test_after_an_error_no_file_and_no_folder_is_left(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "a").write_bytes(b"0")
    for folder in ("old", "new/deeper"):
        with pytest.raises(OutputError, match="cannot be written"):
            write_files(tmp_path / folder, {"a": b"1", "x" * 300: b"2"})
    assert held(tmp_path) == ["old", "old/a"]
    assert (tmp_path / "old" / "a").read_bytes() == b"0"


def test_nothing_is_written_among_what_is_read(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    (tmp_path / "link").symlink_to(photos)
    for out in (photos, photos / "train" / "out", tmp_path / "link" / "out", tmp_path / "x" / ".." / "photos"):
        with pytest.raises(OutputError, match=f"lies within the source {photos}. Choose a place outside of it"):
            check_outside(out, [tmp_path / "more", photos])
    check_outside(tmp_path / "photos-2", [photos])
    check_outside(tmp_path, [photos])
