"""Run a trial: every arm on the same folds, one run in MLflow for all and one nested in it for each arm."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np

from gemhier.arrays import Float32
from gemhier.atomic import check_folder
from gemhier.errors import DataError
from gemhier.extras import require
from gemhier.pipeline.data.crops import prepared_crops
from gemhier.pipeline.data.manifest import Manifest, Row, read_manifest
from gemhier.pipeline.data.split import grouped_folds
from gemhier.pipeline.evaluation.estimates import Estimate
from gemhier.pipeline.experiments.plan import LEAST_COST, Arm, Plan
from gemhier.pipeline.tracking.names import KIND, STRATEGY_NAMES
from gemhier.pipeline.tracking.runs import record_settings, recorded_run
from gemhier.pipeline.tracking.store import open_tracking
from gemhier.pipeline.training.config import TrainConfig
from gemhier.pipeline.training.start_tensorflow import start_tensorflow
from gemhier.progress import say

if TYPE_CHECKING:
    from gemhier.hierarchy.error_budget import ErrorBudget
    from gemhier.pipeline.experiments.measures import Decision, Truth
    from gemhier.pipeline.experiments.outcome import Outcome

_REPORTED = ("top1", "top3", "top5", "family_top1", "hierarchical_f1", "mistake_severity", "ece", "brier")


def run_trial(data: Path, plan: Plan, out: Path, *, tracking: str | None = None) -> str:
    """Train and compare the arms of a plan.

    Every network's answers are kept in the data folder as soon as it has given them, and its checkpoints while it
    trains: the same command after an interruption goes on with what is missing. The test pictures are left out.

    Args:
        data: a folder that `gemhier prepare` wrote.
        plan: what is compared.
        out: folder for tables and plots.
        tracking: a tracking server or folder; None for the default.

    Returns:
        The verdict in one sentence, and the tables, in Markdown.

    Raises:
        DataError: if the data cannot be divided into so many folds.
        TrackingError: if runs cannot be recorded.
        MissingExtraError: if TensorFlow, MLflow or a backbone's weights are not installed.
        OutputError: if something cannot be written.
    """
    require("tensorflow")
    check_folder(out)
    manifest = read_manifest(data)
    rows = manifest.learnable
    if plan.folds > len({row.group for row in rows}):
        raise DataError(f"{data}: has fewer stones than the plan's {plan.folds} folds. Give the plan fewer `folds`.")
    mlflow = open_tracking(tracking)
    start_tensorflow()
    with recorded_run(mlflow, f"trial {data.resolve().name}", tags=_tags(manifest, "trial")):
        return _run(mlflow, manifest, rows, plan, out)


def _run(mlflow: ModuleType, manifest: Manifest, rows: Sequence[Row], plan: Plan, out: Path) -> str:
    # TensorFlow takes seconds to load, and is loaded only when runs can be recorded.
    from gemhier.pipeline.experiments.files import write_outcome
    from gemhier.pipeline.experiments.measures import Truth
    from gemhier.pipeline.experiments.tables import description, markdown
    from gemhier.pipeline.experiments.timing import milliseconds

    about = {"folds": plan.folds, "repeats": plan.repeats, "seed": plan.seed, "pictures": len(rows)}
    record_settings(mlflow, about)
    # Weights that are missing and networks that cannot be exported show here, and not after hours of training.
    settings = {arm.name: arm.config.to_dict() for arm in plan.arms}
    times = milliseconds(plan.arms, manifest.label_space)
    known = Truth([row.label for row in rows], [row.group for row in rows], manifest.label_space, manifest.taxonomy)
    outcome = _outcome(_answered(manifest, rows, plan, known), plan, known, times, manifest.digest)
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


@dataclass(frozen=True, eq=False)
class _Answered:
    """The decisions of all arms, by name, one for each division into folds; and the error budgets of each arm."""

    decisions: dict[str, list["Decision"]]
    budgets: dict[str, tuple["ErrorBudget", ...]]


def _answered(manifest: Manifest, rows: Sequence[Row], plan: Plan, known: "Truth") -> _Answered:
    """Train the networks of all arms on all divisions, and decide by what they say."""
    from gemhier.pipeline.experiments.answers import TrialData, arm_answers
    from gemhier.pipeline.experiments.measures import budget, decisions
    from gemhier.pipeline.training.fit import Images

    space = manifest.label_space
    truth = np.array([space.index(row.label) for row in rows], dtype=np.intp)
    field = TrialData(
        manifest=manifest,
        rows=rows,
        images=Images(partial(prepared_crops, manifest, rows), truth),
        space=space,
        folds=np.zeros(len(rows), dtype=np.intp),
        seed=plan.seed,
        features=cache(partial(_features, manifest, rows)),
    )
    made = _Answered({}, {})
    for repeat in range(plan.repeats):
        seed = plan.seed + repeat
        folds = grouped_folds([row.label for row in rows], [row.group for row in rows], plan.folds, seed)
        divided = replace(field, seed=seed, folds=folds)
        for arm in plan.arms:
            name = f"Division {repeat + 1} of {plan.repeats}, {arm.name}"
            answers = arm_answers(arm, divided, partial(_say_fold, name, arm.first_folds))
            own = {decision.name: decision for decision in decisions(arm, answers, known)}
            for decision in own.values():
                made.decisions.setdefault(decision.name, []).append(decision)
            if not repeat and (found := budget(arm, own, answers, known)):
                made.budgets[arm.name] = found
    return made


def _outcome(
    answered: _Answered, plan: Plan, known: "Truth", milliseconds: Mapping[str, float], digest: str
) -> "Outcome":
    """Compare the decisions of all arms with each other."""
    from gemhier.pipeline.experiments.measures import adjusted, majority, paired
    from gemhier.pipeline.experiments.outcome import Outcome

    made = answered.decisions
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
        budgets=answered.budgets,
        milliseconds=milliseconds,
        majority=guess,
    )


def _say_fold(name: str, folds: int, fold: int) -> None:
    say(f"{name}: fold {fold + 1} of {folds}")


def _features(manifest: Manifest, rows: Sequence[Row], config: TrainConfig) -> Float32:
    """(N, D) frozen features of all pictures as they are."""
    from gemhier.models.networks.gem_network import build_network
    from gemhier.pipeline.training.features import load_features

    network = build_network(config.backbones[0], manifest.label_space)
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
    own = {
        decision.name.removeprefix(f"{arm.name}: "): decision
        for decision in outcome.decisions
        if decision.arm == arm.name
    }
    names = {LEAST_COST: "least_cost", **{str(strategy): name for strategy, name in STRATEGY_NAMES.items()}}
    measures: dict[str, float] = {}
    for strategy, decision in own.items():
        measures[f"milliseconds/{names[strategy]}"] = outcome.milliseconds[decision.name]
        for measure in _REPORTED:
            figure: Estimate = getattr(decision.figures, measure)
            for part, value in (("", figure.value), ("_low", figure.low), ("_high", figure.high)):
                if value is not None:
                    measures[f"{measure}{part}/{names[strategy]}"] = value
    with recorded_run(mlflow, f"arm: {arm.name}", tags=_tags(manifest, "arm"), nested=True):
        mlflow.log_params({**settings, "tree": arm.tree, "regional": arm.regional})
        mlflow.log_metrics(measures)


def _tags(manifest: Manifest, kind: str) -> dict[str, str]:
    return {KIND: kind, "data": manifest.folder.resolve().name, "data_digest": manifest.digest[:12]}
