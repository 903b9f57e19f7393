"""What pip builds and installs: nothing missing, nothing heavy, with and without symbolic links.

The tests marked `packaging` build, fetch the locked base dependencies and install: pytest -m packaging.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from collections.abc import Iterator
from email.message import Message
from email.parser import HeaderParser
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import gemhier
from gemhier.cli import main
from gemhier.extras import BOUND_TO_TENSORFLOW, FIRST_PYTHON_WITHOUT_TENSORFLOW

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
FOLDERS: dict[str, str] = PROJECT["tool"]["setuptools"]["package-dir"]
"""Where each package lies, by its name: {"gemhier.models": "models", ...}."""

BUNDLE = {"bundle.json", "taxonomy.json", "network.tflite", "finder.tflite", "report.json", "MODEL_CARD.md"}
TRAINING = {"keras", "keras-cv", "matplotlib", "mlflow", "pandas", "scikit-learn", "scrapy", "tensorflow", "torch"}
MEGABYTES_OF_A_BASE_INSTALL = 400
SECONDS_OF_HELP = 0.12


def folders_with_python() -> set[str]:
    """The packages on disk: every folder of ours that holds Python, named as it is imported."""
    found = set()
    for package, folder in FOLDERS.items():
        for path in (ROOT / folder).rglob("*.py"):
            inner = path.parent.relative_to(ROOT / folder).parts
            found.add(".".join((package, *inner)))
    return found


def test_every_package_on_disk_is_named_in_pyproject() -> None:
    assert set(PROJECT["tool"]["setuptools"]["packages"]) == folders_with_python()


def test_every_package_has_its_folder() -> None:
    assert set(FOLDERS) <= set(PROJECT["tool"]["setuptools"]["packages"])
    assert {name for name, folder in FOLDERS.items() if not (ROOT / folder / "__init__.py").is_file()} == set()


def test_coverage_and_links_name_every_folder() -> None:
    assert sorted(PROJECT["tool"]["coverage"]["run"]["source"]) == sorted(FOLDERS.values())


def requirements(*extras: str) -> Iterator[Requirement]:
    """The requirements of the base and of some extras, those that name other extras resolved."""
    optional = PROJECT["project"]["optional-dependencies"]
    lines = PROJECT["project"]["dependencies"] + [line for extra in extras for line in optional[extra]]
    for requirement in map(Requirement, lines):
        if requirement.name == "gemhier":
            yield from requirements(*requirement.extras)
        else:
            yield requirement


def locked(name: str) -> dict[str, tuple[str, frozenset[str]]]:
    """The version and the hashes that a locked requirements file gives each project."""
    text = (ROOT / name).read_text(encoding="utf-8")
    entries = {}
    for line in text.replace("\\\n", " ").splitlines():
        pin, _, rest = line.partition(" ")
        project, _, version = pin.partition("==")
        entries[canonicalize_name(project)] = (version, frozenset(re.findall(r"--hash=(sha256:[0-9a-f]{64})", rest)))
    return dict(entries)


@pytest.mark.parametrize(
    ("name", "extras"), [("requirements.lock", ("dev",)), ("requirements-base.lock", ())], ids=["dev", "base"]
)
def test_the_lock_fits_pyproject(name: str, extras: tuple[str, ...]) -> None:
    entries = locked(name)
    for requirement in [*requirements(*extras), *map(Requirement, PROJECT["dependency-groups"]["build"])]:
        version, _ = entries[canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(version), f"{name} has {requirement.name} {version}: renew it"


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-base.lock"])
def test_the_lock_has_hashes_and_no_address(name: str) -> None:
    assert [project for project, (version, hashes) in locked(name).items() if not version or not hashes] == []
    assert not re.search(r"://|^-|\bfile:|@|#", (ROOT / name).read_text(encoding="utf-8"), flags=re.MULTILINE)


@pytest.mark.parametrize(
    ("folder", "kind"), [("", "devDependencies"), ("pipeline/app/npm", "dependencies")], ids=["scripts", "runtime"]
)
def test_the_locks_of_npm_have_hashes_and_no_address(folder: str, kind: str) -> None:
    lock = json.loads((ROOT / folder / "package-lock.json").read_text(encoding="utf-8"))
    wanted = json.loads((ROOT / folder / "package.json").read_text(encoding="utf-8"))[kind]
    packages = {name.removeprefix("node_modules/"): entry for name, entry in lock["packages"].items() if name}
    assert {name: packages[name]["version"] for name in wanted} == wanted
    assert [name for name, entry in packages.items() if not entry["integrity"].startswith("sha512-")] == []
    assert [name for name, entry in packages.items() if "resolved" in entry] == []
    assert "://" not in json.dumps(lock)


def test_both_locks_agree() -> None:
    everything = locked("requirements.lock")
    assert locked("requirements-base.lock").items() <= everything.items()


def test_the_locks_hold_what_the_package_is_built_with() -> None:
    assert PROJECT["build-system"]["requires"] == PROJECT["dependency-groups"]["build"]


def test_what_is_left_out_where_tensorflow_is_missing_is_what_the_message_is_for() -> None:
    train = map(Requirement, PROJECT["project"]["optional-dependencies"]["train"])
    bound = {requirement.name.replace("-", "_") for requirement in train if requirement.marker}
    assert bound == BOUND_TO_TENSORFLOW
    first = ".".join(map(str, FIRST_PYTHON_WITHOUT_TENSORFLOW))
    for requirement in filter(lambda requirement: requirement.marker, requirements("train")):
        assert str(requirement.marker) == f'python_version < "{first}"'


def test_the_base_lock_has_no_training_library() -> None:
    assert not TRAINING & locked("requirements-base.lock").keys()


# From here on: builds and installs.


def call(*command: str | Path, folder: Path) -> str:
    """Run a command and return what it printed; what it printed is shown if it fails."""
    talkative = os.environ | {"PIP_QUIET": "0"}
    done = subprocess.run(command, cwd=folder, env=talkative, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{command} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")
    return done.stdout


def git(*arguments: str | Path, folder: Path) -> str:
    identity = ("-c", "user.name=gemhier", "-c", "user.email=gemhier@localhost")
    return call("git", *identity, *arguments, folder=folder)


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with one commit: this checkout as it is now, without what git ignores."""
    if not (ROOT / ".git").exists():
        pytest.skip("this is not a checkout")
    copy = tmp_path_factory.mktemp("repository")
    for name in git("ls-files", "-z", "--cached", "--others", "--exclude-standard", folder=ROOT).split("\0"):
        source = ROOT / name
        if name and (source.is_symlink() or source.is_file()):
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, copy / name, follow_symlinks=False)
    git("init", "--quiet", folder=copy)
    git("add", "--all", folder=copy)
    git("commit", "--quiet", "--message", "as it is", folder=copy)
    return copy


