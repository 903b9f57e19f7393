"""install.py: which Pythons it takes, what it says to the others, and what it asks of pip.

The test marked `packaging` makes an environment: pytest -m packaging.
"""

import ast
import importlib.util
import os
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import pytest
from packaging.specifiers import SpecifierSet

from gemhier import extras

ROOT = Path(__file__).parents[1]


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """install.py as a module, whose environment would lie in a temporary folder."""
    spec = importlib.util.spec_from_file_location("install_script", ROOT / "install.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "ENVIRONMENT", tmp_path / ".venv")
    return module


@pytest.fixture
def called(script: ModuleType, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The commands that install.py would have run with pip; none is run."""
    commands: list[list[str]] = []
    monkeypatch.setattr(script, "make_environment", lambda folder: folder / "python")
    monkeypatch.setattr(script.subprocess, "call", lambda command: commands.append(command))
    return commands


def say(script: ModuleType, monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr(sys, "argv", ["install.py", *words])
    return int(script.main())


def fake_python(environment: Path, printed: str, exit_code: int = 0) -> None:
    """Put a program where an environment has its Python."""
    program = environment / "bin" / "python"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\necho {printed}\nexit {exit_code}\n", encoding="utf-8")
    program.chmod(0o755)


def test_old_pythons_can_read_it() -> None:
    ast.parse((ROOT / "install.py").read_text(encoding="utf-8"), feature_version=(3, 6))


def test_it_takes_the_pythons_that_the_package_takes(script: ModuleType) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    admitted = [minor for minor in range(40) if SpecifierSet(project["requires-python"]).contains(f"3.{minor}")]
    assert ((3, admitted[0]), (3, admitted[-1])) == (script.OLDEST, script.NEWEST)
    named = [f"Programming Language :: Python :: 3.{minor}" for minor in admitted]
    assert [line for line in project["classifiers"] if "Python :: 3." in line] == named


def test_it_trains_on_the_pythons_that_have_tensorflow(script: ModuleType) -> None:
    major, minor = script.NEWEST_TO_TRAIN
    assert (major, minor + 1) == extras.FIRST_PYTHON_WITHOUT_TENSORFLOW


@pytest.mark.parametrize("version", [(2, 7), (3, 8), (3, 10), (3, 15), (4, 0)])
def test_a_python_that_does_not_fit_is_refused_in_a_line(
    version: tuple[int, int], script: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(script, "RUNNING", version)
    assert say(script, monkeypatch) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"gemhier needs Python 3.11 to 3.14, and this is Python {version[0]}.{version[1]}. ")
    assert said.count("\n") == 1


def test_where_tensorflow_is_missing_it_refuses_dev_and_takes_the_rest(script: ModuleType) -> None:
    script.check_version((3, 14), dev=False)
    script.check_version((3, 13), dev=True)
    expected = r"Training needs TensorFlow, which has no release for Python 3\.14 yet\. Use Python 3\.11 to 3\.13\.$"
    with pytest.raises(script.CannotInstallError, match=expected):
        script.check_version((3, 14), dev=True)


@pytest.mark.parametrize("library", ["keras", "keras_cv", "tensorflow"])
def test_training_says_the_same_where_tensorflow_is_missing(
    library: str, script: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extras, "FIRST_PYTHON_WITHOUT_TENSORFLOW", (3, 11))
    monkeypatch.setattr(script, "NEWEST_TO_TRAIN", (3, 10))
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    error = extras.missing_extra(ImportError(name=library))
    with pytest.raises(script.CannotInstallError) as refused:
        script.check_version(sys.version_info[:2], dev=True)
    assert str(error).partition(" yet. ")[0] == str(refused.value).partition(" yet. ")[0]


def test_it_installs_the_base_lock_and_then_the_checkout_without_copying_it(
    script: ModuleType, called: list[list[str]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert say(script, monkeypatch) == 0
    pip = [str(tmp_path / ".venv" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    pip += ["--no-deps", "--no-build-isolation"]
    assert called == [
        [*pip, "--require-hashes", "--requirement", str(ROOT / "requirements-base.lock")],
        [*pip, "--editable", str(ROOT)],
    ]


def test_for_development_it_installs_both_locks(
    script: ModuleType, called: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(script, "check_version", lambda version, dev: None)
    assert say(script, monkeypatch, "dev") == 0
    ends = [command[8:] for command in called]
    assert ends == [
        ["--require-hashes", "--requirement", str(ROOT / "requirements-base.lock")],
        ["--require-hashes", "--requirement", str(ROOT / "requirements.lock")],
        ["--editable", str(ROOT)],
    ]


@pytest.mark.parametrize("words", [("test",), ("dev", "dev"), ("--help",)], ids=" ".join)
def test_words_that_it_does_not_know_are_refused(
    words: tuple[str, ...],
    script: ModuleType,
    called: list[list[str]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert say(script, monkeypatch, *words) == 1
    assert capsys.readouterr().err == f"{script.USAGE}\n"
    assert called == []


def test_what_pip_cannot_install_is_named(
    script: ModuleType,
    called: list[list[str]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(script.subprocess, "call", lambda command: 1)
    assert say(script, monkeypatch) == 1
    assert capsys.readouterr().err == "pip could not install requirements-base.lock; the lines above say why.\n"


@pytest.mark.parametrize("debian", [True, False], ids=["debian", "elsewhere"])
def test_a_python_without_ensurepip_is_told_what_to_install(
    debian: bool, script: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "ensurepip" else found(name))
    monkeypatch.setattr(script, "DEBIAN", debian)
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    expected = f"sudo apt install python{version}-venv$" if debian else "Use another one"
    with pytest.raises(script.CannotInstallError, match=expected):
        script.make_environment(tmp_path / ".venv")


@pytest.mark.packaging
def test_an_environment_is_made_and_taken_again(script: ModuleType, tmp_path: Path) -> None:
    python = script.make_environment(tmp_path / ".venv")
    assert subprocess.check_output([python, "-m", "pip", "--version"])
    made = (tmp_path / ".venv" / "pyvenv.cfg").stat().st_mtime_ns
    assert script.make_environment(tmp_path / ".venv") == python
    assert (tmp_path / ".venv" / "pyvenv.cfg").stat().st_mtime_ns == made


@pytest.mark.skipif(os.name == "nt", reason="a Python that is a shell script")
@pytest.mark.parametrize(
    ("printed", "exit_code", "expected"),
    [("3 9", 0, "is of Python 3.9, and this is"), ("", 1, "a Python that does not run")],
    ids=["of another Python", "broken"],
)
def test_an_environment_that_does_not_fit_is_left_alone(
    printed: str, exit_code: int, expected: str, script: ModuleType, tmp_path: Path
) -> None:
    fake_python(tmp_path / ".venv", printed, exit_code)
    with pytest.raises(script.CannotInstallError, match=f"{expected}.* Delete this folder and try again"):
        script.make_environment(tmp_path / ".venv")


def test_a_folder_that_cannot_be_is_said_in_the_words_of_venv(script: ModuleType, tmp_path: Path) -> None:
    (tmp_path / ".venv").write_text("not a folder", encoding="utf-8")
    with pytest.raises(script.CannotInstallError, match=r"^No environment could be made in .*"):
        script.make_environment(tmp_path / ".venv")


def test_windows_keeps_its_programs_elsewhere(script: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(script, "WINDOWS", False)
    assert script.program(Path("venv"), "python") == Path("venv/bin/python")
    monkeypatch.setattr(script, "WINDOWS", True)
    assert script.program(Path("venv"), "python") == Path("venv/Scripts/python.exe")
    with pytest.raises(script.CannotInstallError, match=r"Name another one: py -3\.13 install\.py dev$"):
        script.check_version((3, 8), dev=True)
