"""The commands from a data set to a bundle: train, calibrate, package, ui."""

import shlex
from collections.abc import Mapping
from pathlib import Path

import click

from gemhier.options import NAME, tracking_option


@click.command(name="package", short_help="Write a run's model to a folder of its own.")
@click.argument("run", metavar="RUN")
@click.option("-o", "--out", required=True, metavar="BUNDLE", type=click.Path(path_type=Path), help="Folder to write.")
@click.option(
    "--evaluation",
    "evaluations",
    metavar="NAME=DIR",
    multiple=True,
    help="Put the figures of a report that `gemhier evaluate` wrote into the model's card, under NAME.",
)
@click.option(
    "--before-refit",
    metavar="NAME=DIR",
    multiple=True,
    help="The same for a report on another model, made in the same way without these pictures.",
)
@click.option(
    "--stone-threshold",
    metavar="SCORE",
    type=click.FloatRange(0, 1),
    help="Refuse a picture whose most prominent stone has a lower score. [default: the run's]",
)
@click.option(
    "--eight-bits",
    is_flag=True,
    help="Keep large convolutions of the network in 8 bits: seven tenths of its size; answers change a little.",
)
@click.option(
    "--notes",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Markdown to add to the model's card, on what its reports do not cover, such as its stone finder.",
)
@tracking_option
def package_command(
    run: str,
    out: Path,
    evaluations: tuple[str, ...],
    before_refit: tuple[str, ...],
    stone_threshold: float | None,
    eight_bits: bool,
    notes: Path | None,
    tracking: str | None,
) -> None:
    """Write the model of a RUN to a folder that classifies without TensorFlow.

    RUN is a run's id, the beginning of one, a run's name, `latest`, or an alias in the model registry.

    \b
    Example:
      gemhier package latest --out bundle --evaluation "test pictures=report"
    """
    from gemhier.pipeline.package import package

    bundle = package(
        run,
        out,
        evaluations=_named("--evaluation", evaluations),
        before_refit=_named("--before-refit", before_refit),
        stone_threshold=stone_threshold,
        eight_bits=eight_bits,
        notes=notes,
        tracking=tracking,
    )
    size = sum(path.stat().st_size for path in bundle.folder.iterdir()) / 1e6
    click.echo(f"{bundle.info.model_version}: {len(bundle.space)} labels, {size:.1f} MB in {out}")
    click.echo(f"Next: gemhier classify PICTURE --model {shlex.quote(str(out))}")


def _named(option: str, given: tuple[str, ...]) -> dict[str, Path]:
    """Folders by the names that were given to them."""
    named = {}
    for entry in given:
        name, equals, folder = entry.partition("=")
        if not (name and equals and folder):
            raise click.UsageError(f"{option} must be NAME=DIR. Received: {entry}.")
        named[name] = Path(folder)
    return named


@click.command(name="calibrate", short_help="Calibrate a model anew, without training.")
@click.argument("model", metavar="RUN_OR_BUNDLE")
@click.option("-o", "--out", required=True, metavar="BUNDLE", type=click.Path(path_type=Path), help="Folder to write.")
@click.option(
    "--answers",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Out-of-fold answers of its training. [default: those that the run recorded]",
)
@tracking_option
def calibrate_command(model: str, out: Path, answers: Path | None, tracking: str | None) -> None:
    """Fit temperatures, fusion, thresholds and shortlists of a model to out-of-fold answers.

    These are what networks of the same kind said of pictures that they had not learned from; a training with
    --folds records them. Nothing is trained.

    \b
    Examples:
      gemhier calibrate latest --out bundle
      gemhier calibrate bundle --answers out_of_fold.npz --out calibrated
    """
    from gemhier.pipeline.calibrate import calibrate_model
    from gemhier.pipeline.reports.training_summary import calibration_summary

    found = calibrate_model(model, out, answers=answers, tracking=tracking)
    for line in calibration_summary(found.evaluation, found.shortlists, found.bundle.info, changed=found.changed):
        click.echo(line)
    click.echo(f"{out}: {found.bundle.info.model_version}")


