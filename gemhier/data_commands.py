"""The commands that make and check data sets: audit, crawl, prepare, sample."""

import shlex
from pathlib import Path

import click

from gemhier.options import check_engine, engine_options


@click.command(name="audit", short_help="Find copies, shared and contaminated labels, and unreadable files.")
@click.argument("folders", metavar="FOLDER...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--out",
    metavar="DIR",
    type=click.Path(path_type=Path),
    default=Path("audit"),
    show_default=True,
    help="Folder to write audit.html, audit.json and the tables to.",
)
@click.option(
    "--taxonomy",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Taxonomy file, YAML or JSON; without it, the built-in one.",
)
@click.option(
    "--largest",
    metavar="N",
    type=click.IntRange(min=1),
    default=99,
    show_default=True,
    help="For a list, also give the ceiling of top-1 over its N largest classes.",
)
@click.option(
    "--predictions",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="predictions.csv of a report on these pictures, by a model that has not learned from them; to suspect labels.",
)
@click.option(
    "-m",
    "--model",
    metavar="BUNDLE",
    type=click.Path(path_type=Path),
    help="Bundle, or `shipped`, to look for gems in the pictures and, without --predictions, to suspect labels.",
)
def audit_command(
    folders: tuple[Path, ...],
    out: Path,
    taxonomy: Path | None,
    largest: int,
    predictions: Path | None,
    model: Path | None,
) -> None:
    """Find copies, near-copies and unreadable files, and names that share products.

    Each FOLDER is one with a folder of pictures for each class, with or without train, validation and
    test folders above them, or one that `gemhier prepare` wrote. All their pictures are compared: a copy
    is found even if it was saved again, made smaller, mirrored, turned by quarters or cropped by a tenth.
    With --predictions or --model, labels that a model contradicts are listed too (this needs the extra
    `audit`), and with --model the pictures in which no gem stands out.

    Or it holds no pictures but lists: a crawl, or product_links or image_links with a file of addresses for
    each class. Then the audit shows which products have several names, which classes lie within others or
    are contaminated by another family, and how accurate a classifier can be on such labels at best.

    \b
    Example:
      gemhier audit photos more-photos --out findings
    """
    from gemhier.atomic import check_folder
    from gemhier.hierarchy.taxonomy_file import load_taxonomy
    from gemhier.pipeline.audit import audit, write_audit
    from gemhier.pipeline.data.sources import check_outside_sources
    from gemhier.pipeline.data_quality.summary import summary
    from gemhier.text import visible

    check_folder(out)
    check_outside_sources(out, folders)
    result = audit(folders, taxonomy=load_taxonomy(taxonomy), largest=largest, predictions=predictions, model=model)
    written = write_audit(result, out)
    for line in summary(result):
        click.echo(visible(line))
    click.echo(visible(f"Written to {out}: {', '.join(written)}"))


@click.command(short_help="Turn folders of photographs into a data set to train on.")
@click.argument("sources", metavar="SOURCE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "-o", "--out", required=True, metavar="DATA", type=click.Path(path_type=Path), help="Data folder to write."
)
@click.option(
    "--taxonomy",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Taxonomy file, YAML or JSON; without it, the built-in one.",
)
@click.option("--start-taxonomy", is_flag=True, help="Start a taxonomy from the folders (family/subclass/region).")
@click.option("--skip-unknown", is_flag=True, help="Leave out folders that the taxonomy does not know.")
@click.option(
    "--validation-share",
    metavar="SHARE",
    type=float,
    help="Share of the pictures for validation. [default: 0.15; 0 if a source has such a folder]",
)
@click.option(
    "--test-share",
    metavar="SHARE",
    type=float,
    help="Share of the pictures for the test. [default: 0.15; 0 if a source has such a folder]",
)
@click.option(
    "--stone-pattern",
    metavar="REGEX",
    help="Finds the stone in a file's name by a group called stone. [default: gp134726-1.jpg shows stone gp134726]",
)
@click.option(
    "--finder",
    metavar="none|canny|FILE",
    help="What finds the stones: a trained stone finder, or a bundle that holds one; or, for things other than gems, "
    "none (all of the picture) or canny (the square around its edges). Classifying does the same. [default: that of "
    "the model in GEMHIER_MODEL, or else of the one that comes with gemhier]",
)
@click.option(
    "--decisions",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="decisions.csv from an audit: same stones, wrong labels, pictures to drop. The pictures stay as they are.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Another seed gives another split.")
