from pathlib import Path

import pytest

from gemhier.errors import DataError
from gemhier.hierarchy.node import Node
from gemhier.hierarchy.taxonomy import Taxonomy
from gemhier.hierarchy.taxonomy_folders import SPLIT_FOLDERS as LOOKED_THROUGH
from gemhier.pipeline.data.sources import SPLIT_FOLDERS, read_sources, resolve_labels, unknown_labels_error

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
    assert [(picture.label_given, picture.official, picture.path.name) for picture in source.pictures] == [
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
    assert [source.pictures[0].label_given for source in sources] == ["Ruby", "Ruby"]
    assert [source.pictures[0].source for source in sources] == ["Ruby", "Ruby-2"]


def test_a_relative_folder_gives_absolute_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path / "shop", "Ruby/1.jpg")
    monkeypatch.chdir(tmp_path)
    assert read_sources([Path("shop")])[0].pictures[0].path == tmp_path / "shop/Ruby/1.jpg"


def test_links_are_followed_but_not_in_a_circle(tmp_path: Path) -> None:
    put(tmp_path / "elsewhere", "1.jpg")
    root = put(tmp_path / "shop", "Ruby/2.jpg")
    (root / "Sapphire").symlink_to(tmp_path / "elsewhere")
    (root / "Ruby/all").symlink_to(root)
    (source,) = read_sources([root])
    assert [picture.label_given for picture in source.pictures] == ["Ruby", "Sapphire"]


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
    assert "Rubby: No gem is called 'Rubby'; the nearest are Ruby" in error
    assert "Ruby/Padparadscha: corundum/sapphire/padparadscha lies in a folder 'Ruby'" in error
    assert "zzz1" in error
    assert "zzz2" not in error
    assert "; and 4 more. Add an alias to a taxonomy file (--taxonomy), or leave" in error
    assert str(unknown_labels_error({"zzz": "No."})).startswith("1 class folder has a name that")


def test_a_taxonomy_from_folders_looks_through_the_same_split_folders() -> None:
    assert set(SPLIT_FOLDERS) == LOOKED_THROUGH


def test_a_folder_without_pictures_is_named_as_it_was_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    put(tmp_path, "photos/notes.txt")
    with pytest.raises(DataError, match=r"^photos: no pictures in it"):
        read_sources([Path("photos")])
