"""HTML from templates, which lie in the folder `templates` of the room whose code fills them in.

What a template prints is escaped, and a value that it asks for and was not given is an error.
"""

from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from gemhier.text import number, percent, points, printable


def render(name: str, **values: Any) -> str:
    """Fill in a template.

    Args:
        name: its room and its file: `crawler/review/set-aside.html` lies in `crawler/review/templates`.
        **values: what it shows.
    """
    return _environment().get_template(name).render(values)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FunctionLoader(_text),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_printed,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.policies["json.dumps_kwargs"] = {"separators": (",", ":")}
    environment.globals |= {"format": format, "number": number, "percent": percent, "points": points, "raw": _raw}
    return environment


def _raw(name: str) -> Markup:
    """Return a style or a script as it lies beside the templates."""
    return Markup(_text(name))


def _printed(value: Any) -> Any:
    return value if isinstance(value, Markup) else printable(str(value))


def _text(name: str) -> str:
    room, _, file = name.rpartition("/")
    package = files(f"gemhier.{room.replace('/', '.')}")
    return package.joinpath("templates", file).read_text(encoding="utf-8")
