from pathlib import Path

import pytest

from gemhier.errors import DataError
from gemhier.hierarchy.node import Node
from gemhier.hierarchy.taxonomy import Taxonomy
from gemhier.hierarchy.taxonomy_folders import taxonomy_from_folders
from gemhier.pipeline.data.sources import read_sources, resolve_labels, unknown_labels_error

TAXONOMY = Taxonomy.from_nodes(
    [
        Node("corundum", "Corundum", "family"),
        Node("corundum/ruby", "Ruby", "variety"),
        Node("corundum/ruby/burmese", "Burmese Ruby", "region"),
        Node("corundum/sapphire", "Sapphire", "variety"),
        Node("corundum/sapphire/burmese", "Burmese Sapphire", "region"),
        Node("corundum/sapphire/padparadscha", "Padparadscha", "trade"),
        Node("other", "Other", "family"),
        Node("other/navratna", "Navratna", "trade", excluded="a set of nine different stones"),
    ]
)


def put(root: Path, *files: str) -> Path:
    for file in files:
        path = root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return root


def test_class_folders_with_splits_nested_classes_and_other_files(tmp_path: Path) -> None:
    root = put(
        tmp_path / "shop",
        "train/Ruby/1.jpg",
        "train/Ruby/.hidden.jpg",
        "train/Ruby/notes.txt",
        "Test/Ruby/2.JPEG",
        "valid/corundum/ruby/burmese/3.png",
        "Sapphire/4.webp",
        ".cache/Ruby/5.jpg",
    )
    (source,) = read_sources([root])
    assert (source.name, source.root) == ("shop", root)
    assert [(image.label_given, image.official, image.path.name) for image in source.images] == [
        ("Sapphire", "", "4.webp"),
        ("Ruby", "test", "2.JPEG"),
        ("Ruby", "train", "1.jpg"),
        ("corundum/ruby/burmese", "validation", "3.png"),
    ]
    assert source.others == (root / "train/Ruby/notes.txt",)


def test_a_single_class_folder_and_folders_of_one_name(tmp_path: Path) -> None:
    first, second = put(tmp_path / "a/Ruby", "1.jpg"), put(tmp_path / "b/Ruby", "1.jpg")
    sources = read_sources([first, second])
    assert [source.name for source in sources] == ["Ruby", "Ruby-2"]
    assert [source.images[0].label_given for source in sources] == ["Ruby", "Ruby"]
    assert [source.images[0].source for source in sources] == ["Ruby", "Ruby-2"]


def test_a_relative_folder_gives_absolute_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path / "shop", "Ruby/1.jpg")
    monkeypatch.chdir(tmp_path)
    assert read_sources([Path("shop")])[0].images[0].path == tmp_path / "shop/Ruby/1.jpg"


def test_links_are_followed_but_not_in_a_circle(tmp_path: Path) -> None:
    put(tmp_path / "elsewhere", "1.jpg")
    root = put(tmp_path / "shop", "Ruby/2.jpg")
    (root / "Sapphire").symlink_to(tmp_path / "elsewhere")
    (root / "Ruby/all").symlink_to(root)
    (source,) = read_sources([root])
    assert [image.label_given for image in source.images] == ["Ruby", "Sapphire"]


def test_sources_that_cannot_be_read(tmp_path: Path) -> None:
    root = put(tmp_path / "shop", "Ruby/1.jpg")
    empty = put(tmp_path / "empty", "Ruby/notes.txt")
    for folders, message in (
        ([tmp_path / "nowhere"], "nowhere: no such folder"),
        ([root / "Ruby/1.jpg"], "1.jpg: not a folder"),
        ([empty], "empty: no pictures"),
        ([root, root / "Ruby"], "lies within"),
        ([root, root / "../shop"], "lies within"),
    ):
        with pytest.raises(DataError, match=message):
            read_sources(folders)