@engine_options
def prepare(
    sources: tuple[Path, ...],
    out: Path,
    taxonomy: Path | None,
    start_taxonomy: bool,
    skip_unknown: bool,
    validation_share: float | None,
    test_share: float | None,
    stone_pattern: str | None,
    finder: str | None,
    decisions: Path | None,
    seed: int,
    engine: str,
    address: str | None,
    workers: int | None,
) -> None:
    """Turn folders of photographs into a data set to train on.

    Each SOURCE holds a folder for each class, with or without train, validation and test folders
    above them, or is what `gemhier crawl` wrote. Every picture is read once; near-copies and photographs
    of one stone are kept in one split. The pictures stay where they are.

    \b
    Examples:
      gemhier prepare photos more-photos --out data
      gemhier prepare coins --out data --start-taxonomy --finder none
    """
    if taxonomy is not None and start_taxonomy:
        raise click.UsageError("--taxonomy and --start-taxonomy exclude each other. Give one of them.")
    check_engine(engine, address, workers)

    from gemhier.hierarchy.taxonomy_file import load_taxonomy
    from gemhier.models.bundle.files import find_finder
    from gemhier.pipeline.data.source_images import STONE_PATTERN
    from gemhier.pipeline.data.summary import summary
    from gemhier.pipeline.engines.local import engine_of
    from gemhier.pipeline.prepare import PrepareConfig
    from gemhier.pipeline.prepare import prepare as prepare_data
    from gemhier.text import visible

    config = PrepareConfig(
        validation_share=validation_share,
        test_share=test_share,
        stone_pattern=STONE_PATTERN if stone_pattern is None else stone_pattern,
        skip_unknown=skip_unknown,
        seed=seed,
    )
    used_finder = find_finder(finder)
    used_taxonomy = None if start_taxonomy else load_taxonomy(taxonomy)
    running = engine_of(engine, address, workers)
    manifest = prepare_data(sources, out, config, used_taxonomy, used_finder, decisions, running)
    for line in summary(manifest):
        click.echo(visible(line))
    if manifest.counts()["validation"]:
        click.echo(f"Next: gemhier train {shlex.quote(str(out))}")
    else:
        click.echo(
            "Next: add pictures or raise --validation-share, for training needs some for validation and here are none."
        )


@click.command(short_help="Paint a small data set to try things on.")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--per-class", metavar="N", type=click.IntRange(min=2), default=15, show_default=True, help="Pictures of each gem."
)
@click.option(
    "--size",
    metavar="PIXELS",
    type=click.IntRange(32, 2048),
    default=300,
    show_default=True,
    help="Side of each picture.",
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Another seed, other stones.")
def sample(folder: Path, per_class: int, size: int, seed: int) -> None:
    """Paint a small data set into DIR, a new folder, with nothing to download.

    The pictures look like a shop's photographs of cut stones: 20 gems, several views of a stone, folders for
    training and for testing, and a few copies for the audit to find. What a model learns from them says
    nothing about real stones.

    \b
    Example:
      gemhier sample photos
    """
    from gemhier.pipeline.sample import SampleConfig, paint_sample

    painted = paint_sample(folder, SampleConfig(per_class=per_class, size=size, seed=seed))
    click.echo(
        f"Painted {painted.stones} stones of {painted.classes} gems: {painted.train} pictures to train with and "
        f"{painted.test} to test with, {painted.copies} of them copies on purpose (see README.md there)."
    )
    click.echo(f"Next: gemhier prepare {shlex.quote(str(folder))} --out data")
