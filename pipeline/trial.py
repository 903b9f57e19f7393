"""Run a trial: every arm on the same folds, one run in MLflow for all and one nested in it for each arm."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np

from gemhier.arrays import Float32
from gemhier.atomic import check_folder
from gemhier.errors import DataError
from gemhier.extras import require
from gemhier.models.images.untrained_finders import UNTRAINED
from gemhier.pipeline.data.crops import prepared_crops
from gemhier.pipeline.data.manifest import Manifest, Row, read_manifest
from gemhier.pipeline.data.other_finder import found_by
from gemhier.pipeline.data.sources import check_outside_sources
from gemhier.pipeline.data.split import grouped_folds
from gemhier.pipeline.evaluation.estimates import Estimate
from gemhier.pipeline.experiments.plan import LEAST_COST, Arm, Plan
from gemhier.pipeline.tracking.names import KIND, STRATEGY_NAMES, measures_section
from gemhier.pipeline.tracking.runs import record_settings, recorded_run
from gemhier.pipeline.tracking.store import open_tracking
from gemhier.pipeline.training.config import TrainConfig
from gemhier.pipeline.training.start_tensorflow import start_tensorflow
from gemhier.progress import say

if TYPE_CHECKING:
    from gemhier.hierarchy.error_budget import ErrorBudget
    from gemhier.pipeline.experiments.answers import TrialData
    from gemhier.pipeline.experiments.elsewhere import FurtherImages
    from gemhier.pipeline.experiments.measures import Decision, Truth
    from gemhier.pipeline.experiments.outcome import Outcome

    Decisions = dict[str, list[Decision]]
    """The decisions of all arms, by name, one for each division into folds."""

OWN = ""
"""The data's own pictures, among the sets that are named."""

_REPORTED = ("top1", "top3", "top5", "family_top1", "hierarchical_f1", "mistake_severity", "ece", "brier")


def run_trial(data: Path, plan: Plan, out: Path, *, elsewhere: Sequence[Path] = (), tracking: str | None = None) -> str:
    """Train and compare the arms of a plan.

    Every network's answers are kept in the data folder as soon as it has given them, and its checkpoints while it
    trains: the same command after an interruption goes on with what is missing. The test pictures are left out.

    Args:
        data: a folder that `gemhier prepare` wrote.
        plan: what is compared.
        out: folder for tables and plots.
        elsewhere: further folders of labelled pictures, that are named too and never learned from.
        tracking: a tracking server or folder; None for the default.

    Returns:
        The verdict in one sentence, and the tables, in Markdown.

    Raises:
        DataError: if the data cannot be divided into so many folds, or a further folder does not fit.
        TrackingError: if runs cannot be recorded.
        MissingExtraError: if TensorFlow, MLflow or a backbone's weights are not installed.
        OutputError: if something cannot be written.
    """
    require("tensorflow")
    check_folder(out)
    check_outside_sources(out, elsewhere)
    manifest = read_manifest(data)
    if plan.folds > len({row.group for row in manifest.learnable}):
        raise DataError(f"{data}: has fewer stones than the plan's {plan.folds} folds. Give the plan fewer `folds`.")
    mlflow = open_tracking(tracking)
    start_tensorflow()
    from gemhier.pipeline.experiments.elsewhere import read_elsewhere

    further = read_elsewhere(elsewhere, manifest.label_space, manifest.taxonomy)
    with recorded_run(mlflow, f"trial {data.resolve().name}", tags=_tags(manifest, "trial")):
        return _run(mlflow, manifest, further, plan, out)


