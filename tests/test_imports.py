"""Which folder may import which, read from the source of the folders themselves."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
PARTS = ("crawler", "hierarchy", "models", "pipeline")

FLOOR = {"arrays", "atomic", "errors", "locks", "progress", "spreadsheet", "templates", "text", "yaml_file"}
"""What every folder may use: modules of gemhier/ itself."""

_SEEN = {"hierarchy", "models/runtime", "models/images"}
_NAMED = {*_SEEN, "models/bundle"}
_LEARNED = {*_NAMED, "models/augment", "models/networks"}
_ASKED = {"crawler/storage", "crawler/sites", "crawler/scraping", "hierarchy"}
_DATA = {"pipeline/data", "pipeline/duplicates"}
_MEASURED = {*_LEARNED, *_DATA, "pipeline/engines", "pipeline/evaluation", "pipeline/training"}
_REPORTED = {*_MEASURED, "pipeline/reports", "pipeline/reports/html"}
_WORKED = {
    *_REPORTED,
    "pipeline/app",
    "pipeline/data_quality",
    "pipeline/experiments",
    "pipeline/synthetic/gems",
    "pipeline/synthetic/scenes",
    "pipeline/taxonomy_plot",
    "pipeline/tracking",
}

MAY_USE = {
    "arrays": set[str](),
    "errors": set[str](),
    "text": set[str](),
    "locks": set[str](),
    "progress": set[str](),
    "spreadsheet": set[str](),
    "atomic": {"errors"},
    "templates": {"text"},
    "yaml_file": {"errors"},
    "extras": {"errors"},
    "hierarchy": FLOOR,
    "models/runtime": {*FLOOR, "hierarchy"},
    "models/images": {*FLOOR, "hierarchy", "models/runtime"},
    "models/bundle": {*FLOOR, *_SEEN},
    "models/augment": {*FLOOR, *_SEEN},
    "models/networks": {*FLOOR, *_SEEN, "models/augment"},
    "crawler/storage": FLOOR,
    "crawler/sites": {*FLOOR, "hierarchy", "crawler/storage"},
    "crawler/scraping": {*FLOOR, "hierarchy", "crawler/storage", "crawler/sites"},
    "crawler/stages": {*FLOOR, *_ASKED},
    "crawler/review": {*FLOOR, "crawler/storage"},
    "crawler": {*FLOOR, *_ASKED, "crawler/stages"},
    "crawler/replica": {*FLOOR, *_ASKED, "crawler"},
    "pipeline/duplicates": {*FLOOR, "models/images"},
    "pipeline/data": {*FLOOR, *_SEEN, "crawler/storage", "crawler/review", "pipeline/duplicates"},
    "pipeline/engines": {*FLOOR, "extras", "__version__", *_NAMED},
    "pipeline/evaluation": {*FLOOR, *_NAMED, *_DATA},
    "pipeline/synthetic/gems": FLOOR,
    "pipeline/synthetic/scenes": {*FLOOR, *_SEEN, "models/augment", "pipeline/data", "pipeline/synthetic/gems"},
    "pipeline/training": {*FLOOR, *_LEARNED, *_DATA, "pipeline/synthetic/scenes", "__version__"},
    "pipeline/reports": {*FLOOR, *_NAMED, *_DATA, "pipeline/engines", "pipeline/evaluation", "pipeline/training"},
    "pipeline/reports/html": {*FLOOR, *_NAMED, *_DATA, "pipeline/evaluation", "pipeline/training", "pipeline/reports"},
    "pipeline/data_quality": {*FLOOR, *_NAMED, *_DATA, "pipeline/reports", "pipeline/reports/html"},
    "pipeline/tracking": {*FLOOR, "extras", *_REPORTED},
    "pipeline/experiments": {*FLOOR, *_MEASURED},
    "pipeline/taxonomy_plot": {*FLOOR, "hierarchy"},
    "pipeline/app": {*FLOOR, "extras", *_NAMED},
    "pipeline": {*FLOOR, "extras", "__version__", *_WORKED},
    "commands": {*FLOOR, "extras", "__version__", "crawler", "crawler/review", *_ASKED, *_WORKED, "pipeline"},
    "__main__": {"commands"},
    "__init__": {"hierarchy", "models/bundle", "models/images"},
}
"""The folders, and modules of gemhier/, that each may import, besides itself. `pipeline` and `crawler` alone are the
modules at their roots: the steps of the command line."""

HEAVY = {
    "cv2",
    "fsspec",
    "jinja2",
    "keras",
    "keras_cv",
    "matplotlib",
    "mlflow",
    "networkx",
    "numpy",
    "pandas",
    "pyarrow",
    "ray",
    "scrapy",
    "sklearn",
    "tensorflow",
    "yaml",
}


ONLY_FOLDERS = {"models", "pipeline/synthetic"}
"""These hold folders and no module."""

KERAS = {"models/networks", "pipeline/training"}
"""Where Keras and TensorFlow are used: everything else runs without them."""


class Import(NamedTuple):
    """One `import` of one module, and where it stands."""

    place: str
    module: str
    names: tuple[str, ...]
    level: int


def module_name(path: Path) -> str:
    """What a file is imported as: gemhier.models.images.crop for models/images/crop.py."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    named = parts if parts[0] == "gemhier" else ("gemhier", *parts)
    return ".".join(named[:-1] if named[-1] == "__init__" else named)


