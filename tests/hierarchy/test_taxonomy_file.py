"""Taxonomy files: what they may say, what is wrong in them and in which line."""

import json
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemhier.errors import OutputError, TaxonomyError
from gemhier.hierarchy.names import name_key
from gemhier.hierarchy.taxonomy import Node, Taxonomy
from gemhier.hierarchy.taxonomy_file import BUILT_IN, check_taxonomy, load_taxonomy, write_taxonomy

BERYL = """\
format: 1
gems:
  beryl:
    aliases: [Beryls of all kinds]
    children:
      emerald:
        aliases: [Panna]
        children:
          colombian: {name: Colombian Emerald, rank: region}
      cats-eye:
  opal:
    name: Precious Opal
    also: [beryl/emerald]
    excluded: >
      a set of
      nine stones
"""


def written(folder: Path, text: str | bytes, name: str = "gems.yaml") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def problems(path: Path) -> list[tuple[int, str]]:
    return [(problem.line, problem.message) for problem in check_taxonomy(path)]


def test_the_built_in_taxonomy_has_no_problems() -> None:
    assert check_taxonomy() == []
    assert len(load_taxonomy()) > 250
    assert load_taxonomy() == load_taxonomy(BUILT_IN)


def test_a_file_says_names_ranks_aliases_and_further_parents(tmp_path: Path) -> None:
    taxonomy = load_taxonomy(written(tmp_path, BERYL))
    assert list(taxonomy.nodes.values()) == [
        Node("beryl", "Beryl", "family", aliases=("Beryls of all kinds",)),
        Node("beryl/emerald", "Emerald", "variety", aliases=("Panna",)),
        Node("beryl/emerald/colombian", "Colombian Emerald", "region"),
        Node("beryl/cats-eye", "Cats Eye", "variety"),
        Node("opal", "Precious Opal", "family", also=("beryl/emerald",), excluded="a set of nine stones"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        b"\xef\xbb\xbf" + BERYL.encode(),
        BERYL.replace("\n", "\r\n"),
        BERYL.replace("    ", "  \n    ", 1),
        "---\n" + BERYL,
    ],
    ids=["byte order mark", "Windows newlines", "blank line", "document mark"],
)
def test_editors_may_save_it_as_they_do(tmp_path: Path, text: str | bytes) -> None:
    assert load_taxonomy(written(tmp_path, text)) == load_taxonomy(written(tmp_path, BERYL, "plain.yaml"))


