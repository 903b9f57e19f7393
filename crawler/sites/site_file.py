"""Read site files, built-in ones and a user's own."""

import re
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from urllib.parse import urlsplit

from gemhier.crawler.sites.site import (
    KINDS,
    CategoryLinks,
    CategoryRules,
    IndexRules,
    NumberedPages,
    ProductRules,
    Selector,
    Site,
    digest_of,
)
from gemhier.crawler.storage.records import OWN_FIELDS, TEXTS
from gemhier.errors import DataError
from gemhier.yaml_file import Entry, YamlFormat

FORMAT = "1"

USUAL_REJECTED_NAMES = {
    "certificate": r"(^|[-_. ])(certi(ficates?|f|s)?|cert|gem-?report|lab-?report)([-_. \d]|$)",
    "hand": r"(^|[-_. ])(hands?|fingers?)([-_. \d]|$)",
    "card": r"(^|[-_. ])(cards?|warranty)([-_. \d]|$)",
}
"""What the names of picture files are searched for at every shop: parts of them between hyphens, blanks and dots."""

_SITE_FILE = YamlFormat("a site file", longest=256 * 1024, deepest=16)
_TOP = ("format", "name", "start", "picture_hosts", "index", "category", "product", "rejected_names")
_NAME = re.compile("[a-z0-9][a-z0-9._-]*")
_TEXT_NAME = re.compile("[a-z][a-z0-9_]*")


def built_in_sites() -> tuple[str, ...]:
    """Return the names of the built-in shops."""
    names = (path.name for path in files(__package__).iterdir())
    return tuple(sorted(name.removesuffix(".yaml") for name in names if name.endswith(".yaml")))


def load_site(name: str) -> Site:
    """Load a built-in site by its name, or a site file by its path.

    Raises:
        DataError: if there is no such site, or the file contradicts itself; the message gives the line.
    """
    if name in built_in_sites():
        text = files(__package__).joinpath(f"{name}.yaml").read_text(encoding="utf-8")
        return read_site(text, Path(f"{name}.yaml"))
    path = Path(name)
    try:
        return read_site(path.read_text(encoding="utf-8"), path)
    except FileNotFoundError as error:
        known = ", ".join(built_in_sites())
        raise DataError(
            f"{name}: neither a built-in site ({known}) nor a site file. Give the path of a site file; "
            "docs/site-files.md tells how to write one."
        ) from error
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}). Give the path of a site file.") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: not a text in UTF-8. Give the path of a site file.") from error


def read_site(text: str, path: Path) -> Site:
    """Read the text of a site file; `path` is for messages.

    Raises:
        DataError: if it contradicts itself; the message gives the line.
    """
    top = _SITE_FILE.read(text, path)
    version = top.text("format", "nothing")
    if version != FORMAT:
        raise top.error(f"`format` must be {FORMAT}. Received: {version}.", "format")
    top.allow(*_TOP)
    name = top.text("name")
    if not _NAME.fullmatch(name):
        raise top.error(f"`name` must be lower-case letters, digits and hyphens. Received: {name!r}.", "name")
    start = top.text("start")
    if not is_web_address(start):
        raise top.error(f"`start` must be an address with http:// or https://. Received: {start!r}.", "start")
    return Site(
        name=name,
        start=start,
        image_hosts=frozenset(host.lower() for host in _texts(top, "picture_hosts")),
        index=_index(top.entry("index")) if "index" in top.named else None,
        category=_category(top.entry("category")),
        product=_product(top.entry("product")),
        rejected_names=_rejected_names(top),
        digest=digest_of(text),
    )


def is_web_address(text: str) -> bool:
    """Tell whether a text is an absolute http or https address with a host."""
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _index(entry: Entry) -> IndexRules:
    entry.allow("categories", "next_page", "ignore")
    if not entry.items("categories"):
        raise entry.error("`categories` is empty. Add one.", "categories")
    links = []
    for each in entry.items("categories"):
        each.allow("each", "label", "address")
        links.append(CategoryLinks(*(_selector(each, name) for name in ("each", "label", "address"))))
    return IndexRules(tuple(links), _selectors(entry, "next_page"), _pattern(entry, "ignore"))


def _category(entry: Entry) -> CategoryRules:
    entry.allow("products", "next_page", "numbered", "none_left")
    products = _selectors(entry, "products")
    if not products:
        raise entry.error("`category` has no `products`. Say where a category's pages name its products.")
    numbered = None
    if "numbered" in entry.named:
        if "next_page" in entry.named:
            raise entry.error("`numbered` and `next_page` exclude each other. Keep one of them.", "numbered")
        rules = entry.entry("numbered")
        rules.allow("address", "shown")
        numbered = NumberedPages(rules.text("address"), _selector(rules, "shown"))
        if "{number}" not in numbered.address:
            raise rules.error("`address` must have {number} in it, as in '{category}/page/{number}'.", "address")
    none_left = _selector(entry, "none_left") if "none_left" in entry.named else None
    return CategoryRules(products, _selectors(entry, "next_page"), numbered, none_left)