def test_a_folder_that_may_not_be_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = put(tmp_path / "shop", "Ruby/1.jpg")

    def refuse(folder: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", refuse)
    with pytest.raises(DataError, match=r"shop: cannot be listed \(Permission denied\)"):
        read_sources([root])


@pytest.mark.parametrize(
    ("name", "node"),
    [
        ("Ruby", "corundum/ruby"),
        ("rubies", "corundum/ruby"),
        ("corundum/ruby/burmese", "corundum/ruby/burmese"),
        ("Sapphire/Burmese", "corundum/sapphire/burmese"),
        ("transparent/Sapphire/Burmese", "corundum/sapphire/burmese"),
        ("transparent/Ruby", "corundum/ruby"),
        ("Corundum/gem quality/Padparadscha", "corundum/sapphire/padparadscha"),
        ("Navratna", "other/navratna"),
    ],
)
def test_what_names_mean(name: str, node: str) -> None:
    resolved = resolve_labels([name, name], TAXONOMY)
    assert {given: found.id for given, found in resolved.nodes.items()} == {name: node}
    assert not resolved.unknown


@pytest.mark.parametrize("name", ["Rubbish", "Burmese", "Ruby/Padparadscha", "Ruby/faceted", "Ruby/Sapphire"])
def test_names_that_are_unknown_ambiguous_or_in_the_wrong_folder(name: str) -> None:
    resolved = resolve_labels([name], TAXONOMY)
    assert not resolved.nodes
    assert list(resolved.unknown) == [name]


def test_the_error_names_the_first_unknown_folders_and_what_is_near() -> None:
    names = ["Rubby", "Ruby/Padparadscha", "Burmese", *(f"zzz{number}" for number in range(6))]
    error = str(unknown_labels_error(resolve_labels(names, TAXONOMY).unknown))
    assert error.startswith("9 class folders have names that the taxonomy does not know. ")
    assert "Rubby: No gem is called 'Rubby'; nearest: Ruby" in error
    assert "Ruby/Padparadscha: corundum/sapphire/padparadscha lies in a folder 'Ruby'" in error
    assert "zzz1" in error
    assert "zzz2" not in error
    assert "; and 4 more. Add an alias to a taxonomy file (--taxonomy), start a taxonomy from" in error
    assert str(unknown_labels_error({"zzz": "No."})).startswith("1 class folder has a name that")


def test_a_taxonomy_from_folders_looks_through_the_same_split_folders(tmp_path: Path) -> None:
    root = put(
        tmp_path / "shop", "Training Data/Ruby/1.jpg", "all/test_set/Ruby/2.jpg", "Opal/holdout/3.jpg", "dev/Opal/4.jpg"
    )
    taxonomy = taxonomy_from_folders(root)
    (source,) = read_sources([root])
    assert set(taxonomy.nodes) == {"ruby", "opal", "all", "all/ruby"}
    for image in source.images:
        assert image.official
        assert taxonomy.resolve(image.label_given)


@pytest.mark.parametrize(
    ("folder", "split"),
    [
        ("training_set", "train"),
        ("Train_set", "train"),
        ("Training Data", "train"),
        ("train_images", "train"),
        ("train ", "train"),
        ("images-train", "train"),
        ("TrainSet", "train"),
        ("testset", "test"),
        ("test_set", "test"),
        ("testing", "test"),
        ("holdout", "test"),
        ("hold-out", "test"),
        ("held_out", "test"),
        ("eval", "test"),
        ("dev", "validation"),
        ("valid", "validation"),
        ("val2017", "validation"),
        ("VALIDATION_01", "validation"),
    ],
)
def test_other_names_of_splits(tmp_path: Path, folder: str, split: str) -> None:
    root = put(tmp_path / "shop", f"{folder}/Ruby/1.jpg", "Opal/2.jpg")
    (source,) = read_sources([root])
    found = {image.label_given: image.official for image in source.images}
    assert found == {"Ruby": split, "Opal": ""}
    said = [note.note for note in source.notes]
    assert said == ([] if folder in ("testing", "valid") else [f"taken for the split {split}"])


@pytest.mark.parametrize("folder", ["my test", "trainval", "train_val", "Ruby test", "final-eval"])
def test_a_folder_that_only_sounds_like_a_split_is_said(tmp_path: Path, folder: str) -> None:
    root = put(tmp_path / "shop", f"{folder}/Ruby/1.jpg", f"{folder}/Ruby/2.jpg", "Opal/2.jpg")
    (source,) = read_sources([root])
    assert all(not image.official for image in source.images)
    (note,) = source.notes
    assert (note.folder, note.pictures) == (str(root / folder), 2)
    assert "sounds like a split, but was taken for a class" in note.note


@pytest.mark.parametrize("folder", ["Contest", "Valentinite", "Devonian", "Testudo", "Strain", "Evaluated"])
def test_a_class_folder_is_no_split(tmp_path: Path, folder: str) -> None:
    (source,) = read_sources([put(tmp_path / "shop", f"{folder}/1.jpg", "Opal/2.jpg")])
    assert sorted(image.label_given for image in source.images) == sorted([folder, "Opal"])
    assert not source.notes


def test_sources_that_are_splits_themselves(tmp_path: Path) -> None:
    root = put(tmp_path / "shop", "train/Ruby/1.jpg", "test_set/Ruby/2.jpg", "more/Ruby/3.jpg")
    sources = read_sources([root / "train", root / "test_set", root / "more"])
    assert [source.images[0].official for source in sources] == ["train", "test", ""]
    assert [note.note for source in sources for note in source.notes] == [
        "taken for the split train",
        "taken for the split test",
    ]
    (alone,) = read_sources([root / "test_set"])
    assert alone.images[0].official == ""


def test_pictures_in_no_class_folder_are_said_with_their_folder(tmp_path: Path) -> None:
    root = put(tmp_path / "Ruby", "train/1.jpg", "train/Opal/2.jpg", "3.jpg", "4.jpg")
    (source,) = read_sources([root])
    assert sorted(source.loose) == [root, root / "train"]
    said = "in no class folder, and so taken for Ruby, as the source is called"
    assert sorted((note.folder, note.pictures, note.note) for note in source.notes) == [
        (str(root), 2, said),
        (str(root / "train"), 1, said),
    ]


def test_what_tells_of_the_pictures_is_no_missing_picture(tmp_path: Path) -> None:
    root = put(tmp_path / "shop", "README.md", "LICENSE", "Ruby/readme.txt", "Ruby/1.jpg", "Ruby/2.xcf")
    (source,) = read_sources([root])
    assert source.others == (root / "Ruby/2.xcf",)


def test_a_folder_without_pictures_is_named_as_it_was_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    put(tmp_path, "photos/notes.txt")
    with pytest.raises(DataError, match=r"^photos: no pictures in it"):
        read_sources([Path("photos")])
