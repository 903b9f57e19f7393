"""The command that compares many trainings."""

from pathlib import Path

import click

from gemhier.options import tracking_option


def _show_plan(context: click.Context, _: click.Parameter, value: bool) -> None:
    if value:
        from gemhier.pipeline.experiments.plan import DEFAULT_PLAN

        click.echo(DEFAULT_PLAN.read_text(encoding="utf-8"), nl=False)
        context.exit()


@click.command(name="trial", short_help="Compare flat and hierarchical classifiers on the same folds.")
@click.argument("data", metavar="DATA", type=click.Path(path_type=Path))
@click.option(
    "--plan",
    "plan_file",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="What is compared, as YAML. Without it, the plan that --show-plan prints.",
)
@click.option(
    "-o",
    "--out",
    metavar="DIR",
    type=click.Path(path_type=Path),
    default=Path("trial"),
    show_default=True,
    help="Folder for tables and plots.",
)
@click.option(
    "--elsewhere",
    metavar="FOLDER",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Labelled photographs from elsewhere, class folders or a prepared folder, that every network names too and "
    "none learns from; with tables of their own. May be given again. Networks are not kept: another folder later "
    "means training again.",
)
@tracking_option
@click.option(
    "--show-plan",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_show_plan,
    help="Print the default plan, to start your own from, and stop.",
)
def trial_command(
    data: Path, plan_file: Path | None, out: Path, elsewhere: tuple[Path, ...], tracking: str | None
) -> None:
    """Train what a plan lists on the same folds, and say which is better and whether the difference is real.

    Every picture is answered by networks that have learned from none of its stone. Test pictures are left out.
    The same command after an interruption goes on where it stood.

    \b
    Example:
      gemhier trial data --out trial
      gemhier trial data --plan mine.yaml --elsewhere shops --elsewhere phones
    """
    from gemhier.pipeline.experiments.plan import load_plan
    from gemhier.pipeline.trial import run_trial

    click.echo(run_trial(data, load_plan(plan_file), out, elsewhere=elsewhere, tracking=tracking), nl=False)
    click.echo(f"\nAs a page with plots: {out / 'trial.html'}")
