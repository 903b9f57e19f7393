"""Write docs/python.md from the docstrings of the public API.

python docs/make_python_reference.py
"""

import inspect
import re
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

import gemhier

PLACE = Path(__file__).with_name("python.md")

INTRODUCTION = """\
# From Python

`import gemhier` is quick: what needs numpy, or a network, is loaded when a name below is first used.

```python
import gemhier

bundle = gemhier.load_bundle()
for result in bundle.classify(["examples/amethyst.jpg", "examples/ruby.jpg"]):
    print(result)
```

`python docs/make_python_reference.py` makes this page from the docstrings.
"""

_SECTION = re.compile(r"(Args|Attributes|Returns|Raises):")


def reference() -> str:
    """Return the text of the whole page."""
    names = [name for name in gemhier.__all__ if not name.startswith("_")]
    return INTRODUCTION + "".join(line + "\n" for name in names for line in _entry(name, getattr(gemhier, name)))


def _entry(name: str, thing: object) -> Iterator[str]:
    if inspect.isclass(thing):
        yield from ("", f"## {name}", "")
        yield from _described(thing)
        for inner, member in vars(thing).items():
            if not inner.startswith("_") and callable(getattr(thing, inner, None)):
                yield from ("", f"### {name}.{inner}{_signature(getattr(thing, inner))}", "")
                yield from _described(getattr(thing, inner))
            elif not inner.startswith("_") and isinstance(member, property | cached_property):
                yield from ("", f"### {name}.{inner}", "")
                yield from _described(member)
    else:
        yield from ("", f"## {name}{_signature(thing)}", "")
        yield from _described(thing)


def _signature(function: object) -> str:
    """Write a signature without types, which the descriptions give."""
    if not callable(function):
        return ""
    parameters = [
        parameter.replace(annotation=inspect.Parameter.empty)
        for name, parameter in inspect.signature(function).parameters.items()
        if name not in ("self", "cls")
    ]
    return str(inspect.Signature(parameters))


def _described(thing: object) -> Iterator[str]:
    """Turn a docstring into Markdown, with a list for each of its sections."""
    for line in (inspect.getdoc(thing) or "").splitlines():
        section = _SECTION.fullmatch(line)
        entry = re.fullmatch(r"    ([\w.]+): (.+)", line)
        if section:
            yield from (f"**{section[1]}**", "")
        elif entry:
            yield f"- `{entry[1]}`: {entry[2]}"
        else:
            yield f"  {line.strip()}" if line.startswith("        ") else line.strip()


if __name__ == "__main__":
    PLACE.write_text(reference(), encoding="utf-8", newline="\n")
