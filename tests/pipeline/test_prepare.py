from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image, ImageDraw

from gemhier.arrays import Bytes
from gemhier.cli import main
from gemhier.errors import DataError, OutputError, TaxonomyError
from gemhier.hierarchy.node import Node
from gemhier.hierarchy.taxonomy import Taxonomy
from gemhier.hierarchy.taxonomy_file import load_taxonomy, write_taxonomy
from gemhier.models.images.crop import Box
from gemhier.models.images.decode import decode_image, read_image
from gemhier.models.images.finder import Finder
from gemhier.pipeline.data.manifest import read_manifest
from gemhier.pipeline.duplicates.search import Pair, find_near_copies
from gemhier.pipeline.prepare import TAXONOMY_TO_EDIT, PrepareConfig, prepare

TAXONOMY = Taxonomy.from_nodes(
    [
        Node("beryl", "Beryl", "family"),
        Node("beryl/emerald", "Emerald", "variety"),
        Node("corundum", "Corundum", "family"),
        Node("corundum/ruby", "Ruby", "variety"),
        Node("other", "Other", "family"),
        Node("other/navratna", "Navratna", "trade", excluded="a set of nine different stones"),
    ]
)


UseNearCopies = Callable[..., None]


@pytest.fixture
def near_copies(monkeypatch: pytest.MonkeyPatch) -> UseNearCopies:
    """Makes these pairs of paths, and no others, near-copies."""

    def use(*pairs: tuple[Path, Path]) -> None:
        found = [Pair(first, second, "near-copy", 0.01) for first, second in pairs]
        monkeypatch.setattr("gemhier.pipeline.prepare.find_near_copies", lambda prints: found)

    return use


@pytest.fixture(autouse=True)
def no_near_copies(near_copies: UseNearCopies) -> None:
    """Painted stones look alike: pictures are near-copies only where a test says so."""
    near_copies()


