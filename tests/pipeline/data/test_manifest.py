import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gemhier.errors import BundleError, DataError, OutputError
from gemhier.hierarchy.node import Node
from gemhier.hierarchy.taxonomy import Taxonomy
from gemhier.models.images.finder import FILE as FINDER_FILE
from gemhier.pipeline.data.info import DataInfo, LeftOut, SeveralNames, SourceFolder
from gemhier.pipeline.data.manifest import (
    DATA_FILE,
    MANIFEST_FILE,
    SPLITS,
    TAXONOMY_FILE,
    Manifest,
    Row,
    is_prepared,
    read_manifest,
    require_images,
    write_manifest,
)

TAXONOMY = Taxonomy.from_nodes(
    [Node("beryl", "Beryl", "family"), Node("beryl/emerald", "Emerald", "variety"), Node("ruby", "Ruby", "family")]
)

ROW = Row(
    image="/photos/Emerald/1.jpg",
    x=-3,
    y=5,
    side=90,
    score=0.9375,
    label_given="Emerald",
    label="beryl/emerald",
    stone="gp1",
    group="0f",
    split="train",
    sha256="0f" * 32,
    width=100,
    height=80,
    source="photos",
)

FINDER = b"a stone finder"
"""The manifest keeps it, and only its user looks into it."""

INFO = DataInfo(
    config={"seed": 3},
    sources=(SourceFolder("photos", "/photos"),),
    left_out=(LeftOut("/photos/Emerald/2.jpg", "unreadable", "an empty file."),),
    several_names=(SeveralNames("0f", ("beryl/emerald", "ruby"), ("/photos/Emerald/1.jpg", "/photos/Ruby/1.jpg")),),
)


def manifest_of(folder: Path, *rows: Row) -> Manifest:
    return Manifest(folder=folder, rows=rows, taxonomy=TAXONOMY, info=INFO)


# No zero byte, which no path has.
names = st.text(st.characters(exclude_characters="\0", exclude_categories=()), max_size=8)

rows = st.builds(
    Row,
    image=names.map(lambda name: f"/photos/{name}"),
    x=st.integers(-1000, 1000),
    y=st.integers(-1000, 1000),
    side=st.integers(1, 1000),
    score=st.floats(0, 1),
    label_given=names,
    label=st.sampled_from(list(TAXONOMY.nodes)),
    stone=names,
    group=st.text("0123456789abcdef", min_size=1, max_size=16),
    split=st.sampled_from(SPLITS),
    sha256=st.text("0123456789abcdef", min_size=64, max_size=64),
    width=st.integers(1, 5000),
    height=st.integers(1, 5000),
    source=names.map(lambda name: f"s{name}"),
)


@given(st.lists(rows, max_size=4).filter(lambda found: all(_is_file_name(row) for row in found)))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_written_is_read(tmp_path: Path, found: list[Row]) -> None:
    manifest = manifest_of(tmp_path / "data", *found)
    write_manifest(manifest, FINDER)
    assert read_manifest(tmp_path / "data") == manifest


def _is_file_name(row: Row) -> bool:
    """Whether all its names can be bytes on a disk: of surrogates, only those that stand for odd bytes."""
    try:
        text = row.image + row.label_given + row.stone + row.source
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape") == text
    except UnicodeEncodeError:
        return False


def test_writing_again_replaces_and_leaves_nothing_else(tmp_path: Path) -> None:
    write_manifest(manifest_of(tmp_path, ROW), FINDER)
    write_manifest(manifest_of(tmp_path, replace(ROW, split="test")), FINDER)
    assert read_manifest(tmp_path).counts() == {"train": 0, "validation": 0, "test": 1, "leaking": 0, "unused": 0}
    assert {path.name for path in tmp_path.iterdir()} == {MANIFEST_FILE, TAXONOMY_FILE, DATA_FILE, FINDER_FILE}


def test_the_digest_does_not_depend_on_place_or_order(tmp_path: Path) -> None:
    other = replace(ROW, image="/photos/Ruby/1.jpg", label="ruby", sha256="1f" * 32)
    digest = manifest_of(tmp_path, ROW, other).digest
    assert manifest_of(tmp_path / "other", replace(other, image="/moved/1.jpg", source="moved"), ROW).digest == digest
    for changed in ({"label": "ruby"}, {"split": "test"}, {"x": 0}, {"side": 91}, {"sha256": "2f" * 32}):
        assert manifest_of(tmp_path, replace(ROW, **changed), other).digest != digest


def test_splits_and_the_label_space(tmp_path: Path) -> None:
    test_row = replace(ROW, label="ruby", split="test")
    manifest = manifest_of(tmp_path, ROW, test_row)
    assert manifest.split("test") == (test_row,)
    assert manifest.split("leaking") == ()
    assert manifest.label_space.labels == ("beryl/emerald",)
    with pytest.raises(ValueError, match="'holdout'"):
        manifest.split("holdout")
    with pytest.raises(DataError, match="no picture is in the split train"):
        _ = manifest_of(tmp_path, test_row).label_space


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("x", "left"),
        ("y", "1.5"),
        ("side", "0"),
        ("score", "1.01"),
        ("score", "-0.5"),
        ("score", "nan"),
        ("score", "sure"),
        ("width", "-4"),
        ("height", ""),
        ("label", "beryl/saphire"),
        ("group", ""),
        ("split", "holdout"),
        ("sha256", "0f"),
        ("image", "photos/1.jpg"),
        ("source", ""),
    ],
)
def test_a_damaged_cell_is_named_by_line_and_column(tmp_path: Path, column: str, cell: str) -> None:
    write_manifest(manifest_of(tmp_path, ROW, replace(ROW, **{column: cell})), FINDER)  # type: ignore[arg-type]
    with pytest.raises(DataError, match=f"manifest.csv: line 3, column {column}: {cell!r}") as caught:
        read_manifest(tmp_path)
    assert "\n" not in str(caught.value)


