"""The documents say what the code does."""

import re
import runpy
import shlex
import tomllib
from pathlib import Path

import click
import pytest

import gemhier
from gemhier.cli import main

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), ROOT / "mlruns" / "README.md"])


def commands_in(document: Path) -> list[list[str]]:
    """The gemhier commands in a document's shell examples, in words and without comments."""
    blocks = re.findall(r"```sh\n(.*?)```", document.read_text(encoding="utf-8"), flags=re.DOTALL)
    lines = [shlex.split(line, comments=True) for block in blocks for line in block.replace("\\\n", " ").splitlines()]
    return [words[1:] for words in lines if words[:1] == ["gemhier"]]


def test_the_command_reference_is_up_to_date() -> None:
    made = runpy.run_path(str(ROOT / "docs" / "make_cli_reference.py"))["reference"]()
    written = (ROOT / "docs" / "cli-reference.md").read_text(encoding="utf-8")
    assert written == made, "run: python docs/make_cli_reference.py"


def test_the_reference_of_the_public_api_is_up_to_date() -> None:
    made = runpy.run_path(str(ROOT / "docs" / "make_python_reference.py"))["reference"]()
    written = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
    assert written == made, "run: python docs/make_python_reference.py"


def test_every_page_is_in_the_index() -> None:
    index = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    pages = {path.name for path in (ROOT / "docs").glob("*.md")} - {"README.md"}
    assert {page for page in pages if f"({page})" not in index} == set()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_link_to_a_file_leads_somewhere(document: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", document.read_text(encoding="utf-8"))
    assert [link for link in links if not (document.parent / link).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_command_in_a_document_can_be_parsed(document: Path) -> None:
    for words in commands_in(document):
        command: click.Command | None = main
        context: click.Context | None = None
        while command is not None:
            # With its settings and parent, as when it is called: click keeps the help option of the first context.
            context = click.Context(command, parent=context, **command.context_settings)
            _, words, _ = command.make_parser(context).parse_args(words)
            inner = command.resolve_command(context, words) if isinstance(command, click.Group) and words else None
            command, words = inner[1:] if inner else (None, words)


def test_the_readme_shows_every_command() -> None:
    shown = {words[0] for words in commands_in(ROOT / "README.md") if words}
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert {name for name in main.commands if name not in shown and f"gemhier {name}" not in text} == set()


@pytest.mark.parametrize("end", ["gemhier classify examples", "python -m pytest -n 2"])
def test_the_readme_has_the_command_that_ci_runs(end: str) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(re.findall(rf"^python3 install\.py .*{end}$", text, flags=re.MULTILINE)) == 1


def test_the_changelog_begins_with_this_release() -> None:
    first = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert first is not None
    assert first[1] == gemhier.__version__


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_extra_in_a_document_exists(document: Path) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = re.findall(r'"(?:gemhier|\.)\[([a-z,]+)\]"', document.read_text(encoding="utf-8"))
    assert {extra for extras in named for extra in extras.split(",")} <= project["optional-dependencies"].keys()