def _product(entry: Entry) -> ProductRules:
    entry.allow("key", "pictures", "view", "keep_query", "labels", "texts", "required")
    images = _selectors(entry, "pictures")
    if not images:
        raise entry.error("`product` has no `pictures`. Say where its page shows its pictures.")
    key = _pattern(entry, "key", group="product")
    if key is None:
        raise entry.error("`product` has no `key`. Say what in its address tells a product, as (?P<product>...).")
    texts = {}
    if "texts" in entry.named:
        wanted = entry.entry("texts")
        for name in wanted.named:
            if not _TEXT_NAME.fullmatch(name) or name in OWN_FIELDS:
                known = ", ".join(TEXTS)
                raise wanted.error(f"{name!r} cannot be the name of a text. Use {known} or another word.", name)
            texts[name] = _selectors(wanted, name)
    required = frozenset(_texts(entry, "required"))
    if required - texts.keys():
        missing = ", ".join(sorted(required - texts.keys()))
        raise entry.error(f"`required` names {missing}, which `texts` does not have. Add it there.", "required")
    keep_query = entry.text("keep_query", "false")
    if keep_query not in ("true", "false"):
        raise entry.error(f"`keep_query` must be true or false. Received: {keep_query!r}.", "keep_query")
    return ProductRules(
        key=key,
        images=images,
        view=_pattern(entry, "view", group="view"),
        keep_query=keep_query == "true",
        labels=_selectors(entry, "labels"),
        texts=texts,
        required=required,
    )


def _rejected_names(top: Entry) -> Mapping[str, re.Pattern[str]]:
    patterns = dict(USUAL_REJECTED_NAMES)
    if "rejected_names" in top.named:
        own = top.entry("rejected_names")
        own.allow(*USUAL_REJECTED_NAMES)
        for reason in own.named:
            _pattern(own, reason)
            patterns[reason] += "|" + own.text(reason)
    return {reason: re.compile(pattern, re.IGNORECASE) for reason, pattern in patterns.items()}


def _texts(entry: Entry, name: str) -> tuple[str, ...]:
    for one in entry.items(name):
        if not one.is_scalar:
            raise one.error(f"`{name}` must be a list of texts.")
    return tuple(one.written for one in entry.items(name))


def _selectors(entry: Entry, name: str) -> tuple[Selector, ...]:
    return tuple(_one_selector(one) for one in entry.items(name))


def _selector(entry: Entry, name: str) -> Selector:
    found = _selectors(entry, name)
    if len(found) != 1:
        raise entry.error(f"`{name}` must be one selector. Received: {len(found) or 'nothing'}.", name)
    return found[0]


def _one_selector(entry: Entry) -> Selector:
    pattern = address = None
    if entry.is_scalar:
        written = entry.written
    else:
        entry.allow("select", "pattern", "address")
        written, pattern = entry.text("select"), _pattern(entry, "pattern")
        address = entry.text("address") if "address" in entry.named else None
        if address is not None and "{value}" not in address:
            raise entry.error("`address` must have {value} in it.", "address")
    kind, colon, expression = written.partition(":")
    if not colon or kind not in KINDS:
        kind, expression = "css", written
    selector = Selector(kind, expression.strip(), pattern, address)
    problem = _problem_of(selector)
    if problem:
        raise entry.error(f"{written!r} is not a selector ({problem}). Correct it.")
    return selector


def _problem_of(selector: Selector) -> str | None:
    """Say what is wrong with a selector's expression; None if nothing is."""
    import cssselect
    import jmespath
    import parsel
    from lxml import etree

    try:
        if selector.kind == "json":
            jmespath.compile(selector.expression)
        else:
            parsel.Selector(text="").css(selector.expression) if selector.kind == "css" else etree.XPath(
                selector.expression
            )
    except (
        cssselect.SelectorError,
        jmespath.exceptions.JMESPathError,
        etree.XPathError,
        ValueError,
    ) as error:
        return " ".join(str(error).split()) or type(error).__name__
    return None


def _pattern(entry: Entry, name: str, group: str | None = None) -> re.Pattern[str] | None:
    if name not in entry.named:
        return None
    written = entry.text(name)
    try:
        pattern = re.compile(written)
    except re.error as error:
        raise entry.error(f"`{name}` is not a regular expression ({error}). Correct it.", name) from error
    if group is not None and group not in pattern.groupindex:
        raise entry.error(f"`{name}` must have a group (?P<{group}>...). Received: {written!r}.", name)
    return pattern