def _run(mlflow: ModuleType, manifest: Manifest, further: Sequence["FurtherImages"], plan: Plan, out: Path) -> str:
    # TensorFlow takes seconds to load, and is loaded only when runs can be recorded.
    from gemhier.pipeline.experiments.files import write_outcome
    from gemhier.pipeline.experiments.measures import Truth
    from gemhier.pipeline.experiments.tables import description, markdown
    from gemhier.pipeline.experiments.timing import milliseconds

    rows, space, taxonomy = manifest.learnable, manifest.label_space, manifest.taxonomy
    about = {"folds": plan.folds, "repeats": plan.repeats, "seed": plan.seed, "pictures": len(rows)}
    record_settings(mlflow, about | {f"pictures_{measures_section(one.name)}": len(one.images) for one in further})
    # Weights that are missing and networks that cannot be exported show here, and not after hours of training.
    settings = {arm.name: arm.config.to_dict() for arm in plan.arms}
    times = milliseconds(plan.arms, space)
    known = {OWN: Truth([row.label for row in rows], [row.group for row in rows], space, taxonomy)}
    known |= {one.name: Truth(one.labels, one.groups, space, taxonomy) for one in further}
    made, budgets = _answered(manifest, further, plan, known)
    elsewhere = {one.name: _outcome(made[one.name], {}, plan, known[one.name], times, "") for one in further}
    outcome = replace(_outcome(made[OWN], budgets, plan, known[OWN], times, manifest.digest), elsewhere=elsewhere)
    written = write_outcome(outcome, out, manifest.taxonomy)
    for arm in plan.arms:
        # The seed and the folds of the first division, which its figures are of.
        first = {"seed": plan.seed, "folds": plan.folds, "first_folds": arm.first_folds}
        _record(mlflow, manifest, arm, settings[arm.name] | first, outcome)
    text = markdown(outcome)
    mlflow.set_tag("mlflow.note.content", description(text))
    for path in written:  # what else lies in the folder is not the trial's
        mlflow.log_artifact(str(path), "trial")
    return text


def _answered(
    manifest: Manifest, further: Sequence["FurtherImages"], plan: Plan, known: Mapping[str, "Truth"]
) -> tuple[dict[str, "Decisions"], dict[str, tuple["ErrorBudget", ...]]]:
    """Train the networks of all arms on all divisions, and decide by what they say.

    Returns:
        For each set of pictures the decisions of all arms; and the error budgets of each arm on the data's own.
    """
    from gemhier.pipeline.experiments.answers import arm_answers
    from gemhier.pipeline.experiments.measures import budget, decisions

    rows = manifest.learnable
    fields = {
        finder: _field(_found_by(manifest, finder), further, plan)
        for finder in dict.fromkeys(arm.finder for arm in plan.arms)
    }
    made: dict[str, Decisions] = {name: {} for name in known}
    budgets: dict[str, tuple[ErrorBudget, ...]] = {}
    for repeat in range(plan.repeats):
        seed = plan.seed + repeat
        folds = grouped_folds([row.label for row in rows], [row.group for row in rows], plan.folds, seed)
        for arm in plan.arms:
            divided = replace(fields[arm.finder], seed=seed, folds=folds)
            name = f"Division {repeat + 1} of {plan.repeats}, {arm.name}"
            answers = arm_answers(arm, divided, partial(_say_fold, name, arm.first_folds))
            start = 0
            for images, truth in known.items():
                stop = start + len(truth.labels)
                of_set = answers.part(start, stop)
                own = {decision.name: decision for decision in decisions(arm, of_set, truth)}
                for decision in own.values():
                    made[images].setdefault(decision.name, []).append(decision)
                if not repeat and images == OWN and (found := budget(arm, own, of_set, truth)):
                    budgets[arm.name] = found
                start = stop
    return made, budgets


def _found_by(manifest: Manifest, finder: str) -> Manifest:
    """Return the data with its stones as an arm's finder finds them."""
    return found_by(manifest, UNTRAINED[finder]) if finder in UNTRAINED else manifest


