import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemhier.atomic import clear_unfinished, write_whole
from gemhier.crawler.sites.items import ListingContent
from gemhier.crawler.storage.crawl_info import CrawlInfo, CrawlRun, is_crawl_folder, read_crawl_info, write_crawl_info
from gemhier.crawler.storage.fetch_log import FAILED, NO_VALIDATORS, FetchLog, Validators
from gemhier.crawler.storage.folder import (
    ImageStore,
    check_crawl_folder,
    is_rejected,
    locked,
    place_of,
    read_rejections,
)
from gemhier.crawler.storage.history import History, read_history
from gemhier.crawler.storage.journal import Journal, read_journal
from gemhier.crawler.storage.records import ImageRecord
from gemhier.errors import DataError, OutputError

RECORD = ImageRecord(
    site="shop",
    page="https://shop.example/stone/1",
    image_url="https://shop.example/1.jpg",
    product="1",
    view="1",
    labels=("Emerald", "Panna ’"),
    classes=("https://shop.example/emerald",),
    texts={"title": "An emerald", "weight": "2 ct"},
    fetched_at="2024-05-01T12:00:00+00:00",
    sha256="ab" * 32,
    size=3,
    file=f"images/ab/{'ab' * 32}.jpg",
    crawl=1,
)

texts = st.text(max_size=20)


@given(st.lists(st.dictionaries(texts, texts | st.integers() | st.lists(texts), max_size=3)), st.data())
def test_a_journal_loses_no_more_than_the_line_that_was_being_written(
    tmp_path_factory: pytest.TempPathFactory, entries: list[dict[str, object]], data: st.DataObject
) -> None:
    path = tmp_path_factory.getbasetemp() / "lines.jsonl"
    path.unlink(missing_ok=True)
    journal = Journal(path)
    for entry in entries:
        journal.append(entry)
    journal.close()
    assert list(read_journal(path)) == entries
    whole = path.read_bytes()
    cut = data.draw(st.integers(0, len(whole)))
    path.write_bytes(whole[:cut])
    kept = entries[: whole[:cut].count(b"\n")]
    assert list(read_journal(path)) == kept
    journal = Journal(path)
    journal.append({"later": True})
    journal.close()
    assert list(read_journal(path)) == [*kept, {"later": True}]


def test_a_damaged_line_in_the_middle_is_told_with_its_number(tmp_path: Path) -> None:
    path = tmp_path / "lines.jsonl"
    path.write_text('{"a": 1}\nnonsense\n{"a": 2}\n')
    with pytest.raises(DataError, match="line 2 is damaged"):
        list(read_journal(path))
    path.write_text("[1]\n")
    with pytest.raises(DataError, match="line 1 is not a JSON object"):
        list(read_journal(path))


@given(st.builds(ImageRecord, *[texts] * 5, st.tuples(texts, texts), st.tuples(texts), st.just({"title": "x"}), texts,
                 texts, st.integers(0), texts, st.integers(1), st.none() | texts))  # fmt: skip
def test_a_record_survives_json(record: ImageRecord) -> None:
    again = ImageRecord.from_json(json.loads(json.dumps(record.to_json())))
    assert again == replace(record, texts={"title": "x", "price": None, "origin": None, "treatment": None})


@pytest.mark.parametrize(("name", "value"), [("labels", "Ruby"), ("labels", [1]), ("page", None), ("size", "3")])
def test_a_record_of_another_kind_is_refused(name: str, value: object) -> None:
    with pytest.raises(DataError, match=f"`{name}`"):
        ImageRecord.from_json(RECORD.to_json() | {name: value})


def test_visits_are_remembered_with_what_was_read_before(tmp_path: Path) -> None:
    path, content = tmp_path / "state" / "index.jsonl", ListingContent(products=("a", "b"), next_page="c")
    visits = FetchLog(path, ListingContent, 1)
    visits.add_read("page", content, Validators(etag='"x"'))
    visits.add_without_content("other", FAILED, "no answer")
    assert visits.is_settled("page")
    assert not visits.is_settled("other")
    visits.close()
    visits = FetchLog(path, ListingContent, 2)
    assert not visits.is_settled("page")
    assert visits.content("page") == content
    assert visits.validators("page", 1) == Validators(etag='"x"')
    assert visits.validators("page", 2) == NO_VALIDATORS
    visits.add_unchanged("page")
    visits.add_without_content("other", "gone", "sold")
    visits.close()
    visits = FetchLog(path, ListingContent, 2)
    assert visits.is_settled("page")
    assert visits.is_settled("other")
    visit = visits.get("page")
    assert visit is not None
    assert visit.outcome == "unchanged"
    assert visits.content("page") == content
    assert visits.content("other") is None
    visits.add_without_content("page", FAILED, "no answer")
    assert visits.content("page") == content
    assert visits.validators("page", 1) == NO_VALIDATORS
    visits.close()


def test_visits_of_another_kind_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "index.jsonl"
    path.write_text('{"key": "page", "crawl": 1, "outcome": "read"}\n')
    with pytest.raises(DataError, match="damaged, 'categories' is missing"):
        FetchLog(path, ListingContent, 1)


