import errno
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from gemhier.cli import main
from gemhier.errors import OutputError
from gemhier.hierarchy.taxonomy_file import load_taxonomy
from gemhier.models.images.decode import read_image
from gemhier.models.images.finder import Finder
from gemhier.pipeline import sample
from gemhier.pipeline.prepare import PrepareConfig, prepare
from gemhier.pipeline.sample import TINY, SampleConfig, paint_sample
from gemhier.pipeline.synthetic.gems.image import SMALLEST
from gemhier.pipeline.synthetic.gems.looks import LOOKS

QUICK = SampleConfig(per_class=4, size=SMALLEST, classes=("Pearl", "Ruby"), copies=False)


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def stones(folder: Path) -> set[str]:
    return {path.name.partition("-")[0] for path in folder.rglob("*.jpg")}


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("samples") / "tiny"
    paint_sample(folder, replace(TINY, copies=True))
    return folder


def test_pictures_lie_in_class_folders_below_train_and_test(tiny: Path) -> None:
    for split in ("train", "test"):
        assert {path.name for path in (tiny / split).iterdir()} == set(TINY.classes)
    names = [path.name for path in tiny.rglob("*.jpg")]
    assert all(re.fullmatch(r"gp\d{5}-[1-4]\.jpg", name) for name in names)
    assert read_image(next(tiny.rglob("*.jpg"))).shape == (TINY.size, TINY.size, 3)


@pytest.mark.parametrize("per_class", [2, 3, 4, 5, 6, 15, 22])
def test_each_class_has_as_many_pictures_as_asked_for_and_some_to_test_with(per_class: int, tmp_path: Path) -> None:
    summary = paint_sample(tmp_path / "set", replace(QUICK, per_class=per_class))
    for name in QUICK.classes:
        train, test = (len(list((tmp_path / "set" / split / name).iterdir())) for split in ("train", "test"))
        assert train + test == per_class
        assert 1 <= test <= max(1, per_class * 0.4)
    assert summary.train + summary.test == per_class * len(QUICK.classes)
    assert summary.stones == len(stones(tmp_path / "set"))


def test_no_stone_is_both_in_train_and_in_test(tiny: Path) -> None:
    assert not stones(tiny / "train") & stones(tiny / "test")


def test_some_stones_have_several_views_numbered_from_1(tiny: Path) -> None:
    views: dict[str, list[int]] = {}
    for path in tiny.rglob("*.jpg"):
        stone, _, view = path.stem.partition("-")
        views.setdefault(stone, []).append(int(view))
    assert all(sorted(numbers) == list(range(1, len(numbers) + 1)) for numbers in views.values())
    assert max(map(len, views.values())) > 1


def test_the_same_settings_paint_the_same_files(tmp_path: Path) -> None:
    for name in ("first", "second"):
        paint_sample(tmp_path / name, QUICK)
    assert files(tmp_path / "first") == files(tmp_path / "second")


def test_another_seed_paints_other_stones(tmp_path: Path) -> None:
    for seed in (0, 1):
        paint_sample(tmp_path / str(seed), replace(QUICK, seed=seed))
    first, second = (set(files(tmp_path / name).values()) for name in ("0", "1"))
    assert not first & second


def test_the_built_in_taxonomy_knows_every_class() -> None:
    taxonomy = load_taxonomy()
    nodes = [taxonomy.resolve(name) for name in LOOKS]
    assert len({node.id for node in nodes}) == len(LOOKS)
    assert not any(node.excluded for node in nodes)


def test_the_classes_make_families_large_and_small_a_region_and_a_label_within_the_tree() -> None:
    taxonomy = load_taxonomy()
    nodes = {name: taxonomy.resolve(name) for name in SampleConfig().classes}
    labels = [node.family for node in nodes.values()]
    assert len(set(labels)) >= 8
    assert {labels.count(family) for family in labels} >= {1, 2, 3, 4}
    assert "region" in {node.rank for node in nodes.values()}
    assert nodes["Emerald"].id in taxonomy.ancestors(nodes["Colombian Emerald"].id)


