"""The command that names a stone from readings alone."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gemhier.evidence_options import evidence_of, evidence_options
from gemhier.options import model_option, open_interval

if TYPE_CHECKING:
    from gemhier.pipeline.reports.prediction_formats import Layout


@click.command(short_help="Name a stone from readings alone.")
@click.option("--top", type=click.IntRange(min=1), default=5, show_default=True, help="How many to rank at most.")
@model_option
@click.option(
    "--format",
    "layout",
    type=click.Choice(["text", "json", "csv"]),
    default="text",
    show_default=True,
    help="json gives one object, csv a header and a row.",
)
@click.option(
    "--guarantee",
    metavar="P",
    type=float,
    callback=open_interval,
    help="Give a shortlist too: the most probable gems that together have this probability, such as 0.95. It holds "
    "as far as published ranges and instrument errors do: without a picture nothing is promised.",
)
@evidence_options
def identify(top: int, model: Path | None, layout: "Layout", guarantee: float | None, **given: Any) -> None:
    """Name a stone from readings, without a picture, and say which measurement would tell most next.

    Every gem that the model can name is taken to be as likely as every other before the readings,
    unless a prior says otherwise. With a picture the same readings go to `gemhier classify`.

    \b
    Example:
      gemhier identify --ri 1.762-1.770 --sg 4.00
      gemhier identify --ri ">1.80" --optic-character isotropic --prior trade
    """
    from gemhier.pipeline.identify import identify_stone

    evidence = evidence_of(given)
    if not evidence:
        raise click.UsageError("There is nothing to go by. Give a reading, such as --ri 1.762-1.770 or --sg 4.00.")
    click.echo(identify_stone(evidence, model=model, layout=layout, top=top, guarantee=guarantee), nl=False)