def _field(manifest: Manifest, further: Sequence["FurtherImages"], plan: Plan) -> "TrialData":
    """Return the pictures as one finder finds them, not divided yet."""
    from gemhier.pipeline.experiments.answers import TrialData
    from gemhier.pipeline.training.fit import Images

    rows, space = manifest.learnable, manifest.label_space
    truth = np.array([space.index(row.label) for row in rows], dtype=np.intp)
    answered = min(arm.first_folds for arm in plan.arms)
    return TrialData(
        manifest=manifest,
        rows=rows,
        images=Images(partial(prepared_crops, manifest, rows), truth),
        space=space,
        folds=np.zeros(len(rows), dtype=np.intp),
        seed=plan.seed,
        features=cache(partial(_features, manifest, rows)),
        elsewhere=[one.found_by(manifest, answered, plan.seed) for one in further],
    )


def _outcome(
    made: "Decisions",
    budgets: Mapping[str, tuple["ErrorBudget", ...]],
    plan: Plan,
    known: "Truth",
    milliseconds: Mapping[str, float],
    digest: str,
) -> "Outcome":
    """Compare the decisions of all arms with each other."""
    from gemhier.pipeline.experiments.measures import adjusted, majority, paired
    from gemhier.pipeline.experiments.outcome import Outcome

    pairs = [(plan.baseline, name) for name in made if name != plan.baseline]
    pairs += [pair for pair in plan.comparisons if pair not in pairs]
    guess = majority(known)
    return Outcome(
        plan=plan,
        images=len(known.labels),
        groups=len(set(known.groups)),
        data=digest,
        decisions=tuple(divisions[0] for divisions in made.values()),
        spread={name: [float(one.figures.right.mean()) for one in divisions] for name, divisions in made.items()},
        pairs=adjusted(
            [
                paired([guess] * plan.repeats, made[plan.baseline], known),
                *(paired(made[first], made[second], known) for first, second in pairs),
            ]
        ),
        budgets=budgets,
        milliseconds=milliseconds,
        majority=guess,
    )


def _say_fold(name: str, folds: int, fold: int) -> None:
    say(f"{name}: fold {fold + 1} of {folds}")


def _features(manifest: Manifest, rows: Sequence[Row], config: TrainConfig) -> Float32:
    """(N, D) frozen features of all pictures as they are."""
    from gemhier.models.networks.gem_network import build_network
    from gemhier.pipeline.training.features import load_features

    network = build_network(config.backbones[0], manifest.label_space, size=config.size)
    crops = prepared_crops(manifest, rows, network.size)
    found = load_features(
        network.extractor,
        crops,
        views=1,
        augmentation=config.phases.augmentation,
        seed=config.seed,
        cache_folder=manifest.folder / "features",
    )
    return np.asarray(found[0])


def _record(
    mlflow: ModuleType, manifest: Manifest, arm: Arm, settings: Mapping[str, object], outcome: "Outcome"
) -> None:
    """Record a nested run for an arm, its measures named as in the run of a training."""
    names = {LEAST_COST: "least_cost", **{str(strategy): name for strategy, name in STRATEGY_NAMES.items()}}
    found: dict[str, float] = {}
    for images, own in {OWN: outcome, **outcome.elsewhere}.items():
        place = f"{measures_section(images)}/" if images else ""
        for decision in own.decisions:
            if decision.arm != arm.name:
                continue
            strategy = names[decision.name.removeprefix(f"{arm.name}: ")]
            found[f"milliseconds/{strategy}"] = outcome.milliseconds[decision.name]
            for measure in _REPORTED:
                figure: Estimate = getattr(decision.figures, measure)
                for part, value in (("", figure.value), ("_low", figure.low), ("_high", figure.high)):
                    if value is not None:
                        found[f"{place}{measure}{part}/{strategy}"] = value
    with recorded_run(mlflow, f"arm: {arm.name}", tags=_tags(manifest, "arm"), nested=True):
        mlflow.log_params({**settings, "tree": arm.tree, "regional": arm.regional, "finder": arm.finder})
        mlflow.log_metrics(found)


def _tags(manifest: Manifest, kind: str) -> dict[str, str]:
    return {KIND: kind, "data": manifest.folder.resolve().name, "data_digest": manifest.digest[:12]}