def test_a_damaged_table(tmp_path: Path) -> None:
    write_manifest(manifest_of(tmp_path, ROW, ROW), FINDER)
    path = tmp_path / MANIFEST_FILE
    whole = path.read_text()
    for damaged, message in (
        (whole.replace("label_given", "given"), "line 1 must name the columns image,x,y"),
        ("", "line 1 must name the columns"),
        (whole + "/photos/3.jpg,1,2\n", "line 4 has 3 columns instead of 14"),
        (whole[: whole.rindex("/photos")], "changed or cut short"),
        (whole + '"', "line 4 is not CSV"),
    ):
        path.write_text(damaged)
        with pytest.raises(DataError, match=message):
            read_manifest(tmp_path)


def test_a_folder_that_is_no_data_set(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"data\.json: no such file, so this is not a prepared data set"):
        read_manifest(tmp_path)
    assert not is_prepared(tmp_path)
    for text, message in (("{", "damaged JSON"), ("[]", "not written by"), ('{"format": "other"}', "not written by")):
        (tmp_path / DATA_FILE).write_text(text)
        assert not is_prepared(tmp_path)
        with pytest.raises(DataError, match=message):
            read_manifest(tmp_path)


def test_damage_beside_the_table(tmp_path: Path) -> None:
    write_manifest(manifest_of(tmp_path, ROW), FINDER)
    data = json.loads((tmp_path / DATA_FILE).read_text())
    for changed, message in (
        ({"format_version": 1}, "format version 1, this gemhier reads 2. Run `gemhier prepare` again"),
        ({"format_version": 3}, "format version 3, this gemhier reads 2"),
        ({"sources": [{"name": "photos"}]}, "damaged"),
        ({"left_out": None}, "damaged"),
    ):
        (tmp_path / DATA_FILE).write_text(json.dumps(data | changed))
        assert is_prepared(tmp_path)
        with pytest.raises(DataError, match=message):
            read_manifest(tmp_path)
    (tmp_path / DATA_FILE).write_text(json.dumps(data))
    taxonomy = json.loads((tmp_path / TAXONOMY_FILE).read_text())
    taxonomy["nodes"][0]["name"] = "Beryls"
    (tmp_path / TAXONOMY_FILE).write_text(json.dumps(taxonomy))
    with pytest.raises(DataError, match=r"taxonomy\.json: changed"):
        read_manifest(tmp_path)
    (tmp_path / TAXONOMY_FILE).write_text("[]")
    with pytest.raises(DataError, match=r"taxonomy\.json: damaged"):
        read_manifest(tmp_path)


def test_moved_pictures_are_missed_by_name(tmp_path: Path) -> None:
    here = tmp_path / "1.jpg"
    here.touch()
    require_images([replace(ROW, image=str(here))])
    with pytest.raises(
        DataError, match=r"1 of 2 pictures are missing, the first was expected at /photos/Emerald/1.jpg"
    ):
        require_images([replace(ROW, image=str(here)), ROW])


def test_a_folder_that_cannot_be_written_is_left_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="cannot be written"):
        write_manifest(manifest_of(tmp_path / "file" / "data", ROW), FINDER)

    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    write_manifest(manifest_of(tmp_path / "old", ROW), FINDER)
    monkeypatch.setattr(Path, "write_bytes", fail)
    with pytest.raises(OutputError, match="No space left on device"):
        write_manifest(manifest_of(tmp_path / "new" / "data", ROW), FINDER)
    assert not (tmp_path / "new").exists()
    with pytest.raises(OutputError, match="No space left on device"):
        write_manifest(manifest_of(tmp_path / "old", replace(ROW, split="test")), FINDER)
    assert read_manifest(tmp_path / "old").rows == (ROW,)
    assert len(list((tmp_path / "old").iterdir())) == 4


def test_a_taxonomy_cut_short_is_said_once(tmp_path: Path) -> None:
    write_manifest(manifest_of(tmp_path, ROW), FINDER)
    (tmp_path / TAXONOMY_FILE).write_text('{"format": ')
    with pytest.raises(DataError, match=r"taxonomy\.json: damaged JSON") as caught:
        read_manifest(tmp_path)
    assert str(caught.value).count("Run `gemhier prepare` again") == 1


def test_the_finder_is_kept_beside_the_table(tmp_path: Path, tiny_finder: bytes) -> None:
    write_manifest(manifest_of(tmp_path, ROW), tiny_finder)
    assert (tmp_path / FINDER_FILE).read_bytes() == tiny_finder
    assert read_manifest(tmp_path).finder.content == tiny_finder


def test_a_finder_that_is_missing_or_damaged_is_missed_when_it_is_needed(tmp_path: Path) -> None:
    write_manifest(manifest_of(tmp_path, ROW), FINDER)
    with pytest.raises(BundleError, match=r"finder\.tflite: The stone finder cannot be used\.") as caught:
        _ = read_manifest(tmp_path).finder
    assert "\n" not in str(caught.value)
    (tmp_path / FINDER_FILE).unlink()
    with pytest.raises(BundleError, match=r"finder\.tflite: the stone finder cannot be read \(No such file"):
        _ = read_manifest(tmp_path).finder