def test_copies_are_listed_and_are_what_the_list_says(tiny: Path) -> None:
    table = (tiny / "README.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| (t\S+/.+\.jpg) \| (t\S+/.+\.jpg) \| (.+) \|$", table, flags=re.MULTILINE)
    assert [kind for _, _, kind in listed] == [
        "same bytes",
        "mirrored",
        "smaller, JPEG quality 60",
        "same bytes, under another class",
    ]
    for copy, original, kind in listed:
        if kind.startswith("same bytes"):
            assert (tiny / copy).read_bytes() == (tiny / original).read_bytes()
            assert (Path(copy).parent.name != Path(original).parent.name) == ("another class" in kind)
            continue
        first, second = read_image(tiny / original).astype(int), read_image(tiny / copy).astype(int)
        if kind == "mirrored":
            assert np.abs(first - second[:, ::-1]).mean() < 4
        else:
            assert len(second) < len(first)
        assert (copy.partition("/")[0], original.partition("/")[0]) == ("test", "train")


def test_preparing_a_sample_finds_its_stones_and_splits(tiny: Path, finder: Finder, tmp_path: Path) -> None:
    manifest = prepare([tiny], tmp_path / "data", PrepareConfig(), load_taxonomy(), finder)
    assert len(manifest.rows) == len(list(tiny.rglob("*.jpg")))
    assert {row.label for row in manifest.rows} == {load_taxonomy().resolve(name).id for name in TINY.classes}
    assert len({row.stone for row in manifest.rows}) == len(stones(tiny))
    assert "leaking" in {row.split for row in manifest.rows}


def test_a_folder_with_something_in_it_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(OutputError, match=r": not empty\. Name a new folder") as refusal:
        paint_sample(tmp_path, QUICK)
    assert "\n" not in str(refusal.value)
    assert files(tmp_path) == {"notes.txt": b"mine"}


def test_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "set").write_bytes(b"")
    with pytest.raises(OutputError, match="a file, not a folder"):
        paint_sample(tmp_path / "set", QUICK)


def test_an_empty_folder_is_filled_and_stays_the_same_folder(tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    before = (tmp_path / "set").stat().st_ino
    paint_sample(tmp_path / "set", QUICK)
    assert (tmp_path / "set").stat().st_ino == before
    assert {path.name for path in (tmp_path / "set").iterdir()} == {"README.md", "test", "train"}


def test_a_place_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError, match=r"cannot be written \(.+\)\. Choose another folder\.$"):
        paint_sample(tmp_path / "file" / "set", QUICK)


@pytest.mark.parametrize("is_there", [False, True])
@pytest.mark.parametrize("problem", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()])
def test_after_an_error_nothing_is_left(
    problem: BaseException, is_there: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, view: int, **__: object) -> object:
        if view == 2:
            raise problem
        return np.zeros((SMALLEST, SMALLEST, 3), np.uint8)

    monkeypatch.setattr(sample, "paint_stone", fail)
    if is_there:
        (tmp_path / "set").mkdir()
    with pytest.raises((OutputError, KeyboardInterrupt)):
        paint_sample(tmp_path / "set", QUICK)
    assert [path.name for path in tmp_path.rglob("*")] == (["set"] if is_there else [])


@pytest.mark.parametrize(
    "wrong",
    [
        {"per_class": 1},
        {"size": SMALLEST - 1},
        {"seed": -1},
        {"classes": ()},
        {"classes": ("Ruby", "Ruby")},
        {"classes": ("Kryptonite",)},
    ],
)
def test_settings_that_make_no_sample_are_a_coders_mistake(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="Received: "):
        replace(QUICK, **wrong)  # type: ignore[arg-type]


def test_the_command_paints_and_says_what_comes_next(tmp_path: Path) -> None:
    folder = tmp_path / "my set"
    result = CliRunner().invoke(main, ["sample", str(folder), "--per-class", "2", "--size", "32", "--seed", "5"])
    assert result.exit_code == 0
    assert result.output.splitlines()[0].startswith("Painted 40 stones of 20 gems: 22 pictures to train with and 22 ")
    assert result.output.splitlines()[-1] == f"Next: gemhier prepare '{folder}' --out data"
    assert len(list(folder.rglob("*.jpg"))) == 44


def test_the_command_refuses_a_folder_in_use_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_bytes(b"")
    result = CliRunner().invoke(main, ["sample", str(tmp_path)])
    assert result.exit_code == 1
    assert result.stderr == f"Error: {tmp_path}: not empty. Name a new folder, or remove this one first.\n"
