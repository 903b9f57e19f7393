"""What a training records in its run and in those nested in it, as it goes on."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from gemhier.hierarchy.decoding import Strategy
from gemhier.models.networks.modes import MODES
from gemhier.pipeline.data.manifest import Manifest, Row
from gemhier.pipeline.evaluation.evaluation import Evaluation
from gemhier.pipeline.evaluation.shortlists import ShortlistFigures
from gemhier.pipeline.reports.plots import (
    STRATEGY_COLOURS,
    confusion_plot,
    curves_plot,
    precision_plot,
    strategies_plot,
)
from gemhier.pipeline.tracking.data_sets import dataset_input
from gemhier.pipeline.tracking.description import decision_in_words, description
from gemhier.pipeline.tracking.measures import measures, measures_of_shortlists, measures_side_by_side
from gemhier.pipeline.tracking.names import BUNDLE, KIND, STRATEGY_NAMES
from gemhier.pipeline.tracking.registry import register_bundle
from gemhier.pipeline.tracking.runs import record_settings, recorded_run
from gemhier.pipeline.tracking.tables import confusion_table, per_class_table, precision_table
from gemhier.pipeline.training.history import CURVE, LOSS_CURVE, Epoch

_MEASURES = {"flat": "flat_top1", "family": "family_top1"}


class RunLog:
    """Writes into the open run of a training and into runs nested in it.

    Args:
        mlflow: from `gemhier.pipeline.tracking.store.open_tracking`.
        manifest: the data set.
        images: `training` and `validation` -> the rows that are used for that.
        measured_on: what the figures are of, such as "validation pictures".
        nested: name -> id of the nested runs that an interrupted training left; they are resumed.
    """

    def __init__(
        self,
        mlflow: ModuleType,
        manifest: Manifest,
        images: Mapping[str, Sequence[Row]],
        measured_on: str,
        nested: Mapping[str, str] | None = None,
    ) -> None:
        self._mlflow = mlflow
        self._space = manifest.label_space
        self._taxonomy = manifest.taxonomy
        self._nested = dict(nested or {})
        self._measured_on = measured_on
        self._data = {context: dataset_input(mlflow, manifest, context, rows) for context, rows in images.items()}

    def start(self, parameters: Mapping[str, str | int | float]) -> None:
        """Record settings and data; a resumed training records the same again."""
        record_settings(self._mlflow, parameters)
        self._log_data("training", "validation")

    def epoch(self, epoch: Epoch) -> None:
        """Record an epoch in the training's run as it happens.

        The epochs of further networks have names of their own.
        """
        found = {LOSS_CURVE: epoch.loss}
        found |= {f"{CURVE}{name}": value for name, value in epoch.validation.items()}
        prefix = f"network_{epoch.network + 1}/" if epoch.network else ""
        self._mlflow.log_metrics({f"{prefix}{name}": value for name, value in found.items()}, step=epoch.number)

    def fold(self, number: int, measured: Mapping[str, float]) -> None:
        """Record how the network trained without a fold did on it."""
        self._mlflow.log_metrics(
            {f"fold/{name}": measured[name] for name in _MEASURES.values() if name in measured}, step=number
        )

    def networks(self, history: Sequence[Epoch], mode: str) -> None:
        """Record a nested run for each network that was trained.

        Each has its own curve under the name validation/top1.
        """
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
        """Record a nested run for each strategy.

        Their main figures are recorded side by side in the training's run.
        """
        for strategy, figures in evaluation.strategies.items():
            words = decision_in_words(evaluation, strategy, self._measured_on)
            note = f"{words}. Precision of each class: per_class.csv."
            tags = {
                KIND: "decision",
                "strategy": STRATEGY_NAMES[strategy],
                "mlflow.runColor": STRATEGY_COLOURS[strategy],
            }
            with self._nested_run(str(strategy), tags, note):
                self._log_data("validation")
                self._mlflow.log_metrics(measures(figures, "validation"))
                self._mlflow.log_text(per_class_table(figures, self._taxonomy), "per_class.csv")
                self._mlflow.log_text(confusion_table(figures), "confusion.csv")
        best = evaluation.strategies[decided_by]
        self._mlflow.log_metrics(measures(best, "validation") | measures_side_by_side(evaluation))
        self._mlflow.log_text(precision_table(evaluation, self._taxonomy), "per_class_precision.csv")
        self._mlflow.set_tags(
            {"decided_by": decided_by, "mlflow.note.content": description(evaluation, decided_by, self._measured_on)}
        )

    def shortlists(self, figures: ShortlistFigures | None) -> None:
        """Record how often shortlists hold the right label, and how short they are."""
        self._mlflow.log_metrics(measures_of_shortlists(figures, "validation"))

    def figures(self, history: Sequence[Epoch], evaluation: Evaluation, decided_by: Strategy) -> None:
        """Record the plots.

        They show the curves, the strategies, the classes, and the confusion between families.
        """
        plots = {
            "curves": curves_plot(history),
            "strategies": strategies_plot(evaluation),
            "precision": precision_plot(evaluation, self._taxonomy),
            "family_confusion": confusion_plot(evaluation.strategies[decided_by], self._taxonomy),
        }
        for name, figure in plots.items():
            self._mlflow.log_figure(figure, f"figures/{name}.png")

    def report(self, pages: Mapping[str, str]) -> None:
        """Record the report on the measured pictures.

        Its page opens within MLflow's own pages.
        """
        for name, text in pages.items():
            self._mlflow.log_text(text, f"report/{name}")

    def answers(self, path: Path) -> None:
        """Record the out-of-fold answers, from which `gemhier calibrate` calibrates the bundle anew."""
        self._mlflow.log_artifact(str(path))

    def bundle(self, folder: Path, evaluation: Evaluation, decided_by: Strategy) -> None:
        """Record the bundle as an artifact, and register it.

        It becomes the newest version in the model registry.
        """
        self._mlflow.log_artifacts(str(folder), BUNDLE)
        top1 = evaluation.strategies[decided_by].top1.value
        tags = {"decided_by": decided_by, "validation_top1": "" if top1 is None else f"{top1:.3f}"}
        register_bundle(self._mlflow, folder, description(evaluation, decided_by, self._measured_on), tags)

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

    def _curve(self, name: str, tags: Mapping[str, str], history: Sequence[Epoch], measure: str) -> None:
        curve = [(epoch.number, epoch.validation[measure]) for epoch in history if measure in epoch.validation]
        note = f"Top-1 of this network alone after each epoch; {curve[-1][1]:.1%} at the end." if curve else ""
        with self._nested_run(name, {KIND: "network", **tags}, note):
            self._log_data("training", "validation")
            for number, value in curve:
                self._mlflow.log_metric("validation/top1", value, step=number)
