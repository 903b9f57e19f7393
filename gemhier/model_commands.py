"""The commands that use a model: benchmark, classify, evaluate."""

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gemhier.errors import TrackingError
from gemhier.evidence_options import evidence_file_option, evidence_of, evidence_options, restriction_options
from gemhier.options import (
    check_engine,
    engine_options,
    guarantee_option,
    lines_option,
    model_option,
    open_interval,
    split_option,
    tracking_option,
)

if TYPE_CHECKING:
    from gemhier.models.images.white_balance import Point
    from gemhier.pipeline.reports.prediction_formats import Layout


def _point(ctx: click.Context, option: click.Parameter, value: str | None) -> "Point | None":
    if value is None:
        return None
    from gemhier.models.images.white_balance import Point  # which few pictures need

    found = re.fullmatch(r"\s*(\d{1,6})\s*,\s*(\d{1,6})\s*", value, re.ASCII)
    if found is None:
        raise click.BadParameter(f"{value!r} is not a pixel. Write it like 120,80.", ctx, option)
    return Point(int(found[1]), int(found[2]))


@click.command(short_help="Name the stone in each photograph.")
@click.argument("paths", metavar="PATH...", nargs=-1, required=True)
@click.option("--top", type=click.IntRange(min=1), default=5, show_default=True, help="How many to rank at most.")
@model_option
@click.option(
    "--format",
    "layout",
    type=click.Choice(["text", "json", "csv", "parquet"]),
    help="json gives one object a line, csv one row a picture, and so does parquet, with the extra parquet. [default: "
    "what FILE's ending says: .csv, .parquet, .json or .jsonl; else text]",
)
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    help="Write the results to FILE, which appears when they are complete; until then they are in FILE.part. With "
    "--engine ray, a folder or its URL, for parts in Parquet; the same command again does what is missing.",
)
@click.option(
    "--report",
    metavar="FILE.html",
    type=click.Path(path_type=Path),
    help="Write a page for people too: pictures with the stone that was found, answers, shortlists, next tests, "
    "look-alikes and facts. It opens offline and prints; FILE.csv beside it is a short table.",
)
@click.option(
    "--correct",
    metavar="FILE.csv",
    type=click.Path(path_type=Path),
    help="What was named wrongly, in the columns file and label (sheet.csv with a column label will do). It is added "
    "to decisions.csv beside FILE.csv, which `gemhier prepare --decisions` applies.",
)
@click.option(
    "--resume",
    is_flag=True,
    help="Continue from the FILE.part that an interrupted run left, with the same options; pictures that failed are "
    "tried again.",
)
@click.option(
    "--target-precision",
    metavar="P",
    type=float,
    callback=open_interval,
    help="Share of the answers that should be right, between 0 and 1. The higher it is, the sooner an answer stops "
    "at the family or is refused. This holds only on pictures like those that the model was calibrated on: of "
    "others fewer may be right, and a gem that the model has not learned may get another's name.",
)
@guarantee_option
@click.option("--all-stones", is_flag=True, help="One result for each stone of a picture, with the place of each.")
@click.option("--same-stone", is_flag=True, help="One result for all pictures, which show one stone.")
@click.option(
    "--white-point",
    "white",
    metavar="X,Y",
    callback=_point,
    help="Each picture shows white paper at this pixel, counted from its upper left corner: the colour of the light is "
    "taken out of it.",
)
@evidence_options
@evidence_file_option
@click.option(
    "--explain", is_flag=True, help="Say what looks alike and which test would tell most, without readings too."
)
@engine_options
@click.pass_context
def classify(
    ctx: click.Context,
    /,
    paths: tuple[str, ...],
    top: int,
    model: Path | None,
    layout: "Layout | None",
    output: str | None,
    report: Path | None,
    correct: Path | None,
    resume: bool,
    target_precision: float | None,
    guarantee: float | None,
    all_stones: bool,
    same_stone: bool,
    white: "Point | None",
    evidence_file: Path | None,
    explain: bool,
    engine: str,
    address: str | None,
    workers: int | None,
    **given: Any,
) -> None:
    """Name the stone in each photograph, as specifically as is safe, with the likeliest families and subclasses.

    Each PATH is a picture, a folder of pictures or a pattern, on this machine or by a URL such as s3://bucket/photos,
    or - for a picture on standard input. Every picture gets one result, in order; the exit code is 1 if any of them
    failed.

    \b
    Example:
      gemhier classify ring.jpg photos --output stones.csv
      gemhier classify --same-stone front.jpg side.jpg back.jpg
      gemhier classify ring.jpg --ri 1.762-1.770 --sg 4.00
      gemhier classify ring.jpg --guarantee 0.95
      gemhier classify photos --report sheet.html
      gemhier classify s3://archive/photos --engine ray --output stones
    """
    if all_stones and same_stone:
        raise click.UsageError("--all-stones and --same-stone exclude each other. Give one of them.")

    check_engine(engine, address, workers)
    if engine == "ray":
        if output is None:
            raise click.UsageError("--engine ray needs an --output, the folder for its parts.")
        if layout is not None or resume or same_stone or report is not None or correct is not None:
            raise click.UsageError(
                "--engine ray writes Parquet, goes on by itself and takes each picture alone: leave out --format, "
                "--resume, --same-stone, --report and --correct."
            )
        if "-" in paths:
            raise click.UsageError("--engine ray cannot read the standard input. Name files, folders or URLs.")
    elif output is not None and Path(output).is_dir():
        raise click.BadParameter(f"{output!r} is a folder. Name a file.", param_hint="'-o' / '--output'")

    if resume and report is not None:
        raise click.UsageError("--report shows all results, and --resume has those of before no more. Leave out one.")

    known = evidence_of(given)
    evidence = known if known or explain else None
    from gemhier.pipeline.classify import classify_into_parts, classify_paths
    from gemhier.pipeline.reports.prediction_formats import layout_of

    if engine == "ray" and output is not None:
        outcome = classify_into_parts(
            paths,
            output,
            address=address,
            workers=workers,
            model=model,
            top=top,
            target_precision=target_precision,
            guarantee=guarantee,
            all_stones=all_stones,
            evidence=evidence,
            evidence_file=evidence_file,
            white=white,
        )
    else:
        file = None if output is None else Path(output)
        layout = layout or layout_of(file)
        if layout == "parquet" and (file is None or not (file.is_file() or not file.exists())):
            raise click.UsageError("Parquet is written to a file alone. Name one with --output.")
        if resume and (file is None or layout == "text" or same_stone):
            raise click.UsageError("--resume needs an --output in JSON, CSV or Parquet, with results for each picture.")
        outcome = classify_paths(
            paths,
            model=model,
            layout=layout,
            top=top,
            target_precision=target_precision,
            guarantee=guarantee,
            output=file,
            report=report,
            correct=correct,
            resume=resume,
            all_stones=all_stones,
            same_stone=same_stone,
            evidence=evidence,
            evidence_file=evidence_file,
            white=white,
        )
    if outcome.failed:
        if outcome.images > 1:
            click.echo(f"{outcome.failed} of {outcome.images} pictures failed.", err=True)
        ctx.exit(1)


