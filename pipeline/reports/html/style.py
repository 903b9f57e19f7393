"""The frame of pages: one HTML file each, with its look and its scripts inside. Nothing is fetched from anywhere."""

import json
from collections.abc import Sequence
from html import escape
from importlib.resources import files
from string import Template
from typing import Any

_FRAME = Template("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:">
<link rel="icon" href="data:,">
<title>$title</title>
<style>
$style</style>
</head>
<body$attributes>
$body
<script>
$script</script>
</body>
</html>
""")


def framed(
    title: str,
    body: str,
    *,
    package: str = __package__,
    styles: Sequence[str] = (),
    scripts: Sequence[str] = (),
    data: dict[str, str] | None = None,
) -> str:
    """Return a whole page, with the look and the tables that all pages have.

    Args:
        title: text.
        body: HTML.
        package: where further styles and scripts lie.
        styles: names of CSS files.
        scripts: names of JavaScript files; each runs in a scope of its own.
        data: further `data-` attributes of the body.
    """
    looks = [_text(__package__, "page.css"), *(_text(package, name) for name in styles)]
    acts = [_text(__package__, "tables.js"), *(f"{{\n{_text(package, name)}}}\n" for name in scripts)]
    attributes = "".join(f' data-{name}="{escape(value)}"' for name, value in (data or {}).items())
    return _FRAME.substitute(
        title=escape(title), style="".join(looks), body=body, script="".join(acts), attributes=attributes
    )


def json_script(name: str, content: Any) -> str:
    """Return an element that holds JSON, whatever it says: nothing in it can end the element or begin another."""
    text = json.dumps(content, separators=(",", ":")).replace("<", "\\u003c")
    return f'<script type="application/json" id="{name}">{text}</script>'


def printable(text: str) -> str:
    """Return the text with escapes for bytes of a file name that are not UTF-8."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _text(package: str, name: str) -> str:
    return files(package).joinpath("templates", name).read_text(encoding="utf-8")
