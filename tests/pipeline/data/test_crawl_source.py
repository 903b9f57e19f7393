"""A crawl as a source of `gemhier prepare`, and what is put back into it."""

import json
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner, Result

from gemhier.arrays import Bytes
from gemhier.cli import main
from gemhier.crawler.review.certificates import what_gives_it_away
from gemhier.crawler.review.clean import clean
from gemhier.crawler.storage.crawl_info import CrawlInfo, write_crawl_info
from gemhier.crawler.storage.folder import ImageStore, is_rejected
from gemhier.crawler.storage.history import History
from gemhier.crawler.storage.records import ImageRecord
from gemhier.errors import DataError
from gemhier.hierarchy.taxonomy_file import load_taxonomy
from gemhier.models.images.finder import Finder
from gemhier.pipeline.data.manifest import Manifest, read_manifest
from gemhier.pipeline.data.sources import read_sources
from gemhier.pipeline.prepare import PrepareConfig, prepare

Paint = Callable[[str], Bytes]


class CrawlFolder:
    """A crawl folder to fill by hand."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir()
        write_crawl_info(path, CrawlInfo(site="shop", start="https://shop.example/"))

    def add(
        self,
        image: Bytes,
        product: str,
        *labels: str,
        rejected: tuple[str, str] | None = None,
        name: str = "",
    ) -> ImageRecord:
        store, history = ImageStore(self.path), History(self.path)
        content = store.add(cv2.imencode(".png", image[..., ::-1])[1].tobytes(), ".png", rejected)
        record = ImageRecord(
            site="shop",
            page=f"https://shop.example/{product}",
            image_url=f"https://shop.example/media/{name or content.sha256}.png",
            product=product,
            view="1",
            labels=labels,
            classes=(),
            texts={},
            fetched_at=content.fetched_at,
            sha256=content.sha256,
            size=content.size,
            file=content.file,
            crawl=1,
        )
        history.add(record)
        history.close()
        store.close()
        return record


@pytest.fixture
def crawl(tmp_path: Path) -> CrawlFolder:
    return CrawlFolder(tmp_path / "crawl")


@pytest.fixture(autouse=True)
def no_near_copies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Painted stones look alike."""
    monkeypatch.setattr("gemhier.pipeline.prepare.find_near_copies", lambda prints: [])


