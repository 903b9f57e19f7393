"""The commands that look facts up: what is known about one gem, and which gems a model can name."""

import json
from pathlib import Path

import click

from gemhier.options import lines_option, model_option


@click.command(short_help="Print what is known about a gem.")
@click.argument("name")
@lines_option
def gem(name: str, layout: str) -> None:
    """Print what is known about a gem, by its name, an alias or its id: properties, look-alikes, treatments, sources.

    \b
    Example:
      gemhier gem ruby
      gemhier gem "cubic zirconia" --format json
    """
    from gemhier.hierarchy.gem_text import gem_lines, gem_values
    from gemhier.hierarchy.properties import load_properties

    properties = load_properties()
    found = properties.find(name)
    if layout == "json":
        click.echo(json.dumps(gem_values(found, properties)))
        return
    for line in gem_lines(found, properties):
        click.echo(line)


@click.command(short_help="List the gems that the model can name.")
@model_option
@lines_option
def gems(model: Path | None, layout: str) -> None:
    """List the gems that the model can name, as a tree. A star marks the labels; the rest group those below.

    \b
    Example:
      gemhier gems
    """
    from gemhier.models.bundle import load_bundle

    bundle = load_bundle(model)
    space = bundle.space
    for node in sorted(space.nodes):
        name = bundle.taxonomy[node].name
        if layout == "json":
            click.echo(
                json.dumps({"id": node, "name": name, "rank": bundle.taxonomy[node].rank, "label": node in space})
            )
        else:
            click.echo(f"{'  ' * node.count('/')}{name}{' *' if node in space else ''}")
