"""Grouped cross-validation of a recipe: one out-of-fold answer for every picture of a data folder.

    python benchmarks/cross_validation.py DATA --out cross-validation --schedule standard

All splits of DATA are pooled, official test and leaking pictures included, and divided anew so that
no near-copy and no stone is in two folds. Temperatures, the fusion's weight and thresholds for a fold come from
the answers to the other folds. A fold that is done is not done again; an interrupted one goes on.
"""

import json
from dataclasses import asdict
from pathlib import Path

import click
import numpy as np

from gemhier.hierarchy.labels import label_space
from gemhier.hierarchy.metrics import brier_scores
from gemhier.pipeline.crops import load_crops
from gemhier.pipeline.evaluation import evaluate_probabilities
from gemhier.pipeline.manifest import read_manifest
from gemhier.pipeline.schedules import TrainConfig
from gemhier.pipeline.split import grouped_folds
from gemhier.pipeline.start_tensorflow import start_tensorflow


@click.command()
@click.argument("data", type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder for folds and figures.")
@click.option("--folds", type=click.IntRange(min=2), default=5, show_default=True)
@click.option("--backbone", default="lite0", show_default=True)
@click.option("--schedule", default="standard", show_default=True)
@click.option("--seed", type=int, default=0, show_default=True)
def main(data: Path, out: Path, folds: int, backbone: str, schedule: str, seed: int) -> None:
    """Cross-validate a recipe on DATA."""
    manifest = read_manifest(data)
    rows, labels = manifest.rows, [row.label for row in manifest.rows]
    groups = [row.group for row in rows]
    config = TrainConfig(backbone=backbone, schedule=schedule, seed=seed, folds=folds)
    space = label_space(labels)
    out.mkdir(parents=True, exist_ok=True)
    settings = {"data": manifest.digest, **asdict(config)}
    remembered = out / "settings.json"
    if remembered.exists() and json.loads(remembered.read_text()) != settings:
        raise click.UsageError(f"{out} holds folds of other settings. Choose another --out.")
    remembered.write_text(json.dumps(settings, indent=1))

    start_tensorflow()
    from gemhier.pipeline.fit import Pictures
    from gemhier.pipeline.out_of_fold import out_of_fold

    def crops(size: int) -> np.ndarray:
        return load_crops(rows, size, manifest.finder, manifest.folder / "crops")

    pictures = Pictures(crops, np.array([space.index(label) for label in labels]))
    folds_of = grouped_folds(labels, groups, folds, seed)
    answers = out_of_fold(space, pictures, folds_of, config, folder=out, features=out / "features")
    evaluation = evaluate_probabilities(answers.probabilities, labels, groups, space=space, taxonomy=manifest.taxonomy)
    figures = evaluation.to_dict()
    (out / "figures.json").write_text(json.dumps(figures, indent=1))
    click.echo(f"{folds} folds, {figures['n']} pictures")
    for strategy, measures in figures["strategies"].items():
        cells = [
            f"{name} {measures[name]:.3f} [{measures[f'{name}_low']:.3f}, {measures[f'{name}_high']:.3f}]"
            for name in ("top1", "top3", "top5", "family_top1", "ece")
        ]
        brier = brier_scores(answers.probabilities[strategy], pictures.truth).mean()
        click.echo(f"{strategy:<6} " + "  ".join(cells) + f"  Brier {brier:.3f}")


if __name__ == "__main__":
    main()