@pytest.fixture(scope="module")
def checkout(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh clone."""
    folder = tmp_path_factory.mktemp("checkout") / "gemhier"
    git("clone", "--quiet", repository, folder, folder=repository)
    return folder


@pytest.fixture(scope="module")
def checkout_without_links(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh clone as on a system without symbolic links: each link is a small text file."""
    folder = tmp_path_factory.mktemp("checkout-without-links") / "gemhier"
    git("clone", "--quiet", "-c", "core.symlinks=false", repository, folder, folder=repository)
    assert (folder / "gemhier" / "models").read_text(encoding="utf-8") == "../models"
    return folder


def build(checkout: Path) -> Path:
    """Build the sdist, and the wheel from the sdist; the folder that holds both."""
    call(sys.executable, "-m", "build", "--no-isolation", "--outdir", checkout / "dist", checkout, folder=checkout)
    return checkout / "dist"


@pytest.fixture(scope="module")
def built(checkout: Path) -> Path:
    return build(checkout)


def wheel_names(built: Path) -> set[str]:
    (wheel,) = built.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if not name.endswith("/")}


def metadata(built: Path) -> Message:
    (wheel,) = built.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return HeaderParser().parsestr(archive.read(name).decode())


def files_on_disk(checkout: Path) -> set[str]:
    """Every file under our folders that git knows, by its name in the wheel."""
    names = git("ls-files", "-z", *FOLDERS.values(), folder=checkout).split("\0")
    places = {folder: package.replace(".", "/") for package, folder in FOLDERS.items()}
    found = set()
    for name in filter(None, names):
        folder, _, rest = name.partition("/")
        if not (checkout / name).is_symlink():
            found.add(f"{places[folder]}/{rest}")
    return found


@pytest.mark.packaging
def test_the_wheel_holds_what_is_on_disk_and_nothing_else(checkout: Path, built: Path) -> None:
    inside = {name for name in wheel_names(built) if ".dist-info/" not in name}
    assert inside == files_on_disk(checkout)


@pytest.mark.packaging
def test_the_wheel_holds_the_bundle_what_is_read_and_the_types(built: Path) -> None:
    expected = {f"gemhier/models/shipped/{name}" for name in BUNDLE}
    read = {f"gemhier/hierarchy/{name}" for name in ("gems.yaml", "properties.yaml")}
    assert expected | read | {"gemhier/py.typed"} <= wheel_names(built)


@pytest.mark.packaging
def test_the_wheel_says_what_it_is(built: Path) -> None:
    said = metadata(built)
    assert said["Name"] == "gemhier"
    assert said["Version"] == gemhier.__version__
    assert said["License-Expression"] == "Apache-2.0"
    assert said.get_all("License-File") == ["LICENSE", "NOTICE"]
    assert set(said["Requires-Python"].split(",")) == {">=3.11", "<3.15"}


