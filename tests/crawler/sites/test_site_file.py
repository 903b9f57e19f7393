import re
from pathlib import Path

import pytest

import gemhier.crawler.replica
from gemhier.crawler.sites.site import Selector
from gemhier.crawler.sites.site_file import built_in_sites, load_site, read_site
from gemhier.errors import DataError

ROOT = Path(__file__).parents[3]
MARKET = Path(gemhier.crawler.replica.__file__).with_name("market.yaml")

SMALL = """\
format: 1
name: shop
start: https://shop.example/
category:
  products: 'a::attr(href)'
product:
  key: '/(?P<product>[0-9]+)$'
  pictures: 'img::attr(src)'
"""


def test_a_small_site_file_is_enough() -> None:
    site = read_site(SMALL, Path("shop.yaml"))
    assert (site.name, site.start, site.index) == ("shop", "https://shop.example/", None)
    assert site.category.products == (Selector("css", "a::attr(href)"),)
    assert site.rejection("https://shop.example/ruby-certificate.jpg?x") == "certificate"
    assert site.rejection("https://shop.example/certified-ruby.jpg") is None


def test_the_digest_changes_with_the_file() -> None:
    assert read_site(SMALL, Path("a")).digest == read_site(SMALL, Path("b")).digest
    assert read_site(SMALL + "# a note\n", Path("a")).digest != read_site(SMALL, Path("a")).digest


@pytest.mark.parametrize("name", [*built_in_sites(), str(MARKET)])
def test_the_sites_that_come_with_the_package_can_be_read(name: str) -> None:
    assert load_site(name).product.key.groupindex


def test_the_example_in_the_documentation_is_the_file() -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs" / "site-files.md").read_text("utf-8"), re.DOTALL)
    assert example == MARKET.read_text("utf-8")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("format: 1", "format: 2", "shop.yaml:1: `format` must be 1"),
        ("format: 1\n", "", "shop.yaml:1: `format` must be 1"),
        ("name: shop", "name: My Shop", "shop.yaml:2: `name` must be lower-case"),
        ("https://shop.example/", "shop.example", "shop.yaml:3: `start` must be an address"),
        ("start:", "begin:", "shop.yaml:3: `begin` is not known in `a site file`. Use format, name, start"),
        ("'a::attr(href)'", "'a['", r"shop.yaml:5: 'a\[' is not a selector"),
        ("'a::attr(href)'", "'xpath: //a['", "is not a selector"),
        ("'a::attr(href)'", "'json: a['", "is not a selector"),
        ("'a::attr(href)'", "{select: a, pattern: '('}", "`pattern` is not a regular expression"),
        ("'a::attr(href)'", "{select: a, address: /b}", "`address` must have {value} in it"),
        ("'a::attr(href)'", "{css: a}", "shop.yaml:5: `css` is not known in `products`"),
        ("'a::attr(href)'", "[]", "shop.yaml:5: `category` has no `products`"),
        ("category:\n", "category:\n  numbered: {address: '/x', shown: li}\n", "`address` must have {number} in it"),
        ("category:\n", "category:\n  numbered: {address: '{number}', shown: [li, ol]}\n", "must be one selector"),
        (
            "category:\n",
            "category:\n  next_page: a\n  numbered: {address: '{number}', shown: li}\n",
            "`numbered` and `next_page` exclude each other",
        ),
        ("(?P<product>[0-9]+)", "([0-9]+)", r"shop.yaml:7: `key` must have a group \(\?P<product>...\)"),
        ("  key: '/(?P<product>[0-9]+)$'\n", "", "`product` has no `key`"),
        ("  pictures: 'img::attr(src)'\n", "", "`product` has no `pictures`"),
        ("product:\n", "product:\n  required: [price]\n", "`required` names price, which `texts` does not have"),
        ("product:\n", "product:\n  texts: {sha256: h1}\n", "'sha256' cannot be the name of a text"),
        ("product:\n", "product:\n  keep_query: perhaps\n", "`keep_query` must be true or false"),
        ("category:\n", "index: {categories: []}\ncategory:\n", "`categories` is empty"),
        ("category:\n", "rejected_names: {dog: x}\ncategory:\n", "`dog` is not known in `rejected_names`"),
        ("category:\n", "category: &x\n  a: *x\n", r"`\*x` refers to another part"),
        ("category:\n", "category:\n  products: b\n", "`products` is given twice"),
        ("format: 1", "format: [", "This is not YAML"),
    ],
)
def test_a_mistake_is_told_with_its_line(old: str, new: str, message: str) -> None:
    assert old in SMALL
    with pytest.raises(DataError, match=message):
        read_site(SMALL.replace(old, new, 1), Path("shop.yaml"))


@pytest.mark.parametrize("text", ["", "a text", "- a list", "[" * 5000, "\0", "x" * 300_000])
def test_what_is_no_site_file_is_told(text: str) -> None:
    with pytest.raises(DataError, match=r"shop\.yaml"):
        read_site(text, Path("shop.yaml"))


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "picture.yaml").write_bytes(b"\xff\xd8\xff")
    with pytest.raises(DataError, match="not a text in UTF-8"):
        load_site(str(tmp_path / "picture.yaml"))
    with pytest.raises(DataError, match="cannot be read"):
        load_site(str(tmp_path))