def tree(*lines: str) -> str:
    return "\n".join(["format: 1", "gems:", *lines, ""])


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("", 1, "The file is empty"),
        ("# only a comment\n", 1, "The file is empty"),
        ("just words", 1, "must be a mapping"),
        ("- a\n- list\n", 1, "must be a mapping"),
        ("gems:\n  beryl:\n", 1, "no `format`"),
        ("format: 2\ngems:\n  beryl:\n", 1, "`format` is `2`"),
        ("\nformat: [1]\ngems:\n  beryl:\n", 2, "`format` is a list"),
        ("format: 1\n", 1, "no `gems`"),
        ("format: 1\ngems:\n", 2, "no families"),
        ("format: 1\ngems: beryl\n", 2, "`gems` must be a mapping"),
        ("format: 1\ngem:\n  beryl:\n", 2, "unknown key `gem`. Use format, gems"),
        ("format: 1\nformat: 1\ngems:\n  beryl:\n", 2, "`format` is given twice"),
        (tree("  beryl: {colour: green}"), 3, "unknown key `colour`"),
        (tree("  beryl: emerald"), 3, "`beryl` must be a mapping (`key: value`), but is `emerald`"),
        (tree("  beryl:", "  opal:", "  beryl:"), 5, "`beryl` is given twice. Keep one. The other is in line 3."),
        (tree("  beryl:", "    children:", "      red:", "      red:"), 6, "`red` is given twice"),
        (tree("  beryl:", "    name: Beryl", "    name: Opal"), 5, "`name` is given twice"),
        (tree("  beryl:", "    rank: genus"), 4, "rank `genus`. Use one of family, species"),
        (tree("  beryl:", "    rank: variety"), 4, "stands at the top"),
        (tree("  beryl:", "    children:", "      red:", "        rank: family"), 6, "Only the top holds families"),
        (tree("  beryl:", "    name: 7"), 4, "`name` must be text, but is `7`. Put it in quotes"),
        (tree("  beryl:", "    name: yes"), 4, "`name` must be text, but is `yes`"),
        (tree("  beryl:", "    name:"), 4, "`name` must be text, but is empty"),
        (tree("  beryl:", "    name: ''"), 4, "without a letter or digit"),
        (tree("  beryl:", "    excluded: true"), 4, "Say why"),
        (tree("  beryl:", "    excluded: ''"), 4, "Say why"),
        (tree("  beryl:", "    aliases: Panna"), 4, "`aliases` must be a list, but is `Panna`"),
        (tree("  beryl:", "    aliases:", "      - Panna", "      - no"), 6, "must hold texts, but has `no`"),
        (tree("  beryl:", "    aliases: [[Panna]]"), 4, "must hold texts, but has a list"),
        (tree("  beryl:", "    aliases:", "      - ok", "      - '...'"), 6, "without a letter or digit"),
        (tree("  beryl:", "    children: [red, green]"), 4, "`children` of `beryl` must be a mapping"),
        (tree("  Red Beryl:"), 3, "`Red Beryl` is not an id"),
        (tree("  beryl:", "    children:", "      cat's-eye:"), 5, "is not an id"),
        (tree("  ? [a, b]", "  : {}"), 3, "a key must be a word, but is a list"),
        (tree("  beryl:", "  beryl/emerald:"), 4, "Put `emerald` under `children` instead"),
        (tree("  beryl:", "    also: [emerald]"), 4, "`also` names `emerald`, which is no node. Give a whole path"),
        (
            tree("  beryl: {children: {emerald: {}}}", "  opal:", "    also:", "      - beryl/emrald"),
            6,
            "Did you mean `beryl/emerald` or `beryl`?",
        ),
        (tree("  beryl:", "    children:", "      red:", "        also: [beryl]"), 6, "two routes to `beryl`"),
        (tree("  beryl:", "    also: [opal]", "  opal:", "    also:", "      - beryl"), 7, "its own ancestor"),
        (
            tree("  beryl:", "    aliases: [Panna]", "  opal:", "    aliases:", "      - Fire", "      - pannas"),
            8,
            "'pannas' is an alias of `opal` but also names `beryl`. Remove one of them. The other is in line 4.",
        ),
        (tree("  opal:", "    aliases: [Beryl]", "  beryl:"), 4, "The other is in line 5."),
        (
            tree("  beryl:", "    children:", "      red:", "        name: Red One", "      rot: {name: red one}"),
            7,
            "given twice in `beryl`, as `beryl/red` and as `beryl/rot`",
        ),
        (tree("  beryl: {"), 4, "This is not YAML"),
        (tree("  beryl:", "\tname: Beryl"), 4, "This is not YAML"),
        (tree("  beryl: 'unclosed"), 4, "This is not YAML"),
        (tree("  beryl:") + "---\n" + tree("  opal:"), 4, "This is not YAML"),
        (tree("  beryl: &all", "    children: *all"), 4, "`*all` refers to another part of the file"),
        (tree("  beryl: *nothing"), 3, "refers to another part of the file"),
        (tree("  beryl:", "    <<: {name: Opal}"), 4, "unknown key `<<`"),
        (tree("  beryl: !!python/object/apply:os.system ['true']"), 3, "must be a mapping"),
        (tree("  beryl: " + "[" * 5000 + "]" * 5000), 3, "nested more than 64 deep"),
        (tree("  beryl:", "   " + " -" * 5000), 4, "nested more than 64 deep"),
        ("format: 1\ngems: \x00", 1, "This is not YAML"),
    ],
)
def test_a_problem_is_found_in_its_line(tmp_path: Path, text: str, line: int, words: str) -> None:
    path = written(tmp_path, text)
    found = problems(path)
    assert (line, True) in [(at, words in message) for at, message in found], found
    with pytest.raises(TaxonomyError) as caught:
        load_taxonomy(path)
    assert str(caught.value).startswith(f"{path}:{found[0][0]}: {found[0][1]}")
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(
    "text",
    [bytes(range(256)), b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "format: 1\n".encode("utf-16")],
    ids=["all bytes", "a picture", "UTF-16"],
)
def test_a_binary_file_is_no_taxonomy(tmp_path: Path, text: bytes) -> None:
    assert problems(written(tmp_path, text)) == [(1, "This is not UTF-8 text. Give a YAML file, and save it as UTF-8.")]