PATHS = sorted([*(ROOT / "gemhier").glob("*.py"), *(path for part in PARTS for path in (ROOT / part).rglob("*.py"))])
MODULES = {module_name(path): path for path in PATHS}
"""Every module by its name; the links in gemhier/ are not followed."""


def room(path: Path) -> str:
    """Where a module stands in `MAY_USE`."""
    folder = path.relative_to(ROOT).parent.as_posix()
    if folder != "gemhier":
        return folder
    is_command = path.stem.endswith("_commands") or path.stem in ("cli", "evidence_options", "options")
    return "commands" if is_command else path.stem


def imports(source: str, place: str) -> list[Import]:
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += [Import(f"{place}:{node.lineno}", alias.name, (), 0) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = tuple(alias.name for alias in node.names)
            found.append(Import(f"{place}:{node.lineno}", node.module or "", names, node.level))
    return found


def used_modules(found: Import) -> Iterator[str]:
    """The modules of gemhier that an import reaches; `gemhier.__version__` stands for the version alone."""
    if found.module.partition(".")[0] != "gemhier":
        return
    for name in found.names or ("",):
        inner = f"{found.module}.{name}"
        yield inner if inner in MODULES or inner == "gemhier.__version__" else found.module


def used_rooms(found: Import) -> set[str]:
    used = set()
    for name in used_modules(found):
        if name == "gemhier.__version__":
            used.add("__version__")
        elif name in MODULES:
            used.add(room(MODULES[name]))
        else:
            used.add(f"{name}, which is not there")
    return used


def complaints(own: str, source: str, place: str) -> list[str]:
    """What is wrong with the imports of one module."""
    wrong = []
    for found in imports(source, place):
        if found.level:
            wrong.append(f"{found.place}: a relative import")
        elif found.module.partition(".")[0] in PARTS:
            wrong.append(f"{found.place}: {found.module} without gemhier. loads a second copy")
        elif found.module.partition(".")[0] in ("keras", "keras_cv", "tensorflow") and own not in KERAS:
            wrong.append(f"{found.place}: {own} may not import {found.module}")
        wrong += [
            f"{found.place}: {own} may not import {used}" for used in sorted(used_rooms(found) - MAY_USE[own] - {own})
        ]
        if own == "pipeline":
            wrong += [
                f"{found.place}: a step may not import the step {used}"
                for used in used_modules(found)
                if used.startswith("gemhier.pipeline.") and used.count(".") == 2 and MODULES[used].name != "__init__.py"
            ]
    return wrong


def test_every_folder_has_its_place_in_the_order() -> None:
    assert {room(path) for path in PATHS} == {*MAY_USE, *ONLY_FOLDERS}


@pytest.mark.parametrize("path", [pytest.param(path, id=path.relative_to(ROOT).as_posix()) for path in PATHS])
def test_imports_go_one_way(path: Path) -> None:
    own = room(path)
    if own in MAY_USE:
        assert complaints(own, path.read_text(encoding="utf-8"), path.relative_to(ROOT).as_posix()) == []
    else:
        assert imports(path.read_text(encoding="utf-8"), "") == []


def order(graph: dict[str, set[str]]) -> list[str]:
    try:
        return list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


def test_no_module_needs_itself() -> None:
    graph = {
        name: {used for found in imports(path.read_text(encoding="utf-8"), "") for used in used_modules(found)} - {name}
        for name, path in MODULES.items()
    }
    assert set(order(graph)) >= set(MODULES)


def test_no_folder_needs_itself() -> None:
    assert set(order(MAY_USE)) >= {"hierarchy", "models/bundle", "pipeline", "commands"}


def test_a_command_has_one_step() -> None:
    steps = [path.stem for path in PATHS if room(path) == "pipeline" and path.name != "__init__.py"]
    assert len(steps) <= 15


@pytest.mark.parametrize(
    ("own", "source", "complaint"),
    [
        ("hierarchy", "from gemhier.models.images.decode import read_image", "may not import models/images"),
        ("models/images", "import gemhier.pipeline.train", "may not import pipeline"),
        ("models/bundle", "from gemhier import load_bundle", "may not import __init__"),
        ("pipeline/training", "def late():\n    from gemhier.cli import main", "may not import commands"),
        ("crawler/storage", "from gemhier.models.images.decode import read_image", "may not import models/images"),
        ("pipeline", "from gemhier.pipeline.evaluate import evaluate", "may not import the step"),
        ("pipeline/reports", "from gemhier.pipeline.reports.html import page", "may not import pipeline/reports/html"),
        ("pipeline/data", "from gemhier.pipeline.data.nothing.there import x", "which is not there"),
        ("models/bundle", "import keras", "may not import keras"),
        ("pipeline", "from .split import split", "a relative import"),
        ("pipeline", "from hierarchy.taxonomy import Taxonomy", "loads a second copy"),
        ("errors", "from gemhier.hierarchy.taxonomy import Taxonomy", "may not import hierarchy"),
    ],
)
def test_a_wrong_arrow_is_found(own: str, source: str, complaint: str) -> None:
    (found,) = complaints(own, source, "module.py")
    assert complaint in found


def replacing_calls(source: str) -> list[int]:
    """The lines in which a file takes the place of another: `path.replace(target)`, `os.replace`, `path.rename`."""
    lines = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            is_os = isinstance(node.func.value, ast.Name) and node.func.value.id == "os"
            one_argument = len(node.args) == 1 and not node.keywords
            if node.func.attr in ("replace", "rename") and (is_os or one_argument):
                lines.append(node.lineno)
    return lines


def test_files_are_put_in_place_by_one_module() -> None:
    found = {path.relative_to(ROOT).as_posix() for path in PATHS if replacing_calls(path.read_text(encoding="utf-8"))}
    assert found == {
        "gemhier/atomic.py",
        "crawler/storage/folder.py",  # which moves a picture that is set aside
    }


def imported_by(code: str) -> set[str]:
    """The top-level modules that a fresh interpreter has loaded after running `code`."""
    script = f"import sys\n{code}\nprint(*sorted({{name.partition('.')[0] for name in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split())


def test_help_needs_no_heavy_import() -> None:
    loaded = imported_by("from gemhier.cli import main\nmain(['--help'], standalone_mode=False)")
    assert "click" in loaded
    assert not HEAVY & loaded


def test_the_package_itself_needs_nothing_but_the_standard_library() -> None:
    assert not (HEAVY | {"click"}) & imported_by("import gemhier")


def test_classifying_needs_no_training_library() -> None:
    modules = "gemhier.models.bundle, gemhier.models.bundle.predictions, gemhier.pipeline.classify"
    assert not (HEAVY - {"cv2", "numpy", "yaml"}) & imported_by(f"import {modules}")


SCRIPTS = sorted(path for folder in ("benchmarks", "docs", "examples") for path in (ROOT / folder).glob("*.py"))


def names_of(path: Path) -> set[str]:
    """What a module defines or imports at its top, under `if TYPE_CHECKING` too."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names |= {alias.asname or alias.name for alias in node.names}
    return names


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_what_a_script_imports_is_there(script: Path) -> None:
    """Scripts run by hand, so nothing else would tell that a name of theirs is gone."""
    missing = [
        f"{found.place}: {found.module} has no {name}"
        for found in imports(script.read_text(encoding="utf-8"), script.name)
        if found.module.startswith("gemhier.")
        for name in found.names
        if f"{found.module}.{name}" not in MODULES
        and (found.module not in MODULES or name not in names_of(MODULES[found.module]))
    ]
    assert missing == []