@click.command(name="train", short_help="Train on a prepared data set and record it in MLflow.")
@click.argument("data", metavar="DATA", type=click.Path(path_type=Path))
@click.option(
    "--mode",
    type=click.Choice(["flat", "hierarchical", "both"]),
    default="both",
    show_default=True,
    help="flat: one network over all labels. hierarchical: families, then a regional network for each. "
    "both: side by side on one backbone, fused.",
)
@click.option(
    "--backbone",
    metavar="NAME[+NAME...]",
    default="lite0",
    show_default=True,
    help="What extracts the features. With several, such as lite0+lite1, as many networks are trained and averaged: "
    "more accurate, and slower to train and to answer.",
)
@click.option(
    "--schedule", metavar="NAME", default="standard", show_default=True, help="How long, and in which phases."
)
@click.option(
    "--epochs",
    metavar="N",
    type=click.IntRange(min=1),
    help="Passes of the schedule's last phase: that of the whole network, or of the heads where nothing else is "
    "trained. [default: the schedule's]",
)
@click.option(
    "--batch-size",
    metavar="N",
    type=click.IntRange(min=1),
    help="Pictures per step, in all phases. [default: the schedule's]",
)
@click.option(
    "--learning-rate",
    metavar="RATE",
    type=click.FLOAT,
    help="The highest one in the phase that --epochs sets. [default: the schedule's]",
)
@click.option(
    "--image-size",
    metavar="PIXELS",
    type=int,
    help="Side of the square pictures that the networks see. Half of it takes about a quarter of the time. [default: "
    "the first backbone's: 240 for lite1, 260 for lite2, else 224]",
)
@click.option(
    "--weights",
    metavar="imagenet|none|FILE",
    help="What the backbone starts from: ImageNet, nothing, or a file of Keras weights (.weights.h5 or _notop.h5). "
    "[default: imagenet, none for the report's own networks and resnet18v2]",
)
@click.option(
    "--balance",
    metavar="N",
    type=click.IntRange(min=1),
    help="Show about N training pictures of each class per epoch: of a rare class up to eight copies of each picture, "
    "turned in 45 degree steps and mirrored; of a frequent class only some. [default: each picture once]",
)
@click.option(
    "--loss",
    metavar="NAME",
    default="cross-entropy",
    show_default=True,
    help="Loss of the flat head. summed-leaves: the likelihood of every level of the tree. soft-labels: targets that "
    "fall with the distance in it. hier-cos: a head in which every node of the tree has a direction "
    "(Sani & Anand, CVPR 2026).",
)
@click.option(
    "--seed", type=int, default=0, show_default=True, help="Seed of the initial weights, order and augmentation."
)
@click.option(
    "--folds",
    metavar="N",
    type=int,
    default=0,
    show_default=True,
    help="Learn from the validation pictures too, and calibrate on what N further networks say about the pictures "
    "that each has not learned from.",
)
@click.option(
    "--mixed-precision",
    is_flag=True,
    help="Train the backbone in bfloat16: faster for report-cnn, vgg16 and resnet50 where the processor computes in "
    "it; slower on any processor for lite0, lite1, lite2 and mobilenet. The finished model computes in float32.",
)
@click.option(
    "--strategy",
    type=click.Choice(["auto", "none", "mirrored", "machines"]),
    default="auto",
    show_default=True,
    help="auto: on all graphics cards of this machine, each with its part of every batch, or on the processor. none: "
    "on one device. mirrored: on several or not at all. machines: on all that TF_CONFIG lists, where each runs this "
    "same command; the first records the training.",
)
@click.option(
    "--name",
    metavar="NAME",
    type=NAME,
    help="Name of the run; a number follows if another training has that name. [default: made from the settings]",
)
@click.option(
    "--experiment",
    metavar="NAME",
    type=NAME,
    help="The MLflow experiment to record it in, created if it does not exist. [default: gemhier]",
)
@tracking_option
def train_command(
    data: Path,
    mode: str,
    backbone: str,
    schedule: str,
    epochs: int | None,
    batch_size: int | None,
    learning_rate: float | None,
    image_size: int | None,
    weights: str | None,
    balance: int | None,
    loss: str,
    seed: int,
    folds: int,
    mixed_precision: bool,
    strategy: str,
    name: str | None,
    experiment: str | None,
    tracking: str | None,
) -> None:
    """Train on a prepared data set and record it in MLflow: curves, figures, tables and the model itself.

    After an interruption the same command continues where it stopped. Backbones: lite0, lite1, lite2, vgg16, resnet50,
    mobilenet (Keras fetches the weights of these three at first use), resnet18v2, report-cnn,
    report-cnn-regularised, report-cnn-residual. Schedules: quick (frozen backbone, minutes), standard, report (the
    2024 report's: 15 epochs at 1e-3 with the backbone frozen, or with everything where it starts from random weights,
    then 5 at 1e-5 with everything).

    \b
    Examples:
      gemhier train data --schedule quick
      gemhier train data --backbone resnet50 --schedule report --balance 1000
      gemhier train data --epochs 20 --batch-size 64 --learning-rate 3e-4 --name "longer" --experiment tuning
    """
    from gemhier.pipeline.reports.training_summary import summary
    from gemhier.pipeline.train import take_part, train
    from gemhier.pipeline.training.config import TrainConfig
    from gemhier.pipeline.training.devices import takes_part

    try:
        config = TrainConfig(
            mode=mode,
            backbone=backbone,
            schedule=schedule,
            seed=seed,
            folds=folds,
            loss=loss,
            weights=weights,
            balance=balance or 0,
            mixed_precision=mixed_precision,
            strategy=strategy,
            epochs=epochs,
            batch_size=batch_size,
            learning_rate=learning_rate,
            image_size=image_size,
        )
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    if takes_part(config.strategy):
        take_part(data, config, name=name, experiment=experiment)
        click.echo("This machine took part in the training, which the first one of TF_CONFIG has recorded.")
        return
    for line in summary(train(data, config, tracking=tracking, name=name, experiment=experiment)):
        click.echo(line)