def test_the_last_line_about_a_picture_counts_and_none_is_written_twice(tmp_path: Path) -> None:
    history = History(tmp_path)
    assert history.add(RECORD)
    assert not history.add(replace(RECORD, fetched_at="2025-05-01T12:00:00+00:00", crawl=2))
    history.close()
    history = History(tmp_path)
    assert not history.add(RECORD)
    assert history.add(replace(RECORD, labels=("Emerald",), crawl=2))
    other = replace(RECORD, product="2")
    assert history.add(other)
    assert history.note_gone({other.key}, crawl=3, at="2026-01-01T00:00:00+00:00") == 1
    assert history.note_gone({other.key}, crawl=4, at="2026-02-01T00:00:00+00:00") == 0
    history.close()
    last = read_history(tmp_path)
    assert len((tmp_path / "images.jsonl").read_text().splitlines()) == 4
    assert last[RECORD.key].labels == ("Emerald",)
    assert last[RECORD.key].gone_at == "2026-01-01T00:00:00+00:00"
    assert last[other.key].gone_at is None


def test_pictures_are_put_by_their_content_and_those_set_aside_beside_them(tmp_path: Path) -> None:
    store = ImageStore(tmp_path)
    stone = store.add(b"stone", ".jpg", None)
    assert (tmp_path / stone.file).read_bytes() == b"stone"
    assert stone.file == f"images/{stone.sha256[:2]}/{stone.sha256}.jpg"
    assert store.add(b"stone", ".jpg", ("hand", "its name")).file == stone.file
    assert not is_rejected(tmp_path, stone.file)
    paper = store.add(b"paper", ".jpg", ("certificate", "its name"))
    assert is_rejected(tmp_path, paper.file)
    assert store.has(paper)
    assert read_rejections(tmp_path)[paper.file].reason == "certificate"
    store.put_back(paper.file)
    assert place_of(tmp_path, paper.file) == tmp_path / paper.file
    store.close()

    store = ImageStore(tmp_path)
    store.add(b"paper", ".jpg", ("certificate", "its name"))
    assert not store.reject(paper.file, "certificate", "its text")
    assert not is_rejected(tmp_path, paper.file)
    assert store.reject(stone.file, "certificate", "its text")
    assert is_rejected(tmp_path, stone.file)
    with pytest.raises(DataError, match="is missing"):
        store.put_back("images/00/nothing.jpg")
    assert not store.reject("images/00/nothing.jpg", "certificate", "its text")
    assert place_of(tmp_path, "images/00/nothing.jpg") is None
    store.close()


def test_a_picture_moved_by_hand_before_its_reason_was_written_gets_one(tmp_path: Path) -> None:
    store = ImageStore(tmp_path)
    paper = store.add(b"paper", ".jpg", None)
    target = tmp_path / "rejected" / paper.file.removeprefix("images/")
    target.parent.mkdir(parents=True)
    (tmp_path / paper.file).rename(target)
    assert store.reject(paper.file, "certificate", "its text")
    assert read_rejections(tmp_path)[paper.file].why == "its text"
    store.close()


def test_a_picture_that_lost_its_content_is_written_again(tmp_path: Path) -> None:
    store = ImageStore(tmp_path)
    stone = store.add(b"stone", ".jpg", None)
    (tmp_path / stone.file).write_bytes(b"")
    assert not store.has(stone)
    store.add(b"stone", ".jpg", None)
    assert store.has(stone)
    store.close()


def test_what_a_kill_left_of_a_file_is_deleted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "images" / "ab" / "stone.jpg"
    write_whole(place, b"stone")
    monkeypatch.setattr("os.replace", lambda *_: None)  # as if it was killed just before
    write_whole(place, b"more")
    assert len(list(place.parent.iterdir())) == 2
    clear_unfinished(tmp_path)
    assert list(place.parent.iterdir()) == [place]
    assert place.read_bytes() == b"stone"


def test_a_folder_of_another_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").touch()
    with pytest.raises(OutputError, match="holds something other than a crawl"):
        check_crawl_folder(tmp_path / "full", "shop", "https://shop.example/")
    with pytest.raises(OutputError, match="letter.txt is a file"):
        check_crawl_folder(tmp_path / "full" / "letter.txt" / "crawl", "shop", "https://shop.example/")
    folder = tmp_path / "crawl"
    check_crawl_folder(folder, "shop", "https://shop.example/")
    folder.mkdir()
    info = CrawlInfo(site="shop", start="https://shop.example/")
    run = CrawlRun(number=1, rules="r", began_at="2024-05-01", stages=("index",), limit=3, classes=("Ruby",))
    write_crawl_info(folder, info.with_last(run))
    assert is_crawl_folder(folder)
    assert read_crawl_info(folder) == info.with_last(run)
    check_crawl_folder(folder, "shop", "https://shop.example/")
    with pytest.raises(OutputError, match="holds a crawl of shop from https://shop.example/, not of other"):
        check_crawl_folder(folder, "other", "https://shop.example/")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "cannot be read"),
        ("{}", "not written by"),
        ('{"format": "gemhier-crawl", "format_version": 9}', "format version 9"),
        ('{"format": "gemhier-crawl", "format_version": 1, "site": "a", "start": "b"}', "'crawls' is missing"),
    ],
)
def test_a_damaged_crawl_file_is_told(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "crawl.json").write_text(text)
    with pytest.raises(DataError, match=message):
        read_crawl_info(tmp_path)


def test_a_folder_is_used_by_one_crawl_at_a_time(tmp_path: Path) -> None:
    folder, in_use = tmp_path / "crawl", pytest.raises(OutputError, match="another crawl is using it")
    with locked(folder), in_use, locked(folder):
        pass
    with locked(tmp_path / "crawl"):
        pass
