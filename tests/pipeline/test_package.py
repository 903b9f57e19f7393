import json
from pathlib import Path

import pytest

from gemhier.errors import DataError
from gemhier.models.bundle import load_bundle
from gemhier.pipeline.package import package

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
