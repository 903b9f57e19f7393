"""Options that several commands take alike."""

import click

split_option = click.option(
    "--split",
    type=click.Choice(["train", "validation", "test", "leaking", "unused"]),
    default="test",
    show_default=True,
    help="Which pictures, where the folders are split; others are taken whole.",
)

tracking_option = click.option(
    "--tracking", metavar="URI", help="Tracking server, database, or the folder that stands for mlruns/."
)
