"""Each folder below `pages` is a page as a shop might send it, and what the page object must make of it."""

import json
import re
import runpy
import shutil
from pathlib import Path
from typing import Any

import pytest

import gemhier.crawler.replica
from gemhier.crawler.sites.pages import CategoryPage, IndexPage, PageError, ProductPage, product_key
from gemhier.crawler.sites.site import Site
from gemhier.crawler.sites.site_file import load_site, read_site

PAGES = Path(__file__).with_name("pages")
MARKET = str(Path(gemhier.crawler.replica.__file__).with_name("market.yaml"))


def cases() -> list[Any]:
    """One case for each field that a folder expects, so that a failure names it."""
    folders = sorted(path.parent for path in PAGES.glob("*/*/expected.json"))
    return [
        pytest.param(folder, field, id=f"{folder.relative_to(PAGES).as_posix()}-{field}")
        for folder in folders
        for field in json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    ]


def read(folder: Path, field: str, site: Site) -> Any:
    """What the page object says of a field, as JSON has it."""
    case = json.loads((folder / "case.json").read_text(encoding="utf-8"))
    text = next(folder.glob("page.*")).read_text(encoding="utf-8")
    if case["page"] == "index":
        assert site.index is not None
        index = IndexPage(text, case["url"], site.index)
        return index.next_page() if field == "next_page" else [[a.label, a.address] for a in index.categories()]
    if case["page"] == "category":
        return getattr(CategoryPage(text, case["url"], site.category), field)()
    product = ProductPage(text, case["url"], site.product)
    match field:
        case "key":
            return product_key(case["url"], site.product)
        case "pictures":
            return [[image.image_url, image.view] for image in product.images()]
        case "rejections":
            return [site.rejection(image.image_url) for image in product.images()]
    return getattr(product, field)()


@pytest.mark.parametrize(("folder", "field"), cases())
def test_page(folder: Path, field: str) -> None:
    site = load_site(MARKET if folder.parent.name == "market" else folder.parent.name)
    expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))[field]
    if isinstance(expected, dict) and "error" in expected:
        with pytest.raises(PageError) as caught:
            read(folder, field, site)
        assert {"error": caught.value.reason, "selector": caught.value.selector} == expected
    else:
        found = read(folder, field, site)
        assert (list(found) if isinstance(found, tuple) else found) == expected


def test_every_folder_is_a_case() -> None:
    assert {path.parent for path in PAGES.glob("*/*/page.*")} == {path.parent for path in PAGES.glob("*/*/case.json")}


@pytest.mark.parametrize("text", ["", "\0", "{", "[" * 5000, "<html", "nothing", '{"a": 1}'])
def test_a_page_that_is_none_has_no_categories(text: str) -> None:
    site = load_site("gempundit")
    assert site.index is not None
    with pytest.raises(PageError, match="the index names no categories"):
        IndexPage(text, "https://shop.example/", site.index).categories()
    assert CategoryPage(text, "https://shop.example/", site.category).products() == ()


@pytest.mark.parametrize(
    "address",
    ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "ftp://shop.example/a", "http://[broken"],
)
def test_addresses_outside_the_web_are_left_out(address: str) -> None:
    site = load_site("gempundit")
    text = f'<a class="product-image dataimage" href="{address}"></a>'
    assert CategoryPage(text, "https://shop.example/", site.category).products() == ()


SHOP = """format: 1
name: shop
start: https://shop.example/
index: {categories: [{each: a.kind, label: '::text', address: '::attr(href)'}]}
category: {products: 'a.stone::attr(href)', next_page: 'a.next::attr(href)'}
product: {key: '/(?P<product>[^/]+)$', pictures: 'img::attr(src)'}
"""


