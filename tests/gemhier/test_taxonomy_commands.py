"""gemhier taxonomy: what it prints, and how it ends."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from gemhier.cli import main
from gemhier.hierarchy.taxonomy_file import load_taxonomy

GEMS = """\
format: 1
gems:
  beryl:
    children:
      emerald:
        aliases: [Panna, Zamurd]
        children:
          colombian: {name: Colombian Emerald, rank: region}
          trapiche: {name: Trapiche Emerald, rank: trade, also: [beryl/emerald/colombian]}
  navratna: {excluded: nine stones}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "gems.yaml"
    path.write_text(GEMS, encoding="utf-8")
    return path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["taxonomy", *map(str, arguments)])


def json_lines(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_show_prints_a_tree(file: Path) -> None:
    result = run("show", "--taxonomy", file)
    assert result.exit_code == 0
    assert result.stdout == (
        "Beryl                  family   beryl\n"
        "  Emerald              variety  beryl/emerald            Panna, Zamurd\n"
        "    Colombian Emerald  region   beryl/emerald/colombian\n"
        "    Trapiche Emerald   trade    beryl/emerald/trapiche   also under beryl/emerald/colombian\n"
        "Navratna               family   navratna                 excluded: nine stones\n"
    )


@pytest.mark.parametrize("name", ["beryl/emerald", "Panna"])
def test_show_prints_the_part_below_an_id_or_a_name(file: Path, name: str) -> None:
    lines = run("show", name, "--taxonomy", file).stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["Emerald", "Colombian", "Trapiche"]


def test_show_gives_one_node_a_line_as_json(file: Path) -> None:
    nodes = json_lines(run("show", "--taxonomy", file, "--format", "json"))
    assert nodes[3] == {
        "id": "beryl/emerald/trapiche",
        "name": "Trapiche Emerald",
        "rank": "trade",
        "parents": ["beryl/emerald", "beryl/emerald/colombian"],
        "aliases": [],
        "excluded": None,
    }
    assert [node["id"] for node in nodes] == list(load_taxonomy(file).nodes)


def test_show_gives_the_built_in_taxonomy() -> None:
    nodes = json_lines(run("show", "--format", "json"))
    assert [node["id"] for node in nodes] == list(load_taxonomy().nodes)


def test_check_counts_what_is_there(file: Path) -> None:
    result = run("check", file)
    assert (result.exit_code, result.stdout) == (
        0,
        "5 nodes, 2 families, 1 variety, 1 region, 1 trade name, 2 aliases, no problems\n",
    )


def test_check_counts_one_of_each(tmp_path: Path) -> None:
    (tmp_path / "one.yaml").write_text("format: 1\ngems:\n  opal: {aliases: [Opalus]}\n")
    assert run("check", tmp_path / "one.yaml").stdout == "1 node, 1 family, 1 alias, no problems\n"


def test_check_finds_no_problem_in_the_built_in_taxonomy() -> None:
    assert run("check").exit_code == 0


def test_check_prints_each_problem_with_its_line(file: Path) -> None:
    file.write_text(GEMS.replace("Zamurd", "panna").replace("rank: region", "rank: place"), encoding="utf-8")
    result = run("check", file)
    assert result.exit_code == 1
    assert result.stdout.startswith(f"{file}:8: `beryl/emerald/colombian` has rank `place`. Use one of")
    assert result.stdout.count("\n") == 1


def test_resolve_prints_the_way_down(file: Path) -> None:
    result = run("resolve", "--taxonomy", file, "panna", "Navratna")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == (
        "panna: Beryl > Emerald (beryl/emerald)\nNavratna: Navratna (navratna), excluded: nine stones\n"
    )


def test_resolve_gives_one_answer_a_line_as_json(file: Path) -> None:
    result = run("resolve", "--taxonomy", file, "--format", "json", "Zamurd", "Emrald", "navratna")
    found, unknown, excluded = json_lines(result)
    assert result.exit_code == 1
    assert found == {
        "query": "Zamurd",
        "id": "beryl/emerald",
        "name": "Emerald",
        "route": ["beryl", "beryl/emerald"],
        "excluded": None,
    }
    assert unknown["query"] == "Emrald"
    assert "nearest: Emerald" in unknown["failure"]
    assert unknown["nearest"][0] == "Emerald"
    assert "id" not in unknown
    assert excluded["excluded"] == "nine stones"


def test_resolve_says_which_names_are_unknown_and_goes_on(file: Path) -> None:
    result = run("resolve", "--taxonomy", file, "Emrald", "Panna")
    assert result.exit_code == 1
    assert result.stdout == "Panna: Beryl > Emerald (beryl/emerald)\n"
    assert result.stderr.startswith("No gem is called 'Emrald'; nearest: Emerald")


@pytest.mark.parametrize(
    "arguments",
    [
        ["show", "--taxonomy", "missing.yaml"],
        ["show", "no such gem"],
        ["check", "missing.yaml"],
        ["resolve", "--taxonomy", "missing.yaml", "Ruby"],
        ["draw", "--taxonomy", "missing.yaml"],
        ["draw", "--family", "no such gem"],
        ["draw", "--out", "gems.txt"],
    ],
    ids=" ".join,
)
def test_what_a_user_can_mend_is_one_line_and_exit_code_1(arguments: list[str]) -> None:
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("Error: ")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("arguments", [["resolve"], ["show", "--format", "xml"], ["check", "a", "b"]], ids=" ".join)
def test_bad_usage_is_exit_code_2(arguments: list[str]) -> None:
    assert run(*arguments).exit_code == 2


def test_draw_writes_a_picture_and_says_where(file: Path) -> None:
    pytest.importorskip("matplotlib", reason="drawing comes with an extra")
    image = file.with_name("beryl.svg")
    result = run("draw", "--taxonomy", file, "--family", "Panna", "--out", image)
    assert (result.exit_code, result.stdout) == (0, f"{image}\n")
    assert "Colombian Emerald" in image.read_text(encoding="utf-8")


def test_draw_without_matplotlib_tells_how_to_install_it(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    result = run("draw", "--taxonomy", file, "--out", file.with_name("gems.svg"))
    assert result.exit_code == 1
    assert 'pip install "gemhier[train]"' in result.stderr