@click.command(name="evaluate", short_help="Measure a model on labelled photographs.")
@click.argument("folders", metavar="SOURCE_OR_DATA...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "-m",
    "--model",
    metavar="BUNDLE_OR_RUN",
    help="Folder of the model, or a tracked run; without it, the one in GEMHIER_MODEL or else the one that comes "
    "with gemhier.",
)
@split_option
@click.option(
    "--report",
    "out",
    required=True,
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Folder to write; an earlier report in it is replaced.",
)
@click.option(
    "--target-precision",
    metavar="P",
    type=float,
    callback=open_interval,
    help="Share of the answers that should be right, between 0 and 1.",
)
@click.option(
    "--guarantee",
    metavar="P",
    type=float,
    callback=open_interval,
    help="Share of the shortlists that should hold the right label, between 0 and 1. [default: 0.95, if the model "
    "promises shortlists]",
)
@tracking_option
@click.option(
    "--neighbours",
    metavar="DATA",
    type=click.Path(path_type=Path),
    help="Prepared folder; the page shows beside each mistake which of its training stones look most alike.",
)
@click.option("--no-record", is_flag=True, help="Where the model is a run, do not put the report into it.")
@restriction_options
@evidence_file_option
@engine_options
def evaluate_command(
    folders: tuple[Path, ...],
    model: str | None,
    split: str,
    out: Path,
    target_precision: float | None,
    guarantee: float | None,
    tracking: str | None,
    neighbours: Path | None,
    no_record: bool,
    evidence_file: Path | None,
    engine: str,
    address: str | None,
    workers: int | None,
    **given: Any,
) -> None:
    """Measure a model on labelled photographs, flat against hierarchical, and write a report.

    If the model is a tracked run, the report and its figures go into the run as well.

    Each SOURCE_OR_DATA is a folder that `gemhier prepare` wrote, or one with a folder for each class,
    named as the taxonomy names it, with or without train, validation and test folders above them.

    \b
    Example:
      gemhier evaluate photos --model bundle --report report
      gemhier evaluate data --model latest --report report --neighbours data
    """
    check_engine(engine, address, workers)
    from gemhier.pipeline.engines.local import engine_of
    from gemhier.pipeline.evaluate import evaluate
    from gemhier.pipeline.reports.folder import PAGE_FILE
    from gemhier.pipeline.reports.summary import summary
    from gemhier.pipeline.tracking.finding import is_run
    from gemhier.text import visible

    report = evaluate(
        folders,
        out=out,
        model=model,
        split=split,
        target_precision=target_precision,
        guarantee=guarantee,
        tracking=tracking,
        neighbours=neighbours,
        evidence=evidence_of(given),
        evidence_file=evidence_file,
        engine=engine_of(engine, address, workers),
    )
    for line in summary(report):
        click.echo(visible(line))
    click.echo(f"Report: {out / PAGE_FILE}")
    if is_run(model) and not no_record:
        from gemhier.pipeline.tracking.evaluation import record_evaluation

        try:
            images = record_evaluation(report, folders, out, tracking)
        except TrackingError as error:  # the report is there all the same
            click.echo(f"Not put into the run: {error}", err=True)
        else:
            click.echo(f"In the run: evaluation/{images}, and measures {images}/top1 and so on.")


