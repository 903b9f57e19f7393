"""What a training leaves in MLflow, with measures that are named alike in every run.

- `validation/top1`, `validation/top3` and so on: in the run of a training those of the way that decides, in a nested
  run those of its network or its way to decide;
- `validation_interval/top1_low`, `.../top1_high`: their 95% intervals;
- `precision/<label>`: the precision of each class, with dots in the label's id, since MLflow makes a section of charts
  of all before the last slash, and cuts long names;
- `test/top1`, `test_interval/...`, `test_precision/...`: the same of the test pictures, from `gemhier evaluate`;
- `top1/flat`, `top1/hierarchical_soft` and so on, in the run of a training: flat against hierarchical at a glance.
"""

import csv
import io
import json
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from gemhier.hierarchy.decoding import Strategy
from gemhier.models.modes import MODES
from gemhier.pipeline.evaluation import FIGURES, Evaluation, StrategyFigures
from gemhier.pipeline.figures import Figure
from gemhier.pipeline.manifest import Manifest, Row
from gemhier.pipeline.tracking import BUNDLE, CANDIDATE, KIND, REGISTERED_MODEL, recorded_run

if TYPE_CHECKING:
    from gemhier.pipeline.fit import Epoch

WAYS: Mapping[Strategy, str] = {
    "flat": "flat",
    "hard": "hierarchical_hard",
    "soft": "hierarchical_soft",
    "fused": "fused",
}
"""The ways to decide as the measures of a training name them."""

_MAIN = ("top1", "top3", "top5")
_SIDE_BY_SIDE = (*_MAIN, "family_top1")
_REGISTRY_NOTE = (
    "Names the gemstone in a photograph. Each version is the bundle of a training. `candidate` is the newest. Give the "
    "version that you use an alias of its own, such as `champion`: `gemhier evaluate DATA --model champion`, `gemhier "
    "package champion --out bundle`."
)
_MEASURES = {"flat": "flat_top1", "family": "family_top1"}
_SCHEMA = [{"name": "picture", "type": "binary"}, {"name": "label", "type": "string"}]


