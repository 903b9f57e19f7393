"""Modules of JavaScript as one script."""

import re
import shutil
import subprocess
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

import pytest

from gemhier.pipeline.app.modules import joined

NODE = shutil.which("node")


def put(modules: Mapping[str, str], packages: Mapping[str, str] | None = None) -> str:
    return joined("main.js", lambda path: modules[path], packages or {})


MODULES = {
    "main.js": (
        'import { half as other } from "./deep/half.js";\n'
        'import {\n  Pair,\n  four,\n} from "./pair.js";\n'
        'import { grown } from "grow";\n'
        "const half = 1;\n"
        "console.log(new Pair(four, half).sum() + other(4) + grown());\n"
    ),
    "pair.js": "export class Pair {\n  constructor(a, b) { this.a = a; this.b = b; }\n"
    "  sum() { return this.a + this.b; }\n}\n"
    "export const four = 4;\n",
    "deep/half.js": 'import { two } from "./two.js";\nexport function half(n) {\n  return n / two;\n}\n',
    "deep/two.js": 'export const two = 2;\nconst text = `\n import { x } from "y";`;\n//# sourceMappingURL=two.map\n',
    "grow.js": 'import { two } from "./deep/two.js";\nfunction grown() { return 10 * two; }\nexport {\n  grown\n};\n',
}


@pytest.mark.skipif(NODE is None, reason="node, which runs the script, is not on the PATH")
def test_they_do_together_what_they_do_apart(tmp_path: Path) -> None:
    script = tmp_path / "joined.js"
    script.write_text(put(MODULES, {"grow": "grow.js"}), encoding="utf-8")
    done = subprocess.run([NODE or "node", script], capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("27\n", "")


def test_each_is_put_in_once_and_after_what_it_needs() -> None:
    found = re.findall(r"^// (.*)$", put(MODULES, {"grow": "grow.js"}), re.MULTILINE)
    assert found == ["deep/two.js", "deep/half.js", "pair.js", "grow.js", "main.js"]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('import { a } from "./main.js";\n', "import each other: main.js > main.js"),
        ('import { a } from "elsewhere";\n', "main.js imports 'elsewhere', which is not put into the page"),
        ('import a from "./pair.js";\n', "of another kind: 'import a from"),
        ('import "./pair.js";\n', "of another kind"),
        ("export default 4;\n", "of another kind: 'export default 4;'"),
        ("export let count = 0;\n", "of another kind"),
        ("const a = 1;\nexport { a as b };\n", "of another kind"),
    ],
)
def test_another_kind_of_import_or_export_is_refused(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=re.escape(complaint)):
        put({**MODULES, "main.js": text})


def test_all_scripts_can_be_put_together() -> None:
    """Node is not asked: without the runtime the page cannot be started, but every module is read."""
    packages = {"@litertjs/core": "litert", "@litertjs/wasm-utils": "wasm-utils.js"}
    scripts = files("gemhier.pipeline.app").joinpath("scripts")
    library = 'import { createWasmLib } from "@litertjs/wasm-utils";\nexport { createWasmLib };\n'
    script = joined(
        "boot.js", lambda path: library if path == "litert" else scripts.joinpath(path).read_text("utf-8"), packages
    )
    assert {"// litert", "// engine.js", "// decode.js", "// page/main.js", "// classify.js"} <= set(
        script.splitlines()
    )
