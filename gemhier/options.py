"""Options that several commands take alike."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

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


def open_interval(ctx: click.Context, option: click.Parameter, value: float | None) -> float | None:
    """Refuse what does not lie between 0 and 1; click.FloatRange lets nan pass."""
    if value is not None and not 0 < value < 1:
        raise click.BadParameter(f"{value} is not between 0 and 1.", ctx, option)
    return value


guarantee_option = click.option(
    "--guarantee",
    metavar="P",
    type=float,
    callback=open_interval,
    help="Give a shortlist too, which holds the right gem with this probability, such as 0.95. This holds "
    "only on pictures like those that the model was calibrated on, and only a model that was calibrated out of fold "
    "promises it.",
)


def engine_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options that say where the work runs."""
    for option in reversed(_ENGINE_OPTIONS):
        command = option(command)
    return command


def check_engine(engine: str, address: str | None, workers: int | None) -> None:
    """Refuse options of Ray where Ray does not run.

    Raises:
        click.UsageError: if there are any.
    """
    if engine != "ray" and (address is not None or workers is not None):
        raise click.UsageError("--address and --workers are for Ray. Add --engine ray, or leave them out.")


_ENGINE_OPTIONS = (
    click.option(
        "--engine",
        type=click.Choice(["local", "ray"]),
        default="local",
        show_default=True,
        help="ray spreads the work over processes and machines (docs/scale.md); it needs the extra `ray`.",
    ),
    click.option(
        "--address",
        metavar="HOST:PORT",
        help="With --engine ray: a cluster, or auto for the one that runs here. [default: a Ray of its own]",
    ),
    click.option(
        "--workers",
        metavar="N",
        type=click.IntRange(min=1),
        help="With --engine ray: how many processes, with a core each. [default: as many as there are cores]",
    ),
)
