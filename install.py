"""Make the environment .venv of this checkout, from the releases that were tried together.

    python3 install.py        to use gemhier
    python3 install.py dev    to train as well, and to work on gemhier

Nothing but Python is needed. The lock files name each library's release and the hashes of its files, so that
what has been released since then changes nothing.
"""

# Old Pythons must be able to read this file, to say that they are too old: nothing newer than Python 3.6.

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

OLDEST = (3, 11)
NEWEST = (3, 14)
NEWEST_TO_TRAIN = (3, 13)

RUNNING = sys.version_info[:2]
WINDOWS = os.name == "nt"
DEBIAN = Path("/etc/debian_version").exists()

ROOT = Path(__file__).resolve().parent
ENVIRONMENT = ROOT / ".venv"
BASE_LOCK = ROOT / "requirements-base.lock"
DEV_LOCK = ROOT / "requirements.lock"

USAGE = "install.py takes one word at most: dev, to train as well and to work on gemhier."


class CannotInstallError(Exception):
    """What is missing and what to do, in one line."""


def dotted(version: "tuple[int, ...]") -> str:
    """Write a version as it is called."""
    return ".".join(str(number) for number in version)


def check_version(version: "tuple[int, ...]", dev: bool) -> None:
    """Raise an error that says which Pythons fit, unless this one does."""
    if not OLDEST <= version <= NEWEST:
        name = "py -{}" if WINDOWS else "python{}"
        raise CannotInstallError(
            f"gemhier needs Python {dotted(OLDEST)} to {dotted(NEWEST)}, and this is Python {dotted(version)}. "
            f"Name another one: {name.format(dotted(NEWEST_TO_TRAIN))} install.py{' dev' if dev else ''}"
        )
    if dev and version > NEWEST_TO_TRAIN:
        raise CannotInstallError(
            f"Training needs TensorFlow, which has no release for Python {dotted(version)} yet. "
            f"Use Python {dotted(OLDEST)} to {dotted(NEWEST_TO_TRAIN)}."
        )


def program(environment: Path, name: str) -> Path:
    """Where an environment keeps a program, on Windows and elsewhere."""
    return environment / "Scripts" / f"{name}.exe" if WINDOWS else environment / "bin" / name


def version_in(python: Path) -> "tuple[int, ...] | None":
    """Ask a Python for its version; None if it does not run."""
    script = "import sys; print(*sys.version_info[:2])"
    try:
        said = subprocess.check_output([str(python), "-c", script], stderr=subprocess.DEVNULL)
        return tuple(int(number) for number in said.split())
    except (OSError, ValueError, subprocess.CalledProcessError):
        return None


def make_environment(folder: Path) -> Path:
    """Make an environment, or take the one that is there, and return its Python.

    Raises:
        CannotInstallError: if the one that is there is of another Python, or none can be made.
    """
    python = program(folder, "python")
    if os.path.lexists(str(python)):
        version = version_in(python)
        if version is None:
            raise CannotInstallError(f"{folder} has a Python that does not run. Delete this folder and try again.")
        if version != RUNNING:
            raise CannotInstallError(
                f"{folder} is of Python {dotted(version)}, and this is Python {dotted(RUNNING)}. "
                "Delete this folder and try again."
            )
        if subprocess.call([str(python), "-c", "import pip"], stderr=subprocess.DEVNULL) == 0:
            return python
    check_ensurepip()
    done = subprocess.run(
        [sys.executable, "-m", "venv", str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode:
        reason = done.stdout.strip().splitlines()[-1:] or [f"venv ended with {done.returncode}"]
        raise CannotInstallError(f"No environment could be made in {folder}: {reason[0]}")
    return python


def check_ensurepip() -> None:
    """Raise an error that says what to install, if this Python cannot make an environment with pip."""
    if importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip"):
        return
    if DEBIAN:
        package = f"python{dotted(RUNNING)}-venv"
        raise CannotInstallError(f"The Debian package {package} is missing. Run: sudo apt install {package}")
    raise CannotInstallError("This Python comes without venv or ensurepip, which make environments. Use another one.")


def pip_commands(python: Path, dev: bool) -> "list[list[str]]":
    """Compose the calls of pip: the libraries first, then gemhier, built with the setuptools among them.

    The locks are complete, so pip adds nothing of its own: no dependency, and no newer setuptools to build with.
    Gemhier runs from the checkout, since a copy would also hold what the folder `build` has of earlier copies.
    """
    install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    install += ["--no-deps", "--no-build-isolation"]
    locks = [BASE_LOCK, DEV_LOCK] if dev else [BASE_LOCK]
    commands = [[*install, "--require-hashes", "--requirement", str(lock)] for lock in locks]
    return [*commands, [*install, "--editable", str(ROOT)]]


def install(words: "list[str]") -> None:
    """Check this Python, make the environment and install into it.

    Raises:
        CannotInstallError: if one of these fails.
    """
    dev = words == ["dev"]
    check_version(RUNNING, dev)
    if words and not dev:
        raise CannotInstallError(USAGE)
    python = make_environment(ENVIRONMENT)
    for command in pip_commands(python, dev):
        what = "gemhier" if command[-1] == str(ROOT) else Path(command[-1]).name
        print(f"Installing {what} in {ENVIRONMENT.name} ...", flush=True)
        if subprocess.call(command):
            raise CannotInstallError(f"pip could not install {what}; the lines above say why.")


def main() -> int:
    """Run as a program, and return its exit code."""
    try:
        install(sys.argv[1:])
    except CannotInstallError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
