from pathlib import Path

import pytest

from gemhier.errors import OutputError
from gemhier.pipeline.reports.part_file import PartFile


def write_together(first: PartFile, second: PartFile) -> None:
    with first.opened("image\n", {}) as one:
        one.write("a.jpg\n")
        with second.opened("image\n", {}) as other:
            other.write("b.jpg\n")


def test_a_part_that_another_run_completed_is_said_in_one_line(tmp_path: Path) -> None:
    output = tmp_path / "stones.csv"
    with pytest.raises(OutputError, match=r"another run has completed .*stones\.csv"):
        write_together(PartFile(output, "csv"), PartFile(output, "csv"))
    assert [path.name for path in tmp_path.iterdir()] == ["stones.csv"]
