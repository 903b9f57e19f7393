"""HTML lies in templates alone: no Python of ours writes tags or escapes texts, and nothing gets round escaping."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from gemhier.templates import _environment

ROOT = Path(__file__).parents[1]
PARTS = ("benchmarks", "crawler", "docs", "examples", "gemhier", "hierarchy", "models", "pipeline")
"""The folders with Python of ours; the links in gemhier/ are not followed."""

MODULES = sorted(path for part in PARTS for path in (ROOT / part).rglob("*.py"))
TEMPLATES = sorted(path for part in PARTS for path in (ROOT / part).rglob("templates/*") if path.is_file())

TAGS = (
    "a article b body br button caption code dd details div dl dt em figcaption figure footer form "
    "h1 h2 h3 h4 head header html i img input label li link main meta nav noscript ol "
    "option p pre script section select small span strong style sub summary sup svg table tbody td th "
    "thead title tr u ul"
)
TAG = re.compile(rf"<(?:!doctype|!DOCTYPE|!--|/?(?:{TAGS.replace(' ', '|')})(?=[\s/>]|$))")
"""Small letters only: "<I" is a number in `struct`."""

RECOGNISING = {"crawler/storage/image_file.py", "models/images/signatures.py"}
"""What tells a web page that came in place of a picture, by its first bytes."""

BREAKING = [ROOT / "benchmarks/decode_against_browser.py", *(ROOT / "benchmarks" / "odd_images").glob("*.py")]
"""What shows pictures to a browser, and puts pages in their places."""

MARKUP = {
    "gemhier/templates.py",
    "pipeline/app/page.py",
    "pipeline/reports/html/svg.py",
    "pipeline/reports/html/drawings.py",
}
"""Where texts are said to be HTML already: styles and scripts as they lie there, and what matplotlib drew."""


def texts(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """The texts in a module with their lines, those of f-strings too, without docstrings."""
    documented = [
        node for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    ]
    docstrings = {id(node.value) for node in documented}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes) and id(node) not in docstrings:
            text = node.value if isinstance(node.value, str) else node.value.decode("latin-1")
            yield node.lineno, text


def complaints(source: str) -> list[str]:
    """What a module does that templates are for."""
    tree = ast.parse(source)
    found = [f"{line}: {text!r} is HTML" for line, text in texts(tree) if TAG.search(text)]
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            if name.rpartition(".")[2] == "escape" and name != "re.escape":
                found.append(f"{node.lineno}: {name} is called")
        elif isinstance(node, ast.ImportFrom) and node.module in ("html", "markupsafe", "xml.sax.saxutils"):
            names = {alias.name for alias in node.names} & {"escape", "escape_silent", "quoteattr"}
            found += [f"{node.lineno}: {name} is imported" for name in sorted(names)]
    return found


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_all_folders_are_read() -> None:
    assert {"crawler/replica/shops.py", "pipeline/reports/html/page.py", "docs/make_cli_reference.py"} <= {
        *map(named, MODULES)
    }
    assert {named(path.parent) for path in TEMPLATES} == {
        "crawler/replica/templates",
        "crawler/review/templates",
        "models/bundle/templates",
        "pipeline/app/templates",
        "pipeline/data_quality/templates",
        "pipeline/experiments/templates",
        "pipeline/reports/html/templates",
    }


def test_no_python_writes_html() -> None:
    found = {named(path): complaints(path.read_text(encoding="utf-8")) for path in MODULES}
    wrong = {name for name, complained in found.items() if complained}
    assert {name for name in wrong if not name.startswith("benchmarks/")} == RECOGNISING
    assert {name for name in wrong if name.startswith("benchmarks/")} <= {*map(named, BREAKING)}


def test_little_is_html_without_being_escaped() -> None:
    saying = re.compile(r"\bMarkup\b")
    assert {named(path) for path in MODULES if saying.search(path.read_text(encoding="utf-8"))} == MARKUP
    unsafe = re.compile(r"\|\s*safe\b|autoescape")
    assert [named(path) for path in TEMPLATES if unsafe.search(path.read_text(encoding="utf-8"))] == []


@pytest.mark.parametrize("path", [path for path in TEMPLATES if path.suffix == ".html"], ids=named)
def test_a_template_can_be_read(path: Path) -> None:
    room = path.parent.parent.relative_to(ROOT).as_posix()
    assert _environment().get_template(f"{room}/{path.name}")


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ('x = "<td class=number>"', "is HTML"),
        ('x = f"<b>{name}"', "is HTML"),
        ('x = b"</table>"', "is HTML"),
        ('x = "<!doctype html>"', "is HTML"),
        ('x = "<img"', "is HTML"),
        ("import html\nhtml.escape(x)", "html.escape is called"),
        ("from html import escape", "escape is imported"),
    ],
)
def test_html_in_python_is_found(source: str, complaint: str) -> None:
    assert complaint in "\n".join(complaints(source))


@pytest.mark.parametrize(
    "source", ['"""Of `precision/<label>`."""', "re.escape(x)", 'x = "a < b"', 'x = "<model> and <paths>"']
)
def test_what_is_no_html_is_let_be(source: str) -> None:
    assert complaints(source) == []
