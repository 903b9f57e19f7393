"""What the Tab key brings, as the shells ask for it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROGRAM = "import sys; sys.argv = ['gemhier']; from gemhier.cli import main; main()"


def asked(instruction: str, **environment: str) -> str:
    """What the program prints when a shell asks it."""
    variables = os.environ | {"_GEMHIER_COMPLETE": instruction} | environment
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, env=variables, capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    return done.stdout


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("gemhier tria", {"trial"}),
        ("gemhier train --learn", {"--learning-rate"}),
        ("gemhier train data --mode hier", {"hierarchical"}),
    ],
)
@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_commands_options_and_choices_are_completed(shell: str, words: str, expected: set[str]) -> None:
    # fish gives the word that is being typed where the others give its number.
    last = words.split()[-1] if shell == "fish" else str(len(words.split()) - 1)
    answer = asked(f"{shell}_complete", COMP_WORDS=words, COMP_CWORD=last)
    if shell == "zsh":  # a line for the kind, one for the word and one for its help
        completed = set(answer.splitlines()[1::3])
    else:
        completed = {line.split(",", 1)[1].partition("\t")[0] for line in answer.splitlines()}
    assert completed == expected


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_the_line_of_the_start_up_file_brings_a_script(shell: str) -> None:
    script = asked(f"{shell}_source")
    assert f"_GEMHIER_COMPLETE={shell}_complete" in script


def test_every_line_for_a_start_up_file_is_in_the_reference() -> None:
    reference = (ROOT / "docs" / "cli-reference.md").read_text(encoding="utf-8")
    for shell in ("bash", "zsh", "fish"):
        assert f"_GEMHIER_COMPLETE={shell}_source gemhier" in reference
