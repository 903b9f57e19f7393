"""The commands that collect photographs: crawl, and clean what came."""

import shlex
from pathlib import Path

import click

from gemhier import __version__
from gemhier.errors import INTERRUPTED


@click.command(name="crawl", short_help="Collect the photographs of a shop.")
@click.argument("site", metavar="SITE")
@click.option(
    "-o", "--out", required=True, metavar="DIR", type=click.Path(path_type=Path), help="Crawl folder to write."
)
@click.option("--start", metavar="URL", help="Begin here instead of at the site's own index: a mirror or a replica.")
@click.option("--classes", metavar="NAMES", multiple=True, help="Only these categories, joined by commas.")
@click.option("--limit", metavar="N", type=click.IntRange(min=1), help="At most so many products, of all categories.")
@click.option("--contact", metavar="ADDRESS", help="An address of mail or of the web that the shop may write to.")
@click.option(
    "--stage",
    "stages",
    multiple=True,
    type=click.Choice(["index", "products", "pictures"]),
    help="Only this stage; may be given again. [default: all three]",
)
@click.option("--retry", is_flag=True, help="Ask again only for what failed in the last crawl.")
@click.pass_context
def crawl_command(
    context: click.Context,
    site: str,
    out: Path,
    start: str | None,
    classes: tuple[str, ...],
    limit: int | None,
    contact: str | None,
    stages: tuple[str, ...],
    retry: bool,
) -> None:
    """Collect the photographs of a shop into DIR, with all names that the shop gives them.

    SITE is a shop that is built in (gempundit) or a site file of your own (docs/site-files.md). Read the shop's
    terms first. The crawler obeys robots.txt, asks slowly and for at most two things at a time, and stops when it is
    not wanted; no option changes that. Give the same command again to go on after an interruption, or later for what
    is new.

    \b
    Example:
      gemhier crawl gempundit --out crawl --classes "Emerald (Panna),Ruby" --limit 50 --contact me@example.org
    """
    from gemhier.crawler.crawl import STAGES, CrawlConfig, crawl
    from gemhier.crawler.scraping.summary import summary_lines
    from gemhier.crawler.sites.site_file import load_site
    from gemhier.text import visible

    config = CrawlConfig(
        site=load_site(site),
        start=start,
        classes=tuple(name.strip() for names in classes for name in names.split(",") if name.strip()),
        limit=limit,
        stages=stages or STAGES,
        retry=retry,
        contact=contact,
        program=f"gemhier/{__version__}",
    )
    if contact is None:
        click.echo("Without --contact the shop cannot reach you if something is wrong.", err=True)
    summary = crawl(config, out)
    for line in summary_lines(summary):
        click.echo(visible(line))
    if summary.interrupted:
        context.exit(INTERRUPTED)
    if not summary.is_good:
        context.exit(1)
    click.echo(f"Next: gemhier prepare {shlex.quote(str(out))} --out data")


@click.command(name="clean", short_help="Go through the photographs of a crawl.")
@click.argument("crawl", metavar="CRAWL", type=click.Path(path_type=Path))
@click.option("--text", is_flag=True, help='Set certificates aside by their text; needs pip install "gemhier[ocr]".')
@click.option("--put-back", metavar="ID", multiple=True, help="Put this picture back for good; may be given again.")
def clean_command(crawl: Path, text: bool, put_back: tuple[str, ...]) -> None:
    """Show what was set aside in CRAWL, set certificates aside by their text, or put pictures back.

    Certificates, hands and cards that are recognised by their file names are set aside when they are collected, into
    CRAWL/rejected. Pictures in which the stone finder sees no gem are left out by `gemhier prepare`. Both write a page,
    set-aside.html, that shows them, and the command that puts back what is ticked there. Nothing is ever deleted.

    \b
    Example:
      gemhier clean crawl --text
    """
    from gemhier.crawler.review.certificates import CertificateReader
    from gemhier.crawler.review.clean import clean
    from gemhier.progress import show_progress
    from gemhier.text import count, visible

    reader = CertificateReader() if text else None
    cleaning = clean(crawl, put_back=put_back, read=reader, progress=show_progress("Reading"))
    if put_back:
        click.echo(f"Put back: {count(len(put_back), 'picture')}")
    if text:
        click.echo(f"Read: {cleaning.looked_at:,}; certificates among them: {cleaning.found:,}")
    counts = ", ".join(f"{number:,} {reason}" for reason, number in cleaning.set_aside.items())
    click.echo(visible(f"Set aside: {counts or 'nothing'}"))
    click.echo(f"Written: {cleaning.sheet}")
