"""Pictures and results by URLs, on fsspec's memory and on its view of the local disk."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from gemhier.errors import OutputError
from gemhier.models.images.stones import Encoded, Failure
from gemhier.pipeline.engines import storage
from gemhier.pipeline.engines.storage import find_in_storage, is_url, list_files, read_ahead, read_file, write_file

fsspec = pytest.importorskip("fsspec", reason="fsspec comes with the extra ray")


@pytest.fixture(params=["memory", "file"])
def bucket(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a folder with three pictures, a text and hidden files."""
    url = "memory://bucket/photos" if request.param == "memory" else f"file://{(tmp_path / 'photos').as_posix()}"
    store, root = fsspec.core.url_to_fs(url)
    for name in ("b.JPG", "a.png", "deeper/c.webp", "readme.txt", ".hidden.png", ".trash/d.png"):
        store.makedirs(f"{root}/{name}".rpartition("/")[0], exist_ok=True)
        store.pipe_file(f"{root}/{name}", name.encode())
    yield url
    store.rm(root, recursive=True)


def test_a_folder_gives_its_pictures_in_order(bucket: str) -> None:
    expected = [f"{bucket}/a.png", f"{bucket}/b.JPG", f"{bucket}/deeper/c.webp"]
    assert list(find_in_storage(bucket)) == expected
    assert list(find_in_storage(f"{bucket}/")) == expected


def test_a_file_is_taken_as_it_is_and_a_pattern_is_expanded(bucket: str) -> None:
    assert list(find_in_storage(f"{bucket}/readme.txt")) == [f"{bucket}/readme.txt"]
    assert list(find_in_storage(f"{bucket}/missing.png")) == [f"{bucket}/missing.png"]
    (found,) = find_in_storage(f"{bucket}/*.png")
    assert isinstance(found, str)
    assert found.endswith("/photos/a.png")
    assert is_url(found)


def test_what_leads_to_no_picture_is_a_failure(bucket: str) -> None:
    (pattern,) = find_in_storage(f"{bucket}/*.gif")
    assert isinstance(pattern, Failure)
    assert "no file fits" in pattern.reason
    (hidden,) = find_in_storage(f"{bucket}/.trash/.nothing*")
    assert isinstance(hidden, Failure)


def test_a_pattern_leaves_out_hidden_files_and_goes_into_folders(bucket: str) -> None:
    found = [Path(str(name)).name for name in find_in_storage(f"{bucket}/*")]
    assert found == ["a.png", "b.JPG", "c.webp", "readme.txt"]


def test_an_unknown_store_is_a_failure() -> None:
    (failure,) = find_in_storage("nostore://bucket/photos")
    assert isinstance(failure, Failure)
    assert "Protocol not known" in failure.reason


@pytest.mark.parametrize(
    ("path", "expected"),
    [("s3://b/k.jpg", True), ("gs://b", True), ("photos/s3.jpg", False), ("C:\\photos", False), ("/a//b", False)],
)
def test_urls_are_told_from_paths(path: str, expected: bool) -> None:
    assert is_url(path) is expected


def test_contents_come_in_the_order_of_the_sources(bucket: str) -> None:
    failure = Failure("x", "as it came")
    sources = [f"{bucket}/a.png", "on/this/disk.png", failure, *([f"{bucket}/b.JPG"] * 20), f"{bucket}/missing.png"]
    read = list(read_ahead(sources))
    assert read[:3] == [Encoded(f"{bucket}/a.png", b"a.png"), "on/this/disk.png", failure]
    assert read[3:23] == [Encoded(f"{bucket}/b.JPG", b"b.JPG")] * 20
    assert read[23] == Failure(f"{bucket}/missing.png", "no such file. Check the address.")


def test_sources_are_taken_a_bounded_distance_ahead(bucket: str) -> None:
    taken = 0

    def sources() -> Iterator[str]:
        nonlocal taken
        for _ in range(100):
            taken += 1
            yield f"{bucket}/a.png"

    read = read_ahead(sources())
    for _ in range(3):
        next(read)
    assert taken <= 3 + 2 * storage.READERS + 1
    assert len(list(read)) == 97


def test_a_picture_that_is_too_large_is_a_failure(bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "MOST_BYTES", 3)
    (failure,) = read_ahead([f"{bucket}/a.png"])
    assert isinstance(failure, Failure)
    assert failure.reason.startswith("more than")


def test_a_file_is_written_and_read_back(bucket: str) -> None:
    write_file(f"{bucket}/parts/one", b"1")
    write_file(f"{bucket}/parts/one", b"2")
    assert read_file(f"{bucket}/parts/one") == b"2"
    assert list_files(f"{bucket}/parts") == ["one"]
    assert list_files(f"{bucket}/nothing") == []


def test_paths_of_this_machine_need_no_store(tmp_path: Path) -> None:
    write_file(str(tmp_path / "new" / "one"), b"1")
    assert read_file(str(tmp_path / "new" / "one")) == b"1"
    assert list_files(str(tmp_path / "new")) == ["one"]
    assert list_files(str(tmp_path / "nothing")) == []


@pytest.mark.skipif(os.name == "nt", reason="Windows takes other names")
def test_what_cannot_be_written_says_so_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError, match="cannot be written") as raised:
        write_file(str(tmp_path / "file" / "part"), b"1")
    assert "\n" not in str(raised.value)