@click.command(name="train-finder", short_help="Train a stone finder on composed scenes.")
@click.argument("data", metavar="DATA", type=click.Path(path_type=Path))
@click.option(
    "--background",
    "backgrounds",
    metavar="DIR",
    multiple=True,
    required=True,
    type=click.Path(path_type=Path),
    help="Folder with pictures without gems. May be given again.",
)
@click.option("-o", "--out", required=True, metavar="FILE", type=click.Path(path_type=Path), help="Finder to write.")
@click.option(
    "--outlines",
    metavar="TABLE DIR",
    nargs=2,
    type=click.Path(path_type=Path),
    help="Photographs whose stones are outlined by hand: a CSV table with file and outline, and the folder of the "
    "files.",
)
@click.option(
    "--epochs", metavar="N", type=click.IntRange(min=1), default=26, show_default=True, help="Of 1,920 scenes."
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of first weights and scenes.")
@tracking_option
def train_finder_command(
    data: Path,
    backgrounds: tuple[Path, ...],
    out: Path,
    outlines: tuple[Path, Path] | None,
    epochs: int,
    seed: int,
    tracking: str | None,
) -> None:
    """Train a stone finder on composed scenes: stones of DATA on other grounds, in all sizes, and no stones at all.

    Only pictures of DATA with a plain ground are used, since stones can be cut out of them. The same command
    after an interruption goes on where it stood. Then `gemhier prepare --finder FILE` finds with it.

    \b
    Example:
      gemhier train-finder data --background everyday --out finder.tflite
    """
    from gemhier.pipeline.train_finder import train_finder
    from gemhier.pipeline.training.finder_config import FinderConfig

    trained = train_finder(
        data, backgrounds, out, FinderConfig(epochs=epochs, seed=seed), outlines=outlines, tracking=tracking
    )
    figures = ", ".join(f"{name} {value:.3f}" for name, value in trained.validation.items())
    click.echo(f"Validation scenes: {figures}")
    click.echo(f"Written: {out} (run {trained.run_id})")
    click.echo(f"Next: gemhier prepare SOURCE... --out data --finder {shlex.quote(str(out))}")


@click.command(short_help="Compare runs in MLflow's pages.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(1, 65535), default=5000, show_default=True, help="Port to listen on.")
@click.option("--tracking", metavar="URI", help="Folder to use in place of mlruns/.")
@click.pass_context
def ui(ctx: click.Context, host: str, port: int, tracking: str | None) -> None:
    """Open MLflow's pages on the runs in mlruns/, until Ctrl-C.

    \b
    Example:
      gemhier ui --port 5001
    """
    from gemhier.pipeline.tracking.ui import serve_ui

    def announce(views: Mapping[str, str]) -> None:
        for shown, address in views.items():
            click.echo(f"{shown}:\n  {address}")
        click.echo("Ctrl-C ends it.")

    ctx.exit(serve_ui(tracking, host, port, announce))
