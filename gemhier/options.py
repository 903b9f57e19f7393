"""Options that several commands take alike."""

from pathlib import Path

import click

from gemhier.text import visible


class _Name(click.ParamType[str]):
    """What something is called: not empty, and in one line."""

    name = "name"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the name without blanks around it."""
        stripped = value.strip()
        if not stripped or visible(stripped) != stripped:
            self.fail(f"must be one line that is not empty. Received: {value!r}.", param, ctx)
        return stripped


NAME = _Name()

split_option = click.option(
    "--split",
    type=click.Choice(["train", "validation", "test", "leaking", "unused"]),
    default="test",
    show_default=True,
    help="Which pictures, where the folders are split; others are taken whole.",
)

tracking_option = click.option(
    "--tracking", metavar="URI", help="Tracking server, database, or folder to use in place of mlruns/."
)

model_option = click.option(
    "-m",
    "--model",
    metavar="BUNDLE",
    type=click.Path(path_type=Path),
    help="Folder of the model; without it, the one in GEMHIER_MODEL or else the one that comes with gemhier.",
)

lines_option = click.option(
    "--format",
    "layout",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="json gives one object a line.",
)
