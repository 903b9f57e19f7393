"""Templates: what they print is escaped, and what they lack is an error."""

import pytest
from jinja2 import TemplateNotFound, UndefinedError

from gemhier.templates import _environment, render


def printed(source: str, **values: object) -> str:
    return _environment().from_string(source).render(values)


def test_what_is_printed_is_escaped_and_can_be_written() -> None:
    assert printed("{{ name }}", name="<b>\"'&\udcfc") == "&lt;b&gt;&#34;&#39;&amp;\\udcfc"


def test_what_is_missing_is_an_error() -> None:
    with pytest.raises(UndefinedError, match="'nothing' is undefined"):
        printed("{{ nothing }}")
    with pytest.raises(UndefinedError):
        printed("{% if found.nothing %}{% endif %}", found={"something": 1})


def test_a_template_is_named_by_its_room_and_its_file() -> None:
    assert "Set aside: 0" in render("crawler/review/set-aside.html", count=0, sections={})
    with pytest.raises((TemplateNotFound, FileNotFoundError)):
        render("crawler/review/nothing.html")


def test_numbers_are_written_in_one_way() -> None:
    written = printed("{{ percent(a) }} {{ points(b) }} {{ number(c) }} {{ number(d) }}", a=0.1234, b=-0.05, c=0.5, d=2)
    assert written == "12.3% -5.0 0.500 2.00"
    assert printed("{{ percent(none) }}{{ points(none) }}{{ number(none) }}") == "–––"


def test_json_cannot_end_its_element() -> None:
    text = printed("{{ content|tojson }}", content=["</script><script>", "\u2028", "\udcfc", {"b": 1, "a": 2}])
    assert text == '["\\u003c/script\\u003e\\u003cscript\\u003e","\\u2028","\\udcfc",{"b":1,"a":2}]'
