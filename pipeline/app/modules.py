"""Many modules of JavaScript as one script, since a page without a server cannot import files.

What is read is what our scripts and the runtime's library are written in: imports of names from a module, and exports
of functions, classes, constants and lists of names. Everything else is refused.
"""

import re
from collections.abc import Callable, Mapping
from posixpath import dirname, join, normpath

_IMPORT = re.compile(r'^import \{([^}]*)\} from "([^"]+)";$', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?function\*? (\w+)|class (\w+)|const (\w+))", re.MULTILINE)
_LIST = re.compile(r"^export \{\s*(\w+(?:\s*,\s*\w+)*),?\s*\};$", re.MULTILINE)
_OTHER = re.compile(r"^(?:import\b|export\b).*$", re.MULTILINE)
_AS = re.compile(r"\s+as\s+")
_MAP = re.compile(r"^//# sourceMappingURL=.*$", re.MULTILINE)


def joined(entry: str, read: Callable[[str], str], packages: Mapping[str, str]) -> str:
    """Put a module and all that it imports into one script: each in a function of its own, in the order of need.

    Args:
        entry: the path of the module that is called first.
        read: returns the text of a path.
        packages: which path stands for an import that names a package.

    Raises:
        ValueError: if modules import each other in a circle, or import or export in another way.
    """
    done: dict[str, str] = {}
    parts: list[str] = []

    def add(path: str, above: tuple[str, ...]) -> str:
        if path in above:
            raise ValueError(f"Modules import each other: {' > '.join((*above, path))}.")
        if path not in done:
            text = _MAP.sub("", read(path))
            needed = {name: _path(name, path, packages) for _, name in _IMPORT.findall(text)}
            names = {name: add(found, (*above, path)) for name, found in needed.items()}
            done[path] = f"module{len(done)}"
            parts.append(f"// {path}\nconst {done[path]} = (() => {{\n{_wrapped(text, path, names)}\n}})();\n")
        return done[path]

    add(entry, ())
    return "".join(parts)


def _path(name: str, importer: str, packages: Mapping[str, str]) -> str:
    if name.startswith("."):
        return normpath(join(dirname(importer), name))
    if name not in packages:
        raise ValueError(f"{importer} imports {name!r}, which is not put into the page.")
    return packages[name]


def _wrapped(text: str, path: str, modules: Mapping[str, str]) -> str:
    """Return the body of the function of a module."""

    def taken(found: re.Match[str]) -> str:
        names = _AS.sub(": ", found[1])
        return f"const {{{names}}} = {modules[found[2]]};"

    names = [name for found in _EXPORT.findall(text) for name in found if name]
    names += [name for found in _LIST.findall(text) for name in re.findall(r"\w+", found)]
    text = _EXPORT.sub("", _LIST.sub("", _IMPORT.sub(taken, text)))
    if other := _OTHER.search(text):
        raise ValueError(f"{path} has an import or export of another kind: {other[0]!r}.")
    return f"{text}\nreturn {{ {', '.join(names)} }};"