def paint(path: Path, number: int) -> Path:
    """A stone on white; each number gives another picture."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.new("RGB", (48, 40), "white")
    ImageDraw.Draw(image).ellipse((10, 6, 36, 34), fill=(number % 256, number // 256, 90))
    image.save(path)
    return path


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """Twenty rubies and twenty emeralds, without official splits."""
    for number in range(20):
        paint(tmp_path / f"shop/Ruby/{number:02}.png", number)
        paint(tmp_path / f"shop/Emerald/{number:02}.png", 100 + number)
    return tmp_path / "shop"


@pytest.fixture
def finder_file(tiny_finder: bytes, tmp_path: Path) -> Path:
    file = tmp_path / "a finder.tflite"
    file.write_bytes(tiny_finder)
    return file


Run = Callable[..., Result]


@pytest.fixture
def run(finder_file: Path) -> Run:
    """Prepares with the tiny finder."""

    def invoke(*arguments: str | Path) -> Result:
        return CliRunner().invoke(main, ["prepare", *map(str, arguments), "--finder", str(finder_file)])

    return invoke


def test_rows_tell_what_a_picture_is(shop: Path, tmp_path: Path, finder: Finder) -> None:
    manifest = prepare([shop], tmp_path / "data", PrepareConfig(), TAXONOMY, finder)
    assert read_manifest(tmp_path / "data") == manifest
    assert manifest.counts() == {"train": 28, "validation": 6, "test": 6, "leaking": 0, "unused": 0}
    row = manifest.rows[0]
    assert (row.image, row.label_given, row.label) == (str(shop / "Emerald/00.png"), "Emerald", "beryl/emerald")
    assert (row.width, row.height, row.source, row.stone) == (48, 40, "shop", "")
    stone = finder.find_best(read_image(Path(row.image)))
    assert Box(row.x, row.y, row.side) == stone.box
    assert row.score == pytest.approx(stone.score, abs=1e-4)
    assert stone.score > 0.9
    assert manifest.finder.content == finder.content
    assert manifest.info.config["seed"] == 0


def test_the_result_does_not_depend_on_where_the_pictures_lie(shop: Path, tmp_path: Path, finder: Finder) -> None:
    first = prepare([shop], tmp_path / "data", PrepareConfig(), TAXONOMY, finder)
    shop.rename(tmp_path / "moved")
    second = prepare([tmp_path / "moved"], tmp_path / "data", PrepareConfig(), TAXONOMY, finder)
    assert second.digest == first.digest
    third = prepare([tmp_path / "moved"], tmp_path / "data", PrepareConfig(seed=1), TAXONOMY, finder)
    assert third.digest != first.digest


def test_copies_near_copies_and_views_of_a_stone_are_one_group(
    tmp_path: Path, near_copies: UseNearCopies, finder: Finder
) -> None:
    ruby = tmp_path / "shop/Ruby"
    copy, other = paint(ruby / "a.png", 1), paint(tmp_path / "shop/Emerald/a.png", 1)
    near = paint(ruby / "gp7-1-250124.png", 2)
    view = paint(ruby / "gp7-2.png", 3)
    alone = paint(ruby / "gp8-1.png", 4)
    near_copies((copy, near))
    manifest = prepare([tmp_path / "shop"], tmp_path / "data", PrepareConfig(), TAXONOMY, finder)
    group_of = {row.image: row.group for row in manifest.rows}
    assert len({group_of[str(path)] for path in (copy, other, near, view)}) == 1
    assert group_of[str(alone)] != group_of[str(copy)]
    assert {row.stone for row in manifest.rows} == {"", "gp7", "gp8"}
    (several,) = manifest.info.several_names
    assert several.labels == ("beryl/emerald", "corundum/ruby")
    assert several.images == tuple(map(str, (other, copy, near, view)))
    assert len({row.split for row in manifest.rows if row.group == several.group}) == 1


def test_near_copies_are_found_in_the_pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, finder: Finder) -> None:
    monkeypatch.setattr("gemhier.pipeline.prepare.find_near_copies", find_near_copies)
    random = np.random.default_rng(1)
    (tmp_path / "shop/Ruby").mkdir(parents=True)
    for number in range(3):
        coarse = Image.fromarray(random.integers(0, 256, (12, 12, 3), dtype=np.uint8))
        image = coarse.resize((240, 240), Image.Resampling.BICUBIC)
        image.save(tmp_path / f"shop/Ruby/{number}.png")
    image.resize((160, 160)).save(tmp_path / "shop/Ruby/small.jpg", quality=90)
    manifest = prepare([tmp_path / "shop"], tmp_path / "data", PrepareConfig(), TAXONOMY, finder)
    groups = [row.group for row in manifest.rows]
    assert groups[2] == groups[3]
    assert len(set(groups)) == 3


def test_a_picture_is_decoded_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, finder: Finder) -> None:
    decoded: list[Path | str] = []

    def noted(file: BinaryIO, name: Path | str, *, longest: int | None = None) -> Bytes:
        decoded.append(name)
        return decode_image(file, name, longest=longest)

    monkeypatch.setattr("gemhier.pipeline.prepare.find_near_copies", find_near_copies)
    monkeypatch.setattr("gemhier.models.images.decode.decode_image", noted)
    paths = [paint(tmp_path / f"shop/Ruby/{number}.png", number) for number in range(3)]
    prepare([tmp_path / "shop"], tmp_path / "data", PrepareConfig(), TAXONOMY, finder)
    assert sorted(map(str, decoded)) == sorted(map(str, paths))


def test_a_stone_pattern_of_ones_own(tmp_path: Path, finder: Finder) -> None:
    paint(tmp_path / "shop/Ruby/5089__0.png", 1)
    paint(tmp_path / "shop/Ruby/5089__1.png", 2)
    config = PrepareConfig(stone_pattern=r"^(?P<stone>\d+)__")
    manifest = prepare([tmp_path / "shop"], tmp_path / "data", config, TAXONOMY, finder)
    assert [row.stone for row in manifest.rows] == ["5089", "5089"]
    assert len({row.group for row in manifest.rows}) == 1


def test_an_official_test_is_kept_and_what_leaks_is_marked(
    tmp_path: Path, near_copies: UseNearCopies, finder: Finder
) -> None:
    for number in range(10):
        paint(tmp_path / f"kept/train/Ruby/{number}.png", number)
        paint(tmp_path / f"kept/test/Ruby/{number}.png", 50 + number)
        paint(tmp_path / f"more/Ruby/{number}.png", 100 + number)
    near_copies(
        (tmp_path / "kept/train/Ruby/0.png", tmp_path / "kept/test/Ruby/0.png"),
        (tmp_path / "kept/test/Ruby/1.png", tmp_path / "more/Ruby/1.png"),
    )
    manifest = prepare([tmp_path / "kept", tmp_path / "more"], tmp_path / "data", PrepareConfig(), TAXONOMY, finder)
    split_of = {row.image.removeprefix(f"{tmp_path}/"): row.split for row in manifest.rows}
    assert split_of["kept/test/Ruby/0.png"] == "leaking"
    assert split_of["more/Ruby/1.png"] == "unused"
    assert [split_of[f"kept/test/Ruby/{number}.png"] for number in range(1, 10)] == ["test"] * 9
    assert manifest.counts()["validation"] == 3


def test_what_is_left_out_is_listed_with_the_reason(shop: Path, tmp_path: Path, finder: Finder) -> None:
    (shop / "Ruby/broken.jpg").write_bytes(b"no picture")
    (shop / "Ruby/prices.csv").touch()
    paint(shop / "Navratna/1.png", 1)
    paint(shop / "Rubby/1.png", 1)
    config = PrepareConfig(skip_unknown=True)
    manifest = prepare([shop], tmp_path / "data", config, TAXONOMY, finder)
    assert len(manifest.rows) == 40
    broken, prices, unknown, excluded = (
        next(entry for entry in manifest.info.left_out if entry.image.endswith(name))
        for name in ("broken.jpg", "prices.csv", "Rubby/1.png", "Navratna/1.png")
    )
    assert broken.kind == "unreadable"
    assert broken.reason.startswith("not a picture in a known format")
    assert prices.kind == "not a picture"
    assert (unknown.kind, "Rubby" in unknown.reason) == ("unknown name", True)
    assert (excluded.kind, excluded.reason) == ("excluded", "Navratna: a set of nine different stones")
    assert read_manifest(tmp_path / "data").info == manifest.info


def test_unknown_classes_are_refused_before_anything_is_written(shop: Path, tmp_path: Path, finder: Finder) -> None:
    paint(shop / "Rubby/1.png", 1)
    with pytest.raises(DataError, match="1 class folder has a name that the taxonomy does not know.*Rubby"):
        prepare([shop], tmp_path / "data", PrepareConfig(), TAXONOMY, finder)
    assert not (tmp_path / "data").exists()


def test_official_test_pictures_are_never_learned_from_however_their_folder_is_called(tmp_path: Path, run: Run) -> None:
    for number in range(8):
        paint(tmp_path / f"shop/Training Data/Ruby/{number}.png", number)
        paint(tmp_path / f"shop/Training Data/Emerald/{number}.png", 100 + number)
        paint(tmp_path / f"shop/test_images/Ruby/{number}.png", 50 + number)
    paint(tmp_path / "shop/old test/Ruby/1.png", 90)
    result = run(tmp_path / "shop", "--out", tmp_path / "data")
    assert result.exit_code == 0, result.output
    shop = tmp_path / "shop"
    assert f"{shop / 'test_images'}: 8 pictures taken for the split test\n" in result.output
    assert f"{shop / 'Training Data'}: 16 pictures taken for the split train\n" in result.output
    assert f"{shop / 'old test'}: 1 picture sounds like a split, but was taken for a class; if" in result.output
    manifest = read_manifest(tmp_path / "data")
    assert {row.split for row in manifest.rows if "test_images" in row.image} == {"test"}
    assert {row.split for row in manifest.rows if "Training Data" in row.image} == {"train", "validation"}
    assert len(manifest.info.notes) == 3


def test_pictures_in_no_class_folder_are_named_by_their_folder(shop: Path, tmp_path: Path, run: Run) -> None:
    paint(shop / "loose.png", 99)
    result = run(shop, "--out", tmp_path / "data")
    assert result.exit_code == 1
    assert f"shop: Pictures lie in no class folder in {shop}. " in result.output
    assert "start a taxonomy from the folders (--start-taxonomy)" in result.output
    result = run(shop, "--out", tmp_path / "data", "--start-taxonomy")
    assert result.exit_code == 1
    assert "--start-taxonomy)" not in result.output
    result = run(shop, "--out", tmp_path / "data", "--skip-unknown")
    assert result.exit_code == 0
    assert f"{shop}: 1 picture in no class folder, and so taken for shop, as the source is called" in result.output
    assert "Left out: 1 unknown name" in result.output


def test_classes_that_nobody_knows_lead_to_a_taxonomy_of_ones_own(tmp_path: Path, run: Run) -> None:
    for number in range(10):
        paint(tmp_path / f"birds/robin/{number}.png", number)
        paint(tmp_path / f"birds/jay/{number}.png", 100 + number)
    result = run(tmp_path / "birds", "--out", tmp_path / "data")
    assert result.exit_code == 1
    assert "2 class folders have names that the taxonomy does not know" in result.output
    assert "start a taxonomy from the folders (--start-taxonomy)" in result.output
    result = run(tmp_path / "birds", "--out", tmp_path / "data", "--start-taxonomy")
    assert result.exit_code == 0, result.output


def test_sources_with_nothing_to_train_on(tmp_path: Path, finder: Finder) -> None:
    paint(tmp_path / "tested/test/Ruby/1.png", 1)
    with pytest.raises(DataError, match="All pictures are in test or validation folders"):
        prepare([tmp_path / "tested"], tmp_path / "data", PrepareConfig(), TAXONOMY, finder)
    (tmp_path / "broken/Ruby").mkdir(parents=True)
    (tmp_path / "broken/Ruby/1.jpg").write_bytes(b"no picture")
    with pytest.raises(DataError, match=r"None of 1 pictures can be read, such as .*1\.jpg: not a picture"):
        prepare([tmp_path / "broken"], tmp_path / "data", PrepareConfig(), TAXONOMY, finder)
    paint(tmp_path / "excluded/Navratna/1.png", 1)
    with pytest.raises(DataError, match="None of 1 pictures has a name that can be used"):
        prepare([tmp_path / "excluded"], tmp_path / "data", PrepareConfig(), TAXONOMY, finder)
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"stone_pattern": "("}, "not a regular expression"),
        ({"stone_pattern": r"^(\d+)"}, r"pattern \^\(\\d\+\) has no group named stone"),
        ({"validation_share": 0.6, "test_share": 0.4}, "less than 1"),
        ({"validation_share": 0.9}, "less than 1"),
        ({"validation_share": float("nan")}, "less than 1"),
        ({"validation_share": 0.1, "test_share": float("nan")}, "less than 1"),
        ({"test_share": -0.1}, "0 or more"),
    ],
)
def test_settings_that_cannot_be_used(settings: dict[str, object], message: str) -> None:
    with pytest.raises(DataError, match=message):
        PrepareConfig(**settings)  # type: ignore[arg-type]


def test_an_output_that_holds_something_else_is_refused(shop: Path, tmp_path: Path, finder: Finder) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full/letter.txt").touch()
    (tmp_path / "file").touch()
    (tmp_path / "empty").mkdir()
    for out, message in (
        (tmp_path / "full", "holds something other than a prepared data set"),
        (shop, "lies within the source"),
        (shop / "data", "lies within the source"),
        (tmp_path / "file", "is a file"),
        (tmp_path / "file/data", "is a file"),
    ):
        with pytest.raises(OutputError, match=message):
            prepare([shop], out, PrepareConfig(), TAXONOMY, finder)
    prepare([shop], tmp_path / "empty", PrepareConfig(), TAXONOMY, finder)
    (tmp_path / "empty/crops").mkdir()
    prepare([shop], tmp_path / "empty", PrepareConfig(), TAXONOMY, finder)
    assert (tmp_path / "empty/crops").is_dir()


def test_an_output_that_may_not_be_written_is_refused(
    shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, finder: Finder
) -> None:
    monkeypatch.setattr("os.access", lambda path, mode: path != tmp_path)
    with pytest.raises(OutputError, match="cannot be written to"):
        prepare([shop], tmp_path / "data", PrepareConfig(), TAXONOMY, finder)


def test_a_taxonomy_is_started_from_the_folders(tmp_path: Path, finder: Finder) -> None:
    for number in range(4):
        paint(tmp_path / f"shop/train/Beryl/Emerald/Colombian/{number}.png", number)
        paint(tmp_path / f"shop/test/Beryl/Emerald/Zambian/{number}.png", 20 + number)
        paint(tmp_path / f"more/Ruby_red/{number}.png", 40 + number)
    manifest = prepare([tmp_path / "shop", tmp_path / "more"], tmp_path / "data", PrepareConfig(), None, finder)
    assert {row.label for row in manifest.rows} == {
        "beryl/emerald/colombian",
        "beryl/emerald/zambian",
        "ruby-red",
    }
    assert load_taxonomy(tmp_path / "data" / TAXONOMY_TO_EDIT) == manifest.taxonomy
    assert read_manifest(tmp_path / "data").taxonomy == manifest.taxonomy
    with pytest.raises(OutputError, match="there is a taxonomy already"):
        prepare([tmp_path / "shop"], tmp_path / "data", PrepareConfig(), None, finder)
    prepare(
        [tmp_path / "shop"], tmp_path / "data", PrepareConfig(), load_taxonomy(tmp_path / "data/taxonomy.yaml"), finder
    )


def test_the_command_says_what_it_prepared_and_what_comes_next(shop: Path, run: Run, tmp_path: Path) -> None:
    paint(shop / "Ruby/again.png", 0)
    write_taxonomy(TAXONOMY, tmp_path / "gems.yaml")
    result = run(shop, "--out", tmp_path / "my data", "--taxonomy", tmp_path / "gems.yaml")
    assert result.exit_code == 0, result.output
    assert result.output.splitlines() == [
        "41 pictures of 2 classes in 2 families",
        "  train              29",
        "  validation          6",
        "  test                6",
        "1 group of near-copies or photographs of one stone, the largest of 2 pictures",
        f"Next: gemhier train '{tmp_path}/my data'",
    ]


def test_the_command_does_not_send_to_a_training_that_would_refuse(shop: Path, run: Run, tmp_path: Path) -> None:
    result = run(shop, "--out", tmp_path / "data", "--validation-share", "0")
    assert result.output.splitlines()[-1] == (
        "Next: add pictures or raise --validation-share, for training needs some for validation and here are none."
    )


def test_the_command_passes_its_options_on(shop: Path, run: Run, tmp_path: Path) -> None:
    paint(shop / "Rubby/1.png", 1)
    shares = ("--validation-share", "0.3", "--test-share", "0")
    options = ("--skip-unknown", *shares, "--seed", "5", "--stone-pattern", "(?P<stone>x)")
    result = run(shop, "--out", tmp_path / "data", *options)
    assert result.exit_code == 0, result.output
    manifest = read_manifest(tmp_path / "data")
    assert manifest.info.config == {
        "validation_share": 0.3,
        "test_share": 0.0,
        "stone_pattern": "(?P<stone>x)",
        "skip_unknown": True,
        "finder": "network",
        "stone_threshold": 0.5,
        "seed": 5,
    }
    assert manifest.counts() == {"train": 28, "validation": 12, "test": 0, "leaking": 0, "unused": 0}


def test_the_command_fails_in_one_line(shop: Path, run: Run, tmp_path: Path) -> None:
    paint(shop / "Rubby/1.png", 1)
    (tmp_path / "circle.yaml").write_text(
        "format: 1\ngems:\n  beryl: {also: [corundum]}\n  corundum: {also: [beryl]}\n", encoding="utf-8"
    )
    (tmp_path / "file").touch()
    for arguments in (
        (shop,),
        (tmp_path / "nowhere",),
        (shop, "--taxonomy", tmp_path / "circle.yaml"),
        (shop, "--taxonomy", tmp_path / "nowhere.yaml"),
        (shop, "--stone-pattern", "("),
        (shop, "--validation-share", "1"),
    ):
        result = run(*arguments, "--out", tmp_path / "data")
        assert result.exit_code == 1
        assert result.output.startswith("Error: ")
        assert result.output.count("\n") == 1
        assert not (tmp_path / "data").exists()
    assert run(shop, "--out", tmp_path / "file/data").output.count("\n") == 1
    both = run(shop, "--out", tmp_path / "data", "--taxonomy", "gems.yaml", "--start-taxonomy")
    assert both.exit_code == 2


def test_folders_that_give_no_taxonomy(tmp_path: Path, finder: Finder) -> None:
    paint(tmp_path / "shop/1.png", 1)
    with pytest.raises(TaxonomyError):
        prepare([tmp_path / "shop"], tmp_path / "data", PrepareConfig(), None, finder)
    assert not (tmp_path / "data").exists()


def test_a_picture_without_a_stone_is_kept_whole_and_says_so(shop: Path, tmp_path: Path, finder: Finder) -> None:
    Image.new("RGB", (48, 40), "white").save(shop / "Ruby/plain.png")
    manifest = prepare([shop], tmp_path / "data", PrepareConfig(), TAXONOMY, finder)
    (row,) = (row for row in manifest.rows if row.image.endswith("plain.png"))
    assert (row.x, row.y, row.side, row.score) == (0, -4, 48, 0)


def test_the_command_takes_the_finder_of_a_file_of_a_bundle_or_of_the_model_in_use(
    shop: Path, tmp_path: Path, finder_file: Path, tiny_bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def prepared(*arguments: str | Path) -> str:
        command = ["prepare", shop, "--out", tmp_path / "data", *arguments]
        result = CliRunner().invoke(main, [str(argument) for argument in command])
        assert result.exit_code == 0, result.output
        return read_manifest(tmp_path / "data").digest

    monkeypatch.setenv("GEMHIER_MODEL", str(tmp_path / "nowhere"))
    by_file, by_bundle = prepared("--finder", finder_file), prepared("--finder", tiny_bundle)
    monkeypatch.setenv("GEMHIER_MODEL", str(tiny_bundle))
    assert by_file == by_bundle == prepared()
    assert (tmp_path / "data/finder.tflite").read_bytes() == finder_file.read_bytes()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nowhere.tflite", "nowhere.tflite: the stone finder cannot be read (No such file or directory)"),
        ("damaged.tflite", "damaged.tflite: The stone finder cannot be used. The network cannot be loaded"),
        ("shop", "finder.tflite: the stone finder cannot be read (No such file or directory)"),
    ],
)
def test_a_finder_that_cannot_be_used_ends_the_command_in_one_line(
    shop: Path, tmp_path: Path, name: str, message: str
) -> None:
    (tmp_path / "damaged.tflite").write_bytes(b"no network")
    arguments = ["prepare", str(shop), "--out", str(tmp_path / "data"), "--finder", str(tmp_path / name)]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 1
    assert message in result.output
    assert result.output.count("\n") == 1
    assert not (tmp_path / "data").exists()
