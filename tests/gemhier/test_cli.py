"""How the command line starts, and how it ends when something is wrong."""

import errno
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

import gemhier
from gemhier.cli import Commands, main
from gemhier.errors import DataError
from gemhier.extras import EXTRA_OF, missing_extra

ROOT = Path(__file__).parents[2]


def run(body: Callable[[], object]) -> Result:
    """Run a group of the kind that gemhier uses, with one command that does `body`."""

    @click.group(cls=Commands)
    def group() -> None:
        """A group with one command."""

    @group.command()
    def step() -> None:
        """Do what the test asks for."""
        body()

    return CliRunner().invoke(group, ["step"])


def raising(error: BaseException) -> Callable[[], None]:
    def body() -> None:
        raise error

    return body


def commands(command: click.Command = main, name: str = "gemhier") -> Iterator[tuple[str, click.Command]]:
    """Every command with the words that call it, groups included."""
    yield name, command
    if isinstance(command, click.Group):
        for child in sorted(command.commands):
            yield from commands(command.commands[child], f"{name} {child}")


def test_version() -> None:
    result = CliRunner().invoke(main, ["--version"])
    assert (result.exit_code, result.output) == (0, f"gemhier {gemhier.__version__}\n")


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help_names_what_it_is_for(option: str) -> None:
    result = CliRunner().invoke(main, [option])
    assert result.exit_code == 0
    assert "Name the gemstone in a photograph" in result.output


def test_the_package_runs_as_a_module() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "gemhier", "--version"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == f"gemhier {gemhier.__version__}\n"


def test_an_unknown_command_is_bad_usage() -> None:
    result = CliRunner().invoke(main, ["clasify"])
    assert result.exit_code == 2
    assert "No such command 'clasify'" in result.output


@pytest.mark.parametrize(("name", "command"), [pytest.param(*pair, id=pair[0]) for pair in commands()])
def test_every_command_has_help_with_an_example(name: str, command: click.Command) -> None:
    text = command.help or ""
    assert re.search(rf"^ +{name}\b", text.partition("Example")[2], flags=re.MULTILINE), "the help has no example"


def test_no_command_is_cut_short_in_its_list() -> None:
    for name, command in commands():
        if isinstance(command, click.Group):
            text = CliRunner().invoke(main, [*name.split()[1:], "--help"], terminal_width=80).output
            assert "..." not in text.partition("Commands:")[2], name


@pytest.mark.parametrize(("name", "command"), [pytest.param(*pair, id=pair[0]) for pair in commands()])
def test_every_option_has_help(name: str, command: click.Command) -> None:
    options = [parameter for parameter in command.params if isinstance(parameter, click.Option)]
    assert [option.name for option in options if not option.help] == []


def test_our_errors_are_one_line_and_exit_code_1() -> None:
    result = run(raising(DataError("data: no manifest.csv in it.\nRun gemhier prepare first.")))
    assert result.exit_code == 1
    assert result.stderr == "Error: data: no manifest.csv in it. Run gemhier prepare first.\n"
    assert result.stdout == ""


def test_a_bug_keeps_its_traceback() -> None:
    error = KeyError("family")
    assert run(raising(error)).exception is error


def test_a_missing_optional_library_tells_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(EXTRA_OF, "no_such_library", "train")

    def body() -> None:
        import no_such_library.layers  # noqa: F401

    result = run(body)
    assert result.exit_code == 1
    assert result.stderr == (
        'Error: This needs no_such_library, which is not installed. Run: pip install "gemhier[train]"\n'
    )


def test_a_missing_library_that_no_extra_brings_is_a_bug() -> None:
    def body() -> None:
        import no_such_library  # noqa: F401

    assert isinstance(run(body).exception, ModuleNotFoundError)


def test_an_import_that_fails_inside_an_installed_library_is_a_bug() -> None:
    assert missing_extra(ImportError("cannot import name 'layer' from 'click'", name="click")) is None


def test_a_module_of_ours_that_is_missing_is_a_bug() -> None:
    assert missing_extra(ModuleNotFoundError("No module named 'gemhier.nothing'", name="gemhier.nothing")) is None


def test_an_import_error_without_a_name_is_a_bug() -> None:
    assert missing_extra(ImportError("libGL.so.1: cannot open shared object file")) is None


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "no space left"),
        (errno.EDQUOT, "quota"),
        (errno.EROFS, "read-only"),
        (errno.EACCES, "permission denied"),
        (errno.EPERM, "permission denied"),
        (errno.ENAMETOOLONG, "too long"),
    ],
)
def test_a_disk_that_cannot_be_written_is_one_line(number: int, words: str) -> None:
    result = run(raising(OSError(number, os.strerror(number), "out/report.json")))
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: out/report.json: ")
    assert words in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_full_disk_without_a_file_name_is_one_line_too() -> None:
    result = run(raising(OSError(errno.ENOSPC, "No space left on device")))
    assert result.stderr.startswith("Error: Writing failed: there is no space left on the disk.")


def test_another_os_error_is_a_bug() -> None:
    error = FileNotFoundError(errno.ENOENT, "No such file or directory", "taxonomy.json")
    assert run(raising(error)).exception is error


def test_ctrl_c_is_one_line_and_exit_code_130() -> None:
    result = run(raising(KeyboardInterrupt()))
    assert (result.exit_code, result.stdout, result.stderr) == (130, "", "Interrupted.\n")


def test_a_message_cannot_break_its_line_or_give_orders_to_the_terminal() -> None:
    result = run(raising(DataError("a\nb\x1b[31m.jpg: not a folder.")))
    assert result.stderr == "Error: a b\\x1b[31m.jpg: not a folder.\n"


@pytest.mark.skipif(os.name == "nt", reason="file names there are always Unicode")
def test_a_name_that_is_not_utf_8_is_printed_with_escapes(tmp_path: Path) -> None:
    folder = tmp_path / os.fsdecode(b"sto\xffnes")
    folder.mkdir()
    (folder / "empty.jpg").touch()
    words = [sys.executable, "-m", "gemhier", "audit", str(folder), "--out", str(tmp_path / "audit")]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, env={**os.environ, "PYTHONIOENCODING": "utf-8:strict"})
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"sto\\udcffnes/empty.jpg: an empty file" in done.stdout


@pytest.mark.skipif(os.name == "nt", reason="a shell of Unix closes the streams here")
def test_it_runs_without_standard_output_and_error() -> None:
    words = [sys.executable, "-m", "gemhier", "classify", *["examples/ruby.jpg"] * 20]
    done = subprocess.run(["sh", "-c", '"$@" >&- 2>&-', "sh", *words], cwd=ROOT)
    assert done.returncode == 0
