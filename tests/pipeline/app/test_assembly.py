"""What lies in the page, and what it may do; the runtime is made up, and no browser is asked."""

import base64
import gzip
import hashlib
import json
import re
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest
from click.testing import CliRunner

from gemhier.cli import main
from gemhier.errors import BundleError
from gemhier.models.bundle import load_bundle
from gemhier.models.bundle.bundle import Bundle
from gemhier.models.images.untrained_finders import UNTRAINED
from gemhier.pipeline.app.description import describe
from gemhier.pipeline.app.page import page
from gemhier.pipeline.app.runtime import Runtime

LIBRARY = """import { createWasmLib } from "@litertjs/wasm-utils";
function loadLiteRt() { return createWasmLib(); }
const [Tensor, loadAndCompile] = [];
export {
  Tensor,
  loadAndCompile,
  loadLiteRt
};
"""
RUNTIME = Runtime(LIBRARY, 'var ModuleFactory = "</script><!--";', b"\0asm")


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return load_bundle(num_threads=1)


@pytest.fixture
def text(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr("gemhier.pipeline.app.page.of_one_picture", lambda content: content[:1000])
    return page(bundle, b"a network", RUNTIME)


def blocks(text: str) -> dict[str, str]:
    """The contents of the elements with data, by their ids."""
    found = re.findall(r'<script type="(?:application/json|text/plain)" id="([\w-]+)">(.*?)</script>', text, re.DOTALL)
    return dict(found)


def pieces(text: str) -> dict[str, dict[str, bytes]]:
    """What the pieces in the page add up to, by name and part; each says how many of its name follow."""
    of = r'<script type="text/plain" data-of="([\w-]+)" data-part="(\w+)" data-left="(\d+)">([\w+/=]+)</script>'
    found: dict[str, dict[str, bytes]] = {}
    left: dict[str, list[int]] = {}
    for name, part, more, letters in re.findall(of, text):
        parts = found.setdefault(name, {})
        parts[part] = parts.get(part, b"") + base64.b64decode(letters)
        left.setdefault(name, []).append(int(more))
    assert all(numbers == [*reversed(range(len(numbers)))] for numbers in left.values())
    return {
        name: {part: gzip.decompress(content) if part == "packed" else content for part, content in parts.items()}
        for name, parts in found.items()
    }


def test_it_holds_the_bundle_and_the_runtime(text: str, bundle: Bundle) -> None:
    found = blocks(text)
    assert json.loads(found["description"]) == json.loads(json.dumps(describe(bundle)))
    assert {"strings", "unpacker"} < found.keys()
    assert pieces(text).keys() == {"machine-code", "finder", "network"}
    assert pieces(text)["machine-code"] == {"packed": b"\0asm"}
    assert pieces(text)["network"] == {"plain": b"a network"[::2], "packed": b"a network"[1::2]}


def test_only_its_own_scripts_and_styles_count(text: str) -> None:
    policy = unescape(re.findall(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">', text)[0])
    rules = {name: values for name, *values in map(str.split, policy.split(";"))}
    assert rules["default-src"] == ["'none'"]
    assert rules.keys() & {"connect-src", "frame-src", "font-src"} == set()
    assert all(
        value in ("'none'", "blob:", "data:")
        for name in ("img-src", "media-src", "worker-src")
        for value in rules[name]
    )
    scripts = re.findall(r"<script(?: type=\"module\" async)?>(.*?)</script>", text, re.DOTALL)
    styles = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    assert (len(scripts), len(styles)) == (2, 1)
    assert rules["script-src"] == ["'wasm-unsafe-eval'", *map(digest, scripts)]
    assert rules["style-src"] == [*map(digest, styles)]


def digest(content: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}'"


def test_a_script_cannot_end_its_element(text: str) -> None:
    assert r'var ModuleFactory = "\x3c/script>\x3c!--";' in text


def test_nothing_in_it_lies_elsewhere(text: str) -> None:
    assert re.findall(r"""\b(?:src|href)\s*=\s*["'][^"']*["']""", text) == ['href="data:,"']  # no icon


def test_a_model_without_a_trained_finder_is_refused(bundle: Bundle) -> None:
    with pytest.raises(BundleError, match=r"needs a stone finder that was trained, .* the finder .none"):
        page(replace(bundle, finder=UNTRAINED["none"]), b"", RUNTIME)


def test_the_command_says_in_one_line_what_is_missing(tmp_path: Path) -> None:
    out = tmp_path / "gemhier.html"
    done = CliRunner().invoke(main, ["app", "--out", str(out), "--runtime", str(tmp_path)])
    assert done.exit_code == 1
    assert re.fullmatch(r"Error: .*index\.js: the runtime of the app cannot be read .*\n", done.output)
    assert not out.exists()
    done = CliRunner().invoke(main, ["app", "--out", str(tmp_path / "no" / "gemhier.html")])
    assert re.fullmatch(r"Error: .*there is no folder .*\n", done.output)