def test_all_problems_are_found_and_counted(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        tree("  opal:", "    aliases: [Fire, fires]", "    colour: white", "  Beryl:", "  ruby:", "    rank: x"),
    )
    assert [line for line, _ in problems(path)] == [5, 6, 8]
    with pytest.raises(TaxonomyError, match=r"gems\.yaml:5: .*unknown key `colour`.* \(1 of 3 problems\)$"):
        load_taxonomy(path)


def test_a_problem_reads_as_editors_expect(tmp_path: Path) -> None:
    path = written(tmp_path, tree("  beryl: {rank: genus}"))
    assert str(check_taxonomy(path)[0]).startswith(f"{path}:3: `beryl` has rank `genus`.")


@pytest.mark.parametrize("make", [Path.mkdir, lambda path: None], ids=["a folder", "nothing"])
def test_what_cannot_be_read_is_one_line(tmp_path: Path, make: object) -> None:
    path = tmp_path / "gems.yaml"
    make(path)  # type: ignore[operator]
    with pytest.raises(TaxonomyError, match="cannot be read: .*. Give a taxonomy file."):
        load_taxonomy(path)
    with pytest.raises(TaxonomyError, match="cannot be read"):
        check_taxonomy(path)


def test_json_is_read_too(tmp_path: Path) -> None:
    taxonomy = load_taxonomy(written(tmp_path, BERYL))
    assert load_taxonomy(written(tmp_path, json.dumps(taxonomy.to_dict()), "taxonomy.json")) == taxonomy


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("", 1, "This is not JSON"),
        ('{\n"format": 1,\n7}', 3, "This is not JSON"),
        ("[" * 100_000, 1, "nested too deeply"),
        ("[]", 1, "not a taxonomy of format 1"),
        ('{"format": 3, "nodes": []}', 1, "`format` is 3"),
        ('{"format": 1, "nodes": {}}', 1, "not a taxonomy of format 1"),
        ('{"format": 1, "nodes": [\n7]}', 1, "must be an object"),
        ('{"format": 1, "nodes": [\n{"id": "opal",\n"name": "Opal", "rank": 1}]}', 2, "`rank` must be text"),
        (
            '{"format": 1, "nodes": [\n{"id": "opal", "name": "Opal", "rank": "family"},\n'
            '{"id": "opal", "name": "Opal", "rank": "family"}]}',
            3,
            "`opal` is given twice. Keep one. The other is in line 2.",
        ),
        (
            '{"format": 1, "nodes": [\n{"id": "opal", "name": "Opal", "rank": "family", "also": ["ruby"]}]}',
            2,
            "which is no node",
        ),
        ('{"format": 1, "nodes": [\n{"id": "o", "name": "\\ud800", "rank": "family"}]}', 2, "letter"),
    ],
)
def test_a_problem_in_json_is_found_in_its_line(tmp_path: Path, text: str, line: int, words: str) -> None:
    found = problems(written(tmp_path, text, "taxonomy.json"))
    assert [at for at, _ in found] == [line]
    assert words in found[0][1]


names = st.one_of(
    st.sampled_from(
        ["yes", "null", "1", "1e3", "~", "a: b", "# a", "'", '"', "- x", "[x]", "{x", "&x", "*x", "!x", "%"]
    ),
    st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=8),
)