@pytest.mark.parametrize(
    ("base", "where"),
    [
        ('<base href="/eu/">', "https://shop.example/eu/"),
        ('<base target="_top"><base href=" https://cdn.example/v2/ "><base href="/no/">', "https://cdn.example/v2/"),
        ('<base href="stock/">', "https://shop.example/gems/stock/"),
        ('<base href="javascript:alert(1)">', "https://shop.example/gems/"),
        ('<base href="">', "https://shop.example/gems/"),
        ("", "https://shop.example/gems/"),
    ],
)
def test_addresses_are_relative_to_the_base_that_a_page_names(base: str, where: str) -> None:
    site = read_site(SHOP, Path("shop.yaml"))
    links = '<a class="kind" href="ruby">Ruby</a><a class="stone" href="ruby/1">x</a><a class="next" href="?p=2">x</a>'
    page = f'<html><head>{base}</head><body>{links}<img src="1.jpg"><img src="//img.example/2.jpg"></body></html>'
    here = "https://shop.example/gems/"
    assert site.index is not None
    assert [link.address for link in IndexPage(page, here, site.index).categories()] == [f"{where}ruby"]
    assert CategoryPage(page, here, site.category).products() == (f"{where}ruby/1",)
    assert CategoryPage(page, here, site.category).next_page() == f"{where}?p=2"
    images = [link.image_url for link in ProductPage(page, here, site.product).images()]
    assert images == [f"{where}1.jpg", "https://img.example/2.jpg"]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("gp134726-1-250124.jpg", None),
        ("gp134726-2-250124_1.jpg", None),
        ("gp98765a-1-250124.jpg", None),
        ("gp1-short-250124.jpg", None),
        ("gp1-AGR-Certified-250124.jpg", "certificate"),
        ("gp1-certi-250124.jpg", "certificate"),
        ("gp1-certificate2.jpg", "certificate"),
        ("gp1-cerified-250124.jpg", "certificate"),
        ("gp1-itlgr-cerified-250124.jpg", "certificate"),
        ("gp1-igi-250124.jpg", "certificate"),
        ("gp1-c-250124.jpg", "certificate"),
        ("gp1-ct-250124.jpg", "certificate"),
        ("gp1-_1-2ct_.jpg", "certificate"),
        ("gp1-hand-250124.jpg", "hand"),
        ("gp1-Hand1.jpg", "hand"),
        ("gp1-card-250124.jpg", "card"),
        ("gp1-handmade-250124.jpg", None),
        ("gp1-cardinal-250124.jpg", None),
    ],
)
def test_what_file_names_give_away(name: str, reason: str | None) -> None:
    site = load_site("gempundit")
    assert site.rejection(f"https://cdn.example/media/hand/card/{name}?hand") == reason


def test_an_element_means_all_of_its_text() -> None:
    text = "format: 1\nname: shop\nstart: https://shop.example/\ncategory: {products: a}\nproduct:\n"
    text += "  key: '/(?P<product>.+)$'\n  pictures: 'img::attr(src)'\n  texts: {title: h1, price: 'xpath: //p'}\n"
    page = '<h1>Blue <b>Sapphire</b><!-- sold --></h1><p> </p><p>$ 5</p><img src="a.jpg">'
    site = read_site(text, Path("shop.yaml"))
    assert ProductPage(page, "https://shop.example/1", site.product).texts() == {
        "title": "Blue Sapphire",
        "price": "$ 5",
    }


def test_the_example_of_the_documents_reads_a_saved_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    root = Path(__file__).parents[3]
    text = (root / "docs" / "site-files.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)
    (tmp_path / "example.py").write_text(code, encoding="utf-8")
    shutil.copy(MARKET, tmp_path / "my-shop.yaml")
    (tmp_path / "stone.html").write_text(
        '<figure><img data-full="/photo?photo=2"></figure><h2 class="name">Panna</h2><dt>Price</dt><dd>3</dd>'
    )
    monkeypatch.chdir(tmp_path)
    runpy.run_path("example.py")
    shown = capsys.readouterr().out
    assert "https://shop.example/photo?photo=2" in shown
    assert "{'title': 'Panna'" in shown
