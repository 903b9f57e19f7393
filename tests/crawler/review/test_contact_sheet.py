"""The contact sheet: what is on it, in which order, and that no name breaks out of it."""

import re
import shlex
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

from gemhier.crawler.review.contact_sheet import SetAsideImage, contact_sheet

EVIL = """</script><img src=x onerror="alert(1)">'&amp;"""


def test_pictures_stand_under_their_reasons_and_are_linked_from_the_page() -> None:
    crawl = Path("crawl")
    images = [
        SetAsideImage(crawl / "no" / "0123456789abcdef.jpg", crawl, "no gem", "score 0.1"),
        SetAsideImage(crawl / "ah" / "fedcba9876543210.jpg", crawl, "certificate", "its name", "Ruby, Emerald"),
        SetAsideImage(crawl / "ah" / "eedcba9876543210.jpg", crawl, "certificate", "its name"),
    ]
    text = contact_sheet(images, crawl)
    assert re.findall(r"<h[12]>(.*?)</h[12]>", text) == ["Set aside: 3", "certificate: 2", "no gem: 1"]
    assert re.findall(r'src="(.*?)"', text) == [
        "ah/eedcba9876543210.jpg",
        "ah/fedcba9876543210.jpg",
        "no/0123456789abcdef.jpg",
    ]
    assert re.findall(r'value="(.*?)"', text) == ["eedcba987654", "fedcba987654", "0123456789ab"]
    assert "its name<br>Ruby, Emerald<" in text


class Attributes(HTMLParser):
    """All attributes of a page's elements."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, str, str]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [(tag, name, value or "") for name, value in attrs]


def test_no_name_breaks_out_of_the_page_and_the_command_can_be_run() -> None:
    crawl = Path("it's " + EVIL)
    text = contact_sheet([SetAsideImage(crawl / f"{EVIL}\udcfc.jpg", crawl, EVIL, EVIL, EVIL)], Path())
    assert text.encode("utf-8")
    found = Attributes(text).found
    assert "onerror" not in {name for _, name, _ in found}
    (command,) = [value for _, name, value in found if name == "data-command"]
    assert shlex.split(command) == ["gemhier", "clean", str(crawl)]
    (link,) = [value for tag, name, value in found if (tag, name) == ("a", "href")]
    assert unquote(link, errors="surrogateescape") == f"{crawl.as_posix()}/{EVIL}\udcfc.jpg"
