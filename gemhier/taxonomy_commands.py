"""The commands below `gemhier taxonomy`: look at the class graph, check it, draw it, ask it for a name."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gemhier.options import lines_option

if TYPE_CHECKING:
    from gemhier.hierarchy.taxonomy import Node, Taxonomy

_taxonomy_option = click.option(
    "--taxonomy",
    "file",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Taxonomy file, YAML or JSON; without it, the built-in one.",
)


@click.group(name="taxonomy", short_help="Show, check, draw and search the graph of gems.")
def taxonomy_group() -> None:
    """Look at the class graph of gems, check it, draw it, ask it for a name.

    \b
    Example:
      gemhier taxonomy resolve Panna
    """


@taxonomy_group.command(short_help="Print the graph as a tree.")
@click.argument("name", metavar="[ID]", required=False)
@_taxonomy_option
@lines_option
def show(name: str | None, file: Path | None, layout: str) -> None:
    """Print the taxonomy as a tree, or the part at and below ID (an id or a name).

    \b
    Example:
      gemhier taxonomy show beryl
    """
    from gemhier.hierarchy.taxonomy_file import load_taxonomy  # reads YAML

    taxonomy = load_taxonomy(file)
    top = taxonomy.resolve(name) if name is not None else None
    nodes = [node for node in taxonomy.nodes.values() if top is None or top.id in node.route]
    lines = (_node_as_json(node) for node in nodes) if layout == "json" else _tree(nodes)
    for line in lines:
        click.echo(line)


@taxonomy_group.command(short_help="Find the mistakes in a taxonomy file.")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.pass_context
def check(ctx: click.Context, file: Path | None) -> None:
    """Check FILE, or the built-in taxonomy, and print each problem with its line.

    Exits with code 1 if there is a problem.

    \b
    Example:
      gemhier taxonomy check my-gems.yaml
    """
    from gemhier.hierarchy.taxonomy_file import check_taxonomy, load_taxonomy  # read YAML

    problems = check_taxonomy(file)
    for problem in problems:
        click.echo(problem)
    if problems:
        ctx.exit(1)
    click.echo(_summary(load_taxonomy(file)))


@taxonomy_group.command(short_help="Draw the graph, or some of its families.")
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path),
    default=Path("taxonomy.svg"),
    show_default=True,
    help="The picture to write: .svg, .png or .pdf.",
)
@click.option("--family", "families", metavar="NAME", multiple=True, help="Draw this family only. Can be repeated.")
@_taxonomy_option
def draw(out: Path, families: tuple[str, ...], file: Path | None) -> None:
    """Draw the taxonomy, or some of its families, as a tree.

    \b
    Example:
      gemhier taxonomy draw --family quartz --out quartz.svg
    """
    from gemhier.hierarchy.taxonomy_file import load_taxonomy  # reads YAML
    from gemhier.pipeline.draw_taxonomy import draw_taxonomy  # loads matplotlib when it draws

    taxonomy = load_taxonomy(file)
    draw_taxonomy(taxonomy, out, families=[taxonomy.resolve(name).family for name in families])
    click.echo(out)


@taxonomy_group.command(short_help="Say which gems names stand for.")
@click.argument("names", metavar="NAME...", nargs=-1, required=True)
@_taxonomy_option
@lines_option
@click.pass_context
def resolve(ctx: click.Context, names: tuple[str, ...], file: Path | None, layout: str) -> None:
    """Say which gem each NAME stands for: a name, an alias, an id or a folder path.

    Exits with code 1 if a name is unknown.

    \b
    Example:
      gemhier taxonomy resolve Neelam "Tiger's Eye" Emerald/Colombian
    """
    from gemhier.errors import TaxonomyError
    from gemhier.hierarchy.taxonomy_file import load_taxonomy  # reads YAML

    taxonomy = load_taxonomy(file)
    failed = False
    for name in names:
        try:
            node = taxonomy.resolve(name)
        except TaxonomyError as error:
            failed = True
            failure = {"query": name, "failure": str(error), "nearest": taxonomy.nearest(name)}
            click.echo(json.dumps(failure) if layout == "json" else error, err=layout == "text")
        else:
            click.echo(_answer(name, node, taxonomy, layout))
    if failed:
        ctx.exit(1)


def _answer(query: str, node: "Node", taxonomy: "Taxonomy", layout: str) -> str:
    if layout == "json":
        return json.dumps(
            {"query": query, "id": node.id, "name": node.name, "route": node.route, "excluded": node.excluded}
        )
    route = " > ".join(taxonomy[node_id].name for node_id in node.route)
    return f"{query}: {route} ({node.id})" + (f", excluded: {node.excluded}" if node.excluded else "")


def _node_as_json(node: "Node") -> str:
    return json.dumps(
        {
            "id": node.id,
            "name": node.name,
            "rank": node.rank,
            "parents": node.parents,
            "aliases": node.aliases,
            "excluded": node.excluded,
        }
    )


def _tree(nodes: "list[Node]") -> Iterator[str]:
    """One line for each node: name (indented), rank, id, and what else the file says."""
    outermost = min(len(node.route) for node in nodes)
    indented = ["  " * (len(node.route) - outermost) + node.name for node in nodes]
    name_width = max(len(name) for name in indented)
    id_width = max(len(node.id) for node in nodes)
    for name, node in zip(indented, nodes, strict=True):
        remarks = [", ".join(node.aliases)] if node.aliases else []
        remarks += [f"also under {', '.join(node.also)}"] if node.also else []
        remarks += [f"excluded: {node.excluded}"] if node.excluded else []
        yield f"{name:{name_width}}  {node.rank:7}  {node.id:{id_width}}  {'; '.join(remarks)}".rstrip()


def _summary(taxonomy: "Taxonomy") -> str:
    from gemhier.hierarchy.node import count_by_rank
    from gemhier.text import count

    nodes = taxonomy.nodes.values()
    aliases = sum(len(node.aliases) for node in nodes)
    counts = [
        count(len(nodes), "node"),
        *count_by_rank(nodes).values(),
        count(aliases, "alias", "aliases"),
    ]
    return f"{', '.join(counts)}, no problems"
