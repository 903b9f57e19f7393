"""The command that writes the page for phones and laptops."""

from pathlib import Path

import click

from gemhier.options import model_option


@click.command("app", short_help="Write a page that names stones offline, in a browser.")
@model_option
@click.option(
    "-o",
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("gemhier.html"),
    show_default=True,
    help="The page to write.",
)
@click.option(
    "--runtime",
    metavar="FOLDER",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Where npm installed @litertjs/core; without it, the page's runtime is fetched once and kept.",
)
def app_command(model: Path | None, out: Path, runtime: Path | None) -> None:
    """Write one HTML file that names stones in a browser, without a server or a connection.

    Photographs stay on the device: the page asks nothing of any host. The answers are those of
    `gemhier classify`. What runs the networks comes from npm by the extra "app" the first time.

    \b
    Example:
      gemhier app --out gemhier.html
      gemhier app --model bundle/ --out mine.html
    """
    from gemhier.pipeline.write_app import write_app

    size = write_app(out, model=model, runtime=runtime)
    click.echo(f"{out}: {size / 1e6:.1f} MB. Open it in a browser, or copy it to a phone.")
