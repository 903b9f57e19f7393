"""The command that compares two models: compare."""

from pathlib import Path

import click

from gemhier.options import split_option, tracking_option


@click.command(name="compare", short_help="Compare two models on the same photographs, picture by picture.")
@click.argument("first", metavar="FIRST")
@click.argument("second", metavar="SECOND")
@click.argument("folders", metavar="[SOURCE_OR_DATA...]", nargs=-1, type=click.Path(path_type=Path))
@split_option
@click.option(
    "--report",
    "out",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Folder for compare.html, compare.json and changes.csv; an earlier comparison in it is replaced.",
)
@tracking_option
def compare_command(
    first: str, second: str, folders: tuple[Path, ...], split: str, out: Path | None, tracking: str | None
) -> None:
    """Compare two models on the same photographs: what got better, what got worse, and whether that is chance.

    FIRST and SECOND are each a bundle's folder, a run's id or name, `latest`, an alias in the model registry, or
    `shipped` for the model that comes with gemhier. With @flat, @hard, @soft or @fused behind it, a model decides in
    that way instead of its own. Each SOURCE_OR_DATA is a folder that `gemhier prepare` wrote, or one with a folder for
    each class.

    Without any, FIRST and SECOND are folders that `gemhier evaluate` wrote, and nothing is classified again.

    \b
    Examples:
      gemhier compare shipped bundle photos --report comparison
      gemhier compare latest@flat latest@fused data
      gemhier compare report-of-may report-of-june
    """
    from gemhier.pipeline.compare import compare_models
    from gemhier.pipeline.reports.comparison_tables import PAGE_FILE, summary
    from gemhier.text import visible

    comparison = compare_models(first, second, folders, split=split, out=out, tracking=tracking)
    for line in summary(comparison):
        click.echo(visible(line))
    if out is not None:
        click.echo(f"Comparison: {out / PAGE_FILE}")