class RunLog:
    """Writes into the open run of a training and into runs nested in it.

    Args:
        mlflow: from `gemhier.pipeline.tracking.open_tracking`.
        manifest: the data set.
        pictures: `training` and `validation` -> the rows that are used for that.
        measured_on: what the figures are of, such as "validation pictures".
        nested: name -> id of the nested runs that an interrupted training left; they are gone on with.
    """

    def __init__(
        self,
        mlflow: ModuleType,
        manifest: Manifest,
        pictures: Mapping[str, Sequence[Row]],
        measured_on: str,
        nested: Mapping[str, str] | None = None,
    ) -> None:
        self._mlflow = mlflow
        self._space = manifest.label_space
        self._taxonomy = manifest.taxonomy
        self._nested = dict(nested or {})
        self._measured_on = measured_on
        self._data = {context: _dataset_input(mlflow, manifest, context, rows) for context, rows in pictures.items()}

    def start(self, parameters: Mapping[str, str | int | float]) -> None:
        """Record settings and data; a resumed training records the same again."""
        self._mlflow.log_params(dict(parameters))
        self._log_data("training", "validation")

    def epoch(self, epoch: "Epoch") -> None:
        """Record an epoch in the training's run as it happens; those of further networks under names of their own."""
        measures = {"train/loss": epoch.loss}
        measures |= {f"curve/{name}": value for name, value in epoch.validation.items()}
        prefix = f"network_{epoch.network + 1}/" if epoch.network else ""
        self._mlflow.log_metrics({f"{prefix}{name}": value for name, value in measures.items()}, step=epoch.number)

    def fold(self, number: int, measures: Mapping[str, float]) -> None:
        """Record how the network without one fold did on it."""
        self._mlflow.log_metrics(
            {f"fold/{name}": measures[name] for name in _MEASURES.values() if name in measures}, step=number
        )

    def networks(self, history: Sequence["Epoch"], mode: str) -> None:
        """A nested run for each network that was trained, with its own curve under the name validation/top1."""
        for head in MODES[mode]:
            if head == "regional":
                for family in self._space.regional_families:
                    name = self._taxonomy[family].name
                    self._curve(
                        f"network {name}",
                        {"network": "regional", "family": family},
                        history,
                        f"regional_top1/{family}",
                    )
            else:
                network = {"flat": "flat", "family": "general"}[head]
                self._curve(f"network {network}", {"network": network}, history, _MEASURES[head])

    def decisions(self, evaluation: Evaluation, decided_by: Strategy) -> None:
        """A nested run for each way to decide, and what they come to side by side in the training's run."""
        for strategy, figures in evaluation.strategies.items():
            words = _in_words(strategy, figures.top1, evaluation.n, self._measured_on)
            note = f"{words}. Precision of each class: per_class.csv."
            with self._nested_run(str(strategy), {KIND: "decision", "strategy": WAYS[strategy]}, note):
                self._log_data("validation")
                self._mlflow.log_metrics(measures(figures, "validation"))
                self._mlflow.log_text(_as_csv(self._per_class(figures)), "per_class.csv")
                self._mlflow.log_text(_as_csv(_confusion(figures)), "confusion.csv")
        best = evaluation.strategies[decided_by]
        self._mlflow.log_metrics(
            measures(best, "validation")
            | _defined(
                {
                    f"{name}/{WAYS[strategy]}": getattr(figures, name).value
                    for strategy, figures in evaluation.strategies.items()
                    for name in _SIDE_BY_SIDE
                }
            )
        )
        self._mlflow.log_text(_as_csv(self._precisions(evaluation)), "per_class_precision.csv")
        self._mlflow.set_tags(
            {"decided_by": decided_by, "mlflow.note.content": description(evaluation, decided_by, self._measured_on)}
        )

    def figures(self, history: Sequence["Epoch"], evaluation: Evaluation, decided_by: Strategy) -> None:
        """Plots of the curves, the ways to decide, the classes, and the confusion between families."""
        from gemhier.pipeline.plots import confusion_plot, curves_plot, precision_plot, strategies_plot

        plots = {
            "curves": curves_plot(history),
            "strategies": strategies_plot(evaluation),
            "precision": precision_plot(evaluation, self._taxonomy),
            "family_confusion": confusion_plot(evaluation.strategies[decided_by], self._taxonomy),
        }
        for name, figure in plots.items():
            self._mlflow.log_figure(figure, f"figures/{name}.png")

    def report(self, pages: Mapping[str, str]) -> None:
        """The report on the measured pictures, whose page opens in MLflow's own pages."""
        for name, text in pages.items():
            self._mlflow.log_text(text, f"report/{name}")

    def bundle(self, folder: Path, evaluation: Evaluation, decided_by: Strategy) -> None:
        """The bundle as an artifact, and as a registered model that `mlflow models predict` can run."""
        self._mlflow.log_artifacts(str(folder), BUNDLE)
        model = Path(__file__).with_name("served_model.py")
        with warnings.catch_warnings():
            # The input is paths, and none that would be there for whoever loads the model.
            warnings.filterwarnings("ignore", message=".*input example was not provided", category=UserWarning)
            info = self._mlflow.pyfunc.log_model(
                name="model",
                python_model=str(model),
                artifacts={BUNDLE: str(folder)},
                pip_requirements=["gemhier"],
            )
        # It tells of every version that it makes.
        with redirect_stderr(io.StringIO()):
            version = self._mlflow.register_model(info.model_uri, REGISTERED_MODEL).version
        client, run = self._mlflow.MlflowClient(), self._mlflow.active_run().info
        client.update_registered_model(REGISTERED_MODEL, description=_REGISTRY_NOTE)
        client.update_model_version(
            REGISTERED_MODEL, version, f"{run.run_name}. {description(evaluation, decided_by, self._measured_on)}"
        )
        top1 = evaluation.strategies[decided_by].top1.value
        tags = {
            "training": run.run_name,
            "decided_by": decided_by,
            "validation_top1": "" if top1 is None else f"{top1:.3f}",
        }
        for name, value in tags.items():
            client.set_model_version_tag(REGISTERED_MODEL, version, name, value)
        client.set_registered_model_alias(REGISTERED_MODEL, CANDIDATE, version)

    @contextmanager
    def _nested_run(self, name: str, tags: Mapping[str, str], note: str) -> Iterator[None]:
        # With the training's name behind it, so that it tells which one it is of beside those of others.
        name = f"{name}: {self._mlflow.active_run().info.run_name}"
        with recorded_run(
            self._mlflow,
            name,
            tags={**tags, "mlflow.note.content": note},
            run_id=self._nested.get(name),
            nested=True,
        ):
            yield

    def _log_data(self, *contexts: str) -> None:
        run_id = self._mlflow.active_run().info.run_id
        self._mlflow.MlflowClient().log_inputs(run_id, [self._data[context] for context in contexts])

    def _curve(self, name: str, tags: Mapping[str, str], history: Sequence["Epoch"], measure: str) -> None:
        curve = [(epoch.number, epoch.validation[measure]) for epoch in history if measure in epoch.validation]
        note = f"Top-1 of this network alone after each epoch; {curve[-1][1]:.1%} at the end." if curve else ""
        with self._nested_run(name, {KIND: "network", **tags}, note):
            self._log_data("training", "validation")
            for number, value in curve:
                self._mlflow.log_metric("validation/top1", value, step=number)

    def _per_class(self, figures: StrategyFigures) -> dict[str, list[Any]]:
        rows = figures.per_class
        return {
            "label": [row.label for row in rows],
            "name": [self._taxonomy[row.label].name for row in rows],
            "precision": [row.precision for row in rows],
            "recall": [row.recall for row in rows],
            "support": [row.support for row in rows],
        }

    def _precisions(self, evaluation: Evaluation) -> dict[str, list[Any]]:
        """A column for each way to decide."""
        columns = [self._per_class(figures) for figures in evaluation.strategies.values()]
        first = {name: columns[0][name] for name in ("label", "name", "support")}
        return first | {
            strategy: column["precision"] for strategy, column in zip(evaluation.strategies, columns, strict=True)
        }


