"""One HTML file in which everything lies: the scripts, the runtime, the networks and what is known of gems."""

import base64
import hashlib
import json
import re
from collections.abc import Iterable
from importlib.resources import files

from markupsafe import Markup

from gemhier.errors import BundleError
from gemhier.models.bundle.bundle import Bundle
from gemhier.models.images.finder import Finder
from gemhier.pipeline.app.description import describe
from gemhier.pipeline.app.modules import joined
from gemhier.pipeline.app.networks import of_one_picture
from gemhier.pipeline.app.packing import packed, packed_halves
from gemhier.pipeline.app.runtime import Runtime
from gemhier.templates import render

ENTRY = "boot.js"
UNPACKER = "unpacker.js"

_LIBRARY = "litert"
_MAIN = "page/main.js"
_PACKAGES = {"@litertjs/core": _LIBRARY, "@litertjs/wasm-utils": "wasm-utils.js"}

_ENDS_SCRIPT = re.compile("<(?=/script|!--)", re.IGNORECASE)

POLICY = {
    "default-src": "'none'",
    "img-src": "blob: data:",
    "media-src": "blob:",
    "worker-src": "blob:",
    "base-uri": "'none'",
    "form-action": "'none'",
}
"""What the page may load: nothing from anywhere, and pictures and a worker that it holds itself."""


def page(bundle: Bundle, network: bytes, runtime: Runtime, *, main: str | None = None) -> str:
    """Return the page for a bundle.

    Args:
        bundle: the model.
        network: the content of its network's file.
        runtime: LiteRT.js.
        main: the text of another module in the place of `page/main.js`, to try the engine alone.

    Raises:
        BundleError: if its stone finder is not a network.
    """
    if not isinstance(bundle.finder, Finder):
        raise BundleError(
            f"The page needs a stone finder that was trained, and this model has the finder {bundle.finder.name!r}. "
            "Prepare the data with another one, gemhier prepare --finder FILE, and train the model anew."
        )
    pieces = [
        *packed("machine-code", runtime.machine_code),
        *packed_halves("finder", of_one_picture(bundle.finder.content)),
        *packed_halves("network", of_one_picture(network)),
    ]
    style, loader = _file("templates", "page.css"), _in_script(runtime.loader)
    given = {_LIBRARY: runtime.library} | ({} if main is None else {_MAIN: main})
    script = _in_script(joined(ENTRY, lambda path: given.get(path) or _file("scripts", path), _PACKAGES))
    return render(
        "pipeline/app/page.html",
        policy=_policy([loader, script], [style]),
        description=describe(bundle),
        strings=json.loads(_file("strings", "en.json")),
        unpacker=Markup(_in_script(joined(UNPACKER, lambda path: _file("scripts", path), {}))),
        pieces=pieces,
        style=Markup(style),
        loader=Markup(loader),
        script=Markup(script),
    )


def _file(*place: str) -> str:
    return files(__package__).joinpath(*place).read_text(encoding="utf-8")


def _in_script(text: str) -> str:
    """Write what would end or hide a script in a page in a way that means the same within JavaScript's texts."""
    return _ENDS_SCRIPT.sub(r"\\x3c", text)


def _policy(scripts: Iterable[str], styles: Iterable[str]) -> str:
    """Return the content security policy (W3C CSP level 3), by which only these scripts and styles count."""
    rules = {
        **POLICY,
        "script-src": " ".join(["'wasm-unsafe-eval'", *map(_digest, scripts)]),
        "style-src": " ".join(map(_digest, styles)),
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
