"""Grouped cross-validation of a recipe: one out-of-fold answer for every picture of a data folder.

    python benchmarks/cross_validation.py DATA --out cross-validation --schedule standard

All splits of DATA are pooled, official test and leaking pictures included, and divided anew so that
no near-copy and no stone is in two folds. In each fold the temperatures and the fusion's weight come
from an inner validation set. A fold that is done is not done again; an interrupted one goes on.
"""

import json
import shutil
from dataclasses import asdict
from functools import partial
from pathlib import Path

import click
import numpy as np

from gemhier.hierarchy.decoding import conditional, softmax, strategies
from gemhier.hierarchy.labels import LabelSpace, label_space
from gemhier.pipeline.calibrate import calibrate
from gemhier.pipeline.crops import load_crops
from gemhier.pipeline.evaluation import evaluate_probabilities
from gemhier.pipeline.manifest import Manifest, read_manifest
from gemhier.pipeline.schedules import TrainConfig
from gemhier.pipeline.split import assign_splits, grouped_folds

INNER_VALIDATION = 0.12
STRATEGIES = ("flat", "hard", "soft", "fused")


def run_fold(
    manifest: Manifest, space: LabelSpace, folds: np.ndarray, fold: int, config: TrainConfig, out: Path
) -> None:
    """Train without one fold and keep the probabilities of its pictures in fold-<n>.npz."""
    from gemhier.pipeline.fit import Pictures, fit_network, predict_logits

    rows = manifest.rows
    truth = np.array([space.index(row.label) for row in rows])
    inside = np.flatnonzero(folds != fold)
    inner = np.array(
        assign_splits(
            [rows[row].label for row in inside],
            [rows[row].group for row in inside],
            ["" for _ in inside],
            validation_share=INNER_VALIDATION,
            test_share=0.0,
            seed=config.seed,
        )
    )
    parts = {
        "train": inside[inner == "train"],
        "validation": inside[inner == "validation"],
        "test": np.flatnonzero(folds == fold),
    }

    def crops(part: str, size: int) -> np.ndarray:
        return load_crops(rows, size, manifest.finder, manifest.folder / "crops")[parts[part]]

    fitted = fit_network(
        space,
        Pictures(partial(crops, "train"), truth[parts["train"]]),
        Pictures(partial(crops, "validation"), truth[parts["validation"]]),
        config,
        work=out / f"fold-{fold}",
        cache=out / f"fold-{fold}",
    )
    size = fitted.network.size
    calibration = calibrate(
        predict_logits(fitted.network, crops("validation", size)), truth[parts["validation"]], space, config.mode
    )
    logits = predict_logits(fitted.network, crops("test", size))
    temperatures = calibration.temperatures
    flat, family = softmax(logits.flat, temperatures.flat), softmax(logits.family, temperatures.family)
    within = conditional(
        logits.regional, space.parents, [temperatures.regional.get(name, 1.0) for name in space.families]
    )
    found = strategies(flat, family, within, space.parents, calibration.fusion_weight)
    np.savez(out / f"fold-{fold}.part.npz", pictures=parts["test"], weight=calibration.fusion_weight, **found)
    (out / f"fold-{fold}.part.npz").replace(out / f"fold-{fold}.npz")
    shutil.rmtree(out / f"fold-{fold}")


def pool(manifest: Manifest, space: LabelSpace, done: list[Path]) -> dict[str, object]:
    """The figures over the pictures of all folds that are done."""
    found = [np.load(path) for path in done]
    pictures = np.concatenate([fold["pictures"] for fold in found])
    by_strategy = {strategy: np.concatenate([fold[strategy] for fold in found]) for strategy in STRATEGIES}
    evaluation = evaluate_probabilities(
        by_strategy,
        [manifest.rows[picture].label for picture in pictures],
        [manifest.rows[picture].group for picture in pictures],
        space=space,
        taxonomy=manifest.taxonomy,
    )
    return {**evaluation.to_dict(), "weights": [float(fold["weight"]) for fold in found]}


@click.command()
@click.argument("data", type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder for folds and figures.")
@click.option("--folds", type=click.IntRange(min=2), default=5, show_default=True)
@click.option("--only", type=int, multiple=True, help="Run these folds only, counted from 0.")
@click.option("--backbone", default="lite0", show_default=True)
@click.option("--schedule", default="standard", show_default=True)
@click.option("--seed", type=int, default=0, show_default=True)
def main(data: Path, out: Path, folds: int, only: tuple[int, ...], backbone: str, schedule: str, seed: int) -> None:
    """Cross-validate a recipe on DATA, with an inner validation set in each fold."""
    manifest = read_manifest(data)
    config = TrainConfig(backbone=backbone, schedule=schedule, seed=seed)
    space = label_space([row.label for row in manifest.rows])
    of_picture = grouped_folds([row.label for row in manifest.rows], [row.group for row in manifest.rows], folds, seed)
    out.mkdir(parents=True, exist_ok=True)
    settings = {"data": manifest.digest, "folds": folds, **asdict(config)}
    remembered = out / "settings.json"
    if remembered.exists() and json.loads(remembered.read_text()) != settings:
        raise click.UsageError(f"{out} holds folds of other settings. Choose another --out.")
    remembered.write_text(json.dumps(settings, indent=1))
    for fold in only or range(folds):
        if not (out / f"fold-{fold}.npz").exists():
            click.echo(f"fold {fold + 1} of {folds}")
            run_fold(manifest, space, of_picture, fold, config, out)
    done = [path for fold in range(folds) if (path := out / f"fold-{fold}.npz").exists()]
    figures = pool(manifest, space, done)
    (out / "figures.json").write_text(json.dumps(figures, indent=1))
    click.echo(f"{len(done)} of {folds} folds, {figures['n']} pictures; fusion weights {figures['weights']}")
    for strategy, measures in figures["strategies"].items():
        cells = [
            f"{name} {measures[name]:.3f} [{measures[f'{name}_low']:.3f}, {measures[f'{name}_high']:.3f}]"
            for name in ("top1", "top3", "top5", "family_top1")
        ]
        click.echo(f"{strategy:<6} " + "  ".join(cells))


if __name__ == "__main__":
    main()