@pytest.fixture
def stones(paint_stone: Paint) -> Callable[[str, int], Bytes]:
    """Paints a stone of a label; another number, another picture."""

    def paint(label: str, number: int) -> Bytes:
        image = paint_stone(label)
        image[0, 0] = (number % 256, number // 256, 255)
        return image

    return paint


Stones = Callable[[str, int], Bytes]

BLANK = np.full((60, 60, 3), 200, np.uint8)


def prepared(crawl: CrawlFolder, out: Path, finder: Finder, **settings: float) -> Manifest:
    config = PrepareConfig(validation_share=0.2, test_share=0.2, **settings)  # type: ignore[arg-type]
    prepare([crawl.path], out, config, load_taxonomy(), finder)
    return read_manifest(out)


def test_a_crawl_becomes_a_data_set(crawl: CrawlFolder, tmp_path: Path, stones: Stones, finder: Finder) -> None:
    for product in range(6):
        for view in range(2):
            image = stones("beryl/emerald/colombian", 2 * product + view)
            crawl.add(image, f"emerald-{product}", "Colombian Emerald", "Emerald (Panna)")
    crawl.add(stones("corundum/ruby", 0), "ruby-0", "Ruby (Manik)", "Emerald (Panna)")
    paper = crawl.add(BLANK, "emerald-0", "Emerald (Panna)", rejected=("certificate", "its file is called certi.jpg"))
    empty = crawl.add(BLANK + 1, "emerald-1", "Emerald (Panna)")
    manifest = prepared(crawl, tmp_path / "data", finder)
    assert {row.label for row in manifest.rows} == {"beryl/emerald/colombian"}
    assert {row.label_given for row in manifest.rows} == {"Colombian Emerald; Emerald (Panna)"}
    assert len(manifest.rows) == 12
    splits = {row.stone: row.split for row in manifest.rows}
    assert all(splits[row.stone] == row.split for row in manifest.rows)
    assert splits.keys() == {f"emerald-{product}" for product in range(6)}
    left_out = {Path(entry.image).stem: (entry.kind, entry.reason) for entry in manifest.info.left_out}
    assert left_out[paper.sha256] == ("set aside", "certificate: its file is called certi.jpg")
    assert left_out[empty.sha256][0] == "no gem"
    assert {kind for kind, _ in left_out.values()} == {"set aside", "no gem", "several families"}


def test_the_finder_says_from_which_score_on_a_crawled_stone_is_a_gem(
    crawl: CrawlFolder, tmp_path: Path, stones: Stones, finder: Finder
) -> None:
    for product in range(6):
        crawl.add(stones("beryl/emerald", product), f"emerald-{product}", "Emerald")
    pale = BLANK.copy()
    pale[15:45, 15:45] = 224
    doubtful = crawl.add(pale, "emerald-6", "Emerald")
    score = finder.find_best(pale).score
    assert 0.5 < score < 0.99
    lenient, strict = (Finder(finder.content, threshold=threshold) for threshold in (score, 0.99))
    assert len(prepared(crawl, tmp_path / "data", lenient).rows) == 7
    manifest = prepared(crawl, tmp_path / "data", strict)
    (left,) = manifest.info.left_out
    assert (Path(left.image).stem, left.kind) == (doubtful.sha256, "no gem")
    assert left.reason == f"the highest score is {score:.3f}, and a gem has at least 0.990"
    assert manifest.finder.threshold == manifest.info.config["stone_threshold"] == 0.99


def test_what_a_person_puts_back_is_used_whatever_the_finder_says(
    crawl: CrawlFolder, tmp_path: Path, stones: Stones, finder: Finder
) -> None:
    for product in range(6):
        crawl.add(stones("beryl/emerald", product), f"emerald-{product}", "Emerald")
    paper = crawl.add(BLANK, "emerald-0", "Emerald", rejected=("certificate", "its name"))
    empty = crawl.add(BLANK + 1, "emerald-1", "Emerald")
    manifest = prepared(crawl, tmp_path / "data", finder)
    assert len(manifest.rows) == 6
    sheet = (tmp_path / "data" / "set-aside.html").read_text(encoding="utf-8")
    assert "<h2>certificate: 1</h2>" in sheet
    assert "<h2>no gem: 1</h2>" in sheet
    for record in (paper, empty):
        assert f'value="{record.sha256[:12]}"' in sheet
    done = run("clean", str(crawl.path), "--put-back", paper.sha256[:12], "--put-back", empty.sha256)
    assert done.output.splitlines()[0] == "Put back: 2 pictures"
    manifest = prepared(crawl, tmp_path / "data", finder)
    assert {paper.sha256, empty.sha256} < {row.sha256 for row in manifest.rows}
    assert not (tmp_path / "data" / "set-aside.html").exists()


def run(*words: str) -> Result:
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 0, result.output
    return result


def test_a_picture_of_several_products_is_one_picture_of_one_stone(crawl: CrawlFolder, stones: Stones) -> None:
    shared = stones("beryl/emerald", 0)
    crawl.add(shared, "b", "Emerald", name="first")
    crawl.add(shared, "a", "Colombian Emerald", name="second")
    crawl.add(stones("beryl/emerald", 1), "b", "Emerald")
    crawl.add(stones("beryl/emerald", 2), "c", "Emerald")
    (source,) = read_sources([crawl.path])
    found = sorted((image.stone, image.label_given) for image in source.images)
    assert found == [("a", "Colombian Emerald; Emerald"), ("a", "Emerald"), ("c", "Emerald")]


def test_a_picture_that_many_products_show_is_set_aside(crawl: CrawlFolder, stones: Stones) -> None:
    for product in range(11):
        crawl.add(BLANK, f"emerald-{product}", "Emerald", name=f"missing-{product}")
    crawl.add(stones("beryl/emerald", 0), "emerald-0", "Emerald")
    (source,) = read_sources([crawl.path])
    assert len(source.images) == 1
    assert source.set_aside[0].reason == "11 products show it"


def test_contamination_and_names_left_out_are_in_the_summary(
    crawl: CrawlFolder, tmp_path: Path, stones: Stones, tiny_finder: bytes
) -> None:
    for product in range(12):
        labels = ("Mexican Fire Opal", "Ruby") if product < 7 else ("Ruby", "Astrology")
        crawl.add(stones("corundum/ruby", product), f"ruby-{product}", *labels)
    (tmp_path / "finder.tflite").write_bytes(tiny_finder)
    words = ("prepare", str(crawl.path), "--out", str(tmp_path / "data"), "--finder", str(tmp_path / "finder.tflite"))
    lines = run(*words).output.splitlines()
    assert "The class 'Mexican Fire Opal' is not believed: 7 of its 7 products belong to corundum" in lines
    assert "1 name left out beside others that the taxonomy knows: Astrology" in lines
    assert lines[0] == "12 pictures of 1 class in 1 family"
    manifest = read_manifest(tmp_path / "data")
    assert manifest.info.contamination[0].label == "Mexican Fire Opal"
    assert manifest.info.ignored_names == ("Astrology",)


def test_names_that_nobody_knows_are_an_error_or_left_out(
    crawl: CrawlFolder, tmp_path: Path, stones: Stones, finder: Finder
) -> None:
    for product in range(6):
        crawl.add(stones("corundum/ruby", product), f"ruby-{product}", "Ruby")
    crawl.add(stones("corundum/ruby", 9), "ruby-9", "Sternenstein")
    with pytest.raises(DataError, match="Sternenstein"):
        prepared(crawl, tmp_path / "data", finder)
    manifest = prepared(crawl, tmp_path / "data", finder, skip_unknown=True)
    assert [entry.kind for entry in manifest.info.left_out] == ["unknown name"]


def test_a_crawl_has_no_folders_to_start_a_taxonomy_from(
    crawl: CrawlFolder, tmp_path: Path, stones: Stones, finder: Finder
) -> None:
    crawl.add(stones("corundum/ruby", 0), "ruby-0", "Ruby")
    with pytest.raises(DataError, match="has no folders to start a taxonomy from"):
        prepare([crawl.path], tmp_path / "data", PrepareConfig(), None, finder)


def test_certificates_are_set_aside_by_their_text_and_read_once(crawl: CrawlFolder, stones: Stones) -> None:
    stone = crawl.add(stones("corundum/ruby", 0), "ruby-0", "Ruby")
    paper = crawl.add(BLANK, "ruby-0", "Ruby")
    kept = crawl.add(BLANK + 1, "ruby-0", "Ruby", rejected=("certificate", "its name"))
    clean(crawl.path, put_back=[kept.sha256])
    read = []

    def reader(path: Path) -> str | None:
        read.append(path.stem)
        return None if path.stem == stone.sha256 else "40 lines of text: REPORT"

    cleaning = clean(crawl.path, read=reader)
    assert (cleaning.looked_at, cleaning.found, dict(cleaning.set_aside)) == (2, 1, {"certificate": 1})
    assert sorted(read) == sorted([stone.sha256, paper.sha256])
    assert is_rejected(crawl.path, paper.file)
    assert not is_rejected(crawl.path, kept.file)
    sheet = cleaning.sheet.read_text(encoding="utf-8")
    assert f"rejected/{paper.sha256[:2]}/{paper.sha256}.png" in sheet
    assert "40 lines of text: REPORT" in sheet
    clean(crawl.path, put_back=[paper.sha256[:12]])
    assert clean(crawl.path, read=reader).looked_at == 0
    assert not is_rejected(crawl.path, paper.file)


def test_the_sheet_takes_no_orders_from_a_shop(crawl: CrawlFolder) -> None:
    crawl.add(BLANK, "ruby-0", "<script>alert(1)</script>", rejected=("hand", '"><img src=x onerror=alert(1)>'))
    sheet = clean(crawl.path).sheet.read_text(encoding="utf-8")
    assert "<script>alert" not in sheet
    assert "<img src=x" not in sheet


@pytest.mark.parametrize("start", ["abc", "0" * 12, "../../etc/passwd"])
def test_a_picture_that_is_not_there_cannot_be_put_back(crawl: CrawlFolder, start: str) -> None:
    with pytest.raises(DataError, match="no picture here begins so"):
        clean(crawl.path, put_back=[start])


def test_only_a_crawl_can_be_cleaned(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="not a crawl folder"):
        clean(tmp_path)


@pytest.mark.parametrize(
    ("lines", "is_report"),
    [
        (["GEMSTONE REPORT", "No. 12345", "Species: Natural corundum", "Weight 2.31 ct"], True),
        (["www.a-rather-long-name-of-a-shop.example", "Best gems since 1990"], False),
        (["0", "O", "1"] * 20, False),
        ([], False),
    ],
)
def test_a_report_has_several_lines_of_text(lines: list[str], is_report: bool) -> None:
    assert (what_gives_it_away(lines, [0.9] * len(lines)) is not None) == is_report
    assert what_gives_it_away(lines, [0.3] * len(lines)) is None


def test_a_later_line_about_a_picture_counts(crawl: CrawlFolder, stones: Stones) -> None:
    record = crawl.add(stones("corundum/ruby", 0), "ruby-0", "Ruby", name="one")
    crawl.add(stones("corundum/ruby", 0), "ruby-0", "Ruby", "Burmese Ruby", name="one")
    (source,) = read_sources([crawl.path])
    assert [image.labels for image in source.images] == [("Burmese Ruby", "Ruby")]
    assert source.images[0].path == crawl.path / record.file
    lines = (crawl.path / "images.jsonl").read_text().splitlines()
    assert [json.loads(line)["labels"] for line in lines] == [["Ruby"], ["Ruby", "Burmese Ruby"]]
