"""The command that writes the page for phones and laptops, or shows it to them."""

import io
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from gemhier.options import model_option

if TYPE_CHECKING:
    from gemhier.pipeline.app.server import AppServer

_FILE = Path("gemhier.html")


@click.command("app", short_help="Write a page that names stones offline, in a browser.")
@model_option
@click.option(
    "-o",
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help=f"The page to write.  [default: {_FILE}, and nothing with --serve]",
)
@click.option(
    "--runtime",
    metavar="FOLDER",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Where npm installed @litertjs/core; without it, the page's runtime is fetched once and kept.",
)
@click.option("--serve", is_flag=True, help="Show the page to browsers until Ctrl-C.")
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="Address to listen on with --serve; 0.0.0.0 lets phones in the same network in.",
)
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    default=8000,
    show_default=True,
    help="Port to listen on with --serve.",
)
@click.pass_context
def app_command(
    ctx: click.Context, model: Path | None, out: Path | None, runtime: Path | None, serve: bool, host: str, port: int
) -> None:
    """Write one HTML file that names stones in a browser, without a server or a connection.

    Photographs stay on the device: the page asks nothing of any host. The answers are those of
    `gemhier classify`. What runs the networks comes from npm by the extra "app" the first time.

    A phone that opens no such file gets it by --serve, from this machine.

    \b
    Example:
      gemhier app --out gemhier.html
      gemhier app --model bundle/ --out mine.html
      gemhier app --serve --host 0.0.0.0
    """
    from gemhier.pipeline.write_app import serve_app, write_app

    if serve:
        serve_app(host, port, _announce, out=out, model=model, runtime=runtime)
        click.echo("Ended.")
        return
    for option in ("host", "port"):
        if ctx.get_parameter_source(option) is ParameterSource.COMMANDLINE:
            raise click.UsageError(f"--{option} goes with --serve.")
    out = out or _FILE
    size = write_app(out, model=model, runtime=runtime)
    click.echo(f"{out}: {size / 1e6:.1f} MB. Open it in a browser, or copy it to a phone.")


def _announce(server: "AppServer") -> None:
    """Say where the page is, and to a phone in its own way."""
    if not server.address.is_loopback:
        import segno

        drawn = io.StringIO()
        segno.make_qr(server.url).terminal(drawn, compact=True)
        click.echo(drawn.getvalue())
    click.echo(f"{server.url}\nCtrl-C ends it.")