@pytest.mark.packaging
def test_the_sdist_holds_the_tests_and_the_papers(built: Path) -> None:
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    papers = {"CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "NOTICE", "README.md", "install.py", "requirements.lock"}
    assert papers | {"tests/conftest.py", "tests/test_packaging.py", "pyproject.toml"} <= names
    assert {"hierarchy/gems.yaml", "hierarchy/properties.yaml"} <= names


@pytest.mark.packaging
def test_a_checkout_without_links_builds_the_same_wheel(built: Path, checkout_without_links: Path) -> None:
    assert wheel_names(build(checkout_without_links)) == wheel_names(built)


@pytest.fixture(scope="module")
def environment(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment with the wheel and its base dependencies, as they are locked."""
    folder = tmp_path_factory.mktemp("environment")
    call(sys.executable, "-m", "venv", folder, folder=built)
    install(folder, "--require-hashes", "--requirement", ROOT / "requirements-base.lock")
    install(folder, *built.glob("*.whl"))
    return folder


def install(environment: Path, *what: str | Path) -> None:
    """Install without what it needs, in place of what is there, and built with the setuptools that is there."""
    pip = (environment / "bin" / "python", "-m", "pip", "--disable-pip-version-check", "install", "--quiet")
    call(*pip, "--force-reinstall", "--no-deps", "--no-build-isolation", *what, folder=environment)


@pytest.mark.packaging
def test_the_base_lock_is_all_that_the_wheel_needs(environment: Path) -> None:
    call(environment / "bin" / "python", "-m", "pip", "check", folder=environment)


@pytest.mark.packaging
def test_the_base_install_is_small_and_without_training_libraries(environment: Path) -> None:
    listed = call(environment / "bin" / "python", "-m", "pip", "list", "--format", "json", folder=environment)
    assert not TRAINING & {canonicalize_name(entry["name"]) for entry in json.loads(listed)}
    size = sum(path.stat().st_size for path in environment.rglob("*") if path.is_file() and not path.is_symlink())
    assert size <= MEGABYTES_OF_A_BASE_INSTALL * 1_000_000


@pytest.mark.packaging
def test_help_answers_at_once(environment: Path) -> None:
    resource = pytest.importorskip("resource")
    taken = []
    for _ in range(7):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        call(environment / "bin" / "gemhier", "--help", folder=environment)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        taken.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    # The processor's time, not the clock's: other work on the machine must not fail the test.
    assert min(taken) <= SECONDS_OF_HELP


@pytest.mark.packaging
def test_every_command_of_the_base_install_has_help(environment: Path) -> None:
    script = (
        "from gemhier.cli import main\n"
        "def walk(command, words):\n"
        "    main([*words, '--help'], standalone_mode=False)\n"
        "    for name, child in getattr(command, 'commands', {}).items():\n"
        "        walk(child, [*words, name])\n"
        "walk(main, [])\n"
    )
    printed = call(environment / "bin" / "python", "-c", script, folder=environment)
    for name in main.commands:
        assert f" {name} [" in printed


@pytest.mark.packaging
def test_every_public_name_loads_in_the_base_install(environment: Path) -> None:
    script = "import gemhier; print(*(getattr(gemhier, name) for name in gemhier.__all__), sep='\\n')"
    assert gemhier.__version__ in call(environment / "bin" / "python", "-c", script, folder=environment)


@pytest.mark.packaging
def test_the_base_install_classifies(environment: Path, checkout: Path) -> None:
    command = (environment / "bin" / "gemhier", "classify", checkout / "examples", "--format", "json")
    lines = call(*command, folder=environment).splitlines()
    assert lines
    assert all("failure" not in json.loads(line) for line in lines)


@pytest.mark.packaging
def test_a_command_without_its_extra_says_what_to_install(environment: Path) -> None:
    done = subprocess.run(
        [environment / "bin" / "gemhier", "ui"], cwd=environment, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1
    assert done.stderr.endswith('Run: pip install "gemhier[train]"\n')
    assert done.stderr.count("\n") == 1


@pytest.mark.packaging
@pytest.mark.parametrize("kind", ["checkout", "checkout_without_links"])
def test_an_editable_install_runs_the_files_of_the_checkout(
    kind: str, environment: Path, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    checkout: Path = request.getfixturevalue(kind)
    install(environment, "--editable", checkout)
    script = "import gemhier.models.images.decode as module; print(module.__file__)"
    for folder in (checkout, tmp_path):
        printed = call(environment / "bin" / "python", "-c", script, folder=folder)
        assert Path(printed.strip()).resolve() == checkout / "models" / "images" / "decode.py", folder
        version = call(environment / "bin" / "python", "-m", "gemhier", "--version", folder=folder)
        assert version == f"gemhier {gemhier.__version__}\n", folder
