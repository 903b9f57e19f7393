"""YAML is read in the same words, with the same lines, by whichever loader and release there is."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from gemhier import yaml_file
from gemhier.errors import DataError
from gemhier.yaml_file import Entry, Problem, YamlFormat

PATH = Path("notes.yaml")
NOTES = YamlFormat("a note", longest=20_000, deepest=8)

TEXT = """\
title: Opals
count: 3
weight: 1.5
sold: no
buyer:
colours:
- white
- [black, 0x10]
seller:
  name: 'Ann

    Smith'
  since: 2020-01-01
"""


class Shallow(yaml.SafeLoader):
    """A loader with a limit of its own to nesting, as some releases have it: it tells of no bracket before."""

    def check_event(self, *choices: type[yaml.Event]) -> bool:
        raise yaml.scanner.ScannerError("while increasing flow level", None, "exceeded maximum nesting depth", None)


LOADERS = [yaml.SafeLoader, getattr(yaml, "CSafeLoader", yaml.SafeLoader), Shallow]


@pytest.fixture(params=LOADERS, ids=["plain", "quick", "shallow"], autouse=True)
def loader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml_file, "_QUICK", request.param)


def test_values_are_given_with_their_lines() -> None:
    top = NOTES.read(TEXT, PATH)
    assert {name: (value.key_line, value.line) for name, value in top.named.items() if value.kind != "empty"} == {
        "title": (1, 1),
        "count": (2, 2),
        "weight": (3, 3),
        "sold": (4, 4),
        "colours": (6, 7),
        "seller": (9, 10),
    }
    assert top.named["buyer"].key_line == 5
    assert [(value.line, value.kind) for value in top.items("colours")] == [(7, "text"), (8, "list")]
    assert top.entry("seller").text("name") == "Ann\nSmith"


def test_values_are_what_yaml_takes_them_for() -> None:
    top = NOTES.read(TEXT, PATH)
    assert top.plain == {
        "title": "Opals",
        "count": 3,
        "weight": 1.5,
        "sold": False,
        "buyer": None,
        "colours": ["white", ["black", 16]],
        "seller": {"name": "Ann\nSmith", "since": "2020-01-01"},
    }
    assert top.text("sold") == "no"
    assert [value.kind for value in top.named.values()] == [
        *("text", "other", "other", "other", "empty", "list", "mapping")
    ]


@pytest.mark.parametrize(
    "written", ["!!int x", "!!int ''", "!!bool x", "!!float x", "!!python/name:os.system x", "!x x"]
)
def test_what_does_not_fit_its_tag_stays_a_text(written: str) -> None:
    assert NOTES.read(f"a: {written}", PATH).plain["a"] in ("x", "")


def test_one_value_may_stand_in_place_of_a_list() -> None:
    top = NOTES.read("a: [b, c]\nd: e\nf:\n", PATH)
    assert [[value.written for value in top.items(name)] for name in "adfg"] == [["b", "c"], ["e"], [], []]


def test_an_empty_text_is_an_empty_value() -> None:
    assert NOTES.read("# nothing\n", PATH).kind == "empty"


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("a: [", 1, "This is not YAML: expected the node content, but found '<stream end>'. Correct it."),
        ("a: b\n\tc: d", 2, "This is not YAML: found character '\\t' that cannot start any token. Correct it."),
        (
            "a: \0",
            1,
            "This is not YAML: unacceptable character #x0000: special characters are not allowed. Correct it.",
        ),
        (
            "\ud800",
            1,
            "This is not YAML: unacceptable character #xd800: special characters are not allowed. Correct it.",
        ),
        ("a: 1\n---\nb: 2", 2, "This is not YAML: but found another document. Correct it."),
        ("a: &x 1\nb: *x", 2, "`*x` refers to another part of the file. Write it out."),
        ("a: *x", 1, "`*x` refers to another part of the file. Write it out."),
        ("a:\n " + "[" * 9, 2, "This is nested more than 8 deep. Make it flatter."),
        ("a:\n " + "[" * 9000 + "]" * 9000, 2, "This is nested more than 8 deep. Make it flatter."),
        ("a:\n" + " -" * 9000, 2, "This is nested more than 8 deep. Make it flatter."),
        ("{a: " * 4000, 1, "This is nested more than 8 deep. Make it flatter."),
        ("a" * 20_001, 1, "This is longer than 20,000 letters, so it is not a note. Give another file."),
        ("a: 1\nb: 2\na: 3", 3, "`a` is given twice. Keep one. The other is in line 1."),
        ("a:\n  - b: 1\n    b: 2", 3, "`b` is given twice. Keep one. The other is in line 2."),
        ("? [a]\n: b", 1, "Here a key must be a word, but is a list. Write `key: value`."),
    ],
)
def test_a_problem_is_told_with_its_line(text: str, line: int, message: str) -> None:
    problems: list[Problem] = []
    NOTES.read_all(text, PATH, problems)
    assert problems == [Problem(PATH, line, message)]
    with pytest.raises(DataError) as caught:
        NOTES.read(text, PATH)
    assert str(caught.value) == f"notes.yaml:{line}: {message}"


def test_all_keys_given_twice_are_told_and_the_first_is_kept() -> None:
    problems: list[Problem] = []
    top = NOTES.read_all("a: 1\na: {b: 2, b: 3}\nc: 4\nc: 5\n", PATH, problems)
    assert isinstance(top, Entry)
    assert top.plain == {"a": 1, "c": 4}
    assert sorted(problem.line for problem in problems) == [2, 2, 4]


def test_the_first_problem_is_that_of_the_first_line() -> None:
    with pytest.raises(DataError, match=r"^notes\.yaml:2: `a` is given twice"):
        NOTES.read("a: 1\na: {b: 2,\n b: 3}\n", PATH)


def test_a_value_that_does_not_fit_is_told_with_its_line() -> None:
    top = NOTES.read("a: b\nc: [d]\ne: ''\n", PATH)
    with pytest.raises(DataError, match=r"^notes\.yaml:1: There is no `title` in `a note`\. Add it\.$"):
        top.entry("title")
    with pytest.raises(DataError, match=r"^notes\.yaml:2: `c` is not known in `a note`\. Use a, e\.$"):
        top.allow("a", "e")
    with pytest.raises(DataError, match=r"^notes\.yaml:1: `a` must be names with values \(b\)\.$"):
        top.entry("a").allow("b")
    with pytest.raises(DataError, match=r"^notes\.yaml:2: `a note` must have a text as `c`\.$"):
        top.text("c")
    with pytest.raises(DataError, match=r"^notes\.yaml:3: `a note` must have a text as `e`\.$"):
        top.text("e")


@given(st.one_of(st.text(), st.text("{}[]:,-?&*!|>'\"%#\n \tab1", max_size=40)))
def test_no_text_is_worse_than_a_list_of_problems(text: str) -> None:
    problems: list[Problem] = []
    top = NOTES.read_all(text, PATH, problems)
    if top is None:
        assert [problem.message.count("\n") for problem in problems] == [0]
    elif not problems:
        assert NOTES.read(text, PATH).plain == top.plain
