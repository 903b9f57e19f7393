"""Every command tries its output before its work: with inputs that are not there, it is the output that it names."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from gemhier.cli import main

COMMANDS = {
    "audit": "audit nowhere --out OUTPUT",
    "classify": "classify nowhere.jpg --model nowhere --output OUTPUT",
    "compare": "compare nowhere nowhere-else --report OUTPUT",
    "crawl": "crawl gempundit --contact me@example.org --out OUTPUT",
    "draw": "taxonomy draw --out OUTPUT.svg",
    "evaluate": "evaluate nowhere --model nowhere --report OUTPUT",
    "package": "package nowhere --out OUTPUT",
    "prepare": "prepare nowhere --out OUTPUT",
    "sample": "sample OUTPUT",
    "train-finder": "train-finder nowhere --background nowhere --out OUTPUT",
    "trial": "trial nowhere --out OUTPUT",
}


def refused(command: str, output: str) -> str:
    result = CliRunner().invoke(main, COMMANDS[command].replace("OUTPUT", output).split())
    assert result.exit_code == 1
    (line,) = [line for line in result.stderr.splitlines() if line.startswith("Error: ")]
    return line


@pytest.mark.parametrize("command", COMMANDS)
def test_a_place_below_a_file_is_refused_before_the_work(command: str, here: Path) -> None:
    Path("file").write_text("here")
    assert refused(command, "file/output").startswith("Error: file/output")
    assert [path.name for path in here.iterdir()] == ["file"]
    assert Path("file").read_text() == "here"


@pytest.mark.parametrize("command", COMMANDS)
def test_a_name_that_the_disk_refuses_is_refused_before_the_work(command: str, here: Path) -> None:
    assert "x" * 300 in refused(command, "x" * 300)
    assert list(here.iterdir()) == []


@pytest.mark.parametrize("command", ["classify", "draw", "train-finder"])
def test_a_folder_where_a_file_shall_be_is_refused_before_the_work(command: str, here: Path) -> None:
    for folder in ("output", "output.svg"):
        Path(folder).mkdir()
    result = CliRunner().invoke(main, COMMANDS[command].replace("OUTPUT", "output").split())
    assert result.exit_code in (1, 2)
    assert "output" in result.stderr
    assert "nowhere" not in result.stderr
