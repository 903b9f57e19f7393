"""The comparison with gemmologists looks at their classes alone, on painted pictures."""

import importlib.util
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest
from click.testing import CliRunner

from gemhier.errors import DataError
from gemhier.hierarchy.taxonomy_file import load_taxonomy
from gemhier.pipeline.data.manifest import Manifest, read_manifest, write_manifest
from gemhier.pipeline.data.sources import resolve_labels


@pytest.fixture
def script() -> ModuleType:
    """The benchmark as a module."""
    path = Path(__file__).parents[2] / "benchmarks" / "gemmologists.py"
    spec = importlib.util.spec_from_file_location("gemmologists", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def data(script: ModuleType, tiny_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Manifest:
    """Painted stones, their validation pictures as official test ones; the first of each class leaks.

    Nobody was asked about two of the classes.
    """
    monkeypatch.setattr(script, "LEFT_OUT", ("Colombian Emerald", "Corundum/Ruby"))
    whole = read_manifest(tiny_data)
    splits = {f"-{number}.": "leaking" if number == 8 else "test" for number in range(8, 12)}
    rows = tuple(
        replace(row, split=next((split for ending, split in splits.items() if ending in row.image), "train"))
        for row in whole.rows
    )
    changed = replace(whole, folder=tmp_path / "data", rows=rows)
    write_manifest(changed, whole.finder.content)
    return read_manifest(changed.folder)


def test_only_their_classes_are_looked_at_and_can_be_named(script: ModuleType, data: Manifest) -> None:
    labelled, restriction = script.asked_about(data)
    asked = ["beryl/aquamarine", "beryl/emerald", "corundum/sapphire", "quartz"]
    assert sorted({image.label for image in labelled.images}) == asked
    assert len(labelled.images) == 4 * 3  # without the leaking ones
    assert restriction.only == tuple(asked)
    # What stands below emerald would come with it.
    assert restriction.without == ("beryl/emerald/colombian", "corundum/ruby")


def test_the_table_has_the_model_beside_what_was_published(
    script: ModuleType, data: Manifest, tiny_bundle: Path
) -> None:
    shown = CliRunner().invoke(script.main, [str(data.folder), "--model", str(tiny_bundle)])
    assert shown.exit_code == 0, shown.output
    counted, _, head, _, fused, flat, *published = shown.stdout.splitlines()
    assert counted == "12 pictures of 12 stones, 4 classes"
    assert head.startswith("| named by | top-1 (95% interval) |")
    assert fused.startswith("| tiny-1, fused | 1.000 (0.758")  # Wilson's interval of 12 out of 12
    assert flat.startswith("| tiny-1, flat | ")
    assert "three gemmologists" in published[0]


def test_data_without_their_test_pictures_is_refused(script: ModuleType, tiny_data: Path) -> None:
    with pytest.raises(DataError, match="no test picture of the classes"):
        script.asked_about(read_manifest(tiny_data))


def test_the_classes_that_are_left_out_are_19_gems(script: ModuleType) -> None:
    found = resolve_labels(script.LEFT_OUT, load_taxonomy())
    assert not found.unknown
    assert len({node.id for node in found.nodes.values()}) == 19
