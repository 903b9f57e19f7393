"""Which part may import which, read from the source of the folders themselves."""

import ast
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
PARTS = ("crawler", "hierarchy", "models", "pipeline")

FLOOR = {"errors", "text", "atomic", "progress"}
"""What every part may use."""

MAY_USE = {
    "errors": set[str](),
    "text": set[str](),
    "progress": set[str](),
    "atomic": {"errors"},
    "hierarchy": FLOOR,
    "models": {*FLOOR, "hierarchy"},
    "crawler": {*FLOOR, "hierarchy"},
    "pipeline": {*FLOOR, "extras", "hierarchy", "models", "crawler", "__version__"},
    "extras": {"errors"},
    "cli": {*FLOOR, "extras", "hierarchy", "models", "crawler", "pipeline", "web", "__version__"},
    "web": {"errors", "extras", "hierarchy", "models", "pipeline", "__version__"},
    "__main__": {"cli"},
    "__init__": {"hierarchy", "models"},
}
"""The parts of gemhier that each part may import, besides itself."""

HEAVY = {
    "cv2",
    "keras",
    "keras_cv",
    "matplotlib",
    "mlflow",
    "networkx",
    "numpy",
    "pandas",
    "scrapy",
    "sklearn",
    "tensorflow",
    "yaml",
}


class Import(NamedTuple):
    """One `import` of one module, and where it stands."""

    place: str
    module: str
    names: tuple[str, ...]
    level: int


def part_named(module: str) -> str:
    """The part of a module in gemhier/: the modules with commands and their options belong to the command line."""
    return "cli" if module.endswith("_commands") or module == "options" else module


def sources() -> list[tuple[str, Path]]:
    """Every module with the part that it belongs to; the links in gemhier/ are not followed."""
    own = [(part_named(path.stem), path) for path in sorted((ROOT / "gemhier").glob("*.py"))]
    web = [("web", path) for path in sorted((ROOT / "gemhier" / "web").rglob("*.py"))]
    return own + web + [(part, path) for part in PARTS for path in sorted((ROOT / part).rglob("*.py"))]


def imports(path: Path, source: str) -> list[Import]:
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            place = f"{path}:{node.lineno}"
            found += [Import(place, alias.name, (), 0) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = tuple(alias.name for alias in node.names)
            found.append(Import(f"{path}:{node.lineno}", node.module or "", names, node.level))
    return found


def used_parts(found: Import) -> set[str]:
    """The parts of gemhier that an import reaches: {"models"} for `from gemhier.models.images.decode import ...`."""
    first, _, rest = found.module.partition(".")
    if first != "gemhier":
        return set()
    return {part_named(rest.partition(".")[0])} if rest else set(found.names) or {"__init__"}


def complaints(part: str, path: Path, source: str) -> list[str]:
    """What is wrong with the imports of one module."""
    wrong = []
    for found in imports(path, source):
        if found.level:
            wrong.append(f"{found.place}: a relative import")
        elif found.module.partition(".")[0] in PARTS:
            wrong.append(f"{found.place}: {found.module} without gemhier. loads a second copy")
        wrong += [
            f"{found.place}: {part} may not import gemhier.{used}"
            for used in sorted(used_parts(found) - MAY_USE[part] - {part})
        ]
    return wrong


def test_every_part_of_gemhier_has_its_place_in_the_order() -> None:
    assert {part for part, _ in sources()} <= MAY_USE.keys()


@pytest.mark.parametrize(
    ("part", "path"),
    [pytest.param(part, path, id=path.relative_to(ROOT).as_posix()) for part, path in sources()],
)
def test_imports_go_one_way(part: str, path: Path) -> None:
    assert complaints(part, path.relative_to(ROOT), path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("part", "source", "complaint"),
    [
        ("hierarchy", "from gemhier.models.images.decode import read_image", "may not import gemhier.models"),
        ("models", "import gemhier.pipeline.train", "may not import gemhier.pipeline"),
        ("models", "from gemhier import load_bundle", "may not import gemhier.load_bundle"),
        ("pipeline", "def late():\n    from gemhier.cli import main", "may not import gemhier.cli"),
        ("crawler", "from gemhier.models.images.decode import read_image", "may not import gemhier.models"),
        ("pipeline", "from .split import split", "a relative import"),
        ("pipeline", "from hierarchy.taxonomy import Taxonomy", "loads a second copy"),
        ("errors", "from gemhier.hierarchy.taxonomy import Taxonomy", "may not import gemhier.hierarchy"),
    ],
)
def test_a_wrong_arrow_is_found(part: str, source: str, complaint: str) -> None:
    (found,) = complaints(part, Path("module.py"), source)
    assert complaint in found


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
