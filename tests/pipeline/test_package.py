import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from gemhier.arrays import Bytes
from gemhier.errors import DataError
from gemhier.models.bundle import load_bundle
from gemhier.models.networks.eight_bits import in_eight_bits
from gemhier.pipeline.package import package
from gemhier.pipeline.reports.model_card import write_with_report

NOTES = "## How good its stone finder is\n\nGood enough.\n"


def card_of(folder: Path) -> str:
    return (folder / "MODEL_CARD.md").read_text(encoding="utf-8")


def test_notes_stand_in_the_card_before_the_limits_and_stay_when_it_is_packaged_again(
    tiny_bundle: Path, tmp_path: Path
) -> None:
    notes = tmp_path / "notes.md"
    notes.write_text(NOTES, encoding="utf-8")
    first = package(str(tiny_bundle), tmp_path / "first", notes=notes)
    again = package(str(first.folder), tmp_path / "again", stone_threshold=0.7)
    for bundle in (first, again):
        before, _, after = card_of(bundle.folder).partition(NOTES)
        assert before.startswith("# tiny-1")
        assert after.startswith("\n## What it cannot do")
        assert json.loads((bundle.folder / "report.json").read_text())["notes"] == NOTES
    assert load_bundle(again.folder).info.stone_threshold == 0.7


@pytest.mark.parametrize(("content", "reason"), [(None, "cannot be read"), (b"\xff\xfe\x00", "no text in UTF-8")])
def test_notes_that_cannot_be_read_leave_nothing_behind(
    tiny_bundle: Path, tmp_path: Path, content: bytes | None, reason: str
) -> None:
    notes = tmp_path / "notes.md"
    if content is not None:
        notes.write_bytes(content)
    with pytest.raises(DataError, match=reason):
        package(str(tiny_bundle), tmp_path / "bundle", notes=notes)
    assert not (tmp_path / "bundle").exists()


def test_in_8_bits_it_is_another_version_without_the_figures_of_the_first(
    tiny_bundle_copy: Path, tmp_path: Path, paint_stone: Callable[[str], Bytes]
) -> None:
    source = load_bundle(tiny_bundle_copy)
    of_training = {"data": {"train": 5}, "notes": NOTES}
    figures = {"n": 1, "strategies": {}}
    write_with_report(
        replace(source, info=replace(source.info, model_version="tiny-1+cal123456")),
        tiny_bundle_copy,
        {**of_training, "test pictures": figures},
    )
    rounded = package(str(tiny_bundle_copy), tmp_path / "rounded", eight_bits=True)
    assert rounded.info.model_version == "tiny-1+8bit+cal123456"
    assert json.loads((rounded.folder / "report.json").read_text()) == of_training
    exported = (tiny_bundle_copy / "network.tflite").read_bytes()
    assert (rounded.folder / "network.tflite").read_bytes() == in_eight_bits(exported) != exported
    assert rounded.finder.content == source.finder.content
    image = paint_stone("corundum/ruby")
    assert str(next(rounded.classify([image]))) == str(next(source.classify([image])))

    measured = tmp_path / "measured"
    measured.mkdir()
    (measured / "report.json").write_text(json.dumps({**figures, "model_version": rounded.info.model_version}))
    again = package(str(rounded.folder), tmp_path / "again", eight_bits=True, evaluations={"test pictures": measured})
    assert again.info.model_version == rounded.info.model_version
    assert (again.folder / "network.tflite").read_bytes() == (rounded.folder / "network.tflite").read_bytes()
    third = package(str(again.folder), tmp_path / "third", eight_bits=True)
    assert "test pictures" in json.loads((third.folder / "report.json").read_text())