def measures(figures: StrategyFigures, pictures: str) -> dict[str, float]:
    """All figures of a way to decide on some pictures, such as `validation`, as metrics of a run."""
    found = {name: getattr(figures, name) for name in FIGURES}
    precision = "precision" if pictures == "validation" else f"{pictures}_precision"
    return (
        _defined({f"{pictures}/{name}": figure.value for name, figure in found.items()})
        | _defined({f"{pictures}_interval/{name}_low": figure.low for name, figure in found.items()})
        | _defined({f"{pictures}_interval/{name}_high": figure.high for name, figure in found.items()})
        | _defined({f"{precision}/{row.label.replace('/', '.')}": row.precision for row in figures.per_class})
    )


def description(evaluation: Evaluation, decided_by: Strategy, measured_on: str) -> str:
    """What a training found: a sentence and a table in Markdown, all with intervals."""
    comparison = evaluation.comparison(decided_by)
    sentence = (
        f"On {evaluation.n:,} {measured_on}, {comparison.sentence}"
        if comparison is not None
        else f"{_in_words(decided_by, evaluation.strategies[decided_by].top1, evaluation.n, measured_on)}."
    )
    lines = ["| | top-1 | top-3 | top-5 | family |", "| --- | --- | --- | --- | --- |"]
    for strategy, figures in evaluation.strategies.items():
        cells = [_cell(getattr(figures, name)) for name in _SIDE_BY_SIDE]
        name = f"**{strategy}**, decides" if strategy == decided_by else strategy
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join([sentence, "", *lines, "", f"Intervals: {evaluation.intervals}."])


def _dataset_input(mlflow: ModuleType, manifest: Manifest, context: str, rows: Sequence[Row]) -> Any:
    """A share of the data as MLflow knows data sets: what it is, and none of the pictures."""
    folder = manifest.folder.resolve().name
    profile = {
        "num_rows": len(rows),
        "labels": len({row.label for row in rows}),
        "families": len({manifest.taxonomy[row.label].family for row in rows}),
        "stones_or_groups_of_copies": len({row.group for row in rows}),
    }
    dataset = mlflow.entities.Dataset(
        name=f"{folder}/{context}",
        digest=manifest.digest[:12],
        source_type="local",
        source=json.dumps({"uri": folder}),
        schema=json.dumps({"mlflow_colspec": _SCHEMA}),
        profile=json.dumps(profile),
    )
    tag = mlflow.entities.InputTag(key="mlflow.data.context", value=context)
    return mlflow.entities.DatasetInput(dataset=dataset, tags=[tag])


def _in_words(strategy: Strategy, top1: Figure, n: int, measured_on: str) -> str:
    if top1.value is None or top1.low is None or top1.high is None:
        return f"There are no pictures to measure {strategy} on"
    interval = f"95% interval {top1.low:.1%} to {top1.high:.1%}"
    return f"{strategy} names {top1.value:.1%} of {n:,} {measured_on} right ({interval})"


def _cell(figure: Figure) -> str:
    if figure.value is None:
        return "–"
    return f"{figure.value:.3f} ({figure.low:.3f} to {figure.high:.3f})"


def _defined(numbers: Mapping[str, float | None]) -> dict[str, float]:
    return {name: value for name, value in numbers.items() if value is not None}


def _confusion(figures: StrategyFigures) -> dict[str, list[Any]]:
    return {
        "truth": [cell.truth for cell in figures.confusion],
        "predicted": [cell.predicted for cell in figures.confusion],
        "count": [cell.count for cell in figures.confusion],
    }


def _as_csv(columns: Mapping[str, Sequence[Any]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(zip(*columns.values(), strict=True))
    return text.getvalue()
