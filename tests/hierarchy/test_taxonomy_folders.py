"""A first taxonomy from folders of pictures."""

from pathlib import Path

import pytest

from gemhier.errors import TaxonomyError
from gemhier.hierarchy.taxonomy_file import load_taxonomy, write_taxonomy
from gemhier.hierarchy.taxonomy_folders import taxonomy_from_folders


def images(folder: Path, *classes: str) -> Path:
    """A folder in which each class folder holds one file."""
    for name in classes:
        (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / name / "1.jpg").touch()
    return folder


def test_folders_become_families_varieties_and_regions(tmp_path: Path) -> None:
    taxonomy = taxonomy_from_folders(images(tmp_path, "Beryl/Emerald/Colombia", "Beryl/Aquamarine", "Tiger's Eye"))
    assert [(node.id, node.name, node.rank) for node in taxonomy.nodes.values()] == [
        ("beryl", "Beryl", "family"),
        ("beryl/aquamarine", "Aquamarine", "variety"),
        ("beryl/emerald", "Emerald", "variety"),
        ("beryl/emerald/colombia", "Colombia", "region"),
        ("tigers-eye", "Tiger's Eye", "family"),
    ]


def test_every_folder_resolves_to_its_node(tmp_path: Path) -> None:
    classes = ["Opal/Black_Opal", "Opal/White Opal/Coober Pedy", "Lapis Lazuli", "Opal", "Émeraude", "fools__gold"]
    taxonomy = taxonomy_from_folders(images(tmp_path, *classes))
    for name in classes:
        assert taxonomy.resolve(name) == taxonomy.resolve(name.rpartition("/")[2])
    assert taxonomy.resolve("Émeraude").id == "emeraude"


def test_the_names_of_splits_are_looked_through(tmp_path: Path) -> None:
    images(tmp_path, "train/Ruby", "train/Opal/White", "test/ruby", "Validation/RUBY", "test/Opal")
    assert sorted(taxonomy_from_folders(tmp_path).nodes) == ["opal", "opal/white", "ruby"]


def test_a_name_that_comes_twice_is_told_apart_by_the_name_above(tmp_path: Path) -> None:
    taxonomy = taxonomy_from_folders(images(tmp_path, "Beryl/Emerald/India", "Corundum/Ruby/India", "Corundum/Star"))
    assert taxonomy["beryl/emerald/india"].name == "India Emerald"
    assert taxonomy["corundum/ruby/india"].name == "India Ruby"
    assert taxonomy["corundum/star"].name == "Star"


def test_hidden_and_empty_folders_are_left_out(tmp_path: Path) -> None:
    images(tmp_path, "Opal", ".cache/Opal", "__MACOSX/Opal", "Opal/.thumbnails")
    (tmp_path / "Empty" / "Deep").mkdir(parents=True)
    (tmp_path / "Hidden").mkdir()
    (tmp_path / "Hidden" / ".DS_Store").touch()
    (tmp_path / "labels.csv").touch()
    assert list(taxonomy_from_folders(tmp_path).nodes) == ["opal"]


def test_linked_folders_count_unless_they_lead_back(tmp_path: Path) -> None:
    images(tmp_path / "elsewhere", "White")
    images(tmp_path / "gems", "Opal")
    (tmp_path / "gems" / "Opal" / "White").symlink_to(tmp_path / "elsewhere" / "White")
    (tmp_path / "gems" / "Opal" / "Again").symlink_to(tmp_path / "gems")
    assert list(taxonomy_from_folders(tmp_path / "gems").nodes) == ["opal", "opal/white"]


def test_it_can_be_written_and_edited(tmp_path: Path) -> None:
    taxonomy = taxonomy_from_folders(images(tmp_path / "gems", "Beryl/Emerald/Colombia", "नीलम 1", "No/Yes/1"))
    write_taxonomy(taxonomy, tmp_path / "gems.yaml")
    assert load_taxonomy(tmp_path / "gems.yaml") == taxonomy


@pytest.mark.parametrize(
    ("classes", "words"),
    [
        ([], "no folder in it holds files"),
        (["train"], "no folder in it holds files"),
        (["नीलम"], "Rename it with Latin letters or digits"),
        (["नीलम a", "a"], "give one id, `a`. Rename one of them"),
    ],
)
def test_folders_without_an_id_of_their_own_are_refused(tmp_path: Path, classes: list[str], words: str) -> None:
    with pytest.raises(TaxonomyError, match=words):
        taxonomy_from_folders(images(tmp_path, *classes))


def test_spellings_of_one_name_become_one(tmp_path: Path) -> None:
    taxonomy = taxonomy_from_folders(images(tmp_path, "Opal 1", "Opal-1/White", "Opals (1)", "opál 1!/Black"))
    assert sorted(taxonomy.nodes) == ["opal-1", "opal-1/black", "opal-1/white"]


def test_a_missing_folder_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(TaxonomyError, match="not a folder that can be read"):
        taxonomy_from_folders(tmp_path / "missing")