@click.command(name="benchmark", short_help="Measure how fast this machine is.")
@click.argument("folder", metavar="[FOLDER]", required=False, type=click.Path(path_type=Path, exists=True))
@model_option
@click.option(
    "--images",
    metavar="N",
    type=click.IntRange(min=1),
    default=32,
    show_default=True,
    help="How many pictures, at most.",
)
@lines_option
def benchmark_command(folder: Path | None, model: Path | None, images: int, layout: str) -> None:
    """Measure this machine: a cold start, one picture step by step, many on all cores, and preparing them.

    Beside gemhier's times stand those of bare decoding and of the networks alone. It paints its own pictures, or takes
    those in FOLDER, which are not prepared then. Let nothing else run meanwhile.

    \b
    Example:
      gemhier benchmark
      gemhier benchmark photos --images 100 --format json
    """
    from gemhier.hierarchy.taxonomy_file import load_taxonomy
    from gemhier.models.bundle.files import find_finder
    from gemhier.pipeline.benchmark import benchmark, lines
    from gemhier.pipeline.prepare import PrepareConfig, prepare

    def prepared(source: Path, out: Path) -> None:
        prepare([source], out, PrepareConfig(validation_share=0, test_share=0), load_taxonomy(), find_finder(model))

    found = benchmark(folder, images=images, prepare=prepared, model=model)
    if layout == "json":
        click.echo(json.dumps(found.to_dict()))
    else:
        for line in lines(found):
            click.echo(line)