@st.composite
def taxonomies(draw: st.DrawFn) -> Taxonomy:
    """A taxonomy of hostile names, each ending in a word of its own."""
    nodes: list[Node] = []
    for number in range(draw(st.integers(1, 6))):
        parent = draw(st.sampled_from([None, *nodes]))
        key = draw(st.sampled_from(["no", "1", "null", "cats-eye"])) + f"-{number}"
        further = [node.id for node in nodes if parent and node.id not in parent.route]
        aliases = [f"{draw(names)} a{number}x{count}" for count in range(draw(st.integers(0, 2)))]
        nodes.append(
            Node(
                id=f"{parent.id}/{key}" if parent else key,
                name=f"{draw(names)} n{number}",
                rank=draw(st.sampled_from(["variety", "region", "trade"])) if parent else "family",
                aliases=tuple(aliases),
                also=tuple(draw(st.lists(st.sampled_from(further), max_size=2, unique=True)) if further else ()),
                excluded=draw(st.none() | names),
            )
        )
    return Taxonomy.from_nodes(nodes)


@given(taxonomies(), st.sampled_from(["gems.yaml", "gems.yml", "gems.json"]))
def test_what_is_written_is_read_back(tmp_path_factory: pytest.TempPathFactory, taxonomy: Taxonomy, name: str) -> None:
    path = tmp_path_factory.getbasetemp() / name
    write_taxonomy(taxonomy, path)
    assert load_taxonomy(path) == taxonomy


def test_the_built_in_taxonomy_survives_writing(tmp_path: Path) -> None:
    write_taxonomy(load_taxonomy(), tmp_path / "gems.yaml")
    assert load_taxonomy(tmp_path / "gems.yaml") == load_taxonomy()
    assert [path.name for path in tmp_path.iterdir()] == ["gems.yaml"]


def test_a_written_file_leaves_out_what_goes_without_saying(tmp_path: Path) -> None:
    path = tmp_path / "gems.yaml"
    write_taxonomy(load_taxonomy(written(tmp_path, BERYL)), path)
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    assert lines == [
        "format: 1",
        "gems:",
        "  beryl:",
        "    aliases:",
        "    - Beryls of all kinds",
        "    children:",
        "      emerald:",
        "        aliases:",
        "        - Panna",
        "        children:",
        "          colombian:",
        "            name: Colombian Emerald",
        "            rank: region",
        "      cats-eye: {}",
        "  opal:",
        "    name: Precious Opal",
        "    also:",
        "    - beryl/emerald",
        "    excluded: a set of nine stones",
    ]


def test_a_file_that_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "gems.yaml").mkdir()
    with pytest.raises(OutputError, match="cannot be written"):
        write_taxonomy(load_taxonomy(), tmp_path / "gems.yaml")
    assert [path.name for path in tmp_path.iterdir()] == ["gems.yaml"]
    with pytest.raises(OutputError, match="cannot be written"):
        write_taxonomy(load_taxonomy(), tmp_path / "missing" / "gems.yaml")


def test_no_name_of_the_built_in_taxonomy_is_only_an_id() -> None:
    assert all(name_key(node.name) for node in load_taxonomy().nodes.values())


def test_loading_is_quick() -> None:
    started = time.process_time()
    load_taxonomy()
    assert time.process_time() - started < 1.0


@given(st.one_of(st.text(), st.text("{}[]:,-?&*!|>'\"%#\n \tgems1", max_size=40)), st.sampled_from([".yaml", ".json"]))
def test_no_text_is_worse_than_a_list_of_problems(
    tmp_path_factory: pytest.TempPathFactory, text: str, suffix: str
) -> None:
    path = tmp_path_factory.getbasetemp() / f"any{suffix}"
    for content in (text, f"format: 1\ngems:\n  beryl: {text}", f'{{"format": 1, "nodes": [{text}]}}'):
        path.write_bytes(content.encode("utf-8", "surrogatepass"))
        if check_taxonomy(path):
            with pytest.raises(TaxonomyError) as caught:
                load_taxonomy(path)
            assert len(str(caught.value).splitlines()) == 1
        else:
            load_taxonomy(path)
